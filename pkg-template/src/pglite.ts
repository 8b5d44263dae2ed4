// PGlite, in Node, in a browser tab, or behind its worker.
import { down, judge, look, up } from './actions.js'
import { pglite as driver, type PGliteLike } from './pglite-driver.js'

export { MigrationError, type Location } from './errors.js'
export { init } from './actions.js'
export type { CoreSource } from './start.js'
export type { PGliteLike } from './pglite-driver.js'
import type { BootablePGlite, BootOptions, Booted, CreatePGlite, PGliteClass } from './boot/public.js'
import type * as api from './public.js'
export type * from './boot/public.js'
export type * from './public.js'
export type { SnapshotStore } from './snapshots.js'

type Set = api.Migrations<api.LazySqlSource>

/**
 * Brings the database current: reads the ledger, plans, and applies what is pending, each migration in one transaction
 * with its ledger row. Safe to call from any number of processes at once.
 *
 * @param db a `PGlite` or `PGliteWorker`
 * @param migrations path to text: what `readMigrations` or `import.meta.glob` gives
 * @returns what was applied, adopted and found, how many messages were sent, and how long it took
 * @throws MigrationError `plan-refused` if files and ledger disagree (nothing was run); `statement-failed` with file,
 *   line, column and statement (what was applied before is in `applied`); `wait-timeout`, `connection-lost`,
 *   `pending`, `plan-changed`, `foreign-ledger`, `aborted`; `data-dir-locked` if another process is migrating the data
 *   directory; or what is wrong with a file or an option
 *
 * @example
 * ```js
 * const db = await PGlite.create('./data')
 * const { applied } = await migrate(db, await readMigrations('db/migrations'))
 * ```
 */
export const migrate = (db: PGliteLike, migrations: Set, options?: api.MigrateOptions): Promise<api.MigrateResult> =>
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
export const plan = (db: PGliteLike, migrations: Set, options?: api.ReadOptions): Promise<api.Plan> =>
  look(driver, db, migrations, options)

/**
 * Judges whether the database is where these files expect it to be: what a health check answers. Writes nothing, and
 * takes a ledger that is not there for an empty one. One query if all is well.
 *
 * @returns `status` with its `httpStatus` (200 for `ready` and `ahead`, else 503) and one line for the log
 * @throws MigrationError `database-failed`, `connection-lost`, or what is wrong with a file or an option
 */
export const ready = (db: PGliteLike, migrations: Set, options?: api.ReadOptions): Promise<api.Readiness> =>
  judge(driver, db, migrations, options)

/**
 * Goes back, in the reverse of the order of application: the newest migration, `steps` of them, or until `to` is the
 * newest. Each down section runs in one transaction with the deletion of its ledger row.
 *
 * @throws MigrationError `nothing-to-roll-back`; `no-down-section`, with the file; `destructive-down` if a down section
 *   drops a whole schema or database and its version is not in `allowDestructive` (nothing was run); and what
 *   {@link migrate} throws
 */
export const rollback = (db: PGliteLike, migrations: Set, options?: api.RollbackOptions): Promise<api.MigrateResult> =>
  down(driver, db, migrations, options)

/**
 * Makes a database in memory and brings it up with the migrations: from a snapshot of an earlier boot if the store has
 * one, else from nothing. Of the snapshots that may be used it takes the one that has most of the migrations, and applies
 * the rest. Then it saves a new one, before anybody else has the database.
 *
 * A snapshot is used only if it is whole, was made by this version of PGlite with the same extensions and options, and
 * its ledger has exactly the first of these migrations. Whatever is wrong with snapshots or their store is a finding and
 * stops nothing.
 *
 * @param maker the class `PGlite`, or a function that makes one with the options it is given
 * @throws MigrationError what {@link migrate} throws; `invalid-input` if `pglite` says where to keep the data. The
 *   database is closed then
 *
 * @example
 * ```js
 * const snapshots = snapshotsInFolder('node_modules/.cache/counterfoil')
 * const { db } = await boot(PGlite, await readMigrations('db/migrations'), { snapshots })
 * ```
 */
export function boot<Db extends BootablePGlite>(maker: CreatePGlite<Db>, migrations: Set, options?: BootOptions): Promise<Booted<Db>>
export function boot<Db extends BootablePGlite>(maker: PGliteClass<Db>, migrations: Set, options?: BootOptions): Promise<Booted<Db>>
export async function boot<Db extends BootablePGlite>(maker: CreatePGlite<Db> | PGliteClass<Db>, migrations: Set, options: BootOptions = {}): Promise<Booted<Db>> {
  return (await import('./boot/boot.js')).boot(driver, maker, migrations, options)
}
