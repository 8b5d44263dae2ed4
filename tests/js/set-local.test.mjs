// SET LOCAL in a migration that runs step by step does what it does with the set's own tool. What that is, PostgreSQL says:
// it is sent the same statements in one message, or one by one; and dbmate itself.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { resolveBinary } from 'dbmate'
import { migrate, plan } from 'counterfoil/pg'
import { lint } from 'counterfoil/lint'
import { startPostgres } from './support/postgres.mjs'

const server = await startPostgres()
after(() => server.stop())

async function place(t) {
  const database = await server.createDatabase()
  const db = await server.connect(database)
  t.after(() => db.end())
  await db.query('create schema app')
  const schemas = async () =>
    (
      await db.query(
        `select tablename || ' in ' || schemaname as it from pg_tables where tablename ~ '^t[0-9]' order by 1`,
      )
    ).rows.map(({ it }) => it)
  return { database, db, schemas }
}

const statements = ['set local search_path = app', 'create table t1 (id int)', 'create table t2 (id int)']
const body = `${statements.join(';\n')};\n`

/** Where the tables are after the statements were sent in one message, and one by one. */
const sent = {
  async together({ db, schemas }) {
    await db.query(statements.join(';\n'))
    return schemas()
  },
  async 'one by one'({ db, schemas }) {
    for (const statement of statements) await db.query(statement)
    return schemas()
  },
}

/** How each tool's files ask for no transaction, and how it sends them then. */
const tools = {
  dbmate: [{ '001_a.sql': `-- migrate:up transaction:false\n${body}-- migrate:down\n` }, 'together'],
  sqlx: [{ '001_a.sql': `-- no-transaction\n${body}` }, 'together'],
  diesel: [
    {
      '2024-01-01-000000_a/up.sql': body,
      '2024-01-01-000000_a/down.sql': 'select 1;\n',
      '2024-01-01-000000_a/metadata.toml': 'run_in_transaction = false\n',
    },
    'together',
  ],
  goose: [{ '001_a.sql': `-- +goose NO TRANSACTION\n-- +goose Up\n${body}` }, 'one by one'],
  'sql-migrate': [{ '001_a.sql': `-- +migrate Up notransaction\n${body}` }, 'one by one'],
}

for (const [convention, [files, how]] of Object.entries(tools))
  test(`${convention} sends its statements ${how}`, async (t) => {
    const expected = await sent[how](await place(t))
    assert.deepEqual(expected, how === 'together' ? ['t1 in app', 't2 in app'] : ['t1 in public', 't2 in public'])
    const { db, schemas } = await place(t)
    const { findings } = await migrate(db, files, { convention })
    assert.deepEqual(await schemas(), expected)
    const [{ code, severity, message, at }] = findings.filter(({ code }) => code === 'set-local')
    assert.deepEqual(
      [code, severity, message],
      how === 'together'
        ? [
            'set-local',
            'note',
            'SET LOCAL holds for the steps after it: its own tool sends the migration as one message',
          ]
        : ['set-local', 'warning', 'SET LOCAL has no effect here: each statement is a transaction of its own'],
    )
    const text = Object.values(files)[0].split('\n')
    assert.equal(text[at.line - 1], `${statements[0]};`)
    assert.deepEqual((await db.query('show search_path')).rows, [{ search_path: '"$user", public' }])
  })

const dbmate = resolveBinary()
test(
  'dbmate itself does the same',
  { skip: !existsSync(dbmate) && 'its package is for Linux on x64 only' },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'counterfoil-set-local-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, '001_a.sql'), tools.dbmate[0]['001_a.sql'])
    const { database, schemas } = await place(t)
    const url = `${server.url(database)}?sslmode=disable`
    const { status, stderr } = spawnSync(dbmate, ['--no-dump-schema', '-d', folder, '-u', url, 'up'], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
    assert.deepEqual(await schemas(), ['t1 in app', 't2 in app'])
  },
)

