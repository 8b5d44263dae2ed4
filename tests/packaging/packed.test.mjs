// The package as a user gets it: packed, installed somewhere else, imported, type-checked.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { after, test } from 'node:test'
import { pages } from '../../scripts/build.mjs'
import { anchors, links, openFences, pagesOf } from '../js/support/docs.mjs'
import { install, ours, packed, root } from './support/packed.mjs'

const { tarball, listing } = packed()
const { base, home, remove } = install()
after(remove)

const node = (args, options) => spawnSync(process.execPath, args, { encoding: 'utf8', cwd: base, ...options })

/** The files of the package that these lead to: by imports and by addresses beside them. */
function reached(roots, found = new Set()) {
  for (const path of roots) {
    if (found.has(path) || !listing.includes(path)) continue
    found.add(path)
    if (!/\.c?js$/.test(path)) continue
    const text = readFileSync(join(home, path), 'utf8')
    const next = [...text.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\(|new URL\()\s*["'](\.[^"']+)["']/g)]
    reached(
      next.map(([, to]) => posix.join(posix.dirname(path), to)),
      found,
    )
  }
  return found
}

/** Whether a module had nothing but types in it. */
const isOfTypes = (path) => /^(?:\/\/.*\n)*export \{\};\n$/.test(readFileSync(join(home, path), 'utf8'))

/** Every path in a value of package.json. */
const paths = (value) =>
  typeof value === 'string' ? [posix.normalize(value)] : Object.values(value).flatMap((inner) => paths(inner))

const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
const forPages = pages.map((name) => `web/${name}.js`)

test('it holds the package and nothing else', () => {
  // The command line is in one piece.
  const sources = readdirSync(join(root, 'pkg-template/src'), { recursive: true })
    .map((path) => String(path).replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !path.startsWith('cli/'))
    .flatMap((path) => [path.replace(/ts$/, 'js'), path.replace(/ts$/, 'd.ts')])
  const others = [
    'README.md',
    'CHANGELOG.md',
    ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
    'LICENSE-APACHE',
    'LICENSE-MIT',
    'package.json',
    'virtual.d.ts',
    ...['core.d.ts', 'core.js', 'core.wasm', 'inline.js'].map((name) => `core/${name}`),
    ...['review.d.ts', 'review.js', 'review.wasm'].map((name) => `review/${name}`),
    ...['LICENSES.txt', 'main.js', 'pg-client.cjs', 'program.cjs'].map((name) => `cli/${name}`),
  ]
  const inPages = [...reached(forPages)].filter((path) => path.startsWith('web/'))
  assert.deepEqual(listing, [...sources, ...others, ...inPages].sort())
})

test('there is no module that nothing leads to', () => {
  const roots = [...paths(manifest.exports), ...paths(manifest.imports), ...paths(manifest.bin), ...forPages]
  // The rest of the command line, and what of the package only its bundle was made of.
  roots.push(
    'cli/program.cjs',
    'cli/pg-client.cjs',
    'git/move.js',
    'git/earlier.js',
    'git/named.js',
    'load/file.js',
    'schema/proved.js',
    'squash/counted.js',
    'squash/run-script.js',
  )
  for (const path of roots) assert.ok(listing.includes(path), path)
  const found = reached(roots)
  assert.deepEqual(
    listing.filter((path) => /\.c?js$/.test(path) && !found.has(path) && !isOfTypes(path)),
    [],
  )
})

test('it names no place that there is not', () => {
  for (const key of ['repository', 'homepage', 'bugs', 'funding', 'author']) assert.equal(manifest[key], undefined, key)
  assert.doesNotMatch(readFileSync(join(root, 'Cargo.toml'), 'utf8'), /^(repository|homepage|documentation) =/m)
})

test('it depends on nothing', () => {
  for (const key of ['dependencies', 'peerDependencies', 'optionalDependencies', 'scripts'])
    assert.equal(manifest[key], undefined, key)
  assert.equal(manifest.version, readFileSync(join(root, 'Cargo.toml'), 'utf8').match(/^version = "(.*)"/m)[1])
})

