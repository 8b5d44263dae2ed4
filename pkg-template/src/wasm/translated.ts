// How the core's errors become ours.
import type { Failure } from '../core/core.js'
import { MigrationError, failure } from '../shared/errors.js'

let panicked: () => string | undefined = () => undefined

/** Says who tells what a panic of the core was about. @internal */
export function toldBy(tell: typeof panicked): void {
  panicked = tell
}

/** Runs `work`, and turns what the core throws into a {@link MigrationError}. @internal */
export function translated<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (isFailure(error)) throw new MigrationError(error)
    // The core has stopped in the middle of something.
    if (error instanceof WebAssembly.RuntimeError)
      throw failure(
        'internal-error',
        `the core failed: ${panicked() ?? error.message}`,
        'this is a fault of counterfoil: please report it, with the migrations that it was given',
        error,
      )
    throw error
  }
}

/** Whether it is an error of the core, as it throws them. @internal */
export function isFailure(error: unknown): error is Failure {
  return (
    typeof error === 'object' && error !== null && !(error instanceof Error) && 'code' in error && 'message' in error
  )
}
