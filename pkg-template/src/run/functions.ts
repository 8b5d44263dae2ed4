// The functions that every driver has: what they do is said here, once. A driver says what it takes for a database.
import type {
  AmendResult,
  ImportOptions,
  MigrateOptions,
  MigrateResult,
  Plan,
  PlanOptions,
  Readiness,
  ReadOptions,
  RollbackOptions,
  StampOptions,
} from '../options/public.js'
import type { AnyMigrations } from '../set/files.js'

/** `migrate` of a driver. */
export interface Migrate<Db> {
  /**
   * Brings the database current: reads the ledger, plans, and applies what is pending, or what of it comes up to the version
   * `to`, each migration in one transaction with its ledger row. Safe to call from any number of processes at once.
   *
   * @param migrations path to text: what `readMigrations` or `import.meta.glob` gives, or a manifest
   * @returns what was applied, adopted and found, how many messages were sent, and how long it took
   * @throws MigrationError `plan-refused` if files and ledger disagree (nothing was run); `statement-failed` with file,
   *   line, column and statement (what was applied before is in `applied`); `wait-timeout`, `connection-lost`,
   *   `pending`, `plan-changed`, `aborted`; `foreign-ledger` if another tool has migrated the database, `database-not-empty` if
   *   there is no ledger and a table that the files create is there; `open-transaction` in a transaction of the caller's;
   *   `no-migrations` if the set has none and `allowEmpty` is not set; `invalid-input` if `db` or the set is something
   *   else; `data-dir-locked` if another process is migrating the same
   *   PGlite data directory; or what is wrong with a file or an option
   *
   * @example
   * ```js
   * const { applied } = await migrate(db, await readMigrations('db/migrations'))
   * ```
   */
  (db: Db, migrations: AnyMigrations, options?: MigrateOptions): Promise<MigrateResult>
}

/** `plan` of a driver. */
export interface PlanWith<Db> {
  /**
   * Reads the ledger and plans: one decision for every file and every ledger row, with its reason. Writes nothing; a
   * ledger that is not there is an empty one.
   *
   * What would stop `migrate` is in the plan, as a decision or finding whose `severity` is `error`. Its `digest` can be
   * handed to `migrate` as `expect`, so that it applies exactly this plan.
   *
   * @throws MigrationError `foreign-ledger`, `database-not-empty`, `database-failed`, `connection-lost`, `wait-timeout`, `aborted`,
   *   `no-migrations`, or what is wrong with `db`, a file or an option
   */
  (db: Db, migrations: AnyMigrations, options?: PlanOptions): Promise<Plan>
}

/** `ready` of a driver. */
export interface Ready<Db> {
  /**
   * Judges whether the database is where these files expect it to be: what a health check answers. Writes nothing, and
   * takes a ledger that is not there for an empty one. One query if all is well. `readinessHandler` of
   * `counterfoil/health` makes a health check of it. Where another tool has migrated the database, the line ends with
   * `foreign=` and the tool.
   *
   * @returns `status` with its `httpStatus` (200 for `ready` and `ahead`, else 503) and one line for the log
   * @throws MigrationError `database-failed`, `connection-lost`, `wait-timeout`, `aborted`, `no-migrations`, or what is wrong with `db`, a file
   *   or an option
   */
  (db: Db, migrations: AnyMigrations, options?: ReadOptions): Promise<Readiness>
}

/** `rollback` of a driver. */
export interface Rollback<Db> {
  /**
   * Goes back, in the reverse of the order of application: the newest migration, `steps` of them, or until `to` is the
   * newest. Each down section runs in one transaction with the deletion of its ledger row. A file whose statements were edited
   * after it ran is `plan-refused`, unless `acceptEdited` has its version.
   *
   * @throws MigrationError `nothing-to-roll-back`; `plan-changed` if it would not be `versions`; `no-down-section`, with the
   *   file; `destructive-down` if a down section drops a whole schema or database and its version is not in `allowDestructive` (nothing was run); and what `migrate`
   *   throws
   */
  (db: Db, migrations: AnyMigrations, options?: RollbackOptions): Promise<MigrateResult>
}

