// The size of what a browser downloads, and the budget that it must keep to.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { Stop } from './lib.mjs'

/** Bytes of core and glue after gzip. Raising it is a decision for a reviewer. */
export const budget = 140 * 1024

/** Raw, gzip and brotli bytes of the core and its glue. */
export function sizes(pkg) {
  const measure = (file) => {
    const bytes = readFileSync(join(pkg, file))
    return { file, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes).length }
  }
  return ['core/core.wasm', 'core/core.js'].map(measure)
}

/** Prints the sizes; stops if they are over the budget. */
export function checkSizes(pkg) {
  const files = sizes(pkg)
  const total = { file: 'core and glue', raw: 0, gzip: 0, brotli: 0 }
  for (const size of files) for (const key of ['raw', 'gzip', 'brotli']) total[key] += size[key]
  const number = (bytes) => bytes.toLocaleString('en').padStart(9)
  for (const { file, raw, gzip, brotli } of [...files, total])
    console.log(`  ${file.padEnd(16)} raw ${number(raw)}   gzip ${number(gzip)}   brotli ${number(brotli)}`)
  if (total.gzip > budget)
    throw new Stop(`core and glue are ${total.gzip} bytes after gzip: over the budget of ${budget} in scripts/sizes.mjs`)
}
