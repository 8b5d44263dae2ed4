// The chain in an empty PGlite, and what has come of it.
import { pglite } from '../drivers/pglite-driver.js'
import { settings, type AnyOptions, type Names } from '../options/options.js'
import { up } from '../run/actions.js'
import { amending } from '../run/amend.js'
import { stamp } from '../run/stamp.js'
import type { Snapshot } from '../schema/public.js'
import { snapshot } from '../schema/read.js'
import { failure } from '../shared/errors.js'
import { contentsOf, surroundingsOf, type Contents, type Surroundings } from './contents.js'
import type { MakePGlite, SquashPGlite } from './public.js'

/** What somebody must be who replays: the options of a run that only reads. @internal */
export const replaying = ['convention', 'table', 'schema', 'policy', 'env', 'signal'] as const satisfies Names

/** A database in which migrations have been replayed. @internal */
export interface Replayed {
  readonly db: SquashPGlite
  /** What there was before. */
  readonly before: Surroundings
  readonly after: Surroundings
  readonly schema: Snapshot
  /** Read when it is asked for. */
  contents(): Promise<Contents>
}

/** What is sent to a chain, from the schema that it has made. @internal */
export type Then = (schema: () => Promise<Snapshot>) => Promise<readonly string[]>

const picked = (options: AnyOptions, names: Names): AnyOptions =>
  Object.fromEntries(names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])))

/** Where the ledger of these options lies. @internal */
export function ledgerOf(options: AnyOptions): { schema: string; name: string } {
  const { schema, name } = settings(options, replaying)!.core.table
  return { schema: schema ?? 'public', name }
}

/** An empty one. @internal */
export async function made(make: MakePGlite): Promise<SquashPGlite> {
  const db = (await ('create' in make ? make.create() : make())) as Partial<SquashPGlite> | null
  if (typeof db?.query === 'function' && typeof db.exec === 'function' && typeof db.close === 'function')
    return db as SquashPGlite
  throw failure(
    'invalid-input',
    'what makes a PGlite has made none',
    'pass the class PGlite, or `() => PGlite.create({ extensions })`',
  )
}

/**
 * Replays migrations, hands over what has come of it, and closes the database. `without`: versions that are not run. What
 * `then` makes of the schema is sent afterwards, before anything else is read.
 * @internal
 */
export async function replayed<T>(
  make: MakePGlite,
  files: Readonly<Record<string, string>>,
  options: AnyOptions,
  without: readonly string[],
  work: (replayed: Replayed) => Promise<T>,
  then?: Then,
): Promise<T> {
  const db = await made(make)
  try {
    const before = await surroundingsOf(db)
    const lite = db as Parameters<(typeof pglite)['connect']>[0] & object
    if (without.length > 0) await stamp(pglite, lite, files, without, picked(options, amending))
    await up(pglite, lite, files, options)
    const schemaNow = () => snapshot(pglite, lite, picked(options, ['table', 'schema', 'signal']))
    for (const sql of (await then?.(schemaNow)) ?? []) await db.exec(sql)
    const schema = await schemaNow()
    const after = await surroundingsOf(db)
    return await work({ db, before, after, schema, contents: () => contentsOf(db, ledgerOf(options)) })
  } finally {
    await db.close()
  }
}
