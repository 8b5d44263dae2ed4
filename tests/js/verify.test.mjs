// `snapshot` and `verify` over every driver.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import * as pg from 'counterfoil/pg'
import { diffSchemas } from 'counterfoil/schema'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'

const up = (sql, down = '') => `-- migrate:up\n${sql}\n-- migrate:down\n${down}\n`
const set = {
  '001_notes.sql': up('create table notes (id int primary key, text text not null);', 'drop table notes;'),
  '002_index.sql': up('create index notes_text on notes (text);', 'drop index notes_text;'),
}
const replay = () => freshPGlite()
const messages = (differences) => differences.map(({ message }) => message)

onEachDatabase(
  ({ kind, api: { migrate, snapshot, verify, stamp }, open }) => {
    test('in a transaction of the caller the search path stays as it was', { skip: kind === 'HTTP' }, async (t) => {
      const { db, exec, query } = await open(t)
      await exec('create table notes (id int)')
      const [{ jit: before }] = await query('show jit')
      await exec('begin; set local search_path = "a b", public')
      await snapshot(db)
      const [{ search_path: path }] = await query('show search_path')
      assert.equal(path, '"a b", public')
      // What would be compiled takes a hundred times as long.
      const [{ jit }] = await query('show jit')
      assert.equal(jit, kind === 'PGlite' ? before : 'off')
      await exec('rollback')
      const [{ jit: afterwards }] = await query('show jit')
      assert.equal(afterwards, before)
    })

    test('a ledger of ours under another name is no part of the schema', async (t) => {
      const { db, exec } = await open(t)
      await exec('create schema books')
      await migrate(db, set, { table: 'cm2' })
      await migrate(db, { '1_a.sql': '-- migrate:up\nselect 1;\n' }, { table: 'books.kept' })
      await stamp(db, set, ['001', '002'])
      const { status, differences } = await verify(db, set, { replay })
      assert.deepEqual([status, messages(differences)], ['same', []])
      // It goes by all of its columns, not by one of them.
      await exec('create table looks_like (version varchar(128) primary key, checksum text)')
      assert.ok(
        messages((await verify(db, set, { replay })).differences).includes('table public.looks_like is not expected'),
      )
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

  test('what a role without any rights, in a session that only reads, cannot see is said', async (t) => {
    const name = await server.createDatabase()
    const db = await server.connect(name)
    t.after(() => db.end())
    await pg.migrate(db, set)
    await db.query(`create role blind login; create role clerk; create schema vault; revoke all on schema public from public;
      create table vault.notes (id int primary key, text text default 'x'); create view vault.short as select id from vault.notes;
      create function vault.one() returns int language sql return 1; revoke all on function vault.one() from public;
      alter table vault.notes enable row level security; create policy own on vault.notes using (id > 1)`)
    const expected = await pg.snapshot(db)
    const blind = await server.connect(name, {
      connectionString: server.url(name).replace('postgres@', 'blind@'),
      options: '-c default_transaction_read_only=on',
    })
    t.after(() => blind.end())
    await assert.rejects(blind.query('select from vault.notes'), /permission denied/)
    await assert.rejects(blind.query('create temp table mine (id int)'), /read-only/)
    assert.deepEqual(await diffSchemas(expected, await pg.snapshot(blind)), {
      differences: [],
      notes: [],
      notCompared: [],
    })
    // The one thing that PostgreSQL hides.
    await db.query(`create foreign data wrapper wires; create server far foreign data wrapper wires;
      create user mapping for clerk server far options (password 'x'); create user mapping for blind server far options (password 'y');
      grant usage on foreign server far to blind`)
    const { status, notes, notCompared } = await pg.verify(blind, await pg.snapshot(db))
    assert.deepEqual(
      [status, notes, notCompared],
      ['partly-compared', [], ['options of the user mapping clerk at far, which this role may not see']],
    )
  })

  test('an extension that the replay cannot have is not compared; one that a migration makes is asked for', async (t) => {
    const db = await server.connect(await server.createDatabase())
    t.after(() => db.end())
    await pg.migrate(db, set)
    await db.query('create extension pg_trgm')
    const { status, notCompared } = await pg.verify(db, set, { replay })
    assert.deepEqual(
      [status, notCompared],
      ['partly-compared', ['the extension pg_trgm, which one of the servers does not offer']],
    )
    const own = { ...set, '003_words.sql': up('create extension if not exists pg_trgm;') }
    await pg.migrate(db, own)
    const error = await fails(pg.verify(db, own, { replay }), { code: 'statement-failed' })
    assert.match(error.help, /^this is the replay: make its PGlite with that extension/)
    const offered = () => freshPGlite({ extensions: { pg_trgm } })
    assert.deepEqual((await pg.verify(db, own, { replay: offered })).differences, [])
    // Or as the help says, with a snapshot.
    const untouched = await server.connect(await server.createDatabase())
    t.after(() => untouched.end())
    await pg.migrate(untouched, own)
    assert.equal((await pg.verify(db, await pg.snapshot(untouched))).status, 'same')
  })
})
