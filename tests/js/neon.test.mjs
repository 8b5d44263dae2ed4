// Neon's serverless driver over HTTP and over a WebSocket, as it is, against an endpoint that speaks Neon's protocol.
import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { Client, Pool, neon, neonConfig } from '@neondatabase/serverless'
import { readSet } from 'counterfoil'
import * as api from 'counterfoil/neon'
import * as overPg from 'counterfoil/pg'
import { driverSuite, notes } from './support/drivers.mjs'
import { fails } from './support/errors.mjs'
import { startNeon } from './support/neon.mjs'
import { startPostgres } from './support/postgres.mjs'

const server = await startPostgres()
const endpoint = await startNeon(server)
endpoint.configure(neonConfig)
after(async () => {
  await endpoint.stop()
  await server.stop()
})
beforeEach(() => endpoint.reset())

/** A new database: over HTTP as `sql`, and plainly. */
async function open(options) {
  const database = await server.createDatabase()
  const admin = await server.connect(database)
  const sql = neon(endpoint.url(database), options)
  return { db: sql, sql, database, query: async (text) => (await admin.query(text)).rows, close: () => admin.end() }
}

driverSuite('neon() over HTTP', api, open)

driverSuite('a Pool over a WebSocket', api, async () => {
  const db = new Pool({ connectionString: endpoint.url(await server.createDatabase()) })
  db.on('error', () => {})
  return { db, query: async (text) => (await db.query(text)).rows, close: () => db.end() }
})

driverSuite('a Client over a WebSocket', api, async () => {
  const db = new Client(endpoint.url(await server.createDatabase()))
  db.on('error', () => {})
  await db.connect()
  return { db, query: async (text) => (await db.query(text)).rows, close: () => db.end() }
})

/** What the statements of each request began with. */
const sent = () =>
  endpoint.log.map(
    ({ batch, statements }) =>
      `${batch ? 'batch: ' : ''}${statements.map((text) => text.split(/[ \n]/).slice(0, 2).join(' ')).join(', ')}`,
  )

