// The states in which a baseline without dead tables finds a database: each ends with the schema of the baseline, and with all
// that was dead set aside.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { resolveBinary } from 'dbmate'
import * as pg from 'counterfoil/pg'
import * as pglite from 'counterfoil/pglite'
import { diffSchemas } from 'counterfoil/schema'
import { squash } from 'counterfoil/squash'
import { sent } from './support/adopt.mjs'
import { migration } from './support/cli.mjs'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'
import { squashed } from './support/squash.mjs'
import { otherServers } from './support/versions.mjs'

const chain = {
  '20260101000000_people.sql': migration(
    'create table people (id int primary key, retries int not null default 3, name text);',
  ),
  '20260102000000_links.sql': migration(
    'create table links (person int primary key references people on delete cascade, url text);',
  ),
  '20260103000000_index.sql': migration('create index people_retries on people (retries);'),
}
const later = { '20260201000000_later.sql': migration('create table later (id int);') }
const rows = `insert into people values (1, 7, 'a'), (2, 3, 'b'); insert into links values (1, 'u');`
const drop = ['table links', 'column people.retries']

/** Made once: the baseline's set, its scripts, the schema that comes of it. */
let made
before(async () => {
  const result = await squash(freshPGlite, chain, { drop, kept: 'kept_20260131', ledger: 'dbmate' })
  const textOf = (ending) => result.files.find(({ path }) => path.endsWith(ending)).text
  const db = await freshPGlite()
  const set = { ...squashed(chain, result), ...later }
  await pglite.migrate(db, set)
  const wanted = await pglite.snapshot(db)
  await db.close()
  made = { ...result, set, adopt: textOf('.adopt.sql'), restore: textOf('.restore.sql'), wanted }
})

const outcome = ({ applied, adopted }) => ({
  applied: applied.map(({ version }) => version),
  adopted: adopted.map(({ version }) => version),
})

function states({ api: { migrate, plan, ready, snapshot }, open }) {
  const differing = async (db) =>
    (await diffSchemas(made.wanted, await snapshot(db))).differences
      .filter(({ name }) => !name.includes('kept_20260131'))
      .map(({ message }) => message)
  const aside = async (query) => [
    await query('select person::text as p, url from kept_20260131.links'),
    await query('select id::text as i, retries::text as r from kept_20260131.people order by 1'),
  ]
  const all = [
    [{ p: '1', url: 'u' }],
    [
      { i: '1', r: '7' },
      { i: '2', r: '3' },
    ],
  ]

  test('the chain is applied: the baseline is adopted, before or after what is dead has gone', async (t) => {
    for (const first of ['script', 'baseline']) {
      const { db, exec, query } = await open(t)
      await migrate(db, chain)
      await exec(rows)
      if (first === 'script') assert.deepEqual(await sent(db, made.adopt), [])
      const { adopted, applied } = outcome(await migrate(db, made.set))
      // The script has told dbmate, and so us.
      assert.deepEqual(adopted, first === 'script' ? [] : [made.version])
      assert.deepEqual(applied, ['20260201000000'])
      if (first === 'baseline') assert.deepEqual(await sent(db, made.adopt), [])
      assert.deepEqual(await differing(db), [])
      assert.deepEqual(await aside(query), all)
      // An older image afterwards: it finds its rows, and does nothing.
      assert.equal((await ready(db, chain)).status, 'ahead')
      assert.deepEqual(outcome(await migrate(db, chain)), { applied: [], adopted: [] })
      assert.deepEqual(
        (await plan(db, made.set)).decisions.filter(({ action }) => action !== 'skip'),
        [],
      )
      // The next one starts with an empty database.
      await exec(
        'drop schema kept_20260131 cascade; drop schema public cascade; create schema public; grant usage on schema public to public',
      )
    }
  })

  test('nothing is applied: the baseline runs, and there is nothing to put aside', async (t) => {
    const { db } = await open(t)
    assert.deepEqual(outcome(await migrate(db, made.set)), { applied: [made.version, '20260201000000'], adopted: [] })
    assert.deepEqual(await differing(db), [])
    await fails(sent(db, made.adopt), {
      code: 'squash-refused',
      message: 'table public.links is not there, and was not put aside',
    })
    assert.deepEqual(await differing(db), [])
  })

  test('a part is applied: the rest runs first, where its files are there', async (t) => {
    const { db, exec, query } = await open(t)
    const [first, second, third] = Object.entries(chain)
    await migrate(db, Object.fromEntries([first, second]))
    await exec(rows)
    const refused = await fails(migrate(db, made.set), { code: 'plan-refused' })
    assert.match(refused.message, /partial-squash|20260103000000/)
    assert.deepEqual(outcome(await migrate(db, { ...made.set, ...Object.fromEntries([first, second, third]) })), {
      adopted: [made.version],
      applied: ['20260103000000', '20260201000000'],
    })
    assert.deepEqual(await sent(db, made.adopt), [])
    assert.deepEqual(await differing(db), [])
    assert.deepEqual(await aside(query), all)
  })
}