test('it holds up to the next COMMIT', async (t) => {
  const text = `set local search_path = app; create table t1 (id int); commit; create table t2 (id int)`
  const own = await place(t)
  await own.db.query(text)
  const expected = await own.schemas()
  assert.deepEqual(expected, ['t1 in app', 't2 in public'])
  const { db, schemas } = await place(t)
  await migrate(db, { '001_a.sql': `-- migrate:up transaction:false\n${text};\n` })
  assert.deepEqual(await schemas(), expected)
})

test('a call of set_config does the same', async (t) => {
  const local = "select pg_catalog.set_config('search_path', 'app', true)"
  for (const [marker, convention, schema] of [
    ['-- migrate:up transaction:false', 'dbmate', 'app'],
    ['-- +goose NO TRANSACTION\n-- +goose Up', 'goose', 'public'],
  ]) {
    const { db, schemas } = await place(t)
    const files = { '001_a.sql': `${marker}\n${local};\ncreate table t1 (id int);\n` }
    const { findings } = await migrate(db, files, { convention })
    assert.deepEqual(await schemas(), [`t1 in ${schema}`])
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['set-local'],
    )
  }
})

test('a statement outside a transaction has it too, and the session its own settings again', async (t) => {
  const { db } = await place(t)
  await db.query(`create table app.t (id int); set app.tenant = 'caller'`)
  const files = {
    '001_a.sql': `-- migrate:up
set local search_path = app;
select set_config('app.tenant', 'file', true);
create index concurrently by_id on t (id);
create table found as select current_setting('app.tenant') as tenant;
`,
  }
  await migrate(db, files)
  assert.deepEqual((await db.query(`select schemaname from pg_indexes where indexname = 'by_id'`)).rows, [
    { schemaname: 'app' },
  ])
  assert.deepEqual((await db.query('select tenant from app.found')).rows, [{ tenant: 'file' }])
  assert.deepEqual((await db.query(`select current_setting('app.tenant') as tenant`)).rows, [{ tenant: 'caller' }])
  assert.deepEqual((await db.query('show search_path')).rows, [{ search_path: '"$user", public' }])
})

test('where it does what it says there is no finding', async () => {
  for (const text of [
    'set local lock_timeout = 1;\nselect 1;',
    'begin;\nset local lock_timeout = 1;\nselect 1;\ncommit;\nvacuum;',
    'set lock_timeout = 1;\nvacuum;',
  ]) {
    const files = { '001_a.sql': `-- +goose Up\n${text}\n` }
    const codes = [...(await plan_(files)), ...(await lint(files)).findings.map(({ code }) => code)]
    assert.ok(!codes.includes('set-local'), text)
  }
})

async function plan_(files) {
  const db = await server.connect()
  try {
    return (await plan(db, files)).findings.map(({ code }) => code)
  } finally {
    await db.end()
  }
}

test('plan and lint say it, on the way back too', async () => {
  const files = {
    '001_a.sql': `-- +goose NO TRANSACTION\n-- +goose Up\n${body}-- +goose Down\nselect 1;\nset local work_mem = 100;\n`,
  }
  assert.ok((await plan_(files)).includes('set-local'))
  const found = (await lint(files)).findings.filter(({ code }) => code === 'set-local')
  assert.deepEqual(
    found.map(({ at, help }) => [at.line, help]),
    [
      [3, 'write SET, or put it between BEGIN and COMMIT with what it is for'],
      [8, 'write SET, or put it between BEGIN and COMMIT with what it is for'],
    ],
  )
  // As the help says: SET holds to the end of the migration, and with what it is for between BEGIN and COMMIT it holds too.
  for (const mended of [body.replace('set local', 'set'), `begin;\n${body}commit;\n`]) {
    const db = await server.connect(await server.createDatabase())
    await db.query('create schema app')
    const { findings } = await migrate(db, { '001_a.sql': `-- +goose NO TRANSACTION\n-- +goose Up\n${mended}` })
    assert.ok(!findings.some(({ code }) => code === 'set-local'))
    assert.equal((await db.query(`select to_regclass('app.t2')::text as t`)).rows[0].t, 'app.t2')
    await db.end()
  }
})
