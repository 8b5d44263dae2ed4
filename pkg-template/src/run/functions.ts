// The four functions that every driver has: what they do is said here, once. A driver says what it takes for a database.
import type { MigrateOptions, MigrateResult, Plan, Readiness, ReadOptions, RollbackOptions } from '../options/public.js'
import type { AnyMigrations } from '../set/files.js'

/** `migrate` of a driver. */
export interface Migrate<Db> {
  /**
   * Brings the database current: reads the ledger, plans, and applies what is pending, each migration in one transaction
   * with its ledger row. Safe to call from any number of processes at once.
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
  (db: Db, migrations: AnyMigrations, options?: ReadOptions): Promise<Plan>
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
   * newest. Each down section runs in one transaction with the deletion of its ledger row.
   *
   * @throws MigrationError `nothing-to-roll-back`; `plan-changed` if it would not be `versions`; `no-down-section`, with the
   *   file; `destructive-down` if a down section drops a whole schema or database and its version is not in `allowDestructive` (nothing was run); and what `migrate`
   *   throws
   */
  (db: Db, migrations: AnyMigrations, options?: RollbackOptions): Promise<MigrateResult>
}
