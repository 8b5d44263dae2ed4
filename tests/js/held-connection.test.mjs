// A client that breaks says so by an event that ends the process if nobody listens: somebody does, from the first query
// to the end of the run, while the engine is being loaded too.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { migrate } from 'counterfoil/pg'
import pg from 'pg'
import { startPostgres } from './support/postgres.mjs'

test('somebody listens to a client as long as the run lasts', async (t) => {
  const server = await startPostgres()
  const client = new pg.Client({ connectionString: server.url(await server.createDatabase()) })
  await client.connect()
  t.after(async () => {
    await client.end()
    await server.stop()
  })
  // Its digest is not that of an empty ledger, so the engine is needed; nothing has loaded it yet.
  const files = [{ path: '1_a.sql', sql: 'create table a ();', checksum: null }]
  const manifest = { manifest: 1, convention: 'plain', digest: '0'.repeat(64), newest: '1', count: 1, files }
  const run = migrate(client, manifest).then(
    () => 'done',
    ({ code }) => code,
  )
  let over
  run.then((end) => (over = end))
  let turns = 0
  for (; !over; turns++) {
    await turn()
    if (!over) assert.ok(client.listenerCount('error') > 0, `nobody listens after ${turns} turns`)
  }
  // The digest is not that of the files: found out when the core was there.
  assert.equal(over, 'invalid-input')
  assert.ok(turns > 1)
  assert.equal(client.listenerCount('error'), 0)
})
