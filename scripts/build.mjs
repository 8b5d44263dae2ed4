// Builds the npm package into pkg/: the core as WebAssembly, and the TypeScript of pkg-template/.
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commandLine } from './command-line.mjs'
import { output, root, run, say, script } from './lib.mjs'
import { setup } from './setup.mjs'
import { checkEntries, checkSizes } from './sizes.mjs'

const pkg = join(root, 'pkg')
const generated = join(root, '.tmp/generated')
// Written here and then put into place, so that whoever uses pkg/ meanwhile always finds all of it.
const draft = join(root, '.tmp/pkg')
const bin = (name, path) => [process.execPath, join(root, 'node_modules', name, path)]

// What rustc lets LLVM use for wasm32-unknown-unknown; wasm-opt has to be told.
export const wasmFeatures = [
  'bulk-memory',
  'bulk-memory-opt',
  'call-indirect-overlong',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'reference-types',
  'sign-ext',
]

// These passes make the module smaller by 0.9 KB after gzip than -O3 does: functions by name stand beside those that are like
// them, and what is inlined is there twice.
const smallAfterGzip = [
  '-O2',
  '--skip-pass=inlining-optimizing',
  '--skip-pass=reorder-functions',
  '--reorder-functions-by-name',
  // Both are true of what rustc links: the stack lies lowest and ends far above its first kilobyte, and the module brings
  // its own memory. Offsets fold into loads: 0.7 KB.
  '--low-memory-unused',
  '--zero-filled-memory',
]

// After them, until nothing changes any more: another 0.9 KB of the core.
const onceMore = ['-Oz', '--converge']

/** For development: built in a quarter of the time, several times as large, and neither packed nor measured. */
const quick = Boolean(process.env.COUNTERFOIL_QUICK)

/** Builds pkg/ if anything that it is made of has changed. */
export async function build() {
  say('building the core and the review module (cargo, wasm32-unknown-unknown)')
  const wasm = {
    core: await compiled('counterfoil', 'release', ['--features', 'wasm']),
    review: await compiled('counterfoil-review', 'review', ['--features', 'wasm']),
  }

  const stamp = join(root, '.tmp/build.stamp')
  const digest = digestOf([
    ...Object.values(wasm),
    'pkg-template',
    'scripts/build.mjs',
    'scripts/command-line.mjs',
    ...texts,
    'Cargo.toml',
    'package-lock.json',
  ])
  link()
  if (existsSync(stamp) && existsSync(join(pkg, 'package.json')) && readFileSync(stamp, 'utf8') === digest) return
  for (const path of [draft, generated, stamp]) rmSync(path, { recursive: true, force: true })

  say('writing pkg/ (wasm-bindgen, wasm-opt, tsc)')
  await module('core', wasm.core)
  // Whatever stops it, the next call gets a new one.
  await module('review', wasm.review, ['--experimental-reset-state-function'])
  inlined(join(generated, 'core'))
  await run(...split(bin('typescript', 'bin/tsc'), ['-p', 'pkg-template', '--outDir', draft]))
  manifest()
  await forPages()
  await commandLine(draft)
  rmSync(pkg, { recursive: true, force: true })
  renameSync(draft, pkg)
  if (!quick) checkSizes(pkg)
  if (!quick) await checkEntries(pkg)
  // What the packaging tests have packed of earlier ones.
  for (const name of readdirSync(join(root, '.tmp')))
    if (name.startsWith('packed-')) rmSync(join(root, '.tmp', name), { recursive: true, force: true })
  writeFileSync(stamp, digest)
}

const split = ([command, ...first], rest) => [command, [...first, ...rest]]

/** A crate as one WebAssembly file, as rustc gives it. Each has its own run of cargo: what one turns on must not reach the other. */
async function compiled(crate, optimised, options = []) {
  const profile = quick ? 'quick' : optimised
  await run('cargo', [
    'rustc',
    '--quiet',
    '--profile',
    profile,
    '--target',
    'wasm32-unknown-unknown',
    '--package',
    crate,
    '--lib',
    '--crate-type',
    'cdylib',
    ...options,
  ])
  const { target_directory: target } = JSON.parse(output('cargo', ['metadata', '--format-version', '1', '--no-deps']))
  return join(target, `wasm32-unknown-unknown/${profile}/${crate.replaceAll('-', '_')}.wasm`)
}

