// What a manifest is, and what its parts have to be. What is wrong with one is said in manifest.ts, which is loaded for that.
import type { Convention } from '../core/core.js'

/**
 * A migration set made ready at build time. Everything that takes migrations takes it.
 *
 * It is trusted as the program is that it is part of: where the digest alone tells that a database is current, `count`
 * and `newest` are repeated as they are, and the files are not looked at. When they are, a digest that is not theirs is
 * an error.
 */
export interface Manifest {
  /** The form of this object: 1. */
  readonly manifest: 1
  /** The naming convention, as detected or chosen at build time. */
  readonly convention: Convention
  /**
   * What the database's ledger hashes to when all of the set, and nothing else, is applied: SHA-256, 64 hex digits.
   * Null where no ledger can be told to be current by a digest.
   */
  readonly digest: string | null
  /** The newest version, for readiness; null if no file has a version. */
  readonly newest: string | null
  /** How many migrations there are in it. */
  readonly count: number
  /**
   * Loads the schema that the set makes, for `verify`: what `embed --expected` writes into a module of its own, which nobody
   * else loads. Its default export is an `Expected` of `counterfoil/schema`.
   */
  readonly expected?: () => Promise<{ readonly default: object }>
  /** All files of the set; those that are no migrations (a journal, `.counterfoil/*.json`) have no checksum. */
  readonly files: readonly ManifestFile[]
}

/** A file of a {@link Manifest}. */
export interface ManifestFile {
  /** Its path, with `/`. */
  readonly path: string
  /** Its text without a byte order mark and with LF at the ends of lines. */
  readonly sql: string
  /** `sha256:` and 64 hex digits of its up section; null for a file that is no migration. */
  readonly checksum: string | null
}

const isText = (value: unknown) => typeof value === 'string'

/** What is looked at before a manifest is used. @internal */
export type Part = Exclude<keyof Manifest, 'expected'>

const parts: { readonly [part in Part]: (value: never) => boolean } = {
  manifest: (value) => value === 1,
  convention: isText,
  // It is written into a statement as it is.
  digest: (value) => value === null || (isText(value) && /^[0-9a-f]{64}$/.test(value)),
  newest: (value) => value === null || isText(value),
  count: (value) => Number.isInteger(value) && value >= 0,
  files: Array.isArray,
}

/** The first part that is wrong. @internal */
export const wrongPart = (set: object): Part | undefined =>
  (Object.keys(parts) as Part[]).find((part) => !parts[part]((set as Record<string, never>)[part]!))

/** Whether it is a manifest, and nothing is wrong with it. @internal */
export const isManifest = (set: unknown): set is Manifest =>
  Object.hasOwn(Object(set), 'manifest') && !wrongPart(set as object)
