// The packed package in workerd, bundled as Wrangler does it.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startNeon } from '../js/support/neon.mjs'
import { startPostgres } from '../js/support/postgres.mjs'
import { checkPure, expectedHealth } from './support/expected.mjs'
import { install } from './support/packed.mjs'
import { bundleWorker, startWorkers } from './support/workers.mjs'

let app, server, endpoint, workers
before(async () => {
  app = install({ links: ['@neondatabase/serverless'], watched: true })
  server = await startPostgres()
  endpoint = await startNeon(server)
  const modules = await bundleWorker(join(app.base, 'worker/index.js'))
  assert.deepEqual(
    modules.map(({ type, path }) => [type, path]),
    [
      ['ESModule', 'index.mjs'],
      ['CompiledWasm', 'core.wasm'],
    ],
  )
  // The text of the core is for others.
  assert.doesNotMatch(modules[0].contents, /AGFzbQ/)
  const bindings = { ENDPOINT: endpoint.endpoint, URL: endpoint.url(await server.createDatabase()) }
  workers = await startWorkers(['pure', 'sources', 'fast'].map((name) => ({ name, modules, bindings })))
})
after(async () => {
  await workers?.stop()
  await endpoint?.stop()
  await server?.stop()
  app?.remove()
})

test('it plans without a database', async () => checkPure(await workers.fetch('pure', '/pure')))

test('it answers for its health', async () => assert.deepEqual(await workers.fetch('pure', '/health'), expectedHealth))

test('it takes a module and what holds one, and says that bytes are refused', async () => {
  assert.deepEqual(await workers.fetch('sources', '/sources'), {
    refused: [true, 'core-unavailable'],
    // printf abc | sha256sum
    checksum: 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  })
})

for (const count of [1, 100, 10_000])
  test(`one request of under 200 bytes back and no core if ${count} migrations are there`, async () => {
    await workers.fetch('fast', `/seed?count=${count}`)
    endpoint.reset()
    const version = String(count).padStart(5, '0')
    assert.deepEqual(await workers.fetch('fast', `/fast?count=${count}`), {
      status: 'current',
      applied: [],
      adopted: [],
      reverted: [],
      skipped: count,
      findings: [],
      decisions: [],
      roundTrips: 1,
      message: `ready: db=${version} expected=${version}`,
      wasm: 0,
      loaded: [],
    })
    // One of `migrate`, one of `ready`.
    assert.equal(endpoint.log.length, 2)
    for (const { received } of endpoint.log) assert.ok(received < 200, `${received} bytes`)
  })

test('and the core if one is not', async () => {
  await workers.fetch('fast', '/seed?count=1')
  const { status, applied, wasm, loaded } = await workers.fetch('fast', '/fast?count=2')
  assert.deepEqual(
    [status, applied.map(({ version }) => version), wasm > 0, loaded.includes('run/engine.js')],
    ['migrated', ['00002'], true, true],
  )
})
