// Sets that have been read: a server hands in the same files again and again, and reading them is most of the work.
import type { Convention } from '../options/public.js'
import type { Catalog } from '../core/core.js'
import { failure } from '../shared/errors.js'
import type { Files } from '../set/files.js'
import { translated } from '../wasm/translated.js'
import { coreNow } from '../wasm/start.js'
import { manifestOf, type Manifest } from '../set/manifest.js'

interface Read extends Files {
  convention: Convention | undefined
  catalog: Catalog
}

const known = new WeakMap<object, Read>()

/**
 * The catalog of a set; read again if any of its files has changed. `migrations` is the caller's object: what is known
 * is forgotten with it. The core has been started. @internal
 */
export function catalogOf(migrations: object, { paths, sqls }: Files, convention: Convention | undefined): Catalog {
  const before = known.get(migrations)
  if (before && before.convention === convention && same(before.paths, paths) && same(before.sqls, sqls))
    return before.catalog
  const { Catalog } = coreNow()
  const catalog = translated(() => new Catalog(paths, sqls, convention))
  compare(manifestOf(migrations), catalog)
  known.set(migrations, { paths, sqls, convention, catalog })
  // A run that still uses the old one shares it.
  before?.catalog.free()
  return catalog
}

/** The paths of a set that are known to throw nothing away on the way up: those that a run has looked into. @internal */
export const harmlessOf = (migrations: object): Set<unknown> => new Set(known.get(migrations)?.catalog.harmless)

/** What a manifest says of its files is what the fast path goes by; whoever changes one must change the other. */
function compare(manifest: Manifest | undefined, catalog: Catalog): void {
  if (!manifest || manifest.convention !== catalog.convention) return
  const { digest = null, newest = null, count } = catalog
  const what =
    manifest.digest !== digest
      ? 'digest'
      : manifest.newest !== newest
        ? 'newest version'
        : manifest.count !== count
          ? 'count'
          : undefined
  if (what === undefined) return
  catalog.free()
  throw failure('invalid-input', `the manifest's ${what} is not that of its files`, 'run `counterfoil embed` again')
}

const same = (a: string[], b: string[]) => a.length === b.length && a.every((text, index) => text === b[index])
