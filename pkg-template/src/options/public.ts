// The shapes that the drivers share.
import type {
  Convention,
  CoreCode,
  CoreFinding,
  Event,
  ExistingName,
  Finding as CoresFinding,
  Plan,
  PolicyCode,
  Readiness,
  Report as CoresReport,
  Row,
  Severity,
  When,
} from '../core/core.js'
import type { AnyMigrations, LazySqlSource, Migrations, SqlSource } from '../set/files.js'
import type { ImportCode } from '../review/review.js'
import type { ErrorCode } from '../shared/errors.js'
import type { Manifest, ManifestFile } from '../set/manifest.js'

export type {
  AnyMigrations,
  Convention,
  ErrorCode,
  Event,
  ExistingName,
  LazySqlSource,
  Manifest,
  ManifestFile,
  Migrations,
  Plan,
  PolicyCode,
  Readiness,
  Severity,
  SqlSource,
}

/**
 * A NOTICE, WARNING or INFO that PostgreSQL has sent while a migration was run. The rest of it is as in the event of the step
 * that was under way. With Neon over HTTP, postgres.js (its option `onnotice` has them) and Bun there are none: they pass none on.
 */
export interface NoticeEvent extends Omit<Event, 'kind'> {
  kind: 'notice'
  /** As the server says it, maybe in its own language. */
  severity: string
  message: string
  /** SQLSTATE. */
  sqlstate?: string
  detail?: string
  hint?: string
  /** Where in a function it comes from. */
  context?: string
}

/** What happens in a run. */
export type RunEvent = Event | NoticeEvent

/** The code of a finding of a plan or a run: stable, kebab-case. */
export type FindingCode =
  | CoreCode
  | CoreFinding
  | ImportCode
  | 'not-locked'
  | 'progress-failed'
  | 'snapshot-not-used'
  | 'snapshot-not-saved'
  | 'texts-not-kept'

/** Something a person should know, that is not a decision about one migration. */
export interface Finding<Code extends string = FindingCode> extends Omit<CoresFinding, 'code'> {
  /** Stable, kebab-case. */
  code: Code
}

/** What a run did. */
export interface Report extends Omit<CoresReport, 'findings'> {
  /** What a person should know: drift, what was noticed in the files, and what went wrong beside the run. */
  findings: Finding[]
}

/** How bad what a rule or a guard finds is: a severity, or `off` for not at all. */
export type Level = Severity | 'off'

/** Options of everything that looks at a database. */
export interface ReadOptions {
  /**
   * The ledger's table: `name`, `schema.name` or both apart. Default: `schema_migrations`, in `schema` or else in `public`. To
   * move what the migrations create, too, name the schema with `schema`.
   */
  table?: string | { schema?: string; name: string }
  /**
   * Where the set lives, its ledger and all that it creates: a schema, or several, of which the first is that one. A name is
   * taken as it is written, capitals and dots included. Names without a schema in the migrations mean these, in every
   * transaction that runs one. A schema that is not there is made. Default: the ledger is in `public`, and names mean what
   * the session's `search_path` says.
   */
  schema?: string | readonly string[]
  /** The naming convention, if it cannot be told from the files: `dbmate`, `prisma`, `drizzle`, … */
  convention?: Convention
  /**
   * How bad each kind of drift is, where that differs from the default: `{ 'edited-semantic': 'warning' }`. `gap: 'error'` runs
   * nothing that comes before what is applied.
   */
  policy?: { readonly [code in PolicyCode]?: Severity }
  /**
   * `true`: a set without a migration is no mistake, as for a part of an app that has none yet. Without it that is
   * `no-migrations`: mostly it is a wrong folder or pattern. Default: false.
   */
  allowEmpty?: boolean
  /**
   * What may be in a database that has no migration of ours: tools whose ledgers are of no concern to these migrations
   * (`{ ignore: ['goose'] }`), and `tables` for tables that these migrations create. A run in which it mattered has the
   * finding `existing-ignored`.
   */
  existing?: { readonly ignore: readonly ExistingName[] }
  /**
   * Variables for what a file has filled in from the environment (goose's `ENVSUB`): `{ REGION: process.env.REGION }`. No other
   * is read, and a file that asks for one that is not here is refused before anything is run. Values go into the statements
   * that are sent, and nowhere else: checksums, errors, notices and events have `${REGION}`. What only plans needs the names alone.
   */
  env?: { readonly [name: string]: string | undefined }
  /**
   * How long to wait, in milliseconds: for a connection, for the ledger to be read, and where something is written also for
   * locks and for other runners, without seeing any progress. Default: 300,000 where something may be written, else 30,000.
   */
  waitTimeout?: number
  /** Stops as soon as nothing is half-done, with the code `aborted`; what was applied stays applied. What only reads stops at once. */
  signal?: AbortSignal
}

/** Options of `plan`. */
export interface PlanOptions extends ReadOptions {
  /**
   * The version up to which to go, itself included, in any spelling that the set takes for it. What is pending and comes after
   * it stays so: its decision is `skip` with the code `beyond`. Repeatable migrations have no version and run in any case. A
   * version that no migration has is `invalid-input`. Default: to the end.
   */
  to?: string
}

