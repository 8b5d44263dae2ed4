// A step of the development loop: what is to be taken back, how, and what would be lost by it. Nothing is written before that is
// known. How a database is made anew is for its owner to say: see `tab.ts`, and the command line.
import { down, look, up } from '../run/actions.js'
import type { Driver } from '../run/driver.js'
import { allowed, settings, type AnyOptions } from '../options/options.js'
import { picked } from '../options/picked.js'
import type { AnyMigrations, Files } from '../set/files.js'
import { loadFiles } from '../set/files.js'
import type { Finding, MigrateResult, Plan } from '../options/public.js'
import { MigrationError } from '../shared/errors.js'
import { coreNow, init } from '../wasm/init.js'
import { translated } from '../wasm/translated.js'
import { changedIn, inWords, isRefused } from './changed.js'
import type { Changed, Developed, LostRows } from './public.js'
import { rehearsed, type MakePGlite, type Taken } from './rehearsal.js'
import { rowsInWords, rowsOfOthers, tablesOf, type Table } from './rows.js'
import type { TextSet, Texts } from './texts.js'

/** A database, a set, and what is known of both. @internal */
export interface Place<Db extends object> {
  readonly driver: Driver<Db>
  readonly db: Db
  readonly set: AnyMigrations
  /** Those of a run. */
  readonly options: AnyOptions
  readonly texts: Texts
  readonly replay: MakePGlite | undefined
  /** Whether rows may be lost that no migration has put there. */
  readonly reset: boolean
}

/** What somebody wants: what the files say; the newest once more; all of it anew. @internal */
export type Goal = 'develop' | 'redo' | 'reset'

/** What is to be done. @internal */
export interface Decided {
  readonly way: Developed['way']
  readonly changed: Changed[]
  readonly lost: LostRows[]
  readonly message: string
  /** The set with the ways back of what ran, and the versions to take back, the newest first. */
  readonly back?: { readonly set: TextSet; readonly versions: string[] }
  /** The tables as they were looked at. */
  readonly tables: readonly Table[]
}

/** How far back a way is looked for, by steps: beyond that it is shorter to begin anew. */
const furthest = 64

/** The ledger's place. @internal */
export function ledgerOf(options: AnyOptions): { schema: string; name: string } {
  const { schema, name } = settings(picked(options, allowed.looking), allowed.looking)!.core.table
  return { schema: schema ?? 'public', name }
}

/**
 * Says what is to be done, and writes nothing.
 *
 * @throws MigrationError `rows-at-risk`; what a plan throws @internal
 */
export async function decide<Db extends object>(place: Place<Db>, goal: Goal): Promise<Decided> {
  const { driver, db, set, options } = place
  const looking = picked(options, allowed.looking)
  const plan = await look(driver, db, set, looking)
  const changed = changedIn(plan)
  const nothing: Decided = { way: 'forward', changed: [], lost: [], message: '', tables: [] }
  // What is wrong besides, a run says.
  if (goal !== 'reset' && (isRefused(plan) || (goal === 'develop' && changed.length === 0))) return nothing
  const files = await loadFiles(set)
  const ran = await setThatRan(place, files)
  const found = goal === 'reset' ? 'anew' : await wayBack(place, ran, changed, goal)
  if (typeof found !== 'string' && found.changed.length === 0) return nothing

  const ledger = ledgerOf(options)
  const tables = await tablesOf(place, ledger)
  const all = typeof found === 'string' ? changed : found.changed
  const back = typeof found === 'string' ? undefined : { set: found.set, versions: found.versions }
  // Without rows and without a way back a replay has nothing to say.
  const asks = back !== undefined || tables.some(({ rows, hidden }) => rows > 0 || hidden)
  const judged = asks ? await judge(place, { ran, files, plan, tables, back, all }) : undefined
  // A replay that fails says nothing: then every row counts.
  const others = judged?.others ?? (await rowsOfOthers({ driver, db, tables }, undefined))
  const names = inWords(all)
  if (back && judged?.taken && judged.taken.left.length === 0) {
    const { taken } = judged
    const lost = others.filter(({ table }) => taken.tables.includes(table))
    mayBeLost(place, lost, `${names}: to take that back`)
    const message = `${names}: taken back, and applied as the files are now`
    return { way: 'back', changed: all, lost, message, back, tables }
  }
  if (goal === 'reset') return { way: 'rebuilt', changed: [], lost: others, message: 'made anew', tables }
  return rebuild(place, all, others, names, typeof found === 'string' ? found : untaken(judged), tables)
}

/** Why a way back is not taken. Nobody takes one that has not been tried out. */
function untaken(judged: Judged | undefined): string {
  if (judged?.taken) return `the way back does not undo it: ${judged.taken.left.slice(0, 3).join('; ')}`
  if (judged?.failed !== undefined) return `the way back fails: ${judged.failed}`
  return 'the way back could not be tried out'
}

