// The Worker example in a real workerd, bundled as Wrangler does it, on Neon's HTTP protocol over a real PostgreSQL.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { build } from 'esbuild'
import { Miniflare, Response } from 'miniflare'
import { startNeon } from '../js/support/neon.mjs'
import { startPostgres } from '../js/support/postgres.mjs'
import { embed, example, probed } from './support.mjs'

let server, endpoint, files, script
before(async () => {
  server = await startPostgres()
  endpoint = await startNeon(server)
  files = example('worker', { packages: ['@neondatabase/serverless'] })
  embed(files.folder, 'src/migrations.js')
  // https://github.com/cloudflare/workers-sdk: Wrangler's conditions; .wasm files become modules beside the script.
  await build({
    absWorkingDir: files.folder,
    entryPoints: ['src/index.js'],
    bundle: true,
    format: 'esm',
    outfile: 'out/index.js',
    logLevel: 'silent',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*'],
    loader: { '.wasm': 'copy' },
  })
  script = join(files.folder, 'out/index.js')
})
after(async () => {
  await endpoint?.stop()
  await server.stop()
  files?.remove()
})

/** An isolate of its own; what it sends to Neon reaches the endpoint. */
function isolate(database) {
  return new Miniflare({
    modules: true,
    modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }],
    scriptPath: script,
    modulesRoot: join(files.folder, 'out'),
    compatibilityDate: '2026-04-26',
    host: '127.0.0.1',
    bindings: { DATABASE_URL: `postgres://postgres:password@db.example.test/${database}` },
    async outboundService(request) {
      assert.equal(request.url, 'https://api.example.test/sql')
      const headers = Object.fromEntries(request.headers)
      const answer = await fetch(endpoint.endpoint, {
        method: 'POST',
        headers: {
          'neon-connection-string': headers['neon-connection-string'],
          'neon-raw-text-output': headers['neon-raw-text-output'],
          'neon-array-mode': headers['neon-array-mode'],
        },
        body: await request.text(),
      })
      return new Response(await answer.text(), {
        status: answer.status,
        headers: { 'content-type': 'application/json' },
      })
    },
  })
}

test('all requests of a cold isolate find the database current, and a warm one asks nothing', async (t) => {
  const database = await server.createDatabase()
  const worker = isolate(database)
  t.after(() => worker.dispose())
  const probe = await probed(() => worker.dispatchFetch('http://worker/health/ready'))
  assert.deepEqual(
    [probe.status, probe.body.message],
    [503, 'drift: db=none expected=20260112113000 pending=20260105090000,+1'],
  )
  // Each body is read at once: one that waits may be thrown away with the response that Miniflare took it from.
  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      worker.dispatchFetch('http://worker/').then(async (answer) => [answer.status, await answer.json()]),
    ),
  )
  for (const answer of answers) assert.deepEqual(answer, [200, []])
  const before = endpoint.log.length
  assert.deepEqual(await (await worker.dispatchFetch('http://worker/?name=Ada')).json(), [{ name: 'Ada' }])
  assert.equal(endpoint.log.length - before, 2, 'an insert and a select')

  // The next isolate asks one question more, and hears that there is nothing to do.
  const next = isolate(database)
  t.after(() => next.dispose())
  endpoint.reset()
  assert.deepEqual(await (await next.dispatchFetch('http://worker/')).json(), [{ name: 'Ada' }])
  assert.equal(endpoint.log.length, 2, 'the digest and a select')

  // Any number of probes share one question.
  endpoint.reset()
  const probes = await Promise.all(
    Array.from({ length: 50 }, () =>
      next
        .dispatchFetch('http://worker/health/ready')
        .then(async (answer) => [answer.headers.get('cache-control'), typeof (await answer.json()).status]),
    ),
  )
  for (const probe of probes) assert.deepEqual(probe, ['no-store', 'string'])
  assert.equal((await probed(() => next.dispatchFetch('http://worker/health/ready'))).status, 200)
  // An answer lasts a second.
  assert.ok(endpoint.log.length <= 25, `${endpoint.log.length} questions`)
})

test('a failure is told, and forgotten: the next request tries again', async (t) => {
  const worker = isolate('not_there_yet')
  t.after(() => worker.dispose())
  const refused = await worker.dispatchFetch('http://worker/')
  assert.deepEqual([refused.status, await refused.text()], [503, 'the database is not ready\n'])
  await server.createDatabase({ name: 'not_there_yet' })
  assert.deepEqual(await (await worker.dispatchFetch('http://worker/')).json(), [])
})
