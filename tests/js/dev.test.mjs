// `counterfoil/dev` on a PGlite. What is expected is asked of the database, and of another one that has run the files as they are.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { develop, redo, reset } from 'counterfoil/dev'
import { migrate, verify } from 'counterfoil/pglite'
import { snapshotsInMemory } from 'counterfoil/snapshots'
import { migration } from './support/cli.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { difference, snapshot } from './support/schema.mjs'

const kinds = migration(
  "create table kinds (id int primary key, name text, at timestamptz not null default now()); insert into kinds values (1, 'shop')",
  'drop table kinds;',
)
const users = (more = '') =>
  migration(`create table users (id serial primary key, name text${more});`, 'drop table users;')
const base = { '001_kinds.sql': kinds, '002_users.sql': users() }
const edited = { ...base, '002_users.sql': users(', email text') }

async function open(t, set = base) {
  const db = await freshPGlite()
  t.after(() => db.close())
  // Of its own: what another test has run is not known here.
  const texts = snapshotsInMemory({ keep: Infinity })
  const replay = () => freshPGlite()
  const options = { texts, replay }
  if (set) assert.equal((await develop(db, set, options)).way, 'forward')
  return { db, options, texts }
}

const rows = async (db, sql) => (await db.query(sql)).rows
const rejected = (promise) =>
  promise.then(
    () => assert.fail('it was not refused'),
    (error) => error,
  )

// A ledger that was empty once says so, and a schema `public` that was made anew has another number than initdb's.
const unlike = /^comment: (?:table public\.schema_migrations|schema public): /

/** The database has just what the files make. */
async function mustBe(t, db, set) {
  const other = await freshPGlite()
  t.after(() => other.close())
  await migrate(other, set)
  const linesOf = async (of) => (await snapshot(of)).filter((line) => !unlike.test(line))
  assert.deepEqual(difference(await linesOf(other), await linesOf(db)), { onlyLeft: [], onlyRight: [] })
}

test('an edit of the newest migration is applied by its way back, and rows of others stay', async (t) => {
  const { db, options } = await open(t)
  const posts = (more = '') => migration(`create table posts (id int${more});`, 'drop table posts;')
  await develop(db, { ...base, '003_posts.sql': posts() }, options)
  await db.exec("insert into users (name) values ('joe')")
  const set = { ...base, '003_posts.sql': posts(', body text') }
  const plans = []
  const result = await develop(db, set, {
    ...options,
    onPlan: ({ decisions }) => plans.push(decisions.map((d) => d.action)),
  })
  assert.equal(result.way, 'back')
  assert.deepEqual(result.changed, [{ version: '003', name: 'posts', path: '003_posts.sql', why: 'edited' }])
  assert.deepEqual(
    [result.reverted, result.applied].map((list) => list.map(({ version }) => version)),
    [['003'], ['003']],
  )
  assert.deepEqual(result.lost, [])
  assert.equal(result.message, '003_posts.sql was edited: taken back, and applied as the files are now')
  assert.deepEqual(plans, [['skip', 'skip', 'apply']])
  await mustBe(t, db, set)
  assert.deepEqual(await rows(db, 'select name from users'), [{ name: 'joe' }])
  assert.equal((await develop(db, set, options)).status, 'current')
})

test('rows that no migration has put there stop it, and reset: true loses them', async (t) => {
  const { db, options } = await open(t)
  await db.exec("insert into users (name) values ('joe'), ('jane')")
  const error = await rejected(develop(db, edited, options))
  assert.equal(error.code, 'rows-at-risk')
  assert.equal(
    error.message,
    '002_users.sql was edited: to take that back would lose rows that no migration has put there: public.users (2 rows)',
  )
  assert.match(error.help, /or say reset: true to lose them; nothing was changed$/)
  assert.deepEqual(error.options, [{ option: 'reset', values: ['true'], text: 'reset: true' }])
  await mustBe(t, db, base)
  assert.equal((await rows(db, 'select from users')).length, 2)
  const result = await develop(db, edited, { ...options, reset: true })
  assert.deepEqual([result.way, result.lost], ['back', [{ table: 'public.users', rows: 2 }]])
  await mustBe(t, db, edited)
})

