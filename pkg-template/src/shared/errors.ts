// The one error class.
import type { CoreCode, CoreFinding, Failure, Location, Mention } from '../core/core.js'

/** A place in a migration file: line and column are 1-based, the column counts code points. */
export type { Location }

/** An option that a help speaks of, as data: the command line has another name for it. */
export type { Mention }

/** The codes of what is noticed here, around the core. */
type PackageCode =
  | 'alembic-cycle'
  | 'alembic-duplicate'
  | 'alembic-missing-parent'
  | 'core-unavailable'
  | 'database-unavailable'
  | 'internal-error'
  | 'no-migrations'
  | 'not-proved'
  | 'review-unavailable'
  | 'squash-differs'
  | 'squash-failed'
  | 'squash-refused'

/** Those of what reads a git repository. */
type GitCode =
  | 'cannot-move'
  | 'git-failed'
  | 'git-missing'
  | 'merge-conflict'
  | 'no-base'
  | 'no-merge-base'
  | 'not-a-repository'
  | 'ref-unknown'

/** Those of the command line alone. */
type CommandCode =
  | 'connection-failed'
  | 'database-in-use'
  | 'driver-missing'
  | 'invalid-config'
  | 'ledger-elsewhere'
  | 'invalid-target'
  | 'not-confirmed'
  | 'usage'

/**
 * The code of an error: stable, kebab-case. Where a finding is what stops something, as in `embed`, it is the code of that
 * finding.
 */
export type ErrorCode = CoreCode | CoreFinding | PackageCode | GitCode | CommandCode

/** What an error is made of. */
export type FailureOf<Code> = Omit<Failure, 'code'> & { readonly code: Code }

/**
 * What every function of Counterfoil throws or rejects with.
 *
 * `message` says what is wrong (and, where the database refused something, what it said); `help` says what to do next.
 */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
  /** Stable, kebab-case: `plan-refused`, `statement-failed`, `invalid-input`, … */
  readonly code: ErrorCode
  /** What to do next; empty if there is nothing to say. */
  readonly help: string
  /** The options that the message and the help speak of. */
  declare readonly options?: readonly Mention[]
  /** Where, in the migration's own text. */
  declare readonly at?: Location
  /** The statement that failed. */
  declare readonly statement?: string
  /** Where in a function it happened: the CONTEXT of PostgreSQL. */
  declare readonly context?: string
  /** Versions of the migrations that this run had applied before it failed. They stay applied. */
  readonly applied: readonly string[]

  constructor(failure: FailureOf<ErrorCode>, options: { applied?: readonly string[]; cause?: unknown } = {}) {
    const { at } = failure
    const place = at ? `${at.path}:${at.line}:${at.column}: ` : ''
    super(place + failure.message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = failure.code
    this.help = failure.help
    if (at) this.at = at
    if (failure.options) this.options = failure.options
    if (failure.statement !== undefined) this.statement = failure.statement
    this.applied = options.applied ?? []
  }
}

/** Makes a {@link MigrationError} that does not come from the core. @internal */
export function failure(code: ErrorCode, message: string, help = '', cause?: unknown): MigrationError {
  return new MigrationError({ code, message, help }, cause === undefined ? {} : { cause })
}
