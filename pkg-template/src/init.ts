// Starts the core, once.
import { load, loadNow } from '#load'
import * as core from './core/core.js'
import { failure, type MigrationError } from './errors.js'

/** What {@link init} takes: the core's bytes, or where they are. */
export type CoreSource = BufferSource | WebAssembly.Module | Response | URL | string

let started = false
let starting: Promise<void> | undefined

/**
 * Starts the core. The functions that return promises do this themselves, and in Node so does everything else, so
 * it is only needed before the first synchronous call in a browser, or to say where the core's bytes are: a `URL` (or
 * its text) to fetch, a `Response`, bytes, or a compiled module. Calling it again does nothing.
 *
 * @throws MigrationError `core-unavailable` if the bytes cannot be fetched or compiled; the next call tries again
 */
export async function init(source?: CoreSource | Promise<CoreSource>): Promise<void> {
  if (started) return
  starting ??= start(source).finally(() => (starting = undefined))
  await starting
}

async function start(source?: CoreSource | Promise<CoreSource>): Promise<void> {
  try {
    const given = await (source ?? load())
    const bytes = typeof given === 'string' || given instanceof URL ? await fetch(given) : given
    if (isResponse(bytes) && !bytes.ok) throw new Error(`${bytes.url} answered ${bytes.status} ${bytes.statusText}`)
    await core.default({ module_or_path: bytes })
    started = true
  } catch (cause) {
    throw unavailable(cause)
  }
}

/** The core; started now if this runtime can do that at once. @internal */
export function coreNow(): typeof core {
  if (started) return core
  if (!loadNow)
    throw failure('core-unavailable', 'the core has not been started', 'call `await init()` once, before the first synchronous call')
  try {
    core.initSync({ module: loadNow() })
  } catch (cause) {
    throw unavailable(cause)
  }
  started = true
  return core
}

// Not every runtime has a Response to compare with.
function isResponse(source: object): source is Response {
  return 'status' in source
}

function unavailable(cause: unknown): MigrationError {
  return failure(
    'core-unavailable',
    `the core could not be started: ${cause instanceof Error ? cause.message : String(cause)}`,
    'see that core.wasm is served, or hand its bytes or its address to `init`',
    cause,
  )
}
