// The file of a plan that is reviewed: `plan --out` writes it, `up --plan` reads it and applies that or stops.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { failure, type MigrationError } from '../../shared/errors.js'
import { json } from '../../shared/printed.js'
import { tableOf } from '../../options/options.js'
import type { Plan } from '../../options/public.js'
import { sayLed } from '../text/links.js'
import { standing } from '../show/plans.js'
import type { Session } from '../connect/session.js'

type Decision = Plan['decisions'][number]

/** What the file holds. */
export interface Reviewed {
  /** Where it was read from. */
  readonly path: string
  /** The database that it is for, as messages call it. */
  readonly database: string
  /** The ledger's table, with its schema. */
  readonly table: string
  /** The schemas in which names without one are looked for, if they were said. */
  readonly schema: readonly string[]
  readonly digest: string
  /** The version up to which it goes. */
  readonly to?: string
  readonly decisions: readonly Decision[]
  /** `sha256:` of each file that is to be applied: they only say which one has changed. */
  readonly files: Readonly<Record<string, string>>
}

type Place = Pick<Session, 'shown' | 'files' | 'options'>

/** The text of the file. */
export function planFile(plan: Plan, place: Place, to?: string): string {
  const paths = plan.decisions.flatMap(({ action, path }) => (action === 'apply' && path !== undefined ? [path] : []))
  const files = Object.fromEntries(paths.map((path) => [path, textDigest(place.files[path])]))
  return `${json({ plan: 1, database: place.shown, table: tableName(place), schema: schemaOf(place), ...(to !== undefined && { to }), ...plan, files }, 2)}\n`
}

/** Reads the file. @throws MigrationError `invalid-input` if it is none */
export async function reviewedPlan(path: string): Promise<Reviewed> {
  await sayLed(path)
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw invalid(path, cause.code === 'ENOENT' ? 'does not exist' : `cannot be read: ${cause.message}`)
  })
  let value
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid(path, 'is not JSON')
  }
  const { plan, database, table, schema = [], to, digest, decisions, files } = Object(value)
  const isPlan =
    plan === 1 && isText(database) && isText(table) && isText(digest) && /^sha256:[0-9a-f]{64}$/.test(digest)
  const areDecisions =
    Array.isArray(decisions) && decisions.every((decision) => isText(decision?.action) && isText(decision.version))
  const goesUp = to === undefined || (isText(to) && to !== '')
  if (!isPlan || !areDecisions || !Array.isArray(schema) || !goesUp) throw invalid(path, 'is not a plan')
  return {
    path,
    database,
    table,
    schema,
    ...(goesUp && to !== undefined && { to }),
    digest,
    decisions,
    files: Object(files),
  }
}

/**
 * The version up to which a reviewed plan goes. What was said besides has to be the same.
 *
 * @throws MigrationError `plan-changed`
 */
export function reviewedTo({ path, to }: Reviewed, said: string | undefined): string | undefined {
  if (said !== undefined && said !== to)
    throw changed(path, `it goes ${to === undefined ? 'to the end' : `up to ${to}`}, and --to is ${said}`)
  return to
}

/**
 * Compares what was reviewed with what is about to be done. The run itself compares the digests once more, when it has
 * read the ledger; what a digest leaves out is compared here: database, table, and how each migration is run.
 *
 * @throws MigrationError `plan-changed`, with what has changed
 */
export function mustBeReviewed(reviewed: Reviewed, plan: Plan, place: Place): void {
  const { path, database } = reviewed
  // The usual port is the same said or not.
  const bare = (text: string) => text.replace(/:5432$/, '')
  if (bare(database) !== bare(place.shown)) throw changed(path, `it is for ${database}, and this is ${place.shown}`)
  if (reviewed.table !== tableName(place))
    throw changed(path, `it is for the ledger ${reviewed.table}, and this is ${tableName(place)}`)
  const schema = schemaOf(place)
  if (json(reviewed.schema) !== json(schema))
    throw changed(path, `it is for the schema ${shown(reviewed.schema)}, and this is ${shown(schema)}`)
  const busy = plan.decisions.some(({ code }) => code === 'in-progress')
  const [before, now] = [reviewed.decisions.filter(isWork), plan.decisions.filter(isWork)]
  // Somebody else has done it.
  if (standing(plan) !== 'refused' && !busy && !now.some(isDone)) return
  const was = new Map(before.map((decision) => [decision.version, decision]))
  const is = new Map(now.map((decision) => [decision.version, decision]))
  const there = new Map(plan.decisions.map((decision) => [decision.version, decision]))
  const changes = now.flatMap((decision) => {
    const { version, name } = decision
    const old = was.get(version)
    if (!old) return busy ? [] : [`${version} ${name} is not in it (${decision.action}, ${decision.code})`]
    const differences = fields.filter((field) => old[field] !== decision[field])
    return differences.length > 0 && decision.code !== 'in-progress'
      ? [`${version} ${name}: ${differences.map((field) => difference(field, old, decision)).join(', ')}`]
      : []
  })
  const gone = busy ? [] : before.filter(({ version }) => !is.has(version))
  for (const { version, name } of gone)
    changes.push(`${version} ${name} ${there.has(version) ? 'is there already' : 'has no file any more'}`)
  if (changes.length === 0 && !busy && reviewed.digest !== plan.digest) {
    const edited = now.flatMap(({ path }) =>
      path !== undefined && reviewed.files[path] !== textDigest(place.files[path]) ? [`${path} has another text`] : [],
    )
    changes.push(...(edited.length > 0 ? edited : [`its digest is ${reviewed.digest}, and this is ${plan.digest}`]))
  }
  if (changes.length > 0)
    throw changed(
      path,
      [...changes.slice(0, most), ...(changes.length > most ? [`${changes.length - most} more`] : [])].join('; '),
    )
}

/** How many changes are listed. */
const most = 5

/** What a decision says of what is done. Wording and severities may differ. */
const fields = [
  'action',
  'code',
  'name',
  'path',
  'row',
  'transactional',
  'statements',
  'steps',
] as const satisfies readonly (keyof Decision)[]

function difference(field: (typeof fields)[number], before: Decision, now: Decision): string {
  const [was, is] = [before, now].map((decision) => {
    const value = decision[field]
    if (field === 'transactional') return value ? 'one transaction' : 'step by step'
    return value === undefined ? 'nothing' : String(value)
  })
  return `${field === 'transactional' ? '' : `${field} `}${was} in it, ${is} now`
}

const isWork = ({ action }: Decision) => action !== 'skip'
const isDone = ({ action, code }: Decision) =>
  action === 'apply' || action === 'adopt' || code === 'renumbered' || code === 'renamed'
const isText = (value: unknown): value is string => typeof value === 'string'
const textDigest = (text = '') => `sha256:${createHash('sha256').update(text).digest('hex')}`

function tableName(place: Place): string {
  const { schema, name } = tableOf(place.options.table, schemaOf(place)[0])
  return `${schema}.${name}`
}

const schemaOf = ({ options: { schema = [] } }: Place) => [schema].flat()
const shown = (schema: readonly string[]) => schema.join(', ') || "of the session's own"

const changed = (path: string, what: string): MigrationError =>
  failure(
    'plan-changed',
    `this is not the plan in ${path}: ${what}`,
    `nothing was run; write the plan again with \`counterfoil plan --out ${path}\`, and have it reviewed`,
  )

const invalid = (path: string, what: string): MigrationError =>
  failure('invalid-input', `${path} ${what}`, 'write a plan with `counterfoil plan --out <file>`')
