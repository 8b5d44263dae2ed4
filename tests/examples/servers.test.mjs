// The examples that are programs of their own: Deno and Bun, on a real PostgreSQL.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, test } from 'node:test'
import { freePort } from '../js/support/ports.mjs'
import { startPostgres } from '../js/support/postgres.mjs'
import { bun, deno } from '../packaging/support/runtimes.mjs'
import { embed, example, probed } from './support.mjs'

let server
before(async () => (server = await startPostgres()))
after(() => server.stop())

const programs = {
  deno: (port) => [
    deno,
    ['serve', '--allow-all', '--node-modules-dir=manual', '--host', '127.0.0.1', '--port', String(port), 'main.js'],
  ],
  bun: () => [bun, ['main.js']],
}

for (const [name, command] of Object.entries(programs))
  test(`${name}: requests at the start of a server find the database current`, async (t) => {
    const { folder, remove } = example(name, { packages: ['postgres'] })
    t.after(remove)
    embed(folder, 'migrations.js')
    const database = await server.createDatabase()
    const port = await freePort()
    const child = spawn(...command(port), {
      cwd: folder,
      env: { ...process.env, DATABASE_URL: server.url(database), PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let log = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text))
    t.after(() => child.kill('SIGKILL'))
    const url = `http://127.0.0.1:${port}/`
    await listening(url, child, () => log)
    // Bun's is migrated before it listens, Deno's at its first request: `listening` has made one.
    const probe = await probed(() => fetch(`${url}health/ready`))
    assert.deepEqual([probe.status, probe.body.message], [200, 'ready: db=20260112113000 expected=20260112113000'])
    const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(url).then((answer) => answer.json())))
    assert.deepEqual(
      answers,
      Array.from({ length: 10 }, () => []),
    )
    assert.deepEqual(await (await fetch(`${url}?name=Ada`)).json(), [{ name: 'Ada' }])
    const db = await server.connect(database)
    const { rows } = await db.query('select version from schema_migrations order by version')
    assert.deepEqual(
      rows.map(({ version }) => version),
      ['20260105090000', '20260112113000'],
    )
    await db.end()
  })

/** Waits until the server takes connections. */
async function listening(url, child, log) {
  for (;;) {
    try {
      return await (await fetch(url, { method: 'HEAD' })).arrayBuffer()
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`the server has ended: ${log()}`, { cause: error })
      await new Promise((done) => setTimeout(done, 50))
    }
  }
}
