// A manifest, and a database that is current: one query. That neither engine nor core is loaded for it is shown in
// tests/packaging; here, that the answer is the core's.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plan as planOf, readSet, readiness } from 'counterfoil'
import { digestQuery } from '../../pkg/run/digest.js'
import { onEachDatabase } from './support/databases.mjs'
import { notes } from './support/drivers.mjs'
import { fails } from './support/errors.mjs'
import { manifestOf } from './support/manifest.mjs'

const manifest = manifestOf(notes)
const untimed = (result) => ({ ...result, elapsedMs: 0 })

/** A database that counts what is sent through it. */
function counting(db) {
  const sent = []
  const counted = new Proxy(db, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args) => {
        // A Sync asks nothing: a PGlite answers it with the state of the session.
        const asks = ['query', 'exec', 'execProtocolRaw'].includes(name) && args[0][0] !== 'S'.charCodeAt(0)
        if (asks) sent.push(args[0].text ?? args[0])
        return value.apply(target, args)
      }
    },
  })
  return { counted, sent }
}

onEachDatabase(({ api: { migrate, plan, ready, rollback }, open }) => {
  test('a database that is current is told by one query, and the answer is the one of the core', async (t) => {
    const { db, query } = await open(t)
    await migrate(db, notes)
    const { counted, sent } = counting(db)
    assert.deepEqual(untimed(await migrate(counted, manifest)), untimed(await migrate(db, notes)))
    assert.equal(sent.length, 1)
    assert.deepEqual(await ready(counted, manifest), await ready(db, notes))
    assert.equal(sent.length, 2)
    const [{ same, open: inTransaction }] = await query(sent[0])
    assert.deepEqual([same, typeof inTransaction], ['true', 'string'])
    assert.ok(JSON.stringify(await query(sent[0])).length < 200)
  })

  test('a plan asks for the tables of the set only where there is no ledger, and there are tables', async (t) => {
    const { db, exec } = await open(t)
    const { counted, sent } = counting(db)
    const asked = async () => {
      const before = sent.length
      await plan(counted, notes)
      return sent.length - before
    }
    const ofNew = await asked()
    await exec('create table of_somebody_else ()')
    const withTables = await asked()
    await migrate(db, notes)
    // The last two are the table's columns and its rows.
    assert.deepEqual([ofNew, withTables, await asked()], [1, 2, 2])
  })

  test('a manifest does all that its files do, with as many messages', async (t) => {
    const { db } = await open(t)
    const [first, other] = [counting(db), counting(db)]
    assert.deepEqual(await ready(first.counted, manifest), await ready(other.counted, notes))
    assert.deepEqual(first.sent, other.sent)
    const messages = first.sent.length
    const result = await migrate(first.counted, manifest)
    assert.deepEqual(
      [result.status, result.applied.length, result.roundTrips],
      ['migrated', 2, first.sent.length - messages],
    )
    await rollback(db, manifest, { steps: 2 })
    const byFiles = await migrate(db, notes)
    await rollback(db, notes, { steps: 2 })
    const byManifest = await migrate(db, manifest)
    assert.deepEqual(untimed(byManifest), untimed(byFiles))
    assert.deepEqual(await plan(db, manifest), await plan(db, notes))
  })

  test('a ledger that is ahead, behind or edited is looked at by the core', async (t) => {
    const { db, query } = await open(t)
    await migrate(db, manifestOf({ '001_notes.sql': notes['001_notes.sql'] }))
    const behind = await migrate(db, manifest)
    assert.deepEqual(
      behind.applied.map(({ version }) => version),
      ['002'],
    )
    await query(`insert into schema_migrations (version, checksum) values ('003', 'sha256:00')`)
    assert.equal((await ready(db, manifest)).status, 'ahead')
    await query(`delete from schema_migrations where version = '003'`)
    await query(`update schema_migrations set checksum = 'sha256:00', fingerprint = 'sha256:00' where version = '002'`)
    assert.equal((await ready(db, manifest)).status, 'drifted')
    await fails(migrate(db, manifest), { code: 'plan-refused' })
  })

  test('rows that a baseline has superseded do not count', async (t) => {
    const { db, query } = await open(t)
    await migrate(db, notes)
    const replaces = readSet(notes).migrations.map(({ version, checksum }) => ({ version, checksum }))
    const squashed = {
      '003_base.sql': '-- migrate:up\ncreate table notes (id int primary key, title text);\n',
      '.counterfoil/003_base.json': JSON.stringify({ replaces }),
    }
    assert.equal((await migrate(db, squashed)).adopted.length, 1)
    assert.equal((await query('select 1 from schema_migrations where replaced_by is not null')).length, 2)
    const { counted, sent } = counting(db)
    const { status, skipped } = await migrate(counted, manifestOf(squashed))
    assert.deepEqual([status, skipped, sent.length], ['current', 1, 1])
    assert.deepEqual(await ready(counted, manifestOf(squashed)), await ready(db, squashed))
  })

  test('a baseline whose files are still there, and newer than it, is judged as by the core', async (t) => {
    const { db } = await open(t)
    await migrate(db, notes)
    const replaces = readSet(notes).migrations.map(({ version, checksum }) => ({ version, checksum }))
    const squashed = {
      ...notes,
      '000_base.sql': '-- migrate:up\ncreate table notes (id int primary key, title text);\n',
      '.counterfoil/000_base.json': JSON.stringify({ replaces }),
    }
    await migrate(db, squashed)
    const { counted, sent } = counting(db)
    assert.deepEqual(await ready(counted, manifestOf(squashed)), await ready(db, squashed))
    assert.equal((await migrate(counted, manifestOf(squashed))).status, 'current')
    assert.equal(sent.length, 2)
  })

  test('options are checked as ever, and those that say more are left to the core', async (t) => {
    const { db } = await open(t)
    await migrate(db, notes)
    const { counted, sent } = counting(db)
    for (const options of [
      { when: 'wait' },
      { when: 'refuse' },
      { policy: { collision: 'warning' } },
      { convention: 'dbmate' },
      { table: 'public.schema_migrations' },
    ]) {
      sent.length = 0
      assert.equal((await migrate(counted, manifest, options)).status, 'current')
      assert.equal(sent.length, 1, JSON.stringify(options))
    }
    for (const set of [manifest, notes]) {
      await fails(migrate(db, set, { tabel: 'x' }), { code: 'invalid-input', message: 'there is no option tabel here' })
      await fails(migrate(db, set, { policy: { edited: 'note' } }), {
        code: 'invalid-input',
        message: 'the policy has an unknown key, "edited"',
      })
      await fails(migrate(db, set, { policy: { collision: 'bad' } }), { code: 'invalid-input', message: /policy/ })
      await fails(migrate(db, set, { table: { schema: 7, name: 'x' } }), { code: 'invalid-input', message: /schema/ })
    }
    const { digest } = await plan(db, manifest)
    assert.equal((await migrate(db, manifest, { expect: digest })).status, 'current')
    const plain = await plan(db, manifest, { convention: 'sqlx' })
    assert.equal(plain.decisions[0].code, 'edited')
    assert.equal((await ready(db, manifest, { table: 'ops.other' })).status, 'behind')
    assert.equal(
      await migrate(db, manifest, { table: 'ops.other', when: 'apply', policy: { 'in-progress': 'note' } }).catch(
        ({ code }) => code,
      ),
      'database-not-empty',
    )
  })

  test('a run that is told to stop stops', async (t) => {
    const { db } = await open(t)
    await migrate(db, notes)
    const { counted, sent } = counting(db)
    await fails(migrate(counted, manifest, { signal: AbortSignal.abort(new Error('enough')) }), { code: 'aborted' })
    assert.deepEqual(sent, [])
    const controller = new AbortController()
    const running = ready(counted, manifest, { signal: controller.signal })
    controller.abort(new Error('enough'))
    const error = await fails(running, { code: 'aborted' })
    assert.equal(error.cause.message, 'enough')
  })

  test('a manifest that is not that of its files is refused before anything runs', async (t) => {
    const { db, query } = await open(t)
    const message = (what) => ({
      code: 'invalid-input',
      message: `the manifest's ${what} is not that of its files`,
      help: 'run `counterfoil embed` again',
    })
    await fails(migrate(db, { ...manifest, digest: '0'.repeat(64) }), message('digest'))
    await fails(ready(db, { ...manifest, digest: null }), message('digest'))
    await fails(plan(db, { ...manifest, newest: '7' }), message('newest version'))
    await fails(rollback(db, { ...manifest, count: 3 }), message('count'))
    assert.deepEqual(await query(`select 1 from pg_tables where tablename in ('notes', 'schema_migrations')`), [])
  })

  test('tables with odd names are asked about in the same words as by the core', async (t) => {
    const { db } = await open(t)
    for (const table of [
      'schema_migrations',
      'ops.applied',
      { name: 'Größe "x"' },
      { schema: `it's`, name: 'a\\b' },
      { schema: '.', name: '.' },
      'a..b',
    ]) {
      const { counted, sent } = counting(db)
      await ready(counted, notes, { table })
      const known =
        typeof table === 'string' ? table.match(/^(?:([^.]*)\.)?(.*)$/s).slice(1) : [table.schema, table.name]
      assert.equal(digestQuery({ schema: known[0] ?? 'public', name: known[1] }, manifest.digest, true), sent[0])
    }
  })
})

