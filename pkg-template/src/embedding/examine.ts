// Reads a set for embedding: its manifest, and what is to be said about it.
import { isUnread } from '../set/companions.js'
import { emptiness } from '../run/empty.js'
import { MigrationError } from '../shared/errors.js'
import { withLineFeeds, withoutMark } from '../shared/texts.js'
import { filesNow, type Migrations } from '../set/files.js'
import { translated } from '../wasm/translated.js'
import { coreNow } from '../wasm/init.js'
import { conventionOf, type Manifest } from '../set/manifest.js'
import { allowed, bare } from '../options/options.js'
import { checkedOptions } from '../options/wrong-options.js'
import type { Finding, ReadOptions } from '../options/public.js'

/** Options of `embed`. */
export type EmbedOptions = Pick<ReadOptions, 'convention' | 'policy'>

/** A set that was read for embedding. @internal */
export interface Examined {
  manifest: Manifest
  /** Why the set must not be embedded. */
  problems: MigrationError[]
  /** What was noticed besides. */
  findings: Finding[]
  /** What is to be said if there is no migration in it. */
  empty: MigrationError | undefined
}

/** The manifest, and what is to be said about the set. @internal */
export function examine(migrations: Migrations, options: EmbedOptions = {}): Examined {
  const chosen = checkedOptions(options, allowed.embedding)
  const convention = conventionOf(migrations, chosen.convention)
  // What is not run here may have run by other means: the database knows that, and the set is asked again there.
  const policy = bare({ 'not-run': 'warning' as const, ...chosen.core.policy })
  const given = filesNow(migrations)
  const { paths, sqls } = given
  const core = coreNow()
  const catalog = translated(() => new core.Catalog(paths, sqls, convention))
  try {
    // What an empty database would say: it has to run everything.
    const { decisions, findings } = translated(() =>
      core.plan(paths, sqls, convention, bare({ exists: false, rows: [] }), bare({ policy })),
    )
    const problems = [
      ...findings.filter(({ severity }) => severity === 'error').map((finding) => new MigrationError(finding)),
      ...decisions
        .filter(({ severity }) => severity === 'error')
        .map((it) => new MigrationError({ code: 'plan-refused', message: it.message ?? it.code, help: it.help ?? '' })),
    ]
    const checksums = new Map<string, string>(catalog.checksums)
    const files = paths.map((path, index) => ({
      path,
      // That it is there is what counts of what is not run.
      sql: isUnread(path) ? '' : canonical(sqls[index] ?? ''),
      checksum: checksums.get(path) ?? null,
    }))
    files.sort((a, b) => (a.path < b.path ? -1 : 1))
    const { digest = null, newest = null, count, convention: found } = catalog
    return {
      manifest: { manifest: 1, convention: found, digest, newest, count, files },
      problems,
      findings: findings.filter(({ severity }) => severity !== 'error'),
      empty: emptiness(migrations, given, convention, catalog),
    }
  } finally {
    catalog.free()
  }
}

/**
 * Without a byte order mark, lines ending in LF, as the core reads it. Where reading that once more would give something
 * else again (`\r\r\n`), the text stays as it is: a file has one checksum, embedded or not.
 */
function canonical(sql: string): string {
  const once = canonicalOnce(sql)
  return canonicalOnce(once) === once ? once : sql
}

const canonicalOnce = (sql: string) => withLineFeeds(withoutMark(sql))
