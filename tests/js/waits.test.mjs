// How long a run waits, for what, and that nothing of what it has given up is done later.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as overPg from 'counterfoil/pg'
import { migrate as migratePGlite } from 'counterfoil/pglite'
import * as overPostgres from 'counterfoil/postgres'
import pg from 'pg'
import postgres from 'postgres'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { manifestOf } from './support/manifest.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'

const up = (sql) => `-- migrate:up\n${sql};\n-- migrate:down\nselect 1;\n`
const first = { '001_a.sql': up('create table a (n int)') }
const set = { ...first, '002_b.sql': up('create table b ()') }
const soon = { lockTimeout: 200, waitTimeout: 700 }

onEachDatabase(
  ({ kind, api: { migrate, plan, ready, rollback }, open }) => {
    if (kind === 'PGlite') return

    test('a claim that a statement_timeout stops is a wait', async (t) => {
      const { db, query, session } = await open(t)
      // Over HTTP the session of the test is another one than the run's.
      const other = session ? await session() : { query: (sql) => query(sql) }
      await migrate(db, first)
      await other.query(
        `alter database ${(await query('select current_database() as d'))[0].d} set statement_timeout = 250`,
      )
      // Somebody else is at work on the same migration; it fails later on.
      await other.query(`begin; insert into schema_migrations (version) values ('002')`)
      if (kind !== 'HTTP') await query('set statement_timeout = 250')
      const run = migrate(db, set)
      await sleep(900)
      await other.query('rollback')
      assert.deepEqual(
        (await run).applied.map(({ version }) => version),
        ['002'],
      )
    })

    test('a statement_timeout that stops a migration is named, with ways round it that are ways', async (t) => {
      const { db, query, session } = await open(t)
      // Over HTTP the session of the test is another one than the run's.
      const other = session ? await session() : { query: (sql) => query(sql) }
      const [{ d }] = await query('select current_database() as d')
      // Over HTTP a session may be used again: it is so before there is one.
      if (kind === 'HTTP') await other.query(`alter database ${d} set statement_timeout = '200ms'`)
      await migrate(db, first)
      if (kind === 'PostgreSQL') {
        await other.query(`alter database ${d} set statement_timeout = '200ms'`)
        const late = await session()
        const slow = { ...first, '002_b.sql': up('select 1; select pg_sleep(0.5)') }
        const error = await fails(migrate(late, slow), {
          code: 'statement-failed',
          message: new RegExp(
            `^002_b\\.sql:2:11: canceling statement due to statement timeout \\(57014\\); the statement_timeout of this session is 200ms, set for the database "${d}"$`,
          ),
          statement: 'select pg_sleep(0.5)',
        })
        const [, begins, reset] =
          /begin the migration with (.*?), or run as a role without it \((.*?)\); fix 002_b\.sql/.exec(error.help)
        const lifted = { ...first, '002_b.sql': up(`${begins}; select pg_sleep(0.5)`) }
        assert.equal((await migrate(late, lifted)).applied.length, 1)
        await other.query(reset)
        const fresh = await session()
        assert.equal((await migrate(fresh, { ...lifted, '003_c.sql': up('select pg_sleep(0.5)') })).applied.length, 1)
        return
      }
      if (kind === 'postgres.js') await query(`set statement_timeout = '200ms'`)
      await fails(migrate(db, { ...first, '002_b.sql': up('select pg_sleep(0.5)') }), {
        code: 'statement-failed',
        message:
          /\(57014\); the statement_timeout of this session is 200ms, set (in the session|for the database ".*")$/,
        help: /begin the migration with set statement_timeout = 0, or /,
      })
    })

    test('no lock on the ledger is waited for past waitTimeout, whoever reads it', async (t) => {
      const { db, query, session } = await open(t)
      await migrate(db, first)
      const other = session ? await session() : { query: (sql) => query(sql) }
      await other.query('begin; lock table schema_migrations')
      const began = performance.now()
      for (const [work, files] of [
        [migrate, first],
        [migrate, manifestOf(first)],
        [plan, first],
        [ready, first],
        [ready, manifestOf(first)],
        [rollback, first],
      ]) {
        // A connection of one's own, which is in use for as long as the question is.
        const on = kind === 'PostgreSQL' ? await session() : db
        const options = work === migrate || work === rollback ? soon : { waitTimeout: 700 }
        const error = await fails(work(on, files, options), {
          code: 'wait-timeout',
          message: 'waited 700 ms for the database to take a connection and to show the ledger',
          applied: [],
        })
        assert.equal(error.options?.[0].option, options === soon ? 'waitTimeout' : undefined)
        if (kind === 'postgres.js') break
      }
      assert.ok(performance.now() - began < 30_000)
      await other.query('rollback')
      assert.equal((await migrate(db, first)).status, 'current')
    })
  },
  ['postgres.js', 'HTTP'],
)

