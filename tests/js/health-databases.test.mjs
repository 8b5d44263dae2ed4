// Readiness of real databases: how many queries probes make, what is said during a migration, and what becomes of the
// process when the database is gone, slow, or locked.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, afterEach, before, describe, test } from 'node:test'
import { neon, neonConfig } from '@neondatabase/serverless'
import { readinessHandler } from 'counterfoil/health'
import * as overNeon from 'counterfoil/neon'
import * as overPg from 'counterfoil/pg'
import * as overPglite from 'counterfoil/pglite'
import * as overPostgres from 'counterfoil/postgres'
import pg from 'pg'
import postgres from 'postgres'
import { notes } from './support/drivers.mjs'
import { fails } from './support/errors.mjs'
import { manifestOf } from './support/manifest.mjs'
import { startNeon } from './support/neon.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { freePort, startPostgres } from './support/postgres.mjs'
import { startProxy } from './support/proxy.mjs'

let server, proxy, admin
before(async () => {
  server = await startPostgres()
  proxy = await startProxy(server.port)
  admin = await server.connect()
})
after(async () => {
  await proxy.close()
  await admin.end()
  await server.stop()
})

afterEach(() => {
  if (proxy.mode !== 'forward') proxy.breakAll()
  proxy.mode = 'forward'
})

// Nothing that fails in the background may go unseen: it would end a service.
const unhandled = []
process.on('unhandledRejection', (error) => unhandled.push(error))

// On a busy machine an answer may take long; where that is the matter, the test says so.
const quiet = { log() {}, timeout: 60_000 }
const drivers = {
  'node-postgres': (url) => {
    const db = new pg.Pool({ connectionString: url })
    db.on('error', () => {})
    return { api: overPg, db, close: () => db.end() }
  },
  'postgres.js': (url) => {
    const db = postgres(url, { max: 2, onnotice() {} })
    return { api: overPostgres, db, close: () => db.end({ timeout: 0 }) }
  },
}

/** Asks until `is` is true of the answer. */
async function until(health, is) {
  for (let tries = 0; tries < 3_000; tries += 1) {
    const answer = await health.check()
    if (is(answer)) return answer
    await new Promise((done) => setTimeout(done, 10))
  }
  assert.fail('it did not come to that')
}

/** A database with both migrations of `notes`, or with as many as `count` says. */
async function migrated(count = 2) {
  const database = await server.createDatabase()
  const client = await server.connect(database)
  if (count > 0) await overPg.migrate(client, Object.fromEntries(Object.entries(notes).slice(0, count)))
  await client.end()
  return database
}

describe('1,000 probes in ten seconds make at most twenty queries', () => {
  const dbmate = `create table schema_migrations (version varchar(128) primary key); insert into schema_migrations values ('001'), ('002')`
  const states = {
    'a database that is ready': { set: notes, status: 'ready' },
    'one that is ready, with a manifest': { set: manifestOf(notes), status: 'ready' },
    'one that is behind': { set: { ...notes, '003_c.sql': '-- migrate:up\nselect 1;\n' }, status: 'behind' },
    'one that is ahead': { set: { '001_notes.sql': notes['001_notes.sql'] }, status: 'ahead' },
    'one without a ledger': { count: 0, set: notes, status: 'behind' },
    'one with a ledger of dbmate': { count: 0, before: dbmate, set: notes, status: 'ready', most: 30 },
  }
  for (const [name, { count, before, set, status, most = 20 }] of Object.entries(states))
    test(name, async (t) => {
      const database = await migrated(count)
      if (before) {
        const client = await server.connect(database)
        await client.query(before)
        await client.end()
      }
      const { api, db, close } = drivers['node-postgres'](proxy.url(database))
      await db.query('select 1')
      proxy.queries = 0
      // Only the clock is the test's; the database answers when it does.
      t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
      const health = readinessHandler((signal) => api.ready(db, set, { signal }), quiet)
      for (let tenth = 0; tenth < 100; tenth += 1) {
        const answers = await Promise.all(Array.from({ length: 10 }, () => health.check()))
        assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [status])
        t.mock.timers.tick(100)
      }
      t.mock.timers.reset()
      await close()
      t.diagnostic(`${proxy.queries} queries`)
      assert.ok(proxy.queries >= 10 && proxy.queries <= most, `${proxy.queries} queries`)
    })
})

