// What `snapshot` and `verify` take and give.
import type { AnyMigrations } from '../set/files.js'
import type { ReadOptions } from '../options/public.js'

/** The schema of a database at one moment, as facts. Plain JSON: it may be kept in a file. */
export interface Snapshot {
  readonly counterfoil: 'snapshot'
  readonly server: {
    /** PostgreSQL's `server_version_num`, such as 180004. */
    readonly version: number
    readonly roles: readonly string[]
    /** The extensions that it offers. */
    readonly extensions?: readonly string[]
    /** Who owns most of the schema: `<owner>` in its facts. */
    readonly owner?: string
    /** Who runs the migrations: the owner of their ledger, or whoever has asked where there is none. */
    readonly runner?: string
  }
  /** Each with its kind (`table`, `column`, …), its name as PostgreSQL quotes it, and what is known of it. */
  readonly facts: readonly (readonly [kind: string, name: string, data: Readonly<Record<string, unknown>>])[]
}

/** The schema that a manifest's files make, as `counterfoil embed --expected` keeps it. */
export interface Expected {
  /** The digest of the manifest that it belongs to. */
  readonly of: string
  readonly snapshot: Snapshot
}

/** A thing that is not as expected. */
export interface SchemaDifference {
  /** `table`, `column`, `constraint`, … */
  readonly kind: string
  /** Its name, as PostgreSQL quotes it: `app.users.email`. */
  readonly name: string
  readonly change: 'missing' | 'extra' | 'changed'
  /** What of it is otherwise, where it is there on both sides. */
  readonly properties?: readonly { readonly property: string; readonly expected?: unknown; readonly actual?: unknown }[]
  /** All that in words. */
  readonly message: string
}

/** What two schemas have not in common. */
export interface SchemaDifferences {
  /** What makes them two. */
  readonly differences: readonly SchemaDifference[]
  /**
   * What differs and changes nothing for those who use the schema: the order of a table's columns, most owners, versions of
   * extensions, storage, statistics targets, partitions of another day, and what belongs to the whole server.
   */
  readonly notes: readonly SchemaDifference[]
  /** What could not be compared, and why. */
  readonly notCompared: readonly string[]
}

/** Options of `diffSchemas`. */
export interface DiffOptions {
  /** What is not to be compared. */
  readonly ignore?: readonly ('privileges' | 'owners')[]
}

/** Options of `snapshot`. */
export type SnapshotOptions = Pick<ReadOptions, 'table' | 'schema' | 'signal' | 'waitTimeout'>

/** A PGlite that nobody else has, as `replay` makes it. */
export interface ReplayPGlite {
  close(): Promise<void>
}

/** Options of `verify`. */
export interface VerifyOptions extends ReadOptions, DiffOptions {
  /**
   * Makes an empty PGlite, in which the migrations are replayed: `() => PGlite.create({ extensions: { vector } })`. It is
   * closed afterwards. Not wanted where a snapshot is given, nor for a manifest that brings one (`embed --expected`).
   */
  readonly replay?: () => object | Promise<object>
  /**
   * `true`: where the schema differs, say which migrations have not run, or in part, and what was changed by hand. The migrations
   * are replayed several times for it. Default: false.
   */
  readonly explain?: boolean
}

/** What a schema says of the migrations. */
export interface Evidence {
  /**
   * `same`: it is what they make. `explained`: it is not, and `files` and `byHand` say why. `undecided`: of some files nobody can
   * tell. `not-replayed`: `failed` says why.
   */
  readonly status: 'same' | 'explained' | 'undecided' | 'not-replayed'
  /** The files that what differs has to do with, in order. Of all others the schema has what they make. */
  readonly files: readonly FileEvidence[]
  /** What no file explains, in words: somebody has changed it by hand. */
  readonly byHand: readonly string[]
  /** Versions of files that change rows only: no schema tells whether they ran. */
  readonly rowsOnly: readonly string[]
  /** How often the migrations were replayed. */
  readonly replays: number
  /** Why they could not be replayed. */
  readonly failed?: string
}

/** What a schema says of one file. */
export interface FileEvidence {
  readonly version: string
  readonly path: string
  /**
   * `present`: it has run. `absent`: it has not, since the others alone make this schema. `partly`: some of what it makes is there,
   * and some is not. `overwritten`: later files have written all that it wrote. `undecided`: nobody can tell.
   */
  readonly verdict: Verdict
  /** What it makes and is there: `column public.notes.text`. */
  readonly there: readonly string[]
  /** What it makes and is not there, or not so. */
  readonly missing: readonly string[]
  /** All that in words. */
  readonly message: string
  /** Of a migration that began and did not end: its statements, by their number from 1. */
  readonly statements?: readonly StatementEvidence[]
}

/** What a schema says of one statement. */
export interface StatementEvidence {
  /** Which of the file, from 1. */
  readonly number: number
  /** `undecided`: it failed where it was replayed, or comes after one that did. */
  readonly verdict: Verdict
  /** Why it failed there. */
  readonly failed?: string
}

/** What there is of a file or a statement. `no-effect`: it changes rows only. */
export type Verdict = 'present' | 'absent' | 'partly' | 'overwritten' | 'no-effect' | 'undecided'

/** What comes of `verify`. */
export interface Verified extends SchemaDifferences {
  /** `partly-compared`: there is no difference in what was compared, and something was not. */
  readonly status: 'same' | 'differs' | 'partly-compared'
  /**
   * Migrations of the set that the ledger says have not run. A replay leaves them out; a snapshot that was taken before does
   * not.
   */
  readonly pending: readonly string[]
  /** Migrations that a newer release has applied: what they have made is not expected. */
  readonly ahead: readonly string[]
  /** What was expected; `snapshot` of it can be kept, so that no replay is needed the next time. */
  readonly expected: Snapshot
  /** With `explain`, where it differs: which migrations have not run, and what was changed by hand. */
  readonly evidence?: Evidence
}

/** `snapshot` of a driver. */
export interface TakeSnapshot<Db> {
  /**
   * Reads the schema of a database as facts, in one query. Writes nothing. Ledgers are no part of it: this one's, and those
   * that other tools make under their usual names.
   *
   * @throws MigrationError `invalid-input` if there is nothing in the schema; `database-failed`, `connection-lost`,
   *   `wait-timeout`, `aborted`, `review-unavailable`, or what is wrong with `db` or an option
   */
  (db: Db, options?: SnapshotOptions): Promise<Snapshot>
}

/** `verify` of a driver. */
export interface Verify<Db> {
  /**
   * Says whether the schema of the database is the one that its migrations make: they are replayed in an empty PGlite, and
   * both are compared as facts. Or compares it with a snapshot that was taken before, which a manifest may bring along. What
   * the ledger says is pending is left out of a replay. Writes nothing to `db`.
   *
   * @throws MigrationError what `plan` throws; `invalid-input` without `replay` for a set of migrations that brings no snapshot,
   *   and for a snapshot that belongs to other files; what `migrate` throws
   *   if the replay does not apply every file; `review-unavailable`
   *
   * @example
   * ```js
   * const { status, differences } = await verify(db, migrations, { replay: () => PGlite.create() })
   * for (const { message } of differences) console.log(message)
   * ```
   */
  (db: Db, expected: AnyMigrations | Snapshot, options?: VerifyOptions): Promise<Verified>
}
