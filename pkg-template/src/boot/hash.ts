// A checksum for what is large and lies on the caller's own disk: it tells what a fault has changed, not what somebody
// wanted to pass for something else. SHA-256 would take a fifth of a boot, and a page without https does not have it.

/** Bijective: another input gives another output. The constants are those of MurmurHash3's finalizer (public domain). */
function mix(number: number): number {
  number = Math.imul(number ^ (number >>> 16), 0x85ebca6b)
  number = Math.imul(number ^ (number >>> 13), 0xc2b2ae35)
  return number ^ (number >>> 16)
}

/**
 * 128 bits of the bytes as 32 hex digits. Every step is bijective, so one word that differs always shows. Depends on the
 * machine's byte order. @internal
 */
export function hash(bytes: Uint8Array): string {
  const words = bytes.length >> 2
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const all = new Uint32Array(aligned.buffer, aligned.byteOffset, words)
  const lanes = new Int32Array([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344])
  let [a = 0, b = 0, c = 0, d = 0] = lanes
  const step = (lane: number, word: number) => {
    lane = Math.imul(lane ^ word, 0x9e3779b1)
    return lane ^ (lane >>> 15)
  }
  let at = 0
  for (; at + 4 <= words; at += 4) {
    a = step(a, all[at]!)
    b = step(b, all[at + 1]!)
    c = step(c, all[at + 2]!)
    d = step(d, all[at + 3]!)
  }
  for (; at < words; at += 1) a = step(a, all[at]!)
  for (let byte = words * 4; byte < bytes.length; byte += 1) b = step(b, bytes[byte]!)
  c = step(c, bytes.length)
  // Two rounds bring every lane into every other.
  for (let round = 0; round < 2; round += 1) {
    a = mix(a ^ d)
    b = mix(b ^ a)
    c = mix(c ^ b)
    d = mix(d ^ c)
  }
  return [a, b, c, d].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('')
}
