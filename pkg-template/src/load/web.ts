// Where a browser finds the core: over the network, at the address that a bundler gives the file. Some bundlers give it
// none, and some development servers answer with a page: then it is in a module of its own, as text.
import { received, type CoreSource } from '../wasm/start.js'

/** Finds the core. @internal */
export async function load(): Promise<CoreSource> {
  try {
    return await received(await fetch(new URL('../core/core.wasm', import.meta.url)))
  } catch (cause) {
    const inline = await import('../core/inline.js').catch(() => undefined)
    if (!inline) throw cause
    return inline.bytes()
  }
}

/** A page must not stop while the core is fetched. @internal */
export const loadNow = undefined
