// What is known of a PGlite, whichever way it is spoken to.
import { can } from '../run/database.js'

/** The part of a PGlite that is needed: a `PGlite` and a `PGliteWorker` both fit. */
export interface PGliteLike {
  query(
    sql: string,
    params?: unknown[],
    options?: { parsers?: Record<number, (value: string) => unknown> },
  ): Promise<{ rows: unknown[] }>
  exec(sql: string, options?: { parsers?: Record<number, (value: string) => unknown> }): Promise<unknown>
  transaction?<T>(work: (tx: Pick<PGliteLike, 'exec'>) => Promise<T>): Promise<T>
  readonly dataDir?: string | undefined
  readonly waitReady?: Promise<void>
}

/** What a `PGlite` has beyond `exec`, and a `PGliteWorker`, which hands no options on. @internal */
export interface WithProtocol extends PGliteLike {
  execProtocolStream(
    message: Uint8Array,
    options: { syncToFs: boolean; throwOnError: boolean },
  ): Promise<{ readonly status?: string }[]>
  execProtocolRaw(message: Uint8Array, options: { syncToFs: boolean }): Promise<Uint8Array>
  _runExclusiveTransaction<T>(work: () => Promise<T>): Promise<T>
  runExclusive<T>(work: () => Promise<T>): Promise<T>
  syncToFs(): Promise<void>
  /** Of a `PGliteWorker`: gives what takes the listener away again. */
  onLeaderChange?(listener: () => void): () => void
  _checkReady(): Promise<void>
}

/** Whether it has all of that. @internal */
export const speaks = (db: PGliteLike): db is WithProtocol =>
  can(
    db,
    'execProtocolStream',
    'execProtocolRaw',
    '_runExclusiveTransaction',
    'runExclusive',
    'syncToFs',
    '_checkReady',
  )

// Every column comes cast to text; parsers of the caller's own for text and varchar would get in the way.
/** @internal */
export const asText = { parsers: { 25: (value: string) => value, 1043: (value: string) => value } }

const dead = new WeakMap<PGliteLike, Error>()

/** Why it cannot be used any more, if that is so. @internal */
export const deathOf = (db: PGliteLike): Error | undefined => dead.get(db)

/** A trap in WebAssembly ends an answer without a word, and what comes after it means nothing. @internal */
export const stopped = (db: PGliteLike): Error => unusable(db, 'PGlite has stopped in the middle of an answer')

/** An error after which the instance must not be used. @internal */
export function unusable(db: PGliteLike, message: string): Error {
  const error = Object.assign(new Error(message), { unusable: true })
  dead.set(db, error)
  return error
}
