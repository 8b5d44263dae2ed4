// A hundred runners start at once, as when a deployment wakes a hundred isolates: every migration is applied once,
// nobody fails, and the number of requests grows with the number of runners, not with its square.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { neon, neonConfig, Pool } from '@neondatabase/serverless'
import { plan } from 'counterfoil'
import * as overNeon from 'counterfoil/neon'
import * as overPg from 'counterfoil/pg'
import * as overPostgres from 'counterfoil/postgres'
import pg from 'pg'
import postgres from 'postgres'
import { applyPlainly, corpora, readCorpus, root } from './support/corpora.mjs'
import { startNeon } from './support/neon.mjs'
import { skip as noPgbouncer, startPgbouncer } from './support/pgbouncer.mjs'
import { startPostgres } from './support/postgres.mjs'
import { difference, snapshot } from './support/schema.mjs'
import { disagreements, leftovers, makeSet, nothing } from './support/sets.mjs'

const count = 82

// Nobody is to run into these because the machine is slow.
const patience = { lockTimeout: 120_000, waitTimeout: 600_000 }

/** `{ name, files, check(client) }`: the first migrations of a real set, or as many of our own. */
async function theSet(server) {
  if (!root) {
    const set = makeSet({ count, every: Infinity, rows: 500 })
    const check = async (client) => {
      assert.deepEqual(await disagreements(client, set, { complete: true }), [])
      assert.deepEqual(await leftovers(client, set), nothing)
    }
    return { name: `${count} migrations of our own`, files: set.files, check }
  }
  const corpus = corpora.find(({ name }) => name === 'openmeter')
  const all = await readCorpus(corpus.name)
  const versions = plan(all)
    .decisions.slice(0, count)
    .map(({ version }) => version)
  const wanted = (path) => versions.some((version) => path.split('/').at(-1).startsWith(`${version}_`))
  const files = Object.fromEntries(Object.entries(all).filter(([path]) => wanted(path)))
  const plain = await server.connect(await server.createDatabase())
  const without = Object.keys(all)
    .map((path) => path.split('/').at(-1))
    .filter((path) => !wanted(path))
  assert.deepEqual(await applyPlainly(corpus, (sql) => plain.query(sql), { without }), [])
  const expected = await snapshot(plain)
  await plain.end()
  return {
    name: `the first ${count} of ${corpus.name}`,
    files,
    check: async (client) =>
      assert.deepEqual(difference(await snapshot(client), expected), { onlyLeft: [], onlyRight: [] }),
  }
}