test("a row of a migration is nobody else's until somebody changes it", async (t) => {
  const { db, options } = await open(t)
  const set = {
    ...base,
    '001_kinds.sql': kinds.replace('name text', 'name text, n int').replace('kinds values', 'kinds (id, name) values'),
  }
  await db.exec("update kinds set name = 'mine'")
  const error = await rejected(develop(db, set, options))
  assert.match(error.message, /: public\.kinds \(1 row\)$/)
  await db.exec("update kinds set name = 'shop', at = now() - interval '1 day'")
  const result = await develop(db, set, options)
  assert.equal(result.way, 'back')
  assert.deepEqual(
    result.changed.map(({ version, why }) => [version, why]),
    [
      ['002', 'later'],
      ['001', 'edited'],
    ],
  )
  await mustBe(t, db, set)
})

test('a database is made anew where there is no way back, or one that does not undo it', async (t) => {
  const down = '-- migrate:down'
  for (const [text, why] of [
    ['-- migrate:up\ncreate table posts (id int); create table tags (id int);\n', 'there is no way back'],
    [
      migration('create table posts (id int); create table tags (id int);', 'drop table posts;'),
      'table public\\.tags is not expected',
    ],
    [
      migration('create table posts (id int);', 'drop table nothing;'),
      'the way back fails: .*"nothing" does not exist',
    ],
    [
      migration('create schema apart; create table posts (id int);', 'drop schema apart; drop table posts;'),
      'the way back drops a whole schema or database',
    ],
  ]) {
    const { db, options } = await open(t)
    await develop(db, { ...base, '003_posts.sql': text }, options)
    const set = { ...base, '003_posts.sql': text.replace('(id int)', '(id bigint)') }
    await db.exec("insert into users (name) values ('joe')")
    const error = await rejected(develop(db, set, options))
    assert.match(
      error.message,
      new RegExp(
        `^003_posts.sql was edited, and .*${why}.*: to make the database anew would lose .*: public\\.users \\(1 row\\)$`,
      ),
    )
    await db.exec('delete from users')
    const handle = db
    const result = await develop(db, set, options)
    assert.deepEqual([result.way, result.applied.length], ['rebuilt', 3])
    assert.match(result.message, new RegExp(why))
    await mustBe(t, handle, set)
    assert.equal(text.includes(down) || why.startsWith('there'), true)
  }
})

test('a way back that makes a table once more, or rewrites it, loses its rows', async (t) => {
  for (const [up, down] of [
    [
      'drop table users; create table users (id serial primary key, name text, n int);',
      'drop table users; create table users (id serial primary key, name text);',
    ],
    [
      'alter table users alter column name type int using 0;',
      "alter table users alter column name type text using 'lost';",
    ],
    [
      'alter table users drop column name, add column name text;',
      'alter table users drop column name, add column name text;',
    ],
  ]) {
    const { db, options } = await open(t)
    await develop(db, { ...base, '003_again.sql': migration(up, down) }, options)
    await db.exec('insert into users (id) values (5)')
    const set = { ...base, '003_again.sql': migration(`${up} create table more ();`, down) }
    const error = await rejected(develop(db, set, options))
    assert.match(error.message, /^003_again\.sql was edited: to take that back would lose .*: public\.users \(1 row\)$/)
  }
})

test('what ran goes back although its file is gone, renamed or another one', async (t) => {
  const { db, options } = await open(t)
  const removed = { '001_kinds.sql': kinds }
  const gone = await develop(db, removed, options)
  assert.deepEqual(gone.changed, [{ version: '002', name: 'users', why: 'removed' }])
  await mustBe(t, db, removed)
  await develop(db, base, options)
  const renamed = { '001_kinds.sql': kinds, '002_people.sql': base['002_users.sql'] }
  assert.equal((await develop(db, renamed, options)).way, 'forward')
  const other = {
    '001_kinds.sql': kinds,
    '002_teams.sql': migration('create table teams (id int);', 'drop table teams;'),
  }
  const result = await develop(db, other, options)
  assert.deepEqual(result.changed, [{ version: '002', name: 'users', path: '002_teams.sql', why: 'replaced' }])
  await mustBe(t, db, other)
})

