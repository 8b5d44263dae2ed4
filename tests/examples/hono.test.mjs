// The Hono example on a real PostgreSQL.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { startPostgres } from '../js/support/postgres.mjs'
import { embed, example } from './support.mjs'

let server, files, app, pool
before(async () => {
  server = await startPostgres()
  files = example('hono', { packages: ['hono', 'pg'] })
  embed(files.folder, 'migrations.js')
  pool = new pg.Pool({ connectionString: server.url(await server.createDatabase()) })
  pool.on('error', () => {})
  const load = (name) => import(pathToFileURL(join(files.folder, name)))
  const [{ guests }, { default: migrations }] = await Promise.all([load('app.js'), load('migrations.js')])
  app = guests(pool, migrations)
})
after(async () => {
  await pool?.end()
  await server.stop()
  files?.remove()
})

test('it is alive and not ready before the first request, and ready after it', async () => {
  assert.equal((await app.request('/health/live')).status, 200)
  const behind = await app.request('/health/ready')
  assert.equal(behind.status, 503)
  assert.equal((await behind.json()).status, 'behind')

  const answers = await Promise.all(Array.from({ length: 20 }, () => app.request('/guests')))
  for (const answer of answers) assert.deepEqual(await answer.json(), [])

  const ready = await app.request('/health/ready')
  assert.equal(ready.status, 200)
  assert.deepEqual(await ready.json(), {
    status: 'ready',
    message: 'ready: db=20260112113000 expected=20260112113000',
    database: '20260112113000',
    expected: '20260112113000',
  })
  assert.equal((await app.request('/guests', { method: 'POST', body: 'Ada' })).status, 201)
  assert.deepEqual(await (await app.request('/guests')).json(), [{ name: 'Ada' }])
})
