// Starts the core where this runtime finds it: package.json says which file `#load` is.
import * as loader from '#load'
import { provide, start, type CoreSource } from './start.js'

/** @internal */
export { coreNow } from './start.js'
export type { CoreSource }

provide(loader)

/**
 * Starts the core. The functions that return promises do this themselves, and in Node, Deno and Bun so does everything
 * else, so it is only needed before the first synchronous call elsewhere, or to say where the core is: a compiled
 * module, bytes, a `Response`, a `URL` (or its text) to fetch, or a module whose default export is one of these.
 * Calling it again does nothing.
 *
 * @throws MigrationError `core-unavailable` if the bytes cannot be fetched or compiled; the next call tries again
 */
export async function init(source?: CoreSource | Promise<CoreSource>): Promise<void> {
  await start(source)
}
