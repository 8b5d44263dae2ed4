// The core alone: native Rust, WebAssembly, and PostgreSQL's own parser beside it.
import { plan, readSet, splitStatements } from 'counterfoil'
import { loadModule, parseSync } from 'libpg-query'
import { root } from '../scripts/lib.mjs'
import { sizes } from '../scripts/sizes.mjs'
import { line, median, ms, native, ratio, time, title } from './measure.mjs'
import { realTexts, smallFiles, versionOf } from './sets.mjs'

const runs = 9

export async function core() {
  const { name, texts: all } = await realTexts()
  await loadModule()
  const texts = all.filter(parses)
  const files = smallFiles(10_000)
  const natively = JSON.parse(await cargoBench({ texts, files, runs }))
  await splitting(name, all, texts, median(natively.split))
  await planning(files, natively)
}

async function splitting(name, all, texts, native) {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  const speed = (milliseconds) => `${(bytes / 1e6 / (milliseconds / 1000)).toFixed(1)} MB/s`
  title(
    `splitting: ${name}`,
    `${texts.length} files, ${(bytes / 1e6).toFixed(2)} MB${texts.length < all.length ? ` (without ${all.length - texts.length} that libpg-query refuses)` : ''}; processor time, medians of ${runs} runs`,
  )
  const wasm = median(await often(() => texts.forEach((text) => splitStatements(text))))
  const parser = median(await often(() => texts.forEach((text) => parseSync(text))))
  // As many files of one set, whatever they were: planning reads, splits and classifies what is pending.
  const set = Object.fromEntries(texts.map((text, i) => [`${i + 1}_x.sql`, text]))
  const whole = median(await often(() => plan(set, [], { convention: 'plain' })))
  line('native: split and classify', speed(native))
  line('WebAssembly: split and classify, statements as objects', speed(wasm))
  line('WebAssembly: plan with all of them pending', speed(whole), 'checksums, split, classify, decide')
  line(`libpg-query ${versionOf('libpg-query')} (WebAssembly)`, speed(parser), 'parses; it has no way to split alone')
  line('ratio, WebAssembly to native, in time', ratio(wasm / native))
  line('ratio, libpg-query to WebAssembly, in time', ratio(parser / wasm))
}

async function planning(files, native) {
  const set = Object.fromEntries(files)
  const rows = readSet(set).migrations.map(({ version, name, checksum }) => ({ version, name, checksum }))
  title('planning: 10,000 files against 10,000 rows', `processor time, medians of ${runs} runs`)
  const nativeBoth = median(native.read.map((time, run) => time + native.plan[run]))
  const wasm = median(await often(() => plan(set, rows)))
  line('native: plan', ms(median(native.plan)))
  line('native: read the files (checksums) and plan', ms(nativeBoth))
  line('WebAssembly: the same, files and rows handed over', ms(wasm))
  line('ratio, WebAssembly to native', ratio(wasm / nativeBoth))
}

/** Time against size. */
export async function linearity() {
  title(
    'time against size, native',
    'processor time, best of 3; the last column is 1 where time grows as size does, 100 where as its square does',
  )
  console.log((await cargoBench()).replace(/^/gm, '  ').trimEnd())
}

/** What a browser downloads. */
export function size() {
  title('size of the core', 'bytes')
  const number = (bytes) => bytes.toLocaleString('en')
  for (const { file, raw, gzip, brotli } of sizes(`${root}/pkg`))
    line(file, number(raw), `gzip ${number(gzip)}, brotli ${number(brotli)}`)
}

function parses(text) {
  try {
    parseSync(text)
    return true
  } catch {
    return false
  }
}

async function often(work) {
  work()
  const times = []
  for (let run = 0; run < runs; run++) times.push(await time(work))
  return times
}

/** Runs benches/core.rs. */
const cargoBench = (job) => native('counterfoil', 'core', job && JSON.stringify(job))
