// `snapshot` and `verify`: a schema of nearly every kind of thing, and changes made to it by hand. What each change is to be
// told of was written down beside it.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as pg from 'counterfoil/pg'
import * as pglite from 'counterfoil/pglite'
import { diffSchemas } from 'counterfoil/schema'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { changes, kinds } from './support/kinds.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'

const up = (sql, down = '') => `-- migrate:up\n${sql}\n-- migrate:down\n${down}\n`
const set = {
  '001_notes.sql': up('create table notes (id int primary key, text text not null);', 'drop table notes;'),
  '002_index.sql': up('create index notes_text on notes (text);', 'drop index notes_text;'),
}
const replay = () => freshPGlite()
const told = ({ differences, notes }) => [...differences, ...notes].map(({ kind, name }) => `${kind} ${name}`)
const messages = (differences) => differences.map(({ message }) => message)

/** A role of the whole server, which may be there from an earlier test. */
const clerk = `do $$ begin create role clerk; exception when duplicate_object then null; end $$`

onEachDatabase(
  ({ kind, api: { migrate, snapshot, verify, stamp }, open }) => {
    test('every change by hand is told of, and none where there is none', { skip: kind === 'HTTP' }, async (t) => {
      const { db, exec } = await open(t)
      await exec(clerk)
      for (const statement of kinds) await exec(statement)
      const before = await snapshot(db)
      assert.deepEqual(await diffSchemas(before, await snapshot(db)), { differences: [], notes: [], notCompared: [] })
      for (const [change, things] of changes) {
        await exec(`begin; ${change}`)
        const found = await diffSchemas(before, await snapshot(db))
        await exec('rollback')
        const named = told(found)
        for (const thing of things)
          assert.ok(named.includes(thing), `${change}: ${thing} is not in ${named.join(', ')}`)
      }
      assert.deepEqual(await diffSchemas(before, await snapshot(db)), { differences: [], notes: [], notCompared: [] })
      // They lie in no schema, and would be there for the next test.
      await exec('drop publication changes')
      await exec('drop event trigger watch')
    })

    test('in a transaction of the caller the search path stays as it was', { skip: kind === 'HTTP' }, async (t) => {
      const { db, exec, query } = await open(t)
      await exec('create table notes (id int)')
      await exec('begin; set local search_path = "a b", public')
      await snapshot(db)
      const [{ search_path: path }] = await query('show search_path')
      assert.equal(path, '"a b", public')
      await exec('rollback')
    })

    test('a database is what its migrations make, until somebody changes it', async (t) => {
      const { db, exec } = await open(t)
      await migrate(db, set)
      const same = await verify(db, set, { replay })
      assert.deepEqual(
        [same.status, same.differences, same.notes, same.notCompared, same.pending],
        ['same', [], [], [], []],
      )
      await exec('alter table notes alter text drop not null; create table mine (id int)')
      const other = await verify(db, set, { replay })
      assert.equal(other.status, 'differs')
      assert.deepEqual(messages(other.differences), [
        'column public.notes.text: may be null',
        'column public.mine.id is not expected',
        'privileges table public.mine is not expected',
        'table public.mine is not expected',
      ])
      // The snapshot of the replay does in place of another one, and through JSON.
      const kept = JSON.parse(JSON.stringify(same.expected))
      const again = await verify(db, kept)
      assert.deepEqual(messages(again.differences), messages(other.differences))
    })

    test('what is pending is left out on both sides', async (t) => {
      const { db } = await open(t)
      await migrate(db, { '001_notes.sql': set['001_notes.sql'] })
      const found = await verify(db, set, { replay })
      assert.deepEqual([found.status, found.pending, found.differences], ['same', ['002'], []])
      // Marked as applied, it should have made an index.
      await stamp(db, set, ['002'])
      const marked = await verify(db, set, { replay })
      assert.deepEqual(messages(marked.differences), ['index public.notes_text is not there'])
    })

    test('a schema of its own, a ledger of another name, and ledgers of other tools', async (t) => {
      const { db, exec } = await open(t)
      const options = { schema: 'shop', table: 'history' }
      await exec('create table public."_prisma_migrations" (id int); create schema drizzle')
      await exec('create table drizzle.__drizzle_migrations (id serial primary key, hash text)')
      await migrate(db, set, options)
      const found = await verify(db, set, { ...options, replay })
      assert.deepEqual([found.status, messages(found.differences)], ['same', []])
    })

    test('what is filled in from the environment is filled in for the replay, too', async (t) => {
      const { db, exec } = await open(t)
      const files = {
        '00001_a.sql':
          '-- +goose Up\n-- +goose ENVSUB ON\ncreate table ${REGION}_notes (id int);\n-- +goose ENVSUB OFF\n',
        '00002_b.sql':
          '-- +goose Up\n-- +goose ENVSUB ON\ncreate table ${REGION}_later (id int);\n-- +goose ENVSUB OFF\n',
      }
      const env = { REGION: 'north' }
      await migrate(db, { '00001_a.sql': files['00001_a.sql'] }, { env })
      const found = await verify(db, files, { env, replay })
      assert.deepEqual([found.status, found.pending, messages(found.differences)], ['same', ['00002'], []])
      await exec('drop table north_notes; create table south_notes (id int)')
      const moved = await verify(db, files, { env, replay, ignore: ['privileges'] })
      assert.deepEqual(messages(moved.differences), [
        'column public.north_notes.id is not there',
        'table public.north_notes is not there',
        'column public.south_notes.id is not expected',
        'table public.south_notes is not expected',
      ])
    })

    test('nothing is never the same as nothing', async (t) => {
      const { db } = await open(t)
      const error = await fails(snapshot(db), { code: 'invalid-input' })
      assert.match(error.message, /^there is nothing in this schema/)
      await fails(verify(db, { '001_a.sql': up('select 1;') }, { replay }), { code: 'invalid-input' })
    })

    test('options and sets of the wrong shape', async (t) => {
      const { db } = await open(t)
      await migrate(db, set)
      const without = await fails(verify(db, set), { code: 'invalid-input' })
      assert.match(without.message, /nothing to replay the migrations in/)
      for (const options of [{ replay: 1 }, { replay, ignore: ['colours'] }, { replay, steps: 1 }])
        await fails(verify(db, set, options), { code: 'invalid-input' })
      await fails(snapshot(db, { replay }), { code: 'invalid-input' })
      await fails(snapshot({}), { code: 'invalid-input' })
      await fails(verify(db, { counterfoil: 'snapshot', server: { version: 1 }, facts: [] }), { code: 'invalid-input' })
      await fails(verify(db, set, { replay: occupied }), { code: 'database-not-empty' })
    })
  },
  ['postgres.js', 'HTTP'],
)

