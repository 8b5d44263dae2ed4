// Sets that a bundler has put together: what a glob gives, and what drizzle-kit writes. The same as from the folder.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build as esbuild } from 'esbuild'
import { fromGlob, readSet } from 'counterfoil'
import { lint } from 'counterfoil/lint'
import { readMigrations } from 'counterfoil/node'

// Inside the repository, so that `counterfoil` is the package that was built.
const parent = fileURLToPath(new URL('../../.tmp', import.meta.url))
mkdirSync(parent, { recursive: true })
const base = mkdtempSync(join(parent, 'globs-'))
after(() => rmSync(base, { recursive: true, force: true }))

let projects = 0
function project(files) {
  const root = join(base, String((projects += 1)))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

/** What `import.meta.glob` gives in a build of Vite. */
async function globbed(vite, files, glob) {
  const root = project({ ...files, 'main.js': `export default import.meta.glob(${glob})` })
  const { build } = await import(vite)
  const output = { entryFileNames: 'main.mjs' }
  await build({
    root,
    configFile: false,
    logLevel: 'silent',
    build: { outDir: 'out', lib: { entry: 'main.js', formats: ['es'] }, rollupOptions: { output } },
  })
  const { default: record } = await import(pathToFileURL(join(root, 'out/main.mjs')))
  return { root, record }
}

/** A set whose texts are there; modules stand for their texts. */
async function loaded(set) {
  const entries = Object.entries(set).map(async ([path, source]) => {
    const text = typeof source === 'function' ? await source() : source
    return [path, typeof text === 'object' ? text.default : text]
  })
  return Object.fromEntries(await Promise.all(entries))
}

const squashed = {
  'm/002_baseline.sql': 'create table a (id int);\ncreate table b (id int);\n',
  'm/003_c.sql': 'create table c (id int);\n',
  'm/.counterfoil/002_baseline.json': `{ "replaces": [{ "version": "001", "checksum": "sha256:${'0'.repeat(64)}" }] }`,
  'm/.counterfoil/archive/002_baseline/001_a.sql': 'create table a (id int);\n',
  'm/.hidden/004_d.sql': 'create table d (id int);\n',
  'm/node_modules/x/005_e.sql': 'create table e (id int);\n',
  'm/README.md': '# Migrations\n',
}
const journal = `{
  "version": "7",
  "dialect": "postgresql",
  "entries": [
    {
      "idx": 0,
      "version": "7",
      "when": 1710000000000,
      "tag": "0000_brave_owl",
      "breakpoints": true
    },
    {
      "idx": 1,
      "version": "7",
      "when": 1710000001000,
      "tag": "0001_calm_fox",
      "breakpoints": true
    }
  ]
}`
const drizzle = {
  'd/meta/_journal.json': journal,
  'd/meta/0000_snapshot.json': '{}',
  'd/0000_brave_owl.sql': 'CREATE TABLE "a" ("id" int);\n--> statement-breakpoint\nCREATE TABLE "b" ("id" int);',
  'd/0001_calm_fox.sql': 'ALTER TABLE "a" ADD COLUMN "more" text;',
}

for (const vite of ['vite5', 'vite'])
  for (const how of ['eager: true', "import: 'default'", "import: 'default', eager: true"])
    test(`the whole folder is a set, with what lies in its hidden folders: ${vite}, ${how}`, async () => {
      for (const [folder, files] of [
        ['m', squashed],
        ['d', drizzle],
      ]) {
        const options = `{ query: '?raw', exhaustive: true, ${how} }`
        const { root, record } = await globbed(vite, files, `'./${folder}/**', ${options}`)
        const expected = Object.entries(await readMigrations(join(root, folder)))
        const set = await loaded(fromGlob(record))
        assert.deepEqual(set, Object.fromEntries(expected.map(([path, text]) => [`./${folder}/${path}`, text])))
        assert.deepEqual(
          readSet(set).migrations.map(({ version }) => version),
          folder === 'm' ? ['002', '003'] : ['0000_brave_owl', '0001_calm_fox'],
        )
      }
    })

test('a pattern of .sql files leaves out the journal of Drizzle, and that is said', async () => {
  const said = {
    code: 'invalid-input',
    message: './d/0000_brave_owl.sql is of Drizzle, and its journal is not among the files of the glob',
    help: "add the pattern './d/meta/_journal.json' to the glob, or give it the whole folder: './d/**'",
  }
  const options = "{ query: '?raw', import: 'default', eager: true }"
  const { record } = await globbed('vite', drizzle, `'./d/*.sql', ${options}`)
  assert.throws(() => fromGlob(record), said)
  const { record: lazy } = await globbed('vite', drizzle, `'./d/*.sql', { query: '?raw' }`)
  const set = fromGlob(lazy)
  await assert.rejects(set['./d/0000_brave_owl.sql'](), said)
  await assert.rejects(lint(set), said)
  // As the help says.
  const { record: whole } = await globbed('vite', drizzle, `['./d/*.sql', './d/meta/_journal.json'], ${options}`)
  assert.equal(readSet(fromGlob(whole)).convention, 'drizzle')
})

test('Drizzle 1.0 has no journal, and needs none', () => {
  const set = fromGlob({ './d/20260101000000_a/migration.sql': drizzle['d/0000_brave_owl.sql'] })
  assert.deepEqual(
    readSet(set).migrations.map(({ version }) => version),
    ['20260101000000_a'],
  )
})

test('paths lose their query, and files that are no part of a set are left out', () => {
  assert.deepEqual(
    { ...fromGlob({ './m/001_a.sql?raw': 'select 1', './m/notes.txt': '', './m/002_b.ts': 'export {}' }) },
    { './m/001_a.sql': 'select 1', './m/002_b.ts': '' },
  )
  // A hidden folder that the pattern names is not left out.
  assert.deepEqual(Object.keys(fromGlob({ '../.db/001_a.sql': '', '../.db/.x/002_b.sql': '' })), ['../.db/001_a.sql'])
})

test('a glob that has none of a set keeps what there is, so that the error can name it', () => {
  assert.deepEqual({ ...fromGlob({ './m/notes.txt': '' }) }, { './m/notes.txt': '' })
  assert.deepEqual({ ...fromGlob({}) }, {})
})

test('what no glob gives is refused', () => {
  const help = 'pass what `import.meta.glob(pattern, { query: "?raw", import: "default" })` gives'
  for (const [given, what] of [
    ['./m/*.sql', 'a string'],
    [undefined, 'undefined'],
    [['001_a.sql'], 'an array'],
    [new Map(), 'a Map'],
  ])
    assert.throws(() => fromGlob(given), { code: 'invalid-input', message: `what fromGlob was given is ${what}`, help })
  assert.throws(() => fromGlob({ './001_a.sql?raw': '', './001_a.sql': '' }), {
    code: 'invalid-input',
    message: 'the glob gives ./001_a.sql twice',
  })
})

/** What drizzle-kit writes as `migrations.js`: 0.31 with a journal, 1.0 without. */
const written = {
  'drizzle-kit 0.31': {
    ...drizzle,
    'd/migrations.js': `// This file is required for Expo/React Native SQLite migrations - https://orm.drizzle.team/quick-sqlite/expo

import journal from './meta/_journal.json';
import m0000 from './0000_brave_owl.sql';
import m0001 from './0001_calm_fox.sql';

  export default {
    journal,
    migrations: {
      m0000,
m0001
    }
  }
  `,
  },
  'drizzle-kit 1.0': {
    'd/20260101000000_brave_owl/migration.sql': drizzle['d/0000_brave_owl.sql'],
    'd/20260101000001_calm_fox/migration.sql': drizzle['d/0001_calm_fox.sql'],
    'd/migrations.js': `import m0000 from './20260101000000_brave_owl/migration.sql';
import m0001 from './20260101000001_calm_fox/migration.sql';

  export default {
    migrations: {
      "20260101000000_brave_owl": m0000,
"20260101000001_calm_fox": m0001
}
  }
  `,
  },
}
for (const [kit, files] of Object.entries(written))
  test(`the migrations.js of ${kit} is the set of its folder`, async () => {
    const root = project(files)
    await esbuild({
      absWorkingDir: root,
      entryPoints: ['d/migrations.js'],
      outfile: 'out/main.mjs',
      bundle: true,
      format: 'esm',
      logLevel: 'silent',
      loader: { '.sql': 'text' },
    })
    const { default: bundle } = await import(pathToFileURL(join(root, 'out/main.mjs')))
    const { 'migrations.js': _, ...folder } = await readMigrations(join(root, 'd'))
    const of = (set) => readSet(set)
    assert.deepEqual(of(bundle), of(folder))
    assert.equal(of(bundle).migrations.length, 2)
  })

test('a bundle of Drizzle that does not fit its journal is refused', () => {
  const entry = { idx: 0, when: 1, tag: '0000_a', breakpoints: true }
  for (const [bundle, message] of [
    [{ journal: { entries: [] }, migrations: { m0000: '' } }, 'migrations.m0000 is in no entry of the journal'],
    [
      { journal: { entries: [entry] }, migrations: {} },
      'meta/_journal.json:6:14: the journal lists "0000_a", but 0000_a.sql is not there',
    ],
    [{ journal: { entries: [entry] }, migrations: { m0000: 7 } }, '0000_a.sql is a number'],
    [
      { journal: {}, migrations: {} },
      'meta/_journal.json:1:1: the journal cannot be read: the field `entries` is missing',
    ],
  ])
    assert.throws(() => readSet(bundle), { code: 'invalid-input', message })
  const { findings } = readSet({
    journal: { dialect: 'sqlite', entries: [entry] },
    migrations: { m0000: 'create table a (id integer)' },
  })
  assert.deepEqual(
    findings.map(({ code, severity }) => [code, severity]),
    [['other-database', 'error']],
  )
})
