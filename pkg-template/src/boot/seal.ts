// The form in which a snapshot is stored, and its key.
import { hash } from './hash.js'

/** What a snapshot is of. Every part has to agree before it is used. @internal */
export interface Label {
  /** What about the caller's options makes a database another: extensions, table, schema, initdb's parameters. 16 hex digits. */
  readonly options: string
  /** PGlite's version, and a hash of what its database says of itself: 16 hex digits. */
  readonly runtime: string
  /** The digest of the ledger. */
  readonly digest: string
}

const form = 'counterfoil1'

/** A label as the key in a store. @internal */
export const keyOf = ({ options, runtime, digest }: Label) => `${form}_${options}_${runtime}_${digest}`

/** The label of a key; undefined if it is none of ours. @internal */
export function labelOf(key: unknown): Label | undefined {
  const [, options, runtime, digest] =
    (typeof key === 'string' && /^counterfoil1_([0-9a-f]{16})_([\w.+-]+-[0-9a-f]{16})_([0-9a-f]{64})$/.exec(key)) || []
  return options && runtime && digest ? { options, runtime, digest } : undefined
}

const encoded = (text: string) => new TextEncoder().encode(text)

/** The first 16 hex digits of a text's hash. @internal */
export const short = (text: string) => hash(encoded(text)).slice(0, 16)

/** How many bytes follow the archive. */
const trailer = 32

/** What follows the archive: cut short, changed or under another key, it does not agree. */
const stamp = (key: string, archive: Uint8Array) => encoded(hash(encoded(`${key} ${hash(archive)}`)))

/** The form in which an archive is stored. @internal */
export async function seal(key: string, archive: Blob): Promise<Uint8Array> {
  const sealed = new Uint8Array(archive.size + trailer)
  sealed.set(new Uint8Array(await archive.arrayBuffer()))
  sealed.set(stamp(key, sealed.subarray(0, -trailer)), archive.size)
  return sealed
}

/** The archive; undefined if it is not what was sealed under this key. @internal */
export function unseal(key: string, sealed: unknown): Blob | undefined {
  if (!(sealed instanceof Uint8Array) || sealed.length < trailer) return undefined
  const archive = sealed.subarray(0, -trailer)
  const expected = stamp(key, archive)
  if (!sealed.subarray(-trailer).every((byte, index) => byte === expected[index])) return undefined
  return new Blob([archive as BlobPart], { type: 'application/x-tar' })
}
