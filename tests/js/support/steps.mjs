// How much the core does, counted and not timed: a copy of the package whose core calls out at every function that it
// enters and every round of a loop. The same work gives the same count on every machine.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { wasmFeatures } from '../../../scripts/build.mjs'
import { root } from './cli.mjs'

/** `{ core, stepsOf(work), remove() }`: the functions of the copy, and how many steps of its core some work takes. */
export async function countedCore() {
  const folder = mkdtempSync(join(root, '.tmp/counted-'))
  const left = ['README.md', 'web', 'cli', 'review'].map((name) => join(root, 'pkg', name))
  cpSync(join(root, 'pkg'), folder, { recursive: true, filter: (path) => !left.includes(path) })
  const wasm = join(folder, 'core/core.wasm')
  execFileSync(process.execPath, [
    join(root, 'node_modules/binaryen/bin/wasm-opt'),
    ...wasmFeatures.map((feature) => `--enable-${feature}`),
    '--log-execution',
    wasm,
    '-o',
    wasm,
  ])
  let steps = 0
  const { instantiate } = WebAssembly
  WebAssembly.instantiate = (module, imports) => {
    // It is called like a function of the glue's.
    for (const functions of Object.values(imports)) functions.log_execution = () => void (steps += 1)
    return instantiate(module, imports)
  }
  try {
    const core = await import(pathToFileURL(join(folder, 'slim.js')))
    await core.init(readFileSync(wasm))
    const stepsOf = (work) => {
      const before = steps
      work()
      return steps - before
    }
    return { core, stepsOf, remove: () => rmSync(folder, { recursive: true, force: true }) }
  } finally {
    WebAssembly.instantiate = instantiate
  }
}
