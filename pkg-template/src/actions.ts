// What every driver offers, on top of a connection.
import { catalogOf } from './catalogs.js'
import type { RunGoal, Plan, Readiness, Report } from './core/core.js'
import { inTurn, type Connection } from './database.js'
import { drive, type Ended, type Guard } from './drive.js'
import { loadFiles } from './files.js'
import { init } from './init.js'
import { allowed, settings, type AnyOptions, type Settings } from './options.js'
import type { LazySqlSource, MigrateResult, Migrations, ReadOptions } from './public.js'

/** A driver: how to talk to its databases. @internal */
export interface Driver<Db extends object> {
  connect(db: Db): Connection
  /** Keeps other processes off a database that only one may write to. */
  guard?(db: Db): Promise<Guard | undefined>
  /** Whether every run has a session of its own. */
  pooled?(db: Db): boolean
}

type Set = Migrations<LazySqlSource>

async function run<Db extends object>(driver: Driver<Db>, db: Db, set: Set, goal: RunGoal, chosen: Settings, writes: boolean): Promise<Ended> {
  const [files] = await Promise.all([loadFiles(set), init()])
  const work = async () => {
    const guard = writes ? await driver.guard?.(db) : undefined
    try {
      chosen.core.exclusive = guard !== undefined
      const catalog = catalogOf(set, files, chosen.convention)
      return await drive(driver.connect(db), catalog, goal, chosen, guard)
    } finally {
      guard?.release()
    }
  }
  return writes && !driver.pooled?.(db) ? inTurn(db, work) : work()
}

function result({ outcome, roundTrips, elapsedMs }: Ended): MigrateResult {
  return { ...(outcome as Report), roundTrips, elapsedMs }
}

/** Brings the database current. @internal */
export async function up<Db extends object>(driver: Driver<Db>, db: Db, set: Set, options: AnyOptions = {}): Promise<MigrateResult> {
  return result(await run(driver, db, set, { goal: 'up' }, settings(options, allowed.migrating), true))
}

/** Goes back. @internal */
export async function down<Db extends object>(driver: Driver<Db>, db: Db, set: Set, options: AnyOptions = {}): Promise<MigrateResult> {
  const chosen = settings(options, allowed.rollingBack)
  return result(await run(driver, db, set, { goal: 'down', steps: chosen.steps, to: chosen.to }, chosen, true))
}

/** Reads and plans. @internal */
export async function look<Db extends object>(driver: Driver<Db>, db: Db, set: Set, options: ReadOptions = {}): Promise<Plan> {
  return (await run(driver, db, set, { goal: 'plan' }, settings(options, allowed.looking), false)).outcome as Plan
}

/** Reads and judges. @internal */
export async function judge<Db extends object>(driver: Driver<Db>, db: Db, set: Set, options: ReadOptions = {}): Promise<Readiness> {
  return (await run(driver, db, set, { goal: 'ready' }, settings(options, allowed.looking), false)).outcome as Readiness
}
