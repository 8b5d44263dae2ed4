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
   * Columns whose values are written as they are although every replay has others: `public.settings.id`. Every database made from
   * the baseline has the same ones then.
   */
  readonly literal?: readonly string[]
  /**
   * What `pg_dump --schema-only --exclude-table=<ledger>` has written of a database that the chain made. Without it
   * the `pg_dump` of `@electric-sql/pglite-tools` is asked.
   */
  readonly dump?: string
  /**
   * Tables and columns that are dead: `['table app.t', 'column app.t.c']`. The baseline is without them, and two scripts are among
   * the files: one puts them aside in a database that the chain has made, the other brings them back. Nobody looks at code:
   * that they are dead is the caller's word. A view, trigger or policy that hangs on them has to be named as well.
   */
  readonly drop?: readonly string[]
  /** Where they go: to a schema of their own, or with a suffix to their names where no schema may be made. Default: `schema`. */
  readonly keep?: AdoptOptions['keep']
  /** What that schema is called, or what the suffix is. Default: `kept_` and the day. */
  readonly kept?: string
  /** `dbmate`: the script that puts aside also tells dbmate that the baseline is applied. Counterfoil knows by itself. */
  readonly ledger?: AdoptOptions['ledger']
  /** Numbers that the database must still have: rows by table (`app.t`), values that are not null by column (`app.t.c`). */
  readonly counted?: Readonly<Record<string, number>>
}

/** Options of `adoptScripts`. */
export interface AdoptOptions {
  /** What is dead: `['table app.t', 'column app.t.c']`; and `view`, `materialized view`, `trigger`, `policy` that hang on it. */
  readonly drop: readonly string[]
  /** The version of the baseline. */
  readonly baseline: string
  /** What the files are called, without `.adopt.sql` and `.restore.sql`. Default: the baseline's version. */
  readonly file?: string
  /** Where it goes: to a schema of its own, or with a suffix to its names where no schema may be made. Default: `schema`. */
  readonly keep?: 'schema' | 'suffix'
  /** What that schema is called, or what the suffix is. Default: `kept_` and the day. */
  readonly kept?: string
  /** `dbmate`: the script also tells dbmate that the baseline is applied. Counterfoil knows by itself. */
  readonly ledger?: 'dbmate'
  /** Numbers that the database must still have: rows by table (`app.t`), values that are not null by column (`app.t.c`). */
  readonly counted?: Readonly<Record<string, number>>
  /** The ledger. Default: `schema_migrations`. */
  readonly table?: string
  /** Its schema. Default: `public`. */
  readonly schema?: string
}

/** What is told of what is put aside. */
export interface Aside {
  /** The commands that copy it out of the database. Run them first. */
  readonly commands: readonly string[]
  /** What goes where. */
  readonly moves: readonly string[]
  /** What in the database speaks of it. Nobody has looked at code. */
  readonly uses: readonly string[]
}

/** What comes of `adoptScripts`. */
export interface AdoptScripts extends Aside {
  /** The script that puts aside. */
  readonly adopt: string
  /** The script that brings back. */
  readonly restore: string
}

/** Options of `proveSquash`. */
export interface ProveOptions extends ReplayOptions {
  /** Whether rows are compared. Default: true. */
  readonly rows?: boolean
  /** What the baseline leaves out of the chain, as {@link SquashOptions.drop} has it: it is taken out of the chain's replay. */
  readonly drop?: SquashOptions['drop']
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
  /** With `drop`: what is put aside. */
  readonly aside?: Aside
}

/** What somebody should know of a baseline. */
export type SquashFinding = Pick<Finding, 'severity' | 'message' | 'help'> & {
  readonly code: 'squash-role' | 'squash-setting' | 'squash-rows-left-out' | 'squash-default'
}
