// PGlite databases for tests: in memory, or in a folder, from a copy of one that was made once.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin'
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'

/** What the migration sets of the tests ask for with CREATE EXTENSION. */
export const extensions = { vector, pg_trgm, pgcrypto, btree_gist, btree_gin }

/**
 * V8's quick compiler for WebAssembly is enough: the other one works longer on PGlite than it saves a test. For
 * processes that a test starts: `spawn(process.execPath, [...quick, script])`.
 */
export const quick = ['--liftoff-only']
setFlagsFromString(quick[0])

const temporary = fileURLToPath(new URL('../../../.tmp', import.meta.url))
const { version } = JSON.parse(
  readFileSync(new URL('../../../node_modules/@electric-sql/pglite/package.json', import.meta.url), 'utf8'),
)

let empty

/** The data of an empty database: loading it is several times faster than making one, which is done once for all files. */
export function emptyDataDir() {
  empty ??= load(join(temporary, `pglite-${version}.tar`))
  return empty
}

async function load(path) {
  if (!existsSync(path)) {
    const db = await PGlite.create()
    const dump = await db.dumpDataDir('none')
    await db.close()
    // Under another name first: other files may look for it at the same time.
    mkdirSync(temporary, { recursive: true })
    const draft = `${path}.${process.pid}`
    writeFileSync(draft, new Uint8Array(await dump.arrayBuffer()))
    renameSync(draft, path)
  }
  return new Blob([readFileSync(path)])
}

/** Puts an empty database into a folder: a data directory. */
export async function makeDataDir(dataDir) {
  const db = await PGlite.create({ dataDir, loadDataDir: await emptyDataDir() })
  await db.close()
}

/** A new, empty PGlite; the caller closes it. */
export async function freshPGlite(options = {}) {
  return PGlite.create({ loadDataDir: await emptyDataDir(), ...options })
}
