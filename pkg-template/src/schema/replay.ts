// Migrations replayed in an empty PGlite, which is closed afterwards. Loaded when something is to be replayed.
import { up } from '../run/actions.js'
import { amending } from '../run/amend.js'
import { stamp } from '../run/stamp.js'
import { pglite } from '../drivers/pglite-driver.js'
import type { PGliteLike } from '../drivers/pglite-like.js'
import type { AnyOptions } from '../options/options.js'
import { picked } from '../options/picked.js'
import type { AnyMigrations } from '../set/files.js'

/** Makes an empty PGlite: the option `replay`. @internal */
export type MakePGlite = () => object | Promise<object>

type Db = PGliteLike & { close?(): Promise<void> }

/**
 * Applies a set in a PGlite that `make` makes, without the versions `without`, and hands the database to `work`. `options` are
 * those of a run; what may be in the database that is judged says nothing about this one. @internal
 */
export async function replayed<T>(
  set: AnyMigrations,
  { existing: _, ...options }: AnyOptions,
  without: readonly string[],
  make: MakePGlite,
  work: (driver: typeof pglite, db: PGliteLike) => Promise<T>,
): Promise<T> {
  const db = (await make()) as Db
  try {
    if (without.length > 0) await stamp(pglite, db, set, without, picked(options, amending))
    await up(pglite, db, set, options)
    return await work(pglite, db)
  } finally {
    await db.close?.()
  }
}
