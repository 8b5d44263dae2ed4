// The pure part with the core in it as text: no second file, and no `init` where a runtime compiles bytes at once.
import * as loader from './load/inline.js'
import { provide, start, type CoreSource } from './wasm/start.js'

export * from './pure.js'
export type { CoreSource }

provide(loader)

/**
 * Starts the core from the text in this package, without stopping the page while it is compiled. Everything else starts
 * it too if it has to. Calling it again does nothing.
 *
 * @param source to start it from something else after all
 * @throws MigrationError `core-unavailable` if it cannot be compiled; the next call tries again
 */
export async function init(source?: CoreSource | Promise<CoreSource>): Promise<void> {
  await start(source)
}
