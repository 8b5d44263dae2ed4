// The databases that the development loop may act on: those that it has made, or adopted.
import { resolve } from 'node:path'
import type { Client } from 'pg'
import { isMarkedFolder, markFolder } from '../../dev/mark-folder.js'
import { failure } from '../../shared/errors.js'
import { led } from '../../shared/links.js'
import { typed } from './confirm.js'
import type { Opened } from './opened.js'
import { invalid, withoutNaming } from './parameters.js'
import { targetOf, type Target } from './target.js'

/**
 * The database, as an address alone names it: what the environment says is not enough.
 *
 * @throws MigrationError `usage`, `invalid-target`
 */
export async function namedTarget(url: string | undefined): Promise<Target> {
  if (url === undefined)
    throw failure(
      'usage',
      'no database is named',
      'name it with --url, or `url` of the configuration: what the environment says is not enough to develop on it',
    )
  const target = targetOf(url, withoutNaming(process.env))
  if (target.kind === 'postgres') {
    if (target.address.settings.dbname === undefined)
      throw invalid('the address names no database', 'write its name behind the host: …/name')
    return target
  }
  if (target.folder === undefined)
    throw invalid('a PGlite in memory is gone when its process ends', 'name a folder: pglite:./data')
  const [out] = await led(target.folder)
  if (out !== undefined) throw invalid(out, 'name the folder itself; nothing was done')
  return target
}

/**
 * Sees that a database was made for this, or adopts it.
 *
 * @throws MigrationError `not-adopted`; `not-confirmed` if its name was to be typed and nobody can be asked
 */
export async function mustBeOurs(target: Target, opened: Opened, adopts: boolean, signal: AbortSignal): Promise<void> {
  if (opened.made) return
  const folder = target.kind === 'pglite' ? resolve(target.folder!) : undefined
  const server = target.kind === 'postgres' ? await import('./make-postgres.js') : undefined
  const client = opened.db as unknown as Client
  const found = await server?.findOwn(client)
  if (found ? found.marked : isMarkedFolder(folder!)) return
  if (!adopts)
    throw failure(
      'not-adopted',
      `${target.shown} was not made by counterfoil, so all that it holds may be somebody's`,
      'make one with `counterfoil create`, or say --adopt on a terminal if this one is for development; nothing was done',
    )
  if (found?.comment !== undefined && found.comment !== standard)
    throw failure(
      'not-adopted',
      `${target.shown} has a comment, where the mark would be: ${found.comment}`,
      'take it away with COMMENT ON DATABASE … IS NULL, if it is for development; nothing was done',
    )
  const name = found?.name ?? (target.kind === 'pglite' ? target.folder! : '')
  const why = `${target.shown} was not made by counterfoil`
  if (!(await typed(name, why, 'if all that it holds may be thrown away', signal)))
    throw failure('not-adopted', `${target.shown} was not adopted: that is not its name`, 'nothing was done')
  if (found && server && target.kind === 'postgres') await server.adopt(client, target, found)
  else markFolder(folder!)
}

/** What initdb writes of the database `postgres`. */
const standard = 'default administrative connection database'
