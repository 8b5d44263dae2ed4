// Bun's own SQL, in Bun: `bun test` runs this for tests/js/bun.test.mjs.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { SQL } from 'bun'
import * as api from 'counterfoil/bun'
import * as overPostgres from 'counterfoil/postgres'
import { driverSuite, notes } from './drivers.mjs'
import { fails } from './errors.mjs'
import { poolSuite } from './pools.mjs'
import { startPostgres } from './postgres.mjs'

const server = await startPostgres()
after(() => server.stop())

async function open(options = {}) {
  const database = await server.createDatabase()
  const db = new SQL(server.url(database), options)
  return { db, database, query: async (text) => [...(await db.unsafe(text))], close: () => db.close({ timeout: 0 }) }
}

driverSuite("Bun's SQL", api, open)

driverSuite("Bun's SQL with one connection", api, () => open({ max: 1 }))

driverSuite("a connection that Bun's SQL has reserved", api, async () => {
  const { db: pool, close } = await open()
  const db = await pool.reserve()
  return {
    db,
    query: async (text) => [...(await pool.unsafe(text))],
    async close() {
      await db.release()
      await close()
    },
  }
})

const steps = {
  ...notes,
  '003_steps.sql':
    '-- migrate:up\nset work_mem = 100;\ncreate index concurrently notes_title on notes (title);\ninsert into notes values (1);\n',
}

for (const [title, options] of Object.entries({
  'numbers as bigint': { bigint: true },
  'no prepared statements': { prepare: false },
  'a short life for connections': { idleTimeout: 1, maxLifetime: 1 },
}))
  test(`whatever the caller chose: ${title}`, async () => {
    const { db, query, close } = await open(options)
    const results = await Promise.all([api.migrate(db, steps), api.migrate(db, steps)])
    assert.equal(results.flatMap(({ applied }) => applied).length, 3)
    assert.equal((await api.migrate(db, steps)).status, 'current')
    assert.deepEqual(
      (await api.plan(db, steps)).decisions.map(({ action, version }) => `${action} ${version}`),
      ['skip 001', 'skip 002', 'skip 003'],
    )
    assert.deepEqual(await query('select id::text as id from notes'), [{ id: '1' }])
    // All connections are free again.
    await Promise.all(Array.from({ length: 25 }, () => db`select pg_sleep(0.01)`))
    await close()
  })

test('a migration is one transaction with its row', async () => {
  const { db, query, close } = await open()
  const set = { ...notes, '003_half.sql': '-- migrate:up\ncreate table half ();\nselect 1 / 0;\n' }
  const error = await fails(api.migrate(db, set), { code: 'statement-failed', message: /\(22012\)/ })
  assert.equal(error.cause.errno, '22012')
  assert.deepEqual(
    await query("select to_regclass('half')::text as there, count(*)::text as rows from schema_migrations"),
    [{ there: null, rows: '2' }],
  )
  const xids = { '001_x.sql': '-- migrate:up\ncreate table x as select pg_current_xact_id()::text as id;\n' }
  await api.migrate(db, xids, { table: 'other' })
  assert.deepEqual(await query('select x.id = o.xmin::text as same from x, other o'), [{ same: true }])
  await close()
})

test('steps have one session, which is not that of anybody else', async () => {
  const { db, query, close } = await open({ max: 4 })
  const set = {
    '001_pids.sql':
      '-- migrate:up\ncreate table pids (pid int);\ninsert into pids values (pg_backend_pid());\ncreate index concurrently pids_pid on pids (pid);\ninsert into pids values (pg_backend_pid());\n',
  }
  const others = Array.from({ length: 20 }, () => db`select pg_sleep(0.02)`)
  await api.migrate(db, set)
  await Promise.all(others)
  assert.deepEqual(await query('select count(distinct pid)::int as n, count(*)::int as rows from pids'), [
    { n: 1, rows: 2 },
  ])
  await close()
})

