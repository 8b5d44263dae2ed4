// The shapes that the drivers share.
import type { Event, Finding, Plan, Readiness, Report, Severity } from '../core/core.js'
import type { LazySqlSource, Migrations, SqlSource } from '../set/files.js'
import type { Manifest, ManifestFile } from '../set/manifest.js'

export type {
  Event,
  Finding,
  LazySqlSource,
  Manifest,
  ManifestFile,
  Migrations,
  Plan,
  Readiness,
  Report,
  Severity,
  SqlSource,
}

/** What {@link ReadOptions.existing} may name: a tool that keeps a ledger in the database, or `tables`. */
export type ExistingName =
  | 'alembic'
  | 'dbmate'
  | 'diesel'
  | 'django'
  | 'drizzle'
  | 'ecto'
  | 'flyway'
  | 'golang-migrate'
  | 'goose'
  | 'graphile-migrate'
  | 'knex'
  | 'kysely'
  | 'node-pg-migrate'
  | 'prisma'
  | 'rails'
  | 'refinery'
  | 'sql-migrate'
  | 'sqlx'
  | 'supabase'
  | 'tables'

/** Options of everything that looks at a database. */
export interface ReadOptions {
  /** The ledger's table: `name`, `schema.name` or both apart. Default: `public.schema_migrations`. */
  table?: string | { schema?: string; name: string }
  /** The naming convention, if it cannot be told from the files: `dbmate`, `prisma`, `drizzle`, … */
  convention?: string
  /** How bad each kind of drift is, where that differs from the default: `{ 'edited-semantic': 'warning' }`. */
  policy?: Record<string, Severity>
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
  existing?: { ignore: ExistingName[] }
  /** Stops as soon as nothing is half-done, with the code `aborted`; what was applied stays applied. What only reads stops at once. */
  signal?: AbortSignal
}

/** Options of everything that writes. Times are in milliseconds. */
export interface WriteOptions extends ReadOptions {
  /** How long a statement waits for a lock before it is tried again. Default: 5,000. */
  lockTimeout?: number
  /** How long to wait without seeing any progress, for locks and for other runners. Default: 300,000. */
  waitTimeout?: number
  /** How long the claim on a migration that runs step by step lasts without being renewed. Default: 60,000. */
  lease?: number
  /**
   * `false`: the connections go through a pooler in transaction mode (pgbouncer, Supavisor, Hyperdrive), which gives every
   * transaction another session. Nothing is left in a session then, and a migration that needs one for several steps is
   * refused with `unsupported`, before anything is run. Over Neon's HTTP it is so in any case. Default: true.
   */
  session?: boolean
  /** Told of every step, for a progress bar. What it throws does not stop the run: it becomes a finding. */
  onProgress?: (event: Event) => unknown
}

/** Options of `migrate`. */
export interface MigrateOptions extends WriteOptions {
  /** What to do if something is pending: apply it (default), wait until somebody else has, or refuse with `pending`. */
  when?: 'apply' | 'wait' | 'refuse'
  /** The digest of a plan that was reviewed: apply exactly that, or stop with `plan-changed`. */
  expect?: string
}

/** Options of `rollback`: how far to go back. Without `steps` and `to` it is one migration. */
export interface RollbackOptions extends WriteOptions {
  /** How many migrations to take back. */
  steps?: number
  /** Go back until this version is the newest that is applied. */
  to?: string
  /** The versions that a dry run named, in its order: take back exactly these, or stop with `plan-changed`. */
  versions?: string[]
  /** Versions whose way back may drop a whole schema or database. */
  allowDestructive?: string[]
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
