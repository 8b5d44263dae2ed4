// A migration set that was made ready at build time: what `counterfoil embed` writes.
import type { Convention } from '../core/core.js'
import { failure, type MigrationError } from '../shared/errors.js'
import { isManifest, wrongPart, type Manifest } from './manifest-parts.js'

export type { Manifest, ManifestFile } from './manifest-parts.js'

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
