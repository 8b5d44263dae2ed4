// The core as text in a module: no bundler leaves it behind, and it is there at once. For Node, Deno and Bun.
import { bytes } from '../core/inline.js'

/** Finds the core. @internal */
export const load = bytes

/** Finds the core at once. @internal */
export const loadNow = bytes
