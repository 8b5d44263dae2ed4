// Databases that start from a snapshot: what they are, when a snapshot is not used, and what may go wrong with one.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'
import { embed, renderManifest } from 'counterfoil/embed'
import { readMigrations, snapshotsInFolder } from 'counterfoil/node'
import { boot, migrate, ready } from 'counterfoil/pglite'
import { snapshotsInMemory } from 'counterfoil/snapshots'
import { keyOf, labelOf, seal, unseal } from '../../pkg/boot/seal.js'
import { emptyDataDir, quick } from './support/pglite.mjs'
import { snapshot as schemaOf } from './support/schema.mjs'

const base = mkdtempSync(join(tmpdir(), 'counterfoil-boot-'))
after(() => rmSync(base, { recursive: true, force: true }))

const up = (sql) => `-- migrate:up\n${sql}\n`
const set = {
  '001_customers.sql': up(
    `create table customers (id bigint generated always as identity primary key, name text not null);\ninsert into customers (name) values ('Ann'), ('Bob');`,
  ),
  '002_index.sql': up('create index concurrently customers_name on customers (name);'),
  '003_view.sql': up(`set search_path = pg_catalog;\ncreate view public.names as select name from public.customers;`),
}
const tail = { '004_more.sql': up("insert into customers (name) values ('Cid');") }

/** Makes an empty PGlite ten times as fast as initdb does. */
const made = []
const create = async (options) => {
  const db = await PGlite.create({ loadDataDir: await emptyDataDir(), ...options })
  made.push({ db, empty: !options.loadDataDir })
  return db
}

/** Boots; the database is closed when the test is over. */
async function booted(t, migrations, options = {}, maker = create) {
  const all = await boot(maker, migrations, options)
  t.after(() => all.db.close())
  return all
}

/** The ledger, without times. */
const ledgerOf = async (db) =>
  (
    await db.query(
      'select version, name, checksum, fingerprint, state, steps_done, steps_total, origin, replaced_by from schema_migrations order by version',
    )
  ).rows
const names = async (db) => (await db.query('select name from names order by name')).rows.map(({ name }) => name)
const messages = ({ result }) => result.findings.map(({ code, message }) => `${code}: ${message}`)
/** Key and bytes of the snapshot that one boot of a set saves. */
async function one(migrations) {
  const snapshots = snapshotsInMemory()
  const { db, result, snapshot } = await boot(create, migrations, { snapshots })
  await db.close()
  assert.deepEqual(messages({ result }), [])
  return { key: snapshot.saved, bytes: await snapshots.get(snapshot.saved) }
}
const ones = new Map()

/** A store that has the snapshot of a set, its key and its bytes. */
async function saved(migrations = set) {
  if (!ones.has(migrations)) ones.set(migrations, one(migrations))
  const { key, bytes } = await ones.get(migrations)
  const snapshots = snapshotsInMemory({ keep: 9 })
  await snapshots.set(key, bytes)
  return { snapshots, key, bytes }
}

for (const [where, store] of Object.entries({
  memory: () => snapshotsInMemory(),
  'a Map': () => new Map(),
  'a folder': () => snapshotsInFolder(join(base, 'plain')),
}))
  test(`the second boot starts from the snapshot of the first and applies only the rest, in ${where}`, async (t) => {
    const snapshots = store()
    const first = await booted(t, set, { snapshots })
    assert.deepEqual([first.result.status, first.result.applied.length, first.snapshot.used], ['migrated', 3, null])
    assert.deepEqual([...(await snapshots.keys())], [first.snapshot.saved])

    const second = await booted(t, set, { snapshots })
    assert.deepEqual(
      [second.result.status, second.snapshot],
      ['current', { used: first.snapshot.saved, migrations: 3, saved: null }],
    )

    const third = await booted(t, { ...set, ...tail }, { snapshots })
    assert.deepEqual(
      third.result.applied.map(({ path }) => path),
      ['004_more.sql'],
    )
    assert.deepEqual([third.snapshot.used, third.snapshot.migrations], [first.snapshot.saved, 3])
    assert.deepEqual(await names(third.db), ['Ann', 'Bob', 'Cid'])

    const fourth = await booted(t, { ...set, ...tail }, { snapshots })
    assert.deepEqual(fourth.snapshot, { used: third.snapshot.saved, migrations: 4, saved: null })
    for (const { db } of [second, third, fourth])
      assert.equal((await ready(db, { ...set, ...tail })).httpStatus, db === second.db ? 503 : 200)
  })

