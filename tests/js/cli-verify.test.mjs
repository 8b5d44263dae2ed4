// `counterfoil verify`: on a real PostgreSQL, with the project's PGlite for the replay.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { migration, project } from './support/cli.mjs'
import { startPostgres } from './support/postgres.mjs'

const files = {
  'db/migrations/001_notes.sql': migration('create table notes (id int primary key, text text);', 'drop table notes;'),
  'db/migrations/002_mark.sql': migration('alter table notes add mark int;', 'alter table notes drop mark;'),
}

let server
before(async () => (server = await startPostgres()))
after(() => server.stop())

async function place(t) {
  const database = await server.createDatabase()
  const db = await server.connect(database)
  t.after(() => db.end())
  const it = project(t, files)
  const env = { DATABASE_URL: server.url(database) }
  return { ...it, db, run: (args) => it.run(args, { env }) }
}

test('it says what somebody has changed, and ends with 1', async (t) => {
  const { db, run } = await place(t)
  assert.equal((await run(['up'])).status, 0)
  const same = await run(['verify'])
  assert.deepEqual([same.status, same.stdout], [0, 'same: the schema is the one that the migrations make\n'])
  await db.query('alter table notes alter mark type bigint; create index by_hand on notes (text)')
  const other = await run(['verify'])
  assert.equal(other.status, 1)
  assert.equal(
    other.stdout,
    [
      'difference: column public.notes.mark: type is bigint, expected integer',
      'difference: index public.by_hand is not expected',
      'differs: 2 differences',
      '',
    ].join('\n'),
  )
  const json = JSON.parse((await run(['verify', '--format', 'json'])).stdout)
  assert.deepEqual([json.status, json.differences.length, json.pending], ['differs', 2, []])
})

test('it says which migration never ran, and what is by hand', async (t) => {
  const { db, run } = await place(t)
  await db.query('create table notes (id int primary key, text text); create index by_hand on notes (text)')
  assert.equal((await run(['stamp', 'all', '--yes'])).status, 0)
  const { status, stdout } = await run(['verify', '--explain'])
  assert.equal(status, 1)
  assert.deepEqual(stdout.split('\n').slice(2, 6), [
    'absent: 002 has not run: column public.notes.mark is not there as it makes it',
    'help: what is absent has not run, or was taken away by hand. To run it: counterfoil stamp 002 --not-applied, and then counterfoil up. If it had run, what is missing can be brought back by hand as well',
    'by hand: index public.by_hand is not expected',
    'differs: 2 differences',
  ])
  // As the documents say: its row goes, and it is run.
  assert.equal((await run(['stamp', '002', '--not-applied', '--yes'])).status, 0)
  assert.equal((await run(['up'])).status, 0)
  assert.match(
    (await run(['verify'])).stdout,
    /^difference: index public\.by_hand is not expected\ndiffers: 1 difference\n$/,
  )
  const both = await run(['verify', '--explain', '--against', 'expected.json'])
  assert.deepEqual([both.status, /both --explain and --against/.test(both.stderr)], [2, true])
})

test('what is expected can be kept, and compared without a replay', async (t) => {
  const { folder, db, run } = await place(t)
  await run(['up'])
  const written = await run(['verify', '--write', 'expected.json'])
  assert.equal(written.status, 0, written.stderr)
  assert.equal(JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')).counterfoil, 'snapshot')
  assert.equal((await run(['verify', '--against', 'expected.json'])).status, 0)
  await db.query('drop table notes')
  const empty = await run(['verify', '--against', 'expected.json'])
  assert.equal(empty.status, 2)
  assert.match(empty.stderr, /there is nothing in this schema/)
  await db.query('create table other (id int)')
  const gone = await run(['verify', '--against', 'expected.json'])
  assert.equal(gone.status, 1)
  assert.match(gone.stdout, /^difference: table public\.notes is not there$/m)
})

test('pending migrations are left out, and said; and so is what a newer release has applied', async (t) => {
  const { folder, run, write } = await place(t)
  await run(['up'])
  write({ 'db/migrations/003_more.sql': migration('alter table notes add more int;') })
  const { status, stdout } = await run(['verify'])
  assert.equal(status, 0, stdout)
  assert.match(stdout, /^pending, and left out: 003$/m)
  for (const name of ['002_mark.sql', '003_more.sql']) rmSync(join(folder, 'db/migrations', name))
  const older = await run(['verify'])
  assert.equal(older.status, 1)
  assert.match(older.stdout, /^difference: column public\.notes\.mark is not expected$/m)
  assert.match(older.stdout, /^a newer release has been here, what it made is not expected: 002$/m)
})

test('a role that the replay has not: said, and 1 with --strict alone', async (t) => {
  const { db, run } = await place(t)
  await run(['up'])
  await db.query('create role auditor; grant select on notes to auditor')
  const usual = await run(['verify'])
  assert.equal(usual.status, 0)
  assert.match(usual.stdout, /^not compared: privileges of the role auditor/m)
  assert.equal((await run(['verify', '--strict'])).status, 1)
  assert.equal((await run(['verify', '--strict', '--ignore', 'privileges'])).status, 0)
})

test('a file that is no snapshot, and one that is not there', async (t) => {
  const { folder, run, write } = await place(t)
  await run(['up'])
  write({ 'no.json': '{"counterfoil":"plan"}', 'cut.json': '{"counterfoil":"snapshot","facts":[' })
  for (const name of ['no.json', 'cut.json', 'absent.json']) {
    const { status, stderr } = await run(['verify', '--against', name, '--write', 'out.json'])
    assert.equal(status, 2, name)
    assert.match(stderr, /counterfoil verify --write <file>/, name)
    assert.equal(existsSync(join(folder, 'out.json')), false)
  }
})
