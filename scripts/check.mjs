// What is checked without running anything of ours: format, lints, documentation, types.
import { heading, root, run, sayTimes, script, timed } from './lib.mjs'
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
})
