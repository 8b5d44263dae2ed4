// The shapes of `open`.
import type { MigrateOptions, MigrateResult } from '../options/public.js'
import type { PGliteLike } from '../drivers/pglite-like.js'

/** The part of a PGlite that `open` needs. */
export interface OpenablePGlite extends PGliteLike {
  close(): Promise<void>
}

/** Options of `open`: those of `migrate`, and these. */
export interface OpenOptions extends Omit<MigrateOptions, 'when'> {
  /**
   * Where `make` keeps the data, as PGlite is told: `idb://app`. Needed where an origin has several databases that may be
   * open at once, and in Node, where the folder is then locked before PGlite opens it. Without it there is one lock for all
   * databases of the origin: which one PGlite opens is known only when it has read it.
   */
  dataDir?: string
  /**
   * What to do if the database is open elsewhere: wait until it is closed, and `apply` then (default), or `refuse` with
   * `data-dir-locked`.
   */
  when?: 'apply' | 'refuse'
  /** How long to wait until it is closed elsewhere, in milliseconds, and for what else `migrate` waits. Default: as long as it takes. */
  waitTimeout?: number
}

/** A database that is current and open here alone. */
export interface Opened<Db> {
  /** The database. Its `close` lets the next one in. */
  db: Db
  /** What `migrate` did. */
  result: MigrateResult
}
