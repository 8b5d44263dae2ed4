// Flyway's callbacks: run where Flyway runs them, once per run that has something to do. The orders are those of Flyway's
// `DbMigrate.java` and `Flyway.java`.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { embed } from 'counterfoil/embed'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'

/** A callback that writes down its event. */
const noted = (event) =>
  `create table if not exists said (n serial, event text);\ninsert into said (event) values ('${event}')`
const events = [
  'beforeValidate',
  'afterValidate',
  'beforeMigrate',
  'beforeEachMigrate',
  'afterEachMigrate',
  'afterVersioned',
  'beforeRepeatables',
  'afterMigrateApplied',
  'afterMigrate',
  'afterMigrate__b',
  'afterMigrateOperationFinish',
]
const callbacks = Object.fromEntries(events.map((event) => [`${event}.sql`, noted(event)]))
const V1 = { 'V1__boxes.sql': 'create table boxes (n int)' }
const V2 = { 'V2__more.sql': 'alter table boxes add m int' }
const R = { 'R__all.sql': 'create or replace view all_boxes as select n from boxes' }
const before = ['beforeValidate', 'afterValidate', 'beforeMigrate']
const each = ['beforeEachMigrate', 'afterEachMigrate']
const after = ['afterMigrateApplied', 'afterMigrate', 'afterMigrate__b', 'afterMigrateOperationFinish']