test('a database from a snapshot is the one that a replay makes: schema, rows, sequences, ledger, session', async (t) => {
  const snapshots = snapshotsInMemory()
  const first = await booted(t, set, { snapshots })
  const plain = await create({})
  const path = (await plain.query('show search_path')).rows
  t.after(() => plain.close())
  await migrate(plain, set)
  const { db, snapshot } = await booted(t, set, { snapshots })
  assert.ok(snapshot.used)
  const all = [first.db, plain, db]
  const [schemas, ledgers] = await Promise.all([
    Promise.all(all.map((one) => schemaOf(one))),
    Promise.all(all.map(ledgerOf)),
  ])
  for (const schema of schemas) assert.deepEqual(schema, schemas[0])
  for (const ledger of ledgers) assert.deepEqual(ledger, ledgers[0])
  for (const one of all) {
    assert.deepEqual((await one.query("insert into customers (name) values ('Dan') returning id::int")).rows, [
      { id: 3 },
    ])
    assert.deepEqual((await one.query('show search_path')).rows, path)
  }
})

test('of several snapshots the one with most of the migrations is used', async (t) => {
  const snapshots = snapshotsInMemory()
  const { '001_customers.sql': one, ...others } = set
  await booted(t, { '001_customers.sql': one }, { snapshots })
  const whole = await booted(t, { ...set, ...tail }, { snapshots })
  assert.equal(whole.snapshot.migrations, 1)
  // Used last, and yet not the best.
  await booted(t, { '001_customers.sql': one }, { snapshots })
  assert.ok(others)
  const next = await booted(t, { ...set, ...tail, '005_last.sql': up('create table last ();') }, { snapshots })
  assert.deepEqual([next.snapshot.migrations, next.result.applied.length], [4, 1])
})

describe('a snapshot is not used', () => {
  const cases = {
    'after an edit of a file in it': [
      { ...set, '001_customers.sql': set['001_customers.sql'].replace('Bob', 'Ben') },
      {},
    ],
    'after a file was put before its own': [{ ...set, '000_early.sql': up('create table early ();') }, {}],
    'where the ledger is another table': [set, { table: 'ops' }],
    'where PGlite is given other extensions': [set, { pglite: { extensions: { pgcrypto } } }],
    'where initdb is told otherwise': [set, { pglite: { postgresqlconf: ['work_mem = 8MB'] } }],
  }
  for (const [name, [migrations, options]] of Object.entries(cases))
    test(name, async (t) => {
      const { snapshots, key } = await saved()
      const other = await booted(t, migrations, { snapshots, ...options })
      assert.deepEqual(
        [other.snapshot.used, other.result.applied.length, messages(other)],
        [null, Object.keys(migrations).length, []],
      )
      assert.notEqual(other.snapshot.saved, key)
      assert.deepEqual(new Set(await snapshots.keys()), new Set([key, other.snapshot.saved]))
    })

  test('of the files as they were before a squash, and the rows are those of a replay', async (t) => {
    const { snapshots } = await saved()
    const checksums = embed(set).files.map(({ path, checksum }) => ({ version: path.slice(0, 3), checksum }))
    const baseline = {
      '010_baseline.sql': up(
        `create table customers (id bigint generated always as identity primary key, name text not null);\ncreate view names as select name from customers;`,
      ),
      '.counterfoil/010_baseline.json': JSON.stringify({ replaces: checksums }),
    }
    for (const migrations of [
      { ...baseline, '011_more.sql': tail['004_more.sql'] },
      { ...set, ...baseline, '011_more.sql': tail['004_more.sql'] },
    ]) {
      const other = await booted(t, migrations, { snapshots })
      const plain = await create({})
      t.after(() => plain.close())
      await migrate(plain, migrations)
      assert.equal(other.snapshot.used, null)
      assert.deepEqual(await ledgerOf(other.db), await ledgerOf(plain))
      assert.deepEqual(await names(other.db), ['Cid'])
      const again = await booted(t, migrations, { snapshots })
      assert.equal(again.snapshot.used, other.snapshot.saved)
      assert.deepEqual(await ledgerOf(again.db), await ledgerOf(plain))
      for (const key of [other.snapshot.saved]) await snapshots.delete(key)
    }
  })

  test('of a file that has since got another version', async (t) => {
    const { snapshots } = await saved({ ...set, ...tail })
    const migrations = { ...set, '005_other.sql': up('create table other ();'), '006_more.sql': tail['004_more.sql'] }
    const other = await booted(t, migrations, { snapshots })
    assert.deepEqual([other.snapshot.used, other.result.applied.length], [null, 5])
  })

  test('of a repeatable migration that was edited', async (t) => {
    const flyway = {
      'V1__a.sql': 'create table a (x int);',
      'R__view.sql': 'create or replace view v as select 1 as x;',
    }
    const { snapshots } = await saved(flyway)
    assert.ok((await booted(t, flyway, { snapshots })).snapshot.used)
    const other = await booted(
      t,
      { ...flyway, 'R__view.sql': 'create or replace view v as select 2 as x;' },
      { snapshots },
    )
    assert.equal(other.snapshot.used, null)
    assert.deepEqual((await other.db.query('select x from v')).rows, [{ x: 2 }])
  })
})