describe('cold starts', () => {
  let server, endpoint, bouncer, set
  before(async () => {
    server = await startPostgres({ max_connections: '300' })
    endpoint = await startNeon(server)
    endpoint.configure(neonConfig)
    if (!noPgbouncer) bouncer = await startPgbouncer(server, { connections: 20 })
    set = await theSet(server)
  })
  after(async () => {
    await bouncer?.stop()
    await endpoint.stop()
    await server.stop()
  })

  const pool = (Pool, api, connectionString) => {
    const db = new Pool({ connectionString, max: 1 })
    db.on('error', () => {})
    return { api, db, close: () => db.end() }
  }
  // A hundred in every way take minutes: here it is one of them, in the others fewer. All of it: COUNTERFOIL_COLD=all.
  const all = process.env.COUNTERFOIL_COLD === 'all'
  const some = all ? [25, 100] : [25]
  /** How one runner connects, and how many requests were seen from outside. */
  const ways = {
    'Neon over HTTP': {
      make: (name) => ({ api: overNeon, db: neon(endpoint.url(name)), close() {} }),
      seen: () => endpoint.log.length,
      runners: all ? [25, 100] : [100],
    },
    'Neon over WebSockets': { make: (name) => pool(Pool, overNeon, endpoint.url(name)), seen: () => endpoint.messages },
    'node-postgres through pgbouncer': {
      make: (name) => pool(pg.Pool, overPg, bouncer.url(name)),
      skip: noPgbouncer,
    },
    'postgres.js through pgbouncer': {
      make(name) {
        const db = postgres(bouncer.url(name), { max: 1, prepare: false, fetch_types: false, onnotice() {} })
        return { api: overPostgres, db, close: () => db.end() }
      },
      skip: noPgbouncer,
    },
  }

  async function start(n, make, files) {
    const database = await server.createDatabase()
    endpoint.reset()
    const runners = Array.from({ length: n }, () => make(database))
    const results = await Promise.all(runners.map(({ api, db }) => api.migrate(db, files, patience)))
    await Promise.all(runners.map(({ close }) => close()))
    return { client: await server.connect(database), results, trips: results.map(({ roundTrips }) => roundTrips) }
  }
  const sum = (numbers) => numbers.reduce((a, b) => a + b)

  for (const [way, { make, seen, skip, runners = some }] of Object.entries(ways))
    for (const n of runners)
      test(`${n} at once: ${way}`, { skip }, async (t) => {
        const { client, results, trips } = await start(n, make, set.files)
        const applied = results.flatMap(({ applied }) => applied.map(({ version }) => version)).sort()
        const { rows } = await client.query(
          `select version from schema_migrations where state = 'applied' order by version collate "C"`,
        )
        assert.equal(rows.length, count)
        assert.deepEqual(
          applied,
          rows.map(({ version }) => version),
          'every migration is in the report of one runner',
        )
        assert.deepEqual(
          results.filter(({ status }) => !['migrated', 'current'].includes(status)),
          [],
        )
        await set.check(client)
        await client.end()

        // Of a runner: the digest, the shape of the table, its creation, and if somebody else creates it, the rows; then of each
        // migration at most the claim that is lost and the rows that say so. However many there are.
        const bound = 4 + 2 * count
        assert.ok(Math.max(...trips) <= bound, `a runner made ${Math.max(...trips)} requests, of at most ${bound}`)
        if (seen) assert.equal(seen(), sum(trips), 'the runners count what there is')
        t.diagnostic(
          `${set.name}: ${sum(trips)} requests in all, ${(sum(trips) / n).toFixed(1)} a runner, ${Math.max(...trips)} at most`,
        )
      })

  test('25 at once over HTTP, with indexes that are built concurrently', async (t) => {
    const steps = makeSet({ count: 20, every: 5, rows: 2000 })
    const { client, results, trips } = await start(25, ways['Neon over HTTP'].make, steps.files)
    assert.equal(results.flatMap(({ applied }) => applied).length, 20)
    assert.deepEqual(await disagreements(client, steps, { complete: true }), [])
    assert.deepEqual(await leftovers(client, steps), nothing)
    await client.end()
    t.diagnostic(
      `${sum(trips)} requests in all, ${(sum(trips) / 25).toFixed(1)} a runner, ${Math.max(...trips)} at most`,
    )
  })
})

describe('cold starts of a database that takes few connections', () => {
  test('30 at once where 12 may be: those that are turned away come again', async (t) => {
    const server = await startPostgres({ max_connections: '12' })
    const set = makeSet({ count: 20, every: Infinity, rows: 200 })
    const database = await server.createDatabase()
    const runners = Array.from({ length: 30 }, () => new pg.Pool({ connectionString: server.url(database), max: 1 }))
    const waited = new Set()
    const results = await Promise.all(
      runners.map((db, runner) => {
        db.on('error', () => {})
        const onProgress = ({ kind, name }) => kind === 'waiting' && name.includes('connection') && waited.add(runner)
        return overPg.migrate(db, set.files, { ...patience, onProgress }).finally(() => db.end())
      }),
    )
    assert.equal(results.flatMap(({ applied }) => applied).length, 20)
    const client = await server.connect(database)
    assert.deepEqual(await disagreements(client, set, { complete: true }), [])
    assert.deepEqual(await leftovers(client, set), nothing)
    await client.end()
    await server.stop()
    assert.notEqual(waited.size, 0, 'none was turned away')
    t.diagnostic(`${waited.size} of 30 were turned away`)
  })
})
