// Where Vercel's edge runtime finds the core: its bundler compiles what is imported with `?module`.
// https://vercel.com/docs/functions/runtimes/wasm
import type { CoreSource } from '../wasm/start.js'

/** Finds the core. @internal */
export const load = (): Promise<CoreSource> => import('../core/core.wasm?module')

/** A module that nothing but `import()` gives is not there at once. @internal */
export const loadNow = undefined