/** A WebAssembly file made small, with its JavaScript, in `<name>/` of the package. `bindings`: options of wasm-bindgen. */
async function module(name, wasm, bindings = []) {
  const folder = join(generated, name)
  await run('wasm-bindgen', [
    wasm,
    '--target',
    'web',
    '--omit-default-module-path',
    '--out-dir',
    folder,
    '--out-name',
    name,
    ...bindings,
  ])
  const bound = join(folder, `${name}_bg.wasm`)
  await run(
    ...split(bin('binaryen', 'bin/wasm-opt'), [
      bound,
      '-o',
      join(folder, `${name}.wasm`),
      ...(quick ? ['-O0'] : smallAfterGzip),
      ...(!quick && name === 'core' ? onceMore : []),
      '--strip-debug',
      '--strip-producers',
      '--strip-target-features',
      ...wasmFeatures.map((feature) => `--enable-${feature}`),
    ]),
  )
  mkdirSync(join(draft, name), { recursive: true })
  cpSync(join(folder, `${name}.wasm`), join(draft, name, `${name}.wasm`))
  await glue(name, folder)
}

/** The JavaScript that wasm-bindgen wrote, minified, and of its declarations the data types. */
async function glue(name, folder) {
  const { transform } = await import('esbuild')
  const { code } = await transform(readFileSync(join(folder, `${name}.js`), 'utf8'), {
    minify: true,
    format: 'esm',
    target: 'es2022',
  })
  writeFileSync(join(draft, name, `${name}.js`), code)
  // Its classes and functions are the package's inside, and need a newer `lib` than the rest does.
  const [data] = readFileSync(join(folder, `${name}.d.ts`), 'utf8').split(
    /(?:\/\*\*(?:(?!\*\/)[^])*\*\/\s*)?export (?:class|function)/,
  )
  if (/^export /m.test(data)) writeFileSync(join(draft, name, `${name}.d.ts`), data)
}

/** The core as text in a module, for runtimes where a bundler could leave the file behind. */
function inlined(core) {
  const text = readFileSync(join(core, 'core.wasm')).toString('base64')
  writeFileSync(
    join(draft, 'core/inline.js'),
    `const text = '${text}'\n\nexport function bytes() {\n  const characters = atob(text)\n  const bytes = new Uint8Array(characters.length)\n` +
      '  for (let at = 0; at < bytes.length; at += 1) bytes[at] = characters.charCodeAt(at)\n  return bytes\n}\n',
  )
  writeFileSync(join(core, 'inline.d.ts'), 'export declare function bytes(): Uint8Array<ArrayBuffer>\n')
}

/** The names of {@link forPages}. */
export const pages = ['index', 'inline', 'slim', 'pglite', 'snapshots', 'neon', 'guard', 'lint', 'dev']

/** The entries that a page may load without a bundler or an import map: all that they import is beside them. */
async function forPages() {
  const { build } = await import('esbuild')
  await build({
    entryPoints: pages.map((name) => join(draft, `${name}.js`)),
    outdir: join(draft, 'web'),
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    // In the same place for a file in web/ as for one in load/.
    external: ['../core/inline.js'],
    logLevel: 'warning',
  })
}

/** What a person reads. No link of these may lead out of the package. */
const texts = ['README.md', 'CHANGELOG.md', 'LICENSE-APACHE', 'LICENSE-MIT', 'docs']

/** package.json with the crate's version, and the texts. */
function manifest() {
  const version = readFileSync(join(root, 'Cargo.toml'), 'utf8').match(/^version = "([^"]+)"/m)[1]
  const template = JSON.parse(readFileSync(join(root, 'pkg-template/package.json'), 'utf8'))
  const { name, ...rest } = template
  writeFileSync(join(draft, 'package.json'), `${JSON.stringify({ name, version, ...rest }, null, 2)}\n`)
  // tsc does not copy declarations.
  cpSync(join(root, 'pkg-template/virtual.d.ts'), join(draft, 'virtual.d.ts'))
  for (const file of texts) cpSync(join(root, file), join(draft, file), { recursive: true })
}

/** Makes `import 'counterfoil'` mean pkg/ inside the repository. */
function link() {
  const path = join(root, 'node_modules/counterfoil')
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (
    there?.isSymbolicLink() &&
    existsSync(
      join(readlinkSync(path).startsWith('/') ? readlinkSync(path) : join(path, '..', readlinkSync(path)), '..'),
    )
  )
    return
  rmSync(path, { recursive: true, force: true })
  // A junction needs no rights on Windows, but an absolute path.
  symlinkSync(process.platform === 'win32' ? pkg : '../pkg', path, 'junction')
}

function digestOf(paths) {
  const hash = createHash('sha256')
  const add = (path) => {
    const full = path.startsWith(root) || existsSync(path) ? path : join(root, path)
    if (!existsSync(full)) return
    if (statSync(full).isDirectory()) for (const name of readdirSync(full).sort()) add(join(full, name))
    else hash.update(path).update('\0').update(readFileSync(full)).update('\0')
  }
  paths.forEach((path) => add(path))
  return hash.digest('hex')
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await script(async () => {
    await setup()
    await build()
  })
