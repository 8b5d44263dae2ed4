// How to talk to a PGlite.
import type { Driver } from '../run/driver.js'
import { can, inside, told, type Connection, type TextRow } from '../run/database.js'
import { nodeDataDir } from './pglite-dir.js'
import type { WithProtocol } from './pglite-protocol.js'

/** The part of a PGlite that is needed: a `PGlite` and a `PGliteWorker` both fit. */
export interface PGliteLike {
  query(
    sql: string,
    params?: unknown[],
    options?: { parsers?: Record<number, (value: string) => unknown> },
  ): Promise<{ rows: unknown[] }>
  exec(sql: string, options?: { parsers?: Record<number, (value: string) => unknown> }): Promise<unknown>
  transaction?<T>(work: (tx: Pick<PGliteLike, 'exec'>) => Promise<T>): Promise<T>
  readonly dataDir?: string | undefined
  readonly waitReady?: Promise<void>
}

// Every column comes cast to text; parsers of the caller's own for text and varchar would get in the way.
/** @internal */
export const asText = { parsers: { 25: (value: string) => value, 1043: (value: string) => value } }

function connect(db: PGliteLike): Connection {
  // What `db.transaction()` hands to its callback: to wait for the end of that would be to wait for ever.
  if ('rollback' in db) throw inside('database')
  let asked = false
  // What it takes beyond the first question is loaded when it is needed.
  const more = () => import('./pglite-protocol.js')
  const send = async (sql: string, count = 1) => (await more()).send(db, sql, count)
  return {
    capabilities: { script: true, batch: false, interactive: true },
    async query(sql) {
      if (asked) return (await more()).query(db, sql)
      asked = true
      if (dead.has(db)) throw stopped(db)
      // Not `query`: in the extended protocol a statement does not begin with its transaction.
      const [result] = (await db.exec(sql, asText)) as [{ rows: TextRow[] }]
      if (!result.rows.length) throw stopped(db)
      return told(result.rows, await status(db))
    },
    statement: (sql) => send(sql),
    script: send,
  }
}

const dead = new WeakSet<PGliteLike>()

/** A trap in WebAssembly ends an answer without a word, and what comes after it means nothing. @internal */
export function stopped(db: PGliteLike): Error {
  dead.add(db)
  return Object.assign(new Error('PGlite has stopped in the middle of an answer'), { unusable: true })
}

/** What ReadyForQuery says, if this can be asked for: PGlite's clock may be too coarse to tell. */
async function status(db: PGliteLike): Promise<string | undefined> {
  if (!('runExclusive' in db)) return undefined
  const rich = db as WithProtocol
  const sync = Uint8Array.of(83, 0, 0, 0, 4)
  const messages = await rich._runExclusiveTransaction(() =>
    rich.runExclusive(() => rich.execProtocolStream(sync, { syncToFs: false, throwOnError: false })),
  )
  return messages.at(-1)?.status
}

/** @internal */
export const pglite: Driver<PGliteLike> = {
  entry: 'pglite',
  takes: (db) => can(db, 'query', 'exec'),
  connect,
  async guard(db) {
    const directory = nodeDataDir(db.dataDir)
    if (directory === undefined) return undefined
    // A directory that holds anything at all is not initialised.
    await db.waitReady
    return (await import('./pglite-lock.js')).lockDataDir(directory)
  },
}
