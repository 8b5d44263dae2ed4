// The second WebAssembly module: guards, lint, and plans in words. It is larger than the core, and loaded only when one of
// them is asked for. Each of its functions takes one JSON text and returns one.
import { load } from '#review'
import { failure, MigrationError } from '../shared/errors.js'
import { isFailure } from './translated.js'
import * as module from '../review/review.js'

/** Its functions, with values in place of JSON texts. What they take and return is said where they are used. @internal */
export interface Review {
  check(value: unknown): unknown
  tracked(value: unknown): unknown
  lint(value: unknown): unknown
  rules(): unknown
  explain(value: unknown): unknown
  losses(value: unknown): unknown
  next(value: unknown): unknown
  snapshotQuery(ledgers: unknown): unknown
  snapshotOf(rows: unknown): unknown
  diffSchemas(value: unknown): unknown
  squashDrops(value: unknown): unknown
  squashAside(value: unknown): unknown
  squash(value: unknown): unknown
  rowDifferences(value: unknown): unknown
  amendment(value: unknown): Amendment
  inquiry(value: unknown): Inquiry
}

/** A change to the ledger, step by step: the requests and answers of a run. @internal */
export interface Amendment {
  next(answer: unknown, now: number): unknown
  abort(): unknown
  free(): void
}

/** What a schema says of the migrations, replay by replay. @internal */
export interface Inquiry {
  next(came: unknown): unknown
  free(): void
}

let compiled: Promise<WebAssembly.Module> | undefined

/** Loads the module, once. @throws MigrationError `review-unavailable`; the next call tries again @internal */
export async function review(): Promise<Review> {
  compiled ??= load().then(async (found) => (found instanceof WebAssembly.Module ? found : WebAssembly.compile(found)))
  try {
    const ready = await compiled
    return {
      check: (value) => call(ready, module.check, value),
      tracked: (value) => call(ready, module.tracked, value),
      lint: (value) => call(ready, module.lint, value),
      rules: () => call(ready, module.rules),
      explain: (value) => call(ready, module.explain, value),
      losses: (value) => call(ready, module.losses, value),
      next: (value) => call(ready, module.next, value),
      snapshotQuery: (value) => call(ready, module.snapshotQuery, value),
      snapshotOf: (value) => call(ready, module.snapshotOf, value),
      diffSchemas: (value) => call(ready, module.diffSchemas, value),
      squashDrops: (value) => call(ready, module.squashDrops, value),
      squashAside: (value) => call(ready, module.squashAside, value),
      squash: (value) => call(ready, module.squash, value),
      rowDifferences: (value) => call(ready, module.rowDifferences, value),
      amendment: (value) => amendment(ready, value),
      inquiry: (value) => inquiry(ready, value),
    }
  } catch (cause) {
    compiled = undefined
    throw failure(
      'review-unavailable',
      `the review module could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      'see that review/review.wasm of the package is beside its JavaScript, or served where that asks for it; a bundle for a server must leave `counterfoil` out',
      cause,
    )
  }
}

function amendment(ready: WebAssembly.Module, value: unknown): Amendment {
  const made = guarded(ready, (json) => new module.Amendment(json), value)
  return {
    next: (answer, now) => call(ready, (json) => made.next(json, now), answer),
    abort: () => call(ready, () => made.abort()),
    free: () => made.free(),
  }
}

function inquiry(ready: WebAssembly.Module, value: unknown): Inquiry {
  const made = guarded(ready, (json) => new module.Inquiry(json), value)
  return {
    next: (came) => call(ready, (json) => made.next(json), came),
    free: () => made.free(),
  }
}

let started = false

const call = (ready: WebAssembly.Module, work: (json: string) => string, value?: unknown): unknown =>
  JSON.parse(guarded(ready, work, value))

function guarded<T>(ready: WebAssembly.Module, work: (json: string) => T, value: unknown): T {
  const json = written(value)
  if (!started) module.initSync({ module: ready })
  started = true
  try {
    return work(json)
  } catch (error) {
    if (isFailure(error)) throw new MigrationError(error)
    // It has stopped in the middle of something, or its stack was not deep enough. What it held is lost with it.
    const panic = module.panicked()
    module.__wbg_reset_state()
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError)
      throw failure(
        'internal-error',
        `the review module failed: ${panic ?? error.message}`,
        'this is a fault of counterfoil: please report it, with the files that it was given',
        error,
      )
    throw error
  }
}

function written(value: unknown): string {
  try {
    return JSON.stringify(value ?? null)
  } catch (cause) {
    throw failure(
      'invalid-input',
      `what was handed in cannot be written as JSON: ${(cause as Error).message}`,
      'pass plain objects, arrays, texts and numbers',
      cause,
    )
  }
}