/** What a replay has shown. */
interface Judged {
  /** The rows that no migration has put there. */
  readonly others: LostRows[]
  readonly taken?: Taken
  /** Why the way back fails. */
  readonly failed?: string
}

function rebuild<Db extends object>(
  place: Place<Db>,
  changed: Changed[],
  lost: LostRows[],
  names: string,
  why: string,
  tables: readonly Table[],
): Decided {
  mayBeLost(place, lost, `${names}, and ${why}: to make the database anew`)
  return { way: 'rebuilt', changed, lost, message: `${names}, and ${why}: made anew`, tables }
}

/** Does what was decided, where nothing has to be made anew. @internal */
export async function carryOut<Db extends object>(
  { driver, db, set, options, texts }: Place<Db>,
  { way, changed, lost, message, back }: Decided,
  onPlan?: (plan: Plan) => unknown,
): Promise<Developed> {
  const findings: Finding[] = []
  const files = await loadFiles(set)
  let reverted: MigrateResult['reverted'] = []
  let trips = 0
  if (back) {
    const { set: old, versions } = back
    const result = await down(driver, db, old, { ...picked(options, allowed.rollingBack), versions }).catch(stays)
    reverted = result.reverted
    trips = result.roundTrips
  }
  if (onPlan) await onPlan(await look(driver, db, set, picked(options, allowed.looking)))
  const unkept = await texts.keep(files)
  if (unkept !== undefined) findings.push(notKept(unkept))
  const result = await up(driver, db, set, options)
  return {
    ...result,
    reverted,
    findings: [...result.findings, ...findings],
    roundTrips: result.roundTrips + trips,
    way,
    changed,
    lost,
    message,
  }
}

/** What could not be kept is of concern when it is wanted. @internal */
export const notKept = (why: string): Finding => ({
  code: 'texts-not-kept',
  severity: 'warning',
  message: `the texts of what runs could not be kept: ${why}`,
  help: 'what is edited later has no way back then, and the database is made anew for it',
})

/** A way back that fails here and did not in the replay: something of the database's own stands in its way. */
function stays(error: unknown): never {
  if (!(error instanceof MigrationError) || error.code !== 'statement-failed') throw error
  throw Object.assign(error, {
    help: 'what the database holds besides stands in the way of going back; `reset` makes it anew',
  })
}

function mayBeLost<Db extends object>({ reset }: Place<Db>, lost: readonly LostRows[], what: string): void {
  if (reset || lost.length === 0) return
  throw new MigrationError({
    code: 'rows-at-risk',
    message: `${what} would lose rows that no migration has put there: ${rowsInWords(lost)}`,
    help: 'put the old text back and write a new migration, or say reset: true to lose them; nothing was changed',
    options: [{ option: 'reset', values: ['true'], text: 'reset: true' }],
  })
}

/** The set that the ledger agrees with: the files as they are, or as they were kept. @internal */
export async function setThatRan<Db extends object>(
  { driver, db, options, texts }: Place<Db>,
  files: Files,
): Promise<{ set: TextSet; plan: Plan } | undefined> {
  const now: Record<string, string> = Object.assign(Object.create(null), asSet(files))
  const looking = picked(options, allowed.looking)
  const agrees = async (set: TextSet) => {
    try {
      const plan = await look(driver, db, set, looking)
      return changedIn(plan).length === 0 && !isRefused(plan) ? { set, plan } : undefined
    } catch (error) {
      // Of a set that was kept it is of no concern what is wrong with it.
      if (error instanceof MigrationError && !['aborted', 'connection-lost', 'wait-timeout'].includes(error.code))
        return undefined
      throw error
    }
  }
  const own = await agrees(now)
  if (own) return own
  await init()
  for await (const kept of texts.sets()) {
    const found = (await agrees(kept)) ?? (await agrees(beside(kept, now)))
    if (found) return found
  }
  return undefined
}

/** What was kept, and of the files as they are those of other versions: they may have run since. */
function beside(kept: TextSet, now: TextSet): TextSet {
  const versionsOf = (set: TextSet): Map<string, string> => {
    try {
      const { migrations } = translated(() => coreNow().readSet(Object.keys(set), Object.values(set), undefined))
      return new Map(migrations.map(({ path, version }) => [path, version]))
    } catch {
      return new Map()
    }
  }
  const known = new Set(versionsOf(kept).values())
  const later = versionsOf(now)
  const more = Object.entries(now).filter(([path]) => !(path in kept) && !known.has(later.get(path) ?? ''))
  return Object.assign(Object.create(null), kept, Object.fromEntries(more))
}

