// The core is started once, whoever asks for it first: here while it is being started already.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import { init, readSet } from 'counterfoil'
import { migrate, ready } from 'counterfoil/pglite'

test('a synchronous call while the core is being started, and all that was read stays good', async () => {
  const files = { '1_a.sql': 'create table a ();', '2_b.sql': 'create table b ();' }
  // Held up until the synchronous call has been made.
  let go
  const held = new Promise((done) => (go = done))
  let compiled = 0
  for (const name of ['compile', 'instantiate']) {
    const real = WebAssembly[name]
    WebAssembly[name] = async (...given) => {
      compiled += 1
      const made = await real.apply(WebAssembly, given)
      await held
      return made
    }
  }
  const starting = init()
  while (compiled === 0) await turn()
  assert.equal(readSet(files).migrations.length, 2)
  const db = new PGlite()
  const reading = ready(db, files)
  go()
  await starting
  assert.equal((await reading).status, 'behind')
  assert.equal((await migrate(db, files)).applied.length, 2)
  assert.equal((await ready(db, files)).status, 'ready')
  await db.close()
})
