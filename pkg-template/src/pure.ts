// The pure part: no database.
import type { Ledger, MigrationSet, PlanOptions as CoresOptions, Row, Statement } from './core/core.js'
import { translated } from './wasm/translated.js'
import { filesNow, type Migrations } from './set/files.js'
import { coreNow } from './wasm/start.js'
import { conventionOf } from './set/manifest.js'
import { allowed, bare, type Names } from './options/options.js'
import { checkedOptions } from './options/wrong-options.js'
import type { Plan, PlanOptions, Readiness, ReadOptions } from './options/public.js'

export { MigrationError, type Location } from './shared/errors.js'
export { fromGlob, type GlobbedFiles } from './set/from-glob.js'
export type * from './options/public.js'
export type { MigrationSet, Row, Statement }

/** Options of the functions that need no database. */
export type PlanningOptions = Pick<ReadOptions, 'table' | 'schema' | 'convention' | 'policy'>

/**
 * Decides what to do about every file and every ledger row: `skip`, `apply`, `adopt` or `drift`, with a reason.
 *
 * Pure and synchronous: the same files and rows give the same plan, in whatever order they come.
 *
 * @param rows the ledger's rows; `{ version }` is enough, what is missing is as in a row that another tool wrote
 * @throws MigrationError what is wrong with the files or the arguments; what is wrong between files and rows is
 *   in the plan
 *
 * @example
 * ```js
 * const { decisions } = plan(await readMigrations('db/migrations'), [{ version: '001' }])
 * ```
 */
export function plan(
  migrations: Migrations,
  rows: readonly Row[] = [],
  options: PlanningOptions & Pick<PlanOptions, 'to'> = {},
): Plan {
  const { paths, sqls, convention, ledger, core } = inputs(migrations, rows, options, [...allowed.planning, 'to'])
  return translated(() => coreNow().plan(paths, sqls, convention, ledger, core))
}

/**
 * Judges whether a database with these rows is where these files expect it to be: what a health check answers.
 *
 * @throws MigrationError what is wrong with the files or the arguments
 */
export function readiness(migrations: Migrations, rows: readonly Row[] = [], options: PlanningOptions = {}): Readiness {
  const { paths, sqls, convention, ledger, core } = inputs(migrations, rows, options, allowed.planning)
  return translated(() => coreNow().readiness(paths, sqls, convention, ledger, core))
}

/**
 * Reads a set of files: which convention they follow, and the migrations in the order in which they are applied.
 *
 * @throws MigrationError with the file, and where it can be told the line, that is wrong
 */
export function readSet(migrations: Migrations, options: Pick<ReadOptions, 'convention'> = {}): MigrationSet {
  const { paths, sqls } = filesNow(migrations)
  return translated(() =>
    coreNow().readSet(paths, sqls, conventionOf(migrations, checkedOptions(options, allowed.reading).convention)),
  )
}

/**
 * Splits a text into statements where PostgreSQL would, and says of each what kind it is.
 *
 * `start` and `end` count UTF-16 code units, so `sql.slice(start, end)` is the statement. Semicolons, empty statements
 * and comments between statements are left out.
 *
 * @throws MigrationError where PostgreSQL could not split it either: `unterminated-string`, `unterminated-comment`, …
 */
export function splitStatements(sql: string): Statement[] {
  return translated(() => coreNow().splitStatements(sql).statements)
}

/**
 * The checksum of a text: `sha256:` and 64 hex digits, of its UTF-8 bytes without a byte order mark and with CRLF made
 * LF. One text has one checksum on every system.
 *
 * The ledger keeps the checksum of a migration's *up section*: see {@link readSet} for that.
 *
 * @throws MigrationError `invalid-text` if the text holds a lone surrogate
 */
export function checksum(sql: string): string {
  return translated(() => coreNow().checksum(sql))
}

/**
 * The fingerprint of a text: the checksum of its tokens, without comments and white space. Two texts with one
 * fingerprint differ in nothing that PostgreSQL would see.
 *
 * @throws MigrationError `invalid-text` if the text holds a lone surrogate
 */
export function fingerprint(sql: string): string {
  return translated(() => coreNow().fingerprint(sql))
}

function bareRows(rows: readonly Row[]): Row[] {
  return Array.isArray(rows)
    ? rows.map((row) => (typeof row === 'object' && row !== null ? bare(row) : row))
    : (rows as Row[])
}

interface Inputs {
  paths: string[]
  sqls: string[]
  convention: string | undefined
  ledger: Ledger
  core: CoresOptions
}

function inputs(migrations: Migrations, rows: readonly Row[], options: PlanningOptions, names: Names): Inputs {
  const { core, convention } = checkedOptions(options, names)
  const { table, schema, policy, to } = core
  const chosen: CoresOptions = bare({ table, schema, ...(policy && { policy }), ...(to && { to }) })
  return {
    ...filesNow(migrations),
    convention: conventionOf(migrations, convention),
    ledger: bare({ exists: true, rows: bareRows(rows) }),
    core: chosen,
  }
}
