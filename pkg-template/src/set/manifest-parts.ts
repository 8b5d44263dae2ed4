// Whether a set is a manifest. An entry has this much of it; what is wrong with one is put into words elsewhere.
import type { Manifest } from './manifest.js'

const isText = (value: unknown) => typeof value === 'string'

/** The parts of a manifest, and whether a value will do for each. */
const parts: Readonly<Record<keyof Manifest, (value: any) => boolean>> = {
  manifest: (value) => value === 1,
  convention: isText,
  // It is written into a statement as it is.
  digest: (value) => value === null || (isText(value) && /^[0-9a-f]{64}$/.test(value)),
  newest: (value) => value === null || isText(value),
  count: (value) => Number.isInteger(value) && value >= 0,
  files: Array.isArray,
}

/**
 * Whether a set is given as a manifest. A path is never a number, so a record of files is not taken for one. The files
 * themselves are checked when they are used. @internal
 */
export const isManifest = (set: any): set is Manifest =>
  typeof set === 'object' && set !== null && Object.hasOwn(set, 'manifest') && typeof set.manifest === 'number'

/** The part of a manifest that is wrong, if one is. @internal */
export const wrongPart = (manifest: Manifest): keyof Manifest | undefined =>
  (Object.keys(parts) as (keyof Manifest)[]).find((part) => !parts[part](manifest[part]))
