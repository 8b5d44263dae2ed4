// node-postgres: a Client or a Pool.
import { down, judge, look, up } from './actions.js'
import { nodePostgres as driver, type PgClient, type PgPool } from './node-postgres.js'
import type * as api from './public.js'

export { MigrationError, type Location } from './errors.js'
export { init } from './actions.js'
export type { CoreSource } from './start.js'
export type { PgClient, PgPool, PgPoolClient } from './node-postgres.js'
export type * from './public.js'

type Set = api.Migrations<api.LazySqlSource>

/**
 * Brings the database current: reads the ledger, plans, and applies what is pending, each migration in one transaction
 * with its ledger row. Safe to call from any number of processes at once.
 *
 * @param db a `Client` that is connected, or a `Pool`, of which one client is used and given back
 * @param migrations path to text: what `readMigrations` or `import.meta.glob` gives
 * @returns what was applied, adopted and found, how many messages were sent, and how long it took
 * @throws MigrationError `plan-refused` if files and ledger disagree (nothing was run); `statement-failed` with file,
 *   line, column and statement (what was applied before is in `applied`); `wait-timeout`, `connection-lost`,
 *   `pending`, `plan-changed`, `foreign-ledger`, `aborted`, or what is wrong with a file or an option
 *
 * @example
 * ```js
 * const db = new pg.Pool({ connectionString: process.env.DATABASE_URL })
 * const { applied } = await migrate(db, await readMigrations('db/migrations'))
 * ```
 */
export const migrate = (db: PgClient | PgPool, migrations: Set, options?: api.MigrateOptions): Promise<api.MigrateResult> =>
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
export const plan = (db: PgClient | PgPool, migrations: Set, options?: api.ReadOptions): Promise<api.Plan> =>
  look(driver, db, migrations, options)

/**
 * Judges whether the database is where these files expect it to be: what a health check answers. Writes nothing, and
 * takes a ledger that is not there for an empty one. One query if all is well.
 *
 * @returns `status` with its `httpStatus` (200 for `ready` and `ahead`, else 503) and one line for the log
 * @throws MigrationError `database-failed`, `connection-lost`, or what is wrong with a file or an option
 */
export const ready = (db: PgClient | PgPool, migrations: Set, options?: api.ReadOptions): Promise<api.Readiness> =>
  judge(driver, db, migrations, options)

/**
 * Goes back, in the reverse of the order of application: the newest migration, `steps` of them, or until `to` is the
 * newest. Each down section runs in one transaction with the deletion of its ledger row.
 *
 * @throws MigrationError `nothing-to-roll-back`; `no-down-section`, with the file; `destructive-down` if a down section
 *   drops a whole schema or database and its version is not in `allowDestructive` (nothing was run); and what
 *   {@link migrate} throws
 */
export const rollback = (db: PgClient | PgPool, migrations: Set, options?: api.RollbackOptions): Promise<api.MigrateResult> =>
  down(driver, db, migrations, options)
