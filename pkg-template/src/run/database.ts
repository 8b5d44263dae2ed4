// What a database driver has to offer, and how a database's errors are read. One file per driver implements it.
import type { Capabilities, DatabaseFailure } from '../core/core.js'
import { failure, type MigrationError } from '../shared/errors.js'
import type { Long, LongQuery } from './long.js'

/** A row, every value as text. */
export type TextRow = Record<string, string | null>

/** A database, as the loop sees it. Every method rejects with what the driver rejects with. @internal */
export type Connection = Talk & Scripts & Batches & { readonly capabilities: Capabilities }

/** Who says that it can, can. */
type Scripts =
  | {
      readonly capabilities: { readonly script: true }
      /** Sends a text of `count` statements as one message of the simple protocol; a long one as `long` says. */
      script(sql: string | Long | LongQuery, go: Go, count: number): Promise<unknown>
      /** How it takes a long text: in parts, or as node-postgres takes a query that sends itself. Else as a string. */
      readonly long?: 'parts' | 'query'
    }
  | { readonly capabilities: { readonly script: false }; readonly script?: never; readonly long?: never }

type Batches =
  | {
      readonly capabilities: { readonly batch: true }
      /** Runs statements as one transaction. */
      batch(statements: readonly string[], go: Go): Promise<unknown>
    }
  | { readonly capabilities: { readonly batch: false }; readonly batch?: never }

/**
 * Called when the connection is the run's and the message is about to be sent, not before. It throws if the run has given
 * the message up meanwhile: then it must not be sent. @internal
 */
export type Go = () => void

interface Talk {
  /**
   * Runs one statement and gives its rows; with `script`, as a message of the simple protocol. Without `go`, or where it
   * `looks`, it has written nothing.
   */
  query(sql: string, go?: Go, looks?: boolean): Promise<readonly TextRow[]>
  /** Sends one statement alone in its message. */
  statement(sql: string, go: Go): Promise<unknown>
  /** Set by the loop: it is told of every NOTICE and WARNING that the driver hears of. */
  notice?: ((notice: unknown) => void) | undefined
  /** Called when a request was answered with something else than the database's own error: it may be another's turn. */
  lost?(error: unknown): void
  /** Called at the end. */
  close?(failed: boolean): void
}

/** Whether all of these are functions of it. @internal */
export const can = (db: unknown, ...names: readonly string[]): boolean =>
  names.every((name) => typeof (db as Record<string, unknown>)[name] === 'function')

/** How many statements of a message had finished before it failed. Drivers that can tell set it on the error. @internal */
export const completed = Symbol('completed')

/** SQLSTATEs after which the connection is gone: connection exceptions, shutdowns, idle timeouts. PostgreSQL manual, appendix A. */
const gone = /^(08...|57P0.|25P03)$/

/** SQLSTATEs of a login that is refused: authorization, and no such database. */
const refusals = /^(28...|3D000)$/

/**
 * What the core wants to know of an error. An error that the database did not make (its errors have a severity), or
 * with which it ends the connection, leaves open what happened: the connection is taken for lost, and the core looks at
 * the ledger. A migration may raise any SQLSTATE, but with the severity ERROR, after which the session goes on. That word
 * may be in the server's language; a RAISE is known by the function in PostgreSQL that it comes from. @internal
 */
export function describe(error: unknown): DatabaseFailure {
  const {
    severity,
    code,
    errno,
    message,
    detail,
    hint,
    position,
    where,
    routine,
    [completed]: done,
    unusable,
  } = Object(error) as Record<PropertyKey, unknown>
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  const number = (value: unknown) => (Number(value) > 0 ? Number(value) : undefined)
  // Bun has a code of its own, and the SQLSTATE beside it.
  const state = text(text(code)?.startsWith('ERR_POSTGRES_') ? errno : code)
  const said = text(severity)
  const stays = said === 'ERROR' || routine === 'exec_stmt_raise'
  const lost = said === undefined || (!stays && gone.test(state ?? ''))
  return {
    sqlstate: (!lost && state) || '',
    message: text(message) ?? String(error),
    detail: text(detail),
    hint: text(hint),
    position: number(position),
    context: text(where),
    completed: typeof done === 'number' ? done : undefined,
    lost,
    refused: !lost && (said === 'FATAL' || (!stays && refusals.test(state ?? ''))),
    unusable: unusable === true,
  }
}

/** The rows with what ReadyForQuery says: whether the session is in a transaction. That is surer than its clock. @internal */
export function told(rows: unknown[], status: string | null | undefined): TextRow[] {
  const first = rows[0] as TextRow | undefined
  if (first && status) first['open'] = `${status !== 'I'}`
  return rows as TextRow[]
}

/** What a driver says of the inside of a transaction, as its callback gets it. @internal */
export const inside = (what: string): MigrationError =>
  failure(
    'open-transaction',
    `this ${what} is that of a transaction`,
    'hand in the database itself, and outside: every migration has a transaction of its own',
  )

/** How long to wait for a connection, and for an answer that only reads. @internal */
export interface Patience {
  /** In milliseconds. */
  readonly patience: number
  readonly signal: AbortSignal | undefined
  readonly writes: boolean
}

/**
 * What comes of `work`, unless the signal or the end of patience comes first, and `stop` then has an error; if it has none,
 * it goes on waiting. What is not waited for any more has written nothing, and whatever comes of it later is nobody's. @internal
 */
export function unlessTold<T>(
  { patience, signal }: Patience,
  work: Promise<T>,
  stop: (late: boolean) => Promise<Error | undefined>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (late: unknown) => void stop(late === true).then((error) => error && reject(error), reject)
    // A longer time would be over at once.
    const timer = setTimeout(end, Math.min(patience, 2 ** 31 - 1), true)
    signal?.addEventListener('abort', end)
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
    })
  })
}

const queues = new WeakMap<object, Promise<unknown>>()

/** Runs `work` after all earlier work on the same database object: runs that write in one session would mix. @internal */
export function inTurn<T>(db: object, work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(db) ?? Promise.resolve()).then(work)
  queues.set(
    db,
    turn.catch(() => {}),
  )
  return turn
}
