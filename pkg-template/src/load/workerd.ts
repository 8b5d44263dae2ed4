// Where workerd (Cloudflare Workers) finds the core: a module that was compiled when the Worker was uploaded. It refuses
// to compile bytes. https://developers.cloudflare.com/workers/runtime-apis/webassembly/javascript/
import type { CoreSource } from '../wasm/start.js'

/** Finds the core. @internal */
export const load = (): Promise<CoreSource> => import('../core/core.wasm')

/** A module that nothing but `import()` gives is not there at once. @internal */
export const loadNow = undefined