test('a manifest that is wrong in itself is refused', async () => {
  const db = { query: () => assert.fail('it was asked'), exec: () => assert.fail('it was asked') }
  const { migrate } = await import('counterfoil/pglite')
  const cases = [
    [{ manifest: 2 }, 'the manifest has the form 2, and this version of counterfoil reads the form 1'],
    [{ convention: undefined }, 'the manifest does not name its convention'],
    [{ digest: `'; drop table notes; --` }, 'the manifest has a digest that is neither null nor 64 hex digits'],
    [{ digest: manifest.digest.toUpperCase() }, 'the manifest has a digest that is neither null nor 64 hex digits'],
    [{ digest: undefined }, 'the manifest has a digest that is neither null nor 64 hex digits'],
    [{ newest: 2 }, 'the manifest has a newest version that is neither null nor a string'],
    [{ count: -1 }, 'the manifest has a count that is not a whole number'],
    [{ files: notes }, 'the manifest has no array of files'],
    [{ digest: null, files: [{ path: '001_a.sql' }] }, '001_a.sql is undefined'],
    [{ digest: null, files: [null] }, 'files[0] is null'],
  ]
  for (const [fields, message] of cases)
    await fails(migrate(db, { ...manifest, ...fields }), { code: 'invalid-input', message })
})

test('the functions without a database take a manifest', () => {
  assert.deepEqual(planOf(manifest, [{ version: '001' }]), planOf(notes, [{ version: '001' }]))
  assert.deepEqual(readiness(manifest, []), readiness(notes, []))
  assert.deepEqual(readSet(manifest), readSet(notes))
  // Both fit `1_a.sql`; the manifest knows which it is.
  const files = { '1_a.sql': 'select 1;' }
  assert.equal(readSet({ ...manifestOf(files), convention: 'sqlx' }).convention, 'sqlx')
})
