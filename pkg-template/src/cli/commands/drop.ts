// `counterfoil drop`: drops a database that `create` has made.
import { resolve } from 'node:path'
import { failure } from '../../shared/errors.js'
import { isMarkedFolder } from '../../dev/mark-folder.js'
import { led } from '../../shared/links.js'
import { confirmed, typed } from '../connect/confirm.js'
import type { OpenOptions } from '../connect/opened.js'
import { invalid, withoutNaming } from '../connect/parameters.js'
import { targetOf, type Target } from '../connect/target.js'
import { databaseOptions, define, fine, found } from '../frame/command.js'
import { print, printJson, say } from '../text/print.js'

const { env: _, ...url } = databaseOptions.url

export const command = define({
  about:
    'Drops the database that --url names, or the configuration; never that of DATABASE_URL, of PGHOST and its like or of `.env`. It has to bear the mark of `create`, or its name has to be typed, for which neither --yes nor CI is enough. Nobody who is connected to it is disconnected: then it stays.',
  options: { url, yes: { type: 'boolean', about: 'do not ask about a database that `create` has made', short: 'y' } },
  formats: ['text', 'json'],
  withoutEnvironmentFile: true,
  examples: [
    ['drop --url postgres://app@localhost/app_test', 'drop it, after asking'],
    ['drop --url pglite:./data --yes', 'in a script: one that `create` has made'],
  ],
  exits:
    '0 if it is gone or was not there, 1 if it stays, 2 if it was called in a wrong way, cannot connect, needs --yes or is in use, 130 after Ctrl-C',
  async run({ values: { url, yes }, config, format, signal }) {
    if (url === undefined)
      throw failure(
        'usage',
        'no database is named',
        'name it with --url, or `url` of the configuration: what the environment says is not enough to drop it',
      )
    // Where it is, the address says, and nobody else.
    const target = targetOf(url, withoutNaming(process.env))
    const sure = async (name: string, marked: boolean): Promise<boolean> => {
      const why = `${target.shown} was not made by \`counterfoil create\``
      const says = !marked
        ? await typed(name, why, 'if it is to go', signal)
        : yes || (await confirmed(`drop ${target.shown}?`, signal))
      if (!says) say('nothing was dropped')
      return says
    }
    const came = await (target.kind === 'pglite'
      ? dropFolder(target, sure)
      : dropDatabase(target, { config, signal }, sure))
    if (format === 'json') printJson({ database: target.shown, dropped: came === 'dropped' })
    else if (came !== 'kept') print(came === 'dropped' ? `dropped ${target.shown}` : `${target.shown} is not there`)
    return came === 'kept' ? found : fine
  },
})

/** Whether it is to go: its name, and whether it bears the mark. */
type Sure = (name: string, marked: boolean) => Promise<boolean>

type Came = 'dropped' | 'absent' | 'kept'

async function dropDatabase(target: Target & { kind: 'postgres' }, options: OpenOptions, sure: Sure): Promise<Came> {
  const { dropFound, findDatabase, nameOf, onServer } = await import('../connect/make-postgres.js')
  if (target.address.settings.dbname === undefined)
    throw invalid('the address names no database', 'write its name behind the host: …/name')
  return onServer(target, options, async (client) => {
    const there = await findDatabase(client, target)
    if (!there) return 'absent'
    if (!(await sure(nameOf(target), there.marked))) return 'kept'
    await dropFound(client, target, there)
    return 'dropped'
  })
}

async function dropFolder(target: Target & { kind: 'pglite' }, sure: Sure): Promise<Came> {
  if (target.folder === undefined)
    throw invalid('a PGlite in memory is gone when its process ends', 'name a folder: pglite:./data')
  const folder = resolve(target.folder)
  const { contents, mustBePlain, removeFolder } = await import('../connect/pglite-folder.js')
  const there = contents(target, folder)
  if (there === 'absent') return 'absent'
  if (there === 'empty') throw invalid(`${target.shown} is an empty folder and no database`, 'nothing was dropped')
  const [out] = await led(target.folder)
  if (out !== undefined) throw invalid(out, 'name the folder itself; nothing was dropped')
  mustBePlain(target, folder)
  if (!(await sure(target.folder, isMarkedFolder(folder)))) return 'kept'
  removeFolder(target, folder)
  return 'dropped'
}
