// A migration set that was made ready at build time: what `counterfoil embed` writes.
import type { Convention } from '../core/core.js'
import { failure, type MigrationError } from '../shared/errors.js'
import { wrongPart, type Manifest, type ManifestFile, type Part } from './manifest-parts.js'

export type { Manifest, ManifestFile }

/**
 * The set as a manifest; undefined if it is given in another form. A path is never a number, so a record of files is
 * not taken for one. The files themselves are checked when they are used.
 *
 * @throws MigrationError `invalid-input` if it is a manifest, and a part of it is wrong @internal
 */
export function manifestOf(set: unknown): Manifest | undefined {
  if (typeof set !== 'object' || set === null || !Object.hasOwn(set, 'manifest')) return undefined
  const { manifest } = set as { manifest: unknown }
  if (typeof manifest !== 'number') return undefined
  const part = wrongPart(set)
  if (part === 'manifest') throw wrong(`has the form ${manifest}, and this version of counterfoil reads the form 1`)
  if (part) throw wrong(words[part])
  return set as Manifest
}

/** What is wrong with each part. */
const words: { readonly [part in Exclude<Part, 'manifest'>]: string } = {
  convention: 'does not name its convention',
  digest: 'has a digest that is neither null nor 64 hex digits',
  newest: 'has a newest version that is neither null nor a string',
  count: 'has a count that is not a whole number',
  files: 'has no array of files',
}

/** The convention of a set: as the caller says, or as the manifest does; undefined if it has yet to be detected. @internal */
export const conventionOf = (set: unknown, chosen: Convention | undefined): Convention | undefined =>
  chosen ?? manifestOf(set)?.convention

/** An error that the manifest's author can mend. @internal */
export function wrong(what: string, help = 'run `counterfoil embed` again'): MigrationError {
  return failure('invalid-input', `the manifest ${what}`, help)
}