test('the way back is that of what ran, not of the file as it is now', async (t) => {
  const { db, options } = await open(t)
  const set = { ...base, '002_users.sql': migration('create table people (id int);', 'drop table people;') }
  assert.equal((await develop(db, set, options)).way, 'back')
  await mustBe(t, db, set)
  // Down files lie beside their up files in other conventions.
  const pair = { '1_a.up.sql': 'create table a (id int);', '1_a.down.sql': 'drop table a;' }
  const { db: second, options: others } = await open(t, pair)
  const now = { '1_b.up.sql': 'create table b (id int);', '1_b.down.sql': 'drop table b;' }
  assert.equal((await develop(second, now, others)).way, 'back')
  await mustBe(t, second, now)
})

test('what was applied otherwise meanwhile is taken back by its file', async (t) => {
  const { db, options } = await open(t)
  const later = { ...base, '003_posts.sql': migration('create table posts (id int);', 'drop table posts;') }
  await migrate(db, later)
  const set = { ...later, '002_users.sql': users(', email text') }
  const result = await develop(db, set, options)
  assert.deepEqual([result.way, result.reverted.map(({ version }) => version)], ['back', ['003', '002']])
  await mustBe(t, db, set)
})

test('without the text that ran, or without a replay, it is made anew, and any row counts', async (t) => {
  const { db, options, texts } = await open(t, { '002_users.sql': users() })
  for (const key of await texts.keys()) await texts.delete(key)
  const set = { '002_users.sql': users(', email text') }
  const rebuilt = await develop(db, set, options)
  assert.equal(
    rebuilt.message,
    '002_users.sql was edited, and the text that ran was not kept, and with it its way back: made anew',
  )
  await mustBe(t, db, set)
  const untried = await develop(db, { '002_users.sql': users() }, { texts })
  assert.match(untried.message, /the way back could not be tried out: made anew$/)
  await develop(db, base, { texts })
  const error = await rejected(develop(db, edited, { texts }))
  assert.match(error.message, /: public\.kinds \(1 row\)$/)
})

test('redo takes the newest back and applies it again, under the same conditions', async (t) => {
  const { db, options } = await open(t)
  const before = await rows(db, "select 'users'::regclass::oid as oid")
  const result = await redo(db, base, options)
  assert.deepEqual([result.way, result.changed.map(({ version, why }) => [version, why])], ['back', [['002', 'again']]])
  assert.notDeepEqual(await rows(db, "select 'users'::regclass::oid as oid"), before)
  await db.exec("insert into users (name) values ('joe')")
  assert.equal((await rejected(redo(db, base, options))).code, 'rows-at-risk')
  const { db: empty, options: others } = await open(t, null)
  assert.equal((await rejected(redo(empty, base, others))).code, 'nothing-to-roll-back')
})

