// PGlite databases for tests: in memory, or in a folder, from a copy of one that was made once.
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin'
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'

/** What the migration sets of the tests ask for with CREATE EXTENSION. */
export const extensions = { vector, pg_trgm, pgcrypto, btree_gist, btree_gin }

let empty

/** The data of an empty database: loading it is several times faster than making one. */
export function emptyDataDir() {
  empty ??= PGlite.create().then(async (db) => {
    const dump = await db.dumpDataDir('none')
    await db.close()
    return dump
  })
  return empty
}

/** A new, empty PGlite; the caller closes it. */
export async function freshPGlite(options = {}) {
  return PGlite.create({ loadDataDir: await emptyDataDir(), ...options })
}
