// A Client or a Pool with the shape of node-postgres: its own, and those that @neondatabase/serverless opens over a WebSocket.
import type { Driver } from '../run/driver.js'
import { can, completed, told, type Connection, type Go } from '../run/database.js'
import type { LongQuery } from '../run/long.js'

/** The part of a node-postgres `Client` that is needed. */
export interface PgClient {
  query(config: { text: string; types?: { getTypeParser(): (value: string) => unknown } }): Promise<{ rows: unknown[] }>
  on(event: 'error' | 'notice', listener: (told: Error) => void): unknown
  removeListener(event: 'error' | 'notice', listener: (told: Error) => void): unknown
}

/** A `Client` that a pool has lent. */
export interface PgPoolClient extends PgClient {
  release(destroy?: boolean | Error): void
}

/** The part of a node-postgres `Pool` that is needed. */
export interface PgPool {
  readonly totalCount: number
  connect(): Promise<PgPoolClient>
}

/** What a `Client` has beyond that; not the one of pg-native. */
interface Inside {
  readonly connection?: {
    readonly stream?: unknown
    on?(event: string, listener: () => void): void
    removeListener?(event: string, listener: () => void): void
  }
  readonly _connected?: boolean
  readonly _connecting?: boolean
  /** Since 8.20: what the last ReadyForQuery said. */
  getTransactionStatus?(): string | null
}

// Every column comes cast to text; parsers of the caller's own would get in the way.
const types = { getTypeParser: () => (value: string) => value }

function connect(db: PgClient | PgPool): Connection {
  const pool = 'totalCount' in db ? db : undefined
  let client: (PgClient & Inside) | undefined = pool ? undefined : (db as PgClient)
  // A connection that breaks between two queries says so by an event, which would end the process.
  const ignore = () => {}
  const notice = (notice: unknown) => self.notice?.(notice)
  let closed = false
  const take = (lent: PgClient) => (client = lent).on('error', ignore) && lent.on('notice', notice)
  if (client) take(client)

  async function send(text: string | LongQuery, go?: Go): Promise<{ rows: unknown[] }> {
    if (!client) {
      const lent = await pool!.connect()
      // It was waited for too long.
      if (closed) {
        lent.release()
        throw new Error('the run is over')
      }
      take(lent)
    }
    const { connection } = client!
    go?.()
    let done = 0
    const count = () => void done++
    connection?.on?.('commandComplete', count)
    try {
      // Not pg-native: it has no stream.
      const sends = typeof text !== 'string' && connection?.stream
      return await client!.query(sends ? text : { text: String(text), types })
    } catch (error) {
      if (connection?.on && error instanceof Error) Object.assign(error, { [completed]: done })
      throw error
    } finally {
      connection?.removeListener?.('commandComplete', count)
    }
  }

  function giveBack(destroy: boolean): void {
    client?.removeListener('error', ignore)
    client?.removeListener('notice', notice)
    if (pool) {
      ;(client as PgPoolClient | undefined)?.release(destroy)
      client = undefined
    }
  }

  const self: Connection = {
    capabilities: { script: true, batch: false, interactive: true },
    query: async (sql, go) => told((await send(sql, go)).rows, client!.getTransactionStatus?.()),
    statement: send,
    script: send,
    long: 'query',
    // A broken connection of a pool is replaced by the next request; a client has only the one.
    lost: () => pool && giveBack(true),
    close(failed) {
      closed = true
      giveBack(failed)
    },
  }
  return self
}

/** @internal */
export const nodePostgres: Driver<PgClient | PgPool> = {
  entry: 'pg',
  takes: (db: object & Inside) =>
    'totalCount' in db
      ? can(db, 'connect')
      : can(db, 'query', 'on', 'removeListener') && (db._connected !== false || db._connecting !== false),
  connect,
  pooled: (db) => 'totalCount' in db,
}
