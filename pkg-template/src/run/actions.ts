// What every driver offers, on top of a connection: first the one question that needs neither core nor files, and if
// there is more to do the engine, which is loaded then.
import type { Plan, Readiness, RunGoal } from '../core/core.js'
import { inTurn, unlessTold, type Connection } from './database.js'
import { digestQuery } from './digest.js'
import type { Ended, Driver, Asked, Outcome } from './driver.js'
import { MigrationError } from '../shared/errors.js'
import type { CoreSource } from '../wasm/start.js'
import { isManifest, type Manifest, type ManifestFile } from '../set/manifest-parts.js'
import { allowed, bare, settings, usual, type AnyOptions, type Names, type Settings } from '../options/options.js'
import type { AnyMigrations, MigrateResult, PlanOptions, ReadOptions, Report } from '../options/public.js'

/** The one place where the core comes in. */
const engine = () => import('./engine.js')

/** What can be asked of the database instead of loading the core: of a manifest, unless an option has more to say. */
function question(manifest: Manifest | undefined, chosen: Settings): ((open: boolean) => string) | undefined {
  if (!manifest?.digest || !usual(chosen) || (chosen.convention ?? manifest.convention) !== manifest.convention)
    return undefined
  const { digest } = manifest
  return (open) => digestQuery(chosen.core.table, digest, open)
}

const tooLate = async (chosen: Settings) => (await import('./late.js')).late(chosen, [])

async function ask(connection: Connection, sql: string, chosen: Settings): Promise<Asked> {
  try {
    return {
      sql,
      answer: bare({ rows: [...(await unlessTold(chosen, connection.query(sql), () => tooLate(chosen)))] }),
    }
  } catch (cause) {
    // What the driver itself refuses says nothing about the database. Nor does a signal; whether an answer is still to come, is unknown then.
    if (cause instanceof MigrationError) {
      connection.close?.(true)
      throw cause
    }
    return { sql, cause }
  }
}

/** Runs `goal`. `current` is what comes of it if the ledger is that of the manifest, if that can be told without the core. */
async function run<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  set: AnyMigrations,
  goal: RunGoal['goal'],
  options: AnyOptions,
  names: Names,
  current?: (manifest: Manifest) => Outcome | undefined,
): Promise<Ended> {
  const begin = performance.now()
  let found
  let manifest: Manifest | undefined
  try {
    found = settings(options, names)
    if (!found || !driver.takes(Object(db)))
      throw (await import('./wrong-database.js')).refusal(db, driver.entry, options, names)
    // What is wrong with one is said when it is read.
    manifest = isManifest(set) ? set : undefined
  } catch (error) {
    // A getter of the caller's, or a Proxy.
    throw error instanceof MigrationError ? error : (await import('./wrong-database.js')).unreadable(error)
  }
  const chosen = found
  const { signal } = chosen
  const asks = current && question(manifest, chosen)
  const prepare = async () => (await engine()).prepare(set, chosen)
  const prepared = asks ? undefined : await prepare()
  const writes = goal === 'up' || goal === 'down'
  const work = async () => {
    if (prepared) return prepared(driver, db, goal, begin)
    if (!asks || signal?.aborted) return (await prepare())(driver, db, goal, begin)
    const connection = driver.connect(db)
    const asked = await ask(connection, asks(connection.capabilities.script), chosen)
    const { same, open } = asked.answer?.rows?.[0] ?? {}
    // In a transaction of the caller's there may be nothing to do, but who knows for how long.
    const intrudes = writes && open === 'true' && connection.capabilities.script
    const outcome = same === 'true' && !intrudes && !signal?.aborted && current(manifest!)
    if (outcome) {
      connection.close?.(false)
      return { outcome, roundTrips: 1, elapsedMs: Math.round(performance.now() - begin) }
    }
    let go
    try {
      go = await prepare()
    } catch (error) {
      connection.close?.(false)
      throw error
    }
    // It stays open meanwhile: one that breaks now is noticed by it, and not by the whole process.
    return go(driver, db, goal, begin, { connection, asked })
  }
  return writes && !driver.pooled?.(db) ? inTurn(db, work) : work()
}

const isCurrent = ({ count }: Manifest): Report => ({
  status: 'current',
  applied: [],
  adopted: [],
  reverted: [],
  skipped: count,
  findings: [],
  decisions: [],
})

function isReady({ newest, files }: Manifest): Readiness | undefined {
  // The newest file may stand beside a baseline that replaces it, and then it is not the newest of the ledger.
  // The folder is `lists` of set/companions.ts, written out: an entry has no byte to spare.
  const replaced = (file: ManifestFile) =>
    /(^|\/)\.counterfoil\//.test(file?.path) && file.sql?.includes(JSON.stringify(newest))
  if (files.some(replaced)) return undefined
  const message = `ready: db=${newest ?? 'none'} expected=${newest ?? 'none'}`
  return { status: 'ready', httpStatus: 200, message, ...(newest !== null && { database: newest, expected: newest }) }
}

function result({ outcome, roundTrips, elapsedMs }: Ended): MigrateResult {
  return { ...(outcome as Report), roundTrips, elapsedMs }
}

/** Brings the database current. @internal */
export async function up<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  set: AnyMigrations,
  options: AnyOptions = {},
): Promise<MigrateResult> {
  return result(await run(driver, db, set, 'up', options, allowed.migrating, isCurrent))
}

/** Goes back. @internal */
export async function down<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  set: AnyMigrations,
  options: AnyOptions = {},
): Promise<MigrateResult> {
  return result(await run(driver, db, set, 'down', options, allowed.rollingBack))
}

/** Reads and plans. @internal */
export async function look<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  set: AnyMigrations,
  options: PlanOptions = {},
): Promise<Plan> {
  return (await run(driver, db, set, 'plan', options, allowed.seeing)).outcome as Plan
}

/** Reads and judges. @internal */
export async function judge<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  set: AnyMigrations,
  options: ReadOptions = {},
): Promise<Readiness> {
  return (await run(driver, db, set, 'ready', options, allowed.looking, isReady)).outcome as Readiness
}

/** Marks migrations without running them. @internal */
export const mark: typeof import('./stamp.js').stampListed = async (...given) =>
  (await import('./stamp.js')).stampListed(...given)

/**
 * Starts the core. `migrate` and the others do this themselves when they need it, so this is only to say where its
 * bytes are, or to have it started early: see `init` of `counterfoil`.
 *
 * @throws MigrationError `core-unavailable` if the bytes cannot be fetched or compiled; the next call tries again
 */
export async function init(source?: CoreSource | Promise<CoreSource>): Promise<void> {
  // A promise that fails before the engine is there has somebody who waits for it.
  if (source instanceof Promise) source.catch(() => {})
  await (await engine()).init(source)
}
