// Where `dev` keeps the texts of what ran: in a folder of the project that nobody else may read, and that git passes over. They hold
// what the files held, and nothing else.
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Texts } from '../../dev/texts.js'
import { filesNow } from '../../set/files.js'
import type { SnapshotStore } from '../../snapshots.js'
import { say } from '../text/print.js'

/** Relative to the working directory, where the configuration is, too. */
export const textsFolder = '.counterfoil-dev'

/** The texts in that folder, which is made when the first is kept. */
export const textsOfProject = (): Texts => new Texts(store(textsFolder))

/** Keeps the files that are about to be applied, where `dev` has been before or the database was made just now. */
export async function keepTexts(files: Readonly<Record<string, string>>, made: boolean): Promise<void> {
  if (!made && !existsSync(textsFolder)) return
  const why = await textsOfProject().keep(filesNow(files))
  if (why !== undefined) say(`warning: the texts of what runs could not be kept: ${why}`)
}

function store(folder: string): SnapshotStore {
  const path = (key: string) => join(folder, key)
  return {
    keys: async () => (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith('.')),
    async get(key) {
      try {
        return await readFile(path(key))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    async set(key, text) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(path('.gitignore'), '*\n', { mode: 0o600 })
      // In one go: who reads it meanwhile gets all of it.
      const draft = path(`.${process.pid}.${key}`)
      await writeFile(draft, text, { mode: 0o600 })
      await rename(draft, path(key))
    },
    delete: (key) => rm(path(key), { force: true }),
  }
}
