// Taking a ledger over, and a set in a schema, over connections that break at random: nothing is lost, and nothing done twice.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { neon } from '@neondatabase/serverless'
import { importLedger, migrate } from 'counterfoil/neon'
import { effects, tools } from './support/foreign-ledgers.mjs'
import { startPostgresAndNeon } from './support/neon.mjs'
import { random } from './support/random.mjs'

let server, endpoint, stop
before(async () => ({ server, endpoint, stop } = await startPostgresAndNeon()))
after(() => stop())

/** A database of its own, and who asks it beside what is tried. */
async function place(t) {
  const database = await server.createDatabase()
  endpoint.reset()
  const client = await server.connect(database)
  t.after(() => client.end())
  const query = async (sql) => (await client.query(sql)).rows
  return { db: neon(endpoint.url(database)), query }
}

/** Breaks one or two of the first requests: before they are carried out, or after. @returns how often it did */
function breaking(below) {
  const broken = [below(5), ...(below(3) === 0 ? [below(5)] : [])]
  let number = 0
  let times = 0
  endpoint.fault = () => {
    if (!broken.includes(number++)) return undefined
    times += 1
    return { drop: below(2) ? 'before' : 'after' }
  }
  return () => {
    endpoint.fault = undefined
    return times
  }
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
    const mended = breaking(below)
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
    const mended = breaking(below)
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