const asSet = ({ paths, sqls }: Files): TextSet => Object.fromEntries(paths.map((path, at) => [path, sqls[at]!]))

/** The way back to before the first that has changed; or why there is none. */
async function wayBack<Db extends object>(
  { driver, db, options }: Place<Db>,
  ran: { set: TextSet; plan: Plan } | undefined,
  changed: readonly Changed[],
  goal: Goal,
): Promise<{ set: TextSet; versions: string[]; changed: Changed[] } | string> {
  if (!ran) return 'the text that ran was not kept, and with it its way back'
  if (changed.some(({ why }) => why === 'unfinished')) return 'half a migration has no way back'
  const rowOf = new Map(ran.plan.decisions.map(({ version, row }) => [version, row ?? version]))
  const wanted = new Set(changed.map(({ version }) => version))
  try {
    for (let steps = Math.max(1, wanted.size); steps <= furthest; steps += 1) {
      const { reverted } = await down(driver, db, ran.set, {
        ...picked(
          options,
          allowed.rollingBack.filter((name) => name !== 'onProgress'),
        ),
        steps,
        dryRun: true,
      })
      const rows = reverted.map(({ version }) => rowOf.get(version) ?? version)
      if ([...wanted].every((version) => rows.includes(version)))
        return {
          set: ran.set,
          versions: reverted.map(({ version }) => version),
          changed: reverted.map(({ name, path }, at) => {
            const version = rows[at]!
            const own = changed.find((other) => other.version === version)
            return own ?? { version, name, path, why: goal === 'redo' && at === 0 ? 'again' : 'later' }
          }),
        }
      if (reverted.length < steps) break
    }
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error
    if (error.code === 'no-down-section') return 'there is no way back'
    if (error.code === 'destructive-down') return 'the way back drops a whole schema or database'
    if (error.code === 'nothing-to-roll-back' && goal === 'redo') throw error
    if (error.code === 'nothing-to-roll-back') return 'there is no way back'
    throw error
  }
  return 'it is too far back'
}

/** Statements that change rows in place, or may do anything: of a way back with one nobody can say which rows it leaves. */
const changing = /^(?:update|delete|truncate|merge|do|call|select|with|execute)\b/

/** What the migrations have put there, and what the way back takes, as a replay shows it. */
async function judge<Db extends object>(
  place: Place<Db>,
  {
    ran,
    files,
    plan,
    tables,
    back,
    all,
  }: {
    ran: { set: TextSet; plan: Plan } | undefined
    files: Files
    plan: Plan
    tables: readonly Table[]
    back: { set: TextSet; versions: string[] } | undefined
    all: readonly Changed[]
  },
): Promise<Judged | undefined> {
  const { driver, db, options, replay } = place
  if (!replay) return undefined
  const set = ran?.set ?? asSet(files)
  const decisions = (ran?.plan ?? plan).decisions
  const changed = ran ? [] : changedIn(plan).map(({ version }) => version)
  const pending = decisions.flatMap(({ action, path, row, version }) =>
    path !== undefined && (action === 'apply' || (row !== undefined && changed.includes(row))) ? [version] : [],
  )
  const mine = { driver, db, tables }
  try {
    return await rehearsed(
      replay,
      { set, options, ledger: ledgerOf(options), pending, back: back?.versions ?? [] },
      async (made, goBack) => {
        const others = await rowsOfOthers(mine, made)
        if (!back) return { others }
        try {
          const taken = await goBack()
          const everything = [...new Set([...taken.tables, ...others.map(({ table }) => table)])]
          return { others, taken: { ...taken, tables: mayChangeRows(set, all, ran!.plan) ? everything : taken.tables } }
        } catch (error) {
          if (!(error instanceof MigrationError) || error.code === 'aborted') throw error
          return { others, failed: error.message }
        }
      },
    )
  } catch (error) {
    // The database's extensions, or a version of PostgreSQL that PGlite is not.
    if (!(error instanceof MigrationError) || error.code === 'aborted') throw error
    return undefined
  }
}

/** Whether the files of what is taken back have such a statement, wherever it stands in them. */
function mayChangeRows(set: TextSet, all: readonly Changed[], plan: Plan): boolean {
  const versions = new Set(all.map(({ version }) => version))
  const paths = plan.decisions.flatMap(({ row, path }) =>
    row !== undefined && versions.has(row) && path ? [path] : [],
  )
  const stems = paths.map((path) => path.replace(/(?:\.up|\/up)?\.sql$/, ''))
  return Object.entries(set).some(([path, text]) => {
    if (!stems.some((stem) => path.startsWith(stem))) return false
    try {
      return translated(() => coreNow().splitStatements(text)).statements.some(({ verb }) => changing.test(verb))
    } catch {
      // What cannot be split cannot be judged.
      return true
    }
  })
}