describe('requests over HTTP', () => {
  test('a migration is one request: claim, statements, record', async () => {
    const { sql, close } = await open()
    const set = {
      ...notes,
      '003_two.sql': '-- migrate:up\ninsert into notes values (1);\nupdate notes set title = null;\n',
    }
    assert.equal((await api.migrate(sql, set)).roundTrips, 6)
    assert.deepEqual(sent().slice(-4), [
      'batch: create table, revoke insert,, select case',
      'batch: set local, with done, create table, with done',
      'batch: set local, with done, alter table, with done',
      'batch: set local, with done, insert into, update notes, with done',
    ])
    await close()
  })

  for (const count of [1, 100, 10_000])
    test(`with nothing to do it is one request, and a reply of under 200 bytes: ${count} migrations`, async () => {
      const { sql, close } = await open()
      const set = Object.fromEntries(
        Array.from({ length: count }, (_, n) => [
          `${String(n + 1).padStart(8, '0')}_x.sql`,
          `-- migrate:up\nselect ${n};\n`,
        ]),
      )
      // To apply ten thousand takes long: the ledger is written as a run leaves it.
      const { decisions } = await api.plan(sql, set)
      await api.migrate(sql, Object.fromEntries(Object.entries(set).slice(0, 1)))
      const { migrations } = readSet(set)
      assert.equal(decisions.length, count)
      for (let from = 1; from < count; from += 1000)
        await sql.query(
          `insert into schema_migrations (version, name, checksum) select * from json_to_recordset($1) as r (version text, name text, checksum text)`,
          [JSON.stringify(migrations.slice(from, from + 1000))],
        )
      endpoint.reset()
      assert.equal((await api.migrate(sql, set)).status, 'current')
      assert.equal((await api.ready(sql, set)).status, 'ready')
      assert.equal(endpoint.log.length, 2)
      for (const { received } of endpoint.log) assert.ok(received < 200, `${received} bytes`)
      await close()
    })

  test('what the caller told neon() makes no difference', async () => {
    const parsers = { getTypeParser: () => () => 'something else' }
    for (const options of [
      { arrayMode: true },
      { fullResults: true },
      {
        arrayMode: true,
        fullResults: true,
        isolationLevel: 'Serializable',
        readOnly: true,
        deferrable: true,
        types: parsers,
      },
      { isolationLevel: 'RepeatableRead', fetchOptions: { priority: 'high' } },
    ]) {
      const { sql, query, close } = await open(options)
      const results = await Promise.all([1, 2, 3].map(() => api.migrate(sql, notes)))
      assert.equal(results.flatMap(({ applied }) => applied).length, 2)
      assert.equal((await api.migrate(sql, notes)).status, 'current')
      assert.equal((await api.plan(sql, notes)).decisions.length, 2)
      assert.equal((await api.rollback(sql, notes)).reverted.length, 1)
      assert.deepEqual(await query('select version from schema_migrations'), [{ version: '001' }])
      await close()
    }
  })

  test('a request as large as may be is sent, and one byte more is refused before anything is', async () => {
    const { sql, query, close } = await open()
    // Characters that JSON writes with more bytes than they have.
    const file = (bytes) => ({
      '001_large.sql': `-- migrate:up\ncreate table large (t text);\ninsert into large values ('"\\\n\té😀${'x'.repeat(bytes)}');\n`,
    })
    const limit = 10 * 1024 * 1024
    const { message } = await fails(api.migrate(sql, file(limit)), {
      code: 'request-too-large',
      at: { path: '001_large.sql', line: 1, column: 1 },
    })
    assert.equal(
      endpoint.log.some(({ batch }) => batch),
      false,
      'nothing was written',
    )
    const size = Number(/it makes (\d+) bytes/.exec(message)[1])
    await fails(api.migrate(sql, file(limit - (size - limit) + 1)), { code: 'request-too-large' })
    assert.equal(
      endpoint.log.some(({ batch }) => batch),
      false,
    )
    await api.migrate(sql, file(limit - (size - limit)))
    const { sent } = endpoint.log.findLast(({ statements }) => statements.length > 2)
    assert.equal(sent, limit)
    assert.deepEqual(await query('select length(t) as n from large'), [{ n: 6 + limit - (size - limit) }])
    await close()
  })

  test('what a migration sets does not stay in a session that others get', async () => {
    const { sql, close } = await open()
    const state = () =>
      sql.query(
        `select current_setting('search_path') as path, current_setting('work_mem') as memory, current_user as who`,
      )
    const before = await state()
    const set = {
      '001_a.sql': `-- migrate:up\ncreate schema app;\nset search_path = app;\nset work_mem = '8MB';\ncreate table a ();\n`,
      '002_b.sql': '-- migrate:up\ncreate table b (n int);\n',
      '003_c.sql': `-- migrate:up\ncreate index concurrently b_n on b (n);\nset work_mem = '16MB';\ninsert into b values (1);\n`,
      '004_d.sql': `-- migrate:up\nselect set_config('search_path', '', false);\n-- migrate:down\nset search_path = app;\n`,
      '005_e.sql': `-- migrate:up\nset work_mem = '32MB';\ndiscard all;\ncreate table e ();\n-- migrate:down\nset search_path = app;\nreset all;\n`,
    }
    await api.migrate(sql, set)
    for (let again = 0; again < 5; again++) assert.deepEqual(await state(), before)
    await api.rollback(sql, set, { steps: 2 })
    for (let again = 0; again < 5; again++) assert.deepEqual(await state(), before)
    assert.deepEqual(
      await sql.query(
        `select schemaname || '.' || tablename as t from pg_tables where tablename in ('a', 'b', 'e') order by 1`,
      ),
      [{ t: 'app.a' }, { t: 'public.b' }, { t: 'public.e' }],
    )
    await close()
  })

  test('a statement that needs what was set in its session before is refused, and nothing is run', async () => {
    const { sql, close } = await open()
    const set = {
      ...notes,
      '003_c.sql': `-- migrate:up\nset maintenance_work_mem = '64MB';\ncreate index concurrently on notes (title);\n`,
    }
    await fails(api.migrate(sql, set), {
      code: 'unsupported',
      at: { path: '003_c.sql', line: 3, column: 1 },
      message: /this driver keeps no session/,
    })
    assert.equal((await api.ready(sql, notes)).database, undefined)
    await close()
  })

  for (const [what, set, options] of [
    ['what the file has set before it', "set application_name = 'batches';\n", {}],
    ['the schema of the run', '', { schema: 'tenant' }],
  ])
    test(`a step that turns out to refuse a transaction, and would lack ${what}, is told apart, and goes on in a session`, async (t) => {
      const { sql, database, query, close } = await open()
      t.after(close)
      const admin = await server.connect(database)
      t.after(() => admin.end())
      const schema = options.schema ?? 'public'
      await admin.query(`create schema tenant; create table ${schema}.done (by text);
        create procedure ${schema}.work() language plpgsql as $$ begin
          insert into ${schema}.done values (current_setting('application_name')); commit; end $$`)
      const files = {
        '001_a.sql': `-- migrate:up transaction:false\n${set}create table batches ();\ncall work();\ncreate table last ();\n`,
      }
      const line = set ? 4 : 3
      const kept = `steps kept: ${line - 2} of ${line}`
      const refusal = {
        code: 'unsupported',
        at: { path: '001_a.sql', line, column: 1 },
        statement: 'call work()',
        message: `001_a.sql:${line}:1: it refuses to run in a transaction (invalid transaction termination (2D000)), and outside one ${what} does not reach it: this driver keeps no session`,
        help: `use a driver that holds a connection, or write what runs in a transaction in its place; ${kept}`,
      }
      await fails(api.migrate(sql, files, options), refusal)
      // It is so again, whoever comes next, and where somebody says that no session lasts.
      await fails(api.migrate(sql, files, options), refusal)
      await fails(overPg.migrate(admin, files, { ...options, session: false }), {
        ...refusal,
        message: refusal.message.replace('this driver', 'this run'),
        help: `connect to the database itself, without session: false, or write what runs in a transaction in its place; ${kept}`,
      })
      assert.deepEqual(await query(`select * from ${schema}.done`), [])
      assert.equal((await overPg.migrate(admin, files, options)).status, 'migrated')
      assert.deepEqual(await query(`select count(*)::int as n from ${schema}.done`), [{ n: 1 }])
      if (set) assert.deepEqual(await query('select by from done'), [{ by: 'batches' }])
      assert.deepEqual(await query(`select to_regclass('${schema}.last') is not null as there`), [{ there: true }])
    })

  test('a database that is not there says so in its own words', async () => {
    await fails(api.ready(neon(endpoint.url('no_such_database')), notes), {
      code: 'connection-lost',
      message: /^the database could not be reached: .*database "no_such_database" does not exist \(3D000\)/,
    })
  })

  test('an endpoint that cannot be reached is a lost connection', async () => {
    neonConfig.fetchEndpoint = 'http://127.0.0.1:1/sql'
    await fails(api.ready(neon(endpoint.url('none')), notes), {
      code: 'connection-lost',
      message: /Error connecting to database/,
    })
    endpoint.configure(neonConfig)
  })
})

