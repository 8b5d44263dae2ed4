// Migrations that went through a bundler, in every way there is: the same checksums and the same plan as from the folder.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { after, describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { plan, readSet } from 'counterfoil'
import { embed } from 'counterfoil/embed'
import { readMigrations } from 'counterfoil/node'
import { awkward, checksums, digest } from './support/awkward.mjs'

// Inside the repository, so that `counterfoil` is the package that was built.
const parent = fileURLToPath(new URL('../../.tmp', import.meta.url))
mkdirSync(parent, { recursive: true })
const base = mkdtempSync(join(parent, 'bundlers-'))
after(() => rmSync(base, { recursive: true, force: true }))

let projects = 0
/** A project with a folder of migrations; gives its path. */
function project(main, migrations = awkward) {
  const root = join(base, String((projects += 1)))
  for (const [path, text] of Object.entries({
    'main.js': main,
    ...Object.fromEntries(Object.entries(migrations).map(([path, text]) => [`db/migrations/${path}`, text])),
  })) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

/** The bundlers: `bundle(root, kind)` bundles main.js and gives the file. `kind`: with our plugin, or with .sql as text. */
const bundlers = {
  async vite(root, plugins) {
    const { build } = await import('vite')
    const output = { entryFileNames: 'main.mjs' }
    await build({
      root,
      configFile: false,
      logLevel: 'silent',
      plugins,
      build: { outDir: 'out', lib: { entry: 'main.js', formats: ['es'] }, rollupOptions: { output } },
    })
  },
  async rollup(root, plugins) {
    const { rollup } = await import('rollup')
    const bundle = await rollup({ input: join(root, 'main.js'), plugins })
    await bundle.write({ file: join(root, 'out/main.mjs') })
    await bundle.close()
  },
  async rolldown(root, plugins) {
    const { rolldown } = await import('rolldown')
    const bundle = await rolldown({ input: join(root, 'main.js'), plugins })
    await bundle.write({ dir: join(root, 'out'), entryFileNames: 'main.mjs' })
    await bundle.close()
  },
  async webpack(root, plugins, rules = []) {
    const { default: webpack } = await import('webpack')
    const output = { path: join(root, 'out'), filename: 'main.mjs', library: { type: 'module' }, chunkFormat: 'module' }
    const compiler = webpack({
      context: root,
      mode: 'production',
      entry: './main.js',
      output,
      experiments: { outputModule: true },
      plugins,
      module: { rules },
    })
    const stats = await new Promise((done, fail) => compiler.run((error, stats) => (error ? fail(error) : done(stats))))
    await new Promise((done) => compiler.close(done))
    if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true, colors: false }))
  },
  async esbuild(root, plugins, loader = {}) {
    const { build } = await import('esbuild')
    await build({
      absWorkingDir: root,
      entryPoints: ['main.js'],
      outfile: 'out/main.mjs',
      bundle: true,
      minify: true,
      format: 'esm',
      logLevel: 'silent',
      plugins,
      loader,
    })
  },
}

/** What the bundle of main.js exports. */
async function bundled(name, root, ...rest) {
  await bundlers[name](root, ...rest)
  return (await import(pathToFileURL(join(root, 'out/main.mjs')))).default
}

/** Whether a set is what the folder gives: checksums, and a plan for a database that has a part of it. */
function isTheFolder(set, folder) {
  const byName = ({ path, checksum }) => [path.split('/').at(-1), checksum]
  assert.deepEqual(Object.fromEntries(readSet(set).migrations.map(byName)), checksums)
  const rows = [
    { version: '001', name: 'newlines', checksum: checksums['001_newlines.sql'] },
    { version: '005', name: 'separators', checksum: checksums['005_separators.sql'] },
  ]
  const decisions = (migrations) =>
    plan(migrations, rows).decisions.map(({ action, code, version, name, gap, severity }) => ({
      action,
      code,
      version,
      name,
      gap,
      severity,
    }))
  assert.deepEqual(decisions(set), decisions(folder))
}

/** The plugin of a bundler; with options where the folder is not found by itself. */
const plugin = async (name, root, options = {}) => {
  const { default: counterfoil } = await import(`counterfoil/${name === 'rolldown' ? 'rollup' : name}`)
  // Rollup and Rolldown know no root: theirs is the working directory.
  return [counterfoil(name.startsWith('roll') ? { dir: join(root, 'db/migrations'), ...options } : options)]
}

