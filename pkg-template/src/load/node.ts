// Where a Node-like runtime finds the core: in the file beside this one, at once.
import { readFileSync } from 'node:fs'

/** Finds and compiles the core now; undefined where that cannot be done at once. @internal */
export const loadNow: (() => WebAssembly.Module) | undefined = () =>
  new WebAssembly.Module(readFileSync(new URL('../core/core.wasm', import.meta.url)))

/** Finds the core. @internal */
export const load: () => WebAssembly.Module | Promise<Response> = loadNow
