// The shapes of `counterfoil/dev`.
import type { MigrateResult, Plan, WriteOptions } from '../options/public.js'
import type { SnapshotStore } from '../snapshots.js'

export type { SnapshotStore }

/** Options of `develop` and `redo`: those of `migrate`, except `when` and `expect`, and these. */
export interface DevelopOptions extends WriteOptions {
  /** `true`: rows that no migration has put there may be lost. Without it that is `rows-at-risk`, and nothing is changed. */
  reset?: boolean
  /**
   * The database's own name, `idb://app`, if one that was not made for development is to be taken for one. It gets the mark, and
   * needs this no more.
   */
  adopt?: string
  /**
   * Makes an empty PGlite: `() => PGlite.create({ extensions: { vector } })`. What has run is replayed in it, so that it is
   * known which rows the migrations have put there and what a way back takes, and a set is tried out before the database is made
   * anew for it. Each is closed afterwards. Without it every row counts as somebody's.
   */
  replay?: () => object | Promise<object>
  /**
   * Where the texts of what ran are kept, since the ledger has only their checksums. Default: in a browser
   * `snapshotsInIndexedDB('counterfoil-dev', { keep: Infinity })`, elsewhere in memory.
   */
  texts?: SnapshotStore
  /** Told of the plan before it is applied. */
  onPlan?: (plan: Plan) => unknown
}

/** Options of `reset`: those of `develop`, and what to fill the database with. */
export interface ResetOptions extends Omit<DevelopOptions, 'reset'> {
  /** SQL that is run at the end, or a function that fills the database. */
  seed?: string | (() => unknown)
}

/** Of a migration that has run, why it is taken back. */
export interface Changed {
  /** As the row of the ledger writes it. */
  version: string
  name: string
  /** The file that is there now; none if it was removed. */
  path?: string
  /**
   * `edited`: its file has other statements; `replaced`: another file has its version; `removed`: its file is gone; `unfinished`: it stopped
   * half-way; `again`: it was asked for; `later`: it was applied after one of them.
   */
  why: 'edited' | 'replaced' | 'removed' | 'unfinished' | 'again' | 'later'
}

/** Rows that are lost. */
export interface LostRows {
  /** As PostgreSQL quotes it. */
  table: string
  /** How many; none if they cannot be seen. */
  rows?: number
}

/** What was done. */
export interface Developed extends MigrateResult {
  /**
   * `forward`: nothing had to be taken back; `back`: by the ways back of what ran; `rebuilt`: the database was made anew.
   */
  way: 'forward' | 'back' | 'rebuilt'
  /** What was taken back, the newest first. */
  changed: Changed[]
  /** The rows that were lost, and that no migration had put there. Empty without `reset`. */
  lost: LostRows[]
  /** All that in words. */
  message: string
}