describe('a snapshot is thrown away, and the boot goes on', () => {
  /** The archive of a snapshot, changed. */
  async function changed(key, bytes, change) {
    const archive = new Uint8Array(await (await unseal(key, bytes)).arrayBuffer())
    change(archive)
    return new Blob([archive])
  }
  const cases = {
    truncated: [(key, bytes) => bytes.slice(0, bytes.length >> 1), /^it is damaged$/],
    empty: [() => new Uint8Array(), /^it is damaged$/],
    'of something else': [() => 'snapshot', /^it is damaged$/],
    'changed in one bit': [
      (key, bytes) => {
        const copy = bytes.slice()
        copy[copy.length >> 1] ^= 1
        return copy
      },
      /^it is damaged$/,
    ],
    'no archive': [(key) => seal(key, new Blob(['no archive at all'])), /^PGlite could not load it: /],
    'of another major version of PostgreSQL': [
      async (key, bytes) =>
        seal(
          key,
          await changed(key, bytes, (archive) => {
            // "18\n" where the archive has the file PG_VERSION of the cluster.
            let at = 0
            do at = Buffer.from(archive.buffer).indexOf('/PG_VERSION\0', at + 1)
            while (at % 512 !== 0)
            assert.equal(Buffer.from(archive.buffer).toString('latin1', at + 512, at + 515), '18\n')
            archive[at + 513] = '7'.charCodeAt(0)
          }),
        ),
      /^PGlite could not load it: /,
    ],
  }
  for (const [name, [damage, why]] of Object.entries(cases))
    test(name, async (t) => {
      const { snapshots, key, bytes } = await saved()
      await snapshots.set(key, await damage(key, bytes))
      const next = await booted(t, set, { snapshots })
      assert.equal(next.snapshot.used, null)
      const [{ code, severity, message }, ...others] = next.result.findings
      assert.deepEqual([code, severity, others], ['snapshot-not-used', 'warning', []])
      assert.ok(message.startsWith(`the snapshot ${key} was not used: `))
      assert.match(message.split(' was not used: ')[1], why)
      assert.deepEqual(await names(next.db), ['Ann', 'Bob'])
      // In its place there is a good one.
      assert.equal(next.snapshot.saved, key)
      assert.equal((await booted(t, set, { snapshots })).snapshot.used, key)
    })

  test('under the key of another', async (t) => {
    const { snapshots, key, bytes } = await saved()
    const longer = await booted(t, { ...set, ...tail }, { snapshots })
    await snapshots.set(longer.snapshot.saved, bytes)
    const next = await booted(t, { ...set, ...tail }, { snapshots })
    assert.deepEqual([next.snapshot.used, next.result.applied.length], [key, 1])
    assert.equal(messages(next).length, 1)
  })

  test('with a ledger that is not what its key says', async (t) => {
    const { snapshots, key, bytes } = await saved()
    const { digest } = embed({ ...set, ...tail })
    const wrong = keyOf({ ...labelOf(key), digest })
    await snapshots.set(wrong, await seal(wrong, await unseal(key, bytes)))
    await snapshots.delete(key)
    const next = await booted(t, { ...set, ...tail }, { snapshots })
    assert.deepEqual([next.snapshot.used, next.result.applied.length], [null, 4])
    assert.deepEqual(messages(next), [
      `snapshot-not-used: the snapshot ${wrong} was not used: its ledger is not the one that it was saved with`,
    ])
    assert.deepEqual(await names(next.db), ['Ann', 'Bob', 'Cid'])
    assert.equal((await booted(t, { ...set, ...tail }, { snapshots })).snapshot.used, wrong)
  })
})

