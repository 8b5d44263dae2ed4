// How to talk to postgres.js.
import type { Driver } from '../run/driver.js'
import { can, inside, type Connection, type Go, type TextRow } from '../run/database.js'
import { ask, type PostgresSql, type Raw, type Session } from './postgres-like.js'
import { failure } from '../shared/errors.js'

function connect(db: PostgresSql): Connection {
  if ('savepoint' in db) throw inside('sql')
  let begun = false
  let answered = false
  let session: Session | undefined

  async function send(text: string, go?: Go): Promise<Raw> {
    // The first request reads, and needs no session.
    if (begun) {
      const { sessionOf } = await import('./postgres-session.js')
      return (session ??= sessionOf(db, answered)).send(text, go)
    }
    begun = true
    const rows = await ask(db, text)
    answered = true
    return rows as Raw
  }

  return {
    capabilities: { script: true, batch: false, interactive: true },
    query: async (text, go) => named(await send(text, go), text, db.options?.transform.column.from),
    statement: send,
    script: send,
    lost: (error) => session?.lost(error),
    close: () => session?.giveBack(),
  }
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
