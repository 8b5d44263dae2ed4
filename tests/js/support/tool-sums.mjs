// The checksums of other tools, each by other code than ours: from their sources, as the importers name them.
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

const hex = (algorithm) => (text) => createHash(algorithm).update(text).digest('hex')

/** Drizzle's and Prisma's. */
export const sha256 = hex('sha256')
/** sqlx's. */
export const sha384 = hex('sha384')

/** Flyway's: of each line, without its end and without a byte order mark; a signed number. */
export const flyway = (text) =>
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .reduce((sum, line) => crc32(line, sum), 0) | 0

/** graphile-migrate's, chained: `before` is null for the first. */
export const graphile = (body, before) => `sha1:${hex('sha1')(`${`${before ?? ''}\n${body.trim()}`.trim()}\n`)}`

/** Atlas': of each file of a folder, by its name, over the names and texts of all up to it. */
export function atlas(files) {
  const hash = createHash('sha256')
  const sums = {}
  for (const name of Object.keys(files).toSorted()) {
    hash.update(name).update(files[name])
    sums[name] = hash.copy().digest('base64')
  }
  return sums
}

const mask = (1n << 64n) - 1n
const turn = (value, by) => ((value << by) | (value >> (64n - by))) & mask

/** SipHash-c-d of bytes, with a key of two numbers: Aumasson and Bernstein, "SipHash: a fast short-input PRF". */
export function sipHash(c, d, [k0, k1], bytes) {
  let [v0, v1, v2, v3] = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ]
  const rounds = (count) => {
    for (let round = 0; round < count; round += 1) {
      v0 = (v0 + v1) & mask
      v1 = turn(v1, 13n) ^ v0
      v0 = turn(v0, 32n)
      v2 = (v2 + v3) & mask
      v3 = turn(v3, 16n) ^ v2
      v0 = (v0 + v3) & mask
      v3 = turn(v3, 21n) ^ v0
      v2 = (v2 + v1) & mask
      v1 = turn(v1, 17n) ^ v2
      v2 = turn(v2, 32n)
    }
  }
  const padded = Buffer.alloc((bytes.length >> 3) * 8 + 8)
  Buffer.from(bytes).copy(padded)
  padded[padded.length - 1] = bytes.length & 0xff
  for (let at = 0; at < padded.length; at += 8) {
    const word = padded.readBigUInt64LE(at)
    v3 ^= word
    rounds(c)
    v0 ^= word
  }
  v2 ^= 0xffn
  rounds(d)
  return v0 ^ v1 ^ v2 ^ v3
}

/** refinery's: what Rust's `Hash` feeds a hasher of name, version and text. `width`: the bytes of a version, 4 or 8. */
export function refinery(name, version, text, width = 4) {
  const number = Buffer.alloc(width)
  if (width === 4) number.writeInt32LE(version)
  else number.writeBigInt64LE(BigInt(version))
  const bytes = Buffer.concat([Buffer.from(name), Buffer.of(0xff), number, Buffer.from(text), Buffer.of(0xff)])
  return String(sipHash(1, 3, [0n, 0n], bytes))
}
