// Through a pgbouncer that gives every transaction another connection: no session may be counted on.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate } from 'counterfoil/pg'
import pg from 'pg'
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
})