describe('during a migration', () => {
  for (const [name, open] of Object.entries(drivers)) {
    test(`${name}: one that is one transaction`, async () => {
      const { api, db, close } = open(server.url(await migrated()))
      const set = {
        ...notes,
        '003_c.sql': '-- migrate:up\nselect pg_advisory_xact_lock(7);\n',
        '004_d.sql': '-- migrate:up\nselect 1;\n',
      }
      const { log, lines } = listening()
      const health = readinessHandler((signal) => api.ready(db, set, { signal }), { ...quiet, cache: 0, log })
      assert.equal((await health.check()).message, 'drift: db=002 expected=004 pending=003,+1')
      // Held by another session, so that the migration waits.
      const holder = await server.connect(await databaseOf(db))
      await holder.query('select pg_advisory_lock(7)')
      const running = api.migrate(db, set, { lockTimeout: 0 })
      const { message, httpStatus } = await until(health, ({ status }) => status === 'in-progress')
      assert.deepEqual([httpStatus, message], [503, 'drift: db=002 expected=004 pending=003,+1 in-progress'])
      await holder.query('select pg_advisory_unlock_all()')
      assert.equal((await running).applied.length, 2)
      assert.equal((await health.check()).status, 'ready')
      assert.deepEqual(
        [lines[0], lines.at(-1)],
        ['CRITICAL counterfoil: drift: db=002 expected=004 pending=003,+1', 'counterfoil: ready: db=004 expected=004'],
      )
      await holder.end()
      await close()
    })

    test(`${name}: one that runs step by step`, async () => {
      const { api, db, close } = open(server.url(await migrated()))
      const set = {
        ...notes,
        '003_index.sql':
          '-- migrate:up\ncreate index concurrently notes_title on notes (title);\ninsert into notes values (1);\n',
      }
      const health = readinessHandler((signal) => api.ready(db, set, { signal }), { ...quiet, cache: 0 })
      // An index is built concurrently when all earlier writers are through.
      const writer = await server.connect(await databaseOf(db))
      await writer.query('begin; insert into notes values (2)')
      const running = api.migrate(db, set)
      const { message } = await until(health, ({ status }) => status === 'in-progress')
      assert.equal(message, 'drift: db=002 expected=003 in-progress=003')
      await writer.query('commit')
      assert.equal((await running).applied.length, 1)
      assert.equal((await health.check()).status, 'ready')
      await writer.end()
      await close()
    })
  }

  test('somebody who only reads the ledger, or writes elsewhere, is no migration', async () => {
    const database = await migrated(1)
    const { db, close } = drivers['node-postgres'](server.url(database))
    const other = await server.connect(database)
    const health = readinessHandler(() => overPg.ready(db, notes), { ...quiet, cache: 0 })
    for (const sql of [
      'select * from schema_migrations for share',
      'lock table schema_migrations in share mode',
      'insert into notes values (1)',
    ]) {
      await other.query(`begin; ${sql}`)
      assert.equal((await health.check()).status, 'behind', sql)
      await other.query('rollback')
    }
    // The same table of another database is another table.
    const elsewhere = await server.connect(await migrated())
    await elsewhere.query(`begin; delete from schema_migrations`)
    assert.equal((await health.check()).status, 'behind')
    await elsewhere.end()
    await other.end()
    await close()
  })

  test('a ledger with an odd name is looked at by that name', async () => {
    const database = await server.createDatabase()
    const { db, close } = drivers['node-postgres'](server.url(database))
    const table = { schema: `o"p's`, name: `b'"t` }
    await overPg.migrate(db, { '001_notes.sql': notes['001_notes.sql'] }, { table })
    const health = readinessHandler(() => overPg.ready(db, notes, { table }), { ...quiet, cache: 0 })
    assert.equal((await health.check()).status, 'behind')
    const other = await server.connect(database)
    await other.query(`begin; update "o""p's"."b'""t" set name = 'x'`)
    assert.equal((await health.check()).status, 'in-progress')
    await other.end()
    await close()
  })

  test('PGlite has one session: nobody else is at work', async () => {
    const db = await freshPGlite()
    const health = readinessHandler((signal) => overPglite.ready(db, notes, { signal }), { ...quiet, cache: 0 })
    assert.equal((await health.check()).message, 'drift: db=none expected=002 pending=001,+1')
    await overPglite.migrate(db, { '001_notes.sql': notes['001_notes.sql'] })
    assert.equal((await health.check()).message, 'drift: db=001 expected=002 pending=002')
    await overPglite.migrate(db, notes)
    assert.equal((await health.check()).status, 'ready')
    await db.close()
    assert.equal((await health.check()).status, 'connection-lost')
  })
})

