// The options that a caller may pass, checked and made into what the core takes.
import type { RunOptions } from '../core/core.js'
import { failure } from '../shared/errors.js'
import type { Event, MigrateOptions, ReadOptions, RollbackOptions } from './public.js'

/** Every option there is. @internal */
export type AnyOptions = ReadOptions & MigrateOptions & RollbackOptions

/** What the loop, and what the core makes of the options. @internal */
export interface Settings {
  core: Partial<RunOptions>
  /** How far to go back. */
  steps: number | undefined
  to: string | undefined
  /** Only say what would be taken back. */
  dry: boolean
  /** False: a session does not last from one request to the next. */
  session: boolean
  convention: string | undefined
  /** A set without a migration is no mistake. */
  allowEmpty: boolean
  onProgress: ((event: Event) => unknown) | undefined
  signal: AbortSignal | undefined
}

type Check = readonly [test: (value: unknown) => boolean, expected: string]

const isText = (value: unknown) => typeof value === 'string' && value !== ''
// PostgreSQL has no name with a NUL, and none that is empty.
const isName = (value: unknown) => isText(value) && !(value as string).includes('\0')
const isTable = (value: unknown) => {
  const { schema, name } = tableOf(value as NonNullable<AnyOptions['table']>)
  // Another type of schema is named by the core.
  return isName(name) && (typeof schema !== 'string' || isName(schema))
}
const isTexts = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string')
const isIgnoring = (value: unknown) => isTexts(Object(value).ignore)
const isWhole = (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
const oneOf = (...names: string[]): Check => [(value) => names.includes(value as string), `one of ${names.join(', ')}`]
const flag: Check = [(value) => typeof value === 'boolean', 'true or false']
const milliseconds: Check = [isWhole, 'a whole number of milliseconds']

const checks: { readonly [name in keyof AnyOptions]-?: Check } = {
  table: [(value) => (isText(value) || isObject(value)) && isTable(value), "a name, 'schema.name' or { schema, name }"],
  convention: [isText, 'the name of a convention'],
  policy: [isObject, 'an object of code to severity'],
  allowEmpty: flag,
  existing: [isIgnoring, '{ ignore: [the names of tools, or tables] }'],
  when: oneOf('apply', 'wait', 'refuse'),
  expect: [isText, "a plan's digest"],
  lockTimeout: milliseconds,
  waitTimeout: milliseconds,
  lease: milliseconds,
  session: flag,
  allowDestructive: [isTexts, 'an array of versions'],
  versions: [(value) => isTexts(value) && value.length > 0, 'an array of one version or more'],
  steps: [(value) => isWhole(value) && value !== 0, 'a whole number from 1'],
  to: [isText, 'a version, as a string'],
  dryRun: flag,
  onProgress: [(value) => typeof value === 'function', 'a function'],
  signal: [(value) => isObject(value) && 'aborted' in (value as object), 'an AbortSignal'],
}

type Names = readonly (keyof AnyOptions)[]
const planning: Names = ['table', 'convention', 'policy']
const looking: Names = [...planning, 'existing', 'signal', 'allowEmpty']
const writing: Names = [...looking, 'lockTimeout', 'waitTimeout', 'lease', 'session', 'onProgress']

/** The options of each function. @internal */
export const allowed = {
  reading: ['convention'],
  embedding: ['convention', 'policy'],
  planning,
  looking,
  migrating: [...writing, 'when', 'expect'],
  rollingBack: [...writing, 'steps', 'to', 'versions', 'allowDestructive', 'dryRun'],
} as const satisfies Record<string, Names>

/** Checks the options. @throws MigrationError `invalid-input`, naming the option @internal */
export function settings(given: AnyOptions, names: Names): Settings {
  if (!isObject(given)) throw failure('invalid-input', 'options is not an object', 'pass an object, or nothing')
  const options: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(given)) {
    const known = names.find((option) => option === name)
    if (!known)
      throw failure('invalid-input', `there is no option ${name} here`, `the options are: ${names.join(', ')}`)
    const value = given[known]
    if (value === undefined) continue
    const check = checks[known]
    if (!check[0](value)) throw failure('invalid-input', `the option ${name} is not ${check[1]}`)
    options[name] = value
  }
  const {
    table,
    convention,
    onProgress,
    signal,
    steps,
    to,
    dryRun: dry = false,
    session = true,
    allowEmpty = false,
    ...core
  } = options as AnyOptions
  return {
    core: bare({ ...core, ...(table === undefined ? {} : { table: bare(tableOf(table)) }) }),
    steps,
    to,
    dry,
    session,
    convention,
    allowEmpty,
    onProgress,
    signal,
  }
}

/** The two parts of a table's name. @internal */
export function tableOf(table: NonNullable<AnyOptions['table']>): { schema: string; name: string } {
  if (typeof table !== 'string') return { schema: table.schema ?? 'public', name: table.name }
  const dot = table.indexOf('.')
  return dot < 0 ? { schema: 'public', name: table } : { schema: table.slice(0, dot), name: table.slice(dot + 1) }
}

/** The keys of `policy` and the severities. What is not here is for the core to judge. @internal */
export const drifts = [
  'edited-cosmetic',
  'edited-semantic',
  'collision',
  'missing',
  'ahead',
  'renumbered',
  'renamed',
  'duplicate',
  'interrupted',
  'in-progress',
  'partial-squash',
  'foreign-marker',
  'not-run',
]
/** @internal */
export const severities = ['note', 'warning', 'error']

/**
 * Whether these options leave a database that is current, current: a reviewed plan is compared by the core, and an
 * option that may be wrong is named by it. @internal
 */
export function usual({ core: { expect, existing, policy = {}, table } }: Settings): boolean {
  const known = Object.entries(policy).every(
    ([drift, severity]) => drifts.includes(drift) && severities.includes(severity),
  )
  return !(expect || existing) && known && (table === undefined || typeof table.schema === 'string')
}

/** The object without a prototype: the core asks for properties by name, and one's prototype may have been polluted. @internal */
export function bare<T extends object>(object: T): T {
  return Object.assign(Object.create(null), object)
}
