// How to talk to a PGlite.
import type { Driver } from './actions.js'
import { can, completed, type Connection, type TextRow } from './database.js'
import { nodeDataDir } from './pglite-dir.js'

/** The part of a PGlite that is needed: a `PGlite` and a `PGliteWorker` both fit. */
export interface PGliteLike {
  query(
    sql: string,
    params?: unknown[],
    options?: { parsers?: Record<number, (value: string) => unknown> },
  ): Promise<{ rows: unknown[] }>
  exec(sql: string): Promise<unknown>
  readonly dataDir?: string | undefined
  readonly waitReady?: Promise<void>
}

/** What a `PGlite` has beyond that: with it the place of an error is known where the database names none. */
interface WithProtocol extends PGliteLike {
  execProtocolStream(
    message: Uint8Array,
    options: { syncToFs: boolean; throwOnError: boolean },
  ): Promise<{ name: string }[]>
  _runExclusiveTransaction<T>(work: () => Promise<T>): Promise<T>
  runExclusive<T>(work: () => Promise<T>): Promise<T>
  syncToFs(): Promise<void>
  _checkReady(): Promise<void>
}
const protocol = ['execProtocolStream', '_runExclusiveTransaction', 'runExclusive', 'syncToFs', '_checkReady'] as const

// Every column comes cast to text; parsers of the caller's own for text and varchar would get in the way.
const asText = { parsers: { 25: (value: string) => value, 1043: (value: string) => value } }

function connect(db: PGliteLike): Connection {
  const rich = protocol.every((method) => method in db) ? (db as WithProtocol) : undefined
  return {
    capabilities: { script: true, batch: false, interactive: true },
    query: async (sql) => (await db.query(sql, [], asText)).rows as TextRow[],
    statement: (sql) => db.exec(sql),
    script: (sql) => (rich ? counted(rich, sql) : db.exec(sql)),
  }
}

/** `db.exec`, and on failure the number of statements that had finished. */
async function counted(db: WithProtocol, sql: string): Promise<void> {
  await db._checkReady()
  await db._runExclusiveTransaction(() =>
    db.runExclusive(async () => {
      const quiet = { syncToFs: false, throwOnError: false }
      const messages = await db.execProtocolStream(simpleQuery(sql), quiet)
      await db.syncToFs()
      const at = messages.findIndex((message) => message.name === 'error')
      if (at < 0) return
      const done = messages.slice(0, at).filter((message) => message.name === 'commandComplete').length
      throw Object.assign(messages[at] as object, { [completed]: done })
    }),
  )
}

/** The Query message: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function simpleQuery(sql: string): Uint8Array {
  const text = new TextEncoder().encode(sql)
  const message = new Uint8Array(text.length + 6)
  message[0] = 'Q'.charCodeAt(0)
  new DataView(message.buffer).setUint32(1, text.length + 5)
  message.set(text, 5)
  return message
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
