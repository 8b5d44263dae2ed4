// `counterfoil stamp --proved`: a database that has a schema and no ledger, on real servers and in a folder of PGlite.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { migration, project } from './support/cli.mjs'
import { makeDataDir } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'
import { otherServers } from './support/versions.mjs'

const sql = {
  '001_notes': 'create table notes (id int primary key, text text);',
  '002_mark': 'alter table notes add mark int check (mark > 0);',
  '003_rows': "insert into notes values (1, 'a', 1);",
  '004_index': 'create index notes_mark on notes (mark);',
}
const files = Object.fromEntries(
  Object.entries(sql).map(([name, text]) => [`db/migrations/${name}.sql`, migration(text)]),
)
const recorded = (rows) => rows.map(({ version, state, origin }) => `${version} ${state} ${origin}`)
const ledger = 'select version, state, origin from schema_migrations order by version'

const servers = [
  { name: 'PostgreSQL 18', skip: false, start: startPostgres },
  ...otherServers.filter(({ version }) => version === 15),
]

for (const { name, skip, start } of servers)
  describe(name, { skip }, () => {
    let server
    before(async () => (server = await start()))
    after(() => server?.stop())

    async function place(t, made, others = files) {
      const database = await server.createDatabase()
      const db = await server.connect(database)
      t.after(() => db.end())
      await db.query(made)
      const it = project(t, others)
      const env = { DATABASE_URL: server.url(database) }
      const rows = async (query) => (await db.query(query)).rows
      return { ...it, rows, run: (args) => it.run(args, { env }) }
    }

    test('all of the migrations have made it: all are recorded, and nothing is left to run', async (t) => {
      const { run, rows } = await place(t, Object.values(sql).join('\n'))
      const { status, stderr } = await run(['stamp', '--proved', '--yes'])
      assert.equal(status, 0, stderr)
      assert.deepEqual(
        recorded(await rows(ledger)),
        ['001', '002', '003', '004'].map((version) => `${version} applied stamped`),
      )
      assert.equal((await run(['ready'])).status, 0)
      const again = await run(['stamp', '--proved'])
      assert.match(again.stdout, /unchanged: the ledger says so already/)
    })

    test('nothing has made anything: they are to be run', async (t) => {
      const { run } = await place(t, 'select 1')
      const { status, stderr } = await run(['stamp', '--proved', '--yes'])
      assert.equal(status, 1)
      assert.match(stderr, /the database has no table, so these migrations have not all run/)
      assert.match(stderr, /run them \(`up`/)
    })

    test('the first of them have made it: just those are recorded, and the rest is run', async (t) => {
      const { run, rows } = await place(t, `${sql['001_notes']} ${sql['002_mark']}`)
      const asked = await run(['stamp', '--proved', '--yes'])
      assert.equal(asked.status, 1)
      assert.match(asked.stderr, /no schema tells whether these have run, since it is the same without them: 003\n/)
      assert.match(asked.stderr, /with\s+--assume/)
      const { status, stderr } = await run(['stamp', '--proved', '--assume', '003=pending', '--yes'])
      assert.equal(status, 0, stderr)
      assert.deepEqual(recorded(await rows(ledger)), ['001 applied stamped', '002 applied stamped'])
      assert.equal((await run(['up'])).status, 0)
      assert.deepEqual(await rows('select id from notes'), [{ id: 1 }])
      assert.equal((await run(['verify'])).status, 0)
    })

    test('it is something else: the differences are shown, and nothing is written', async (t) => {
      const { run, rows } = await place(
        t,
        `${Object.values(sql).join('\n')} create index by_hand on notes (text); alter table notes alter text set not null`,
      )
      const { status, stderr } = await run(['stamp', '--proved', '--yes'])
      assert.equal(status, 1)
      assert.match(stderr, /index public\.by_hand is not expected/)
      assert.match(stderr, /public\.notes\.text/)
      assert.deepEqual(await rows(`select to_regclass('schema_migrations')::text as there`), [{ there: null }])
      // As the help says: the schema is brought in line.
      await rows('drop index by_hand')
      await rows('alter table notes alter text drop not null')
      assert.equal((await run(['stamp', '--proved', '--yes'])).status, 0)
      assert.equal((await run(['ready'])).status, 0)
    })

    test('a baseline has made it', async (t) => {
      const { run, rows } = await place(t, `${sql['001_notes']} ${sql['002_mark']}`, {
        'db/migrations/003_baseline.sql': migration(
          'create table notes (id int primary key, text text, mark int check (mark > 0));',
        ),
        'db/migrations/004_index.sql': files['db/migrations/004_index.sql'],
      })
      const { status, stderr } = await run(['stamp', '--proved', '--yes'])
      assert.equal(status, 0, stderr)
      assert.deepEqual(recorded(await rows(ledger)), ['003 applied stamped'])
      const up = await run(['up'])
      assert.equal(up.status, 0, up.stderr)
    })
  })

test('in a folder of PGlite, by a digest that was looked at first', async (t) => {
  const it = project(t, files)
  const dataDir = `${it.folder}/data`
  await makeDataDir(dataDir)
  const db = await PGlite.create(dataDir)
  await db.exec(Object.values(sql).join('\n'))
  await db.close()
  const run = (args) => it.run([...args, '--url', `pglite:${dataDir}`])
  const planned = await run(['stamp', '--proved', '--dry-run', '--format', 'json'])
  assert.equal(planned.status, 0, planned.stderr)
  const { digest, changes } = JSON.parse(planned.stdout)
  assert.deepEqual(
    changes.map(({ version }) => version),
    ['001', '002', '003', '004'],
  )
  const { status, stderr } = await run(['stamp', '--proved', '--expect', digest, '--yes'])
  assert.equal(status, 0, stderr)
  assert.equal((await run(['ready'])).status, 0)
})

for (const [name, last, live] of [
  ['a block of code that changes rows', 'do $$ begin insert into notes values (2); end $$;', ''],
  ['what is made and gone again', 'insert into notes values (2); create index i on notes (id);', 'drop index i;'],
  ['a storage that is only a note', 'alter table notes alter text set storage external;', ''],
])
  test(`${name} at the end is asked for`, async (t) => {
    const first = 'create table notes (id int, text text);'
    const { folder, run } = project(t, {
      'counterfoil.config.json': JSON.stringify({ url: 'pglite:./data' }),
      'db/migrations/001_a.sql': migration(first),
      'db/migrations/002_b.sql': migration(last),
      ...(live && { 'db/migrations/003_c.sql': migration(live) }),
    })
    await makeDataDir(join(folder, 'data'))
    const db = await PGlite.create(join(folder, 'data'))
    await db.exec(first)
    await db.close()
    const silent = live ? ['002', '003'] : ['002']
    const asked = await run(['stamp', '--proved', '--yes'])
    assert.equal(asked.status, 1, asked.stdout)
    assert.match(
      asked.stderr,
      new RegExp(
        `no schema tells whether these have run, since it is the same without them: ${silent.join(', ')}$`,
        'm',
      ),
    )
    // Nothing was written.
    const left = await PGlite.create(join(folder, 'data'))
    t.after(() => left.close())
    assert.deepEqual((await left.query(`select to_regclass('schema_migrations') as ledger`)).rows, [{ ledger: null }])
  })

test('what files have filled in is filled in where they are replayed', async (t) => {
  const { folder, run } = project(t, {
    'counterfoil.config.json': JSON.stringify({ url: 'pglite:./data' }),
    'db/migrations/1_a.sql': '-- +goose Up\n-- +goose ENVSUB ON\ncreate table ${REGION}_notes (id int);\n',
  })
  await makeDataDir(join(folder, 'data'))
  const db = await PGlite.create(join(folder, 'data'))
  await db.exec('create table north_notes (id int)')
  await db.close()
  const env = { REGION: 'north' }
  const none = await run(['stamp', '--proved', '--yes'], { env })
  assert.equal(none.status, 1)
  assert.match(none.stderr, /REGION/)
  const other = await run(['stamp', '--proved', '--yes', '--env', 'REGION'], { env: { REGION: 'south' } })
  assert.equal(other.status, 1)
  const right = await run(['stamp', '--proved', '--yes', '--env', 'REGION'], { env })
  assert.equal(right.status, 0, right.stderr)
  assert.match(right.stdout, /1 row of the ledger changed/)
  const unmeant = await run(['stamp', '1', '--yes', '--env', 'REGION'], { env })
  assert.equal(unmeant.status, 2)
  assert.match(unmeant.stderr, /--env is given without --proved/)
})

test('what was not meant is said', async (t) => {
  const it = project(t, files)
  const refused = async (args, message) => {
    const { status, stderr } = await it.run(['stamp', ...args, '--url', 'pglite:data'])
    assert.equal(status, 2)
    assert.match(stderr, message)
  }
  await refused(['--proved', '001'], /--proved is given, and what it is to find out/)
  await refused(['--proved', '--not-applied'], /--proved is given, and what it is to find out/)
  await refused(['001', '--assume', '001=applied'], /--assume is given without --proved/)
  await refused([], /<version> is missing/)
})
