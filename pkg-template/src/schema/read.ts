// `snapshot` and `verify`: the schema that is there, and whether it is the one that the migrations make. Loaded when one of
// them is called.
import { look } from '../run/actions.js'
import { describe, unlessTold } from '../run/database.js'
import type { Driver } from '../run/driver.js'
import { refusal } from '../run/wrong-database.js'
import { allowed, isObject, settings, type AnyOptions, type Names } from '../options/options.js'
import { picked } from '../options/picked.js'
import { mustBeRight, type Checked } from '../options/wrong-options.js'
import type { AnyMigrations } from '../set/files.js'
import { failure, MigrationError } from '../shared/errors.js'
import { invalid, theOption } from '../shared/mentions.js'
import { review } from '../wasm/review.js'
import type { DiffOptions, SchemaDifferences, Snapshot, SnapshotOptions, Verified, VerifyOptions } from './public.js'

const reading = ['table', 'schema', 'signal', 'waitTimeout'] as const satisfies Names

const kinds = ['privileges', 'owners']
const ignore: Checked = [
  (value) => Array.isArray(value) && value.every((kind) => kinds.includes(kind)),
  'an array of privileges, owners',
]
const replay: Checked = [(value) => typeof value === 'function', 'a function that makes a PGlite']

/** Reads the schema. @internal */
export async function snapshot<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  options: SnapshotOptions = {},
): Promise<Snapshot> {
  mustBeRight(options, reading, {})
  return taken(driver, db, options)
}

async function taken<Db extends object>(driver: Driver<Db>, db: Db, options: AnyOptions): Promise<Snapshot> {
  const chosen = settings(options, reading)
  if (!chosen || !driver.takes(Object(db))) throw refusal(db, driver.entry, options, reading)
  const { snapshotQuery, snapshotOf } = await review()
  const { schema, name } = chosen.core.table
  const sql = snapshotQuery([[schema ?? 'public', name]]) as string
  const connection = driver.connect(db)
  let failed = true
  try {
    const rows = await unlessTold(chosen, connection.query(sql), async () =>
      (await import('../run/late.js')).late(chosen, []),
    )
    failed = false
    return snapshotOf(rows.map(({ kind, name, data }) => [kind, name, data])) as Snapshot
  } catch (error) {
    throw error instanceof MigrationError ? error : unread(error)
  } finally {
    connection.close?.(failed)
  }
}

function unread(cause: unknown): MigrationError {
  const { lost, message } = describe(cause)
  return lost
    ? failure('connection-lost', `the connection was lost: ${message}`, 'run it again: nothing was written', cause)
    : failure(
        'database-failed',
        `the schema could not be read: ${message}`,
        'see that this role may read the catalogs of the database; nothing was written',
        cause,
      )
}

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
  mustBeRight(options, allowed.looking, { ignore, replay })
  const { replay: make, ignore: without, ...others } = options
  const compared = async (expected: Snapshot, pending: readonly string[]): Promise<Verified> => {
    const actual = await taken(driver, db, picked(others, reading))
    const found = await diffSchemas(expected, actual, without ? { ignore: without } : {})
    const status = found.differences.length > 0 ? 'differs' : found.notCompared.length > 0 ? 'partly-compared' : 'same'
    return { status, ...found, pending, expected }
  }
  if (isObject(from) && isSnapshot(from)) return compared(from, [])
  if (!make)
    throw invalid(
      'there is nothing to replay the migrations in',
      'hand in what makes an empty PGlite, or a snapshot in place of the migrations',
      [theOption('replay')],
    )
  const set = from as AnyMigrations
  const { decisions } = await look(driver, db, set, others)
  const pending = decisions.filter(({ action }) => action === 'apply').map(({ version }) => version)
  const { replayed } = await import('./replay.js')
  const expected = await replayed(set, others, pending, make, (lite, empty) =>
    taken(lite, empty, picked(others, reading)),
  )
  return compared(expected, pending)
}
