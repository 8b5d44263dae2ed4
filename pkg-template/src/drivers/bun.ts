// How to talk to Bun's own SQL.
import type { Driver } from '../run/driver.js'
import { can, inside, type Connection, type Go, type TextRow } from '../run/database.js'

/** The part of Bun's `SQL` that is needed: what `new SQL()` or `sql.reserve()` gives. */
export interface BunSql {
  unsafe(text: string): BunQuery
  reserve(): PromiseLike<BunReserved>
  readonly options: object
}

/** A `SQL` that has a connection to itself. */
export interface BunReserved extends BunSql {
  release(): unknown
}

/** A query of Bun's. */
export interface BunQuery extends PromiseLike<unknown> {
  simple(): BunQuery
  raw(): PromiseLike<unknown>
}

/** Rows as bytes, which no parser has seen. */
type Raw = (readonly (Uint8Array | null)[])[] & { readonly columns?: readonly { readonly name: string }[] }

function connect(db: BunSql): Connection {
  if ('savepoint' in db) throw inside('sql')
  let session = 'release' in db ? db : undefined
  let begun = false
  let closed = false

  async function send(text: string, go?: Go): Promise<Raw> {
    // The first request reads, and needs no session.
    if (!session && begun) session = await db.reserve()
    // It was waited for too long.
    if (closed) giveBack()
    begun = true
    go?.()
    const on = session ?? db
    try {
      return (await on.unsafe(text).simple().raw()) as Raw
    } catch (error) {
      // Bun says at once that it does not take what COPY … TO STDOUT gives. The script runs on, and a connection that is
      // given back meanwhile would be closed. What comes of the script is for the ledger to say.
      if ((error as { code?: unknown }).code === 'ERR_POSTGRES_COPY_NOT_SUPPORTED') await on.unsafe('').simple()
      throw error
    }
  }

  function giveBack(): void {
    if (session === db) return
    const reserved = session as BunReserved | undefined
    session = undefined
    // One that has ended cannot be given back.
    void (async () => reserved?.release())().catch(() => {})
  }

  return {
    capabilities: { script: true, batch: false, interactive: true },
    query: async (text, go) => named(await send(text, go)),
    statement: send,
    script: send,
    lost: giveBack,
    close() {
      closed = true
      giveBack()
    },
  }
}

function named(rows: Raw): TextRow[] {
  const decoder = new TextDecoder()
  return rows.map((row) =>
    Object.fromEntries(rows.columns!.map(({ name }, at) => [name, row[at] ? decoder.decode(row[at]) : null])),
  )
}

/** @internal */
export const driver: Driver<BunSql> = {
  entry: 'bun',
  // It talks to MySQL and SQLite too.
  takes: (db) =>
    can(db, 'unsafe', 'reserve', 'beginDistributed') &&
    (db as { options?: { adapter?: unknown } }).options?.adapter === 'postgres',
  connect,
  pooled: (db) => !('release' in db),
}
