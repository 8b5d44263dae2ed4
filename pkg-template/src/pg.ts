// node-postgres: a Client or a Pool.
import { down, judge, look, mark, up } from './run/actions.js'
import type { ImportLedger, Migrate, PlanWith, Ready, Rollback, Stamp } from './run/functions.js'
import type { TakeSnapshot, Verify } from './schema/public.js'
import { nodePostgres as driver, type PgClient, type PgPool } from './drivers/node-postgres.js'

export { MigrationError, type Location } from './shared/errors.js'
export { init } from './run/actions.js'
export type { CoreSource } from './wasm/start.js'
export type { PgClient, PgPool, PgPoolClient } from './drivers/node-postgres.js'
export type * from './run/functions.js'
export type * from './schema/public.js'
export type * from './options/public.js'

/**
 * Brings the database current; {@link Migrate} says how, and what it throws. Like the others it takes
 * a `Client` that is connected, or a `Pool`, of which one client is used and given back.
 */
export const migrate: Migrate<PgClient | PgPool> = (db, migrations, options) => up(driver, db, migrations, options)
/** Says what there is to do, and writes nothing; {@link PlanWith} says more. */
export const plan: PlanWith<PgClient | PgPool> = (db, migrations, options) => look(driver, db, migrations, options)
/** Judges whether the database is where these files expect it to be; {@link Ready} says more. */
export const ready: Ready<PgClient | PgPool> = (db, migrations, options) => judge(driver, db, migrations, options)
/** Takes back what was applied last; {@link Rollback} says how far, and what it throws. */
export const rollback: Rollback<PgClient | PgPool> = (db, migrations, options) => down(driver, db, migrations, options)
/** Marks migrations as applied, or not applied, without running them; {@link Stamp} says more. */
export const stamp: Stamp<PgClient | PgPool> = (db, migrations, versions, options) =>
  mark(driver, db, migrations, versions, options)
/** Takes over another tool's ledger; {@link ImportLedger} says more. */
export const importLedger: ImportLedger<PgClient | PgPool> = async (...given) =>
  (await import('./schema/import.js')).importLedger(driver, ...given)
/** Reads the schema as facts; {@link TakeSnapshot} says more. */
export const snapshot: TakeSnapshot<PgClient | PgPool> = async (...given) =>
  (await import('./schema/read.js')).snapshot(driver, ...given)
/** Says whether the schema is the one that the migrations make; {@link Verify} says more. */
export const verify: Verify<PgClient | PgPool> = async (...given) =>
  (await import('./schema/read.js')).verify(driver, ...given)