describe('a database that is not there', () => {
  for (const [name, open] of Object.entries(drivers)) {
    for (const [way, { breaks, mends, status }] of Object.entries({
      'refuses connections': { breaks: () => proxy.close(), mends: () => proxy.open(), status: 'connection-lost' },
      'breaks connections': {
        breaks: () => (proxy.mode = 'reset'),
        mends: () => (proxy.mode = 'forward'),
        status: 'connection-lost',
      },
      'does not answer': {
        breaks: () => (proxy.mode = 'hang'),
        // Those who wait there have waited in vain.
        mends: () => (proxy.breakAll(), (proxy.mode = 'forward')),
        status: 'timeout',
      },
    }))
      test(`${name}: a database that ${way} is 503, and ready when it is back`, async () => {
        const { api, db, close } = open(proxy.url(await migrated()))
        const { log, lines } = listening()
        const health = readinessHandler((signal) => api.ready(db, notes, { signal }), {
          cache: 0,
          timeout: way === 'does not answer' ? 500 : 60_000,
          log,
        })
        await until(health, (answer) => answer.status === 'ready')
        lines.length = 0
        await breaks()
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => health.fetch(new Request('http://x/health/ready'))),
        )
        for (const answer of answers) assert.deepEqual([answer.status, (await answer.json()).status], [503, status])
        assert.equal((await health.check()).httpStatus, 503)
        await mends()
        await until(health, (answer) => answer.status === 'ready')
        const critical = lines.filter((line) => line.startsWith('CRITICAL counterfoil: '))
        assert.ok(critical.length === 1 && critical[0].includes(`${status}: `), lines.join('\n'))
        assert.equal(lines.at(-1), 'counterfoil: ready: db=002 expected=002')
        await close()
        assert.deepEqual(unhandled, [])
      })
  }

  test("over Neon's HTTP", async () => {
    const endpoint = await startNeon(server)
    endpoint.configure(neonConfig)
    const sql = neon(endpoint.url(await migrated()))
    const health = readinessHandler((signal) => overNeon.ready(sql, notes, { signal }), { ...quiet, cache: 0 })
    assert.equal((await health.check()).status, 'ready')
    endpoint.fault = () => ({ drop: 'before' })
    assert.equal((await health.check()).status, 'connection-lost')
    endpoint.fault = () => ({ status: 500, text: 'password authentication failed' })
    const { status, message } = await health.check()
    assert.deepEqual([status, message], ['connection-lost', 'the database could not be asked'])
    endpoint.fault = undefined
    assert.equal((await health.check()).status, 'ready')
    await endpoint.stop()
    assert.equal((await health.check()).httpStatus, 503)
  })

  test('a pool is not used up by questions that hang', async () => {
    const db = new pg.Pool({ connectionString: proxy.url(await migrated()), max: 2, connectionTimeoutMillis: 1_000 })
    db.on('error', () => {})
    const health = readinessHandler((signal) => overPg.ready(db, notes, { signal }), {
      ...quiet,
      cache: 0,
      timeout: 100,
    })
    await Promise.all([db.query('select 1'), db.query('select 1')])
    proxy.mode = 'hang'
    // Each is given up after a second, and its connection with it.
    let removed = 0
    db.on('remove', () => (removed += 1))
    await until(health, ({ httpStatus }) => (assert.equal(httpStatus, 503), removed === 2))
    proxy.mode = 'forward'
    // New connections come through; those that hang are not in their way.
    await until(health, ({ status }) => status === 'ready')
    await db.end()
  })

  test('a service that is started before its database, which then comes', async () => {
    const port = await freePort()
    const pool = new pg.Pool({ connectionString: `postgres://postgres@127.0.0.1:${port}/postgres` })
    pool.on('error', () => {})
    const { log, lines } = listening()
    const health = readinessHandler((signal) => overPg.ready(pool, notes, { signal }), {
      cache: 0,
      timeout: 60_000,
      log,
    })
    await health.announce()
    assert.match(lines[0], /^CRITICAL counterfoil: connection-lost: the database could not be reached: .*ECONNREFUSED/)
    await pool.end()
  })
})

