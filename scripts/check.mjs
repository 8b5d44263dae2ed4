// What is checked without running anything of ours: format, lints, documentation, packages, types.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { heading, onPath, output, root, run, sayTimes, script, shout, timed } from './lib.mjs'
import { build } from './build.mjs'
import { setup, toolchain } from './setup.mjs'

const strict = { env: { ...process.env, RUSTDOCFLAGS: '-D warnings' } }
const lints = ['--', '-D', 'warnings']

/** With types where there are some: a promise that nobody waits for is seen in no other way. */
async function lintScripts() {
  const oxlint = (...args) =>
    run(process.execPath, [`${root}/node_modules/oxlint/bin/oxlint`, '--deny-warnings', ...args])
  await oxlint()
  await oxlint('--type-aware', '--tsconfig', 'pkg-template/tsconfig.json', 'pkg-template/src')
}

/** The crates compile with the oldest Rust that they name. What is in the way of it, if that Rust cannot be had. */
async function oldestRust() {
  const [, version] = readFileSync(join(root, 'Cargo.toml'), 'utf8').match(/^rust-version = "([\d.]+)"/m)
  const install = ['toolchain', 'install', version, '--profile', 'minimal', '--no-self-update']
  const lacks = !onPath('rustup', 'rustup.exe')
    ? 'there is no rustup'
    : output('rustup', install) === undefined && 'rustup could not fetch it'
  if (lacks) return `NOT CHECKED: whether the crates compile with Rust ${version}, the oldest that they name: ${lacks}`
  await run('rustup', ['run', version, 'cargo', 'check', '--quiet', '--workspace', '--locked'])
}

await script(async () => {
  await toolchain()
  // The lints need nothing of what is installed here, for the tests as well, and it waits for the network a good deal.
  const installed = timed('setup', () => setup({ browser: true, pgbouncer: true, tmux: true }))
  installed.catch(() => {})
  heading('Format')
  await run('cargo', ['fmt', '--all', '--check'])
  heading('Lints')
  await timed('lints', () => run('cargo', ['clippy', '--quiet', '--workspace', '--all-targets', ...lints]))
  // The bindings and their tests; the other tests need threads and files.
  const bindings = [
    '--lib',
    '--test',
    'wasm',
    '--test',
    'wasm_panics',
    '--features',
    'wasm',
    '--target',
    'wasm32-unknown-unknown',
  ]
  await timed('lints of the bindings', () => run('cargo', ['clippy', '--quiet', ...bindings, ...lints]))
  heading('Documentation')
  await timed('documentation', () =>
    run('cargo', ['doc', '--quiet', '--workspace', '--no-deps', '--document-private-items'], strict),
  )
  heading('The oldest Rust')
  let unchecked
  await timed('the oldest Rust', async () => (unchecked = await oldestRust()))
  if (unchecked) shout(unchecked)
  heading('Packages of the crates')
  // Both at once, since one needs the other. They have been compiled above; what is not committed yet is checked, too.
  const publish = ['publish', '--quiet', '--workspace', '--dry-run', '--no-verify', '--allow-dirty']
  await timed('packages of the crates', () => run('cargo', publish))
  await installed
  heading('Format of TypeScript and JavaScript')
  await run(process.execPath, [
    `${root}/node_modules/prettier/bin/prettier.cjs`,
    '--check',
    '--log-level',
    'warn',
    root,
  ])
  // Before the lints: the types of the core's answers are made by the build, and without them every one of them is `any`.
  await timed('build', build)
  heading('Lints of TypeScript and JavaScript')
  await timed('lints of TypeScript', lintScripts)
  heading('Types')
  await timed('types', () =>
    run(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, '-p', 'pkg-template', '--noEmit']),
  )
  sayTimes()
  // Once more, where it is not overlooked.
  if (unchecked) shout(unchecked)
})
