// How to talk to postgres.js.
import type { Driver } from '../run/driver.js'
import { can, inside, type Connection, type TextRow } from '../run/database.js'
import { failure } from '../shared/errors.js'

/** The part of a `sql` of postgres.js that is needed: what `postgres()` or `sql.reserve()` returns. */
export interface PostgresSql {
  // As a method, so that the real one's narrower parameters fit.
  unsafe(text: string, params?: never[]): PostgresQuery
  reserve?(): Promise<PostgresReserved>
  readonly options?: {
    readonly fetch_types: boolean
    readonly transform: { readonly column: { readonly from?: unknown } }
  }
}

/** A `sql` that has a connection to itself. */
export interface PostgresReserved extends PostgresSql {
  release(): void
}

/** A query of postgres.js. */
export interface PostgresQuery extends PromiseLike<unknown> {
  raw(): PromiseLike<unknown>
}

/** A connection, as `sql.begin` of postgres.js sees it too. */
interface Reserved {
  onclose?: (() => void) | null
}

/** Rows as bytes, which no parser and no transform for values has seen. */
type Raw = (readonly (Uint8Array | null)[])[] & { readonly columns?: readonly { readonly name: string }[] }

function connect(db: PostgresSql): Connection {
  if ('savepoint' in db) throw inside('sql')
  let session: PostgresSql | undefined = db.reserve ? undefined : db
  let held: Reserved | undefined
  let open = true
  let begun = false
  // Whether there was a request since the beginning, or since a connection was lost.
  let asked = false

  // Without this nobody would know that a reserved connection is gone, and the next query on it ends the process.
  function onexecute(connection: Reserved): boolean {
    if (connection !== held) connection.onclose = () => void (open = false)
    held = connection
    return true
  }

  async function reserve(): Promise<PostgresSql> {
    // `reserve` waits forever for a new connection that fetches no types (https://github.com/porsager/postgres/issues/751),
    // and for one that is opened again after a fatal error: the first query on that gets the old error once more.
    // What is sent to a connection between its error and its end is never answered: its end is waited for.
    const query = async () => {
      await new Promise((done) => setTimeout(done, 10))
      await db.unsafe('select 1')
    }
    if (!asked || db.options?.fetch_types === false) await query().catch(query)
    open = true
    return db.reserve!()
  }

  async function send(text: string): Promise<Raw> {
    // The first request reads, and needs no session.
    if (!session && begun) session = await reserve()
    begun = true
    if (!open) throw new Error('the connection has ended')
    asked = true
    const unsafe = (session ?? db).unsafe as (text: string, params: never[], options: object) => PostgresQuery
    const rows = (await unsafe(text, [], { prepare: false, simple: true, ...(session && { onexecute }) }).raw()) as Raw
    if (!Array.isArray(rows)) await copied(rows)
    return rows
  }

  function giveBack(): void {
    if (held) held.onclose = null
    held = undefined
    if (session === db) return
    // A connection that has ended left the pool by itself; giving it back would bring it in again.
    if (open) (session as PostgresReserved | undefined)?.release()
    session = undefined
  }

  return {
    capabilities: { script: true, batch: false, interactive: true },
    query: async (text) => named(await send(text), text, db.options?.transform.column.from),
    statement: send,
    script: send,
    lost(error) {
      asked = false
      // Its end may not have been noticed yet. These errors have a number or a severity; those of a failing callback of the caller's do not.
      const { errno, severity } = Object(error) as { errno?: unknown; severity?: unknown }
      if (errno !== undefined || severity !== undefined) open = false
      giveBack()
    },
    close: giveBack,
  }
}

/** A COPY … TO STDOUT gives a stream while its script still runs, and what comes of the script is told to nobody: that is for the ledger to say. */
async function copied(stream: AsyncIterable<unknown> & { _read?(): void }): Promise<never> {
  for await (const _ of stream);
  // The socket may be left paused, and what follows unread.
  stream._read?.()
  throw new Error('postgres.js does not tell how a script with COPY … TO STDOUT ends')
}

/** Rows by the names that the statement gives its columns: `from` is what the caller's transform makes of a name. */
function named(rows: Raw, text: string, from: unknown): TextRow[] {
  const change = typeof from === 'function' ? (from as (name: string) => string) : (name: string) => name
  const names = new Map(text.match(/\w+/g)?.map((word) => [change(word), word]))
  const columns = rows.columns?.map(({ name }) => names.get(name) ?? name) ?? []
  const decoder = new TextDecoder()
  return rows.map((row) => {
    // The caller may have a transform for rows too.
    const values = Object.values(Object(row) as Raw[number])
    if (values.length !== columns.length || values.some((value) => value !== null && !(value instanceof Uint8Array)))
      throw failure(
        'invalid-input',
        'the option transform.row of postgres() changes the values of the ledger',
        'hand in a sql without it',
      )
    return Object.fromEntries<string | null>(
      columns.map((name, at) => [name, values[at] ? decoder.decode(values[at]) : null]),
    )
  })
}

/** @internal */
export const driver: Driver<PostgresSql> = {
  entry: 'postgres',
  // Every migration has a transaction of its own; and what `neon()` returns has an `unsafe` too.
  takes: (db) => can(db, 'unsafe') && !('transaction' in db),
  connect,
  pooled: (db) => db.reserve !== undefined,
}
