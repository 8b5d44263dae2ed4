// What a schema says of the migrations: the replays that the review module asks for. Loaded when there is a question.
import { describe } from '../run/database.js'
import type { Driver } from '../run/driver.js'
import { settings, type AnyOptions } from '../options/options.js'
import { picked } from '../options/picked.js'
import { loadFiles, type AnyMigrations } from '../set/files.js'
import { conventionOf } from '../set/manifest.js'
import { MigrationError } from '../shared/errors.js'
import { identifier } from '../shared/quote.js'
import { review } from '../wasm/review.js'
import type { Evidence } from './public.js'
import { replayed, type MakePGlite } from './replay.js'
import { ledgerIn, reading, rowsOf } from './rows.js'
import { Trace, type Effects, type SchemaRow } from './trace.js'

/** Which versions count as applied, and are a question or not. @internal */
export interface Question {
  readonly told: readonly string[]
  readonly open: readonly string[]
  /** One that began and did not end. */
  readonly half?: string
}

type Turn =
  | {
      readonly type: 'replay'
      readonly without: readonly string[]
      readonly late: readonly string[]
      readonly trace: string | null
      readonly then: readonly string[]
    }
  | { readonly type: 'done'; readonly report: Evidence }

interface Came {
  rows?: readonly SchemaRow[]
  start?: readonly SchemaRow[]
  effects?: readonly Effects[]
  failed?: { path?: string; message: string }
  stopped?: { number: number; message: string }
}

/** What a replay takes of the options of a call. @internal */
export const replaying = ['table', 'schema', 'convention', 'policy', 'env', 'allowEmpty', 'signal'] as const

/** Asks the schema. @internal */
export async function evidenceOf<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  set: AnyMigrations,
  options: AnyOptions,
  question: Question,
  make: MakePGlite,
): Promise<Evidence> {
  const { inquiry } = await review()
  const chosen = picked(options, reading)
  const live = await rowsOf(driver, db, chosen)
  const files = await loadFiles(set)
  const made = inquiry({
    ...question,
    live,
    ledgers: [ledgerIn(settings(chosen, reading)!)],
    files: files.paths.map((path, index) => [path, files.sqls[index]]),
    convention: conventionOf(set, options.convention),
  })
  const how = picked(options, replaying)
  try {
    let turn = made.next(null) as Turn
    while (turn.type === 'replay') turn = made.next(await came(set, how, turn, make)) as Turn
    return turn.report
  } finally {
    made.free()
  }
}

/** What comes of a replay. */
async function came(
  set: AnyMigrations,
  options: AnyOptions,
  { without, late, trace: sql, then }: Turn & { type: 'replay' },
  make: MakePGlite,
): Promise<Came> {
  const query = sql ?? undefined
  try {
    return await replayed(
      set,
      options,
      without,
      make,
      async (driver, lite, before) => {
        const trace = before ?? (query === undefined ? undefined : new Trace(lite, query))
        if (trace && !before) {
          await trace.begin()
          const path = [options.schema ?? []].flat()
          if (path.length > 0) await lite.exec(`set search_path to ${path.map(identifier).join(', ')}`)
          for (const [index, statement] of then.entries()) {
            const number = index + 1
            // Why it began and did not end is often that one of them fails.
            const message = await lite.exec(statement).then(
              () => undefined,
              (error) => describe(error).message ?? String(error),
            )
            if (message !== undefined)
              return { rows: trace.now, start: trace.start, effects: trace.effects, stopped: { number, message } }
            await trace.look()
            trace.ended(`${number}`)
          }
        }
        const rows = await rowsOf(driver, lite, picked(options, reading))
        return { rows, ...(trace && { start: trace.start, effects: trace.effects }) }
      },
      { late, trace: then.length > 0 ? undefined : query },
    )
  } catch (error) {
    // What the maker throws is the caller's, and so is a signal.
    if (!(error instanceof MigrationError) || !error.at?.path) throw error
    return { failed: { path: error.at.path, message: error.message } }
  }
}
