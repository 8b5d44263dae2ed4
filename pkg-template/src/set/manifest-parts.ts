// What the parts of a manifest have to be. What is wrong with one is said in manifest.ts, which is loaded for that.
import type { Manifest } from './manifest.js'

const isText = (value: unknown) => typeof value === 'string'

const parts: { readonly [part in keyof Manifest]: (value: never) => boolean } = {
  manifest: (value) => value === 1,
  convention: isText,
  // It is written into a statement as it is.
  digest: (value) => value === null || (isText(value) && /^[0-9a-f]{64}$/.test(value)),
  newest: (value) => value === null || isText(value),
  count: (value) => Number.isInteger(value) && value >= 0,
  files: Array.isArray,
}

/** The first part that is wrong. @internal */
export const wrongPart = (set: object): keyof Manifest | undefined =>
  (Object.keys(parts) as (keyof Manifest)[]).find((part) => !parts[part]((set as Record<string, never>)[part]!))

/** Whether it is a manifest, and nothing is wrong with it. @internal */
export const isManifest = (set: unknown): set is Manifest =>
  Object.hasOwn(Object(set), 'manifest') && !wrongPart(set as object)
