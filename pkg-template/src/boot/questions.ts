// What a boot asks of a database before it trusts a snapshot, or makes one; and how it makes it small.
import { digestQuery } from '../run/digest.js'
import type { BootablePGlite } from './public.js'
import { short } from './seal.js'

async function row<T>(db: BootablePGlite, sql: string): Promise<T | undefined> {
  return (await db.query(sql)).rows[0] as T | undefined
}

/**
 * PGlite's version and a hash of everything it says of itself: its build, and which extensions it has in which version.
 * Undefined if it does not name its version: two of them could not be told apart. @internal
 */
export async function runtimeOf(db: BootablePGlite): Promise<string | undefined> {
  const said = await row<{ version: string; extensions: string | null }>(
    db,
    `select pg_catalog.version() as version, (select string_agg(name || ' ' || coalesce(default_version, ''), ',' order by name) from pg_catalog.pg_available_extensions) as extensions`,
  )
  const [, version] = /\bPGlite ([\w.+-]+)/.exec(said?.version ?? '') ?? []
  return version === undefined ? undefined : `${version}-${short(JSON.stringify(said))}`
}

/** Whether the ledger has the digest. @internal */
export async function hasDigest(
  db: BootablePGlite,
  table: { schema: string; name: string },
  digest: string,
): Promise<boolean> {
  try {
    return (await row<{ same: string }>(db, digestQuery(table, digest)))?.same === 'true'
  } catch {
    // There is no ledger, or it has another shape.
    return false
  }
}

/** Whether the database is as initdb leaves it. Everything that is made later has a number from 16384: FirstNormalObjectId. @internal */
export async function isPristine(db: BootablePGlite): Promise<boolean> {
  const found = await row<{ number: number }>(
    db,
    'select (select count(*) from pg_catalog.pg_class where oid >= 16384)::int as number',
  )
  return found?.number === 0
}

/** A table or sequence whose content would be lost: what is not in the log is emptied when a database is opened that was not closed. @internal */
export async function unlogged(db: BootablePGlite): Promise<string | undefined> {
  const found = await row<{ name: string }>(
    db,
    `select oid::regclass::text as name from pg_catalog.pg_class where relpersistence = 'u' and case relkind ` +
      `when 'r' then pg_catalog.pg_relation_size(oid) > 0 when 'S' then pg_catalog.pg_sequence_last_value(oid) is not null end limit 1`,
  )
  return found?.name
}

/** Puts everything in its place, so that nothing has to be done again when a snapshot is loaded, and leaves no log behind. @internal */
export async function settle(db: BootablePGlite): Promise<void> {
  // A segment of the log has 16 MB; those that are done with would be kept for later.
  await db.exec('set wal_recycle = off')
  await db.exec('select pg_catalog.pg_switch_wal()')
  await db.exec('checkpoint')
  await db.exec('reset wal_recycle')
}
