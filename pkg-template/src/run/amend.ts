// Changes to the ledger without a migration being run: what `stamp` and its like have in common. Loaded when one is called.
// What is to be sent says the review module; the loop is that of a run.
import type { Driver, Lock } from './driver.js'
import type { Answer, Capabilities } from '../core/core.js'
import type { Amended, Convention, AmendResult } from '../options/public.js'
import { bare, settings, type AnyOptions, type Names } from '../options/options.js'
import { init } from '../wasm/init.js'
import { review } from '../wasm/review.js'
import { loadFiles, type AnyMigrations, type Files } from '../set/files.js'
import { conventionOf } from '../set/manifest.js'
import { catalogOf } from './catalogs.js'
import { inTurn } from './database.js'
import { drive, type Driven, type Next } from './drive.js'
import { refuseEmpty } from './empty.js'
import { refusal } from './wrong-database.js'

/** The options of every change to the ledger. @internal */
export const amending = [
  'table',
  'schema',
  'convention',
  'policy',
  'allowEmpty',
  'signal',
  'lockTimeout',
  'waitTimeout',
  'session',
  'expect',
  'dryRun',
] as const satisfies Names

/** What is to be done to the ledger, as the review module takes it. @internal */
export type Errand = { readonly [name: string]: unknown }

/**
 * Does it. `options` are those of every change; `errand` is asked for once the set has been read, in the convention that it
 * was found to have. @internal
 */
export async function amend<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  set: AnyMigrations,
  options: AnyOptions,
  errand: (files: Files, convention: Convention) => Errand,
): Promise<AmendResult> {
  const begin = performance.now()
  const chosen = settings(options, amending)
  if (!chosen || !driver.takes(Object(db))) throw refusal(db, driver.entry, options, amending)
  const { dryRun: dry = false, ...core } = chosen.core
  const [files, { amendment }] = await Promise.all([loadFiles(set), review(), init()])
  const catalog = catalogOf(set, files, conventionOf(set, chosen.convention))
  if (!chosen.allowEmpty) refuseEmpty(set, files, chosen.convention, catalog)
  const { convention } = catalog
  const what = errand(files, convention)
  const work = async () => {
    let lock: Lock | undefined
    try {
      lock = dry ? undefined : await driver.lock?.(db)
      const make = ({ script }: Capabilities): Driven => {
        const [seed] = crypto.getRandomValues(new Uint32Array(1))
        const made = amendment({
          ...core,
          files: files.paths.map((path, index) => [path, files.sqls[index]]),
          convention,
          errand: what,
          dry,
          exclusive: lock !== undefined && !lock.finding,
          seed,
          script,
        })
        return {
          next: (answer: Answer | undefined, now) => ({ request: made.next(answer, now) as Next }),
          abort: () => {
            const request = made.abort() as Next | null
            return request ? { request } : undefined
          },
          free: made.free,
        }
      }
      const { outcome, ...took } = await drive(driver.connect(db), make, chosen, begin, lock)
      return bare({ ...(outcome as Amended), ...took })
    } finally {
      lock?.release()
    }
  }
  return driver.pooled?.(db) ? work() : inTurn(db, work)
}
