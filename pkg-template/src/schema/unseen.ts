// Of which migrations a schema tells nothing: it is the same before and after them. Loaded when it is asked for.
import { picked } from '../options/picked.js'
import { settings, type AnyOptions } from '../options/options.js'
import type { AnyMigrations } from '../set/files.js'
import { review } from '../wasm/review.js'
import type { SchemaDifferences } from './public.js'
import { replayed, type MakePGlite } from './replay.js'
import { reading } from './rows.js'
import type { Trace } from './trace.js'

/** So many facts that differ are more than notes; they are not compared. */
const many = 500

/** In both of what is compared: nothing would be no schema. */
const present = ['table', 'counterfoil', '{}'] as const

/**
 * The last of `applied`, in their order, after the first one whose schema is already that of all of them. What is written over later
 * counts as well: that an index was made and dropped again does not show. What is a note for `verify` does not count.
 *
 * `without`: versions that are not replayed. @internal
 */
export async function unseen(
  set: AnyMigrations,
  options: AnyOptions,
  applied: readonly string[],
  without: readonly string[],
  make: MakePGlite,
): Promise<readonly string[]> {
  const { diffSchemas, snapshotOf, snapshotQuery } = await review()
  const { name, schema } = settings(picked(options, reading), reading)!.core.table
  const trace = await replayed(set, options, without, make, async (_, __, trace?: Trace) => trace!, {
    trace: snapshotQuery([[schema ?? 'public', name]]) as string,
  })
  const server = trace.start.find(([, name]) => name === '')!
  const facts = historyOf(trace, applied)
  // How many facts are otherwise after so many migrations than after all.
  const otherwise = Array.from({ length: applied.length + 1 }, (_, count) =>
    facts.filter(({ at }) => at(count) !== at(applied.length)),
  )
  const same = otherwise.findIndex((differing, count) => {
    if (differing.length === 0) return true
    if (differing.length > many) return false
    const after = (count: number) =>
      snapshotOf([
        server,
        present,
        ...differing.flatMap(({ kind, name, at }) => {
          const data = at(count)
          return data === null ? [] : [[kind, name, data]]
        }),
      ])
    const { differences } = diffSchemas({
      expected: after(count),
      actual: after(applied.length),
    }) as SchemaDifferences
    return differences.length === 0
  })
  return applied.slice(same)
}

/** A fact, and its data after so many migrations: null where it is not there. */
interface FactHistory {
  readonly kind: string
  readonly name: string
  readonly at: (count: number) => string | null
}

/** The facts that a migration changes. */
function historyOf({ start, effects }: Trace, applied: readonly string[]): readonly FactHistory[] {
  const place = new Map(applied.map((version, index) => [version, index + 1]))
  const before = new Map(start.map(([kind, name, data]) => [JSON.stringify([kind, name]), data]))
  const changes = new Map<string, [count: number, data: string | null][]>()
  for (const { version, facts } of effects)
    for (const [kind, name, data] of facts) {
      const key = JSON.stringify([kind, name])
      const known = changes.get(key)
      const change: [number, string | null] = [place.get(version) ?? applied.length, data]
      if (known) known.push(change)
      else changes.set(key, [[0, before.get(key) ?? null], change])
    }
  return [...changes].map(([key, changed]) => {
    const [kind, name] = JSON.parse(key) as [string, string]
    return { kind, name, at: (count) => changed.findLast(([when]) => when <= count)![1] }
  })
}
