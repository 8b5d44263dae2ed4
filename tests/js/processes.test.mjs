// Many processes at once, and processes that die: every migration is applied once, and nothing stays half-done.
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import { migrate as migratePg } from 'counterfoil/pg'
import { migrate as migratePGlite } from 'counterfoil/pglite'
import { makeDataDir } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'
import { startProcess, startTogether } from './support/processes.mjs'
import { random } from './support/random.mjs'
import { disagreements, leftovers, makeSet, nothing, writeSet } from './support/sets.mjs'

const seed = Number(process.env.COUNTERFOIL_SEED ?? Date.now() % 1_000_000)
// Not a minute: a dead process's claim has to run out before the next may go on.
const options = { lease: 400 }

describe('on one PostgreSQL database', () => {
  let server
  before(async () => (server = await startPostgres()))
  after(() => server.stop())

  test('20 processes start at once with 82 migrations pending: each is applied once, and all succeed', async (t) => {
    const set = makeSet({ count: 82 })
    const { folder, remove } = writeSet(set.files)
    t.after(remove)
    const database = await server.createDatabase()
    const ends = await startTogether(20, { url: server.url(database), folder })
    assert.deepEqual(ends.map(({ error, trouble }) => error ?? trouble).filter(Boolean), [])
    const applied = ends.flatMap(({ result }) => result.applied.map(({ version }) => version)).sort()
    assert.deepEqual(
      applied,
      Object.keys(set.files).map((path) => path.split('_')[0]),
    )
    const db = await server.connect(database)
    assert.deepEqual(await disagreements(db, set, { complete: true }), [])
    assert.deepEqual(await leftovers(db, set), nothing)
    await db.end()
    const shares = ends.map(({ result }) => result.applied.length).sort((a, b) => b - a)
    const times = ends.map(({ result }) => result.elapsedMs)
    t.diagnostic(
      `done after ${Math.min(...times)} to ${Math.max(...times)} ms; migrations applied, per process: ${shares.join(' ')}`,
    )
  })

  test('of 4 processes that start at once one is killed, 10 times: the others complete the work', async (t) => {
    const set = makeSet({ count: 18, every: 4, rows: 20_000 })
    const { folder, remove } = writeSet(set.files)
    t.after(remove)
    const next = random(seed)
    const waits = []
    for (let round = 0; round < 10; round++) {
      const database = await server.createDatabase()
      const [victim, ...others] = await Promise.all(
        Array.from({ length: 4 }, () => startProcess({ url: server.url(database), folder, options })),
      )
      const began = performance.now()
      // The one that has begun is the one to kill.
      victim.go()
      await victim.seen(({ kind }) => kind === 'step')
      others.forEach((process) => process.go())
      await sleep(next() * 200)
      victim.kill()
      const ends = await Promise.all(others.map(({ ended }) => ended))
      waits.push(Math.round(performance.now() - began))
      const when = `round ${round}, seed ${seed}`
      assert.deepEqual(ends.map(({ error, trouble }) => error ?? trouble).filter(Boolean), [], when)
      const db = await server.connect(database)
      assert.deepEqual(await disagreements(db, set, { complete: true }), [], when)
      assert.deepEqual(await leftovers(db, set), nothing, when)
      await db.end()
    }
    t.diagnostic(`seed ${seed}; done after ${waits.join(', ')} ms`)
  })

  test('a process is killed at a random moment, 50 times: the next run completes', async (t) => {
    await killAtRandom(t, {
      times: 50,
      lanes: 2,
      set: makeSet({ count: 18, every: 4, rows: 20_000 }),
      async place() {
        const database = await server.createDatabase()
        return {
          work: { url: server.url(database) },
          async open() {
            const db = await server.connect(database)
            return { db, migrate: migratePg, close: () => db.end() }
          },
        }
      },
    })
  })
})

