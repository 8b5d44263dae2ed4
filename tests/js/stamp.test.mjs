// `stamp`: migrations are marked without being run, and every help that names it is followed to its end.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { stampsOf } from './support/stamps.mjs'

const sum = (text) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const set = {
  '001_a.sql': 'create table a (n int);\n',
  '002_b.sql': 'create table b (n int);\n',
  '003_c.sql': 'create table c (n int);\n',
}
const versions = (list) => list.map(({ version }) => version)
const table = '"public"."schema_migrations"'

onEachDatabase(
  ({ kind, api, open }) => {
    const { migrate, plan, ready, rollback, stamp } = api
    const rowsOf = (query) =>
      query(`select t.*, applied_at::text from schema_migrations t order by version collate "C"`)
    const one = (query, version) =>
      query(`select * from schema_migrations where version = '${version}'`).then(([row]) => row)

    test('what was run by hand is recorded with the present checksum, and not run again', async (t) => {
      const { db, query, exec } = await open(t)
      await exec(set['001_a.sql'])
      const told = await stamp(db, set, ['1'], { dryRun: true })
      assert.deepEqual(
        [told.status, told.changes.map(({ kind, version, path }) => [kind, version, path])],
        ['planned', [['insert', '001', '001_a.sql']]],
      )
      assert.deepEqual(await query(`select to_regclass('schema_migrations')::text as t`), [{ t: null }])
      const { status, changes, digest } = await stamp(db, set, ['1'], { expect: told.digest })
      assert.deepEqual([status, digest, changes[0].after.checksum], ['changed', told.digest, sum(set['001_a.sql'])])
      const { version, name, checksum, origin, state, applied_at } = await one(query, '001')
      assert.deepEqual(
        [version, name, checksum, origin, state],
        ['001', 'a', sum(set['001_a.sql']), 'stamped', 'applied'],
      )
      assert.ok(applied_at)
      assert.deepEqual(versions((await migrate(db, set)).applied), ['002', '003'])
      assert.equal((await ready(db, set)).status, 'ready')

      const again = await stamp(db, set, ['001'], { expect: told.digest })
      assert.deepEqual([again.status, again.unchanged], ['unchanged', [{ version: '001', message: 'applied already' }]])
    })

    test('a row that goes is handed over, and its SQL puts it back as it was', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, set)
      await exec(`insert into schema_migrations (version, applied_at) values ('it''s \\ old', null)`)
      const before = await rowsOf(query)
      const { changes } = await stamp(db, set, ["it's \\ old", '2'], { as: 'not-applied' })
      assert.deepEqual(
        changes.map(({ kind, before }) => [kind, before.version, before.checksum]),
        [
          ['delete', "it's \\ old", null],
          ['delete', '002', sum(set['002_b.sql'])],
        ],
      )
      assert.deepEqual(versions((await plan(db, set)).decisions.filter(({ action }) => action === 'apply')), ['002'])
      for (const { restore } of changes) await exec(restore)
      assert.deepEqual(await rowsOf(query), before)
      assert.deepEqual((await stamp(db, set, ['003'], { as: 'not-applied' })).status, 'changed')
      assert.deepEqual((await stamp(db, set, ['003'], { as: 'not-applied' })).unchanged, [
        { version: '003', message: 'not in the ledger' },
      ])
    })

    test('another checksum becomes the file’s only when it is stamped, and the plan says so', async (t) => {
      const { db, query } = await open(t)
      await migrate(db, set)
      const edited = { ...set, '002_b.sql': 'create table b (n bigint);\n' }
      await fails(migrate(db, edited), { code: 'plan-refused' })
      const { changes } = await stamp(db, edited, ['002'])
      assert.equal(
        changes[0].message,
        `applied with another content (${sum(set['002_b.sql'])}): the row takes the checksum that the file has now`,
      )
      assert.deepEqual(
        [changes[0].before.checksum, changes[0].after.checksum],
        [sum(set['002_b.sql']), sum(edited['002_b.sql'])],
      )
      const { checksum, origin, duration_ms } = await one(query, '002')
      assert.deepEqual([checksum, origin, typeof duration_ms], [sum(edited['002_b.sql']), 'stamped', 'number'])
      assert.equal((await migrate(db, edited)).status, 'current')
    })

    test('a ledger of dbmate’s is completed, and a row without a checksum takes the file’s', async (t) => {
      const { db, query, exec } = await open(t)
      await exec(`create table schema_migrations (version varchar(128) primary key);
        insert into schema_migrations values ('001'), ('002')`)
      const { changes } = await stamp(db, set, ['001', '003'])
      assert.deepEqual(
        changes.map(({ kind, version, message }) => [kind, version, message]),
        [
          ['update', '001', "applied without a checksum on record: the row takes the file's"],
          ['insert', '003', 'recorded as applied, without being run'],
        ],
      )
      const rows = await query('select version, checksum, state, origin from schema_migrations order by 1')
      assert.deepEqual(
        rows.map(({ version, checksum, state, origin }) => [version, checksum, state, origin]),
        [
          ['001', sum(set['001_a.sql']), 'applied', 'stamped'],
          ['002', null, 'applied', 'applied'],
          ['003', sum(set['003_c.sql']), 'applied', 'stamped'],
        ],
      )
    })

    test('what is not known is refused with the nearest, and nothing is written', async (t) => {
      const { db, query } = await open(t)
      for (const [given, help] of [
        ['004', 'is it 001 (a)? nothing was written'],
        ['002_b.sql', 'is it 002 (b)? nothing was written'],
        ['c', 'is it 003 (c)? nothing was written'],
      ])
        await fails(stamp(db, set, ['001', given]), {
          code: 'invalid-input',
          message: `there is no migration of version ${given}, and no row of it`,
          help,
        })
      for (const [args, message] of [
        [['001'], 'the option as is not one of applied, not-applied', { as: 'done' }],
        [['001'], 'the option step is not done, not-done or a number of steps', { step: 'applied' }],
        [['001'], 'both what the versions are marked as and a step are given', { as: 'applied', step: 'done' }],
        [['001'], 'there is no option steps here', { steps: 1 }],
        [[], 'the versions are not an array of one version or more'],
        ['001', 'the versions are not an array of one version or more'],
        [undefined, 'the versions are not an array of one version or more'],
      ].map(([given, message, options]) => [[given, options], message]))
        await fails(stamp(db, set, ...args), { code: 'invalid-input', message })
      await fails(stamp(db, { ...set, '1_x.sql': 'select 1;\n' }, ['1']), {
        code: 'plan-refused',
        message: /^001_a\.sql and 1_x\.sql have one version, 0*1$/,
      })
      await fails(stamp({}, set, ['001']), { code: 'invalid-input', message: /^the database is an object/ })
      await fails(stamp(db, {}, ['001']), { code: 'no-migrations' })
      assert.deepEqual(await query(`select to_regclass('schema_migrations')::text as t`), [{ t: null }])
    })

    const stopped = {
      '001_first.sql': 'create table log (n int);\n',
      '005_steps.sql': "create table steps (n int);\ndo 'begin commit; end';\ninsert into steps values (1);\n",
      '006_next.sql': 'create table next_one ();\n',
    }
    /** A migration that stopped after `done` of its steps: as a runner leaves it that was killed. */
    async function stop({ db, exec }, done, more = '') {
      await migrate(db, { '001_first.sql': stopped['001_first.sql'] })
      if (done > 0) await exec('create table steps (n int)')
      await exec(`insert into schema_migrations (version, name, checksum, state, steps_done, steps_total, claimed_until, claimed_by)
        values ('005', 'steps', '${sum(stopped['005_steps.sql'])}', 'running', ${done}, 3, now() - interval '1 minute', 'x#1'); ${more}`)
    }
    /** The ways on that the plan names. */
    const ways = async (db, files, message) => {
      const { help } = await fails(migrate(db, files), { code: 'plan-refused', message })
      assert.doesNotMatch(help, /update |delete from|insert into/)
      return stampsOf(help, api)
    }

    test('a step of which nobody can tell is recorded as done or not done, and the next run goes on', async (t) => {
      for (const [way, changes] of [
        [0, 'step 2 of 3 is recorded as done: it goes on after that'],
        [1, 'step 2 of 3 is recorded as not done: it goes on with that'],
      ]) {
        const database = await open(t)
        const { db, query, exec } = database
        await exec('drop table if exists schema_migrations, log, steps, next_one')
        await stop(database, 1)
        const calls = await ways(db, stopped, /005_steps\.sql stopped in step 2 of 3, and nobody can tell/)
        const result = await calls[way](db, stopped)
        assert.deepEqual(
          result.changes.map(({ version, message }) => [version, message]),
          [['005', changes]],
        )
        const { steps_done, claimed_until, claimed_by, state } = await one(query, '005')
        assert.deepEqual([steps_done, claimed_until, claimed_by, state], [2 - way, null, null, 'running'])
        assert.deepEqual(versions((await migrate(db, stopped)).applied), ['005', '006'])
        assert.deepEqual(await query('select n from steps'), [{ n: 1 }])
      }
    })

    test('the last step that has happened ends the migration', async (t) => {
      const database = await open(t)
      const { db, query } = database
      const files = { ...stopped, '005_steps.sql': "create table steps (n int);\ndo 'begin commit; end';\n" }
      await stop(
        database,
        1,
        `update schema_migrations set steps_total = 2, checksum = '${sum(files['005_steps.sql'])}' where version = '005'`,
      )
      const [done] = await ways(db, files, /stopped in step 2 of 2/)
      await done(db, files)
      const { state, steps_done } = await one(query, '005')
      assert.deepEqual([state, steps_done], ['applied', 2])
      assert.deepEqual(versions((await migrate(db, files)).applied), ['006'])
    })

    test('a stopped migration that cannot go on is finished or undone by hand, and stamped', async (t) => {
      const replaces = { replaces: [{ version: '005', checksum: sum(stopped['005_steps.sql']) }] }
      const baseline = { '007_all.sql': 'select 1;\n', '.counterfoil/007_all.json': JSON.stringify(replaces) }
      const { '005_steps.sql': _, ...without } = stopped
      const present = `insert into schema_migrations (version, name, checksum) values ('007', 'all', '${sum(baseline['007_all.sql'])}')`
      const cases = {
        'was edited': [
          { ...stopped, '005_steps.sql': 'create table steps (n bigint);\n' },
          /was edited after it stopped/,
        ],
        'has other steps': [
          stopped,
          /its steps are not those on record/,
          "update schema_migrations set steps_total = 4 where version = '005'",
        ],
        'has no file': [without, /version 005 \(steps\) stopped, and there is no file of that version/],
        'is replaced': [{ ...stopped, ...baseline }, /stopped, and a baseline stands for it/, present],
      }
      for (const [what, [files, message, more]] of Object.entries(cases))
        for (const how of ['finished', 'undone', ...(what === 'has other steps' ? ['gone on with'] : [])]) {
          const database = await open(t)
          const { db, query, exec } = database
          await exec('drop table if exists schema_migrations, log, steps, next_one')
          await stop(database, 1, more)
          const all = await ways(db, files, message)
          const [finish, undo] = all.slice(-2)
          if (how === 'finished') await finish(db, files)
          else if (how === 'gone on with') {
            assert.equal(all.length, 3)
            await all[0](db, files)
          } else {
            await exec('drop table steps')
            const { changes } = await undo(db, files)
            assert.equal(changes[0].before.stepsDone, 1, what)
          }
          const row = await one(query, '005')
          assert.equal(row?.state, { finished: 'applied', 'gone on with': 'running' }[how], what)
          const { applied } = await migrate(db, files)
          const again = how !== 'finished' && (what === 'was edited' || what === 'has other steps')
          assert.deepEqual(versions(applied), again ? ['005', '006'] : ['006'], `${what} ${how}`)
          assert.equal((await migrate(db, files)).status, 'current')
        }
    })

    test('a way back that stopped is undone by hand, and stamped', async (t) => {
      const database = await open(t)
      const { db, query, exec } = database
      await stop(database, 1, `update schema_migrations set state = 'reverting' where version = '005'`)
      const [undo] = await ways(db, stopped, /was being rolled back and stopped on the way/)
      await exec('drop table steps')
      await undo(db, stopped)
      assert.equal(await one(query, '005'), undefined)
      assert.deepEqual(versions((await migrate(db, stopped)).applied), ['005', '006'])
    })

    const wayBack = {
      '001_first.up.sql': 'create table log (n int);\n',
      '001_first.down.sql': 'drop table log;\n',
      '005_steps.up.sql': 'create table steps (n int);\n',
      '005_steps.down.sql': "do 'begin commit; end';\ndrop table steps;\n",
    }
    test('a step of a way back is recorded as done or not done, and to roll back again goes on', async (t) => {
      for (const [way, total] of [
        [0, 2],
        [1, 2],
        [0, 1],
      ]) {
        const { db, query, exec } = await open(t)
        await exec('drop table if exists schema_migrations, log, steps')
        const files = total === 2 ? wayBack : { ...wayBack, '005_steps.down.sql': "do 'begin commit; end';\n" }
        await migrate(db, files)
        await exec(`update schema_migrations set state = 'reverting', steps_done = 0, steps_total = ${total},
          claimed_until = now() - interval '1 minute', claimed_by = 'x#1' where version = '005'`)
        const { help } = await fails(rollback(db, files), { code: 'interrupted' })
        const calls = stampsOf(help, api)
        await calls[way](db, files)
        if (total === 1) {
          // The last one takes its row with it: nothing is to be rolled back again.
          assert.match(help, /has happened: \S+\(.*?\), and it is taken back; if not: .*, and roll back again$/)
        } else {
          assert.deepEqual(versions((await rollback(db, files)).reverted), ['005'])
          assert.deepEqual(await query(`select to_regclass('steps')::text as t`), [{ t: null }])
        }
        assert.deepEqual(await query('select version from schema_migrations'), [{ version: '001' }])
      }
    })

    test('a way back with other steps is undone by hand, or what it did, and stamped', async (t) => {
      for (const way of [0, 1]) {
        const { db, query, exec } = await open(t)
        await exec('drop table if exists schema_migrations, log, steps')
        await migrate(db, wayBack)
        await exec(`update schema_migrations set state = 'reverting', steps_done = 1, steps_total = 5,
          claimed_by = null where version = '005'`)
        const { help } = await fails(rollback(db, wayBack), { code: 'interrupted', message: /has other steps/ })
        await stampsOf(help, api)[way](db, wayBack)
        assert.deepEqual(
          versions(await query('select version from schema_migrations order by 1')),
          way === 0 ? ['001'] : ['001', '005'],
        )
        assert.equal((await plan(db, wayBack)).decisions.filter(({ severity }) => severity).length, 0)
      }
    })

    test('a step is only of what has stopped', async (t) => {
      const database = await open(t)
      const { db } = database
      await stop(database, 1, `update schema_migrations set claimed_until = null where version = '005'`)
      assert.deepEqual((await stamp(db, stopped, ['005'], { step: 'not-done' })).unchanged, [
        { version: '005', message: 'goes on at step 2 of 3 as it is' },
      ])
      for (const [version, what] of [
        ['001', 'is applied'],
        ['006', 'has no row'],
      ])
        await fails(stamp(db, stopped, [version], { step: 'done' }), {
          code: 'plan-refused',
          message: `version ${version} ${what}: there is no step at which it stopped`,
        })
    })

    // A PGlite that takes a lock has nobody else.
    test('what somebody is running is refused, with who and until when', async (t) => {
      const database = await open(t)
      const { db, query, exec } = database
      await stop(database, 1, `update schema_migrations set claimed_until = '2199-01-31 12:00Z' where version = '005'`)
      for (const options of [{}, { as: 'not-applied' }, { step: 'done' }, { step: 'not-done' }])
        await fails(stamp(db, stopped, ['006', '005'], options), {
          code: 'plan-refused',
          message: 'version 005 (steps) is being run by x, whose claim lasts until 2199-01-31T12:00:00.000000Z',
        })
      assert.equal(await one(query, '006'), undefined)
      await exec(`update schema_migrations set claimed_until = now() - interval '1 second' where version = '005'`)
      assert.equal((await stamp(db, stopped, ['005'])).status, 'changed')
    })

    test('a row in a state that is not known goes on as the help says', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, set)
      await exec(`update schema_migrations set state = 'parked' where version = '002'`)
      const { help } = await fails(migrate(db, set), {
        code: 'database-failed',
        message: `the row of version 002 in the ledger ${table} has the unknown state 'parked'`,
      })
      const { changes } = await stampsOf(help, api)[0](db, set)
      assert.equal(changes[0].message, "in the unknown state 'parked': recorded as applied")
      assert.equal((await one(query, '002')).state, 'applied')
      assert.equal((await migrate(db, set)).status, 'current')
    })

    const squash = {
      '003_all.sql': 'create table a (n int);\ncreate table b (n int);\n',
      '.counterfoil/003_all.json': JSON.stringify({
        replaces: ['001_a.sql', '002_b.sql'].map((path) => ({ version: path.slice(0, 3), checksum: sum(set[path]) })),
      }),
    }
    test('a baseline that is stamped stands for what it replaces, and what it stood for comes back', async (t) => {
      const { db, query } = await open(t)
      await migrate(db, { '001_a.sql': set['001_a.sql'], '002_b.sql': set['002_b.sql'] })
      const marks = async () => (await rowsOf(query)).map(({ version, replaced_by }) => [version, replaced_by])
      const { changes } = await stamp(db, squash, ['3'])
      assert.deepEqual(
        changes.map(({ kind, version, message }) => [kind, version, message]),
        [
          ['insert', '003', 'recorded as applied, without being run'],
          ['update', '001', 'marked as replaced by baseline 003'],
          ['update', '002', 'marked as replaced by baseline 003'],
        ],
      )
      const replaced = [
        ['001', '003'],
        ['002', '003'],
        ['003', null],
      ]
      assert.deepEqual(await marks(), replaced)
      assert.equal((await migrate(db, squash)).status, 'current')
      const undone = await stamp(db, squash, ['003'], { as: 'not-applied' })
      assert.deepEqual(
        undone.changes.map(({ kind, version }) => [kind, version]),
        [
          ['delete', '003'],
          ['update', '001'],
          ['update', '002'],
        ],
      )
      assert.deepEqual(await marks(), [
        ['001', null],
        ['002', null],
      ])
      assert.deepEqual(versions((await migrate(db, squash)).adopted), ['003'])
      assert.deepEqual(await marks(), replaced)
    })

    test('what only a baseline lists can be stamped, and then it is adopted', async (t) => {
      const { db, query } = await open(t)
      await migrate(db, { '001_a.sql': set['001_a.sql'] })
      await fails(migrate(db, squash), { code: 'plan-refused', message: /of which only a part is there/ })
      await stamp(db, squash, ['002'])
      assert.equal((await one(query, '002')).checksum, sum(set['002_b.sql']))
      assert.deepEqual(versions((await migrate(db, squash)).adopted), ['003'])
      // Where the baseline is there, it stands for what is stamped.
      await stamp(db, squash, ['002'], { as: 'not-applied' })
      await stamp(db, squash, ['002'])
      assert.equal((await one(query, '002')).replaced_by, '003')
      assert.equal((await migrate(db, squash)).status, 'current')
    })

    test('a migration in code is recorded as the help says, and what comes after it runs', async (t) => {
      const { db, query } = await open(t)
      const files = {
        '00001_a.sql': '-- +goose Up\ncreate table a ();\n',
        '00002_code.go': 'package migrations\n',
        '00003_c.sql': '-- +goose Up\ncreate table c ();\n',
      }
      await migrate(db, { '00001_a.sql': files['00001_a.sql'] })
      const { help } = await fails(migrate(db, files), { code: 'plan-refused', message: /is a migration in code/ })
      const { changes } = await stampsOf(help, api)[0](db, files)
      assert.deepEqual(
        [changes[0].path, changes[0].message],
        ['00002_code.go', 'recorded as applied: it is in code, and is not run here'],
      )
      const { checksum, origin, name } = await one(query, '00002')
      assert.deepEqual([checksum, origin, name], [null, 'stamped', 'code'])
      const { applied, findings } = await migrate(db, files)
      assert.deepEqual([versions(applied), findings], [['00003'], []])
      assert.equal((await migrate(db, files)).status, 'current')
    })

    test('a repeatable migration is recorded with its content, and runs again when that changes', async (t) => {
      const { db, exec } = await open(t)
      const files = {
        'V1__a.sql': 'create table a (n int);\n',
        'R__view.sql': 'create or replace view v as select 1 as n;\n',
      }
      await exec('create table a (n int); create view v as select 1 as n')
      const [{ version }] = (await plan(db, files, { existing: { ignore: ['tables'] } })).decisions.filter(
        ({ repeatable }) => repeatable,
      )
      await stamp(db, files, ['1', version])
      assert.equal((await migrate(db, files)).status, 'current')
      const changed = { ...files, 'R__view.sql': 'create or replace view v as select 2 as n;\n' }
      assert.deepEqual(versions((await migrate(db, changed)).applied), [version])
    })

    test('another tool’s table is left alone', async (t) => {
      const { db, query, exec } = await open(t)
      await exec('create table schema_migrations (version bigint not null primary key, dirty boolean not null)')
      await fails(stamp(db, set, ['001']), {
        code: 'foreign-ledger',
        message: `the table ${table} is the ledger of golang-migrate`,
        help: 'nothing was written; keep the ledger elsewhere with the option `table`',
      })
      await stamp(db, set, ['001'], { table: 'ops.steps' })
      assert.deepEqual(await query('select version from ops.steps'), [{ version: '001' }])
      assert.deepEqual(await query('select * from schema_migrations'), [])
    })

    test('what is told to stop has written nothing', async (t) => {
      const { db, query } = await open(t)
      await fails(stamp(db, set, ['001'], { signal: AbortSignal.abort('enough') }), { code: 'aborted' })
      assert.deepEqual(await query(`select to_regclass('schema_migrations')::text as t`), [{ t: null }])
    })

    test('a trigger that swallows a row that is recorded is told, and not somebody else', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, { '001_a.sql': set['001_a.sql'] })
      const before = await rowsOf(query)
      await exec(`create function nothing() returns trigger language plpgsql as 'begin return null; end';
        create trigger t before insert on schema_migrations for each row execute function nothing()`)
      const message = `the ledger ${table} does not keep what is written to it`
      await fails(stamp(db, set, ['003']), { code: 'database-failed', message })
      assert.deepEqual(await rowsOf(query), before)
    })

    test('ten thousand rows are drawn up in no square of their number', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, set)
      await exec(`insert into schema_migrations (version) select (n + 1000)::text from generate_series(1, 10000) n`)
      const all = (await query('select version from schema_migrations')).map(({ version }) => version)
      const { changes, status } = await stamp(db, set, all, { as: 'not-applied', dryRun: true })
      assert.deepEqual([changes.length, status], [10_003, 'planned'])
    })

    test('a ledger that does not keep what is written is blamed', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, set)
      await exec(`create function swallow() returns trigger language plpgsql as 'begin new.checksum = old.checksum; return new; end';
        create trigger t before update on schema_migrations for each row execute function swallow()`)
      const edited = { ...set, '002_b.sql': 'create table b (n bigint);\n' }
      await fails(stamp(db, edited, ['002']), {
        code: 'database-failed',
        message: `the ledger ${table} does not keep what is written to it`,
      })
      assert.equal((await one(query, '002')).checksum, sum(set['002_b.sql']))
    })

    if (kind !== 'HTTP')
      test('a transaction of the caller’s is refused, and goes on', async (t) => {
        const { db, query, exec } = await open(t)
        await exec('begin; create table mine ()')
        await fails(stamp(db, set, ['001']), { code: 'open-transaction' })
        await exec('commit')
        assert.deepEqual(
          await query(`select to_regclass('mine')::text as t, to_regclass('schema_migrations')::text as l`),
          [{ t: 'mine', l: null }],
        )
      })

    if (kind === 'PostgreSQL' || kind === 'postgres.js') {
      test('a row that changes between the reading and the writing is plan-changed, and is left', async (t) => {
        const { db, query, session } = await open(t)
        await migrate(db, set)
        const other = await session()
        await other.query(`begin; update schema_migrations set name = 'renamed' where version = '002'`)
        const refused = fails(stamp(db, set, ['001', '002'], { as: 'not-applied' }), {
          code: 'plan-changed',
          message: 'the ledger has changed since it was read; nothing was written',
          help: 'somebody else has written to it: look again, and run it again',
        })
        await sleep(300)
        await other.query('commit')
        await refused
        assert.deepEqual(versions(await query('select version from schema_migrations order by 1')), [
          '001',
          '002',
          '003',
        ])
      })

      test('a row that comes between the reading and the writing is plan-changed', async (t) => {
        const { db, query, session } = await open(t)
        await migrate(db, { '001_a.sql': set['001_a.sql'] })
        const other = await session()
        await other.query(`begin; insert into schema_migrations (version, name) values ('002', 'theirs')`)
        const refused = fails(stamp(db, set, ['003', '002']), { code: 'plan-changed' })
        await sleep(300)
        await other.query('commit')
        await refused
        assert.deepEqual(await query('select version, name from schema_migrations order by 1'), [
          { version: '001', name: 'a' },
          { version: '002', name: 'theirs' },
        ])
      })

      test('a lock is waited for as long as is allowed, and no longer', async (t) => {
        const { db, query, session } = await open(t)
        await migrate(db, set)
        const other = await session()
        await other.query(`begin; select * from schema_migrations where version = '002' for update`)
        const asked = { as: 'not-applied', lockTimeout: 50 }
        await fails(stamp(db, set, ['002'], { ...asked, waitTimeout: 200 }), {
          code: 'wait-timeout',
          message: 'waited 200 ms for a lock on the ledger',
        })
        const work = stamp(db, set, ['002'], asked)
        await sleep(200)
        await other.query('commit')
        assert.equal((await work).status, 'changed')
        assert.equal(await one(query, '002'), undefined)
      })

      test('of many that stamp at once, and make the ledger, all end well or find it changed', async (t) => {
        const { db, query, session } = await open(t)
        const clients = [
          db,
          ...(kind === 'PostgreSQL' ? [await session(), await session(), await session()] : [db, db]),
        ]
        const ended = await Promise.allSettled(clients.map((client) => stamp(client, set, ['001', '002', '003'])))
        for (const { reason } of ended) if (reason) assert.equal(reason.code, 'plan-changed', reason)
        assert.ok(ended.some(({ value }) => value?.status === 'changed'))
        assert.deepEqual(versions(await query('select version from schema_migrations order by 1')), [
          '001',
          '002',
          '003',
        ])
      })
    }
  },
  ['postgres.js', 'HTTP'],
)
