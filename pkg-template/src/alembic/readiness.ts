// Readiness of a database that Alembic migrates: are its heads those of this release? Reads one table, and writes nothing.
import { describe } from '../run/database.js'
import { failure } from '../shared/errors.js'
import { identifier } from '../shared/quote.js'
import type { Checked } from '../health/public.js'
import type { Readiness } from '../options/public.js'
import type { AlembicRevision } from './public.js'

/** What a database that Alembic migrates is expected to have. */
export interface AlembicExpected {
  /** What `alembic heads` prints. */
  readonly heads: readonly string[]
  /**
   * Every revision of this release, as `readAlembicHeads` of `counterfoil/node` gives them. Without them a revision that
   * is not expected may be older or newer, and is `drifted`.
   */
  readonly revisions?: readonly AlembicRevision[] | undefined
  /** Alembic's table: `name` or `schema.name`. Default: `alembic_version`, where the search path finds it, as for Alembic. */
  readonly table?: string | undefined
}

type Query = (sql: string) => PromiseLike<unknown>

/**
 * A database: a `Client` or `Pool` of node-postgres, a PGlite, the `sql` of postgres.js or what `neon()` returns; or a
 * function that runs a statement and gives its rows.
 */
export type AlembicDatabase = { query: Query } | { unsafe: Query } | Query

/**
 * Judges whether a database that Alembic migrates has the heads of this release, for `readinessHandler`.
 *
 * `ready`: it has all revisions of the release. `ahead`, 200 too: it has one that the release does not know, in place of
 * what is missing. `behind`: a revision is missing; also where Alembic's table is not there, which is no error.
 *
 * @returns the status, `httpStatus` 200 or 503, and one line: `drift: db=… expected=… pending=…`
 * @throws MigrationError `database-failed` or `connection-lost`
 *
 * @example
 * ```js
 * const revisions = await readAlembicHeads('alembic/versions') // of counterfoil/node
 * const health = readinessHandler(() => alembicReady(pool, revisions))
 * ```
 */
export async function alembicReady(db: AlembicDatabase, expected: AlembicExpected): Promise<Checked> {
  return alembicReadiness(expected, await current(db, expected.table ?? 'alembic_version'))
}

/** The heads that the database has; undefined if it has no such table. */
async function current(db: AlembicDatabase, table: string): Promise<string[] | undefined> {
  const name = table.split('.').map(identifier).join('.')
  const sql = `select version_num::text as version_num from ${name}`
  try {
    // What `postgres()` and `neon()` return is a function too.
    const result = await ('query' in db ? db.query(sql) : 'unsafe' in db ? db.unsafe(sql) : db(sql))
    const rows = Array.isArray(result) ? result : (result as { rows: unknown[] }).rows
    // The one column, whatever a driver was told to call it.
    return rows.map((row) => String(Object.values(row as object)[0]))
  } catch (cause) {
    const { sqlstate, lost, message } = describe(cause)
    if (sqlstate === '42P01') return undefined
    throw failure(
      lost ? 'connection-lost' : 'database-failed',
      `${name} could not be read: ${message}${sqlstate && ` (${sqlstate})`}`,
      '',
      cause,
    )
  }
}

/**
 * The same judgement without a database.
 *
 * @param current the values of `version_num` in Alembic's table; undefined if it is not there
 */
export function alembicReadiness(
  { heads, revisions }: AlembicExpected,
  current: readonly string[] | undefined = [],
): Checked {
  const { status, pending } = judged(heads, revisions, current)
  const [database, expected] = [current, heads].map((each) =>
    each.length > 0 ? [...each].sort().join(',') : undefined,
  )
  const more = pending.length > 1 ? `,+${pending.length - 1}` : ''
  const isWell = status === 'ready' || status === 'ahead'
  const message = `${isWell ? status : 'drift'}: db=${database ?? 'none'} expected=${expected ?? 'none'}${isWell || !pending[0] ? '' : ` pending=${pending[0]}${more}`}`
  return { status, httpStatus: isWell ? 200 : 503, message, database, expected }
}

function judged(
  heads: readonly string[],
  revisions: readonly AlembicRevision[] | undefined,
  current: readonly string[],
): { status: Readiness['status']; pending: string[] } {
  if (!revisions) {
    const pending = heads.filter((head) => !current.includes(head)).sort()
    const strange = current.some((revision) => !heads.includes(revision))
    return { status: strange ? 'drifted' : pending.length > 0 ? 'behind' : 'ready', pending }
  }
  const parents = new Map(revisions.map(({ revision, parents }) => [revision, parents]))
  // What Alembic keeps are the last ones; all that they follow is there too.
  const applied = new Set(current.filter((revision) => parents.has(revision)))
  for (const revision of applied) for (const parent of parents.get(revision) ?? []) applied.add(parent)
  const missing = revisions.filter(({ revision }) => !applied.has(revision))
  const pending = missing.map(({ revision }) => revision)
  if (current.every((revision) => parents.has(revision)))
    return { status: pending.length > 0 ? 'behind' : 'ready', pending }
  // A newer release has been here, and what is missing may be in it: except where something missing follows a row of the
  // table, which would have taken that row's place.
  const follows = missing.some((revision) => revision.parents.some((parent) => current.includes(parent)))
  return { status: follows ? 'behind' : 'ahead', pending }
}