onEachDatabase(
  ({ kind, api: { migrate, plan, ready }, open }) => {
    /** What was said since the last time. */
    const said = async ({ query, exec }) => {
      const rows = await query('select event from said order by n')
      await exec('truncate said')
      return rows.map(({ event }) => event)
    }

    test('each runs where Flyway runs it, and not where nothing is to do', async (t) => {
      const it = await open(t)
      const first = { ...callbacks, ...V1, ...R }
      assert.equal((await migrate(it.db, first)).applied.length, 2)
      assert.deepEqual(await said(it), [...before, ...each, 'afterVersioned', 'beforeRepeatables', ...each, ...after])
      assert.equal((await migrate(it.db, first)).status, 'current')
      assert.deepEqual(await said(it), [])
      // Without a repeatable one, what comes after those with a version comes last.
      await migrate(it.db, { ...first, ...V2 })
      assert.deepEqual(await said(it), [...before, ...each, 'afterVersioned', ...after])
      assert.equal((await ready(it.db, { ...first, ...V2 })).message, 'ready: db=2 expected=2')
      assert.deepEqual(await it.query('select distinct claimed_by from schema_migrations'), [{ claimed_by: null }])
    })

    if (!['postgres.js', 'HTTP'].includes(kind))
      test('what the database says by the way is handed on with the file of the callback', async (t) => {
        const { db } = await open(t)
        const says = (text) => `do $$ begin raise notice '${text}'; end $$;\n`
        const set = {
          ...V1,
          'beforeMigrate.sql': says('before'),
          'beforeEachMigrate.sql': says('each'),
          'later/afterMigrate__views.sql': says('after'),
        }
        const events = []
        await migrate(db, set, { onProgress: (event) => events.push(event) })
        assert.deepEqual(
          events
            .filter(({ kind }) => kind === 'notice')
            .map(({ message, version, name, path }) => [message, version, name, path]),
          [
            ['before', '', 'beforeMigrate.sql', 'beforeMigrate.sql'],
            ['each', '1', 'boxes', 'V1__boxes.sql'],
            ['after', '', 'later/afterMigrate__views.sql', 'later/afterMigrate__views.sql'],
          ],
        )
        assert.deepEqual(
          events.filter(({ kind }) => kind !== 'notice').map(({ kind, name }) => [kind, name]),
          [
            ['step', 'beforeMigrate.sql'],
            ['step', 'boxes'],
            ['applied', 'boxes'],
            ['step', 'later/afterMigrate__views.sql'],
          ],
        )
      })

    test('one that fails is told with its place, and the next run begins with them, also if nothing is pending', async (t) => {
      const it = await open(t)
      const broken = { ...V1, ...callbacks, 'afterMigrate.sql': '-- all\nselect nope;\n' }
      const error = await fails(migrate(it.db, broken), {
        code: 'statement-failed',
        at: { path: 'afterMigrate.sql', line: 2, column: 8 },
        statement: 'select nope',
        applied: ['1'],
      })
      assert.match(error.help, /^fix afterMigrate\.sql and run again: .*, 1 applied before it and kept$/)
      const set = { ...V1, ...callbacks }
      const { httpStatus, message } = await ready(it.db, set)
      assert.deepEqual([httpStatus, message], [503, 'drift: db=1 expected=1 pending=callbacks'])
      assert.deepEqual(
        (await plan(it.db, set)).findings.map(({ code, severity }) => [code, severity]),
        [['callbacks-owed', 'warning']],
      )
      await said(it)
      assert.deepEqual((await migrate(it.db, embed(set))).applied, [])
      assert.deepEqual(await said(it), [...before, 'afterVersioned', ...after])
      assert.equal((await migrate(it.db, embed(set))).status, 'current')
      assert.deepEqual(await said(it), [])
    })

    test('what is its own fault is told with its place, whatever another run could have brought about', async (t) => {
      for (const [sql, line, state] of [
        ['select 1;\ngrant select on boxes to nobody_of_that_name', 2, '42704'],
        ['create table boxes (n int)', 1, '42P07'],
        ['alter table boxes add n int', 1, '42701'],
        [
          'insert into boxes values (1);\ncreate unique index boxes_n on boxes (n);\ninsert into boxes values (1)',
          3,
          '23505',
        ],
        // The text with which a statement of the run's own says that a row is gone.
        ["select 'counterfoil: the row is gone: 1'::int", 1, '22P02'],
      ]) {
        const it = await open(t)
        const events = []
        const error = await fails(
          migrate(it.db, { ...V1, 'afterMigrate.sql': sql }, { onProgress: (event) => events.push(event.kind) }),
          { code: 'statement-failed', applied: ['1'] },
        )
        assert.deepEqual([error.at.path, error.at.line], ['afterMigrate.sql', line], sql)
        assert.match(error.message, new RegExp(`\\(${state}\\)`))
        assert.match(error.help, /^fix afterMigrate\.sql and run again/)
        assert.ok(!events.includes('waiting'), sql)
        await it.exec('drop table boxes, schema_migrations')
      }
    })

    if (kind === 'PostgreSQL')
      test('one that meets another run of itself is tried again', async (t) => {
        const it = await open(t)
        const [other, third] = [await it.session(), await it.session()]
        await migrate(it.db, V1)
        await other.query('begin; create table made (n int)')
        const set = { ...V1, ...V2, 'afterMigrate.sql': 'drop table if exists made; create table made (n int, m int)' }
        const run = migrate(it.db, set)
        for (;;) {
          // A transaction sees the activity of its beginning.
          const { rows } = await third.query(
            `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%create table made%' and datname = current_database()`,
          )
          if (rows[0]) break
        }
        await other.query('commit')
        assert.deepEqual((await run).applied.length, 1)
        assert.deepEqual(await it.query('select n, m from made'), [])
      })

    test('one of each migration is in its transaction, and its failure has its own place', async (t) => {
      const it = await open(t)
      const set = { ...V1, 'afterEachMigrate.sql': 'select 1;\nselect nope\n-- without an end' }
      await fails(migrate(it.db, set), {
        code: 'statement-failed',
        at: { path: 'afterEachMigrate.sql', line: 2, column: 8 },
        statement: 'select nope',
        applied: [],
      })
      assert.deepEqual(await it.query("select to_regclass('boxes') as boxes"), [{ boxes: null }])
      const wrong = {
        'V1__boxes.sql': 'create table boxes (n int);\nselect wrong',
        'beforeEachMigrate.sql': 'select 1',
      }
      await fails(migrate(it.db, wrong), {
        at: { path: 'V1__boxes.sql', line: 2, column: 8 },
        statement: 'select wrong',
      })
      const role = {
        ...V1,
        'beforeEachMigrate.sql': "set local search_path = 'elsewhere'",
        'beforeMigrate.sql': 'create schema elsewhere',
      }
      await migrate(it.db, role)
      assert.deepEqual(await it.query("select schemaname from pg_tables where tablename = 'boxes'"), [
        { schemaname: 'elsewhere' },
      ])
    })

    test('one that cannot run in a transaction runs outside of one', async (t) => {
      const it = await open(t)
      const set = { ...V1, 'afterMigrate.sql': 'vacuum boxes;\nanalyze boxes;\n', 'afterMigrate__x.sql': noted('x') }
      await migrate(it.db, set)
      assert.deepEqual(await said(it), ['x'])
      const at = { path: 'V2__i.sql', line: 1, column: 1 }
      for (const more of [
        { 'V2__i.sql': 'create index concurrently i on boxes (n)', 'beforeEachMigrate.sql': 'select 1' },
        { 'V2__i.sql': 'create index i on boxes (n)', 'afterEachMigrate__log.sql': 'vacuum boxes' },
      ]) {
        // The plan says what the run refuses, in the same words and at the same place.
        const { findings } = await plan(it.db, { ...set, ...more })
        const [wrong] = findings.filter(({ severity }) => severity === 'error')
        assert.match(wrong?.message ?? '', /^this migration runs step by step, and beforeEachMigrate/)
        assert.deepEqual(wrong.at, at)
        await fails(migrate(it.db, { ...set, ...more }), {
          code: 'plan-refused',
          message: `V2__i.sql:1:1: nothing was run: ${wrong.message}`,
          help: wrong.help,
          at,
        })
      }
      assert.deepEqual(await said(it), [])
    })

    test('what cannot be run is refused before anything is', async (t) => {
      const it = await open(t)
      const nothing = async () =>
        assert.deepEqual(await it.query("select to_regclass('boxes') as boxes"), [{ boxes: null }])
      await fails(migrate(it.db, { ...V1, 'afterMigrate.sql': "select 'open" }), {
        code: 'plan-refused',
        at: { path: 'afterMigrate.sql', line: 1, column: 8 },
      })
      await nothing()
      await fails(migrate(it.db, { ...V1, 'afterConnect.sql': 'select 1' }), {
        code: 'plan-refused',
        at: { path: 'afterConnect.sql', line: 1, column: 1 },
      })
      await nothing()
    })

    if (kind === 'PostgreSQL')
      test('a run that is killed between a migration and the callback is made up for', async (t) => {
        const it = await open(t)
        const other = await it.session()
        const [{ pid }] = (await other.query('select pg_backend_pid() as pid')).rows
        const set = { ...V1, 'afterMigrate.sql': `select pg_sleep(30);` }
        const run = migrate(other, set)
        run.catch(() => {})
        for (;;) {
          const [row] = await it.query(
            `select 1 from pg_stat_activity where pid = ${pid} and query like '%pg_sleep(30)%' and state = 'active'`,
          )
          if (row) break
        }
        await it.query(`select pg_terminate_backend(${pid})`)
        await assert.rejects(run)
        assert.deepEqual(await it.query('select version, state from schema_migrations'), [
          { version: '1', state: 'applied' },
        ])
        await migrate(it.db, { ...V1, 'afterMigrate.sql': noted('after') })
        assert.deepEqual(await said(it), ['after'])
      })

    test('runners that come together apply once, and each callback follows', async (t) => {
      if (kind !== 'PostgreSQL') return
      const it = await open(t)
      const set = { ...V1, ...V2, 'afterMigrate.sql': 'insert into boxes values (1, 2)' }
      const runners = await Promise.all([1, 2, 3].map(() => it.session()))
      const results = await Promise.all(runners.map((db) => migrate(db, set)))
      assert.equal(results.flatMap(({ applied }) => applied).length, 2)
      const [{ count }] = await it.query('select count(*)::int as count from boxes')
      assert.ok(count >= 1 && count <= 3, `${count}`)
      assert.equal((await ready(it.db, set)).httpStatus, 200)
    })
  },
  ['HTTP'],
)

describe('a callback', () => {
  test('is carried by a manifest', () => {
    const { files, count } = embed({ ...V1, ...callbacks })
    assert.equal(count, 1)
    assert.ok(files.some(({ path, sql }) => path === 'afterMigrate.sql' && sql === noted('afterMigrate')))
  })
})
