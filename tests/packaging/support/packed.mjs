// The package as a user gets it, for the tests of all runtimes: packed once, unpacked into a folder of its own for each.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(fileURLToPath(import.meta.url), '../../../..')
/** A file or folder of the repository's own node_modules. */
export const ours = (path) => join(root, 'node_modules', path)

/** The files of pkg/, and what is in them. */
function state(folder, hash = createHash('sha256')) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) state(path, hash)
    else hash.update(name).update(readFileSync(path))
  }
  return hash
}

/** `{ tarball, listing }` of pkg/. Of several processes that pack it at once, one's result stays. */
export function packed() {
  const folder = join(root, '.tmp', `packed-${state(join(root, 'pkg')).digest('hex').slice(0, 16)}`)
  if (!existsSync(folder)) {
    mkdirSync(join(root, '.tmp'), { recursive: true })
    const draft = mkdtempSync(join(root, '.tmp/packing-'))
    const npm = process.env.npm_execpath
    const pack = ['pack', '--json', '--pack-destination', draft, join(root, 'pkg')]
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }
    const out = npm
      ? execFileSync(process.execPath, [npm, ...pack], options)
      : execFileSync('npm', pack, { ...options, shell: process.platform === 'win32' })
    writeFileSync(join(draft, 'packed.json'), out)
    try {
      renameSync(draft, folder)
    } catch (error) {
      if (!existsSync(folder)) throw error
      rmSync(draft, { recursive: true, force: true })
    }
  }
  const answer = JSON.parse(readFileSync(join(folder, 'packed.json'), 'utf8'))
  const [{ filename, files }] = Array.isArray(answer) ? answer : Object.values(answer)
  return { tarball: join(folder, filename), listing: files.map(({ path }) => path).sort() }
}

/** What may not be loaded when there is nothing to do. */
export const heavy = ['run/engine.js', 'core/core.js', 'core/inline.js']

/**
 * A folder with the package installed, as `npm install` does with a tarball of a package without dependencies.
 *
 * @param links packages of the repository's own that the app uses
 * @param watched makes the files of {@link heavy} say, in `globalThis.loaded`, that they were loaded
 */
export function install({ links = [], watched = false, files = {} } = {}) {
  const base = mkdtempSync(join(tmpdir(), 'counterfoil-app-'))
  const home = join(base, 'node_modules/counterfoil')
  mkdirSync(home, { recursive: true })
  execFileSync('tar', ['-xzf', packed().tarball, '-C', home, '--strip-components=1'])
  if (watched)
    for (const file of heavy) appendFileSync(join(home, file), `\n;(globalThis.loaded ??= []).push('${file}')\n`)
  for (const name of links) {
    mkdirSync(dirname(join(base, 'node_modules', name)), { recursive: true })
    symlinkSync(ours(name), join(base, 'node_modules', name), 'junction')
  }
  writeFileSync(join(base, 'package.json'), '{ "private": true, "type": "module" }')
  cpSync(join(root, 'tests/packaging/app'), base, { recursive: true })
  for (const [path, text] of Object.entries(files)) writeFileSync(join(base, path), text)
  return { base, home, remove: () => rmSync(base, { recursive: true, force: true, maxRetries: 3 }) }
}

/** Runs a program in a folder and gives what it printed, as JSON. */
export function printed(command, args, cwd, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  })
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${error ?? ''}\n${stdout}\n${stderr}`)
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1))
  } catch {
    throw new Error(`not JSON: ${stdout}\n${stderr}`)
  }
}
