// What `squash` and `proveSquash` take and give.
import type { Finding, ReadOptions } from '../options/public.js'
import type { SchemaDifference } from '../schema/public.js'

/** A PGlite that nobody else has. It is closed afterwards. */
export interface SquashPGlite {
  query(sql: string): Promise<{ rows: unknown[] }>
  exec(sql: string): Promise<unknown>
  close(): Promise<void>
}

/** Makes an empty PGlite: `() => PGlite.create({ extensions: { vector } })`; or the class itself, where nothing is loaded. */
export type MakePGlite = (() => object | Promise<object>) | { create(): Promise<object> }

/** Options of a replay of the chain. */
export type ReplayOptions = Pick<ReadOptions, 'convention' | 'table' | 'schema' | 'policy' | 'env' | 'signal'>

/** Options of `squash`. */
export interface SquashOptions extends ReplayOptions {
  /** The last migration that is replaced, by its version. Default: the last of all. */
  readonly through?: string
  /** What the baseline is called. Default: `baseline`. */
  readonly name?: string
  /** Its version. Default: the one after `through`. */
  readonly version?: string
  /** `carry` writes the rows that the migrations leave into the baseline; `list` only names their tables. Default: `carry`. */
  readonly rows?: 'carry' | 'list'
  /**
   * What `pg_dump --schema-only --no-owner --exclude-table=<ledger>` has written of a database that the chain made. Without it
   * the `pg_dump` of `@electric-sql/pglite-tools` is asked.
   */
  readonly dump?: string
}

/** Options of `proveSquash`. */
export interface ProveOptions extends ReplayOptions {
  /** Whether rows are compared. Default: true. */
  readonly rows?: boolean
}

/** A file that is written. */
export interface SquashFile {
  /** Its path in the set. */
  readonly path: string
  readonly text: string
  /** Whether it takes the place of one that is there: a journal. */
  readonly changed?: true
}

/** What was compared, and with what. */
export interface SquashProof {
  /** `counterfoil`, `postgres`, `pg_dump`: their versions. */
  readonly tools: Readonly<Record<string, string>>
  /** How many facts of the schema were compared. */
  readonly facts: number
  /** How many rows were. */
  readonly rows: number
  /** What differs in the schema. Empty for what `squash` gives. */
  readonly differences: readonly SchemaDifference[]
  /** What differs in rows, sequences and materialised views. Empty for what `squash` gives. */
  readonly rowDifferences: readonly string[]
  /** What differs and is no difference. */
  readonly notes: readonly SchemaDifference[]
  /** What could not be compared. */
  readonly notCompared: readonly string[]
  /** The checksum of the snapshot of the schema that the chain makes. */
  readonly snapshot: string
}

/** Rows of a table that the chain leaves. */
export interface CarriedRows {
  /** As PostgreSQL quotes it. */
  readonly table: string
  readonly rows: number
}

/** What comes of `squash`. Nothing has been written. */
export interface Squashed {
  /** The baseline's version. */
  readonly version: string
  /** The path of the baseline in the set. */
  readonly baseline: string
  /** What is to be written: the baseline, its list of what it replaces, and a journal where there is one. */
  readonly files: readonly SquashFile[]
  /** The files that it replaces, and where each is to be moved. */
  readonly moves: readonly { readonly path: string; readonly to: string }[]
  /** The versions that it replaces. */
  readonly replaces: readonly string[]
  readonly proof: SquashProof
  /** Roles that the migrations made: the baseline makes them without login where they are missing. */
  readonly roles: readonly string[]
  /** Rows that the chain leaves: carried, or with `rows: 'list'` only named. */
  readonly rows: readonly CarriedRows[]
  /** Columns that each database fills by their own default: an identity, the time. */
  readonly notRepeatable: readonly string[]
  readonly findings: readonly SquashFinding[]
}

/** What somebody should know of a baseline. */
export type SquashFinding = Pick<Finding, 'severity' | 'message' | 'help'> & {
  readonly code: 'squash-role' | 'squash-setting' | 'squash-rows-left-out' | 'squash-default'
}
