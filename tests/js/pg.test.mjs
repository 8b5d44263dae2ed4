import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import * as api from 'counterfoil/pg'
import { driverSuite, notes } from './support/drivers.mjs'
import { fails } from './support/errors.mjs'
import { startPostgres } from './support/postgres.mjs'

const server = await startPostgres()
after(() => server.stop())

async function openPool(options = {}) {
  const pool = new pg.Pool({ connectionString: server.url(await server.createDatabase()), ...options })
  pool.on('error', () => {})
  return pool
}

driverSuite('a node-postgres Client', api, async () => {
  const db = await server.connect(await server.createDatabase())
  return { db, query: async (sql) => (await db.query(sql)).rows, close: () => db.end() }
})

driverSuite('a node-postgres Pool', api, async () => {
  const db = await openPool()
  return { db, query: async (sql) => (await db.query(sql)).rows, close: () => db.end() }
})

test('a pool gets its one client back, and no listener is left on it', async () => {
  const pool = await openPool({ max: 1 })
  await api.migrate(pool, notes)
  assert.deepEqual([pool.totalCount, pool.idleCount], [1, 1])
  const client = await pool.connect()
  const before = client.listenerCount('error')
  client.release()
  await api.ready(pool, notes)
  const again = await pool.connect()
  assert.equal(again, client)
  assert.equal(again.listenerCount('error'), before)
  assert.equal(again.connection.listenerCount('commandComplete'), 1)
  again.release()
  await pool.end()
})

test('readiness is answered while a migration runs, and without waiting for it', async () => {
  const pool = await openPool()
  const set = { ...notes, '003_slow.sql': '-- migrate:up\nselect pg_sleep(2);\n' }
  let running = true
  const run = api.migrate(pool, set).finally(() => (running = false))
  let answer
  while (answer?.database !== '002') answer = await api.ready(pool, set)
  assert.deepEqual([running, answer.httpStatus], [true, 503])
  await run
  assert.equal((await api.ready(pool, set)).httpStatus, 200)
  await pool.end()
})

test('a client whose run failed does not go back into the pool', async () => {
  const pool = await openPool({ max: 1 })
  await fails(api.migrate(pool, { '001_x.sql': '-- migrate:up\nselect 1 / 0;\n' }), { code: 'statement-failed' })
  assert.equal(pool.totalCount, 0)
  assert.equal((await pool.query('select 1 as one')).rows[0].one, 1)
  await pool.end()
})

test("the caller's own type parsers are not in the way", async () => {
  const types = { getTypeParser: () => () => 'something else' }
  const pool = await openPool({ types })
  await api.migrate(pool, notes)
  assert.equal((await api.migrate(pool, notes)).status, 'current')
  assert.equal((await api.plan(pool, notes)).decisions.length, 2)
  await pool.end()
})

test('a connection that breaks during a migration is replaced, and the migration is applied once', async () => {
  const pool = await openPool()
  const admin = await server.connect(pool.options.connectionString.split('/').at(-1))
  const set = { ...notes, '003_slow.sql': '-- migrate:up\ninsert into notes values (1);\nselect pg_sleep(1);\n' }
  const kill = `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and wait_event = 'PgSleep'`
  let killed = 0
  const timer = setInterval(async () => {
    if (killed === 0) killed = (await admin.query(kill)).rowCount
  }, 20)
  const { applied } = await api.migrate(pool, set)
  clearInterval(timer)
  assert.equal(killed, 1)
  assert.deepEqual(
    applied.map(({ version }) => version),
    ['001', '002', '003'],
  )
  assert.deepEqual((await admin.query('select id from notes')).rows, [{ id: 1 }])
  await admin.end()
  await pool.end()
})

test('a connection that breaks between two requests does not end the process', async () => {
  const pool = await openPool()
  const admin = await server.connect(pool.options.connectionString.split('/').at(-1))
  let once = true
  const { applied } = await api.migrate(pool, notes, {
    async onProgress({ kind, version }) {
      if (kind !== 'applied' || version !== '001' || !once) return
      once = false
      await admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
      )
    },
  })
  assert.deepEqual(
    applied.map(({ version }) => version),
    ['001', '002'],
  )
  await admin.end()
  await pool.end()
})

test('a single client that is lost is a lost connection, with what was applied', async () => {
  const client = await server.connect(await server.createDatabase())
  const set = { ...notes, '003_end.sql': '-- migrate:up\nselect pg_terminate_backend(pg_backend_pid());\n' }
  await fails(api.migrate(client, set), { code: 'connection-lost', applied: ['001', '002'] })
})

test('a client that is not connected is named', async () => {
  await fails(api.migrate(new pg.Client(server.url('postgres')), notes), {
    code: 'invalid-input',
    message: 'the client is not connected',
  })
})

test('a database that cannot be reached is a lost connection', async () => {
  const pool = new pg.Pool({ connectionString: 'postgres://postgres@127.0.0.1:1/none' })
  await fails(api.ready(pool, notes), {
    code: 'connection-lost',
    message: /^the database could not be reached: .*ECONNREFUSED/,
  })
  await pool.end()
})

test('a database that refuses the login says so in its own words', async () => {
  const pool = new pg.Pool({ connectionString: server.url('no_such_database') })
  await fails(api.ready(pool, notes), {
    code: 'connection-lost',
    message: 'the database could not be reached: database "no_such_database" does not exist (3D000)',
  })
  await pool.end()
})

test('two pools at once apply each migration once', async () => {
  const a = await openPool()
  const other = new pg.Pool({ connectionString: a.options.connectionString })
  const set = { ...notes, '003_one.sql': '-- migrate:up\ninsert into notes values (1);\nselect pg_sleep(0.2);\n' }
  const results = await Promise.all([api.migrate(a, set), api.migrate(other, set)])
  assert.equal(results.flatMap(({ applied }) => applied).length, 3)
  assert.deepEqual((await a.query('select id from notes')).rows, [{ id: 1 }])
  await a.end()
  await other.end()
})
