// Snapshots of PGlite data directories in a folder: for test runs, and everything else on one machine.
import { readFile, readdir, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeOutput } from '../shared/output.js'
import { kept, type SnapshotStoreOptions } from './keep.js'
import type { AsyncSnapshotStore } from '../snapshots.js'

const ending = '.snapshot'
/** A file that is being written is given this long before it is taken for one that a dead process has left, in milliseconds. */
const abandoned = 3_600_000

/**
 * Snapshots in a folder, which is made when the first is saved. Any number of processes may use it at once: a file is
 * put in place in one go. The snapshots used longest ago are removed; of the folder's other files none is touched.
 *
 * @param directory a path, relative to the working directory, or a `file:` URL. Something that is not kept with the
 *   sources: `node_modules/.cache/counterfoil`
 */
export function snapshotsInFolder(directory: string | URL, options: SnapshotStoreOptions = {}): AsyncSnapshotStore {
  const folder = directory instanceof URL ? fileURLToPath(directory) : directory
  const pathOf = (key: string) => join(folder, key + ending)

  /** The names of files with this ending and when they were last used, the newest first. */
  async function byUse(suffix: string): Promise<{ path: string; name: string; used: number }[]> {
    const names = (await unless('ENOENT', readdir(folder))) ?? []
    const files = await Promise.all(
      names
        .filter((name) => name.endsWith(suffix))
        .map(async (name) => {
          const path = join(folder, name)
          // Another process may have removed it meanwhile.
          const found = await unless('ENOENT', stat(path))
          return found && { path, name, used: found.mtimeMs }
        }),
    )
    return files.filter((file) => file !== undefined).sort((a, b) => b.used - a.used)
  }

  return {
    keys: async () => (await byUse(ending)).map(({ name }) => name.slice(0, -ending.length)),
    async get(key) {
      const snapshot = await unless('ENOENT', readFile(pathOf(key)))
      // When it was used; in a folder that may only be read it does not matter.
      if (snapshot) await utimes(pathOf(key), new Date(), new Date()).catch(() => {})
      return snapshot
    },
    async set(key, snapshot) {
      await writeOutput(pathOf(key), snapshot, {
        help: 'name another folder',
        onlyFile: true,
        draftEnding: '.snapshot-draft',
        // By the same clock as when it is used: the file system's own may be behind.
        finish: (draft) => utimes(draft, new Date(), new Date()),
      })
      const old = (await byUse(ending)).filter(({ path }) => path !== pathOf(key)).slice(kept(options) - 1)
      const left = (await byUse('.snapshot-draft')).filter(({ used }) => Date.now() - used > abandoned)
      await Promise.all([...old, ...left].map(({ path }) => rm(path, { force: true })))
    },
    delete: (key) => rm(pathOf(key), { force: true }),
  }
}

/** What comes of it; undefined if it failed with this code. */
async function unless<T>(code: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return undefined
    throw error
  }
}
