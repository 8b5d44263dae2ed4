// Opens a PGlite: the project's own, since a data directory belongs to the version that made it.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failure } from '../errors.js'
import { pglite, type PGliteLike } from '../pglite-driver.js'
import type { Config } from './config.js'
import { unreachable, watched, type OpenOptions, type Opened } from './connect.js'
import type { Target } from './target.js'

type PGliteClass = { create(options: { dataDir?: string; extensions: Record<string, unknown> }): Promise<PGliteLike & { close(): Promise<void> }> }

export async function openPGlite(target: Target & { kind: 'pglite' }, { config, create }: OpenOptions): Promise<Opened> {
  const { folder } = target
  // To look at a database must not make one.
  if (folder !== undefined && !create && !existsSync(join(folder, 'PG_VERSION'))) throw unreachable(target, existsSync(folder) ? 'there is no database in that folder' : 'the folder does not exist', '`counterfoil up` makes it; the path is relative to where you are')
  const { PGlite } = (await project('@electric-sql/pglite', 'npm install @electric-sql/pglite')) as { PGlite: PGliteClass }
  const extensions = await extensionsOf(config)
  let db
  try {
    db = await PGlite.create({ ...(folder !== undefined && { dataDir: resolve(folder) }), extensions })
  } catch (cause) {
    throw unreachable(target, cause instanceof Error ? cause.message : String(cause), 'see that no other process has it open, and that it was made by the version of @electric-sql/pglite that this project has', cause)
  }
  const { driver, rows } = watched(pglite)
  return { driver, rows, db, close: () => db.close().catch(() => {}), cancel: async () => {} }
}

async function extensionsOf({ pglite: options }: Config): Promise<Record<string, unknown>> {
  const loaded = await Promise.all(
    Object.entries(options?.extensions ?? {}).map(async ([name, module]) => {
      const exports = (await project(module, `npm install ${module}`)) as Record<string, unknown>
      if (exports[name] === undefined) throw failure('invalid-config', `${module} has no extension ${name}`, 'its exports are named in pglite.extensions of the configuration')
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
      throw failure('driver-missing', `${name} is not installed in this project`, `${install}; counterfoil brings none, since a data directory belongs to the version that made it`, cause)
    }
  }
  return import(pathToFileURL(path).href)
}
