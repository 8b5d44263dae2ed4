// Over Neon's HTTP any request may be lost on its way, or its reply: whichever it is, every migration is applied once.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { neon, neonConfig } from '@neondatabase/serverless'
import { migrate, plan, ready, rollback } from 'counterfoil/neon'
import { fails } from './support/errors.mjs'
import { startNeon } from './support/neon.mjs'
import { startPostgres } from './support/postgres.mjs'
import { random } from './support/random.mjs'
import { disagreements, leftovers, makeSet, nothing } from './support/sets.mjs'

// One of the twenty builds indexes concurrently, and so goes step by step.
const set = makeSet({ count: 20, every: 12, rows: 100 })
// For what is done often: the same in small.
const few = makeSet({ count: 6, every: 4, rows: 100 })

describe('faults of requests over HTTP', () => {
  let server, endpoint, admin, sql
  before(async () => {
    server = await startPostgres()
    endpoint = await startNeon(server)
    endpoint.configure(neonConfig)
    const database = await server.createDatabase()
    admin = await server.connect(database)
    sql = neon(endpoint.url(database))
  })
  after(async () => {
    await admin.end()
    await endpoint.stop()
    await server.stop()
  })

  /** The database as if it were new, which takes a tenth of the time. */
  async function open() {
    endpoint.reset()
    await admin.query('drop schema public cascade; create schema public')
  }

  async function whole(set) {
    assert.deepEqual(await disagreements(admin, set, { complete: true }), [])
    assert.deepEqual(await leftovers(admin, set), nothing)
  }

  /** Runs with faults, and looks at what has come out. */
  async function disturbed(set, fault, what) {
    await open()
    endpoint.fault = fault
    const { applied } = await migrate(sql, set.files)
    // What was applied and not heard of is in the report as well.
    assert.deepEqual(
      applied.map(({ path }) => path),
      Object.keys(set.files),
      what,
    )
    await whole(set)
    return endpoint.log.length
  }

  test('a reply that is lost after the work was committed: one run for each request', async (t) => {
    const requests = await disturbed(set)
    let most = 0
    for (let at = 1; at <= requests; at++)
      most = Math.max(most, await disturbed(set, ({ number }) => number === at && { drop: 'after' }, `request ${at}`))
    t.diagnostic(`${requests} requests in an undisturbed run, at most ${most} in one with a reply that is lost`)
  })

  const faults = {
    'a reply that is lost after the work was committed': { drop: 'after' },
    'a request that is lost before anything was done': { drop: 'before' },
    'an answer 507 in place of the work': { status: 507, text: 'insufficient storage' },
    'a gateway that gives up, in plain text, on work that was committed': {
      status: 502,
      after: true,
      text: 'bad gateway',
    },
    'an error 400 in plain text': { status: 400, text: 'upstream connect error' },
    'a request that is late': { delay: 20 },
  }
  for (const [title, fault] of Object.entries(faults))
    test(`${title}: every seventh request, beginning with each of the first seven`, async () => {
      for (let first = 0; first < 7; first++)
        await disturbed(few, ({ number }) => number % 7 === first && fault, `from ${first}`)
    })

  for (const seed of [1, 2, 3, 4])
    test(`three runners whose requests are late, and three of them lost: ${seed}`, async () => {
      await open()
      const next = random(seed)
      const lost = new Map(['before', 'after', 'after'].map((drop) => [1 + Math.floor(next() * 40), { drop }]))
      endpoint.fault = ({ number }) => ({ delay: Math.floor(next() * 25), ...lost.get(number) })
      const results = await Promise.all([1, 2, 3].map(() => migrate(sql, few.files)))
      const applied = new Set(results.flatMap(({ applied }) => applied.map(({ path }) => path)))
      assert.deepEqual([...applied].sort(), Object.keys(few.files))
      await whole(few)
    })

  test('the way back: a reply that is lost is not done twice', async () => {
    const down = (n) => `-- migrate:down\ninsert into trace values (${n});\n`
    const files = { '001_trace.sql': '-- migrate:up\ncreate table trace (n int);\n' }
    for (const n of [2, 3, 4]) files[`00${n}_x.sql`] = `-- migrate:up\nselect 1;\n${down(n)}`
    for (const drop of ['before', 'after'])
      for (let at = 1; at <= 4; at++) {
        await open()
        await migrate(sql, files)
        endpoint.reset()
        endpoint.fault = ({ number }) => number === at && { drop }
        const { reverted } = await rollback(sql, files, { steps: 3 })
        assert.deepEqual(
          reverted.map(({ version }) => version),
          ['004', '003', '002'],
        )
        assert.deepEqual(
          (await admin.query('select n from trace')).rows.map(({ n }) => n),
          [4, 3, 2],
          `${drop} at ${at}`,
        )
      }
  })

  for (const drop of ['before', 'after'])
    test(`a migration whose every request is lost ${drop} it is done`, async () => {
      const files = {
        '001_a.sql': '-- migrate:up\ncreate table a ();\n',
        '002_b.sql': '-- migrate:up\ncreate table b ();\n',
      }
      await open()
      endpoint.fault = ({ statements }) => statements.some((text) => text.startsWith('create table b')) && { drop }
      if (drop === 'after') assert.equal((await migrate(sql, files)).applied.length, 2)
      else
        await fails(migrate(sql, files), {
          code: 'connection-lost',
          message: /^the connection was lost: /,
          applied: ['001'],
        })
      endpoint.fault = undefined
      await migrate(sql, files)
      assert.equal((await admin.query(`select 1 from pg_tables where tablename in ('a', 'b')`)).rowCount, 2)
    })

  test('requests that are lost again and again: the connection is lost, and the database as it was', async () => {
    await open()
    await migrate(sql, few.files)
    endpoint.reset()
    endpoint.fault = () => ({ drop: 'before' })
    await fails(ready(sql, few.files), {
      code: 'connection-lost',
      message: /^the database could not be reached: .*fetch failed/,
    })
    // A health check wants to know now.
    assert.equal(endpoint.log.length, 2)
    endpoint.log.length = 0
    await fails(plan(sql, few.files), {
      code: 'connection-lost',
      message: /^the database could not be reached: .*fetch failed/,
    })
    assert.equal(endpoint.log.length, 4)
    endpoint.fault = () => ({ status: 507, text: 'too much of everything' })
    await fails(migrate(sql, few.files), {
      code: 'connection-lost',
      message: /^the database could not be reached: .*HTTP status 507.*too much of everything/,
    })
    endpoint.fault = undefined
    assert.equal((await migrate(sql, few.files)).status, 'current')
  })

  /** Runs a migration that fails at the end of a batch; how often its statements were sent once more. */
  async function failing(text, expected, { options, prepare } = {}) {
    await open()
    if (prepare) await admin.query(prepare)
    const files = { '001_a.sql': `-- migrate:up\ncreate table a ();\n${text}` }
    const error = await fails(migrate(sql, files, options), { code: 'statement-failed', ...expected })
    assert.equal((await admin.query(`select 1 from pg_tables where tablename = 'a'`)).rowCount, 0)
    return { error, trials: endpoint.log.filter(({ statements }) => statements.at(-1).startsWith('do $counterfoil$')) }
  }
  const unplaced = /^001_a\.sql:1:1: one of its statements failed: /

  test('finding out which statement failed takes no longer than a lock is waited for', async () => {
    const text = 'select pg_sleep(1);\nselect 1 / 0;\n'
    const { error, trials } = await failing(text, { message: /division by zero/ }, { options: { lockTimeout: 100 } })
    assert.match(error.message, unplaced)
    assert.deepEqual(
      trials.map(({ batch, statements }) => [batch, statements[0]]),
      [[true, 'set local statement_timeout = 100']],
    )
  })

  test('what ran out of time, or limits its own, is not tried again', async () => {
    const always = (what) => `do $$ begin execute format('alter database %I ${what}', current_database()); end $$`
    const slow = await failing(
      'select pg_sleep(60);\n',
      { message: /statement timeout \(57014\)/ },
      { prepare: always('set statement_timeout = 3000') },
    )
    await admin.query(always('reset statement_timeout'))
    assert.deepEqual(slow.trials, [])
    const limited = await failing("set local statement_timeout = '70s';\nselect 1 / 0;\n", { message: unplaced })
    assert.deepEqual(limited.trials, [])
    const dump = await failing('set statement_timeout = 0;\nselect 1 / 0;\n', {
      at: { path: '001_a.sql', line: 4, column: 1 },
    })
    assert.equal(dump.trials.length, 1)
  })

  test('a lost reply of that question: it is asked once more', async () => {
    await open()
    const files = { '001_a.sql': '-- migrate:up\ncreate table a ();\nselect 1 / 0;\n' }
    let asked = 0
    endpoint.fault = ({ statements }) =>
      statements.at(-1).startsWith('do $counterfoil$') && ++asked === 1 && { drop: 'after' }
    await fails(migrate(sql, files), { code: 'statement-failed', at: { path: '001_a.sql', line: 3, column: 1 } })
    assert.equal(asked, 2)
  })
})
