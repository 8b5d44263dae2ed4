// The loop that carries messages between the core and a database. It decides nothing.
import type { Asked, Ended, Lock, Outcome } from './driver.js'
import type { Answer, Capabilities, Event, Request } from '../core/core.js'
import { describe, unlessTold, type Connection, type TextRow } from './database.js'
import { MigrationError } from '../shared/errors.js'
import { translated } from '../wasm/translated.js'
import { bare, type Settings } from '../options/options.js'
import { Watch } from './watch.js'

/** What there is to do next. @internal */
export type Next = Exclude<Request, { type: 'done' }> | { type: 'done'; outcome: Outcome }

/** What says what to do next: the machine of a run, or a change to the ledger. @internal */
export interface Driven {
  next(answer: Answer | undefined, now: number): { request: Next; events?: readonly Event[] }
  /** What takes the place of the last request, if nothing is half-done. */
  abort(): { request: Next } | undefined
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
  // Until something is sent that may write, a run that is told to stop does not wait for an answer: a lock may keep it back.
  let untouched = true
  // Told to stop, the core does so where nothing is half-done. It hears first what came of the last message: what that
  // did is done.
  const next = (answer?: Answer): Next => {
    const { request, events } = translated(() => machine.next(answer, watch.elapsed()))
    watch.tell(events)
    return (watch.aborted && translated(() => machine.abort())?.request) || request
  }
  const failing = (error: unknown): Answer => {
    const failure = bare(describe(error))
    if (failure.lost) connection.lost?.(error)
    return bare({ failure })
  }
  let answer: Answer | undefined
  let cause: unknown
  let failed = true
  let roundTrips = 0
  try {
    for (;;) {
      let request = next(answer)
      while (request.type === 'wait') {
        await watch.wait(request.milliseconds)
        request = next(bare({}))
      }
      if (request.type === 'failed') {
        if (request.failure.code === 'aborted') cause = settings.signal?.reason
        // The caller's transaction, and its connection with it, is as good as before.
        failed = request.failure.code !== 'open-transaction'
        throw new MigrationError(request.failure, { applied: request.applied, cause })
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
          cause = before.cause
          continue
        }
        roundTrips += 1
      }
      try {
        untouched &&= request.type === 'query' && request.sql.startsWith('select')
        const told = untouched ? settings.signal : undefined
        answer = bare({ rows: [...((await unlessTold(told, perform(connection, request))) ?? [])] })
      } catch (error) {
        // What the driver itself refuses says nothing about the database.
        if (error instanceof MigrationError) throw error
        // A trial repeats what failed before; the first error is the one to show.
        if (request.type !== 'trial') cause = error
        answer = failing(error)
      }
    }
  } finally {
    free(machine)
    connection.close?.(failed)
  }
}

/** A request that goes to the database. */
type Sent = Exclude<Request, { type: 'wait' | 'done' | 'failed' }>

/** The machine; if an option is wrong, the connection is given back. */
function begun<T>(connection: Connection, make: () => T): T {
  try {
    return translated(make)
  } catch (error) {
    connection.close?.(false)
    throw error
  }
}

function free(machine: { free(): void }): void {
  try {
    machine.free()
  } catch {
    // After an internal error nothing of the core can be used; that error is what the caller should see.
  }
}

/** Does what is to be sent. Who can send neither a script nor a batch, is asked for neither. */
async function perform(connection: Connection, request: Sent): Promise<readonly TextRow[] | undefined> {
  if (request.type === 'query') return connection.query(request.sql)
  if (request.type === 'statement') await connection.statement(request.sql)
  else if (request.type === 'script') await connection.script?.(request.sql, request.count)
  else if (connection.batch) await connection.batch(request.statements)
  else await connection.script?.(request.statements.join(';\n'), request.statements.length)
  return undefined
}