test('every export can be imported, and none but those', () => {
  const script = `
    const names = {}
    for (const entry of ['counterfoil', 'counterfoil/slim', 'counterfoil/inline', 'counterfoil/pglite', 'counterfoil/pg', 'counterfoil/neon', 'counterfoil/postgres', 'counterfoil/bun', 'counterfoil/node',
      'counterfoil/embed', 'counterfoil/health', 'counterfoil/git', 'counterfoil/guard', 'counterfoil/lint', 'counterfoil/schema', 'counterfoil/squash', 'counterfoil/dev', 'counterfoil/snapshots', 'counterfoil/vite', 'counterfoil/rollup', 'counterfoil/webpack', 'counterfoil/esbuild'])
      names[entry] = Object.keys(await import(entry)).sort()
    const { plan, checksum } = await import('counterfoil')
    const decisions = plan({ '001_a.sql': '-- migrate:up\\nselect 1;' }).decisions.map(({ code }) => code)
    let inside = 'importable'
    try { await import('counterfoil/run/drive.js') } catch (error) { inside = error.code }
    console.log(JSON.stringify({ names, decisions, checksum: checksum('abc'), inside }))`
  const { stdout, stderr } = node(['--input-type=module', '-e', script])
  assert.equal(stderr, '')
  const pure = [
    'MigrationError',
    'checksum',
    'fingerprint',
    'fromGlob',
    'init',
    'plan',
    'readSet',
    'readiness',
    'splitStatements',
  ]
  const driver = [
    'MigrationError',
    'importLedger',
    'init',
    'migrate',
    'plan',
    'ready',
    'rollback',
    'snapshot',
    'stamp',
    'verify',
  ]
  assert.deepEqual(JSON.parse(stdout), {
    names: {
      counterfoil: pure,
      'counterfoil/slim': pure,
      'counterfoil/inline': pure,
      'counterfoil/pglite': [...driver, 'boot', 'open'].sort(),
      'counterfoil/snapshots': ['snapshotsInIndexedDB', 'snapshotsInMemory'],
      'counterfoil/pg': driver,
      'counterfoil/neon': driver,
      'counterfoil/postgres': driver,
      'counterfoil/bun': driver,
      'counterfoil/node': ['MigrationError', 'readAlembicHeads', 'readMigrations', 'snapshotsInFolder'],
      'counterfoil/health': ['MigrationError', 'alembicReadiness', 'alembicReady', 'readinessHandler', 'schemaReady'],
      'counterfoil/embed': ['MigrationError', 'embed', 'init', 'renderExpected', 'renderManifest'],
      'counterfoil/git': ['MigrationError', 'readChange'],
      'counterfoil/guard': ['MigrationError', 'check'],
      'counterfoil/lint': ['MigrationError', 'lint', 'rules'],
      'counterfoil/schema': ['MigrationError', 'diffSchemas'],
      'counterfoil/squash': ['MigrationError', 'adoptScripts', 'proveSquash', 'squash'],
      'counterfoil/dev': ['MigrationError', 'develop', 'redo', 'reset'],
      'counterfoil/vite': ['default'],
      'counterfoil/rollup': ['default'],
      'counterfoil/webpack': ['default'],
      'counterfoil/esbuild': ['default'],
    },
    decisions: ['pending'],
    // printf abc | sha256sum
    checksum: 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    inside: 'ERR_PACKAGE_PATH_NOT_EXPORTED',
  })
})

