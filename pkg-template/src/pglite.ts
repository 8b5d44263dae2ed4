// PGlite, in Node, in a browser tab, or behind its worker.
import { down, judge, look, mark, up } from './run/actions.js'
import type { ImportLedger, Migrate, PlanWith, Ready, Rollback, Stamp } from './run/functions.js'
import type { TakeSnapshot, Verify } from './schema/public.js'
import { pglite as driver } from './drivers/pglite-driver.js'
import type { PGliteLike } from './drivers/pglite-like.js'

export { MigrationError, type Location } from './shared/errors.js'
export { init } from './run/actions.js'
export type { CoreSource } from './wasm/start.js'
export type { PGliteLike } from './drivers/pglite-like.js'
import type { BootablePGlite, BootOptions, Booted, CreatePGlite, PGliteClass } from './boot/public.js'
import type { OpenablePGlite, Opened, OpenOptions } from './open/public.js'
import type * as api from './options/public.js'
export type * from './boot/public.js'
export type * from './open/public.js'
export type * from './run/functions.js'
export type * from './schema/public.js'
export type * from './options/public.js'
export type { SnapshotStore } from './snapshots.js'

/**
 * Brings the database current; {@link Migrate} says how, and what it throws. Like the others it takes
 * a `PGlite` or a `PGliteWorker`.
 */
export const migrate: Migrate<PGliteLike> = (db, migrations, options) => up(driver, db, migrations, options)
/** Says what there is to do, and writes nothing; {@link PlanWith} says more. */
export const plan: PlanWith<PGliteLike> = (db, migrations, options) => look(driver, db, migrations, options)
/** Judges whether the database is where these files expect it to be; {@link Ready} says more. */
export const ready: Ready<PGliteLike> = (db, migrations, options) => judge(driver, db, migrations, options)
/** Takes back what was applied last; {@link Rollback} says how far, and what it throws. */
export const rollback: Rollback<PGliteLike> = (db, migrations, options) => down(driver, db, migrations, options)
/** Marks migrations as applied, or not applied, without running them; {@link Stamp} says more. */
export const stamp: Stamp<PGliteLike> = (db, migrations, versions, options) =>
  mark(driver, db, migrations, versions, options)
/** Takes over another tool's ledger; {@link ImportLedger} says more. */
export const importLedger: ImportLedger<PGliteLike> = async (...given) =>
  (await import('./schema/import.js')).importLedger(driver, ...given)
/** Reads the schema as facts; {@link TakeSnapshot} says more. */
export const snapshot: TakeSnapshot<PGliteLike> = async (...given) =>
  (await import('./schema/read.js')).snapshot(driver, ...given)
/** Says whether the schema is the one that the migrations make; {@link Verify} says more. */
export const verify: Verify<PGliteLike> = async (...given) =>
  (await import('./schema/read.js')).verify(driver, ...given)

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
export function boot<Db extends BootablePGlite>(
  maker: CreatePGlite<Db>,
  migrations: api.AnyMigrations,
  options?: BootOptions,
): Promise<Booted<Db>>
export function boot<Db extends BootablePGlite>(
  maker: PGliteClass<Db>,
  migrations: api.AnyMigrations,
  options?: BootOptions,
): Promise<Booted<Db>>
export async function boot<Db extends BootablePGlite>(
  maker: CreatePGlite<Db> | PGliteClass<Db>,
  migrations: api.AnyMigrations,
  options: BootOptions = {},
): Promise<Booted<Db>> {
  return (await import('./boot/boot.js')).boot(driver, maker, migrations, options)
}

/**
 * Opens a database that is kept, and brings it current, in the one tab, worker or process that has it open: for a page that
 * may be open in several tabs. The lock is taken before PGlite opens the database, since that is when it reads it, and kept
 * until `db.close()` or until the tab dies. A second tab waits: `onProgress` is told `waiting`.
 *
 * Without the option `dataDir` the databases of an origin have one lock: name them if several are to be open at once. Tabs
 * that are to work at the same time share a `PGliteWorker`; in the `init` of its worker `open` does the same.
 *
 * @param make opens the database: `() => PGlite.create('idb://app')`. What it makes belongs to `open` until that resolves
 * @throws MigrationError what {@link migrate} throws; `data-dir-locked` with `when: 'refuse'`; `wait-timeout` after
 *   `waitTimeout`; `database-unavailable` if PGlite does not open it, with the reason; `unsupported` where there are no Web
 *   Locks. The database is closed then, and the lock is free
 *
 * @example
 * ```js
 * const { db } = await open(() => PGlite.create('idb://app'), migrations, {
 *   onProgress: ({ kind }) => kind === 'waiting' && show('close the other tab'),
 * })
 * ```
 */
export async function open<Db extends OpenablePGlite>(
  make: () => Db | Promise<Db>,
  migrations: api.AnyMigrations,
  options: OpenOptions = {},
): Promise<Opened<Db>> {
  return (await import('./open/open.js')).open(driver, make, migrations, options)
}