test('reset leaves nothing of what was there, and fills it', async (t) => {
  const { db, options } = await open(t)
  await db.exec(`insert into users (name) values ('joe');
    create schema other; create table other.t (id int); insert into other.t values (1); create type mood as enum ('x');
    create role joe; grant select on other.t to joe; alter default privileges in schema other grant select on tables to joe;
    alter role joe set work_mem = '5MB'; select lo_create(0); create publication p for all tables;
    create function f() returns event_trigger language plpgsql as $$ begin end $$; create event trigger e on ddl_command_end execute function f();
    alter database postgres set work_mem = '7MB'; create extension if not exists plpgsql`)
  const result = await reset(db, base, { ...options, seed: "insert into users (name) values ('ann')" })
  assert.deepEqual(result.lost, [
    { table: 'other.t', rows: 1 },
    { table: 'public.users', rows: 1 },
    { table: 'large objects', rows: 1 },
  ])
  await mustBe(t, db, base)
  assert.deepEqual(await rows(db, 'select name from users'), [{ name: 'ann' }])
  assert.deepEqual(await rows(db, "select rolname from pg_roles where rolname = 'joe'"), [])
  assert.deepEqual(await rows(db, 'select * from pg_db_role_setting'), [])
  assert.equal((await verify(db, base, { replay: options.replay })).status, 'same')
  const error = await rejected(reset(db, base, { ...options, seed: 'insert into nothing values (1)' }))
  assert.deepEqual([error.code, /"nothing" does not exist/.test(error.message)], ['seed-failed', true])
})

test('a set that cannot be run changes nothing before the database is made anew for it', async (t) => {
  const { db, options } = await open(t, { '001_kinds.sql': kinds.replace(/-- migrate:down[^]*/, '') })
  const error = await rejected(
    develop(db, { '001_kinds.sql': '-- migrate:up\ncreate tabel kinds (id int);\n' }, options),
  )
  assert.equal(error.code, 'statement-failed')
  assert.deepEqual(await rows(db, 'select name from kinds'), [{ name: 'shop' }])
})

test('a database that was not empty is refused unless its name is said, and keeps what it has', async (t) => {
  const { db, options } = await open(t, null)
  await migrate(db, base)
  for (const adopt of [undefined, 'postgres', 'idb://app']) {
    const error = await rejected(develop(db, edited, { ...options, ...(adopt && { adopt }) }))
    assert.equal(error.code, 'not-adopted')
    assert.match(error.help, /or say adopt: 'memory:\/\/' if all that it holds/)
  }
  for (const act of [redo, reset]) assert.equal((await rejected(act(db, base, options))).code, 'not-adopted')
  await mustBe(t, db, base)
  assert.equal((await develop(db, edited, { ...options, adopt: 'memory://' })).way, 'rebuilt')
  assert.equal((await develop(db, base, options)).way, 'back')
})

test('the mark of a folder is not that of its copy', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-dev-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { options } = await open(t, null)
  const at = async (name, work) => {
    const db = await PGlite.create(join(folder, name))
    try {
      return await work(db)
    } finally {
      await db.close()
    }
  }
  await at('data', (db) => develop(db, base, options))
  assert.equal(await at('data', async (db) => (await develop(db, base, options)).status), 'current')
  cpSync(join(folder, 'data'), join(folder, 'copy'), { recursive: true })
  const error = await at('copy', (db) => rejected(develop(db, base, options)))
  assert.equal(error.code, 'not-adopted')
})

test('calls on one database wait for each other', async (t) => {
  const { db, options } = await open(t)
  const sets = [', a int', ', b int', ', c int'].map((more) => ({ ...base, '002_users.sql': users(more) }))
  const results = await Promise.all(sets.map((set) => develop(db, set, options)))
  assert.deepEqual(
    results.map(({ way }) => way),
    ['back', 'back', 'back'],
  )
  await mustBe(t, db, sets.at(-1))
})

test('what is handed in wrong is named', async (t) => {
  const { db } = await open(t, null)
  for (const [work, message] of [
    [() => develop(db, base, { when: 'wait' }), /there is no option when here/],
    [() => develop(db, base, { seed: 'select 1' }), /there is no option seed here/],
    [() => reset(db, base, { reset: true }), /there is no option reset here/],
    [() => develop(db, base, { replay: true }), /the option replay is not a function/],
    [() => develop(db, base, { texts: {} }), /the option texts is not a store of snapshots/],
    [() => develop({}, base), /is not a PGlite/],
  ]) {
    const error = await rejected(work())
    assert.deepEqual([error.code, message.test(error.message)], ['invalid-input', true], error.message)
  }
  assert.deepEqual(await rows(db, 'select from pg_class where oid >= 16384'), [])
})
