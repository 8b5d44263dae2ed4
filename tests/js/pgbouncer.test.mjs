// Through a pgbouncer that gives every transaction another connection: no session may be counted on.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate, rollback } from 'counterfoil/pg'
import { migrate as migrateOther } from 'counterfoil/postgres'
import pg from 'pg'
import postgres from 'postgres'
import { fails } from './support/errors.mjs'
import { skip, startPgbouncer } from './support/pgbouncer.mjs'
import { startPostgres } from './support/postgres.mjs'
import { startTogether } from './support/processes.mjs'
import { disagreements, leftovers, makeSet, nothing, writeSet } from './support/sets.mjs'

describe('pgbouncer in transaction mode', { skip }, () => {
  let server, bouncer
  before(async () => {
    server = await startPostgres()
    bouncer = await startPgbouncer(server)
  })
  after(async () => {
    await bouncer.stop()
    await server.stop()
  })

  test('a pool applies everything once, while others keep the connections moving', async () => {
    const set = makeSet({ count: 60, every: 5 })
    const database = await server.createDatabase()
    const pool = new pg.Pool({ connectionString: bouncer.url(database), max: 4 })
    let over = false
    const others = [1, 2, 3].map(async () => {
      for (; !over; await sleep(2)) await pool.query('select 1')
    })
    const { applied } = await migrate(pool, set.files)
    over = true
    await Promise.all(others)
    assert.equal(applied.length, 60)
    assert.equal((await migrate(pool, set.files)).roundTrips, 1)
    assert.deepEqual(await disagreements(pool, set, { complete: true }), [])
    assert.deepEqual(await leftovers(pool, set), nothing)
    await pool.end()
  })

  test('20 processes start at once: each migration is applied once, and all succeed', async (t) => {
    const set = makeSet({ count: 82 })
    const { folder, remove } = writeSet(set.files)
    t.after(remove)
    const database = await server.createDatabase()
    const ends = await startTogether(20, { url: bouncer.url(database), folder })
    assert.deepEqual(ends.map(({ error, trouble }) => error ?? trouble).filter(Boolean), [])
    assert.equal(ends.flatMap(({ result }) => result.applied).length, 82)
    const db = await server.connect(database)
    assert.deepEqual(await disagreements(db, set, { complete: true }), [])
    assert.deepEqual(await leftovers(db, set), nothing)
    await db.end()
  })

  /** What every connection that pgbouncer holds has in its session. */
  async function sessions(pool) {
    const clients = await Promise.all([1, 2, 3].map(() => pool.connect()))
    const seen = []
    for (const client of clients) {
      await client.query('begin')
      const { rows } =
        await client.query(`select current_setting('search_path') as path, current_setting('work_mem') as memory,
        coalesce(current_setting('my.own', true), '') as own, current_user::text as role,
        (select count(*)::int from pg_class where relpersistence = 't' and pg_table_is_visible(oid)) as temporary`)
      seen.push(rows[0])
    }
    for (const client of clients) {
      await client.query('commit')
      client.release()
    }
    return seen
  }
  const clean = { path: '"$user", public', memory: '4MB', own: '', role: 'postgres', temporary: 0 }

  const drivers = {
    pg: (url) => {
      const db = new pg.Pool({ connectionString: url, max: 4 })
      return { db, migrate, end: () => db.end() }
    },
    'postgres.js': (url) => {
      const db = postgres(url, { prepare: false, onnotice: () => {} })
      return { db, migrate: migrateOther, end: () => db.end() }
    },
  }
  for (const [name, open] of Object.entries(drivers)) {
    test(`${name} with session: false: a file that needs one session is refused, and no setting reaches another`, async () => {
      const database = await server.createDatabase()
      const pool = new pg.Pool({ connectionString: bouncer.url(database), max: 4 })
      const { db, migrate, end } = open(bouncer.url(database))
      const set = {
        '001_schema.sql': '-- migrate:up\ncreate schema app; grant all on schema app to pg_monitor;\n',
        '002_settings.sql':
          "-- migrate:up\nset search_path = app;\nset work_mem = '8MB';\nset my.own = 'x';\ncreate table here (id int);\n",
        '003_reset.sql':
          '-- migrate:up\nset search_path = app;\nreset all;\nset role pg_monitor;\nset search_path = app;\ncreate table owned ();\n',
        '004_temporary.sql': '-- migrate:up\ncreate temporary table here (id int);\ninsert into here values (1);\n',
        '005_savepoint.sql':
          "-- migrate:up\nset work_mem = '9MB';\nsavepoint a;\ncreate table app.saved ();\nrelease a;\n",
        '006_index.sql':
          '-- migrate:up transaction:false\ncreate index concurrently by_id on app.here (id);\nvacuum app.here;\n',
      }
      const { applied } = await migrate(db, set, { session: false })
      assert.equal(applied.length, 6)
      const { rows } = await pool.query(
        `select relname from pg_class where relnamespace = 'app'::regnamespace order by 1`,
      )
      assert.deepEqual(
        rows.map(({ relname }) => relname),
        ['by_id', 'here', 'owned', 'saved'],
      )
      assert.deepEqual(await sessions(pool), [clean, clean, clean])

      const index = 'set search_path = app;\ncreate index concurrently again on here (id);\n'
      const more = {
        ...set,
        '007_more.sql': '-- migrate:up\ncreate table app.more ();\n',
        '008_path.sql': `-- migrate:up transaction:false\n${index}`,
      }
      await fails(migrate(db, more, { session: false }), {
        code: 'unsupported',
        message:
          /^008_path\.sql:3:1: CREATE INDEX CONCURRENTLY runs outside a transaction.*: this run keeps no session$/,
        applied: [],
      })
      const { rows: present } = await pool.query(
        `select to_regclass('app.more') as more, (select count(*)::int from schema_migrations) as rows`,
      )
      assert.deepEqual(present, [{ more: null, rows: 6 }])
      assert.deepEqual(await sessions(pool), [clean, clean, clean])
      await end()
      await pool.end()
    })
  }

  test('session: false on the way back', async () => {
    const database = await server.createDatabase()
    const pool = new pg.Pool({ connectionString: bouncer.url(database), max: 4 })
    const set = {
      '001_a.sql':
        "-- migrate:up\ncreate schema app;\n-- migrate:down transaction:false\nset work_mem = '8MB';\nvacuum;\ndrop schema app;\n",
      '002_b.sql':
        "-- migrate:up\ncreate table app.t ();\n-- migrate:down\nset search_path = app;\nset work_mem = '8MB';\ndrop table t;\n",
    }
    await migrate(pool, set, { session: false })
    const { reverted } = await rollback(pool, set, { session: false })
    assert.deepEqual(
      reverted.map(({ version }) => version),
      ['002'],
    )
    await fails(rollback(pool, set, { session: false, allowDestructive: ['001'] }), {
      code: 'unsupported',
      message: /^001_a\.sql:5:1: VACUUM runs outside a transaction/,
    })
    assert.equal((await pool.query('select count(*)::int as n from schema_migrations')).rows[0].n, 1)
    assert.deepEqual(await sessions(pool), [clean, clean, clean])
    await pool.end()
  })
})