describe('which statement of a batch failed', () => {
  const head = '-- migrate:up\ncreate table kept (id int primary key);\n'
  const five = 'insert into kept values (1);\nselect 1;\nselect 2;\n'
  const cases = {
    'a syntax error': [
      `${five}  select é, 1 frm kept;\n`,
      { line: 6, column: 19 },
      /syntax error at or near "kept" \(42601\)/,
      'select é, 1 frm kept',
    ],
    'a table that is not there, in the fifth statement': [
      `${five}insert into\n  missing values (1);\n`,
      { line: 7, column: 3 },
      /relation "missing" does not exist \(42P01\)/,
      'insert into\n  missing values (1)',
    ],
    'a unique violation': [
      `${five}\n  insert into kept values (1);\nselect 3;\n`,
      { line: 7, column: 3 },
      /duplicate key value violates unique constraint "kept_pkey" \(23505\); Key \(id\)=\(1\) already exists/,
      'insert into kept values (1)',
    ],
    'a function that fails': [
      `create function broken() returns int language plpgsql as $$\nbegin\n  return 1 / 0;\nend $$;\nselect 1;\nselect broken();\n`,
      { line: 8, column: 1 },
      /division by zero \(22012\)/,
      'select broken()',
    ],
    'a division by zero': [
      `${five}select id,\n  1 / (id - 1) from kept;\n`,
      { line: 6, column: 1 },
      /division by zero \(22012\)/,
      'select id,\n  1 / (id - 1) from kept',
    ],
  }
  for (const [title, [text, place, message, statement]] of Object.entries(cases))
    test(title, async () => {
      const { sql, query, close } = await open()
      await api.migrate(sql, notes)
      endpoint.reset()
      await fails(api.migrate(sql, { ...notes, '003_bad.sql': head + text }), {
        code: 'statement-failed',
        at: { path: '003_bad.sql', ...place },
        message,
        statement,
        applied: [],
      })
      // The digest, the ledger, the batch, the batch once more to find the place; after a unique violation the ledger before that.
      assert.equal(endpoint.log.length, title === 'a unique violation' ? 5 : 4)
      assert.deepEqual(
        await query(
          `select version from schema_migrations where version = '003' union all select tablename from pg_tables where tablename = 'kept'`,
        ),
        [],
      )
      await close()
    })
})

