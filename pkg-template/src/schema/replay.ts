// Migrations replayed in an empty PGlite, which is closed afterwards. Loaded when something is to be replayed.
import { up } from '../run/actions.js'
import { amending } from '../run/amend.js'
import { stamp } from '../run/stamp.js'
import { pglite } from '../drivers/pglite-driver.js'
import type { PGliteLike } from '../drivers/pglite-like.js'
import type { AnyOptions } from '../options/options.js'
import { picked } from '../options/picked.js'
import type { AnyMigrations } from '../set/files.js'
import { MigrationError } from '../shared/errors.js'
import { Trace } from './trace.js'

/** Makes an empty PGlite: the option `replay`. @internal */
export type MakePGlite = () => object | Promise<object>

type Db = PGliteLike & { close?(): Promise<void> }

/** What else there is to a replay. @internal */
export interface How {
  /** Versions that are applied after all others. */
  readonly late?: readonly string[]
  /** A query that is asked before the first migration and after each. */
  readonly trace?: string | undefined
}

/**
 * Applies a set in a PGlite that `make` makes, without the versions `without`, and hands the database to `work`. `options` are
 * those of a run; what may be in the database that is judged says nothing about this one. @internal
 */
export async function replayed<T>(
  set: AnyMigrations,
  { existing: _, ...options }: AnyOptions,
  without: readonly string[],
  make: MakePGlite,
  work: (driver: typeof pglite, db: PGliteLike, trace?: Trace) => Promise<T>,
  { late = [], trace: sql }: How = {},
): Promise<T> {
  const db = (await make()) as Db
  try {
    const chosen = picked(options, amending)
    const left = [...without, ...late]
    if (left.length > 0) await stamp(pglite, db, set, left, chosen)
    const trace = sql === undefined ? undefined : new Trace(db, sql)
    await trace?.begin()
    const driver = trace?.through(pglite) ?? pglite
    await up(driver, db, set, { ...options, ...(trace && { onProgress: trace.told }) }).catch(unoffered)
    if (late.length > 0) {
      await stamp(pglite, db, set, late, { ...chosen, as: 'not-applied' })
      await up(pglite, db, set, options)
    }
    return await work(pglite, db, trace)
  } finally {
    await db.close?.()
  }
}

/** What to do where the replay has not the extensions that the database has. */
function unoffered(error: unknown): never {
  if (!(error instanceof MigrationError) || !/extension "[^"]*" is not available/.test(error.message)) throw error
  throw Object.assign(error, {
    help:
      'this is the replay: make its PGlite with that extension, or take a snapshot of a database that the migrations have made ' +
      'and nobody has touched, and compare with that',
  })
}