describe('a role', () => {
  let database, hba
  const asRole = (role) => drivers['node-postgres'](`postgres://${role}:secret@127.0.0.1:${server.port}/${database}`)
  before(async () => {
    database = await migrated(1)
    const owner = await server.connect(database)
    await owner.query(`create role reader login; create role nobody login; create role locked login password 'right';
      revoke all on schema_migrations from public; grant select on schema_migrations to reader; alter role reader set default_transaction_read_only = on`)
    await owner.end()
    hba = (await admin.query('show hba_file')).rows[0].hba_file
    writeFileSync(hba, `host all locked 127.0.0.1/32 scram-sha-256\n${readFileSync(hba, 'utf8')}`)
    await admin.query('select pg_reload_conf()')
  })

  test('that may only read the ledger is enough, also to see a migration', async () => {
    const { db, close } = asRole('reader')
    const health = readinessHandler((signal) => overPg.ready(db, notes, { signal }), { ...quiet, cache: 0 })
    assert.equal((await health.check()).message, 'drift: db=001 expected=002 pending=002')
    const owner = await server.connect(database)
    await owner.query(`begin; insert into schema_migrations (version) values ('002')`)
    assert.equal((await health.check()).status, 'in-progress')
    await owner.query('rollback')
    await overPg.migrate(owner, notes)
    assert.equal((await health.check()).status, 'ready')
    await owner.end()
    await close()
  })

  test('without any right is 503, and the log has the reason', async () => {
    const { db, close } = asRole('nobody')
    const { log, lines } = listening()
    const answer = await readinessHandler((signal) => overPg.ready(db, notes, { signal }), { ...quiet, log }).check()
    assert.deepEqual(
      [answer.status, answer.httpStatus, answer.message],
      ['database-failed', 503, 'the database could not be asked'],
    )
    assert.match(
      lines[0],
      /^CRITICAL counterfoil: database-failed: the ledger could not be read: permission denied for table schema_migrations \(42501\)/,
    )
    await close()
  })

  test('with a wrong password is 503, and the password is nowhere', async () => {
    const { db, close } = asRole('locked')
    const { log, lines } = listening()
    const health = readinessHandler((signal) => overPg.ready(db, notes, { signal }), {
      ...quiet,
      log,
      detail: true,
      cache: 0,
    })
    const { httpStatus, detail } = await until(health, ({ detail }) => /password/.test(detail))
    assert.equal(httpStatus, 503)
    assert.match(detail, /password authentication failed for user "locked"/)
    assert.doesNotMatch(lines.join('\n') + detail, /secret/)
    await close()
  })
})

describe('`ready` and `plan`, and a signal', () => {
  for (const [name, open] of Object.entries(drivers))
    test(`${name}: they stop at once, though the database does not answer`, async () => {
      const { api, db, close } = open(proxy.url(await migrated()))
      for (const [ask, set] of [
        [api.ready, notes],
        [api.ready, manifestOf(notes)],
        [api.plan, notes],
      ]) {
        await ask(db, set)
        proxy.mode = 'hang'
        const controller = new AbortController()
        const asked = ask(db, set, { signal: controller.signal })
        setImmediate(() => controller.abort(new Error('enough')))
        const error = await fails(asked, { code: 'aborted' })
        assert.equal(error.cause.message, 'enough')
        proxy.breakAll()
        proxy.mode = 'forward'
      }
      await close()
      assert.deepEqual(unhandled, [])
    })
})

function listening() {
  const lines = []
  return { lines, log: (line) => void lines.push(line) }
}

/** The name of the database that a driver is connected to. */
async function databaseOf(db) {
  const sql = 'select current_database() as name'
  const [{ name }] = db.query ? (await db.query(sql)).rows : await db.unsafe(sql)
  return name
}
