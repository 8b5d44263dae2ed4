// Lint: what is wrong with migrations themselves, before they meet a database.
import { loadFiles, type LazySqlSource, type Migrations } from './set/files.js'
import { failure } from './shared/errors.js'
import { conventionOf } from './set/manifest.js'
import { tableOf } from './options/options.js'
import type { Finding, ReadOptions, Severity } from './options/public.js'
import { review } from './wasm/review.js'
import { wellFormed } from './set/texts.js'

export { MigrationError, type Location } from './shared/errors.js'
export type { Finding, LazySqlSource, Migrations, Severity }

/** Options of `lint`. */
export interface LintOptions extends Pick<ReadOptions, 'table' | 'convention'> {
  /** How bad each rule's finding is, by its code, where that differs from the default: `{ 'ban-drop-column': 'off' }`. */
  rules?: Readonly<Record<string, Severity | 'off'>>
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
  findings: Finding[]
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
  code: string
  /** Whose rule it is. */
  source: 'counterfoil' | 'squawk'
  /** How bad a finding is by default. */
  severity: Severity | 'off'
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
export async function lint(migrations: Migrations<LazySqlSource>, options: LintOptions = {}): Promise<LintResult> {
  const { paths, sqls } = await loadFiles(migrations)
  const files = paths.map((path, index) => ({ path, sql: sqls[index] ?? '' }))
  const convention = conventionOf(migrations, options.convention)
  const value = wellFormed({ files, options: { ...checked(options), convention } })
  return (await review()).lint(value) as LintResult
}

const isText = (value: unknown) => typeof value === 'string' && value !== ''
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
const levels: readonly unknown[] = ['off', 'note', 'warning', 'error']

/** Each option: whether a value is one of its own, and what is. What only the module knows, such as the rules, it checks. */
const checks: {
  readonly [name in keyof LintOptions]-?: readonly [test: (value: unknown) => boolean, expected: string]
} = {
  convention: [isText, 'the name of a convention'],
  table: [
    (value) =>
      isText(value) ||
      (isObject(value) &&
        isText(tableOf(value as { name: string }).name) &&
        isText(tableOf(value as { name: string }).schema)),
    "a name, 'schema.name' or { schema, name }",
  ],
  rules: [
    (value) => isObject(value) && Object.values(value as object).every((level) => levels.includes(level)),
    'an object of rule to off, note, warning or error',
  ],
  squawk: [(value) => typeof value === 'boolean', 'true or false'],
  postgres: [(value) => (Number.isInteger(value) && (value as number) > 0) || isText(value), 'a version of PostgreSQL'],
  only: [(value) => Array.isArray(value) && value.every((path) => typeof path === 'string'), 'an array of paths'],
}

function checked(options: LintOptions): object {
  if (!isObject(options)) throw failure('invalid-input', 'options is not an object', 'pass an object, or nothing')
  const { table, ...rest } = options
  for (const name of Object.keys(options) as (keyof LintOptions)[]) {
    if (!Object.hasOwn(checks, name))
      throw failure(
        'invalid-input',
        `there is no option ${name} here`,
        `the options are: ${Object.keys(checks).join(', ')}`,
      )
    if (options[name] !== undefined && !checks[name][0](options[name]))
      throw failure('invalid-input', `the option ${name} is not ${checks[name][1]}`)
  }
  return { ...rest, ...(table !== undefined && { table: tableOf(table) }) }
}

/** Every rule, in the order in which they are documented: ours first. */
export async function rules(): Promise<Rule[]> {
  return (await review()).rules() as Rule[]
}