describe('a connection that something else has', () => {
  let server
  before(async () => (server = await startPostgres()))
  after(() => server.stop())

  const tables = async (database) => {
    const client = await server.connect(database)
    const { rows } = await client.query(`select relname from pg_class where relname in ('a', 'b', 'schema_migrations')`)
    await client.end()
    return rows.map(({ relname }) => relname)
  }

  test('a pool whose connections are all lent: the run ends, and nothing is done when they come back', async () => {
    const database = await server.createDatabase()
    const pool = new pg.Pool({ connectionString: server.url(database), max: 1 })
    const client = await pool.connect()
    await fails(overPg.migrate(pool, set, soon), { code: 'wait-timeout', applied: [] })
    const controller = new AbortController()
    const run = overPg.migrate(pool, set, { signal: controller.signal })
    setTimeout(() => controller.abort(), 50)
    await fails(run, { code: 'aborted', applied: [] })
    client.release()
    await sleep(300)
    assert.deepEqual(await tables(database), [])
    assert.equal((await overPg.migrate(pool, set)).applied.length, 2)
    await pool.end()
  })

  test('postgres.js with its only connection reserved, before the run and in the middle of it', async () => {
    const database = await server.createDatabase()
    const sql = postgres(server.url(database), { max: 1, onnotice() {} })
    const held = await sql.reserve()
    await fails(overPostgres.migrate(sql, set, soon), { code: 'wait-timeout', applied: [] })
    held.release()
    await sleep(300)
    assert.deepEqual(await tables(database), [])
    assert.equal((await overPostgres.migrate(sql, set)).applied.length, 2)
    await sql.end({ timeout: 1 })
  })

  test('inside the transaction of a PGlite: the run ends, and nothing is done after the transaction', async () => {
    const db = await freshPGlite()
    await db.transaction(async () => {
      await fails(migratePGlite(db, set, soon), {
        code: 'wait-timeout',
        message: 'waited 700 ms for the database to take a connection and to show the ledger',
        help: /a transaction around this call/,
        applied: [],
      })
    })
    await sleep(100)
    assert.deepEqual(
      (await db.query(`select relname from pg_class where relname in ('a', 'schema_migrations')`)).rows,
      [],
    )
    assert.equal((await migratePGlite(db, set)).applied.length, 2)
    await db.close()
  })

  for (const [kind, made] of [
    ['with its protocol', (db) => db],
    [
      'with no more than exec',
      (db) =>
        Object.fromEntries(['query', 'exec', 'transaction'].map((name) => [name, (...args) => db[name](...args)])),
    ],
  ])
    test(`a transaction of a PGlite that begins before a migration is sent, ${kind}`, async () => {
      const inner = await freshPGlite()
      const db = made(inner)
      let end
      let transaction
      const onProgress = ({ kind, version }) => {
        if (kind === 'step' && version === '002' && !transaction)
          transaction = inner.transaction(() => new Promise((done) => (end = done)))
      }
      const error = await fails(migratePGlite(db, set, { ...soon, onProgress }), {
        code: 'wait-timeout',
        message: 'waited 700 ms for the connection',
        applied: ['001'],
      })
      assert.match(error.help, /what was waited for is not done later$/)
      end()
      await transaction
      await sleep(100)
      assert.deepEqual((await inner.query('select version from schema_migrations')).rows, [{ version: '001' }])
      assert.deepEqual((await inner.query(`select relname from pg_class where relname = 'b'`)).rows, [])
      assert.equal((await migratePGlite(db, set)).applied.length, 1)
      await inner.close()
    })
})

