// What a command that works on a database begins with: the files and the connection, both at once.
import { setTimeout as sleep } from 'node:timers/promises'
import { catalogOf } from '../../run/catalogs.js'
import { refuseEmpty } from '../../run/empty.js'
import { MigrationError } from '../../shared/errors.js'
import { filesNow } from '../../set/files.js'
import { init } from '../../wasm/init.js'
import type { Convention, ExistingName, MigrateOptions, ReadOptions } from '../../options/public.js'
import { Usage, type Call, type Options, type Values, type databaseOptions } from '../frame/command.js'
import { readFolder } from '../text/links.js'
import { say } from '../text/print.js'
import { open } from './connect.js'
import { refuseElsewhere } from './elsewhere.js'
import type { Opened } from './opened.js'
import { showLinesOf } from '../show/failures.js'
import { visible } from '../../shared/printed.js'
import { err } from '../text/style.js'
import { byVariables, naming } from './parameters.js'
import { targetOf, type Target } from './target.js'

/** Files and database. */
export interface Session extends Opened {
  /** What the database is called in a message; never with a password. */
  readonly shown: string
  readonly dir: string
  readonly files: Readonly<Record<string, string>>
  /** The options that every driver takes. */
  readonly options: ReadOptions
}

type DatabaseCall = Call & { readonly values: Values<typeof databaseOptions> }

/** Opens both, and closes the database whatever happens. `create`: whether a PGlite may be made. `quiet`: nothing is said of which they are. `target`: which one,
 * if the environment has no say in that. */
export async function withDatabase<T>(
  call: DatabaseCall,
  how: { create?: boolean | 'in memory'; make?: boolean; wait?: number; quiet?: boolean; target?: Target },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const {
    values: { dir, url, table, schema: named, convention, 'allow-empty': allowEmpty, existing, verbose },
    config,
    format,
    signal,
  } = call
  const target = how.target ?? targetOf(url)
  if (table !== undefined && table.split('.').length > 2)
    throw new Usage(
      `the ledger has more than one dot in its name: ${visible(table)}`,
      'write --table name, or --table schema.name',
    )
  const ignore = existing.map(ignored)
  const variables = 'env' in call.values ? filled(call.values as unknown as Values<typeof filling>) : {}
  const addressed = named.length === 0 && target.kind === 'postgres' ? target.address.schema : undefined
  const schema = addressed ?? named
  const passedOver = target.kind === 'postgres' ? target.address.passedOver : []
  if (verbose && passedOver.length > 0) say(`passed over, since it means nothing here: ${passedOver.join(', ')}`)
  const reading = filesOf(dir, convention, allowEmpty)
  // Nothing is made for files that cannot be read.
  const opening = (target.kind === 'pglite' || how.make ? reading : Promise.resolve()).then(() =>
    open(target, { config, signal, ...how }),
  )
  // Two things that may fail: the other one must not be left behind.
  opening.catch(() => {})
  let opened: Opened | undefined
  try {
    const files = await reading
    showLinesOf(dir, files)
    opened = await opening
    const names = url === byVariables ? naming(process.env) : []
    const notes = [
      ...(names.length > 0 ? [`from ${names.join(', ')}`] : []),
      ...(opened.notes ?? []),
      ...(schema.length > 0 ? [`in ${schema.join(', ')}`] : []),
    ]
    // Whoever is wrong about one of them sees it here.
    if (format === 'text' && !how.quiet)
      say(err().dim(visible(`${dir} on ${target.shown}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`)))
    const { policy } = config
    const options: ReadOptions = {
      signal,
      ...(table !== undefined && { table }),
      ...(schema.length > 0 && { schema }),
      ...(convention !== undefined && { convention }),
      ...(policy && { policy }),
      ...(allowEmpty && { allowEmpty }),
      ...(ignore.length > 0 && { existing: { ignore } }),
      ...variables,
    }
    const session = { ...opened, shown: target.shown, dir, files, options }
    if (addressed) await refuseElsewhere(session, addressed)
    return await work(session)
  } finally {
    opened ??= await opening.catch(() => undefined)
    await Promise.race([opened?.close(), sleep(2_000, undefined, { ref: false })])
  }
}

/** What `--existing ignore:<what>` names. The core knows which words there are. */
function ignored(value: string): ExistingName {
  const [, what] = /^ignore:(.+)$/.exec(value) ?? []
  if (!what)
    throw new Usage(
      `--existing cannot be '${visible(value)}'`,
      'write --existing ignore:<tool>, such as ignore:goose, or --existing ignore:tables',
    )
  return what as ExistingName
}

/** The files. That there is a migration among them is seen before a database is opened for it, and a folder of PGlite made. */
async function filesOf(
  dir: string,
  convention: Convention | undefined,
  allowEmpty: boolean,
): Promise<Record<string, string>> {
  const set = await readFolder(dir)
  if (allowEmpty) return set
  await init()
  // A run that follows does not read it once more.
  const files = filesNow(set)
  refuseEmpty(set, files, convention, catalogOf(set, files, convention))
  return set
}

/** Options of commands that write, as the drivers take them. */
export const writing = {
  'lock-timeout': {
    type: 'number',
    value: '<ms>',
    about: 'how long a statement waits for a lock before it is tried again (default: 5000)',
  },
  'wait-timeout': { type: 'number', value: '<ms>', about: 'how long to wait without any progress (default: 300000)' },
  'no-session': { type: 'boolean', about: 'the address is of a pooler in transaction mode' },
} as const

/** Their values, as the drivers take them. */
export function written(
  values: Values<typeof writing>,
): Pick<MigrateOptions, 'lockTimeout' | 'waitTimeout' | 'session'> {
  const { 'lock-timeout': lockTimeout, 'wait-timeout': waitTimeout, 'no-session': sessionless } = values
  return {
    ...(lockTimeout !== undefined && { lockTimeout }),
    ...(waitTimeout !== undefined && { waitTimeout }),
    ...(sessionless && { session: false }),
  }
}

/** What files have filled in, for commands that look at their statements. */
export const filling = {
  env: {
    type: 'string',
    value: '<name>',
    about: 'a variable of the environment that files may have filled in (goose: ENVSUB); no other is read',
    multiple: true,
  },
} as const satisfies Options

/** Those variables, as the drivers take them. */
export function filled({ env: names }: Values<typeof filling>): Pick<ReadOptions, 'env'> {
  const wrong = names.find((name) => name.includes('='))
  if (wrong !== undefined)
    throw new Usage(
      `--env takes a name, and its value from the environment: ${visible(wrong.split('=')[0]!)}=…`,
      `set ${visible(wrong.split('=')[0]!)} in the environment, and write --env ${visible(wrong.split('=')[0]!)}`,
    )
  return names.length > 0 ? { env: Object.fromEntries(names.map((name) => [name, process.env[name]])) } : {}
}

/** Waiting for a database that is about to start, as in `dbmate --wait`. */
export const waiting = {
  wait: { type: 'boolean', about: 'wait up to a minute until the database can be reached' },
} as const

/** How long that is, in milliseconds. */
export const patience = (wait: boolean) => (wait ? 60_000 : 0)

/** Whether an error of ours has this code. */
export const isCode = (error: unknown, code: string): error is MigrationError =>
  error instanceof MigrationError && error.code === code
