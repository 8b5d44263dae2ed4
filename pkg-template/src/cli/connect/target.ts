// Which database: what `--url`, the configuration or DATABASE_URL says.
import { nearest } from '../text/nearest.js'
import { addressOf, type Address } from './address.js'
import { invalid } from './parameters.js'

/** A database that a command works on. */
export type Target =
  | { readonly kind: 'postgres'; readonly address: Address; readonly shown: string }
  /** Without a folder it is one in memory, which is gone afterwards. */
  | { readonly kind: 'pglite'; readonly folder: string | undefined; readonly shown: string }

type Variables = Readonly<Record<string, string | undefined>>

const schemes = ['postgres', 'postgresql', 'pglite']
const forms = 'it is postgres://user:password@host/database, pglite:./folder or pglite:memory'

/** Other things that people have in that place, and what to do. */
const others: readonly (readonly [pattern: RegExp, message: string, help: string])[] = [
  [
    /^pglite:\/\//i,
    'a folder of PGlite has no slashes in front',
    'write pglite:./folder, or pglite:/folder for one at the root',
  ],
  [/^pglite:(?:idb|opfs-ahp):/i, "that storage is a browser's", 'name a folder: pglite:./folder'],
  [
    /^pglite:[a-z][a-z0-9+.-]*:\/\//i,
    'what stands behind pglite: is an address',
    'for a server leave out pglite:, and for a PGlite name a folder: pglite:./folder',
  ],
  [/^(?:memory|pglite-memory):/i, 'that is not how a PGlite in memory is named', 'write pglite:memory'],
  [/^(?:idb|opfs-ahp):/i, "that storage is a browser's", 'name a folder: pglite:./folder'],
  [/^jdbc:/i, 'that is an address for Java', 'leave out `jdbc:`, and put user and password before the host'],
  [
    /^prisma(?:\+postgres)?:/i,
    "that is an address of Prisma's own proxy",
    'use the direct address of the database: postgres://…',
  ],
  [/^postgres(?:ql)?:(?!\/\/)/i, 'two slashes are missing', 'write postgres://user:password@host/database'],
  [
    /^(?:mysql|mariadb|sqlite3?|libsql|sqlserver|mssql|clickhouse|cockroachdb|mongodb(?:\+srv)?|spanner):/i,
    'that is another kind of database',
    'counterfoil works on PostgreSQL and PGlite',
  ],
  [
    /^\w+\s*=\s*\S/,
    "that is the form of libpq's own",
    'write it as an address: postgres://user:password@host/database',
  ],
  [/^(?:\.{0,2}\/|\.{1,2}$)/, 'that is a path', 'for a folder of PGlite write pglite: in front of it'],
]

/** Reads a target. @throws MigrationError `invalid-target`; never repeats an address that may hold a password */
export function targetOf(url: string | undefined, env: Variables = process.env): Target {
  if (!url) throw invalid('no database is named', `set DATABASE_URL or PGHOST and its like, or pass --url: ${forms}`)
  const other = others.find(([pattern]) => pattern.test(url))
  if (other) throw invalid(`the target is not understood: ${other[1]}`, other[2])
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(url) ?? []
  // `user:password@host` without a scheme looks as if it had one.
  const bare = !/^pglite$/i.test(scheme ?? '') && rest?.includes('@') && !rest.startsWith('//')
  if (scheme === undefined || rest === undefined || bare)
    throw invalid('the target is not understood: it does not say what kind of database it is', forms)
  if (/^pglite$/i.test(scheme)) {
    if (rest === '') throw invalid('the target pglite: names no folder', 'write pglite:./folder, or pglite:memory')
    return rest === 'memory'
      ? { kind: 'pglite', folder: undefined, shown: 'a PGlite in memory' }
      : { kind: 'pglite', folder: rest, shown: `the PGlite in ${rest}` }
  }
  if (!/^postgres(?:ql)?$/i.test(scheme))
    // What is no known scheme with a slip may be a part of a password.
    throw invalid(
      `the target is not understood: ${nearest(scheme, schemes) ? `${scheme}:` : 'its scheme'} is no kind of database that counterfoil knows`,
      forms,
    )
  const address = addressOf(url, env)
  return { kind: 'postgres', address, shown: address.shown }
}
