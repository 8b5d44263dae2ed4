// Lint: what is wrong with migrations themselves, before they meet a database.
import { loadFiles, type AnyMigrations, type LazySqlSource, type Migrations } from './set/files.js'
import { conventionOf } from './set/manifest.js'
import { levels } from './options/levels.js'
import { isFlag, isObject, isText, isTexts, tableOf, tests } from './options/options.js'
import { checkOf, wrongAmong, type Checked } from './options/wrong-options.js'
import type { Convention, ErrorCode, Finding, FindingCode, Level, ReadOptions, Severity } from './options/public.js'
import type { OwnRule, SquawkRule } from './review/review.js'
import { review } from './wasm/review.js'
import { wellFormed } from './set/texts.js'

export { MigrationError, type Location } from './shared/errors.js'
export type { AnyMigrations, Convention, ErrorCode, Finding, FindingCode, LazySqlSource, Level, Migrations, Severity }

/** The code of a rule, or of what is noticed as the files are read. */
export type LintCode = OwnRule | SquawkRule

/** Options of `lint`. */
export interface LintOptions extends Pick<ReadOptions, 'table' | 'schema' | 'convention'> {
  /** How bad each rule's finding is, by its code, where that differs from the default: `{ 'ban-drop-column': 'off' }`. */
  rules?: { readonly [rule in LintCode]?: Level }
  /** `false`: without squawk's rules. Default: true. */
  squawk?: boolean
  /** The oldest PostgreSQL that the migrations are for, such as `15` or `'16.2'`. Default: 15. */
  postgres?: number | string
  /** Paths of files to report on, such as those that a pull request changes. The others are read all the same. Default: all. */
  only?: readonly string[]
}

/** What lint found. */
export interface LintResult {
  /** What was found, in the order of the files. */
  findings: Finding<LintCode | FindingCode>[]
  /** Whether none of it is an error. */
  ok: boolean
  /** How many findings of each severity there are. */
  counts: Record<Severity, number>
  /** How many files were looked at. */
  files: number
}

/** A rule of lint. */
export interface Rule {
  /** Its stable name, which is the `code` of its findings. */
  code: LintCode
  /** Whose rule it is. */
  source: 'counterfoil' | 'squawk'
  /** How bad a finding is by default. */
  severity: Level
  /** What it finds, in one line. */
  summary: string
  /** Why that is bad, in Markdown. Empty if `url` says it. */
  why: string
  /** Migrations that it has a finding for. */
  bad: readonly string[]
  /** Migrations that it has none for. */
  good: readonly string[]
  /** Where more is said. */
  url?: string
}

/**
 * Looks for what goes wrong with migrations later: settings that reach the next file, names that PostgreSQL cuts off,
 * locks that stop a table, and the rest of {@link rules}.
 *
 * A comment `-- counterfoil-ignore <rule>: <reason>` on the line before or at the end of the line allows what it names.
 *
 * @throws MigrationError what is wrong with the files as a set (`convention-unclear`, …), with the file; `invalid-input` for
 *   an option; `review-unavailable` if the module cannot be loaded
 *
 * @example
 * ```js
 * const { findings, ok } = await lint(await readMigrations('db/migrations'), { rules: { 'ban-drop-column': 'error' } })
 * ```
 */
export async function lint(migrations: AnyMigrations, options: LintOptions = {}): Promise<LintResult> {
  const { paths, sqls } = await loadFiles(migrations)
  const files = paths.map((path, index) => ({ path, sql: sqls[index] ?? '' }))
  const convention = conventionOf(migrations, options.convention)
  const value = wellFormed({ files, options: { ...checked(options), convention } })
  return (await review()).lint(value) as LintResult
}

/** What only the module knows, such as the rules, it checks. */
const checks: { readonly [name in keyof LintOptions]-?: Checked } = {
  convention: checkOf('convention'),
  table: [(value) => tests.table(value) && isText(tableOf(value as { name: string }).schema), checkOf('table')[1]],
  schema: checkOf('schema'),
  rules: [
    (value) => isObject(value) && Object.values(value as object).every((level) => levels.includes(level)),
    'an object of rule to off, note, warning or error',
  ],
  squawk: [isFlag, 'true or false'],
  postgres: [(value) => (Number.isInteger(value) && (value as number) > 0) || isText(value), 'a version of PostgreSQL'],
  only: [isTexts, 'an array of paths'],
}

function checked(options: LintOptions): object {
  const wrong = wrongAmong(options, Object.keys(checks) as (keyof LintOptions)[], (name) => checks[name])
  if (wrong) throw wrong
  const { table, schema, ...rest } = options
  return { ...rest, table: tableOf(table, [schema ?? []].flat()[0]) }
}

/** Every rule, in the order in which they are documented: ours first. */
export async function rules(): Promise<Rule[]> {
  return (await review()).rules() as Rule[]
}
