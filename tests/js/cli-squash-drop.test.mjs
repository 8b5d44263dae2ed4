// `counterfoil squash --drop` and `--adopt`: on a PGlite directory, as somebody at a prompt does it.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { migration, project } from './support/cli.mjs'

test('what is dead is left out, put aside in a database, and brought back', async (t) => {
  const { folder, run } = project(t, {
    'counterfoil.config.json': JSON.stringify({ url: 'pglite:./data' }),
    'db/migrations/001_people.sql': migration('create table people (id int primary key, retries int);'),
    'db/migrations/002_links.sql': migration('create table links (person int references people, url text);'),
    'db/migrations/003_seen.sql': migration('create view seen as select retries from people;'),
  })
  const inside = async (work) => {
    const db = await PGlite.create(join(folder, 'data'))
    try {
      return await work(db)
    } finally {
      await db.close()
    }
  }
  assert.equal((await run(['up'])).status, 0)
  await inside((db) => db.exec(`insert into people values (1, 7); insert into links values (1, 'u')`))

  const dead = ['--drop', 'table links', '--drop', 'column people.retries']
  const dropped = [...dead, '--drop', 'view public.seen']
  const stopped = await run(['squash', ...dead])
  assert.equal(stopped.status, 1)
  assert.match(
    stopped.stderr,
    /what is named cannot be put aside: view public\.seen uses column public\.people\.retries/,
  )
  assert.match(stopped.stderr, /if it is dead as well, name it: view public\.seen; else what it uses is not dead/)
  assert.ok(existsSync(join(folder, 'db/migrations/003_seen.sql')))

  const done = await run(['squash', ...dropped, '--kept', 'kept_20260131'])
  assert.equal(done.status, 0, done.stderr)
  for (const line of [
    'aside: table public.links to kept_20260131.links',
    'aside: column retries of table public.people to kept_20260131.people, with its key id',
    "  pg_dump \"$DATABASE_URL\" --format=custom --file='kept_20260131.dump' --table='public.links' --table='public.people'",
  ])
    assert.ok(done.stdout.split('\n').includes(line), `${line} is not in ${done.stdout}`)
  const script = (name) => join(folder, 'db/migrations/.counterfoil', `004_baseline.${name}.sql`)
  const dry = await run(['squash', '--adopt', '004', '--dry-run'])
  assert.equal(dry.status, 0, dry.stderr)
  assert.match(dry.stdout, /^ {2}table public\.links to kept_20260131\.links$/m)
  // Nobody can be asked here.
  const unasked = await run(['squash', '--adopt', '004'])
  assert.equal(unasked.status, 2)
  assert.match(unasked.stderr, /^error: nobody can be asked: .*\n {2}help: say yes with --yes, or look with --dry-run/m)
  await inside(async (db) => assert.equal((await db.query('select from links')).rows.length, 1))
  const adopted = await run(['squash', '--adopt', '004', '--yes'])
  assert.equal(adopted.status, 0, adopted.stderr)
  assert.match(adopted.stdout, /put aside; 004_baseline\.restore\.sql beside it brings it back\n$/)
  const again = await run(['squash', '--adopt', '004_baseline', '--yes', '--format', 'json'])
  assert.deepEqual(
    JSON.parse(again.stdout).said.map(({ message }) => message),
    ['table public.links is put aside already', 'column retries of table public.people: put aside already'],
  )
  // The scripts are no migrations.
  const up = await run(['up'])
  assert.equal(up.status, 0, up.stderr)
  assert.doesNotMatch(up.stdout + up.stderr, /adopt\.sql|restore\.sql/)
  // What lies aside is no part of the schema.
  const same = await run(['verify'])
  assert.deepEqual([same.status, same.stdout], [0, 'same: the schema is the one that the migrations make\n'])

  // The chain is in the archive.
  const unnamed = await run(['squash', '--prove', '004'])
  assert.equal(unnamed.status, 1)
  assert.match(unnamed.stdout, /^difference: .*links/m)
  const proved = await run(['squash', '--prove', '004', ...dropped])
  assert.deepEqual([proved.status, proved.stdout.split(':')[0]], [0, 'proved'], proved.stdout + proved.stderr)

  await inside(async (db) => {
    assert.deepEqual((await db.query('select * from kept_20260131.people')).rows, [{ id: 1, retries: 7 }])
    await db.exec(readFileSync(script('restore'), 'utf8'))
    assert.deepEqual((await db.query('select * from people')).rows, [{ id: 1, retries: 7 }])
    assert.deepEqual((await db.query('select * from links')).rows, [{ person: 1, url: 'u' }])
    assert.deepEqual((await db.query('select * from seen')).rows, [{ retries: 7 }])
  })

  assert.equal((await run(['squash', '--undo', '004'])).status, 0)
  for (const name of ['adopt', 'restore']) assert.ok(!existsSync(script(name)))
  assert.ok(existsSync(join(folder, 'db/migrations/003_seen.sql')))
})

test('with --counted the script stops where somebody has written since', async (t) => {
  const { folder, run } = project(t, {
    'counterfoil.config.json': JSON.stringify({ url: 'pglite:./data' }),
    'db/migrations/001_people.sql': migration('create table people (id int primary key, "Odd" int);'),
    'db/migrations/002_links.sql': migration('create schema app; create table app.links (url text);'),
  })
  const inside = async (sql) => {
    const db = await PGlite.create(join(folder, 'data'))
    try {
      return await db.exec(sql)
    } finally {
      await db.close()
    }
  }
  assert.equal((await run(['up'])).status, 0)
  await inside(`insert into people values (1, 7), (2, null); insert into app.links values ('u'), ('v'), ('w')`)
  const dropping = ['squash', '--drop', 'table app.links', '--drop', 'column people."Odd"', '--counted']
  assert.equal((await run([...dropping, '--url', 'pglite:./other'])).status, 2)
  const elsewhere = await run([...dropping, '--drop', 'table app.nothing'])
  assert.equal(elsewhere.status, 1)
  assert.match(elsewhere.stderr, /^error: the rows of what goes aside could not be counted: .*app\.nothing/m)
  const done = await run(dropping)
  assert.equal(done.status, 0, done.stderr)
  const adopting = ['squash', '--adopt', '003', '--yes']

  await inside('update people set "Odd" = 8 where id = 2')
  const one = await run(adopting)
  assert.equal(one.status, 1)
  assert.match(one.stderr, /^error: .*Odd.* 2 values.* 1/m)
  await inside(`update people set "Odd" = null where id = 2; insert into app.links values ('x')`)
  const other = await run(adopting)
  assert.equal(other.status, 1)
  assert.match(other.stderr, /^error: .*app\.links.* 4 rows.* 3/m)
  await inside(`delete from app.links where url = 'x'`)
  const right = await run(adopting)
  assert.equal(right.status, 0, right.stderr)
})

test('options that stand alone are refused', async (t) => {
  const { run } = project(t, { 'db/migrations/001_people.sql': migration('create table people (id int);') })
  for (const [given, said] of [
    [['--yes'], /^error: --yes is for --adopt/m],
    [['--counted'], /^error: --counted is for --drop/m],
  ]) {
    const { status, stderr } = await run(['squash', ...given])
    assert.equal(status, 2)
    assert.match(stderr, said)
  }
})