for (const name of Object.keys(bundlers))
  describe(name, () => {
    test('the virtual module is the manifest of the folder', async () => {
      const root = project(`import migrations from 'virtual:counterfoil'\nexport default migrations\n`)
      const manifest = await bundled(name, root, await plugin(name, root))
      assert.deepEqual(manifest, embed(await readMigrations(join(root, 'db/migrations'))))
      assert.equal(manifest.digest, digest)
      isTheFolder(manifest.files, await readMigrations(join(root, 'db/migrations')))
    })

    test('a query names another folder, and its convention', async () => {
      const root = project('')
      const other = '-- migrate:up\ncreate table other ();\n'
      mkdirSync(join(root, 'tenant'))
      writeFileSync(join(root, 'tenant/001_other.sql'), other)
      const dir = name.startsWith('roll') ? join(root, 'tenant') : 'tenant'
      writeFileSync(
        join(root, 'main.js'),
        `
        import one from 'virtual:counterfoil'
        import other from 'virtual:counterfoil?dir=${encodeURIComponent(dir)}&convention=plain'
        export default [one.count, other]`,
      )
      const [count, manifest] = await bundled(name, root, await plugin(name, root))
      assert.equal(count, 8)
      assert.deepEqual(manifest, embed({ '001_other.sql': other }, { convention: 'plain' }))
    })

    test('an error has file, line and column, and says what to do', async () => {
      const root = project(`export { default } from 'virtual:counterfoil'`, {
        '001_a.sql': "-- migrate:up\ncreate table a ();\nselect  'a;\n",
      })
      await assert.rejects(bundled(name, root, await plugin(name, root)), (error) => {
        const text = error.message.replaceAll('\\', '/')
        assert.match(text, /db\/migrations\/001_a\.sql:3:9: .+\n.*\w+/)
        return true
      })
    })
  })

for (const name of Object.keys(bundlers))
  test(`${name}: a folder without a migration stops the build, unless it is allowed`, async () => {
    const root = project(`import migrations from 'virtual:counterfoil'\nexport default migrations\n`, {
      'notes.txt': '',
    })
    await assert.rejects(bundled(name, root, await plugin(name, root)), (error) => {
      const said = `${error.message} ${JSON.stringify(error.errors ?? '')}`
      assert.ok(
        said.includes(`there are no migrations in ${join(root, 'db/migrations')}: notes.txt is no migration`),
        said,
      )
      assert.match(said, /allowEmpty: true/)
      return true
    })
    const { count } = await bundled(name, root, await plugin(name, root, { allowEmpty: true }))
    assert.equal(count, 0)
  })

test('in development a folder without a migration is a warning', { timeout: 300_000 }, async () => {
  const main = `export { default } from 'virtual:counterfoil'`
  const root = project(main, { 'notes.txt': '' })
  const warning = `there are no migrations in ${join(root, 'db/migrations')}: notes.txt is no migration`
  const warnings = []
  const { createLogger, createServer } = await import('vite')
  const customLogger = createLogger('silent')
  customLogger.warn = (text) => warnings.push(text)
  const server = await createServer({
    root,
    configFile: false,
    customLogger,
    server: { middlewareMode: true, ws: false },
    plugins: await plugin('vite', root),
    optimizeDeps: { noDiscovery: true },
  })
  try {
    assert.equal((await server.ssrLoadModule('/main.js')).default.count, 0)
  } finally {
    await server.close()
  }
  assert.equal(warnings.filter((text) => text.includes(warning)).length, 1, warnings.join('\n'))

  const { watch } = await import('rollup')
  const watcher = watch({
    input: join(root, 'main.js'),
    plugins: await plugin('rollup', root),
    output: { file: join(root, 'out/main.mjs') },
    onwarn: ({ message }) => warnings.push(message),
  })
  const end = await new Promise((done) =>
    watcher.on('event', ({ code, result, error }) => {
      result?.close()
      if (code === 'END' || code === 'ERROR') done(error ?? code)
    }),
  )
  await watcher.close()
  assert.equal(end, 'END')
  assert.equal(warnings.filter((text) => text.includes(warning)).length, 2, warnings.join('\n'))

  const { default: webpack } = await import('webpack')
  const compiler = webpack({
    context: root,
    mode: 'development',
    entry: './main.js',
    output: { path: join(root, 'out') },
    plugins: await plugin('webpack', root),
  })
  let watching
  const stats = await new Promise((done, fail) => {
    watching = compiler.watch({}, (error, stats) => (error ? fail(error) : done(stats)))
  })
  await new Promise((done) => watching.close(done))
  assert.deepEqual(stats.compilation.errors, [])
  assert.deepEqual(
    stats.compilation.warnings.map(({ message }) => message.includes(warning)),
    [true],
  )
})

