// The shapes of `boot`.
import type { MigrateResult, WriteOptions } from '../options/public.js'
import type { SnapshotStore } from '../snapshots.js'

/** The part of a PGlite that `boot` needs. */
export interface BootablePGlite {
  query(
    sql: string,
    params?: unknown[],
    options?: { parsers?: Record<number, (value: string) => unknown> },
  ): Promise<{ rows: unknown[] }>
  exec(sql: string): Promise<unknown>
  close(): Promise<void>
  dumpDataDir(compression: 'none'): Promise<Blob>
}

/** What `boot` has to say about how a PGlite begins. The rest of it are the caller's own options. */
export interface NewPGlite {
  /** What to start from: a tar archive of a data directory. Absent: an empty database. */
  loadDataDir?: Blob
}

/** The class `PGlite`. */
export interface PGliteClass<Db> {
  readonly prototype: Db
  create(options?: NewPGlite): Promise<unknown>
}

/** A function that makes a PGlite in memory with the options that it is given, and writes nothing into it. */
export type CreatePGlite<Db> = (options: NewPGlite) => Promise<Db>

/** Options of `boot`: those of `migrate`, except `when` and `expect`, and these. */
export interface BootOptions extends WriteOptions {
  /** Where snapshots are kept: `snapshotsInMemory()`, `snapshotsInFolder(path)`, … Without it there are none. */
  snapshots?: SnapshotStore | undefined
  /** Options for PGlite itself: `{ extensions: { vector } }`. Not where to keep the data, and not what to start from. */
  pglite?: object
}

/** A database that is current, and how it came to be. */
export interface Booted<Db> {
  /** The database. The caller closes it. */
  db: Db
  /** What `migrate` did beyond the snapshot. What went wrong with snapshots is in its `findings`, and stops nothing. */
  result: MigrateResult
  snapshot: {
    /** The key of the snapshot that the database started from; null if it started empty. */
    used: string | null
    /** How many migrations were in it. */
    migrations: number
    /** The key of the snapshot that was saved; null if none was, for instance because it is the one that was used. */
    saved: string | null
  }
}
