// The core in a file beside the program: for the command line, which is always in its package.
import { readFileSync } from 'node:fs'

const bytes = () => readFileSync(new URL('../core/core.wasm', import.meta.url))

/** Finds the core. @internal */
export const load = bytes

/** Finds the core at once. @internal */
export const loadNow = bytes
