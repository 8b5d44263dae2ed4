// A ledger is taken over through connections that break at random: nothing is lost, and nothing done twice.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { neon } from '@neondatabase/serverless'
import { importLedger, migrate } from 'counterfoil/neon'
import { breaking, placeOn } from './support/faults.mjs'
import { effects, tools } from './support/foreign-ledgers.mjs'
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

test('a ledger is taken over whole or not at all, 200 times', async (t) => {
  const { db, query } = await place(t)
  const { ddl, rows, set, options, versions } = tools.goose
  await query(`${ddl}; ${rows}; ${effects}`)
  const theirs = () => query('select t::text as row from goose_db_version t order by id')
  const untouched = await theirs()
  const chance = random(97)
  const below = (limit) => Math.floor(chance() * limit)
  let faults = 0
  let done = 0
  for (let round = 0; round < 200; round += 1) {
    await query('drop table if exists schema_migrations')
    const mended = breaking(on.endpoint, below)
    const ended = await importLedger(db, set, options).then(
      ({ status }) => status,
      ({ code }) => code,
    )
    faults += mended()
    const [{ there }] = await query("select to_regclass('schema_migrations') is not null as there")
    const now = there ? (await query('select version from schema_migrations order by 1')).map((row) => row.version) : []
    if (ended === 'changed' || ended === 'unchanged') {
      done += 1
      assert.deepEqual(now, versions.slice(0, 2), `round ${round}`)
    } else {
      assert.equal(ended, 'connection-lost', `round ${round}`)
      assert.ok(now.length === 0 || now.length === 2, `round ${round}: ${now}`)
      await importLedger(db, set, options)
    }
    assert.deepEqual(
      (await migrate(db, set, options)).applied.map(({ version }) => version),
      [versions[2]],
    )
    await query('alter table accounts drop column note')
  }
  assert.deepEqual(await theirs(), untouched)
  // What had run has not run again.
  assert.deepEqual(await query('select cents::int as cents from accounts'), [{ cents: 10000 }])
  assert.ok(faults >= 200 && done > 100, `${faults} faults, ${done} done at once`)
})
