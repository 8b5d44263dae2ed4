// Who has a PGlite's data open: a lock on its folder or, in a browser, a Web Lock for as long as the database is open.
//
// PGlite reads an IndexedDB database once, when it opens, and writes it back later. A tab that gives its lock away while it
// has the database open could write its copy over what another has done since: so the lock stays until it is closed.
import type { Lock } from '../run/driver.js'
import { failure, type MigrationError } from '../shared/errors.js'
import { nodeDataDir, storageName } from './pglite-dir.js'
import { isOld } from './pglite-copy.js'
import type { PGliteLike } from './pglite-like.js'

/** What a PGlite has, and a worker of one, too. @internal */
export interface Closable extends PGliteLike {
  close?(): Promise<void>
}

/** Databases that are held until they are closed. */
const held = new WeakSet<object>()

/** Nothing is to be done for it while a run goes on, nor after it. */
const kept: Lock = { touch() {}, release() {} }

/** Keeps others off the database for a run. @throws MigrationError `data-dir-locked` @internal */
export async function lockFor(db: Closable): Promise<Lock | undefined> {
  if (held.has(db)) return kept
  const directory = nodeDataDir(db.dataDir)
  if (directory !== undefined) {
    // A directory that holds anything at all is not initialised.
    await db.waitReady
    return (await import('./pglite-lock.js')).lockDataDir(directory)
  }
  const name = storageName(db.dataDir)
  if (name === undefined) return undefined
  const locks = webLocks()
  if (!locks) return { ...kept, finding: unlocked(name) }
  const release = await taken(locks, lockName(name), { ifAvailable: true })
  if (!release) throw inUse(name)
  try {
    await db.waitReady
    if (await isOld(db)) throw old(name)
  } catch (error) {
    release()
    throw error
  }
  holdUntilClosed(db, release)
  return kept
}

/** Calls `release` once the database is closed. Until then, whatever it is used for, it is held. @internal */
export function holdUntilClosed(db: Closable, release: () => void): void {
  held.add(db)
  const close = db.close?.bind(db)
  const value = async () => {
    try {
      await close?.()
    } finally {
      held.delete(db)
      release()
    }
  }
  Object.defineProperty(db, 'close', { value, configurable: true, writable: true })
}

/** The browser's locks; undefined where there are none: a page that did not come over https, for instance. @internal */
export const webLocks = (): LockManager | undefined => globalThis.navigator?.locks

/** The lock of a database by its name; without one that of all databases of the origin. @internal */
export const lockName = (name?: string): string => (name === undefined ? 'counterfoil' : `counterfoil:${name}`)

/** How often each lock is held from here. */
const mine = new Map<string, number>()

/** Whether it is this page, or this worker, that has the lock. @internal */
export const isMine = (lock: string): boolean => mine.has(lock)

/** Takes a lock; gives what releases it, or nothing if another has it and `ifAvailable` is set. @internal */
export function taken(locks: LockManager, lock: string, options: LockOptions): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const work = async (granted: unknown) => {
      if (!granted) return resolve(undefined)
      mine.set(lock, (mine.get(lock) ?? 0) + 1)
      await new Promise<void>((release) => resolve(release))
      const left = mine.get(lock)! - 1
      if (left > 0) mine.set(lock, left)
      else mine.delete(lock)
    }
    // A frame without an origin has locks that refuse everything.
    locks.request(lock, options, work).catch(reject)
  })
}

/** The error about a database that is open elsewhere. @internal */
export const inUse = (name: string | undefined): MigrationError =>
  failure(
    'data-dir-locked',
    `${isMine(lockName(name)) ? 'this page has' : 'another tab or worker has'} ${name ?? 'a database of this origin'} open`,
    'close it there first, or call `open`, which waits until it is closed; tabs that are to share a database share a PGliteWorker',
  )

const old = (name: string) =>
  failure(
    'data-dir-locked',
    `another tab or worker has changed ${name} since this page read it`,
    'close it and open it again: by `open`, which waits until it is closed elsewhere; nothing was run',
  )

const unlocked = (name: string) => ({
  code: 'not-locked' as const,
  severity: 'warning' as const,
  message: `nothing keeps other tabs off ${name}: there are no Web Locks here`,
  help: 'serve the page over https or from localhost; until then have one tab open alone',
})
