// What is checked without running anything of ours: format, lints, documentation, types.
import { heading, root, run, script } from './lib.mjs'
import { build } from './build.mjs'
import { setup } from './setup.mjs'

const strict = { env: { ...process.env, RUSTDOCFLAGS: '-D warnings' } }
const lints = ['--', '-D', 'warnings']

await script(async () => {
  await setup()
  heading('Format')
  await run('cargo', ['fmt', '--all', '--check'])
  heading('Lints')
  await run('cargo', ['clippy', '--quiet', '--workspace', '--all-targets', ...lints])
  // The bindings and their tests; the other tests need threads and files.
  const bindings = ['--lib', '--test', 'wasm', '--features', 'wasm', '--target', 'wasm32-unknown-unknown']
  await run('cargo', ['clippy', '--quiet', ...bindings, ...lints])
  heading('Documentation')
  await run('cargo', ['doc', '--quiet', '--workspace', '--no-deps', '--document-private-items'], strict)
  heading('Types')
  await build()
  await run(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, '-p', 'pkg-template', '--noEmit'])
})
