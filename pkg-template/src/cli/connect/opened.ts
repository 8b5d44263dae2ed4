// A database that has been opened, and what ways to open one have in common.
import type { Driver } from '../../run/driver.js'
import type { Go, TextRow } from '../../run/database.js'
import { MigrationError, failure } from '../../shared/errors.js'
import type { Config } from '../config/config.js'
import { redacted } from '../text/secrets.js'
import type { Target } from './target.js'

/** A database that has been opened. */
export interface Opened {
  /** How to talk to it. */
  readonly driver: Driver<object>
  readonly db: object
  /** What there is to say of the connection besides which database it is. */
  readonly notes?: readonly string[]
  /** Whether it was made for this. */
  readonly made?: boolean
  /** The rows of the ledger as they were read last; undefined if they have not been. */
  rows(): readonly TextRow[] | undefined
  close(): Promise<void>
  /** Ends what the database is doing for us, as well as can be. */
  cancel(): Promise<void>
}

export interface OpenOptions {
  readonly config: Config
  readonly signal: AbortSignal
  /** Whether a PGlite may be made where there is none: in its folder, or only in memory. */
  readonly create?: boolean | 'in memory'
  /** Whether a database that is not there is made, and marked as one of `counterfoil create`. */
  readonly make?: boolean | undefined
  /** How long to wait until the database can be reached, in milliseconds. */
  readonly wait?: number
}

/** A driver that remembers the ledger's rows when they pass. @internal */
export function watched<Db extends object>(
  driver: Driver<Db>,
): { driver: Driver<object>; rows(): readonly TextRow[] | undefined } {
  let seen: readonly TextRow[] | undefined
  const connect = (db: object) => {
    const connection = driver.connect(db as Db)
    const ask = connection.query
    const query = async (sql: string, go?: Go) => {
      const rows = await ask.call(connection, sql, go)
      // The one question whose answer has these columns; without a row there is none to see.
      if (rows.length === 0 || ('version' in rows[0]! && 'applied_at' in rows[0])) seen = rows
      return rows
    }
    // The same object: the loop sets on it who is told of notices.
    return Object.assign(connection, { query })
  }
  return { driver: { ...(driver as unknown as Driver<object>), connect }, rows: () => seen }
}

/** Ctrl-C. @internal */
export const stopped = () => failure('aborted', 'stopped before anything was done')

/** A database that cannot be reached. @internal */
export function unreachable(target: Target, what: string, help: string, cause?: unknown): MigrationError {
  return failure('connection-failed', `${target.shown} cannot be reached: ${redacted(what)}`, help, cause)
}
