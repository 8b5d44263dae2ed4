// Neon's serverless driver: over HTTP, where every request is a session of its own, or over a WebSocket.
import type { Driver } from '../run/driver.js'
import { can, type Connection, type TextRow } from '../run/database.js'
import { nodePostgres, type PgClient, type PgPool } from './node-postgres.js'

/** How a request of Neon's is to be answered, whatever `neon()` was told. */
export interface NeonQueryOptions {
  arrayMode: false
  fullResults: false
  types: { getTypeParser(): (value: string) => unknown }
}

/** The part of what `neon()` returns that is needed. */
export interface NeonSql {
  query(text: string, params: never[], options: NeonQueryOptions): PromiseLike<unknown>
  transaction(
    queries: never[],
    options: { isolationLevel: 'ReadCommitted'; readOnly: false; deferrable: false },
  ): Promise<unknown>
}

/** Every database that this driver takes. */
export type NeonDatabase = NeonSql | PgClient | PgPool

/** The most bytes a request may have: `--sql-over-http-max-request-size-bytes` of Neon's proxy. */
const limit = 10 << 20

const asText: NeonQueryOptions = {
  arrayMode: false,
  fullResults: false,
  types: { getTypeParser: () => (value) => value },
}

// What the caller has chosen for transactions of his own would keep a migration from writing, or from seeing what others wrote.
const transaction = { isolationLevel: 'ReadCommitted', readOnly: false, deferrable: false } as const

const isHttp = (db: NeonDatabase): db is NeonSql => 'transaction' in db

function connect(sql: NeonSql): Connection {
  const query = (text: string) => sql.query(text, [], asText)
  return {
    capabilities: { script: false, batch: true, interactive: false, limit },
    async query(text, go) {
      go?.()
      return (await query(text)) as TextRow[]
    },
    async statement(text, go) {
      go()
      return query(text)
    },
    // A query is not sent until somebody waits for it: these go together.
    async batch(statements, go) {
      go()
      return sql.transaction(statements.map(query) as never[], transaction)
    },
  }
}

/** @internal */
export const driver: Driver<NeonDatabase> = {
  entry: 'neon',
  // A PGlite has these two as well, and is no function.
  // A PGlite has both methods too.
  takes: (db) => (can(db, 'query', 'transaction') && !can(db, 'exec')) || nodePostgres.takes(db),
  connect: (db) => (isHttp(db) ? connect(db) : nodePostgres.connect(db)),
  pooled: (db) => isHttp(db) || nodePostgres.pooled!(db),
}
