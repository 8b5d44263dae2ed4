// The Hono example on a real PostgreSQL.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { startPostgres } from '../js/support/postgres.mjs'
import { embed, example, probed } from './support.mjs'

let server, files, app, pool
before(async () => {
  server = await startPostgres()
  files = example('hono', { packages: ['hono', 'pg'] })
  embed(files.folder, 'migrations.js')
  pool = new pg.Pool({ connectionString: server.url(await server.createDatabase()) })
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
  const behind = await probed(() => app.request('/health/ready'))
  assert.deepEqual([behind.status, behind.body.status], [503, 'behind'])

  const answers = await Promise.all(Array.from({ length: 20 }, () => app.request('/guests')))
  for (const answer of answers) assert.deepEqual(await answer.json(), [])

  // An answer is repeated for a second.
  let ready = await app.request('/health/ready')
  for (let tries = 0; ready.status !== 200 && tries < 300; tries += 1) {
    await new Promise((done) => setTimeout(done, 100))
    ready = await app.request('/health/ready')
  }
  assert.equal(ready.status, 200)
  const { checkedAt, ...answer } = await ready.json()
  assert.ok(Date.parse(checkedAt))
  assert.deepEqual(answer, {
    status: 'ready',
    message: 'ready: db=20260112113000 expected=20260112113000',
    database: '20260112113000',
    expected: '20260112113000',
  })
  assert.equal((await app.request('/guests', { method: 'POST', body: 'Ada' })).status, 201)
  assert.deepEqual(await (await app.request('/guests')).json(), [{ name: 'Ada' }])
})

test('a connection that breaks does not end the server, and a database that is gone makes it unready', async () => {
  const database = server.url('other')
  await server.createDatabase({ name: 'other' })
  const other = new pg.Pool({ connectionString: database })
  const { guests } = await import(pathToFileURL(join(files.folder, 'app.js')))
  const { default: migrations } = await import(pathToFileURL(join(files.folder, 'migrations.js')))
  const itsApp = guests(other, migrations)
  assert.equal((await itsApp.request('/guests')).status, 200)
  const admin = await server.connect()
  const lost = new Promise((done) => other.once('error', done))
  await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'other'`)
  await lost
  assert.equal((await itsApp.request('/guests')).status, 200)
  // An error of a request's own is no matter of readiness.
  assert.equal((await itsApp.request('/guests', { method: 'POST', body: 'a\0b' })).status, 500)
  await admin.query(`drop database other with (force)`)
  await admin.end()
  const unready = await probed(() => itsApp.request('/health/ready'))
  assert.equal(unready.status, 503)
  assert.match(unready.body.status, /^(database-failed|connection-lost)$/)
  await other.end()
})
