// The texts of what ran. A ledger has their checksums alone: the texts may be large, and may hold what is nobody's business. Kept
// are whole sets, since a way back may stand in a file of its own; a text that several sets have is kept once.
import { hash } from '../boot/hash.js'
import type { Files } from '../set/files.js'
import type { SnapshotStore } from '../snapshots.js'

/** How many sets are kept. */
const most = 8

const index = 'sets'

/** A set: path to text. @internal */
export type TextSet = Readonly<Record<string, string>>

/** The sets in a store. What a store cannot give is not there; what it cannot take is said. @internal */
export class Texts {
  constructor(private readonly store: SnapshotStore) {}

  /** The newest first. */
  async *sets(): AsyncGenerator<TextSet> {
    for (const key of await this.#index()) {
      const set = await this.#set(key)
      if (set) yield set
    }
  }

  /** Keeps a set. @returns why it could not, if so */
  async keep({ paths, sqls }: Files): Promise<string | undefined> {
    try {
      const known = new Set(await this.store.keys())
      const keys = sqls.map((sql) => `text-${hash(bytesOf(sql))}`)
      for (const [at, key] of keys.entries())
        if (!known.has(key)) {
          await this.store.set(key, bytesOf(sqls[at]!))
          known.add(key)
        }
      const list = bytesOf(JSON.stringify(Object.fromEntries(paths.map((path, at) => [path, keys[at]]))))
      const own = `set-${hash(list)}`
      const before = await this.#index()
      if (before[0] === own && known.has(own)) return undefined
      const sets = [own, ...before.filter((key) => key !== own)].slice(0, most)
      await this.store.set(own, list)
      await this.store.set(index, bytesOf(JSON.stringify(sets)))
      await this.#tidy(sets)
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  /** Throws away what no set has any more. */
  async #tidy(sets: readonly string[]): Promise<void> {
    const wanted = new Set([index, ...sets])
    for (const key of sets) for (const text of Object.values((await this.#listed(key)) ?? {})) wanted.add(text)
    for (const key of await this.store.keys())
      if (/^(?:set|text)-/.test(key) && !wanted.has(key)) await this.store.delete(key)
  }

  async #index(): Promise<string[]> {
    const found = await this.#json(index)
    return Array.isArray(found) ? found.filter((key) => typeof key === 'string') : []
  }

  async #listed(key: string): Promise<Record<string, string> | undefined> {
    const found = await this.#json(key)
    return typeof found === 'object' && found !== null ? (found as Record<string, string>) : undefined
  }

  async #set(key: string): Promise<TextSet | undefined> {
    const files: Record<string, string> = Object.create(null)
    for (const [path, text] of Object.entries((await this.#listed(key)) ?? {})) {
      const bytes = await this.#read(text)
      // One without a file is not what ran.
      if (!bytes || `text-${hash(bytes)}` !== text) return undefined
      files[path] = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
    }
    return files
  }

  async #json(key: string): Promise<unknown> {
    try {
      const bytes = await this.#read(key)
      return bytes && JSON.parse(new TextDecoder().decode(bytes))
    } catch {
      return undefined
    }
  }

  async #read(key: string): Promise<Uint8Array | undefined> {
    try {
      return await this.store.get(key)
    } catch {
      return undefined
    }
  }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
