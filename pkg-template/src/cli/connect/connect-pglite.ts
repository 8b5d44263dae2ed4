// Opens a PGlite: the project's own, since a data directory belongs to the version that made it.
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MigrationError, failure } from '../../shared/errors.js'
import { pglite } from '../../drivers/pglite-driver.js'
import type { PGliteLike } from '../../drivers/pglite-like.js'
import type { Go } from '../../run/database.js'
import { sayLed } from '../text/links.js'
import { deaf } from './active.js'
import type { Config } from '../config/config.js'
import { unreachable, watched, type OpenOptions, type Opened } from './opened.js'
import { markFolder } from '../../dev/mark-folder.js'
import { contents, holdFolder } from './pglite-folder.js'
import type { Target } from './target.js'

type Db = PGliteLike & { close(): Promise<void>; dumpDataDir(compression: 'none'): Promise<Blob> }
type PGliteClass = {
  create(options: { dataDir?: string; loadDataDir?: Blob; extensions: Record<string, unknown> }): Promise<Db>
}

export async function openPGlite(
  target: Target & { kind: 'pglite' },
  { config, create, make }: OpenOptions,
): Promise<Opened> {
  const folder = target.folder === undefined ? undefined : resolve(target.folder)
  if (folder !== undefined) await sayLed(target.folder!)
  const there = folder === undefined ? 'absent' : contents(target, folder)
  // To look at a database must not make one.
  if (folder !== undefined && !create && (there === 'absent' || there === 'empty')) throw missing(target, there)
  const { PGlite } = await own()
  const extensions = await extensionsOf(config)
  // What is only tried out leaves nothing behind.
  const inMemory = folder === undefined || (create === 'in memory' && (there === 'absent' || there === 'empty'))
  // Before PGlite opens it: even one that only reads writes to its folder.
  const held = inMemory ? undefined : holdFolder(target, folder)
  const start = (loadDataDir?: Blob) =>
    PGlite.create({ ...(!inMemory && { dataDir: folder }), ...(loadDataDir && { loadDataDir }), extensions })
  let db: Db
  try {
    if (held?.empty && create !== true) throw missing(target, 'empty')
    db = await (held?.empty ? held.fill(async () => start(await blank(PGlite))) : start())
  } catch (cause) {
    held?.release()
    if (cause instanceof MigrationError) throw cause
    throw unreachable(
      target,
      reasonOf(cause),
      'see that no other process has it open, and that it was made by the version of @electric-sql/pglite that this project has',
      cause,
    )
  }
  const { driver, rows } = watched<PGliteLike>({
    ...pglite,
    // A statement keeps this thread busy. One that is ended half-way is undone when the database is opened again.
    connect(db) {
      const connection = pglite.connect(db)
      const { statement, script } = connection
      // The same object: the loop sets on it who is told of notices.
      return Object.assign(connection, {
        statement: (sql: string, go: Go) => deaf(() => statement(sql, go)),
        script: (sql: string, go: Go, count: number) => deaf(() => script(sql, go, count)),
      })
    },
    // It is taken already, and for longer than a run.
    lock: async () => held && { touch: held.touch, release() {} },
  })
  const close = async () => {
    await db.close().catch(() => {})
    held?.release()
  }
  const made = Boolean(held?.empty)
  if (made && make) markFolder(folder!)
  return { driver, rows, db, close, cancel: async () => {}, ...(made && { made, notes: make ? ['made'] : [] }) }
}

/** An empty one in memory, of the project's own PGlite, with the extensions that its configuration names. */
export async function emptyPGlite(config: Config): Promise<Db> {
  const { PGlite } = await own()
  const extensions = await extensionsOf(config)
  if (empty) return PGlite.create({ extensions, loadDataDir: empty })
  const db = await PGlite.create({ extensions })
  empty = await db.dumpDataDir('none')
  return db
}

/** What the first of them had before anything was done to it: to load that takes a fifth of the time of making another. */
let empty: Blob | undefined

const own = () =>
  project('@electric-sql/pglite', 'npm install @electric-sql/pglite') as Promise<{ PGlite: PGliteClass }>

/** An empty database. Versions before 0.5 make none in a folder that holds a lock, but they take one that is made. */
async function blank(PGlite: PGliteClass): Promise<Blob> {
  const db = await PGlite.create({ extensions: {} })
  try {
    return await db.dumpDataDir('none')
  } finally {
    await db.close()
  }
}

const missing = (target: Target, there: 'absent' | 'empty') =>
  unreachable(
    target,
    there === 'empty' ? 'there is no database in that folder' : 'the folder does not exist',
    '`counterfoil up` makes it; the path is relative to where you are',
  )

/** What PGlite throws need not be an error: Emscripten's file system throws objects with a number. */
function reasonOf(cause: unknown): string {
  const { message, name, errno } = Object(cause) as { message?: unknown; name?: unknown; errno?: unknown }
  if (typeof message === 'string' && message !== '') return message
  if (typeof errno === 'number') return `${typeof name === 'string' ? name : 'error'} ${errno}`
  return typeof cause === 'object' ? 'PGlite could not open it, and gives no reason' : String(cause)
}

async function extensionsOf({ pglite: options }: Config): Promise<Record<string, unknown>> {
  const loaded = await Promise.all(
    Object.entries(options?.extensions ?? {}).map(async ([name, module]) => {
      const exports = (await project(module, `npm install ${module}`)) as Record<string, unknown>
      if (exports[name] === undefined)
        throw failure(
          'invalid-config',
          `${module} has no extension ${name}`,
          'its exports are named in pglite.extensions of the configuration',
        )
      return [name, exports[name]] as const
    }),
  )
  return Object.fromEntries(loaded)
}

/** A module of the project in the working directory; else the one that counterfoil itself would find. */
async function project(name: string, install: string): Promise<unknown> {
  let path: string
  try {
    path = createRequire(join(process.cwd(), 'counterfoil.js')).resolve(name)
  } catch {
    try {
      path = createRequire(import.meta.url).resolve(name)
    } catch (cause) {
      throw failure(
        'driver-missing',
        `${name} is not installed in this project`,
        `${install}; counterfoil brings none, since a data directory belongs to the version that made it`,
        cause,
      )
    }
  }
  return import(pathToFileURL(path).href)
}
