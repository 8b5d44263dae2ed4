// Makes a panic of the core a plain trap.
//
// A panic stops the core either way, and JavaScript is told so by an `internal-error`. But wording it (which index, of
// which length, in which file and line) takes up a twentieth of what a browser downloads. So the functions that word
// one are emptied here, and their places in the sources are blanked; wasm-opt then throws out what only they used. What
// only panics format with goes too. rustc can do the same, but not on its stable channel.
// `COUNTERFOIL_PANICS=1 node scripts/build.mjs` keeps it all.
import { Stop } from './lib.mjs'

/** Where a panic ends up, whatever it is about: by the names that rustc gives. */
const ends = [
  /^core::panicking::/,
  /^core::(option|result)::(expect|unwrap)_failed$/,
  /^core::(slice::index|str)::slice_(index|error)_fail/,
  /^core::slice::copy_from_slice_impl::len_mismatch_fail/,
  /^core::cell::panic_already/,
  /^std::panicking::(panic_with_hook|panic_handler|panic_count)/,
  /^__rustc::(rust_begin_unwind|rust_panic|__rust_start_panic)$/,
  /^alloc::(raw_vec::(capacity_overflow|handle_error)|alloc::handle_alloc_error)/,
  /^wasm_bindgen::__rt::(throw_null|borrow_fail)/,
  /^<std::panicking::/,
]

// `core[1c2d…]::panicking::panic` and `core::panicking::panic::h1c2d…` are one name in rustc's two ways to write it.
const plain = (name) => name.replace(/\[[0-9a-f]{8,}\]/g, '').replace(/::h[0-9a-f]{16}$/, '')

/** What writes numbers, and whatever else `format!` can take. */
const formatting = [
  /^core::fmt::/,
  /^<core::fmt::Formatter>::/,
  /^<(char|str) as core::fmt::Debug>::/,
  /^<[iu]\d+>::_fmt/,
]
/** What calls that without being called itself, as long as nothing is formatted. */
const formatted = / as core::fmt::\w+>::/

/** The module with every panic emptied: `wasm` is wasm-bindgen's, which still has its names. */
export async function withoutPanics(wasm) {
  const { default: binaryen } = await import('binaryen')
  // The names stay in it: wasm-opt puts functions in their order.
  binaryen.setDebugInfo(true)
  const module = binaryen.readBinary(wasm)
  const functions = Array.from({ length: module.getNumFunctions() }, (_, index) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(index)),
  )
  const found = functions.filter(({ name, module: imported }) => !imported && ends.some((end) => end.test(plain(name))))
  if (!found.some(({ name }) => plain(name) === 'core::panicking::panic_fmt'))
    throw new Stop('the core has no function core::panicking::panic_fmt: has rustc renamed it? See scripts/panics.mjs')
  const empty = (list) => {
    for (const { name, params, results } of list) {
      module.removeFunction(name)
      module.addFunction(name, params, results, [], module.unreachable())
    }
  }
  empty(found)
  // The core puts its texts together without `format!`. As long as that is so, only panics have formatted anything.
  const formats = functions.filter(
    ({ name, module: imported }) => !imported && formatting.some((one) => one.test(plain(name))),
  )
  if (!calledByOthers(module.emitText(), new Set(formats.map(({ name }) => name)))) empty(formats)
  const emptied = module.emitBinary()
  module.dispose()
  return withoutLocations(emptied)
}

/** Whether anything but formatting calls one of `names`. `text` is the module in WebAssembly's text form. */
function calledByOthers(text, names) {
  const bare = (name) => name.replace(/^"|"$/g, '')
  return text
    .split('\n (func $')
    .slice(1)
    .some((body) => {
      const own = bare(body.match(/^"[^"]*"|^[^\s()]+/)[0])
      if (names.has(own) || formatted.test(plain(own))) return false
      return [...body.matchAll(/\((?:return_)?call \$("[^"]*"|[^\s()]+)/g)].some(([, called]) =>
        names.has(bare(called)),
      )
    })
}

/** The module with its `core::panic::Location`s blanked: pointer and length of a file's name, line and column. */
function withoutLocations(wasm) {
  const bytes = Uint8Array.from(wasm)
  const segments = dataSegments(bytes)
  const holder = (address, length) =>
    segments.find(({ start, data }) => start <= address && address + length <= start + data.length)
  const files = []
  for (const { data } of segments) {
    const view = new DataView(data.buffer, data.byteOffset, data.length)
    for (let at = 0; at + 16 <= data.length; at += 4) {
      const [pointer, length, line, column] = [0, 4, 8, 12].map((field) => view.getUint32(at + field, true))
      if (length < 4 || length > 200 || line === 0 || line > 50_000 || column === 0 || column > 1_000) continue
      const segment = holder(pointer, length)
      if (!segment) continue
      const file = segment.data.subarray(pointer - segment.start, pointer - segment.start + length)
      if (!/^[\x20-\x7e]+\.rs$/.test(String.fromCharCode(...file))) continue
      data.fill(0, at, at + 16)
      files.push(file)
    }
  }
  for (const file of files) file.fill(0)
  return bytes
}

/** The active data segments: where each begins in memory, and its bytes (not a copy). */
function dataSegments(bytes) {
  let at = 8
  const number = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const section = bytes[at++]
    const end = number() + at
    if (section === 11) {
      return Array.from({ length: number() }, () => {
        // `0 (i32.const start) end`; what is another kind of segment has no place of its own.
        const active = number() === 0
        if (!active || bytes[at++] !== 0x41)
          throw new Stop('the core has a data segment of a kind that scripts/panics.mjs does not know')
        const start = number()
        at += 1
        const length = number()
        return { start, data: bytes.subarray(at, (at += length)) }
      })
    }
    at = end
  }
  return []
}
