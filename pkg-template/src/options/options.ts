// The options that a caller may pass, checked and made into what the core takes.
import type { RunOptions, When } from '../core/core.js'
import type { All } from '../shared/words.js'
import type {
  Convention,
  MigrateOptions,
  PlanOptions,
  PolicyCode,
  ReadOptions,
  RollbackOptions,
  RunEvent,
  Severity,
} from './public.js'

/** Every option there is. @internal */
export type AnyOptions = PlanOptions & MigrateOptions & RollbackOptions

/** What the loop, and what the core makes of the options. @internal */
export interface Settings {
  core: Partial<RunOptions> &
    Required<Pick<RunOptions, 'table' | 'schema'>> &
    Pick<ReadOptions, 'env'> &
    Pick<RollbackOptions, 'steps' | 'dryRun'>
  /** False: a session does not last from one request to the next. */
  session: boolean
  convention: Convention | undefined
  /** A set without a migration is no mistake. */
  allowEmpty: boolean
  onProgress: ((event: RunEvent) => unknown) | undefined
  signal: AbortSignal | undefined
  /** How long to wait for a connection, and for an answer that only reads, in milliseconds. */
  patience: number
  /** Whether the function may write. */
  writes: boolean
}

/** Whether a value will do. @internal */
export type Test = (value: unknown) => boolean

/** @internal */
export const isText = (value: unknown) => typeof value === 'string' && value !== ''
// PostgreSQL has no name with a NUL, and none that is empty.
const isName = (value: unknown) => isText(value) && !(value as string).includes('\0')
const isTable = (value: unknown) => {
  const { schema, name } = tableOf(value as NonNullable<AnyOptions['table']>)
  // Another type of schema is named by the core.
  return isName(name) && (typeof schema !== 'string' || isName(schema))
}
/** @internal */
export const isTexts = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string')
const isList = (value: unknown) => isTexts(value) && (value as unknown[]).length > 0
const isIgnoring = (value: unknown) => isTexts(Object(value).ignore)
const isWhole = (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32
/** @internal */
export const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
/** @internal */
export const isFlag = (value: unknown) => typeof value === 'boolean'

export const tests: { readonly [name in keyof AnyOptions]-?: Test } = {
  table: (value) => (isText(value) || isObject(value)) && isTable(value),
  schema: (value) => isText(value) || isList(value),
  convention: isText,
  policy: isObject,
  env: isObject,
  allowEmpty: isFlag,
  existing: isIgnoring,
  when: (value) => whens.includes(value as When),
  expect: isText,
  lockTimeout: isWhole,
  waitTimeout: isWhole,
  lease: isWhole,
  session: isFlag,
  allowDestructive: isTexts,
  acceptEdited: isTexts,
  versions: isList,
  steps: (value) => isWhole(value) && value !== 0,
  to: isText,
  dryRun: isFlag,
  onProgress: (value) => typeof value === 'function',
  signal: (value) => isObject(value) && 'aborted' in (value as object),
}

/** Names of options. @internal */
export type Names = readonly (keyof AnyOptions)[]
const planning: Names = ['table', 'schema', 'convention', 'policy', 'env']
const looking: Names = [...planning, 'existing', 'signal', 'allowEmpty', 'waitTimeout']
const writing: Names = [...looking, 'lockTimeout', 'lease', 'session', 'onProgress']

/** The options of each function. @internal */
export const allowed = {
  reading: ['convention'],
  embedding: ['convention', 'policy'],
  planning,
  looking,
  seeing: [...looking, 'to'],
  migrating: [...writing, 'when', 'expect', 'to'],
  rollingBack: [...writing, 'steps', 'to', 'versions', 'allowDestructive', 'acceptEdited', 'dryRun'],
} as const satisfies Record<string, Names>

/** What is made of the options; undefined if one of them is wrong, and then `wrongOption` tells which. @internal */
export function settings(given: AnyOptions, names: Names): Settings | undefined {
  if (!isObject(given)) return undefined
  const options: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(given) as (keyof AnyOptions)[]) {
    if (!names.includes(name)) return undefined
    const value = given[name]
    if (value === undefined) continue
    if (!tests[name](value)) return undefined
    options[name] = value
  }
  const {
    table,
    schema,
    convention,
    onProgress,
    signal,
    session = true,
    allowEmpty = false,
    ...core
  } = options as AnyOptions
  const schemas = [schema ?? []].flat()
  const { lockTimeout = 5e3, waitTimeout } = core
  const writes = names.includes('lockTimeout')
  return {
    core: bare({ ...core, schema: schemas, table: bare(tableOf(table, schemas[0])) }),
    session,
    convention,
    allowEmpty,
    onProgress,
    signal,
    // A run waits for a lock for as long as it may, in any case.
    patience: writes ? Math.max(lockTimeout, waitTimeout ?? 3e5) : (waitTimeout ?? 3e4),
    writes,
  }
}

/** The two parts of a table's name. `home`: the schema, unless it says otherwise. @internal */
export function tableOf(
  table: NonNullable<AnyOptions['table']> = 'schema_migrations',
  home = 'public',
): { schema: string; name: string } {
  if (typeof table !== 'string') return { schema: table.schema ?? home, name: table.name }
  const dot = table.indexOf('.')
  return dot < 0 ? { schema: home, name: table } : { schema: table.slice(0, dot), name: table.slice(dot + 1) }
}

/** The keys of `policy`. What is not here is for the core to judge. @internal */
export const policies = [
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
  'gap',
] as const satisfies readonly PolicyCode[]
/** @internal */
export const severities = ['note', 'warning', 'error'] as const satisfies readonly Severity[]
const whens = ['apply', 'wait', 'refuse'] as const satisfies readonly When[]
/** They lack no word. @internal */
export type Whole = [All<PolicyCode, typeof policies>, All<Severity, typeof severities>, All<When, typeof whens>]

/**
 * Whether these options leave a database that is current, current: a reviewed plan is compared by the core, and an
 * option that may be wrong, such as a version that there is not, is named by it. @internal
 */
export function usual({ core: { expect, existing, to, policy = {}, table, schema } }: Settings): boolean {
  const known = Object.entries(policy).every(
    ([code, severity]) => policies.includes(code as PolicyCode) && severities.includes(severity),
  )
  // Of other names the core knows whether they will do.
  const own = schema.every((name) => /^(?!pg_|information_schema$)[\w-]{1,63}$/.test(name))
  return !(expect || existing || to) && known && own && (schema[0] ?? `${table.schema}`) === table.schema
}

/** The object without a prototype: the core asks for properties by name, and one's prototype may have been polluted. @internal */
export function bare<T extends object>(object: T): T {
  return Object.assign(Object.create(null), object)
}
