// Where snapshots of PGlite data directories are kept: the interface, in memory, and in a browser's IndexedDB.
// `counterfoil/node` has a folder.
import { kept, type SnapshotStoreOptions } from './boot/keep.js'

export type { SnapshotStoreOptions }

/**
 * Keeps snapshots for `boot`. A `Map` is one. Every method may reject: a boot then goes on without, and a finding says
 * why. Keys are made of letters, digits, `.`, `+`, `_` and `-`; a snapshot is some 50 MB, and nobody changes its bytes.
 */
export interface SnapshotStore {
  /** The keys of all snapshots, the most recently used ones first if that is known. */
  keys(): Iterable<string> | Promise<Iterable<string>>
  /** A snapshot; undefined if it is not there (any more). */
  get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined>
  /** Keeps a snapshot, in one go: nobody may get a part of it. May throw away others. */
  set(key: string, snapshot: Uint8Array): unknown
  /** Throws a snapshot away, if it is there. */
  delete(key: string): unknown
}

/** A store whose methods give promises. */
export interface AsyncSnapshotStore extends SnapshotStore {
  keys(): Promise<string[]>
  get(key: string): Promise<Uint8Array | undefined>
  set(key: string, snapshot: Uint8Array): Promise<void>
  delete(key: string): Promise<void>
}

/** Snapshots in memory: for the databases of one process or page. */
export function snapshotsInMemory(options: SnapshotStoreOptions = {}): AsyncSnapshotStore {
  // A Map keeps the order in which keys were set: here, of use.
  const all = new Map<string, Uint8Array>()
  const use = (key: string, snapshot: Uint8Array) => {
    all.delete(key)
    all.set(key, snapshot)
  }
  return {
    keys: async () => [...all.keys()].reverse(),
    async get(key) {
      const snapshot = all.get(key)
      if (snapshot) use(key, snapshot)
      return snapshot
    },
    async set(key, snapshot) {
      use(key, snapshot)
      for (const old of [...all.keys()].slice(0, -kept(options))) all.delete(old)
    },
    async delete(key) {
      all.delete(key)
    },
  }
}

/**
 * Snapshots in IndexedDB: for a page that is loaded again, and for other tabs of the same origin.
 *
 * @param name of the IndexedDB database, which is made if it is not there
 */
export function snapshotsInIndexedDB(
  name = 'counterfoil-snapshots',
  options: SnapshotStoreOptions = {},
): AsyncSnapshotStore {
  const [snapshots, uses] = ['snapshots', 'uses']
  // Snapshots are large: what tells them apart lies beside them, and they are read one by one.
  async function transact<T>(
    mode: IDBTransactionMode,
    work: (stores: Record<'snapshots' | 'uses', IDBObjectStore>) => Promise<T>,
  ): Promise<T> {
    const opening = indexedDB.open(name, 1)
    opening.onupgradeneeded = () => [snapshots, uses].forEach((store) => opening.result.createObjectStore(store))
    const database = await done(opening)
    try {
      const transaction = database.transaction([snapshots, uses], mode)
      const ended = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve()
        transaction.onerror = transaction.onabort = () =>
          reject(transaction.error ?? new Error('the IndexedDB transaction was aborted'))
      })
      const [result] = await Promise.all([
        work({ snapshots: transaction.objectStore(snapshots), uses: transaction.objectStore(uses) }),
        ended,
      ])
      return result
    } finally {
      database.close()
    }
  }
  async function byUse({ uses }: { uses: IDBObjectStore }): Promise<string[]> {
    const [keys, times] = await Promise.all([done(uses.getAllKeys()), done(uses.getAll())])
    return keys
      .map((key, index) => [String(key), Number(times[index])] as const)
      .sort((a, b) => b[1] - a[1])
      .map(([key]) => key)
  }
  const remove = (stores: Record<'snapshots' | 'uses', IDBObjectStore>, key: string) =>
    Promise.all([done(stores.snapshots.delete(key)), done(stores.uses.delete(key))])
  return {
    keys: () => transact('readonly', byUse),
    get: (key) =>
      transact('readwrite', async (stores) => {
        const snapshot: unknown = await done(stores.snapshots.get(key))
        if (!(snapshot instanceof Uint8Array)) return undefined
        await done(stores.uses.put(Date.now(), key))
        return snapshot
      }),
    set: (key, snapshot) =>
      transact('readwrite', async (stores) => {
        await done(stores.snapshots.put(snapshot, key))
        await done(stores.uses.put(Date.now(), key))
        for (const old of (await byUse(stores)).filter((other) => other !== key).slice(kept(options) - 1))
          await remove(stores, old)
      }),
    delete: (key) => transact('readwrite', async (stores) => void (await remove(stores, key))),
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB refused'))
  })
}
