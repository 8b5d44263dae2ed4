// A set in a schema, through connections that break at random: nothing is lost, and nothing done twice.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { neon } from '@neondatabase/serverless'
import { migrate } from 'counterfoil/neon'
import { breaking, placeOn } from './support/faults.mjs'
import { startPostgresAndNeon } from './support/neon.mjs'
import { random } from './support/random.mjs'

let on
before(async () => (on = await startPostgresAndNeon()))
after(() => on.stop())

/** A database over HTTP. */
async function place(t) {
  const { database, query } = await placeOn(t, on)
  return { db: neon(on.endpoint.url(database)), query }
}

test('a set in a schema is there once and whole, 60 times', async (t) => {
  const { db, query } = await place(t)
  const set = Object.fromEntries(
    ['a', 'b', 'c'].map((name, at) => [
      `00${at + 1}_${name}.sql`,
      `create table ${name} (n int); insert into ${name} values (1);\n`,
    ]),
  )
  const chance = random(98)
  const below = (limit) => Math.floor(chance() * limit)
  let faults = 0
  for (let round = 0; round < 60; round += 1) {
    const schema = `tenant "${round}", of all`
    const mended = breaking(on.endpoint, below)
    await migrate(db, set, { schema }).catch(({ code }) => assert.equal(code, 'connection-lost', `round ${round}`))
    faults += mended()
    await migrate(db, set, { schema })
    const quoted = `"tenant ""${round}"", of all"`
    const [counts] = await query(
      `select (select count(*)::int from ${quoted}.a) as a, (select count(*)::int from ${quoted}.b) as b,
        (select count(*)::int from ${quoted}.c) as c, (select count(*)::int from ${quoted}.schema_migrations) as rows`,
    )
    assert.deepEqual(counts, { a: 1, b: 1, c: 1, rows: 3 }, `round ${round}`)
  }
  const inPublic = await query("select relname from pg_class where relnamespace = 'public'::regnamespace")
  assert.deepEqual(inPublic, [])
  assert.ok(faults >= 60, `${faults} faults`)
})
