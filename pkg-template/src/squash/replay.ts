// The chain in an empty PGlite, and what has come of it.
import { settings, type AnyOptions, type Names } from '../options/options.js'
import { picked } from '../options/picked.js'
import type { Snapshot } from '../schema/public.js'
import { snapshot } from '../schema/read.js'
import { replayed as replay } from '../schema/replay.js'
import { ledgerIn } from '../schema/rows.js'
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
export type Aside = (schema: () => Promise<Snapshot>) => Promise<readonly string[]>

/** Where the ledger of these options lies. @internal */
export function ledgerOf(options: AnyOptions): { schema: string; name: string } {
  const [schema, name] = ledgerIn(settings(options, replaying)!)
  return { schema, name }
}

/** An empty one. @internal */
export async function made(make: MakePGlite): Promise<SquashPGlite> {
  const db = (await (async () => ('create' in make ? make.create() : make()))()) as Partial<SquashPGlite> | null
  if (typeof db?.query === 'function' && typeof db.exec === 'function' && typeof db.close === 'function')
    return db as SquashPGlite
  throw failure(
    'invalid-input',
    'what makes a PGlite has made none',
    'pass the class PGlite, or `() => PGlite.create({ extensions })`',
  )
}

/**
 * Replays migrations, hands over what has come of it, and closes the database. `without`: versions that are not run. What `aside`
 * makes of the schema is sent afterwards, before anything else is read.
 * @internal
 */
export async function replayed<T>(
  make: MakePGlite,
  files: Readonly<Record<string, string>>,
  options: AnyOptions,
  without: readonly string[],
  work: (replayed: Replayed) => Promise<T>,
  aside?: Aside,
): Promise<T> {
  let before: Surroundings
  const fresh = async () => {
    const db = await made(make)
    before = await surroundingsOf(db)
    return db
  }
  return replay(files, options, without, fresh, async (driver, lite) => {
    const db = lite as SquashPGlite & typeof lite
    const schemaNow = () => snapshot(driver, db, picked(options, ['table', 'schema', 'signal']))
    for (const sql of (await aside?.(schemaNow)) ?? []) await db.exec(sql)
    const schema = await schemaNow()
    const after = await surroundingsOf(db)
    return work({ db, before, after, schema, contents: () => contentsOf(db, ledgerOf(options)) })
  })
}
