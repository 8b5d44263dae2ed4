// What a driver needs beyond the one question: files, the core, the loop. Loaded when the question was not enough.
import type { Begun, Driver, Ended, Lock, Outcome } from './driver.js'
import { catalogOf } from './catalogs.js'
import { refuseEmpty } from './empty.js'
import type { Capabilities, Readiness, RunGoal, RunOptions } from '../core/core.js'
import { drive } from './drive.js'
import { visible } from '../shared/printed.js'
import { loadFiles, type AnyMigrations } from '../set/files.js'
import { coreNow, init } from '../wasm/init.js'
import { conventionOf } from '../set/manifest.js'
import { bare, type Settings } from '../options/options.js'
import type { Finding } from '../options/public.js'

export { init }

/** Loads files and core. What comes back runs a goal. @internal */
export async function prepare(set: AnyMigrations, chosen: Settings) {
  const [files] = await Promise.all([loadFiles(set), init()])
  return async <Db extends object>(
    driver: Driver<Db>,
    db: Db,
    kind: RunGoal['goal'],
    begin: number,
    begun?: Begun,
  ): Promise<Ended> => {
    const writes = kind === 'up' || kind === 'down'
    const { steps, to, dryRun: dry = false } = chosen.core
    const goal: RunGoal = kind === 'down' ? { goal: kind, steps, to, dry } : { goal: kind }
    let connection = begun?.connection
    let lock: Lock | undefined
    try {
      lock = writes ? await driver.lock?.(db) : undefined
      chosen.core.exclusive = lock !== undefined && !lock.finding
      chosen.core.runner = runner()
      const catalog = catalogOf(set, files, conventionOf(set, chosen.convention))
      if (!chosen.allowEmpty) refuseEmpty(set, files, chosen.convention, catalog)
      const open = connection ?? driver.connect(db)
      // From here on it is the loop that closes it.
      connection = undefined
      const { Machine } = coreNow()
      const make = (capabilities: Capabilities) =>
        new Machine(catalog, bare(goal), chosen.core as RunOptions, capabilities)
      const ended = await drive(open, make, chosen, begin, lock, begun?.asked)
      const outcome = lock?.finding ? noted(ended.outcome, lock.finding) : ended.outcome
      return { ...ended, outcome: 'httpStatus' in outcome ? onOneLine(outcome) : outcome }
    } finally {
      connection?.close?.(false)
      lock?.release()
    }
  }
}

/** What is told of versions in a ledger is for a log: whoever wrote them, it is one line. */
const onOneLine = (readiness: Readiness): Readiness => ({ ...readiness, message: visible(readiness.message) })

/** What a run did, with what a person should know of it. */
const noted = (outcome: Outcome, finding: Finding): Outcome =>
  'applied' in outcome ? { ...outcome, findings: [...outcome.findings, finding] } : outcome

/** A random text that tells this run from all others. */
function runner(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
