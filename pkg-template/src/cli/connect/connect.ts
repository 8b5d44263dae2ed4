// Opens a target. What cannot be opened is an error with a way out.
import type { Driver } from '../../run/driver.js'
import type { TextRow } from '../../run/database.js'
import { MigrationError, failure } from '../../shared/errors.js'
import { cancelWith } from './active.js'
import { say } from '../frame/command.js'
import type { Config } from '../config/config.js'
import { redacted } from '../text/secrets.js'
import { err } from '../text/style.js'
import type { Target } from './target.js'

/** A database that has been opened. */
export interface Opened {
  /** How to talk to it. */
  readonly driver: Driver<object>
  readonly db: object
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
  /** How long to wait until the database can be reached, in milliseconds. */
  readonly wait?: number
}

/** Opens a target. @throws MigrationError `connection-failed`, `driver-missing`, `invalid-target`, `aborted` */
export async function open(target: Target, options: OpenOptions): Promise<Opened> {
  const { signal } = options
  if (signal.aborted) throw stopped()
  const opened =
    target.kind === 'postgres'
      ? await (await import('./connect-postgres.js')).openPostgres(target, options)
      : await (await import('./connect-pglite.js')).openPGlite(target, options)
  if (signal.aborted) {
    await opened.close()
    throw stopped()
  }
  // In place of the bar, and of the ^C that the terminal wrote after it.
  const told = () =>
    say(
      (err().live ? '\r\x1b[2K' : '') +
        (target.kind === 'pglite'
          ? 'stopping'
          : 'stopping when the statement that is running has ended; Ctrl-C again stops it at once'),
    )
  signal.addEventListener('abort', told)
  cancelWith(() => opened.cancel())
  return {
    ...opened,
    async close() {
      signal.removeEventListener('abort', told)
      cancelWith(undefined)
      await opened.close()
    },
  }
}

/** A driver that remembers the ledger's rows when they pass. @internal */
export function watched<Db extends object>(
  driver: Driver<Db>,
): { driver: Driver<object>; rows(): readonly TextRow[] | undefined } {
  let seen: readonly TextRow[] | undefined
  const connect = (db: object) => {
    const connection = driver.connect(db as Db)
    const query = async (sql: string) => {
      const rows = await connection.query(sql)
      // The one question whose answer has these columns; without a row there is none to see.
      if (rows.length === 0 || ('version' in rows[0]! && 'applied_at' in rows[0])) seen = rows
      return rows
    }
    return { ...connection, query }
  }
  return { driver: { ...(driver as unknown as Driver<object>), connect }, rows: () => seen }
}

/** Ctrl-C. @internal */
export const stopped = () => failure('aborted', 'stopped before anything was done')

/** A database that cannot be reached. @internal */
export function unreachable(target: Target, what: string, help: string, cause?: unknown): MigrationError {
  return failure('connection-failed', `${target.shown} cannot be reached: ${redacted(what)}`, help, cause)
}
