// Neon's serverless driver: over HTTP, where every request is a session of its own, or over a WebSocket.
import { down, judge, look, up, type Driver } from './actions.js'
import type { Connection, TextRow } from './database.js'
import { nodePostgres, type PgClient, type PgPool } from './node-postgres.js'
import type * as api from './public.js'

export { MigrationError, type Location } from './errors.js'
export { init } from './actions.js'
export type { CoreSource } from './start.js'
export type { PgClient, PgPool, PgPoolClient } from './node-postgres.js'
export type * from './public.js'

/** How a request of Neon's is to be answered, whatever `neon()` was told. */
export interface NeonQueryOptions {
  arrayMode: false
  fullResults: false
  types: { getTypeParser(): (value: string) => unknown }
}

/** The part of what `neon()` returns that is needed. */
export interface NeonSql {
  query(text: string, params: never[], options: NeonQueryOptions): PromiseLike<unknown>
  transaction(queries: never[], options: { isolationLevel: 'ReadCommitted'; readOnly: false; deferrable: false }): Promise<unknown>
}

/** Every database that this driver takes. */
export type NeonDatabase = NeonSql | PgClient | PgPool

/** The most bytes a request may have: `--sql-over-http-max-request-size-bytes` of Neon's proxy. */
const limit = 10 * 1024 * 1024

const asText: NeonQueryOptions = { arrayMode: false, fullResults: false, types: { getTypeParser: () => (value) => value } }
// What the caller has chosen for transactions of his own would keep a migration from writing, or from seeing what others wrote.
const transaction = { isolationLevel: 'ReadCommitted', readOnly: false, deferrable: false } as const

const isHttp = (db: NeonDatabase): db is NeonSql => 'transaction' in db

function connect(sql: NeonSql): Connection {
  const query = (text: string) => sql.query(text, [], asText)
  return {
    capabilities: { script: false, batch: true, interactive: false, limit },
    query: async (text) => (await query(text)) as TextRow[],
    statement: async (text) => query(text),
    // A query is not sent until somebody waits for it: these go together.
    batch: (statements) => sql.transaction(statements.map(query) as never[], transaction),
  }
}

const driver: Driver<NeonDatabase> = {
  connect: (db) => (isHttp(db) ? connect(db) : nodePostgres.connect(db)),
  pooled: (db) => isHttp(db) || nodePostgres.pooled!(db),
}
type Set = api.Migrations<api.LazySqlSource>

/**
 * Brings the database current: reads the ledger, plans, and applies what is pending, each migration in one transaction
 * with its ledger row. Safe to call from any number of processes at once.
 *
 * @param db what `neon()` returns (each migration is one HTTP request then), or a `Client` that is connected, or a `Pool`
 * @param migrations path to text: what `readMigrations` or `import.meta.glob` gives
 * @returns what was applied, adopted and found, how many messages were sent, and how long it took
 * @throws MigrationError `plan-refused` if files and ledger disagree (nothing was run); `statement-failed` with file,
 *   line, column and statement (what was applied before is in `applied`); `wait-timeout`, `connection-lost`,
 *   `pending`, `plan-changed`, `foreign-ledger`, `aborted`, or what is wrong with a file or an option
 *
 * @example
 * ```js
 * const db = neon(process.env.DATABASE_URL)
 * const { applied } = await migrate(db, await readMigrations('db/migrations'))
 * ```
 */
export const migrate = (db: NeonDatabase, migrations: Set, options?: api.MigrateOptions): Promise<api.MigrateResult> =>
  up(driver, db, migrations, options)

/**
 * Reads the ledger and plans: one decision for every file and every ledger row, with its reason. Writes nothing; a
 * ledger that is not there is an empty one.
 *
 * What would stop `migrate` is in the plan, as a decision or finding whose `severity` is `error`. Its `digest` can be
 * handed to `migrate` as `expect`, so that it applies exactly this plan.
 *
 * @throws MigrationError `database-failed`, `connection-lost`, or what is wrong with a file or an option
 */
export const plan = (db: NeonDatabase, migrations: Set, options?: api.ReadOptions): Promise<api.Plan> =>
  look(driver, db, migrations, options)

/**
 * Judges whether the database is where these files expect it to be: what a health check answers. Writes nothing, and
 * takes a ledger that is not there for an empty one. One query if all is well.
 *
 * @returns `status` with its `httpStatus` (200 for `ready` and `ahead`, else 503) and one line for the log
 * @throws MigrationError `database-failed`, `connection-lost`, or what is wrong with a file or an option
 */
export const ready = (db: NeonDatabase, migrations: Set, options?: api.ReadOptions): Promise<api.Readiness> =>
  judge(driver, db, migrations, options)

/**
 * Goes back, in the reverse of the order of application: the newest migration, `steps` of them, or until `to` is the
 * newest. Each down section runs in one transaction with the deletion of its ledger row.
 *
 * @throws MigrationError `nothing-to-roll-back`; `no-down-section`, with the file; `destructive-down` if a down section
 *   drops a whole schema or database and its version is not in `allowDestructive` (nothing was run); and what
 *   {@link migrate} throws
 */
export const rollback = (db: NeonDatabase, migrations: Set, options?: api.RollbackOptions): Promise<api.MigrateResult> =>
  down(driver, db, migrations, options)
