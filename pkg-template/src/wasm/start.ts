// Starts the core, once, from whatever it is given.
import * as core from '../core/core.js'
import { allowed, isForbidden } from '../shared/csp.js'
import { failure, type MigrationError } from '../shared/errors.js'
import { toldBy } from './translated.js'

/** What `init` takes: the core as a compiled module or as bytes, or where its bytes are. */
export type CoreSource = WebAssembly.Module | BufferSource | Response | URL | string | { readonly default: CoreSource }

/** How a runtime finds the core by itself. @internal */
export interface Loader {
  /** Finds it. */
  load(): Promise<CoreSource> | CoreSource
  /** Finds it at once; undefined where that cannot be done. */
  loadNow?: (() => BufferSource) | undefined
}

let loader: Loader | undefined
let started = false
let starting: Promise<void> | undefined

/** Says how the core is found here. @internal */
export function provide(found: Loader): void {
  loader = found
}

function ready(): void {
  started = true
  toldBy(core.panicked)
}

/** Starts the core; see `init` of the entries. @internal */
export async function start(source?: CoreSource | Promise<CoreSource>): Promise<void> {
  if (started) return
  starting ??= begin(source).finally(() => (starting = undefined))
  await starting
}

async function begin(source?: CoreSource | Promise<CoreSource>): Promise<void> {
  try {
    const given = (await source) ?? (await loader?.load())
    if (given === undefined) throw new Error('none was given')
    const found = await compiled(given)
    if (loader?.loadNow) {
      // Somebody may have started it at once while this was waiting: a second instance would take the first one's place,
      // and with it the memory that everything made so far lies in.
      const module = await moduleOf(found)
      if (!started) core.initSync({ module })
    } else await core.default({ module_or_path: found })
    ready()
  } catch (cause) {
    throw unavailable(cause)
  }
}

/** The core; started now if this runtime can do that at once. @internal */
export function coreNow(): typeof core {
  if (started) return core
  const bytes = loader?.loadNow
  if (!bytes)
    throw failure(
      'core-unavailable',
      'the core has not been started',
      'call `await init()` once, before the first synchronous call',
    )
  try {
    core.initSync({ module: bytes() })
  } catch (cause) {
    throw unavailable(cause)
  }
  ready()
  return core
}

/**
 * A source made into a module or bytes. What comes from another realm (a worker's own global, a test's sandbox) is no
 * `instanceof` anything here, so its kind is read from what it calls itself.
 */
async function compiled(source: CoreSource): Promise<WebAssembly.Module | BufferSource> {
  const kind = kindOf(source)
  if (kind === 'WebAssembly.Module' || kind.endsWith('ArrayBuffer') || ArrayBuffer.isView(source)) return source
  if (kind === 'String' || kind === 'URL') return compiled(await fetch(String(source)))
  if (isResponse(source)) return received(source)
  // A module's namespace, or what a bundler makes of it.
  const inner = (source as { default?: CoreSource } | null)?.default
  // oxlint-disable-next-line typescript/await-thenable -- a module may have a promise of one, whatever its type says
  if (inner !== undefined) return compiled(await inner)
  throw new Error(
    `it was given ${typeof source === 'object' ? 'an object' : `a ${typeof source}`} and takes a module, bytes, a Response or an address`,
  )
}

const moduleOf = async (found: WebAssembly.Module | BufferSource): Promise<WebAssembly.Module> =>
  kindOf(found) === 'WebAssembly.Module' ? found : WebAssembly.compile(found as BufferSource)

const kindOf = (source: unknown) => Object.prototype.toString.call(source).slice('[object '.length, -1)

function isResponse(source: unknown): source is Response {
  return typeof source === 'object' && source !== null && 'status' in source && 'arrayBuffer' in source
}

/** What a server answered, compiled while it comes in if it says what it is. @internal */
export async function received(response: Response): Promise<WebAssembly.Module | BufferSource> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status} ${response.statusText}`)
  const isWasm = response.headers.get('content-type')?.startsWith('application/wasm')
  try {
    if (isWasm && WebAssembly.compileStreaming) return await WebAssembly.compileStreaming(response)
  } catch (error) {
    // Another realm's response may be refused as such; then its bytes are still there.
    if (response.bodyUsed) throw error
  }
  const bytes = await response.arrayBuffer()
  // A development server answers a file that is not there with its page.
  if (new DataView(bytes).byteLength < 4 || new DataView(bytes).getUint32(0) !== 0x0061736d)
    throw new Error(`${response.url} is not a WebAssembly file`)
  return bytes
}

function unavailable(cause: unknown): MigrationError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return failure(
    'core-unavailable',
    `the core could not be started: ${why}`,
    isForbidden(why) ? allowed : 'see that core.wasm is served, or hand its module, its bytes or its address to `init`',
    cause,
  )
}