test('import.meta.glob of Vite gives what the folder does, eager or not, with its own keys', async () => {
  for (const pattern of ['./db/migrations/**/*.sql', '/db/migrations/*.sql'])
    for (const eager of [true, false]) {
      const root = project(
        `export default import.meta.glob('${pattern}', { query: '?raw', ${eager ? 'eager: true' : ''} })`,
      )
      const record = await bundled('vite', root, [])
      const folder = await readMigrations(join(root, 'db/migrations'))
      assert.ok(Object.keys(record).every((path) => path.startsWith(pattern.split('db')[0])))
      const set = eager
        ? record
        : Object.fromEntries(
            await Promise.all(Object.entries(record).map(async ([path, load]) => [path, await load()])),
          )
      isTheFolder(set, folder)
      assert.deepEqual(embed(set).digest, digest)
    }
})

/** What people write who import every file by hand. */
const imports = `${Object.keys(awkward)
  .map((path, index) => `import m${index} from './db/migrations/${path}'`)
  .join('\n')}
export default { ${Object.keys(awkward)
  .map((path, index) => `'${path}': m${index}`)
  .join(', ')} }`

test('text imports of esbuild, as Wrangler has them for .sql, give what the folder does', async () => {
  const root = project(imports)
  isTheFolder(await bundled('esbuild', root, [], { '.sql': 'text' }), await readMigrations(join(root, 'db/migrations')))
})

test('asset/source of webpack gives what the folder does', async () => {
  const root = project(imports)
  isTheFolder(
    await bundled('webpack', root, [], [{ test: /\.sql$/, type: 'asset/source' }]),
    await readMigrations(join(root, 'db/migrations')),
  )
})

test('a bundler that writes texts as template literals changes nothing', async () => {
  const { transform } = await import('esbuild')
  // Minified for a target that has them, esbuild turns strings with line ends into template literals.
  const { code } = await transform(`export default ${JSON.stringify(awkward)}`, { minify: true, target: 'es2020' })
  assert.match(code, /`create table [^`]*\n/)
  writeFileSync(join(base, 'literals.mjs'), code)
  const { default: set } = await import(pathToFileURL(join(base, 'literals.mjs')))
  isTheFolder(set, awkward)
})

test(
  'the development server of Vite sends the new manifest when a file is added, changed or removed',
  { timeout: 300_000 },
  async () => {
    const { createServer } = await import('vite')
    const root = project(`export { default } from 'virtual:counterfoil'`, { '001_a.sql': 'select 1;\n' })
    const server = await createServer({
      root,
      configFile: false,
      logLevel: 'silent',
      server: { middlewareMode: true, ws: false },
      plugins: await plugin('vite', root),
      optimizeDeps: { noDiscovery: true },
    })
    try {
      const load = async () => (await server.ssrLoadModule('/main.js')).default
      const folder = join(root, 'db/migrations')
      /** What is loaded once it is another: the server looks at files in its own time. */
      const after = async (change, { digest }) => {
        change()
        for (;;) {
          const manifest = await load()
          if (manifest.digest !== digest) return manifest
          await setImmediate()
        }
      }
      const first = await load()
      assert.deepEqual(first, embed({ '001_a.sql': 'select 1;\n' }))
      await new Promise((done) => (server.watcher._readyEmitted ? done() : server.watcher.once('ready', done)))
      const second = await after(() => writeFileSync(join(folder, '002_b.sql'), 'select 2;\n'), first)
      assert.equal(second.count, 2)
      const third = await after(() => writeFileSync(join(folder, '002_b.sql'), 'select 3;\n'), second)
      assert.deepEqual(third, embed({ '001_a.sql': 'select 1;\n', '002_b.sql': 'select 3;\n' }))
      const fourth = await after(() => rmSync(join(folder, '002_b.sql')), third)
      assert.deepEqual(fourth, first)
    } finally {
      await server.close()
    }
  },
)
