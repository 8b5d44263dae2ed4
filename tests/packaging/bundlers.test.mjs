// The packed package through bundlers, as they are without configuration: what they make is run in Chromium and in Node.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkFast, checkPure } from './support/expected.mjs'
import { install, printed } from './support/packed.mjs'
import { openPages, page, pgliteImport, startPages } from './support/pages.mjs'

// PGlite is not what is tested: pages import it from beside the bundle.
const external = ['@electric-sql/pglite']
const app = install({
  links: external,
  watched: true,
  files: {
    'node-main.mjs': `import { checksum } from 'counterfoil'
import { pure } from './pure.js'
import { fast } from './fast.js'
const sync = checksum('abc')
Promise.all([pure(), process.argv[2] === 'fast' && fast()]).then(([pure, fast]) => console.log(JSON.stringify({ sync, pure, fast })))
`,
    'fast-main.mjs': `import { fast } from './fast.js'\nfast().then((result) => console.log(JSON.stringify(result)))\n`,
  },
})
const browser = openPages()
after(async () => {
  await browser.close()
  app.remove()
})

const abc = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
/** The files of a folder, with their texts if they are scripts. */
const files = (folder) =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => /\.\w+$/.test(name))

/**
 * Opens what a bundler made, whose entry is `main`, and checks it: it plans and migrates, and with nothing to do the page
 * asks for none of the files that hold engine or core. Gives the paths that were asked for.
 */
async function inChromium(folder, main) {
  const isHeavy = (name) =>
    name !== main &&
    (name.endsWith('.wasm') ||
      (name.endsWith('.js') &&
        readFileSync(join(folder, name), 'utf8').includes('globalThis.loaded') &&
        !/PGlite\.create/.test(readFileSync(join(folder, name), 'utf8'))))
  const heavy = files(folder)
    .filter(isHeavy)
    .map((name) => `/${name.replaceAll('\\', '/')}`)
  const pages = await startPages({
    folders: { '/': folder },
    pages: { '/page': page(`import '/${main}'`, pgliteImport) },
  })
  try {
    checkPure(await browser.result(`${pages.origin}/page#pure`))
    const { fetched, ...result } = await browser.result(`${pages.origin}/page#fast`)
    checkFast(result)
    assert.ok(fetched.length > 0)
    assert.deepEqual(
      fetched.filter((path) => heavy.includes(path)),
      [],
    )
    assert.ok(
      pages.requests.some((path) => heavy.includes(path)),
      `none of ${heavy} in ${pages.requests}`,
    )
    return pages.requests
  } finally {
    await pages.stop()
  }
}

test('Vite, in Chromium', async () => {
  const { build } = await import('vite')
  const outDir = join(app.base, 'vite')
  await build({
    root: app.base,
    base: '/',
    logLevel: 'error',
    configFile: false,
    build: {
      outDir,
      minify: false,
      rollupOptions: { input: join(app.base, 'browser-main.js'), external, output: { entryFileNames: 'main.js' } },
    },
  })
  const requests = await inChromium(outDir, 'main.js')
  assert.ok(requests.some((path) => path.endsWith('.wasm')))
})

/** Runs webpack with nothing but an entry and where to write. */
async function webpack(target, entry, folder, output = {}) {
  const { default: pack } = await import('webpack')
  const isModule = output.module !== false
  const stats = await new Promise((done, fail) =>
    pack(
      {
        mode: 'production',
        target,
        context: app.base,
        entry: `./${entry}`,
        externals: Object.fromEntries(external.map((name) => [name, isModule ? `module ${name}` : `commonjs ${name}`])),
        experiments: { outputModule: isModule },
        output: {
          path: join(app.base, folder),
          filename: isModule ? 'main.mjs' : 'main.cjs',
          module: isModule,
          ...output,
        },
        performance: { hints: false },
      },
      (error, stats) => (error ? fail(error) : done(stats)),
    ),
  )
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true })
  assert.deepEqual(
    [...errors, ...warnings].map(({ message }) => message),
    [],
  )
}

test('webpack, in Chromium', async () => {
  await webpack('web', 'browser-main.js', 'webpack-web', {
    filename: 'main.js',
    publicPath: '/',
    chunkFilename: '[id].js',
  })
  const requests = await inChromium(join(app.base, 'webpack-web'), 'main.js')
  assert.ok(requests.some((path) => path.endsWith('.wasm')))
})

test('webpack, for Node', async () => {
  await webpack('node20', 'node-main.mjs', 'webpack-node')
  checkNode(join(app.base, 'webpack-node'), 'main.mjs')
})

test('webpack, for Node as CommonJS', async () => {
  await webpack('node20', 'node-main.mjs', 'webpack-cjs', { module: false })
  checkNode(join(app.base, 'webpack-cjs'), 'main.cjs')
})

/** Runs a bundle for Node from a folder that has nothing of ours but the bundle. */
function checkNode(folder, main) {
  const { sync, pure, fast } = printed(process.execPath, [join(folder, main), 'fast'], app.base)
  assert.equal(sync, abc)
  checkPure(pure)
  // The pure functions are in the same bundle and have loaded the core, so here only what is sent counts.
  for (const { status, queries, wasm } of fast.current) assert.deepEqual([status, queries, wasm], ['current', 2, 0])
  assert.deepEqual(fast.pending.applied, ['00002'])
}

/** Runs esbuild with nothing but an entry and where to write. */
async function esbuild(entry, folder, options) {
  const { build } = await import('esbuild')
  const { warnings } = await build({
    absWorkingDir: app.base,
    entryPoints: [entry],
    bundle: true,
    outdir: folder,
    external,
    logLevel: 'silent',
    ...options,
  })
  assert.deepEqual(
    warnings.map(({ text }) => text).filter((text) => !/"import.meta" is not available/.test(text)),
    [],
  )
}

test('esbuild with splitting, in Chromium: the core comes from the text in the bundle', async () => {
  await esbuild('browser-main.js', 'esbuild-split', { format: 'esm', splitting: true, minify: true })
  assert.ok(!files(join(app.base, 'esbuild-split')).some((name) => name.endsWith('.wasm')))
  await inChromium(join(app.base, 'esbuild-split'), 'browser-main.js')
})

test('esbuild, one file, in Chromium', async () => {
  await esbuild('browser-main.js', 'esbuild-one', { format: 'esm' })
  const pages = await startPages({
    folders: { '/': join(app.base, 'esbuild-one') },
    pages: { '/page': page(`import '/browser-main.js'`, pgliteImport) },
  })
  try {
    checkPure(await browser.result(`${pages.origin}/page#pure`))
    checkFast(await browser.result(`${pages.origin}/page#fast`))
  } finally {
    await pages.stop()
  }
})

for (const [format, extension] of [
  ['esm', '.mjs'],
  ['cjs', '.cjs'],
])
  test(`esbuild, for Node as ${format}`, async () => {
    const folder = `esbuild-${format}`
    await esbuild('node-main.mjs', folder, { platform: 'node', format, outExtension: { '.js': extension } })
    checkNode(join(app.base, folder), `node-main${extension}`)
    await esbuild('fast-main.mjs', folder, { platform: 'node', format, outExtension: { '.js': extension } })
    checkFast(printed(process.execPath, [join(folder, `fast-main${extension}`)], app.base))
  })