onEachDatabase(({ api, open }) => states({ api, open }))

for (const server of otherServers)
  describe(server.name, { skip: server.skip }, () => {
    let running
    before(async () => (running = await server.start({ jit: 'off' })))
    after(() => running?.stop())
    states({
      api: pg,
      async open(t) {
        const db = await running.connect(await running.createDatabase())
        t.after(() => db.end())
        return { db, query: async (sql) => (await db.query(sql)).rows, exec: (sql) => db.query(sql) }
      },
    })
  })

/** Adopted and put aside in each, whatever has become of the other. */
async function adoptedAgain({ migrate }, one, query) {
  assert.deepEqual(outcome(await migrate(one, made.set)), { adopted: [made.version], applied: ['20260201000000'] })
  assert.deepEqual(await sent(one, made.adopt), [])
  const kept = await query(one, 'select retries from kept_20260131.people order by id')
  assert.deepEqual(kept, [{ retries: 7 }, { retries: 3 }])
}

test('restored to a moment before the adoption: the same again', async (t) => {
  const db = await freshPGlite()
  t.after(() => db.close())
  await pglite.migrate(db, chain)
  await db.exec(rows)
  const before = await db.clone()
  t.after(() => before.close())
  for (const one of [db, before]) await adoptedAgain(pglite, one, async (of, sql) => (await of.query(sql)).rows)
})

const servers = [{ name: 'PostgreSQL 18', skip: false, start: startPostgres }, ...otherServers]
for (const { name, skip, start } of servers)
  describe(`${name}, restored or with dbmate`, { skip }, () => {
    let server
    before(async () => (server = await start({ jit: 'off' })))
    after(() => server?.stop())

    test('restored to a moment before the adoption: the same again', async (t) => {
      const first = await server.createDatabase()
      const made = await server.connect(first)
      await pg.migrate(made, chain)
      await made.query(rows)
      await made.end()
      const before = await server.createDatabase({ template: first })
      for (const name of [first, before]) {
        const db = await server.connect(name)
        t.after(() => db.end())
        await adoptedAgain(pg, db, async (of, sql) => (await of.query(sql)).rows)
      }
    })

    test('dbmate in the same folder goes on behind the baseline once the script has told it', async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'counterfoil-adopt-'))
      t.after(() => rmSync(folder, { recursive: true, force: true }))
      const dbmate = (database) => {
        const url = `${server.url(database)}?sslmode=disable`
        const args = ['--url', url, '--migrations-dir', folder, '--no-dump-schema', 'up']
        const { status, stdout, stderr } = spawnSync(resolveBinary(), args, { encoding: 'utf8' })
        assert.equal(status, 0, stderr)
        return stdout
          .split('\n')
          .filter((line) => line.startsWith('Applying: '))
          .map((line) => line.slice('Applying: '.length))
      }
      const write = (files) => {
        for (const [path, text] of Object.entries(files)) {
          mkdirSync(dirname(join(folder, path)), { recursive: true })
          writeFileSync(join(folder, path), text)
        }
      }
      const database = await server.createDatabase()
      write(chain)
      assert.deepEqual(dbmate(database), Object.keys(chain))
      const db = await server.connect(database)
      t.after(() => db.end())
      await db.query(rows)
      await sent(db, made.adopt)
      rmSync(folder, { recursive: true })
      write(made.set)
      assert.deepEqual(dbmate(database), Object.keys(later))
      // And a new one.
      assert.deepEqual(dbmate(await server.createDatabase()), [made.baseline, ...Object.keys(later)])
      assert.deepEqual(
        (await pg.plan(db, made.set)).decisions.filter(({ action }) => !['skip', 'adopt'].includes(action)),
        [],
      )
    })
  })

test('what was named by mistake leaves no trace once it is not named', async () => {
  const make = (drop) => squash(freshPGlite, chain, { drop, kept: 'kept_20260131' })
  const [never, one, two] = [
    await make(['table links']),
    await make(['table links', 'column people.retries']),
    await make(['table links']),
  ]
  assert.deepEqual(two.files, never.files)
  assert.notDeepEqual(one.files, never.files)
})
