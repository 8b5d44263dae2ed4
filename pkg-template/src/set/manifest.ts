// A migration set that was made ready at build time: what `counterfoil embed` writes.
import type { Convention } from '../core/core.js'
import { failure, type MigrationError } from '../shared/errors.js'
import { isManifest, wrongPart } from './manifest-parts.js'

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

/** What is wrong with each part. */
const words: Readonly<Record<keyof Manifest, string>> = {
  manifest: 'has the form N, and this version of counterfoil reads the form 1',
  convention: 'does not name its convention',
  digest: 'has a digest that is neither null nor 64 hex digits',
  newest: 'has a newest version that is neither null nor a string',
  count: 'has a count that is not a whole number',
  files: 'has no array of files',
}

/**
 * The set as a manifest; undefined if it is given in another form.
 *
 * @throws MigrationError `invalid-input` if it is a manifest, and a part of it is wrong @internal
 */
export function manifestOf(set: unknown): Manifest | undefined {
  if (!isManifest(set)) return undefined
  const part = wrongPart(set)
  if (part) throw wrong(words[part].replace(' N,', ` ${set.manifest},`))
  return set
}

/** The convention of a set: as the caller says, or as the manifest does; undefined if it has yet to be detected. @internal */
export const conventionOf = (set: unknown, chosen: Convention | undefined): Convention | undefined =>
  chosen ?? manifestOf(set)?.convention

/** An error that the manifest's author can mend. @internal */
export function wrong(what: string): MigrationError {
  return failure('invalid-input', `the manifest ${what}`, 'run `counterfoil embed` again')
}
