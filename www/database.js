// The database in the tab: PGlite, and the calls that a user of the package makes.
import { PGlite } from '@electric-sql/pglite'
import { migrate, plan, ready, rollback } from 'counterfoil/pglite'

let db

/** Opens an empty database, with the extensions that the files ask for. The one before is closed. */
export async function openDatabase(files) {
  const extensions = await extensionsOf(Object.values(files))
  const old = db
  db = await PGlite.create({ extensions })
  await old?.close()
}

/** `create extension` finds an extension only if PGlite was given it. */
async function extensionsOf(texts) {
  const names = new Set()
  for (const text of texts)
    for (const [, name] of text.matchAll(/create\s+extension\s+(?:if\s+not\s+exists\s+)?"?([\w-]+)"?/gi))
      names.add(name.replaceAll('-', '_').toLowerCase())
  const extensions = {}
  for (const name of names) {
    // What PGlite does not have, the migration's own statement will say.
    const module = await import(`./pglite/contrib/${name}.js`).catch(() => undefined)
    if (module) extensions[name] = module[name]
  }
  return extensions
}

// Somebody may take out all files.
export const planNow = (migrations) => plan(db, migrations, { allowEmpty: true })
export const readyNow = (migrations) => ready(db, migrations, { allowEmpty: true })
export const migrateNow = (migrations, onProgress) => migrate(db, migrations, { allowEmpty: true, onProgress })
export const rollbackNow = (migrations, onProgress) =>
  rollback(db, migrations, { allowEmpty: true, steps: 1, onProgress })

/** The ledger's rows in order of application; undefined if there is no ledger yet. */
export async function ledgerNow() {
  const { rows } = await db.query("select to_regclass('public.schema_migrations') is not null as there")
  if (!rows[0].there) return undefined
  return (await db.query('select * from public.schema_migrations order by applied_at, version')).rows
}