/** One in which the table of the first migration is there already. */
async function occupied() {
  const db = await freshPGlite()
  await db.exec('create table notes (id int)')
  return db
}

describe('two servers', () => {
  let server
  before(async () => (server = await startPostgres()))
  after(() => server.stop())

  test('PGlite and PostgreSQL make the same of one schema', async (t) => {
    const db = await server.connect(await server.createDatabase())
    t.after(() => db.end())
    const lite = await freshPGlite()
    t.after(() => lite.close())
    await db.query(clerk)
    await lite.exec(clerk)
    for (const statement of kinds) {
      await db.query(statement)
      await lite.exec(statement)
    }
    const [there, here] = [await pg.snapshot(db), await pglite.snapshot(lite)]
    assert.deepEqual(await diffSchemas(here, there), { differences: [], notes: [], notCompared: [] })
    assert.ok(there.facts.length > kinds.length)
  })

  test('privileges of a role that the replay has not are not compared', async (t) => {
    const db = await server.connect(await server.createDatabase())
    t.after(() => db.end())
    await pg.migrate(db, set)
    await db.query(`create role only_here; grant select on notes to only_here`)
    const found = await pg.verify(db, set, { replay })
    assert.equal(found.status, 'partly-compared')
    assert.deepEqual(found.notCompared, ['privileges of the role only_here, which is on one server only'])
    const without = await pg.verify(db, set, { replay, ignore: ['privileges'] })
    assert.equal(without.status, 'same')
  })

  test('a role that may not read a table still sees its shape', async (t) => {
    const name = await server.createDatabase()
    const db = await server.connect(name)
    t.after(() => db.end())
    await pg.migrate(db, set)
    await db.query(`create role blind login`)
    const expected = await pg.snapshot(db)
    const blind = await server.connect(name, { user: 'blind' })
    t.after(() => blind.end())
    assert.deepEqual((await diffSchemas(expected, await pg.snapshot(blind))).differences, [])
  })
})