/** `stamp` of a driver. */
export interface Stamp<Db> {
  /**
   * Marks migrations as applied, or not applied, without running them: for what was run by hand, or by other means. In one
   * transaction, in which every row is compared with what was read before.
   *
   * - As `applied` (the default) a version gets a row with the checksum that its file has now. A row with another checksum
   *   takes the file's, and a migration that stopped half-way is taken as finished. With a baseline the rows of what it
   *   replaces are marked as replaced. A migration in code, which is not run here, gets a row without a checksum.
   * - As `not-applied` its row goes: `changes` has it in `before`, and the SQL that puts it back in `restore`.
   * - With `step` the step at which a migration stopped is recorded as `done` or `not-done`; the next run goes on from there.
   *
   * A version may be one of the set, one that a baseline lists in its `replaces`, or one that only the ledger has.
   * It loads the review module besides the core.
   *
   * @param versions the versions, as files or ledger write them
   * @returns what was changed, and what was so already; `digest` of a dry run can be handed in as `expect`
   * @throws MigrationError `plan-refused` if somebody is running one of them (it says who, and until when), if two files
   *   have a version, or if `step` names one that has not stopped; `plan-changed` if the ledger is not as it was read, or the
   *   plan not the one of `expect`; `invalid-input` for a version that neither set nor ledger has; `wait-timeout`,
   *   `connection-lost`, `aborted`, `open-transaction`, `foreign-ledger`, `database-failed`, `review-unavailable`; and what is
   *   wrong with `db`, a file or an option. Nothing was written then, but after `connection-lost`, where it may have been
   *
   * @example
   * ```js
   * const { changes } = await stamp(db, migrations, ['005'], { as: 'not-applied' })
   * console.log(changes[0].restore)
   * ```
   */
  (db: Db, migrations: AnyMigrations, versions: readonly string[], options?: StampOptions): Promise<AmendResult>
}

/** `importLedger` of a driver. */
export interface ImportLedger<Db> {
  /**
   * Takes over another tool's ledger, so that what it has applied is not run again: each of its rows becomes one of ours, with
   * `origin` `imported` and the time that the tool has on record. Known are dbmate, golang-migrate, goose, sql-migrate, Flyway,
   * sqlx, refinery, Drizzle, Prisma, node-pg-migrate, Kysely, Knex, graphile-migrate, tern, Atlas, Hasura, Supabase, Diesel,
   * Rails, Ecto, Alembic and Django. Their table stays as it is, and to do it again changes nothing.
   *
   * - Files are found by what the tool itself knows them by. Its own checksum is computed over the text as it was handed in,
   *   and with other line ends. Where it agrees, the row has our checksum and fingerprint of the file; where the tool keeps
   *   none, too. Where it differs, that is an error, unless the version is in `acceptEdited`: then the row has the
   *   checksum of what ran, if the tool keeps that text, and no later run changes it.
   * - A row without a file is taken over without a checksum.
   * - What a ledger cannot tell, the schema is asked with `replay`: files that it proves not to have run stay pending, and one that
   *   is there in part is refused. Else it has to be said with `assume`; a migration that began and did not end, too, unless its tool
   *   mends it. Such rows have `origin` `stamped`, and `plan` has the finding `assumed`.
   * - It is one transaction, in which their table is locked against writing and its rows are those that the plan was made
   *   from: for the lock the role needs UPDATE, DELETE or TRUNCATE on it.
   *
   * It loads the review module besides the core.
   *
   * @returns what was written, and what was there already; `digest` of a dry run can be handed in as `expect`
   * @throws MigrationError `plan-refused` for what differs, cannot be told or has not come to its end; `plan-changed` if
   *   either ledger is not as it was read, or the plan not the one of `expect`; `foreign-ledger` if there are several, or ours
   *   was to have the name of theirs; `invalid-input` if there is none; `wait-timeout`, `connection-lost`, `aborted`,
   *   `open-transaction`, `database-failed`, `review-unavailable`; and what is wrong with `db`, a file or an option. Nothing was
   *   written then, but after `connection-lost`, where it may have been
   *
   * @example
   * ```js
   * const { changes, digest } = await importLedger(db, migrations, { dryRun: true })
   * await importLedger(db, migrations, { expect: digest })
   * ```
   */
  (db: Db, migrations: AnyMigrations, options?: ImportOptions): Promise<AmendResult>
}
