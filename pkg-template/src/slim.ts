// The pure part for those who bring the core themselves: nothing here says where it is.
import { start, type CoreSource } from './wasm/start.js'

export * from './pure.js'
export type { CoreSource }

/**
 * Starts the core from what is handed in: a compiled module, bytes, a `Response`, a `URL` (or its text) to fetch, or a
 * module whose default export is one of these. Everything else waits for this. Calling it again does nothing.
 *
 * @throws MigrationError `core-unavailable` if the bytes cannot be fetched or compiled; the next call tries again
 */
export async function init(source: CoreSource | Promise<CoreSource>): Promise<void> {
  await start(source)
}