test('its types are those of the real drivers, in every way TypeScript resolves modules', () => {
  mkdirSync(join(base, 'node_modules/@types'), { recursive: true })
  mkdirSync(join(base, 'node_modules/@electric-sql'), { recursive: true })
  mkdirSync(join(base, 'node_modules/@neondatabase'), { recursive: true })
  for (const name of [
    '@electric-sql/pglite',
    '@neondatabase/serverless',
    'postgres',
    '@types/pg',
    '@types/node',
    'pg',
    'pg-protocol',
    'pg-types',
    'undici-types',
    'vite',
  ])
    symlinkSync(ours(name), join(base, 'node_modules', name), 'junction')
  cpSync(join(root, 'tests/packaging/types'), join(base, 'types'), { recursive: true })
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const { status, stdout } = node([
      ours('typescript/bin/tsc'),
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--target',
      'es2022',
      '--module',
      module,
      '--moduleResolution',
      resolution,
      '--types',
      'node',
      '--skipLibCheck',
      'types/usage.ts',
    ])
    assert.equal(status, 0, `${resolution}:\n${stdout}`)
  }
})

test("its types need neither Node's nor a driver's", () => {
  const compilerOptions = {
    noEmit: true,
    strict: true,
    target: 'es2022',
    lib: ['es2022', 'dom'],
    module: 'esnext',
    moduleResolution: 'bundler',
    types: [],
  }
  mkdirSync(join(base, 'alone'))
  writeFileSync(join(base, 'alone/tsconfig.json'), JSON.stringify({ compilerOptions, files: ['alone.ts'] }))
  writeFileSync(
    join(base, 'alone/alone.ts'),
    [
      '',
      '/pglite',
      '/pg',
      '/neon',
      '/postgres',
      '/bun',
      '/node',
      '/embed',
      '/git',
      '/guard',
      '/lint',
      '/schema',
      '/squash',
      '/dev',
      '/snapshots',
      '/vite',
      '/rollup',
      '/webpack',
      '/esbuild',
    ]
      .map((entry, index) => `export * as entry${index} from 'counterfoil${entry}'\n`)
      .join(''),
  )
  const { status, stdout } = node([ours('typescript/bin/tsc'), '-p', 'alone'])
  assert.equal(status, 0, stdout)
})

test('nothing of slim leads to the core or to its text, and of inline nothing to the file', async () => {
  const { build } = await import('esbuild')
  const graph = async (entry) => {
    const { metafile, outputFiles } = await build({
      entryPoints: [join(home, `${entry}.js`)],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      minifySyntax: true,
      treeShaking: true,
    })
    return {
      files: Object.keys(metafile.inputs).map((path) => path.split('counterfoil/').at(-1)),
      text: outputFiles[0].text,
    }
  }
  const [slim, inline] = [await graph('slim'), await graph('inline')]
  assert.deepEqual(
    slim.files.filter((path) => /^load|inline|wasm$/.test(path)),
    [],
  )
  assert.doesNotMatch(slim.text, /import\.meta\.url|import\(/)
  assert.ok(inline.files.includes('core/inline.js'))
  assert.doesNotMatch(inline.text, /import\.meta\.url|import\(/)
})

test('publint finds nothing', async () => {
  const { publint } = await import('publint')
  const { messages } = await publint({ pkgDir: home, strict: true })
  assert.deepEqual(messages, [])
})

test('are the types wrong? no', () => {
  // An ES module only: `require` of it works in Node 20.19 and newer.
  const { status, stdout } = node([
    ours('@arethetypeswrong/cli/dist/index.js'),
    tarball,
    '--profile',
    'esm-only',
    '--no-color',
    '--exclude-entrypoints',
    'core.wasm',
    'virtual',
  ])
  assert.equal(status, 0, stdout)
})

test('no link of what there is to read leads out of the package', () => {
  for (const { path, text } of pagesOf(home)) {
    assert.deepEqual(openFences(text), [], path)
    for (const link of links(text).filter((target) => !target.startsWith('https:'))) {
      const [file, anchor] = link.split('#')
      const target = file ? join(dirname(path), file) : path
      assert.ok(existsSync(join(home, target)), `${path}: ${link}`)
      if (anchor) assert.ok(anchors(readFileSync(join(home, target), 'utf8')).has(anchor), `${path}: ${link}`)
    }
  }
})
