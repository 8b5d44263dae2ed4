// What every driver must do, whatever the database: each suite hands in how to make an empty one.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fails } from './errors.mjs'

export const notes = {
  '001_notes.sql': '-- migrate:up\ncreate table notes (id int primary key);\n-- migrate:down\ndrop table notes;\n',
  '002_title.sql': '-- migrate:up\nalter table notes add title text;\n-- migrate:down\nalter table notes drop title;\n',
}

/**
 * @param {string} name
 * @param {{ migrate, plan, ready, rollback }} api
 * @param {() => Promise<{ db, query: (sql: string) => Promise<object[]>, close: () => Promise<void> }>} open
 */
export function driverSuite(name, { migrate, plan, ready, rollback }, open) {
  const on = (title, work) =>
    test(title, async () => {
      const database = await open()
      try {
        await work(database)
      } finally {
        await database.close()
      }
    })
  const columns = (query) =>
    query(`select column_name as c from information_schema.columns where table_name = 'notes' order by 1`)

  describe(name, () => {
    on(
      'brings an empty database current, once, and says so in one round trip the second time',
      async ({ db, query }) => {
        const first = await migrate(db, notes)
        assert.equal(first.status, 'migrated')
        assert.deepEqual(first.applied, [
          { version: '001', name: 'notes', path: '001_notes.sql' },
          { version: '002', name: 'title', path: '002_title.sql' },
        ])
        assert.deepEqual(await columns(query), [{ c: 'id' }, { c: 'title' }])
        const second = await migrate(db, notes)
        assert.deepEqual(
          { ...second, elapsedMs: 0 },
          {
            status: 'current',
            applied: [],
            adopted: [],
            reverted: [],
            skipped: 2,
            findings: [],
            decisions: [],
            roundTrips: 1,
            elapsedMs: 0,
          },
        )
      },
    )

    on('plans and judges a database without a ledger, and writes nothing', async ({ db, query }) => {
      const { decisions } = await plan(db, notes)
      assert.deepEqual(
        decisions.map(({ action, code, version }) => [action, code, version]),
        [
          ['apply', 'pending', '001'],
          ['apply', 'pending', '002'],
        ],
      )
      assert.deepEqual(await ready(db, notes), {
        status: 'behind',
        httpStatus: 503,
        expected: '002',
        message: 'drift: db=none expected=002 pending=001,+1',
      })
      assert.deepEqual(await query(`select 1 from pg_tables where tablename = 'schema_migrations'`), [])
      await migrate(db, notes)
      assert.equal((await ready(db, notes)).status, 'ready')
    })

    on('goes back in reverse order, and no further than asked', async ({ db, query }) => {
      await migrate(db, notes)
      const { reverted } = await rollback(db, notes)
      assert.deepEqual(
        reverted.map(({ version }) => version),
        ['002'],
      )
      assert.deepEqual(await columns(query), [{ c: 'id' }])
      await migrate(db, notes)
      assert.deepEqual(
        (await rollback(db, notes, { steps: 2 })).reverted.map(({ version }) => version),
        ['002', '001'],
      )
      assert.deepEqual(await columns(query), [])
      await fails(rollback(db, notes), { code: 'nothing-to-roll-back' })
    })

    on('goes back to a version', async ({ db }) => {
      await migrate(db, notes)
      assert.deepEqual(
        (await rollback(db, notes, { to: '001' })).reverted.map(({ version }) => version),
        ['002'],
      )
    })

    on('says where a statement has a syntax error, and keeps what was applied before', async ({ db, query }) => {
      const set = { ...notes, '003_bad.sql': '-- migrate:up\n\nselect 1;\n  select é, frm from where;\n' }
      const error = await fails(migrate(db, set), {
        code: 'statement-failed',
        applied: ['001', '002'],
        message: /syntax error at or near "where" \(42601\)/,
        statement: 'select é, frm from where',
        at: { path: '003_bad.sql', line: 4, column: 22 },
      })
      assert.ok(error.message.startsWith(`003_bad.sql:${error.at.line}:${error.at.column}: `), error.message)
      // The error of the driver: Bun's has the SQLSTATE beside a code of its own.
      assert.equal(error.cause.errno ?? error.cause.code, '42601')
      assert.deepEqual(await query('select version from schema_migrations order by 1'), [
        { version: '001' },
        { version: '002' },
      ])
    })

    on('says which statement failed where the database names no position', async ({ db, query }) => {
      const set = {
        '001_x.sql':
          '-- migrate:up\ncreate table x (n int);\ninsert into x values (1);\ninsert into x\n  values (1 / 0);\n',
      }
      const place = { at: { path: '001_x.sql', line: 4, column: 1 }, statement: 'insert into x\n  values (1 / 0)' }
      await fails(migrate(db, set), {
        code: 'statement-failed',
        message: /division by zero \(22012\)/,
        applied: [],
        ...place,
      })
      assert.deepEqual(await query(`select 1 from pg_tables where tablename = 'x'`), [])
    })

    on('applies a migration that cannot run in a transaction, step by step', async ({ db, query }) => {
      const set = {
        ...notes,
        '003_index.sql':
          '-- migrate:up\ncreate index concurrently notes_title on notes (title);\ninsert into notes values (1);\n',
      }
      const events = []
      const { applied } = await migrate(db, set, { onProgress: (event) => events.push(event) })
      assert.equal(applied.length, 3)
      assert.deepEqual(
        await query(`select indisvalid::text as valid from pg_index where indexrelid = 'notes_title'::regclass`),
        [{ valid: 'true' }],
      )
      assert.deepEqual(
        events.map(
          ({ kind, version, step, steps, done, total }) => `${kind} ${version} ${step}/${steps} ${done}/${total}`,
        ),
        [
          'step 001 1/1 0/3',
          'applied 001 1/1 1/3',
          'step 002 1/1 1/3',
          'applied 002 1/1 2/3',
          'step 003 1/2 2/3',
          'step 003 2/2 2/3',
          'applied 003 1/1 3/3',
        ],
      )
    })

    on('is not stopped by an onProgress that throws, and says so', async ({ db }) => {
      const thrown = await migrate(db, notes, {
        onProgress() {
          throw new Error('no bar')
        },
      })
      assert.equal(thrown.applied.length, 2)
      assert.deepEqual(
        thrown.findings.map(({ code, message }) => [code, message]),
        [['progress-failed', 'onProgress failed: no bar']],
      )
      await rollback(db, notes, {
        onProgress: async () => {
          throw new Error('later')
        },
      })
    })

    on('stops between two migrations when it is told to', async ({ db, query }) => {
      const controller = new AbortController()
      const run = migrate(db, notes, {
        signal: controller.signal,
        onProgress: ({ kind }) => kind === 'applied' && controller.abort(new Error('enough')),
      })
      const error = await fails(run, { code: 'aborted', applied: ['001'] })
      assert.equal(error.cause.message, 'enough')
      assert.deepEqual(await columns(query), [{ c: 'id' }])
      assert.equal((await migrate(db, notes)).applied.length, 1)
    })

    // What is under way is waited for; what has not been sent yet, since the connection has to be waited for, never is.
    on('stops at the migration that begins when it is told to, and knows which side of it', async ({ db, query }) => {
      const set = { ...notes, '003_last.sql': '-- migrate:up\ncreate table last ();\n' }
      const controller = new AbortController()
      const abort = ({ kind, version }) =>
        kind === 'step' && version === '002' && queueMicrotask(() => controller.abort())
      const error = await fails(migrate(db, set, { signal: controller.signal, onProgress: abort }), { code: 'aborted' })
      assert.ok(error.applied.includes('001') && !error.applied.includes('003'), `${error.applied}`)
      assert.deepEqual(
        (await query('select version from schema_migrations order by 1')).map(({ version }) => version),
        error.applied,
      )
      assert.deepEqual(
        [...error.applied, ...(await migrate(db, set)).applied.map(({ version }) => version)],
        ['001', '002', '003'],
      )
    })

    on('stops while it waits when it is told to', async ({ db }) => {
      await fails(migrate(db, notes, { when: 'wait', signal: AbortSignal.timeout(100) }), {
        code: 'aborted',
        applied: [],
      })
      await fails(ready(db, notes, { signal: AbortSignal.abort() }), { code: 'aborted' })
    })

    on('keeps session settings of one migration from the next', async ({ db, query }) => {
      const set = {
        '001_a.sql': `-- migrate:up\ncreate schema app;\nselect set_config('search_path', '', false);\ncreate table app.a ();\n`,
        '002_b.sql': '-- migrate:up\ncreate table b ();\n',
      }
      await migrate(db, set)
      assert.deepEqual(await query(`select schemaname as s from pg_tables where tablename = 'b'`), [{ s: 'public' }])
    })

    on('applies nothing if the plan is refused', async ({ db, query }) => {
      await migrate(db, notes)
      const edited = {
        ...notes,
        '001_notes.sql': notes['001_notes.sql'].replace('int', 'bigint'),
        '003_c.sql': '-- migrate:up\ncreate table c ();\n',
      }
      await fails(migrate(db, edited), { code: 'plan-refused', message: /001_notes\.sql/ })
      assert.deepEqual(await query(`select 1 from pg_tables where tablename = 'c'`), [])
      assert.equal((await migrate(db, edited, { policy: { 'edited-semantic': 'warning' } })).applied.length, 1)
    })

    on('applies exactly the plan that was reviewed', async ({ db }) => {
      const { digest } = await plan(db, notes)
      await fails(migrate(db, { ...notes, '003_c.sql': '-- migrate:up\nselect 1;\n' }, { expect: digest }), {
        code: 'plan-changed',
      })
      assert.equal((await migrate(db, notes, { expect: digest })).applied.length, 2)
    })

    on('refuses if something is pending and it is told to', async ({ db }) => {
      await fails(migrate(db, notes, { when: 'refuse' }), { code: 'pending' })
      await fails(migrate(db, notes, { when: 'wait', waitTimeout: 50 }), { code: 'wait-timeout' })
      await migrate(db, notes)
      assert.equal((await migrate(db, notes, { when: 'refuse' })).status, 'current')
    })

    on('keeps the ledger where the table option says', async ({ db, query }) => {
      await migrate(db, notes, { table: 'ops.applied' })
      assert.deepEqual(await query('select version from ops.applied order by 1'), [
        { version: '001' },
        { version: '002' },
      ])
      assert.equal((await ready(db, notes, { table: { schema: 'ops', name: 'applied' } })).status, 'ready')
      assert.equal((await ready(db, notes)).status, 'behind')
    })

    on('applies each migration once with several runs at once', async ({ db, query }) => {
      const set = { ...notes, '003_one.sql': '-- migrate:up\ninsert into notes values (1);\nselect pg_sleep(0.1);\n' }
      const results = await Promise.all([migrate(db, set), migrate(db, set), ready(db, set), migrate(db, set)])
      assert.equal(results.flatMap(({ applied = [] }) => applied).length, 3)
      assert.deepEqual(await query('select id from notes'), [{ id: 1 }])
    })

    on('takes files that are loaded when they are needed', async ({ db }) => {
      const lazy = {
        '001_notes.sql': async () => ({ default: notes['001_notes.sql'] }),
        '002_title.sql': { default: notes['002_title.sql'] },
      }
      assert.equal((await migrate(db, lazy)).applied.length, 2)
      await fails(migrate(db, { '001_x.sql': () => Promise.reject(new Error('404')) }), {
        code: 'invalid-input',
        message: '001_x.sql could not be loaded: 404',
      })
    })

    on('names an option that is wrong', async ({ db }) => {
      await fails(migrate(db, notes, { tabel: 'x' }), {
        code: 'invalid-input',
        message: 'there is no option tabel here',
      })
      await fails(migrate(db, notes, { lockTimeout: '5s' }), {
        code: 'invalid-input',
        message: 'the option lockTimeout is not a whole number of milliseconds',
      })
      await fails(migrate(db, notes, { when: 'never' }), {
        code: 'invalid-input',
        message: 'the option when is not one of apply, wait, refuse',
      })
      await fails(migrate(db, notes, { policy: { edited: 'note' } }), { code: 'invalid-input', message: /edited/ })
      await fails(rollback(db, notes, { steps: 0 }), {
        code: 'invalid-input',
        message: 'the option steps is not a whole number from 1',
      })
      await fails(migrate(db, notes, { steps: 1 }), { code: 'invalid-input', message: 'there is no option steps here' })
    })
  })
}