describe('a connection that is refused', () => {
  let server
  before(async () => (server = await startPostgres()))
  after(() => server.stop())

  const refused = async (url, says) => {
    const pool = new pg.Pool({ connectionString: url })
    const sql = postgres(url, { max: 1, onnotice() {} })
    for (const [db, { importLedger, migrate, plan, ready, stamp }] of [
      [pool, overPg],
      [sql, overPostgres],
    ])
      for (const work of [migrate, plan, ready, importLedger, (on, files) => stamp(on, files, ['001'])])
        await fails(work(db, first), {
          code: 'connection-lost',
          message: says,
          help: 'see that the database is up and that address, user and password are right; nothing was done',
        })
    await pool.end()
    await sql.end({ timeout: 1 })
  }

  test('a database or a user that is not there is told as what it is, not of the ledger', async () => {
    await refused(server.url('nowhere'), 'the database could not be reached: database "nowhere" does not exist (3D000)')
    await refused(
      server.url('postgres').replace('postgres@', 'nobody@'),
      'the database could not be reached: role "nobody" does not exist (28000)',
    )
  })

  test('a limit of connections: who asks is told, who writes waits', async () => {
    const admin = await server.connect()
    await admin.query('create role few login connection limit 0')
    const pool = new pg.Pool({ connectionString: server.url('postgres').replace('postgres@', 'few@') })
    const says = /^the database could not be reached: too many connections for role "few" \(53300\)$/
    for (const work of [overPg.plan, overPg.ready])
      await fails(work(pool, first), { code: 'connection-lost', message: says })
    for (const work of [overPg.migrate, (on, files, options) => overPg.stamp(on, files, ['001'], options)])
      await fails(work(pool, first, { waitTimeout: 100 }), {
        code: 'wait-timeout',
        message: /^waited 100 ms for the database to take another connection$/,
      })
    await admin.query('alter role few connection limit 5')
    assert.equal((await overPg.plan(pool, first)).decisions.length, 1)
    await pool.end()
    await admin.end()
  })

  test('a step that a role cannot see at work is not called stopped', async (t) => {
    const database = await server.createDatabase()
    const owner = await server.connect(database)
    t.after(() => owner.end())
    const steps = {
      '001_a.sql': "-- migrate:up transaction:false\nselect 1;\ndo 'begin commit; end';\n-- migrate:down\nselect 1;\n",
    }
    const bad = { '001_a.sql': steps['001_a.sql'].replace('commit;', 'commit; perform nothing();') }
    await fails(overPg.migrate(owner, bad), {
      code: 'statement-failed',
    })
    await owner.query(
      `update schema_migrations set claimed_by = 'somebody#0#alone', claimed_until = now() - interval '1 hour'`,
    )
    await owner.query('create role blind login; grant select on schema_migrations to blind')
    const blind = new pg.Client(server.url(database).replace('postgres@', 'blind@'))
    await blind.connect()
    t.after(() => blind.end())
    const code = async () => (await overPg.plan(blind, bad)).decisions[0].code
    assert.equal(await code(), 'interrupted')
    const worker = await server.connect(database)
    t.after(() => worker.end())
    const work = worker.query('/* counterfoil 001 */ select pg_sleep(2)')
    await sleep(300)
    assert.equal(await code(), 'in-progress')
    await work
    // A session that does nothing is none that is at work.
    assert.equal(await code(), 'interrupted')
  })
})

test('through the worker of a PGlite an error arrives whole', async () => {
  const inner = await freshPGlite()
  // PGliteWorker 0.5: what is called over there gets copies, and of an error its message alone comes back.
  const over =
    (name) =>
    async (...args) => {
      try {
        return structuredClone(await inner[name](...args.slice(0, 1).map((arg) => structuredClone(arg))))
      } catch (error) {
        throw new Error(error.message)
      }
    }
  const names = ['exec', 'query', 'execProtocolRaw', 'execProtocolStream', 'syncToFs', '_checkReady']
  const worker = Object.fromEntries(names.map((name) => [name, over(name)]))
  for (const name of ['_runExclusiveTransaction', 'runExclusive']) worker[name] = (work) => inner[name](work)
  const notices = []
  const onProgress = (event) => event.kind === 'notice' && notices.push(event.message)
  const bad = { ...set, '003_c.sql': `-- migrate:up\ndo $$ begin raise notice 'here'; end $$;\nselect missing;\n` }
  await fails(migratePGlite(worker, bad, { onProgress }), {
    code: 'statement-failed',
    message: /^003_c\.sql:3:8: column "missing" does not exist \(42703\)$/,
    applied: ['001', '002'],
  })
  assert.deepEqual(notices, ['here'])
  // With no more than exec its message is all there is.
  const bare = { query: over('query'), exec: over('exec') }
  await fails(migratePGlite(bare, bad), {
    code: 'statement-failed',
    message: /column "missing" does not exist/,
    applied: [],
  })
  await inner.close()
})
