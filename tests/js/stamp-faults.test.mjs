// `stamp` over connections that break, and through a pooler: whatever happens, all of it is written or nothing.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { neon } from '@neondatabase/serverless'
import pg from 'pg'
import * as overNeon from 'counterfoil/neon'
import { migrate, stamp } from 'counterfoil/pg'
import { fails } from './support/errors.mjs'
import { placeOn } from './support/faults.mjs'
import { startPostgresAndNeon } from './support/neon.mjs'
import { skip, startPgbouncer } from './support/pgbouncer.mjs'
import { random } from './support/random.mjs'

const set = {
  '001_a.sql': 'create table a (n int);\n',
  '002_b.sql': 'create table b (n int);\n',
  '003_c.sql': 'create table c (n int);\n',
}
const all = ['001', '002', '003']

let server, endpoint, stop
before(async () => ({ server, endpoint, stop } = await startPostgresAndNeon()))
after(() => stop())

/** A database of its own, and the versions that its ledger has; none if there is no ledger. */
async function place(t) {
  const { database, client, query } = await placeOn(t, { server, endpoint })
  const versions = async () => {
    const [{ there }] = await query("select to_regclass('public.schema_migrations') is not null as there")
    return there ? (await query('select version from schema_migrations order by 1')).map(({ version }) => version) : []
  }
  return { database, client, versions }
}

describe('over HTTP', () => {
  test('a request whose answer is lost was done, or is done: once', async (t) => {
    for (const drop of ['before', 'after']) {
      const { database, client, versions } = await place(t)
      let dropped = 0
      endpoint.fault = ({ batch }) => (batch && dropped++ === 0 ? { drop } : undefined)
      const { status, changes } = await overNeon.stamp(neon(endpoint.url(database)), set, all)
      endpoint.fault = undefined
      assert.deepEqual([status, changes.length, dropped], ['changed', 3, drop === 'before' ? 2 : 1])
      assert.deepEqual(await versions(), all)
      const { rows } = await client.query("select count(*)::int as n from schema_migrations where origin = 'stamped'")
      assert.deepEqual(rows, [{ n: 3 }])
    }
  })

  test('whatever breaks and whoever else writes, all of it is written or nothing, and what is said is so', async (t) => {
    const { database, client, versions } = await place(t)
    const db = neon(endpoint.url(database))
    await overNeon.migrate(db, set)
    const chance = random(41)
    const below = (limit) => Math.floor(chance() * limit)
    const ends = { changed: 0, unchanged: 0 }
    for (let round = 0; round < 200; round += 1) {
      const gone = round % 2 === 0
      await client.query('delete from schema_migrations')
      if (gone) await overNeon.stamp(db, set, all)
      // One of its first six requests breaks, and in every third round another one, too; and somebody else writes.
      const broken = [below(6), ...(round % 3 === 0 ? [below(6)] : [])]
      const intrudes = round % 5 === 0 ? below(6) : undefined
      let number = 0
      endpoint.fault = () => {
        const at = number++
        if (at === intrudes) void client.query("update schema_migrations set name = 'theirs' where version = '002'")
        return broken.includes(at) ? { drop: below(2) ? 'before' : 'after' } : undefined
      }
      const before = await versions()
      const work = overNeon.stamp(db, set, all, gone ? { as: 'not-applied' } : {})
      const ended = await work.then(
        ({ status }) => status,
        (error) => error.code,
      )
      endpoint.fault = undefined
      ends[ended] = (ends[ended] ?? 0) + 1
      const now = await versions()
      const aim = gone ? [] : all
      if (ended === 'changed' || ended === 'unchanged') assert.deepEqual(now, aim, `round ${round}`)
      else {
        assert.ok(['plan-changed', 'connection-lost'].includes(ended), `round ${round}: ${ended}`)
        assert.ok(
          [before, aim].some((whole) => String(whole) === String(now)),
          `round ${round}: ${now}`,
        )
        if (ended === 'plan-changed') assert.deepEqual(now, before, `round ${round}`)
      }
    }
    assert.ok(ends.changed > 100, JSON.stringify(ends))
  })
})

describe('over a connection', () => {
  test('one that is ended while it waits for the ledger is looked after, and it is done once', async (t) => {
    const { database, client, versions } = await place(t)
    const pool = new pg.Pool({ connectionString: server.url(database) })
    pool.on('error', () => {})
    t.after(() => pool.end())
    await migrate(pool, set)
    await client.query(`begin; select * from schema_migrations where version = '002' for update`)
    const work = stamp(pool, set, all, { as: 'not-applied' })
    for (let ended = 0; ended === 0; await sleep(20)) {
      const { rowCount } = await client.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
      ended = rowCount
    }
    await client.query('commit')
    assert.equal((await work).status, 'changed')
    assert.deepEqual(await versions(), [])
  })

  test('what was told to stop while it waited is not carried out afterwards', async (t) => {
    const { database, client, versions } = await place(t)
    const pool = new pg.Pool({ connectionString: server.url(database) })
    t.after(() => pool.end())
    await migrate(pool, set)
    await client.query(`begin; select * from schema_migrations where version = '002' for update`)
    const controller = new AbortController()
    const refused = fails(stamp(pool, set, all, { as: 'not-applied', signal: controller.signal, lockTimeout: 200 }), {
      code: 'aborted',
      help: 'nothing was written: run it again',
    })
    await sleep(100)
    controller.abort()
    await refused
    await client.query('commit')
    await sleep(300)
    assert.deepEqual(await versions(), all)
  })

  test('a stamp while a migration runs step by step is refused, and what runs ends well', async (t) => {
    const { database, client, versions } = await place(t)
    const pool = new pg.Pool({ connectionString: server.url(database) })
    t.after(() => pool.end())
    const slow = { ...set, '004_slow.sql': 'select pg_sleep(1);\ncreate index concurrently i on a (n);\n' }
    const run = migrate(pool, slow)
    for (;;) {
      if ((await versions()).includes('004')) break
      await sleep(20)
    }
    await fails(stamp(pool, slow, ['004']), {
      code: 'plan-refused',
      message: /^version 004 \(slow\) is being run by [0-9a-f]{24}, whose claim lasts until \d{4}-/,
    })
    assert.equal((await run).status, 'migrated')
    const { rows } = await client.query("select state, origin from schema_migrations where version = '004'")
    assert.deepEqual(rows, [{ state: 'applied', origin: 'applied' }])
  })

  test('it goes through a pooler in transaction mode', { skip }, async (t) => {
    const { database, versions } = await place(t)
    const bouncer = await startPgbouncer(server)
    const pool = new pg.Pool({ connectionString: bouncer.url(database) })
    t.after(async () => {
      await pool.end()
      await bouncer.stop()
    })
    await Promise.allSettled(all.map((version) => stamp(pool, set, [version], { session: false })))
    for (const version of all) await stamp(pool, set, [version], { session: false })
    assert.deepEqual(await versions(), all)
    const { changes } = await stamp(pool, set, all, { as: 'not-applied', session: false })
    assert.equal(changes.length, 3)
    assert.deepEqual(await versions(), [])
  })
})
