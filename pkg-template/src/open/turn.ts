// Waiting for one's turn to have a database open, and having it.
import { late } from '../run/late.js'
import type { Lock } from '../run/driver.js'
import type { Watch } from '../run/watch.js'
import type { Settings } from '../options/options.js'
import { nodeDataDir, storageName } from '../drivers/pglite-dir.js'
import { inUse, isMine, lockName, taken, webLocks } from '../drivers/pglite-hold.js'
import { failure, MigrationError } from '../shared/errors.js'
import { waitTimeout } from '../shared/mentions.js'

/** How often a folder's lock shows that its owner lives, in milliseconds. */
const pulse = 60_000
/** How often is looked whether a folder is free. */
const between = 200
/** How long to wait for what this page itself has open, which nobody may ever close. */
const forOurselves = 300_000

/** Locks that are held together. @internal */
export class Turn {
  #held: (() => void)[] = []
  #ended = false

  constructor(
    private readonly settings: Settings,
    private readonly watch: Watch,
    private readonly refuses: boolean,
    private readonly patience: number | undefined,
  ) {}

  /** Releases all. */
  end(): void {
    this.#ended = true
    for (const release of this.#held.splice(0).reverse()) release()
  }

  /** Takes the lock of all databases of this origin, where there is one: which is to be opened is not known yet. */
  async anyOfOrigin(): Promise<void> {
    this.#mayBegin()
    if (!('indexedDB' in globalThis)) return
    await this.#web(undefined, 'exclusive', false)
  }

  /** Takes the lock of one database; `now`: false if another has it. In memory there is nothing to take. */
  async of(dataDir: string, now = false): Promise<boolean> {
    this.#mayBegin()
    const name = storageName(dataDir)
    const folder = nodeDataDir(dataDir)
    if (folder !== undefined) return this.#folder(dataDir, folder, now)
    if (name === undefined) return true
    // Whoever does not know yet which one it will open has the other one alone.
    if (this.#held.length === 0) await this.#web(undefined, 'shared', false)
    return this.#web(name, 'exclusive', now)
  }

  #mayBegin(): void {
    if (this.settings.signal?.aborted) throw late(this.settings, [])
  }

  async #web(name: string | undefined, mode: LockMode, now: boolean): Promise<boolean> {
    const locks = webLocks()
    if (!locks)
      throw failure(
        'unsupported',
        'nothing can keep other tabs off the database: there are no Web Locks here',
        'serve the page over https or from localhost; for a page that is open once alone, open the database and call `migrate`',
      )
    const lock = lockName(name)
    try {
      let release = await taken(locks, lock, { mode, ifAvailable: true })
      if (!release && now) return false
      release ??= await this.#waiting(name, isMine(lock), (signal) => taken(locks, lock, { mode, signal }))
      this.#keep(release!)
      return true
    } catch (error) {
      if (error instanceof MigrationError) throw error
      throw failure(
        'unsupported',
        `nothing can keep other tabs off the database: ${String(error)}`,
        "the browser lets this page store nothing: let the user allow the site's data, and a frame with the attribute sandbox have allow-same-origin",
        error,
      )
    }
  }

  async #folder(dataDir: string, folder: string, now: boolean): Promise<boolean> {
    const [{ mkdirSync }, { lockDataDir }] = [
      globalThis.process.getBuiltinModule('node:fs'),
      await import('../drivers/pglite-lock.js'),
    ]
    mkdirSync(folder, { recursive: true })
    let refused: unknown
    const attempt = (): Lock | undefined => {
      try {
        return lockDataDir(folder)
      } catch (error) {
        refused = error
        // Another reason than an owner who lives does not go away.
        if (error instanceof MigrationError && error.code === 'data-dir-locked' && error.cause === undefined)
          return undefined
        throw error
      }
    }
    let lock = attempt()
    if (!lock && (now || this.refuses)) throw refused
    lock ??= await this.#waiting(dataDir, false, async (signal) => {
      for (;;) {
        const found = attempt()
        if (found) return found
        await new Promise((done) => setTimeout(done, between))
        signal.throwIfAborted()
      }
    })
    const { touch, release } = lock
    const timer = setInterval(() => touch(), pulse)
    timer.unref()
    process.on('exit', release)
    this.#keep(() => {
      clearInterval(timer)
      process.off('exit', release)
      release()
    })
    return true
  }

  /** It may have ended meanwhile. */
  #keep(release: () => void): void {
    if (this.#ended) release()
    else this.#held.push(release)
  }

  /** Waits for a turn, and says so. */
  async #waiting<T>(name: string | undefined, own: boolean, take: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.refuses) throw inUse(name)
    const what = `until ${own ? 'this page' : 'another one'} has closed ${name ?? 'a database of this origin'}`
    const event = { version: '', name: what, path: '', done: 0, total: 0, step: 0, steps: 0 }
    this.watch.tell([{ kind: 'waiting', ...event }])
    const { signal } = this.settings
    const over = new AbortController()
    const stop = () => over.abort()
    const patience = this.patience ?? (own ? forOurselves : undefined)
    // A longer time would be over at once.
    const timer = patience === undefined ? undefined : setTimeout(stop, Math.min(patience, 2 ** 31 - 1))
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    try {
      return await take(over.signal)
    } catch (error) {
      if (!over.signal.aborted || error instanceof MigrationError) throw error
      if (signal?.aborted) throw late(this.settings, [])
      throw new MigrationError({
        code: 'wait-timeout',
        message: `waited ${patience} ms ${what}`,
        help: own
          ? 'close it, or, if it is another database that is open, name each with `dataDir`'
          : `close it there, or allow more time with ${waitTimeout.text}`,
        options: own ? [] : [waitTimeout],
      })
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
  }
}
