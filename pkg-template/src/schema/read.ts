// `snapshot` and `verify`: the schema that is there, and whether it is the one that the migrations make. Loaded when one of
// them is called.
import { judge, look } from '../run/actions.js'
import type { Driver } from '../run/driver.js'
import { allowed, isObject, type AnyOptions } from '../options/options.js'
import { picked } from '../options/picked.js'
import { mustBeRight } from '../options/wrong-options.js'
import type { AnyMigrations } from '../set/files.js'
import { invalid, theOption } from '../shared/mentions.js'
import { review } from '../wasm/review.js'
import { explain, ignore, replay } from './checks.js'
import { expectedOf } from './expected.js'
import { reading, rowsOf } from './rows.js'
import type { DiffOptions, SchemaDifferences, Snapshot, SnapshotOptions, Verified, VerifyOptions } from './public.js'

/** Reads the schema. @internal */
export async function snapshot<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  options: SnapshotOptions = {},
): Promise<Snapshot> {
  mustBeRight(options, reading, {})
  return taken(driver, db, options)
}

const taken = async <Db extends object>(driver: Driver<Db>, db: Db, options: AnyOptions): Promise<Snapshot> =>
  (await review()).snapshotOf(await rowsOf(driver, db, options)) as Snapshot

/** Compares two. @internal */
export async function diffSchemas(
  expected: Snapshot,
  actual: Snapshot,
  options: DiffOptions = {},
): Promise<SchemaDifferences> {
  mustBeRight(options, [], { ignore })
  return (await review()).diffSchemas({ expected, actual, ...options }) as SchemaDifferences
}

const isSnapshot = (value: object): value is Snapshot => (value as Partial<Snapshot>).counterfoil === 'snapshot'

/** Compares what is there with what is expected. @internal */
export async function verify<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  from: AnyMigrations | Snapshot,
  options: VerifyOptions = {},
): Promise<Verified> {
  mustBeRight(options, allowed.looking, { ignore, replay, explain })
  const { replay: make, ignore: without, explain: explains, ...others } = options
  const compared = async (expected: Snapshot, { pending, ahead } = nothing): Promise<Verified> => {
    const actual = await taken(driver, db, picked(others, reading))
    const found = await diffSchemas(expected, actual, without ? { ignore: without } : {})
    const status = found.differences.length > 0 ? 'differs' : found.notCompared.length > 0 ? 'partly-compared' : 'same'
    return { status, ...found, pending, ahead, expected }
  }
  const none = () =>
    invalid(
      'a snapshot does not say which migrations made it',
      'hand in the migrations, and what makes an empty PGlite',
      [theOption('explain')],
    )
  if (isObject(from) && isSnapshot(from)) {
    if (explains) throw none()
    return compared(from)
  }
  const set = from as AnyMigrations
  const kept = make ? undefined : await expectedOf(set)
  if (kept && explains) throw none()
  // One query if all is well.
  if (kept && (await judge(driver, db, set, others)).status === 'ready') return compared(kept)
  if (!kept && !make)
    throw invalid(
      'there is nothing to replay the migrations in',
      'hand in what makes an empty PGlite, or a snapshot in place of the migrations',
      [theOption('replay')],
    )
  const { decisions } = await look(driver, db, set, others)
  const versions = (chosen: typeof decisions) => chosen.map(({ version }) => version)
  const pending = versions(decisions.filter(({ action }) => action === 'apply'))
  const ahead = versions(decisions.filter(({ code }) => code === 'ahead'))
  const found = await compared(kept ?? (await replayed(set, others, pending, make!)), { pending, ahead })
  if (!explains || found.status !== 'differs') return found
  const { evidenceOf } = await import('./evidence.js')
  const open = versions(decisions.filter(({ action, path }) => action !== 'apply' && path))
  return { ...found, evidence: await evidenceOf(driver, db, set, others, { told: [], open }, make!) }
}

const nothing: Pick<Verified, 'pending' | 'ahead'> = { pending: [], ahead: [] }

/** The schema that the migrations make, without those that are pending. @internal */
export async function replayed(
  set: AnyMigrations,
  options: AnyOptions,
  pending: readonly string[],
  make: () => object | Promise<object>,
): Promise<Snapshot> {
  const replays = await import('./replay.js')
  return replays.replayed(set, options, pending, make, (lite, empty) => taken(lite, empty, picked(options, reading)))
}
