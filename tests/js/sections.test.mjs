// Both ways in one file, ways back that do nothing, and markers: what is run of it, and what the tools themselves run.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { runner } from 'node-pg-migrate'
import { readSet } from 'counterfoil'
import * as pglite from 'counterfoil/pglite'
import { migrate, rollback } from 'counterfoil/pg'
import { migration, project } from './support/cli.mjs'
import { fails } from './support/errors.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'

/** The tables of a database, without the ledgers. */
async function tables(db) {
  const { rows } = await db.query(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
     and relname not in ('schema_migrations', 'pgmigrations') order by 1`,
  )
  return rows.map(({ name }) => name)
}

const versions = (list) => list.map(({ version }) => version)
const codes = (findings) => findings.map(({ code, severity, at }) => `${severity} ${code} ${at.path}:${at.line}`)

describe('both ways in one file', () => {
  test('a marker of sql-migrate switches the direction, as often as it likes', async () => {
    // What its own parser gives (sqlparse/sqlparse.go, ParseMigration): `create` a, b and d in this order; `drop` b, d and a.
    const set = {
      '1.sql':
        '-- +migrate Up\ncreate table a (x int);\n-- +migrate Up\ncreate table b (x int references c);\n' +
        '-- +migrate Down\ndrop table b;\n-- +migrate Up\ncreate table d ();\n-- +migrate Down\ndrop table d;\ndrop table a;\n',
    }
    const db = await freshPGlite()
    const error = await fails(pglite.migrate(db, set), { code: 'statement-failed' })
    assert.deepEqual([error.at.line, await tables(db)], [4, []])
    set['1.sql'] = set['1.sql'].replace(' references c', '')
    await pglite.migrate(db, set)
    assert.deepEqual(await tables(db), ['a', 'b', 'd'])
    await pglite.rollback(db, set)
    assert.deepEqual(await tables(db), [])
    await db.close()
  })

  test('in a plain set they are told apart by the markers of other tools', async () => {
    const set = {
      '1-a.sql': '-- rambler up\ncreate table a ();\n-- rambler down\ndrop table a;\n',
      '2-b.sql': '# --- !Ups\ncreate table b ();\n\n# --- !Downs\ndrop table b;\n',
      '3-c.sql': 'create table c ()\n--------------- up/down ---------------\ndrop table c;\n',
      '4-d.sql': '-- a table\ncreate table d ();\n-- //@UNDO\ndrop table d;\n',
      '5-e.sql':
        '-- +micrate Up\ncreate table e ();\n-- +micrate Down\ndrop table e;\n-- +micrate Up\ninsert into e default values;\n',
    }
    assert.equal(readSet(set).convention, 'plain')
    const db = await freshPGlite()
    await pglite.migrate(db, set)
    assert.deepEqual(await tables(db), ['a', 'b', 'c', 'd', 'e'])
    const { reverted } = await pglite.rollback(db, set, { steps: 5 })
    assert.deepEqual([versions(reverted), await tables(db)], [['5', '4', '3', '2', '1'], []])
    await db.close()
  })

  test('one that stands whole is refused, and what the help says is what helps', async () => {
    const db = await freshPGlite()
    const set = { '1_a.sql': 'create table a ();\n-- rambler down\ndrop table a;\n' }
    const { help } = await fails(pglite.migrate(db, set), { code: 'plan-refused' })
    assert.match(help, /to a file of the same name that ends in \.down\.sql/)
    const moved = { '1_a.sql': 'create table a ();\n', '1_a.down.sql': 'drop table a;\n' }
    await pglite.migrate(db, moved)
    await pglite.rollback(db, moved)
    assert.deepEqual(await tables(db), [])
    await db.close()
  })

  describe('node-pg-migrate', () => {
    let server
    before(async () => (server = await startPostgres()))
    after(() => server.stop())

    test('and a plain set run the same, there and back', async (t) => {
      const set = {
        '1_a.sql': '-- Up Migration\ncreate table a ();\n\n---- Down Migration ----\ndrop table a;\n',
        '2_b.sql': '-- down migration\ndrop table b;\n-- up migration\ncreate table b ();\ncreate table b2 ();\n',
        '3_c.sql': '-- Up Migration\ncreate table c ();\n-- Down Migration\n-- nothing to undo\n',
        '4_d.sql': 'create table d ();\n',
      }
      const folder = mkdtempSync(join(tmpdir(), 'counterfoil-sections-'))
      t.after(() => rmSync(folder, { recursive: true, force: true }))
      for (const [path, sql] of Object.entries(set)) writeFileSync(join(folder, path), sql)
      const [theirs, ours] = [await server.createDatabase(), await server.createDatabase()]
      const own = (direction, count) =>
        runner({
          databaseUrl: server.url(theirs),
          dir: folder,
          direction,
          count,
          migrationsTable: 'pgmigrations',
          logger: { info() {}, warn() {}, error() {}, debug() {} },
        })
      const [their, db] = [await server.connect(theirs), await server.connect(ours)]
      t.after(() => Promise.all([their.end(), db.end()]))
      const options = { convention: 'plain' }
      await own('up', 4)
      await migrate(db, set, options)
      assert.deepEqual(await tables(db), await tables(their))
      assert.deepEqual(await tables(db), ['a', 'b', 'b2', 'c', 'd'])
      // The last has no way back, for either.
      await assert.rejects(own('down', 1), /User has disabled down migration on file: 4_d/)
      await fails(rollback(db, set, options), { code: 'no-down-section' })
      await their.query("delete from pgmigrations where name = '4_d'")
      await db.query("delete from schema_migrations where version = '4'")
      await own('down', 3)
      await rollback(db, set, { ...options, steps: 3 })
      assert.deepEqual(await tables(db), await tables(their))
      assert.deepEqual(await tables(db), ['b2', 'c', 'd'])
    })
  })
})

describe('a way back that does nothing', () => {
  for (const [convention, set, line] of [
    ['dbmate', { '1_a.sql': '-- migrate:up\ncreate table a ();\n-- migrate:down\n' }, 3],
    ['goose', { '1_a.sql': '-- +goose Up\ncreate table a ();\n\n-- +goose Down\n-- nothing to undo\n' }, 4],
    ['sql-migrate', { 'a.sql': '-- +migrate Up\ncreate table a ();\n-- +migrate Down\n-- nothing to downgrade!\n' }, 3],
    ['golang-migrate', { '1_a.up.sql': 'create table a ();', '1_a.down.sql': '-- none\n' }, 1],
    ['diesel', { 'm/1_a/up.sql': 'create table a ();', 'm/1_a/down.sql': '-- none\n' }, 1],
    ['flyway', { 'V1__a.sql': 'create table a ();', 'U1__a.sql': ' ' }, 1],
    ['node-pg-migrate', { '1_a.sql': '-- Up Migration\ncreate table a ();\n-- Down Migration\n/* none */' }, 3],
    ['plain', { '1_a.sql': 'create table a ();\n---- create above / drop below ----\n' }, 2],
    ['plain', { '1-a.sql': 'create table a ();', '1-a.down.sql': '' }, 1],
  ])
    test(`${convention}: it is gone, with a note`, async () => {
      const db = await freshPGlite()
      assert.deepEqual(codes((await pglite.migrate(db, set, { convention })).findings), [])
      const path = Object.keys(set).findLast((path) => !path.startsWith('V'))
      for (const dryRun of [true, false]) {
        const { reverted, findings } = await pglite.rollback(db, set, { convention, dryRun })
        assert.deepEqual([reverted.length, codes(findings)], [1, [`note empty-migration ${path}:${line}`]])
      }
      assert.deepEqual(await tables(db), ['a'])
      assert.equal((await pglite.plan(db, set, { convention })).decisions[0].code, 'pending')
      await db.close()
    })

  test('on the command line, in a chain of others', async (t) => {
    const { run } = project(t, {
      'db/migrations/1_a.sql': migration('create table a ();', 'drop table a;'),
      'db/migrations/2_b.sql': migration('insert into a default values;', '-- nothing to undo'),
    })
    const url = ['--url', 'pglite:./data']
    assert.equal((await run(['up', ...url])).status, 0)
    const down = await run(['down', '--steps', '2', '--yes', ...url])
    assert.equal(down.status, 0, down.stderr)
    assert.match(
      down.stderr,
      /note\[empty-migration\]: the way back has no statement.*\n  --> db\/migrations\/2_b\.sql:4:1/,
    )
    assert.match(down.stdout, /2 taken back/)
  })
})

test('a migration without a statement is applied with a warning', async (t) => {
  const { run } = project(t, { 'db/migrations/1_a.sql': migration('') })
  const { status, stderr } = await run(['up', '--url', 'pglite:memory'])
  assert.equal(status, 0)
  assert.match(
    stderr,
    /warning\[empty-migration\]: the migration has no statement.*\n  --> db\/migrations\/1_a\.sql:1:1/,
  )
})

test('files without a direction beside others are read as sqlx reads them', async () => {
  const set = {
    'm/1_a.up.sql': 'create table a (x int);',
    'm/1_a.down.sql': 'drop table a;',
    'm/2_b.sql': 'alter table a add y int;',
  }
  const read = (convention) => readSet(set, { convention }).migrations.map(({ version, down }) => [version, down])
  assert.equal(readSet(set).convention, 'plain')
  assert.deepEqual(read('plain'), read('sqlx'))
  assert.deepEqual(read('plain'), [
    ['1', true],
    ['2', false],
  ])
})

describe('`-- counterfoil: no-transaction`', () => {
  test('each statement is a transaction of its own', async () => {
    for (const [path, marker, expected] of [
      ['1_a.up.sql', '-- counterfoil: no-transaction\n', 3],
      ['1_a.sql', '-- three\n\n-- counterfoil: no-transaction\n', 3],
      ['1_a.up.sql', '', 1],
    ]) {
      const db = await freshPGlite()
      const insert = 'insert into ids select pg_current_xact_id()::text;\n'
      await db.exec('create table ids (id text)')
      const existing = { ignore: ['tables'] }
      await pglite.migrate(db, { [path]: marker + insert + insert + insert }, { existing })
      const { rows } = await db.query('select count(distinct id)::int as n from ids')
      assert.equal(rows[0].n, expected)
      await db.close()
    }
  })

  test('anywhere else it is refused, and what the help says is what helps', async () => {
    const db = await freshPGlite()
    const marker = '-- counterfoil: no-transaction\n'
    const { at, help } = await fails(pglite.migrate(db, { '1_a.sql': `create table a ();\n${marker}vacuum;\n` }), {
      code: 'invalid-marker',
    })
    assert.deepEqual([at.line, help], [2, 'the marker is `-- counterfoil: no-transaction`, above the first statement'])
    await pglite.migrate(db, { '1_a.sql': `${marker}create table a ();\nvacuum;\n` })
    assert.deepEqual(await tables(db), ['a'])
    await db.close()
  })
})
