// The development loop, for a PGlite in a tab or in Node. No production bundle wants it: it is an entry of its own.
import type { PGliteLike } from './drivers/pglite-like.js'
import type { AnyMigrations } from './set/files.js'
import type { Developed, DevelopOptions, ResetOptions } from './dev/public.js'

export { MigrationError, type Location } from './shared/errors.js'
export type { PGliteLike } from './drivers/pglite-like.js'
export type * from './dev/public.js'

/**
 * Brings a database for development to what the files say now. Where migrations that have run were edited, renamed or removed, they
 * are taken back first, by the ways back of what ran; where these are missing, or do not undo it, what the database holds is made
 * anew. `db` stays open, and good. Calls on one database wait for each other.
 *
 * It acts only on a PGlite that was empty when it first came here, or was adopted: that one bears a mark. And it loses no row
 * that no migration has put there, unless `reset` says so.
 *
 * @param db a PGlite that is open, also one in IndexedDB
 * @throws MigrationError `not-adopted` without the mark; `rows-at-risk`, with the tables; nothing was changed then. What `migrate` throws
 *   otherwise: if a migration fails, those before it are applied
 *
 * @example
 * ```js
 * import migrations from 'virtual:counterfoil'
 * await develop(db, migrations, { replay: () => PGlite.create() })
 * import.meta.hot?.accept('virtual:counterfoil', (module) => develop(db, module.default, { replay: () => PGlite.create() }))
 * ```
 */
export async function develop(
  db: PGliteLike,
  migrations: AnyMigrations,
  options: DevelopOptions = {},
): Promise<Developed> {
  return (await import('./dev/tab.js')).develop(db, migrations, options, 'develop')
}

/**
 * Takes the newest migration back and applies it again, under the same conditions as {@link develop}.
 *
 * @throws MigrationError what {@link develop} throws; `nothing-to-roll-back`
 */
export async function redo(
  db: PGliteLike,
  migrations: AnyMigrations,
  options: DevelopOptions = {},
): Promise<Developed> {
  return (await import('./dev/tab.js')).develop(db, migrations, options, 'redo')
}

/**
 * Throws away what the database holds, applies all migrations and fills it with `seed`. `lost` says which rows no migration had put there.
 *
 * @throws MigrationError `not-adopted` without the mark, and nothing was changed then; `seed-failed`; what `migrate` throws
 */
export async function reset(db: PGliteLike, migrations: AnyMigrations, options: ResetOptions = {}): Promise<Developed> {
  return (await import('./dev/tab.js')).develop(db, migrations, options, 'reset')
}
