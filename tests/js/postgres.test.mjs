// postgres.js, whatever its options are.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import postgres from 'postgres'
import * as api from 'counterfoil/postgres'
import { driverSuite, notes } from './support/drivers.mjs'
import { fails } from './support/errors.mjs'
import { poolSuite } from './support/pools.mjs'
import { startPostgres } from './support/postgres.mjs'

const server = await startPostgres()
after(() => server.stop())

const quiet = { onnotice() {} }

async function open(options = {}) {
  const database = await server.createDatabase()
  const db = postgres(server.url(database), { ...quiet, ...options })
  return { db, database, query: async (text) => [...(await db.unsafe(text))], close: () => db.end({ timeout: 1 }) }
}

driverSuite('postgres.js', api, open)

driverSuite('postgres.js with one connection', api, () => open({ max: 1 }))

driverSuite('a connection that postgres.js has reserved', api, async () => {
  const { db: pool, close } = await open()
  const db = await pool.reserve()
  return {
    db,
    query: async (text) => [...(await pool.unsafe(text))],
    async close() {
      db.release()
      await close()
    },
  }
})

/** Options of `postgres()` that change what comes back, or how it is asked for. */
const choices = {
  'a transform for names': { transform: postgres.camel },
  'names in another case': { transform: { column: { from: (name) => name.toUpperCase() } } },
  'a transform for values': { transform: { value: { from: (value) => `<${value}>` }, undefined: null } },
  'a transform for rows that keeps their values': { transform: { row: { from: (row) => ({ ...row }) } } },
  'parsers for text': {
    types: { text: { to: 25, from: [25, 1043], serialize: (value) => value, parse: () => 'something else' } },
  },
  'no types, no prepared statements': { fetch_types: false, prepare: false },
  'no types, one connection': { fetch_types: false, max: 1 },
  debugging: { debug() {} },
  'a short life for connections': { idle_timeout: 1, max_lifetime: 1 },
}
for (const [title, options] of Object.entries(choices))
  test(`whatever the caller chose: ${title}`, async () => {
    const { db, database, close } = await open(options)
    const set = {
      ...notes,
      '003_steps.sql':
        '-- migrate:up\nset work_mem = 100;\ncreate index concurrently notes_title on notes (title);\ninsert into notes values (1);\n',
    }
    assert.equal((await api.ready(db, set)).status, 'behind')
    const results = await Promise.all([api.migrate(db, set), api.migrate(db, set)])
    assert.equal(results.flatMap(({ applied }) => applied).length, 3)
    assert.equal((await api.migrate(db, set)).status, 'current')
    assert.deepEqual(
      (await api.plan(db, set)).decisions.map(({ action, version }) => `${action} ${version}`),
      ['skip 001', 'skip 002', 'skip 003'],
    )
    await fails(api.migrate(db, { ...set, '004_bad.sql': '-- migrate:up\nselect 1 / 0;\n' }), {
      code: 'statement-failed',
      message: /division by zero/,
    })
    const admin = await server.connect(database)
    assert.deepEqual((await admin.query('select id from notes')).rows, [{ id: 1 }])
    await admin.end()
    // All connections are free again.
    await Promise.all(Array.from({ length: 12 }, () => db`select 1`))
    await close()
  })

test('a transform for rows that loses the values of the ledger is named', async () => {
  const { db, close } = await open({ transform: { row: { from: () => ({ nothing: true }) } } })
  await fails(api.migrate(db, notes), {
    code: 'invalid-input',
    message: 'the option transform.row of postgres() changes the values of the ledger',
  })
  await close()
})

test('the sql of a transaction is named', async () => {
  const { db, close } = await open()
  await db.begin(async (sql) => {
    await fails(api.migrate(sql, notes), { code: 'open-transaction', message: 'this sql is that of a transaction' })
    await fails(api.ready(sql, notes), { code: 'open-transaction' })
  })
  await close()
})

/** All connections are free again. The first query on one that was lost gets its old error once more; that is postgres.js'. */
async function everyConnection(db, max) {
  for (const _ of [1, 2]) {
    // What is sent to a connection between its error and its end is never answered, by postgres.js itself.
    await new Promise((done) => setTimeout(done, 100))
    await Promise.allSettled(Array.from({ length: 2 * max }, () => db`select pg_sleep(0.05)`))
  }
  await new Promise((done) => setTimeout(done, 100))
  await Promise.all(Array.from({ length: 2 * max }, () => db`select pg_sleep(0.01)`))
}

poolSuite(api, () => server, open, everyConnection)

test('a reserved connection that has ended is a lost connection, and does not end the process', async () => {
  const { db: pool, database, close } = await open()
  const db = await pool.reserve()
  const admin = await server.connect(database)
  await api.migrate(db, notes)
  const set = { ...notes, '003_end.sql': '-- migrate:up\nselect pg_terminate_backend(pg_backend_pid());\n' }
  await fails(api.migrate(db, set), { code: 'connection-lost', applied: [] })
  await admin.end()
  await close()
})

test('a database that cannot be reached is a lost connection', async () => {
  const db = postgres('postgres://postgres@127.0.0.1:1/none', { backoff: 0 })
  await fails(api.ready(db, notes), {
    code: 'connection-lost',
    message: /^the database could not be reached: .*ECONNREFUSED/,
  })
  await fails(api.migrate(db, notes), {
    code: 'connection-lost',
    message: /^the database could not be reached: .*ECONNREFUSED/,
  })
  await db.end()
})

test('a database that refuses the login says so in its own words', async () => {
  const db = postgres(server.url('no_such_database'))
  await fails(api.ready(db, notes), {
    code: 'connection-lost',
    message: 'the database could not be reached: database "no_such_database" does not exist (3D000)',
  })
  await db.end()
})

test('COPY … TO STDOUT, of which postgres.js does not tell how its script ends: the ledger does', async () => {
  const { db, close } = await open({ max: 1 })
  const copies = (end) => ({
    ...notes,
    '003_copy.sql': `-- migrate:up\ncopy (select n from generate_series(1, 50000) n) to stdout;\ninsert into notes values (1);\n${end}`,
  })
  await fails(api.migrate(db, copies('select 1 / 0;\n')), { code: 'connection-lost', applied: ['001', '002'] })
  assert.deepEqual([...(await db`select id from notes`)], [])
  assert.deepEqual(
    (await api.migrate(db, copies(''))).applied.map(({ version }) => version),
    ['003'],
  )
  assert.deepEqual([...(await db`select id from notes`)], [{ id: 1 }])
  await close()
})