test('the sql of a transaction is named', async () => {
  const { db, query, close } = await open()
  await db.begin(async (sql) => {
    await fails(api.migrate(sql, notes), { code: 'open-transaction', message: 'this sql is that of a transaction' })
    await fails(api.ready(sql, notes), { code: 'open-transaction' })
    await sql`create table kept ()`
  })
  assert.deepEqual(await query("select to_regclass('kept')::text as kept"), [{ kept: 'kept' }])
  const reserved = await db.reserve()
  await reserved.unsafe('begin').simple()
  await fails(api.migrate(reserved, notes), { code: 'open-transaction' })
  await reserved.unsafe('rollback').simple()
  await reserved.release()
  await close()
})

/** All connections are free again. The first query on one that was ended while idle gets to hear of it; that is Bun's. */
async function everyConnection(db, max) {
  const each = () => Array.from({ length: 2 * max }, () => db`select pg_sleep(0.01)`)
  await Promise.allSettled(each())
  await Promise.all(each())
}

poolSuite(api, () => server, open, everyConnection)

test('a reserved connection that has ended is a lost connection', async () => {
  const { db: pool, close } = await open()
  const db = await pool.reserve()
  await api.migrate(db, notes)
  const set = { ...notes, '003_end.sql': '-- migrate:up\nselect pg_terminate_backend(pg_backend_pid());\n' }
  await fails(api.migrate(db, set), { code: 'connection-lost', applied: [] })
  await close()
})

test('a database that cannot be reached is a lost connection', async () => {
  const db = new SQL('postgres://postgres@127.0.0.1:1/none')
  for (const run of [api.ready, api.migrate])
    await fails(run(db, notes), { code: 'connection-lost', message: /^the database could not be reached: / })
  await db.close()
})

test('a database that refuses the login says so in its own words', async () => {
  const db = new SQL(server.url('no_such_database'))
  await fails(api.ready(db, notes), {
    code: 'connection-lost',
    message: /^the database could not be reached: .*database "no_such_database" does not exist/,
  })
  await db.close()
})

test('COPY … TO STDOUT, of which Bun does not tell how its script ends: the ledger does', async () => {
  const { db, query, close } = await open({ max: 1 })
  const copies = (end) => ({
    ...notes,
    '003_copy.sql': `-- migrate:up\ncopy (select n from generate_series(1, 50000) n) to stdout;\ninsert into notes values (1);\n${end}`,
  })
  await fails(api.migrate(db, copies('select 1 / 0;\n')), { code: 'connection-lost', applied: ['001', '002'] })
  assert.deepEqual(await query('select id from notes'), [])
  assert.deepEqual(
    (await api.migrate(db, copies(''))).applied.map(({ version }) => version),
    ['003'],
  )
  assert.deepEqual(await query('select id from notes'), [{ id: 1 }])
  await close()
})

test('what is something else is named, and so is the entry that takes it', async () => {
  const { db, close } = await open()
  await fails(overPostgres.migrate(db, notes), {
    code: 'invalid-input',
    message: /^the database is a SQL of Bun's, and counterfoil\/postgres takes /,
    help: 'import from counterfoil/bun, which takes it',
  })
  const sqlite = new SQL(':memory:', { adapter: 'sqlite' })
  await fails(api.migrate(sqlite, notes), {
    code: 'invalid-input',
    message: /^the database is a SQL of Bun's for another kind of database, and counterfoil\/bun takes /,
  })
  await fails(api.migrate(SQL, notes), { code: 'invalid-input', help: /new SQL\(address\)/ })
  await close()
})

test('the schema is read as facts, in and outside of a connection of its own', async () => {
  const { db, query, close } = await open()
  await api.migrate(db, notes)
  const taken = await api.snapshot(db)
  assert.deepEqual(
    taken.facts.filter(([kind]) => kind === 'table').map(([, name]) => name),
    ['public.notes'],
  )
  assert.equal((await api.verify(db, taken)).status, 'same')
  await query('alter table notes add by_hand text')
  const reserved = await db.reserve()
  const { status, differences } = await api.verify(reserved, taken)
  assert.deepEqual(
    [status, differences.map(({ message }) => message)],
    ['differs', ['column public.notes.by_hand is not expected']],
  )
  await reserved.release()
  await close()
})