test('a snapshot of another PGlite is not used, and is left for it', async (t) => {
  const { snapshots, key, bytes } = await saved()
  const other = keyOf({ ...labelOf(key), runtime: '0.5.13-0123456789abcdef' })
  await snapshots.set(other, await seal(other, await unseal(key, bytes)))
  await snapshots.delete(key)
  // A function that nobody knows yet: as in a new process.
  const next = await booted(t, set, { snapshots }, (options) => create(options))
  assert.deepEqual([next.snapshot.used, next.snapshot.saved], [null, key])
  assert.match(
    messages(next).join(),
    new RegExp(
      `^snapshot-not-used: the snapshot ${other} was not used: it is of another PGlite or other extensions \\(0\\.5\\.13-`,
    ),
  )
  assert.deepEqual(new Set(await snapshots.keys()), new Set([key, other]))
  // Once it is known which PGlite this is, others are not even looked at.
  const maker = (options) => create(options)
  await snapshots.get(other)
  assert.equal((await booted(t, set, { snapshots }, maker)).snapshot.used, key)
  await snapshots.get(other)
  assert.deepEqual(messages(await booted(t, set, { snapshots }, maker)), [])
})

test('a discarded database is closed', async (t) => {
  const { snapshots, key, bytes } = await saved()
  const other = keyOf({ ...labelOf(key), runtime: '0.5.13-0123456789abcdef' })
  await snapshots.set(other, await seal(other, await unseal(key, bytes)))
  await snapshots.delete(key)
  const before = made.length
  await booted(t, set, { snapshots }, (options) => create(options))
  assert.deepEqual(
    made.slice(before).map(({ db, empty }) => [empty, db.closed]),
    [
      [false, true],
      [true, false],
    ],
  )
})

test('what is wrong with the files is said as without snapshots, and no database is left open', async () => {
  const { snapshots } = await saved()
  const before = made.length
  for (const migrations of [
    { ...set, '2_other.sql': up('select 1;') },
    { ...set, '004_x.sql': 'select 1;' },
    { ...set, '004_x.sql': up("select 'a;") },
    { ...set, '004_x.sql': up('create table x ();\nselect nothing;') },
  ]) {
    const plain = await create({})
    const expected = await migrate(plain, migrations).catch((error) => error)
    await plain.close()
    const pick = ({ name, code, message, at }) => ({ name, code, message, at })
    await assert.rejects(boot(create, migrations, { snapshots }), (error) => {
      assert.deepEqual(pick(error), pick(expected))
      assert.equal(error.name, 'MigrationError')
      return true
    })
  }
  assert.ok(made.slice(before).every(({ db }) => db.closed))
  assert.equal((await snapshots.keys()).length, 1)
})

test("nothing of the caller's gets into a snapshot", async (t) => {
  const snapshots = snapshotsInMemory()
  const first = await booted(t, set, { snapshots })
  await first.db.exec("insert into customers (name) values ('Mallory')")
  const second = await booted(t, set, { snapshots })
  await second.db.exec("insert into customers (name) values ('Mallory')")
  const third = await booted(t, { ...set, ...tail }, { snapshots })
  assert.deepEqual(await names(third.db), ['Ann', 'Bob', 'Cid'])
  assert.deepEqual(await names((await booted(t, { ...set, ...tail }, { snapshots })).db), ['Ann', 'Bob', 'Cid'])
})

