// Where Node, Deno and Bun find the review module: in the file beside it.
import { readFile } from 'node:fs/promises'

/** Finds the review module. @internal */
export const load = (): Promise<BufferSource> => readFile(new URL('../review/review.wasm', import.meta.url))
