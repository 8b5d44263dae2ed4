// A database for each test: `const db = await database(t)`.
import { PGlite } from '@electric-sql/pglite'
import { readMigrations, snapshotsInFolder } from 'counterfoil/node'
import { boot } from 'counterfoil/pglite'

const migrations = await readMigrations(new URL('../migrations', import.meta.url))
const snapshots = snapshotsInFolder(new URL('node_modules/.cache/counterfoil', import.meta.url))

/** A PGlite with all migrations, closed when the test is over. The first run of all makes the snapshot. */
export async function database(t) {
  const { db } = await boot(PGlite, migrations, { snapshots })
  t.after(() => db.close())
  return db
}
