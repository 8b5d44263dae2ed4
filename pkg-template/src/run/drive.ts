// The loop that carries messages between the core and a database. It decides nothing.
import type { Asked, Ended, Lock, Outcome } from './driver.js'
import type { Answer, Capabilities, DatabaseFailure, Event, Failure, Request } from '../core/core.js'
import { describe, unlessTold, type Connection, type Go, type TextRow } from './database.js'
import { MigrationError } from '../shared/errors.js'
import { translated } from '../wasm/translated.js'
import { bare, type Settings } from '../options/options.js'
import { Long, LongQuery } from './long.js'
import { Watch } from './watch.js'

/** What there is to do next. @internal */
export type Next = Exclude<Request, { type: 'done' }> | { type: 'done'; outcome: Outcome }

/** What says what to do next: the machine of a run, or a change to the ledger. @internal */
export interface Driven {
  next(answer: Answer | undefined, now: number): { request: Next; events?: readonly Event[] }
  /** Bytes of the long text of the last request. */
  part?(from: number, most: number): Uint8Array
  /** What takes the place of the last request, if nothing is half-done. */
  abort(): { request: Next } | undefined
  /** A text with no value of the environment in it, where the run has been given any. */
  masked?(text: string): string
  free(): void
}

/**
 * Runs the machine to its end. `begin` is when the run began, by `performance.now()`; `asked`
 * counts as the first message, if it is what the core would have sent. @internal
 */
export async function drive(
  connection: Connection,
  make: (capabilities: Capabilities) => Driven,
  settings: Settings,
  begin: number,
  lock?: Lock,
  asked?: Asked,
): Promise<Ended> {
  const { interactive, ...rest } = connection.capabilities
  const capabilities = bare({ ...rest, interactive: interactive && settings.session })
  const machine = begun(connection, () => make(capabilities))
  const watch = new Watch(settings, begin)
  // What a trial repeats is said once.
  let quiet = false
  const masks = settings.core.env && machine.masked
  const told = <T>(said: T): T => (masks ? masked(said, (text) => translated(() => machine.masked!(text))) : said)
  connection.notice = (notice) => quiet || watch.notice(told(notice))
  // Told to stop, the core does so where nothing is half-done. It hears first what came of the last message: what that
  // did is done.
  const next = (answer?: Answer): Next => {
    const { request, events } = translated(() => machine.next(answer, watch.elapsed()))
    watch.tell(events)
    return (watch.aborted && translated(() => machine.abort())?.request) || request
  }
  let refused: DatabaseFailure | undefined
  let cause: unknown
  const failing = (error: unknown): Answer => {
    const failure = told(bare(describe(error)))
    // A trial repeats what failed before; the first error is the one to show.
    if (!quiet) {
      cause = masks ? Object.assign(new Error(failure.message), { code: failure.sqlstate }) : error
      refused = failure
    }
    if (failure.lost) connection.lost?.(error)
    return bare({ failure })
  }
  /**
   * What comes of a request. What only looks, and what has not been sent since something else has the connection, is not
   * waited for for ever, nor if the run is told to stop: a lock may keep it back. It is given up then, and never sent later.
   */
  const answered = async (request: Sent): Promise<Answer | Instead> => {
    const looks = request.type === 'query' && request.looks
    let sent = false
    let given = false
    const go = () => {
      if (given) throw new Error('the run has given it up')
      sent = true
    }
    const stop = async (isLate: boolean) => {
      if (sent && !looks) return undefined
      // Where there is a doubt, the core does not stop before it has heard of the ledger.
      const turn = isLate ? undefined : translated(() => machine.abort())
      if (!isLate && !turn) return undefined
      given = true
      if (turn) return new Instead(turn.request)
      const { late } = await import('./late.js')
      return late({ ...settings, signal: undefined }, watch.applied, !looks)
    }
    try {
      return bare({ rows: [...((await unlessTold(settings, perform(connection, request, go, machine), stop)) ?? [])] })
    } catch (error) {
      if (error instanceof Instead) return error
      throw error
    }
  }
  let answer: Answer | undefined
  let instead: Next | undefined
  let failed = true
  let roundTrips = 0
  try {
    for (;;) {
      let request: Next = instead ?? next(answer)
      instead = undefined
      while (request.type === 'wait') {
        await watch.wait(request.milliseconds)
        request = next(bare({}))
      }
      if (request.type === 'failed') {
        if (request.failure.code === 'aborted') cause = settings.signal?.reason
        // The caller's transaction, and its connection with it, is as good as before.
        failed = request.failure.code !== 'open-transaction'
        let { failure } = request
        if (refused && isExplained(failure, refused))
          failure = await (await import('./blame.js')).explained(connection, settings, failure, refused)
        const error = new MigrationError(failure, { applied: request.applied, cause })
        const context = failure.code === 'statement-failed' && refused?.context
        throw context ? Object.assign(error, { context }) : error
      }
      if (request.type === 'done') {
        failed = false
        return { outcome: watch.noted(request.outcome), roundTrips, elapsedMs: Math.round(watch.elapsed()) }
      }
      lock?.touch()
      roundTrips += 1
      // The first message may have been sent before the core was there; it counts in any case.
      const before = roundTrips === 1 ? asked : undefined
      if (before) {
        answer = before.answer ?? failing(before.cause)
        if (request.type === 'query' && before.sql === request.sql) {
          continue
        }
        roundTrips += 1
      }
      try {
        quiet = request.type === 'trial'
        const came = await answered(request)
        if (came instanceof Instead) instead = came.request
        else answer = came
      } catch (error) {
        // What the driver itself refuses says nothing about the database.
        if (error instanceof MigrationError) throw error
        answer = failing(error)
      }
    }
  } finally {
    free(machine)
    connection.close?.(failed)
  }
}

