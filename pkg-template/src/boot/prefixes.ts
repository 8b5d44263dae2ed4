// The digests that a ledger has on its way to the whole set. Needs the core.
import { catalogOf } from '../run/catalogs.js'
import { loadFiles } from '../set/files.js'
import { init } from '../wasm/init.js'
import { conventionOf } from '../set/manifest.js'
import type { AnyMigrations, Convention } from '../options/public.js'

/** By digest, how many of the first migrations of the set lead to it; the whole set last. @internal */
export async function prefixesOf(
  migrations: AnyMigrations,
  convention: Convention | undefined,
): Promise<Map<string, number>> {
  const [files] = await Promise.all([loadFiles(migrations), init()])
  const { prefixes } = catalogOf(migrations, files, conventionOf(migrations, convention))
  const numbers = new Map<string, number>()
  // Without any migration there is nothing to start from. Of two with one digest the later one stands for both: a new
  // database passes over what a baseline replaces.
  const [nothing, ...digests] = prefixes as (string | null)[]
  for (const [index, digest] of digests.entries())
    if (digest !== null && digest !== nothing) numbers.set(digest, index + 1)
  return numbers
}
