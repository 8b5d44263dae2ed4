// Forty isolates of workerd start at once on a database with 82 pending migrations, and talk to PostgreSQL over each
// transport that a Worker has: every migration is applied once, and every isolate ends in success.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { embed } from 'counterfoil/embed'
import { readCorpus, skip as noCorpora } from '../js/support/corpora.mjs'
import { startNeon } from '../js/support/neon.mjs'
import { startPostgres } from '../js/support/postgres.mjs'
import { disagreements, leftovers, makeSet, nothing } from '../js/support/sets.mjs'
import { install } from './support/packed.mjs'
import { bundleWorker, startWorkers } from './support/workers.mjs'

const count = 82
const processes = 2
const isolates = 20

let server, endpoint
before(async () => {
  server = await startPostgres({ max_connections: '300' })
  endpoint = await startNeon(server)
})
after(async () => {
  await endpoint?.stop()
  await server?.stop()
})

// Miniflare closes one proxy of a name, so each binding has a name of its own.
const bindings = {
  'Neon over HTTP': (database) => ({ bindings: { ENDPOINT: endpoint.endpoint, URL: endpoint.url(database) } }),
  'postgres.js over TCP': (database) => ({ bindings: { URL: server.url(database) } }),
  "postgres.js through Hyperdrive's local binding": (database, name) => ({
    hyperdrives: { [`HYPERDRIVE_${name}`]: endpoint.url(database) },
  }),
}

/** Starts all isolates on a new database and gives what each answers, and a client of the database. */
async function start(manifest, way) {
  const app = install({ links: ['@neondatabase/serverless', 'postgres'] })
  const database = await server.createDatabase()
  endpoint.reset()
  const running = []
  try {
    // The set is in the Worker's own text, as `counterfoil embed` puts it there.
    writeFileSync(join(app.base, 'worker/set.js'), `export const manifest = ${JSON.stringify(manifest)}\n`)
    const modules = await bundleWorker(join(app.base, 'worker/cold.js'), { minify: true })
    const names = Array.from({ length: isolates }, (_, at) => `isolate${at}`)
    for (let n = 0; n < processes; n += 1)
      running.push(await startWorkers(names.map((name) => ({ name, modules, ...bindings[way](database, name) }))))
    const results = await Promise.all(running.flatMap((workers) => names.map((name) => workers.fetch(name))))
    return { client: await server.connect(database), results }
  } finally {
    await Promise.all(running.map((workers) => workers.stop()))
    app.remove()
  }
}

async function check(t, name, way, manifest, inspect) {
  const { client, results } = await start(manifest, way)
  try {
    assert.equal(results.length, processes * isolates)
    assert.deepEqual(
      results.filter(({ status }) => !['migrated', 'current'].includes(status)),
      [],
    )
    const { rows } = await client.query(
      `select version from schema_migrations where state = 'applied' order by version collate "C"`,
    )
    assert.equal(rows.length, count)
    assert.deepEqual(
      results.flatMap(({ applied }) => applied).sort(),
      rows.map(({ version }) => version),
      'every migration is in the report of one isolate',
    )
    await inspect(client)
    const trips = results.map(({ roundTrips }) => roundTrips)
    const sum = trips.reduce((a, b) => a + b)
    // As in tests/js/cold-starts.test.mjs: of an isolate the digest, the shape, the creation and the rows; then of each
    // migration at most the claim that is lost and the rows that say so.
    assert.ok(Math.max(...trips) <= 4 + 2 * count, `an isolate made ${Math.max(...trips)} requests`)
    if (way.startsWith('Neon')) assert.equal(endpoint.log.length, sum)
    t.diagnostic(
      `${name}, ${results.length} isolates, ${way}: ${sum} requests in all, ${(sum / results.length).toFixed(1)} an isolate, ${Math.max(...trips)} at most`,
    )
  } finally {
    await client.end()
  }
}

for (const way of Object.keys(bindings))
  test(`${count} migrations of our own: ${way}`, (t) => {
    const set = makeSet({ count, every: Infinity, rows: 500 })
    return check(t, `${count} migrations of our own`, way, embed(set.files), async (client) => {
      assert.deepEqual(await disagreements(client, set, { complete: true }), [])
      assert.deepEqual(await leftovers(client, set), nothing)
    })
  })

for (const way of Object.keys(bindings))
  test(`the first ${count} of openmeter: ${way}`, { skip: noCorpora }, async (t) => {
    const all = embed(await readCorpus('openmeter'))
    const versions = all.files
      .filter(({ checksum }) => checksum)
      .slice(0, count)
      .map(({ path }) => path.match(/\d+/)[0])
    const files = all.files
      .filter(({ path }) => versions.includes(path.match(/\d+/)?.[0]))
      .map(({ path, sql }) => ({ path, sql }))
    await check(t, `the first ${count} of openmeter`, way, embed(files), async (client) => {
      const { rows } = await client.query('select version from schema_migrations')
      assert.deepEqual(rows.map(({ version }) => version).sort(), versions.sort())
    })
  })
