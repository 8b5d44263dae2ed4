// What is checked without running anything of ours: format, lints, documentation, types.
import { heading, root, run, sayTimes, script, timed } from './lib.mjs'
import { build } from './build.mjs'
import { setup } from './setup.mjs'

const strict = { env: { ...process.env, RUSTDOCFLAGS: '-D warnings' } }
const lints = ['--', '-D', 'warnings']

await script(async () => {
  await timed('setup', () => setup())
  heading('Format')
  await run('cargo', ['fmt', '--all', '--check'])
  heading('Lints')
  await timed('lints', () => run('cargo', ['clippy', '--quiet', '--workspace', '--all-targets', ...lints]))
  // The bindings and their tests; the other tests need threads and files.
  const bindings = ['--lib', '--test', 'wasm', '--features', 'wasm', '--target', 'wasm32-unknown-unknown']
  await timed('lints of the bindings', () => run('cargo', ['clippy', '--quiet', ...bindings, ...lints]))
  heading('Documentation')
  await timed('documentation', () => run('cargo', ['doc', '--quiet', '--workspace', '--no-deps', '--document-private-items'], strict))
  heading('Types')
  await timed('build', build)
  await timed('types', () => run(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, '-p', 'pkg-template', '--noEmit']))
  sayTimes()
})