/** The text of a script, in the form in which it is taken. */
function written(
  machine: Driven,
  { sql, rest }: Extract<Request, { type: 'script' }>,
  form: Connection['long'],
): string | Long | LongQuery {
  if (!rest) return sql
  const long = new Long((from, most) => machine.part!(from, most), sql, rest)
  return form === 'parts' ? long : form === 'query' ? new LongQuery(long) : long.toString()
}

/** A request that goes to the database. */
type Sent = Exclude<Next, { type: 'wait' | 'done' | 'failed' }>

/** The machine; if an option is wrong, the connection is given back. */
function begun<T>(connection: Connection, make: () => T): T {
  try {
    return translated(make)
  } catch (error) {
    connection.close?.(false)
    throw error
  }
}

/** What a database says, without a value in its texts. */
const masked = <T>(said: T, told: (text: string) => string): T =>
  Object.assign(
    Object.create(null),
    said,
    ...['message', 'detail', 'hint', 'where', 'context'].map((part) => {
      const text = (said as Record<string, unknown>)[part]
      return typeof text === 'string' ? { [part]: told(text) } : {}
    }),
  )

function free(machine: { free(): void }): void {
  try {
    machine.free()
  } catch {
    // After an internal error nothing of the core can be used; that error is what the caller should see.
  }
}

/** Whether the database can be asked why: what failed in the run's own statements, and what was stopped. */
const isExplained = ({ code, message }: Failure, { sqlstate, message: said }: DatabaseFailure) =>
  message.includes(said ?? '') && (code === 'database-failed' || (code === 'statement-failed' && sqlstate === '57014'))

/** What to do instead of what was given up. */
class Instead extends Error {
  constructor(readonly request: Next) {
    super()
  }
}

/** Does what is to be sent. Who can send neither a script nor a batch, is asked for neither. */
async function perform(
  connection: Connection,
  request: Sent,
  go: Go,
  machine: Driven,
): Promise<readonly TextRow[] | undefined> {
  if (request.type === 'query') return connection.query(request.sql, go, request.looks)
  if (request.type === 'statement') await connection.statement(request.sql, go)
  else if (request.type === 'script')
    await connection.script?.(written(machine, request, connection.long), go, request.count)
  else if (connection.batch) await connection.batch(request.statements, go)
  else await connection.script?.(request.statements.join(';\n'), go, request.statements.length)
  return undefined
}