test('a database that was not empty is brought up and no snapshot of it is saved', async (t) => {
  const snapshots = snapshotsInMemory()
  const { result, snapshot } = await booted(t, set, { snapshots }, async (options) => {
    const db = await create(options)
    await db.exec('create table secrets ()')
    return db
  })
  assert.deepEqual([result.applied.length, snapshot.saved, await snapshots.keys()], [3, null, []])
  assert.deepEqual(messages({ result }), ['snapshot-not-saved: no snapshot was saved: the new database was not empty'])
})

test('what a snapshot could not hold keeps it from being saved', async (t) => {
  const snapshots = snapshotsInMemory()
  const unlogged = { '001_a.sql': up('create unlogged table cache as select 1 as x;') }
  const { db, result, snapshot } = await booted(t, unlogged, { snapshots })
  assert.deepEqual(messages({ result }), [
    'snapshot-not-saved: no snapshot was saved: the content of the unlogged cache would not be in it',
  ])
  assert.equal(snapshot.saved, null)
  assert.equal((await db.query('select * from cache')).rows.length, 1)
  // An empty one is empty again.
  assert.ok(
    (await booted(t, { '001_a.sql': up('create unlogged table cache (id serial);') }, { snapshots })).snapshot.saved,
  )
})

describe('a store that fails stops nothing, and a finding says so', () => {
  for (const method of ['keys', 'get', 'set', 'delete'])
    test(method, async (t) => {
      const { snapshots, key, bytes } = await saved()
      // So that it has to be thrown away.
      if (method === 'delete') await snapshots.set(key, bytes.slice(9))
      const broken = {
        ...snapshots,
        [method]: async () => {
          throw new Error('the disk is full')
        },
      }
      const { db, result } = await booted(t, method === 'set' ? { ...set, ...tail } : set, { snapshots: broken })
      assert.deepEqual(await names(db), method === 'set' ? ['Ann', 'Bob', 'Cid'] : ['Ann', 'Bob'])
      assert.ok(
        result.findings.some(
          ({ code, severity, message }) =>
            code.startsWith('snapshot-not-') && severity === 'warning' && message.endsWith(': the disk is full'),
        ),
        JSON.stringify(result.findings),
      )
    })

  test('get that finds nothing any more', async (t) => {
    const { snapshots } = await saved()
    const { db, snapshot, result } = await booted(t, set, { snapshots: { ...snapshots, get: async () => undefined } })
    assert.deepEqual([snapshot.used, result.findings, await names(db)], [null, [], ['Ann', 'Bob']])
  })

  test('keys of others', async (t) => {
    const { snapshots, key } = await saved()
    const { snapshot, result } = await booted(t, set, {
      snapshots: { ...snapshots, keys: async () => ['', '../x', 7, `${key}x`, key] },
    })
    assert.deepEqual([snapshot.used, result.findings], [key, []])
  })
})

test('without a store boot makes a database and migrates it', async (t) => {
  const { db, result, snapshot } = await booted(t, set)
  assert.deepEqual([result.applied.length, snapshot], [3, { used: null, migrations: 0, saved: null }])
  assert.deepEqual(await names(db), ['Ann', 'Bob'])
})

