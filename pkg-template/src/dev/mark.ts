// The mark of a PGlite that may be made anew. In a browser, and in memory, it is the comment of the database, with the place where
// that is kept: a copy in another place does not bear it.
import { isPristine } from '../boot/questions.js'
import type { BootablePGlite } from '../boot/public.js'
import { nodeDataDir } from '../drivers/pglite-dir.js'
import type { PGliteLike } from '../drivers/pglite-like.js'
import { MigrationError } from '../shared/errors.js'
import { identifier, literal } from '../shared/quote.js'
import { isMarkedFolder, markFolder } from './mark-folder.js'

/** Where it is kept: its name. */
const nameOf = ({ dataDir }: PGliteLike): string => dataDir || 'memory://'

/**
 * Sees that the database was made for development: it bears the mark, or is empty, and gets it. `adopt`: its name, if it is to be taken
 * for one.
 *
 * @throws MigrationError `not-adopted`; nothing was changed then @internal
 */
export async function mustBeOurs(db: PGliteLike, adopt: string | undefined): Promise<void> {
  await db.waitReady
  const name = nameOf(db)
  const folder = nodeDataDir(db.dataDir)
  const [found] = (
    await db.query(
      `select pg_catalog.current_database()::text as database, pg_catalog.shobj_description(oid, 'pg_database') as comment
        from pg_catalog.pg_database where datname = pg_catalog.current_database()`,
    )
  ).rows as { database: string; comment: string | null }[]
  const mark = `made by counterfoil dev: ${name}`
  if (folder === undefined ? found!.comment === mark : isMarkedFolder(folder)) return
  if (adopt !== name && !(await isPristine(db as BootablePGlite)))
    throw new MigrationError({
      code: 'not-adopted',
      message: `the PGlite in ${name} was not made for development: it does not bear the mark`,
      help: `use another one, which is empty; or say adopt: '${name}' if all that it holds may be thrown away one day; nothing was changed`,
      options: [{ option: 'adopt', values: [name], text: `adopt: '${name}'` }],
    })
  if (folder === undefined) await db.exec(`comment on database ${identifier(found!.database)} is ${literal(mark)}`)
  else markFolder(folder)
}