describe('on one PGlite data directory', () => {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-pglite-'))
  const empty = join(folder, 'empty')
  before(() => makeDataDir(empty))
  after(() => rmSync(folder, { recursive: true, force: true }))

  let count = 0
  /** A directory with an empty database in it. */
  function newDataDir() {
    const dataDir = join(folder, String(++count))
    cpSync(empty, dataDir, { recursive: true })
    return dataDir
  }

  test('a process is killed at a random moment, 15 times: the next run completes', async (t) => {
    let stale = 0
    await killAtRandom(t, {
      times: 15,
      lanes: 1,
      set: makeSet({ count: 18, every: 4, rows: 2000 }),
      async place() {
        const dataDir = newDataDir()
        return {
          work: { dataDir },
          async open() {
            if (existsSync(join(dataDir, 'counterfoil.lock'))) stale += 1
            const db = await PGlite.create({ dataDir })
            return {
              db,
              migrate: migratePGlite,
              async close() {
                await db.close()
                rmSync(dataDir, { recursive: true })
              },
            }
          },
        }
      },
    })
    t.diagnostic(`${stale} left a lock file behind, which the next run took over`)
    assert.ok(stale > 0)
  })
})

/**
 * Again and again: a new database, a process that migrates it and is killed with SIGKILL somewhere in the time that a
 * whole run takes, then another run.
 */
async function killAtRandom(t, { times, lanes, set, place }) {
  const { folder, remove } = writeSet(set.files)
  t.after(remove)
  const start = async ({ work }) => startProcess({ ...work, folder, options })
  const total = Object.keys(set.files).length

  const next = random(seed)
  const parts = Array.from({ length: times }, next)
  let whole = await duration(async () => start(await place()))
  const points = { 'before the first migration': 0, 'in the middle': 0, 'after the last': 0 }
  const found = { 'a migration under way': 0, 'an invalid index': 0 }

  const once = async (part) => {
    const here = await place()
    const child = await start(here)
    const began = performance.now()
    child.go()
    const { result } = (await Promise.race([child.ended, sleep(part * whole)])) ?? {}
    // The machine has less to do now than it had before.
    if (result) whole = Math.min(whole, performance.now() - began)
    child.kill()
    await child.ended

    const { db, migrate, close } = await here.open()
    const when = `killed after ${Math.round(part * whole)} ms (seed ${seed})`
    assert.deepEqual(await disagreements(db, set, { complete: false }), [], when)
    const { applied, running, invalid } = await state(db)
    points[
      applied + running === 0 ? 'before the first migration' : applied < total ? 'in the middle' : 'after the last'
    ] += 1
    if (running) found['a migration under way'] += 1
    if (invalid) found['an invalid index'] += 1

    await migrate(db, set.files, options)
    assert.deepEqual(await disagreements(db, set, { complete: true }), [], when)
    assert.deepEqual(await leftovers(db, set), nothing, when)
    assert.equal((await migrate(db, set.files, options)).status, 'current', when)
    await close()
  }
  const lane = async () => {
    for (let part; (part = parts.pop()) !== undefined;) await once(part)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  t.diagnostic(
    `seed ${seed}; a whole run takes ${Math.round(whole)} ms; killed: ${words(points)}; found there: ${words(found)}`,
  )
  assert.ok(points['in the middle'] > 0, 'none was killed in the middle, so nothing was tested')
}

/** How long a run takes that nobody kills: the longer of two. */
async function duration(start) {
  const times = []
  for (let time = 0; time < 2; time++) {
    const child = await start()
    const began = performance.now()
    child.go()
    const { error } = await child.ended
    times.push(performance.now() - began)
    assert.equal(error, undefined)
  }
  return Math.max(...times)
}

/** How far a database has come. */
async function state(db) {
  const {
    rows: [{ ledger }],
  } = await db.query(`select to_regclass('public.schema_migrations') is not null as ledger`)
  if (!ledger) return { applied: 0, running: 0, invalid: 0 }
  const { rows } = await db.query(`select count(*) filter (where state = 'applied')::int as applied,
    count(*) filter (where state = 'running')::int as running,
    (select count(*)::int from pg_index where not indisvalid) as invalid from public.schema_migrations`)
  return rows[0]
}

const words = (counts) =>
  Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')
