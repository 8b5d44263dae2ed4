// What has run, once more in an empty PGlite: which rows the migrations put there, and what their ways back take.
import { down, up } from '../run/actions.js'
import { amending } from '../run/amend.js'
import { stamp } from '../run/stamp.js'
import { pglite } from '../drivers/pglite-driver.js'
import type { PGliteLike } from '../drivers/pglite-like.js'
import type { AnyOptions } from '../options/options.js'
import { picked } from '../options/picked.js'
import { diffSchemas, snapshot } from '../schema/read.js'
import { tablesOf, type Asked, type Table } from './rows.js'
import type { TextSet } from './texts.js'

/** Makes an empty PGlite. @internal */
export type MakePGlite = () => object | Promise<object>

/** What is gone over. @internal */
export interface Ran {
  readonly set: TextSet
  readonly options: AnyOptions
  readonly ledger: { schema: string; name: string }
  /** Versions of the set that have not run. */
  readonly pending: readonly string[]
  /** Versions that are to be taken back, the newest first. */
  readonly back: readonly string[]
}

/** What the ways back have done. @internal */
export interface Taken {
  /** The tables that are gone, were made or written once more, or have lost a column or rows. */
  readonly tables: readonly string[]
  /** What they leave behind, or take too much, in words. */
  readonly left: readonly string[]
}

/**
 * Replays it. `work` is handed a database that has just what the migrations make; what its ways back do there is asked of `goBack`.
 *
 * @throws whatever stops a run @internal
 */
export async function rehearsed<T>(
  make: MakePGlite,
  { set, options, ledger, pending, back }: Ran,
  work: (made: Asked<PGliteLike> & { readonly tables: readonly Table[] }, goBack: () => Promise<Taken>) => Promise<T>,
): Promise<T> {
  const { existing: _, onProgress: __, ...rest } = options
  const db = (await make()) as PGliteLike & { close?(): Promise<void> }
  const schemaNow = () => snapshot(pglite, db, picked(rest, ['table', 'schema', 'signal']))
  const mark = (versions: readonly string[], as: 'applied' | 'not-applied') =>
    versions.length > 0 && stamp(pglite, db, set, versions, { ...picked(rest, amending), as })
  try {
    // Something that is in both schemas: nothing at all would not be one.
    await db.exec('create schema counterfoil_rehearsal create table nothing ()')
    await mark([...pending, ...back], 'applied')
    await up(pglite, db, set, rest)
    const before = await schemaNow()
    await mark(back, 'not-applied')
    if (back.length > 0) await up(pglite, db, set, rest)
    const tables = await tablesOf({ driver: pglite, db }, ledger)
    return await work({ driver: pglite, db, tables }, async () => {
      await down(pglite, db, set, { ...rest, steps: back.length })
      const { differences } = await diffSchemas(before, await schemaNow())
      const after = await tablesOf({ driver: pglite, db }, ledger)
      return { tables: lessIn(tables, after), left: differences.map(({ message }) => message) }
    })
  } finally {
    await db.close?.()
  }
}

/** The tables of which there is less than before. */
const lessIn = (before: readonly Table[], after: readonly Table[]): string[] =>
  before.flatMap((table) => {
    const now = after.find(({ name }) => name === table.name)
    // Where the migrations put no row, none of the replay's tells of a table that is another one now, or was rewritten.
    const same = now?.identity === table.identity
    const whole = table.columns.every(([, , number]) => now?.columns.some(([, , other]) => other === number))
    return now && same && whole && now.rows >= table.rows ? [] : [table.name]
  })
