// The newest PGlite beside the one that the other tests use. Since 0.5.17 it keeps a number of its own in the options of every
// column, another one in every database, and pg_dump writes it down.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as pg from 'counterfoil/pg'
import { diffSchemas } from 'counterfoil/schema'
import { migrate, rollback, snapshot, verify } from 'counterfoil/pglite'
import { squash } from 'counterfoil/squash'
import { PGlite } from 'pglite-newest'
import { migration } from './support/cli.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'
import { squashed } from './support/squash.mjs'

const files = {
  '001_people.sql': migration(
    'create table people (id int primary key, name text); alter table people alter name set (n_distinct = 5);',
    'drop table people;',
  ),
  '002_seen.sql': migration(
    `create view seen as select id from people; insert into people values (1, 'Ann');`,
    'drop view seen; delete from people;',
  ),
}

describe('the newest PGlite', () => {
  let server
  let db
  before(async () => {
    server = await startPostgres()
    db = await PGlite.create()
    await migrate(db, files)
  })
  after(async () => {
    await db.close()
    await server.stop()
  })

  test('does what this test is about', async () => {
    const { rows } = await db.query(
      `select attoptions::text as options from pg_attribute where attrelid = 'people'::regclass and attname = 'name'`,
    )
    assert.match(rows[0].options, /pg_attver=\d+,n_distinct=5/)
  })

  test('has the schema of its replay, of the other PGlite, and of a server', async (t) => {
    assert.equal((await verify(db, files, { replay: () => PGlite.create() })).status, 'same')
    const own = await snapshot(db)
    const other = await freshPGlite()
    t.after(() => other.close())
    await migrate(other, files)
    const client = await server.connect(await server.createDatabase())
    t.after(() => client.end())
    await pg.migrate(client, files)
    for (const theirs of [await snapshot(other), await pg.snapshot(client)])
      assert.deepEqual((await diffSchemas(own, theirs)).differences, [])
  })

  test('what is really set on a column is seen', async (t) => {
    await db.exec('alter table people alter name set (n_distinct = 6)')
    t.after(() => db.exec('alter table people alter name set (n_distinct = 5)'))
    const { differences } = await verify(db, files, { replay: () => PGlite.create() })
    assert.deepEqual(
      differences.map(({ message }) => message),
      ['column public.people.name: options is ["n_distinct=6"], expected ["n_distinct=5"]'],
    )
  })

  test('a baseline of its chain runs on a server, and has no such number', async (t) => {
    const made = await squash(() => PGlite.create(), files)
    const text = made.files.find(({ path }) => path === made.baseline).text
    assert.match(text, /ALTER COLUMN name SET \(n_distinct=5\)/)
    assert.doesNotMatch(text, /pg_attver/)
    const client = await server.connect(await server.createDatabase())
    t.after(() => client.end())
    await pg.migrate(client, squashed(files, made))
    assert.deepEqual((await diffSchemas(await snapshot(db), await pg.snapshot(client))).differences, [])
  })

  test('goes back', async () => {
    const { reverted } = await rollback(db, files, { steps: 2 })
    assert.deepEqual(
      reverted.map(({ version }) => version),
      ['002', '001'],
    )
  })
})
