// The development loop on a PGlite that somebody has open: in a tab, or in Node. Made anew is what it holds, and not the database
// itself: so whoever has it, keeps it, and it may be kept in IndexedDB.
import { up } from '../run/actions.js'
import { pglite } from '../drivers/pglite-driver.js'
import { speaks, type PGliteLike } from '../drivers/pglite-like.js'
import { allowed, isFlag, isObject, isText, type AnyOptions } from '../options/options.js'
import { mustBeRight, type Checked } from '../options/wrong-options.js'
import { loadFiles, type AnyMigrations } from '../set/files.js'
import { MigrationError, failure } from '../shared/errors.js'
import { replayed } from '../schema/replay.js'
import { snapshotsInIndexedDB, snapshotsInMemory, type SnapshotStore } from '../snapshots.js'
import { carryOut, decide, notKept, type Goal, type Place } from './develop.js'
import { emptied } from './emptied.js'
import { mustBeOurs } from './mark.js'
import type { Developed, DevelopOptions, ResetOptions } from './public.js'
import { Texts } from './texts.js'

const isFunction = (value: unknown) => typeof value === 'function'
const isStore = (value: unknown) =>
  isObject(value) &&
  ['keys', 'get', 'set', 'delete'].every((name) => isFunction((value as Record<string, unknown>)[name]))

const checks = {
  adopt: [isText, 'the name of the database'],
  replay: [isFunction, 'a function that makes an empty PGlite'],
  texts: [isStore, 'a store of snapshots'],
  onPlan: [isFunction, 'a function'],
} as const satisfies Record<string, Checked>

const resetting = {
  ...checks,
  seed: [(value: unknown) => isText(value) || isFunction(value), 'SQL or a function'],
} as const
const developing = { ...checks, reset: [isFlag, 'true or false'] } as const

const running = allowed.migrating.filter((name) => name !== 'when' && name !== 'expect')

let common: SnapshotStore | undefined

/** Where texts are kept if nobody says. */
const usual = (): SnapshotStore =>
  (common ??=
    typeof indexedDB === 'undefined'
      ? snapshotsInMemory({ keep: Infinity })
      : snapshotsInIndexedDB('counterfoil-dev', { keep: Infinity }))

const queues = new WeakMap<object, Promise<unknown>>()

/** One after the other: a file may be saved again while the last save is being applied. */
function inTurn<T>(db: object, work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(db) ?? Promise.resolve()).then(work)
  queues.set(
    db,
    turn.catch(() => {}),
  )
  return turn
}

/** A step of the loop. @internal */
export async function develop(
  db: PGliteLike,
  set: AnyMigrations,
  given: DevelopOptions & ResetOptions,
  goal: Goal,
): Promise<Developed> {
  const own: Readonly<Record<string, Checked>> = goal === 'reset' ? resetting : developing
  mustBeRight(given, running, own)
  if (!pglite.takes(Object(db)))
    throw failure('invalid-input', 'what is to be developed on is not a PGlite', 'pass a PGlite that is open')
  const { reset = goal === 'reset', adopt, replay, texts = usual(), seed, onPlan, ...rest } = given
  const options = rest as AnyOptions
  return inTurn(db, async () => {
    // What cannot be read, changes nothing.
    const files = await loadFiles(set)
    await mustBeOurs(db, adopt)
    const place: Place<PGliteLike> = { driver: pglite, db, set, options, texts: new Texts(texts), replay, reset }
    const decided = await decide(place, goal)
    if (decided.way !== 'rebuilt') return carryOut(place, decided, onPlan)
    const { existing: _, onProgress: __, ...trial } = options
    // It may be that it cannot be run at all.
    if (replay) await replayed(set, trial, [], replay, async () => {})
    await emptied(db)
    const unkept = await place.texts.keep(files)
    const result = await up(pglite, db, set, options)
    if (typeof seed === 'string') await seeded(db, seed)
    else await seed?.()
    const { changed, lost, message } = decided
    const findings = unkept === undefined ? result.findings : [...result.findings, notKept(unkept)]
    return { ...result, findings, way: 'rebuilt', changed, lost, message }
  })
}

/** Runs what fills a database, as one transaction unless it says otherwise. */
async function seeded(db: PGliteLike, sql: string): Promise<void> {
  try {
    await db.exec(sql)
    if (speaks(db)) await db.syncToFs()
  } catch (cause) {
    const { message, code } = Object(cause) as { message?: string; code?: string }
    throw new MigrationError(
      {
        code: 'seed-failed',
        message: `what was to fill the database failed: ${message ?? String(cause)}${code ? ` (${code})` : ''}`,
        help: 'the migrations are applied; mend it, and reset again',
      },
      { cause },
    )
  }
}