describe('an index that is built concurrently over HTTP', () => {
  const set = {
    '001_items.sql': `-- migrate:up\ncreate table items (id int, title text);\ninsert into items select n, 'item ' || n from generate_series(1, 20000) n;\n`,
    '002_index.sql': `-- migrate:up\ninsert into items values (0, 'once');\ncreate index concurrently items_title on items (title, id);\ninsert into items values (0, 'after');\n`,
  }
  const state = `select indisvalid as valid from pg_index where indexrelid = to_regclass('items_title')`

  /** A run that is stopped by `stop(admin)` while the index waits for a transaction that keeps it from its end. */
  async function stopped(stop) {
    const place = await open()
    await api.migrate(place.sql, { '001_items.sql': set['001_items.sql'] })
    const holder = await server.connect(place.database)
    await holder.query('begin; lock table items in row exclusive mode')
    let waiting = true
    const run = api.migrate(place.sql, set, { waitTimeout: 60_000 }).finally(() => (waiting = false))
    // The index is there and not valid: the build has begun.
    while (waiting && (await place.query(state))[0]?.valid !== false) await new Promise((done) => setTimeout(done, 5))
    await stop(place, run)
    await holder.query('rollback')
    await holder.end()
    return { ...place, run }
  }
  async function whole({ query, close }) {
    assert.deepEqual(await query(state), [{ valid: true }])
    assert.deepEqual(await query(`select title from items where id = 0 order by title`), [
      { title: 'after' },
      { title: 'once' },
    ])
    assert.deepEqual(await query('select count(*)::int as n from items'), [{ n: 20_002 }])
    assert.deepEqual(await query(`select version, state from schema_migrations order by 1`), [
      { version: '001', state: 'applied' },
      { version: '002', state: 'applied' },
    ])
    await close()
  }
  const builder = `select pg_terminate_backend(pid) as done from pg_stat_activity where state = 'active' and query ~ '^/\\* counterfoil .* create index concurrently'`

  test('killed in the middle, with its session: the same run goes on, and the index is valid', async () => {
    const place = await stopped(async ({ query }) => assert.deepEqual(await query(builder), [{ done: true }]))
    assert.deepEqual(
      (await place.run).applied.map(({ version }) => version),
      ['002'],
    )
    await whole(place)
  })

  test('killed in the middle, with the runner: the next run takes over, and the index is valid', async () => {
    const place = await stopped(async ({ sql, query }, run) => {
      // What is left of a process that died: the request is given up, and nothing more comes from it.
      endpoint.fault = () => ({ drop: 'before' })
      assert.deepEqual(await query(builder), [{ done: true }])
      await fails(run, { code: 'connection-lost' })
      endpoint.fault = undefined
      // Its lease is over, as it is some time later.
      await query(`update schema_migrations set claimed_until = now() - interval '1 second' where state = 'running'`)
      assert.deepEqual(await query(state), [{ valid: false }])
      assert.equal((await api.ready(sql, set)).httpStatus, 503)
    })
    assert.deepEqual(
      (await api.migrate(place.sql, set)).applied.map(({ version }) => version),
      ['002'],
    )
    await whole(place)
  })
})

describe('a Pool over a WebSocket', () => {
  test('a connection that breaks during a migration is replaced, and the migration is applied once', async () => {
    const { database, query, close } = await open()
    const pool = new Pool({ connectionString: endpoint.url(database) })
    pool.on('error', () => {})
    let killed = false
    const set = { ...notes, '003_slow.sql': '-- migrate:up\ninsert into notes values (1);\nselect pg_sleep(1);\n' }
    const run = api.migrate(pool, set)
    while (!killed)
      killed =
        (
          await query(
            `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and wait_event = 'PgSleep'`,
          )
        ).length > 0
    assert.deepEqual(
      (await run).applied.map(({ version }) => version),
      ['001', '002', '003'],
    )
    assert.deepEqual(await query('select id from notes'), [{ id: 1 }])
    await pool.end()
    await close()
  })

  test('a client that is not connected is named', async () => {
    await fails(api.migrate(new Client(endpoint.url('postgres')), notes), {
      code: 'invalid-input',
      message: 'the client is not connected',
    })
  })
})
