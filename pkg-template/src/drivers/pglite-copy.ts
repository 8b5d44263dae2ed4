// Whether what a PGlite has read of IndexedDB is what is there now. Its files are in the store FILE_DATA, each with the time
// of its last change, in a database that is named after the folder that they are mounted at: Emscripten's IDBFS.
import type { PGliteLike } from './pglite-like.js'

/** Of Emscripten's file system, what is asked. */
interface Files {
  lstat(path: string): { mtime: Date }
  filesystems: { IDBFS: { dbs: { readonly [mountpoint: string]: IDBDatabase } } }
}

/** Whether another has written to the files since they were read: one there is newer than the one here. @internal */
export async function isOld(db: PGliteLike): Promise<boolean> {
  const files = (db as { Module?: { FS?: Files } }).Module?.FS
  for (const stored of Object.values(files?.filesystems?.IDBFS?.dbs ?? {}))
    for (const [path, changed] of await timesOf(stored)) if (changed > timeOf(files!, path)) return true
  return false
}

/** When a file was changed here. One that is gone was taken away here, or will be there. */
function timeOf(files: Files, path: string): Date {
  try {
    return files.lstat(path).mtime
  } catch {
    return new Date(8.64e15)
  }
}

function timesOf(stored: IDBDatabase): Promise<[path: string, changed: Date][]> {
  return new Promise((resolve, reject) => {
    const found: [string, Date][] = []
    const all = stored.transaction('FILE_DATA').objectStore('FILE_DATA').index('timestamp').openKeyCursor()
    all.onerror = () => reject(all.error ?? new Error('IndexedDB gave no reason'))
    all.onsuccess = () => {
      const { result } = all
      if (!result) return resolve(found)
      found.push([result.primaryKey as string, result.key as Date])
      result.continue()
    }
  })
}
