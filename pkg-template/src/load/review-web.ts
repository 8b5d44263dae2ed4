// Where a browser finds the review module: over the network, at the address that a bundler gives the file.
import { received } from '../wasm/start.js'

/** Finds the review module. @internal */
export const load = async (): Promise<WebAssembly.Module | BufferSource> =>
  received(await fetch(new URL('../review/review.wasm', import.meta.url)))
