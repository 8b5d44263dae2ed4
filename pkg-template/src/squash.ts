// One baseline in place of a chain of migrations.
import type { AnyMigrations } from './set/files.js'
import type { Snapshot } from './schema/public.js'
import type {
  AdoptOptions,
  AdoptScripts,
  MakePGlite,
  ProveOptions,
  SquashOptions,
  SquashProof,
  Squashed,
} from './squash/public.js'

export { MigrationError, type Location } from './shared/errors.js'
export type * from './squash/public.js'

/**
 * Makes a baseline that replaces migrations, and proves it: the chain is replayed in an empty PGlite, PostgreSQL's own pg_dump
 * writes what came of it, the baseline is replayed in another, and both are compared, schema and rows. Only a baseline without a
 * difference is given. Writes nothing: `files` and `moves` say what is to be done.
 *
 * @param make the class `PGlite`, or a function that makes one with the extensions that the migrations want. It is called
 *   three times where there are rows, else twice
 * @throws MigrationError `squash-differs`, with what the baseline does not make; `squash-refused` for rows that cannot be carried;
 *   `squash-failed` if pg_dump fails; `driver-missing` without `@electric-sql/pglite-tools` and `dump`; what `migrate` throws if
 *   the chain cannot be replayed; `invalid-input`, `unsupported`
 *
 * @example
 * ```js
 * const { files, moves } = await squash(PGlite, await readMigrations('db/migrations'), { through: '20260402074500' })
 * ```
 */
export async function squash(
  make: MakePGlite,
  migrations: AnyMigrations,
  options: SquashOptions = {},
): Promise<Squashed> {
  return (await import('./squash/squash.js')).squash(make, migrations, options)
}

/**
 * Proves a baseline that was made elsewhere: replays the chain, twice, and the baseline, and compares schema and rows. What
 * differs between two replays of the chain is not compared. It gives what differs, and throws for no difference.
 *
 * @param migrations the set that has the baseline, with its list of what it replaces
 * @param baseline its version
 * @param chain the files that it replaces, as they were: the set before the squash
 * @throws MigrationError `invalid-input` if the files are not those that it replaces; what `migrate` throws if one of them
 *   cannot be replayed
 */
export async function proveSquash(
  make: MakePGlite,
  migrations: AnyMigrations,
  baseline: string,
  chain: AnyMigrations,
  options: ProveOptions = {},
): Promise<SquashProof> {
  return (await import('./squash/prove.js')).proveSquash(make, migrations, baseline, chain, options)
}

/**
 * Writes the scripts that put dead tables and columns aside, and bring them back, from two schemas: the one that the chain makes,
 * and the one that a baseline makes which was written elsewhere. `squash` with `drop` does this by itself. Asks no database.
 *
 * Each script is a transaction of its own, in plain SQL. To run one again changes nothing.
 *
 * @throws MigrationError `squash-refused` for a difference that nothing named explains, and for what hangs on what is named;
 *   `invalid-input` if it is not there; `review-unavailable`
 *
 * @example
 * ```js
 * const { adopt, restore } = await adoptScripts(chain, wanted, { drop: ['table app.links'], baseline: '20260402074500' })
 * ```
 */
export async function adoptScripts(chain: Snapshot, wanted: Snapshot, options: AdoptOptions): Promise<AdoptScripts> {
  return (await import('./squash/adopt.js')).adoptScripts(chain, wanted, options)
}