/** Options of everything that writes. Times are in milliseconds. */
export interface WriteOptions extends ReadOptions {
  /** How long a statement waits for a lock before it is tried again. Default: 5,000. */
  lockTimeout?: number
  /** How long the claim on a migration that runs step by step lasts without being renewed. Default: 60,000. */
  lease?: number
  /**
   * `false`: the connections go through a pooler in transaction mode (pgbouncer, Supavisor, Hyperdrive), which gives every
   * transaction another session. Nothing is left in a session then, and a migration that needs one for several steps is
   * refused with `unsupported`, before anything is run. Over Neon's HTTP it is so in any case. Default: true.
   */
  session?: boolean
  /**
   * Told of every step, for a progress bar, and of what PostgreSQL says by the way (`notice`). What it throws does not stop
   * the run: it becomes a finding.
   */
  onProgress?: (event: RunEvent) => unknown
}

/** Options of `migrate`. */
export interface MigrateOptions extends WriteOptions {
  /** As in `PlanOptions`. A run that leaves something pending beyond it ends with the status `partial`. */
  to?: string
  /** What to do if something is pending: apply it (default), wait until somebody else has, or refuse with `pending`. */
  when?: When
  /** The digest of a plan that was reviewed: apply exactly that, or stop with `plan-changed`. */
  expect?: string
}

/** Options of `rollback`: how far to go back. Without `steps` and `to` it is one migration. */
export interface RollbackOptions extends WriteOptions {
  /** How many migrations to take back. */
  steps?: number
  /** Go back until this version is the newest that is applied; it may be written as a plan shows it. */
  to?: string
  /** The versions that a dry run named, in its order: take back exactly these, or stop with `plan-changed`. */
  versions?: string[]
  /** Versions whose way back may drop a whole schema or database. */
  allowDestructive?: string[]
  /**
   * Versions whose way back may run although the statements of their way up were edited after they ran: it is the file's, as
   * that is now. Nothing is known of what else ran.
   */
  acceptEdited?: string[]
  /** Take nothing back: `reverted` says what would be. Default: false. */
  dryRun?: boolean
}

/** What a run did, and what it took. */
export interface MigrateResult extends Report {
  /** How many messages were sent to the database. */
  roundTrips: number
  /** How long it took, in milliseconds. */
  elapsedMs: number
}

/** Options of everything that changes the ledger without a run. Times are in milliseconds. */
export interface AmendOptions extends Pick<
  MigrateOptions,
  | 'table'
  | 'schema'
  | 'convention'
  | 'policy'
  | 'allowEmpty'
  | 'signal'
  | 'lockTimeout'
  | 'waitTimeout'
  | 'session'
  | 'expect'
> {
  /** Change nothing: the result says what would be. Default: false. */
  dryRun?: boolean
}

/** Options of `stamp`. */
export interface StampOptions extends AmendOptions {
  /** What the versions are marked as. Default: `applied`. */
  as?: 'applied' | 'not-applied'
  /**
   * In place of `as`: whether the step at which a migration stopped has happened. Or a number: so many steps of its file, as
   * that is now, have happened, the first ones.
   */
  step?: 'done' | 'not-done' | number
}

/** What was done, or would be, to a row of the ledger. */
export interface LedgerChange {
  /** The row comes, changes or goes. */
  kind: 'insert' | 'update' | 'delete'
  /** The row's version, as the row writes it. */
  version: string
  /** The migration's name; may be empty. */
  name: string
  /** The path of its file, if there is one. */
  path?: string
  /** What is changed, and why. */
  message: string
  /** The row as it was. */
  before?: Row
  /** The row as it is now; what the database fills in by itself, such as `appliedAt` of a new row, is null. */
  after?: Row
  /** Of a row that goes: the SQL that puts it back. */
  restore?: string
}

/** What came of a change to the ledger. */
export interface Amended {
  /** `planned`: there is something to change, and it was only asked what. */
  status: 'changed' | 'unchanged' | 'planned'
  /** What was changed, or would be, in order. */
  changes: LedgerChange[]
  /** What was asked for and is so already, with the reason. */
  unchanged: { version: string; message: string }[]
  /** What a person should know. */
  findings: Finding[]
  /** SHA-256 of what was read and is written. That of a dry run can be handed in as `expect`. */
  digest: string
}

/** What `stamp` or `importLedger` did, and what it took. */
export interface AmendResult extends Amended {
  /** How many messages were sent to the database. */
  roundTrips: number
  /** How long it took, in milliseconds. */
  elapsedMs: number
}

/** What is taken for true of a migration of which another tool's ledger cannot tell. */
export type Assumed = 'applied' | 'pending'

/** Options of `importLedger`. */
export interface ImportOptions extends AmendOptions {
  /**
   * Whose ledger: the word for the tool (`goose`, `prisma`, …), or with its table where that has another name or lies in
   * another schema, `goose=app.versions`; without a schema it is in that of our ledger. Default: the one that there is.
   */
  from?: string
  /**
   * What the ledger cannot tell: a counter (golang-migrate, a Flyway baseline) says nothing of what lies below it, and no
   * file in SQL stands for what Alembic and Django have run. `{ all: 'applied' }`, or by version. Of what is not named
   * the schema is asked (`replay`); where it is not, and one is `pending`, the others count as `applied`. It also says what a migration has come to that began and did not end.
   */
  assume?: { readonly [version: string]: Assumed }
  /** Versions whose files may be others than those that ran. */
  acceptEdited?: readonly string[]
  /**
   * Makes an empty PGlite: `() => PGlite.create({ extensions: { vector } })`. Where the ledger cannot tell, the migrations are
   * replayed in it, and the schema says which have run; `assume` goes before. Each is closed afterwards. Without it nothing is replayed.
   */
  replay?: () => object | Promise<object>
  /** What files have filled in where they are replayed, as for `migrate`. */
  env?: ReadOptions['env']
}
