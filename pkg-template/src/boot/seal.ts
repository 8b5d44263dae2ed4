// The form in which a snapshot is stored, and its key.

/** What a snapshot is of. Every part has to agree before it is used. @internal */
export interface Label {
  /** What about the caller's options makes a database another: extensions, table, initdb's parameters. 16 hex digits. */
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
  const [, options, runtime, digest] = (typeof key === 'string' && /^counterfoil1_([0-9a-f]{16})_([\w.+-]+-[0-9a-f]{16})_([0-9a-f]{64})$/.exec(key)) || []
  return options && runtime && digest ? { options, runtime, digest } : undefined
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** SHA-256 of a text, the first 16 of its hex digits. @internal */
export async function short(text: string): Promise<string> {
  return hex(await sha256(new TextEncoder().encode(text))).slice(0, 16)
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource))
}

/** The archive, and after it the SHA-256 of key and archive: cut short, changed or under another key, it is not taken. @internal */
export async function seal(key: string, archive: Blob): Promise<Uint8Array> {
  const sealed = new Uint8Array(archive.size + 32)
  sealed.set(new Uint8Array(await archive.arrayBuffer()))
  sealed.set(await stamp(key, sealed.subarray(0, archive.size)), archive.size)
  return sealed
}

/** The archive; undefined if it is not what was sealed under this key. @internal */
export async function unseal(key: string, sealed: Uint8Array): Promise<Blob | undefined> {
  if (!(sealed instanceof Uint8Array) || sealed.length < 32) return undefined
  const archive = sealed.subarray(0, -32)
  return hex(await stamp(key, archive)) === hex(sealed.subarray(-32)) ? new Blob([archive as BlobPart], { type: 'application/x-tar' }) : undefined
}

async function stamp(key: string, archive: Uint8Array): Promise<Uint8Array> {
  return sha256(new TextEncoder().encode(`${key} ${hex(await sha256(archive))}`))
}