test('the class PGlite is fine, and gets the options that are for it', async (t) => {
  const snapshots = snapshotsInMemory()
  const migrations = { '001_crypto.sql': up('create extension pgcrypto;') }
  for (const used of [false, true]) {
    const { db, snapshot } = await booted(t, migrations, { snapshots, pglite: { extensions: { pgcrypto } } }, PGlite)
    assert.equal(snapshot.used !== null, used)
    assert.ok(db instanceof PGlite)
    // printf abc | sha256sum
    assert.deepEqual((await db.query("select encode(digest('abc', 'sha256'), 'hex') as hex")).rows, [
      { hex: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
    ])
  }
})

test('what cannot be booted is refused, with a way out', async () => {
  const cases = [
    [[PGlite, set, { pglite: { dataDir: './data' } }], /where to keep one/],
    [[PGlite, set, { pglite: { loadDataDir: new Blob() } }], /what to start from/],
    [[{}, set, {}], /neither PGlite nor a function/],
    [[async () => ({}), set, {}], /is not a PGlite/],
    [[PGlite, set, { snapshots: new Set() }], /has no method get$/],
    [[PGlite, set, { when: 'wait' }], /there is no option when here/],
  ]
  for (const [args, message] of cases)
    await assert.rejects(boot(...args), { code: 'invalid-input', message, help: /./ })
})

test('with a manifest and a snapshot of all of it the planner is not loaded', async () => {
  const folder = mkdtempSync(join(fileURLToPath(new URL('../../.tmp', import.meta.url)), 'boot-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'manifest.mjs'), renderManifest(embed(set)))
  writeFileSync(
    join(folder, 'boot.mjs'),
    `
    import { register } from 'node:module'
    register('data:text/javascript,' + encodeURIComponent('export async function load(url, context, next) { if (url.includes("/core/")) console.log("core"); return next(url, context) }'))
    const { PGlite } = await import('@electric-sql/pglite')
    const { snapshotsInFolder } = await import('counterfoil/node')
    const { boot } = await import('counterfoil/pglite')
    const { default: manifest } = await import('./manifest.mjs')
    const { db, result, snapshot } = await boot(PGlite, manifest, { snapshots: snapshotsInFolder(new URL('snapshots', import.meta.url)) })
    console.log(result.status, snapshot.migrations, result.roundTrips)
    await db.close()`,
  )
  const first = await run(join(folder, 'boot.mjs'))
  assert.match(first, /core[^]*migrated 0 /)
  assert.equal(await run(join(folder, 'boot.mjs')), 'current 3 1\n')
})

test('processes that boot at once share a folder', async () => {
  const folder = join(base, 'shared')
  const script = fileURLToPath(new URL('./support/boot-process.mjs', import.meta.url))
  const outputs = await Promise.all(Array.from({ length: 4 }, () => run(script, folder, '3')))
  for (const output of outputs)
    assert.deepEqual(JSON.parse(output), { findings: [], names: ['Ann', 'Bob'], used: JSON.parse(output).used })
  const [file, ...others] = readdirSync(folder)
  assert.deepEqual(others, [])
  assert.match(file, /^counterfoil1_.*\.snapshot$/)
  const late = JSON.parse(await run(script, folder, '1'))
  assert.deepEqual(late.used, [3])
})

for (const [where, store] of Object.entries({
  memory: () => snapshotsInMemory({ keep: 2 }),
  'a folder': () => snapshotsInFolder(join(base, 'kept'), { keep: 2 }),
}))
  test(`those used longest ago are thrown away, in ${where}`, async () => {
    const snapshots = store()
    const bytes = new Uint8Array([1, 2, 3])
    for (const [key, seconds] of [
      ['a', 1],
      ['b', 2],
    ]) {
      await snapshots.set(key, bytes)
      // As if it had been long ago.
      if (where === 'a folder') utimesSync(join(base, 'kept', `${key}.snapshot`), seconds, seconds)
    }
    assert.deepEqual(await snapshots.keys(), ['b', 'a'])
    await snapshots.get('a')
    assert.deepEqual(await snapshots.keys(), ['a', 'b'])
    await snapshots.set('c', bytes)
    assert.deepEqual((await snapshots.keys()).sort(), ['a', 'c'])
    assert.deepEqual(new Uint8Array(await snapshots.get('a')), bytes)
    assert.equal(await snapshots.get('b'), undefined)
    await snapshots.delete('a')
    await snapshots.delete('a')
    assert.deepEqual(await snapshots.keys(), ['c'])
  })

test("a folder's other files are left alone", async () => {
  const folder = mkdtempSync(join(base, 'others-'))
  writeFileSync(join(folder, 'notes.txt'), '')
  const snapshots = snapshotsInFolder(folder, { keep: 1 })
  await snapshots.set('a', new Uint8Array(1))
  await snapshots.set('b', new Uint8Array(1))
  assert.deepEqual(readdirSync(folder).sort(), ['b.snapshot', 'notes.txt'])
})

test('a real folder of migrations', async (t) => {
  const migrations = await readMigrations(new URL('../../demo/migrations', import.meta.url))
  const { snapshots } = await saved(migrations)
  assert.equal((await booted(t, migrations, { snapshots })).snapshot.migrations, 4)
})

/** Runs a script; gives what it printed. */
function run(...args) {
  const child = spawn(process.execPath, [...quick, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (data) => (text += data))
  return new Promise((done, fail) =>
    child.on('close', (code) => (code === 0 ? done(text) : fail(new Error(`${args[0]} ended with ${code}`)))),
  )
}
