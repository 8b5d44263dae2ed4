// Where a browser finds the core: over the network, at the address that a bundler gives the file.

/** Finds and compiles the core now; undefined where that cannot be done at once. @internal */
export const loadNow: (() => WebAssembly.Module) | undefined = undefined

/** Finds the core. @internal */
export const load: () => WebAssembly.Module | Promise<Response> = () =>
  fetch(new URL('../core/core.wasm', import.meta.url))
