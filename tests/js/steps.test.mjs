// Migrations that run step by step: what is sent alone and what it leaves, and how a text that has changed goes on.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import * as overPg from 'counterfoil/pg'
import pg from 'pg'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { startPostgres } from './support/postgres.mjs'
import { stampsOf } from './support/stamps.mjs'

/** A procedure that works in batches and commits each, as pg_partman's and home-made backfills do. */
const backfill = (size = 100) => `create procedure backfill() language plpgsql as $$
declare n int;
begin
  loop
    update big set done = true where id in (select id from big where not done order by id limit ${size});
    get diagnostics n = row_count;
    exit when n = 0;
    insert into batches (tx) values (txid_current());
    commit;
  end loop;
end $$;
`
const tables = `create table big (id int primary key, done boolean not null default false);
insert into big (id) select generate_series(1, 300);
create table batches (tx bigint);
`

const versions = (list) => list.map(({ version }) => version)

onEachDatabase(
  ({ kind, api, open }) => {
    const { migrate, plan, ready, rollback, stamp } = api
    const row = async (query, version = '002') =>
      (
        await query(
          `select state, steps_done, steps_total, claimed_by from schema_migrations where version = '${version}'`,
        )
      )[0]

    /** How a set of each convention says that a file is not to run in a transaction. */
    const marked = {
      dbmate: (sql) => ({ '001_a.sql': `-- migrate:up transaction:false\n${sql}` }),
      goose: (sql) => ({ '001_a.sql': `-- +goose NO TRANSACTION\n-- +goose Up\n${sql}` }),
      'sql-migrate': (sql) => ({ '001_a.sql': `-- +migrate Up notransaction\n${sql}` }),
      sqlx: (sql) => ({ '001_a.sql': `-- no-transaction\n${sql}` }),
      flyway: (sql) => ({ 'V1__a.sql': sql, 'V1__a.sql.conf': 'executeInTransaction=false\n' }),
      diesel: (sql) => ({ '001_a/up.sql': sql, '001_a/metadata.toml': 'run_in_transaction = false\n' }),
    }
    const block = /goose|sql-migrate/
    for (const [convention, files] of Object.entries(marked))
      test(`${convention}: under its marker a procedure and a block commit on their way`, async (t) => {
        const { db, query, exec } = await open(t)
        const word = convention === 'goose' ? '+goose' : '+migrate'
        const whole = (sql) =>
          block.test(convention) ? `-- ${word} StatementBegin\n${sql}-- ${word} StatementEnd\n` : sql
        await exec(`${tables}${backfill()}`)
        const set = files(
          `insert into big (id) values (301);\ncall backfill();\n` +
            whole(
              `do $$ begin update big set done = false where id = 1; commit; insert into batches values (1); end $$;\n`,
            ) +
            'insert into big (id) values (302);\n',
        )
        const result = await migrate(db, set, { convention, existing: { ignore: ['tables'] } })
        assert.equal(result.status, 'migrated')
        assert.deepEqual(await query('select count(*)::int as n, count(*) filter (where done)::int as d from big'), [
          { n: 302, d: 300 },
        ])
        // 301 rows in batches of 100, each in a transaction of its own; and what the block has added.
        assert.deepEqual(await query('select count(distinct tx)::int as n from batches where tx <> 1'), [{ n: 4 }])
        const [{ state, steps_done, claimed_by }] = await query('select * from schema_migrations')
        assert.deepEqual([state, steps_done, claimed_by], ['applied', 4, null])
        assert.equal((await migrate(db, set, { convention })).status, 'current')
      })

    const unmarked = {
      dbmate: [{ '001_a.sql': '-- migrate:up\ncall backfill();\n' }, 'transaction:false behind `-- migrate:up`'],
      goose: [{ '001_a.sql': '-- +goose Up\ncall backfill();\n' }, 'the line `-- +goose NO TRANSACTION` into it'],
      'sql-migrate': [{ '001_a.sql': '-- +migrate Up\ncall backfill();\n' }, 'notransaction behind `-- +migrate Up`'],
      sqlx: [{ '001_a.sql': 'call backfill();\n' }, 'the line `-- no-transaction` at its very beginning'],
      flyway: [
        { 'V1__a.sql': 'call backfill();\n' },
        'executeInTransaction=false into a file of its name with `.conf` behind it',
      ],
      diesel: [{ '001_a/up.sql': 'call backfill();\n' }, 'run_in_transaction = false into its metadata.toml'],
    }
    for (const [convention, [files, says]] of Object.entries(unmarked))
      test(`${convention}: what refuses a transaction is told the marker`, async (t) => {
        const { db, query, exec } = await open(t)
        await exec(`${tables}${backfill()}`)
        const options = { convention, existing: { ignore: ['tables'] } }
        const error = await fails(migrate(db, files, options), { code: 'statement-failed', message: /\(2D000\)/ })
        assert.ok(
          error.help.startsWith(`it cannot run in a transaction: write ${says}`),
          `${error.help} does not say ${says}`,
        )
        assert.match(error.help, /and run again; nothing of it was kept, nothing had been applied before it$/)
        assert.deepEqual(await query('select count(*)::int as n from batches'), [{ n: 0 }])
        await migrate(db, marked[convention]('call backfill();\n'), options)
        assert.deepEqual(await query('select count(*)::int as n from big where not done'), [{ n: 0 }])
      })

    test('a statement that needs no transaction of its own is in one with its progress', async (t) => {
      const { db, query, exec } = await open(t)
      await exec(
        `create table log (tx bigint default txid_current()); create procedure note() language sql as 'insert into log default values'`,
      )
      const set = { '001_a.sql': '-- migrate:up transaction:false\ncall note();\nselect * from log, missing;\n' }
      await fails(migrate(db, set, { existing: { ignore: ['tables'] } }), { code: 'statement-failed' })
      // The row was last written when the lease was given up, and before in the transaction of the step.
      assert.deepEqual(await row(query, '001'), { state: 'running', steps_done: 1, steps_total: 2, claimed_by: null })
      const shared = { '001_a.sql': '-- migrate:up transaction:false\ncall note();\n' }
      await exec('drop table schema_migrations; truncate log')
      await migrate(db, shared, { existing: { ignore: ['tables'] } })
      assert.deepEqual(await query('select l.tx::text = m.xmin::text as same from log l, schema_migrations m'), [
        { same: true },
      ])
    })

    test('settings and the schema of a run reach what is sent alone, and the session keeps none of them', async (t) => {
      const { db, query, exec } = await open(t)
      if (kind === 'HTTP') return t.skip('there are no sessions')
      await exec(`create schema app`)
      const session = () =>
        query(`select current_setting('search_path') as path, coalesce(current_setting('my.who', true), '') as who`)
      const before = await session()
      const set = {
        '001_a.sql': `-- migrate:up transaction:false
create table t (n int, who text);
create procedure fill() language plpgsql as $$ begin insert into t values (1, current_setting('my.who')); commit; end $$;
set my.who = 'me';
call fill();
insert into t values (2, current_setting('my.who'));
`,
      }
      await migrate(db, set, { schema: 'app' })
      assert.deepEqual(await query('select * from app.t order by n'), [
        { n: 1, who: 'me' },
        { n: 2, who: 'me' },
      ])
      assert.deepEqual(await session(), before)
    })

    for (const word of ['+goose', '+migrate'])
      test(`${word}: the statements of one block are one message`, async (t) => {
        const { db, query } = await open(t)
        const goose = word === '+goose'
        const set = (value) => ({
          '001_a.sql': `${goose ? '-- +goose NO TRANSACTION\n-- +goose Up' : '-- +migrate Up notransaction'}
create table t (n int);
-- ${word} StatementBegin
insert into t values (1);
insert into t values (${value});
-- ${word} StatementEnd
insert into t values (3);
`,
        })
        await fails(migrate(db, set('1 / 0')), { code: 'statement-failed', message: /division by zero/ })
        // PostgreSQL undoes the whole message.
        assert.deepEqual(await query('select * from t'), [])
        assert.deepEqual(await row(query, goose ? '001' : '001_a.sql'), {
          state: 'running',
          steps_done: 1,
          steps_total: 3,
          claimed_by: null,
        })
        await migrate(db, set('2'))
        assert.deepEqual(await query('select n from t order by n'), [{ n: 1 }, { n: 2 }, { n: 3 }])
      })

    const first = { '001_first.sql': `-- migrate:up\n${tables}` }
    /** A procedure that keeps a batch of it and then fails. */
    const breaking = `create or replace procedure breaking() language plpgsql as $$
begin
  insert into batches values (7);
  commit;
  perform 1 / 0;
end $$;
`
    const partly = (call = 'breaking') => ({
      ...first,
      '002_part.sql': `-- migrate:up transaction:false\n${breaking}call ${call}();\ninsert into batches values (9);\n`,
    })
    for (const way of ['done', 'not done'])
      test(`what can commit and fails is interrupted: recorded as ${way}, it goes on`, async (t) => {
        const { db, query, exec } = await open(t)
        const error = await fails(migrate(db, partly()), { code: 'statement-failed', message: /division by zero/ })
        assert.equal(error.at.line, 8)
        assert.match(error.help, /^a part of step 2 of 3 may be kept: look at the database; if all of it is there, /)
        assert.match(
          error.help,
          /and run again, which begins that step anew \(steps kept: 1\), 1 applied before it and kept$/,
        )
        assert.deepEqual(await query('select tx::int as n from batches'), [{ n: 7 }])
        // Whoever runs again is told the same.
        const refused = await fails(migrate(db, partly()), {
          code: 'plan-refused',
          message: /002_part\.sql stopped in step 2 of 3, and nobody can tell whether that step happened/,
        })
        assert.equal((await ready(db, partly())).httpStatus, 503)
        assert.deepEqual(await query('select tx::int as n from batches'), [{ n: 7 }])
        for (const help of [error.help, refused.help]) assert.equal(stampsOf(help, api).length, 2)
        const [done, not] = stampsOf(error.help, api)
        if (way === 'done') {
          await done(db, partly())
        } else {
          await exec('delete from batches')
          await not(db, partly())
          // The cause: a text that has changed since goes on.
          await exec(
            `create procedure mended() language plpgsql as $$ begin insert into batches values (7); commit; end $$`,
          )
        }
        const set = partly(way === 'done' ? 'breaking' : 'mended')
        assert.deepEqual(versions((await migrate(db, set)).applied), ['002'])
        assert.deepEqual(await query('select tx::int as n from batches order by 1'), [{ n: 7 }, { n: 9 }])
        assert.equal((await ready(db, set)).status, 'ready')
      })

    test('a function that commits is refused alone, too, and has done nothing', async (t) => {
      const { db, query } = await open(t)
      const set = (call) => ({
        '001_a.sql': `-- migrate:up transaction:false
create table t (n int);
create function f() returns void language plpgsql as $$ begin insert into t values (1); commit; end $$;
${call};
`,
      })
      const error = await fails(migrate(db, set('select f()')), { code: 'statement-failed', message: /2D000/ })
      assert.match(error.help, /^fix the cause and run again: it goes on at step 3 of 3/)
      assert.deepEqual(await row(query, '001'), { state: 'running', steps_done: 2, steps_total: 3, claimed_by: null })
      await migrate(db, set('insert into t values (2)'))
      assert.deepEqual(await query('select n from t'), [{ n: 2 }])
    })

    test('a typo in a later step is mended, and the rest goes on', async (t) => {
      const { db, query } = await open(t)
      const set = (column, more = '') => ({
        '001_a.sql': `-- migrate:up transaction:false\ncreate table t (id int, v int);\ncreate index concurrently t_v on t (${column});\n${more}-- migrate:down\ndrop table t;\n`,
      })
      const error = await fails(migrate(db, set('vv')), { code: 'statement-failed', message: /"vv" does not exist/ })
      assert.match(error.help, /^fix the cause and run again: it goes on at step 2 of 2/)
      const mended = set('v', 'insert into t values (1, 1);\n')
      const { decisions } = await plan(db, mended)
      assert.deepEqual([decisions[0].code, decisions[0].action], ['resume', 'apply'])
      assert.deepEqual(versions((await migrate(db, mended)).applied), ['001'])
      assert.deepEqual(await query('select * from t'), [{ id: 1, v: 1 }])
      assert.deepEqual(await query(`select indisvalid from pg_index where indexrelid = 't_v'::regclass`), [
        { indisvalid: true },
      ])
      // The row has the text that ended it, as sha256sum says, and nothing of its way.
      const [{ checksum, steps, steps_done, steps_total }] = await query('select * from schema_migrations')
      const up = mended['001_a.sql'].split('-- migrate:down')[0]
      assert.equal(checksum, `sha256:${createHash('sha256').update(up).digest('hex')}`)
      assert.deepEqual([steps, steps_done, steps_total], [null, 3, 3])
      assert.equal((await migrate(db, mended)).status, 'current')
      assert.equal((await plan(db, mended)).decisions[0].code, 'applied')
      await rollback(db, mended)
      assert.deepEqual(await query(`select to_regclass('t')::text as t`), [{ t: null }])
    })

    test('with no step done it starts afresh, step by step or at once', async (t) => {
      for (const text of [
        'create index concurrently u_e on u (email);',
        'create index u_e on u (email); insert into u values (1);',
        '',
      ]) {
        const { db, query, exec } = await open(t)
        await exec('drop table if exists u, schema_migrations; create table u (email text)')
        const options = { convention: 'plain', existing: { ignore: ['tables'] } }
        await fails(migrate(db, { '001_i.sql': 'create index concurrently u_e on u (emial);' }, options), {
          code: 'statement-failed',
          message: /"emial" does not exist/,
        })
        const result = await migrate(db, { '001_i.sql': text }, options)
        assert.deepEqual(versions(result.applied), ['001'])
        assert.equal((await row(query, '001')).state, 'applied')
        assert.equal((await migrate(db, { '001_i.sql': text }, options)).status, 'current')
        assert.deepEqual(await query(`select count(*)::int as n from pg_class where relname = 'u_e'`), [
          { n: text === '' ? 0 : 1 },
        ])
      }
    })

    test('a step that is done may not be changed, and the plan names the ways on', async (t) => {
      const { db, query, exec } = await open(t)
      const set = (first, last) => ({
        '001_a.sql': `-- migrate:up transaction:false\ncreate table t (n ${first});\nvacuum t;\ninsert into t values (${last});\n`,
      })
      await fails(migrate(db, set('int', '1 / 0')), { code: 'statement-failed' })
      const refused = await fails(migrate(db, set('bigint', '1')), {
        code: 'plan-refused',
        message: /2 of 3 steps are done with the old text/,
      })

      assert.match(
        refused.help,
        /^put the old text back, so that it can go on; or if as many steps of the file as it is now/,
      )
      const [goesOn, finished, undone] = stampsOf(refused.help, api)
      assert.ok(goesOn.text && finished.text && undone.text)
      await exec('drop table t')
      await undone(db, set('bigint', '1'))
      await migrate(db, set('bigint', '1'))
      assert.deepEqual(await query(`select n::text as n, pg_typeof(n)::text as type from t`), [
        { n: '1', type: 'bigint' },
      ])
    })

    test('a person says how many steps of a file have happened', async (t) => {
      const { db, query, exec } = await open(t)
      const set = (type, last) => ({
        '001_a.sql': `-- migrate:up transaction:false\ncreate table t (n ${type});\nvacuum t;\ninsert into t values (${last});\n`,
      })
      await fails(migrate(db, set('int', '1 / 0')), { code: 'statement-failed' })
      // It was changed in the file and in the database.
      await exec('alter table t alter n type bigint')
      const edited = set('bigint', '1')
      const { help, at } = await fails(migrate(db, edited), {
        code: 'plan-refused',
        message: /2 of 3 steps are done with the old text/,
      })
      assert.deepEqual([at.line, at.column], [4, 1])
      await fails(stamp(db, edited, ['001'], { step: 4 }), {
        code: 'plan-refused',
        message: '001_a.sql has 3 steps, and not 4',
        help: /^say done or not-done/,
      })
      await fails(stamp(db, {}, ['001'], { step: 1, allowEmpty: true }), {
        code: 'plan-refused',
        message: 'version 001 has no file here whose steps could be counted',
      })
      for (const step of [-1, 1.5, '2', NaN])
        await fails(stamp(db, edited, ['001'], { step }), { code: 'invalid-input', message: /step/ })
      const [goesOn] = stampsOf(help, api)
      assert.match(goesOn.text, /step: 2/)
      for (const [mark, says] of [
        [() => stamp(db, edited, ['001'], { step: 0 }), 'no step is recorded as done: it begins afresh'],
        [() => goesOn(db, edited), 'all up to step 2 of 3 is recorded as done: it goes on after that'],
      ]) {
        const { changes } = await mark()
        assert.deepEqual(
          changes.map(({ message }) => message),
          [says],
        )
      }
      assert.deepEqual(versions((await migrate(db, edited)).applied), ['001'])
      assert.deepEqual(await query('select n::int as n from t'), [{ n: 1 }])
      assert.equal((await migrate(db, edited)).status, 'current')
    })

    test('all steps of a file have happened: it is applied, and a way back is taken back', async (t) => {
      const { db, query } = await open(t)
      const set = {
        '001_a.sql': `-- migrate:up transaction:false\nselect 1;\nselect 1 / 0;\n-- migrate:down transaction:false\nselect 1;\nselect 1 / 0;\n`,
      }
      await fails(migrate(db, set), { code: 'statement-failed' })
      const up = await stamp(db, set, ['001'], { step: 2 })
      assert.equal(
        up.changes[0].message,
        'all up to step 2 of 2 is recorded as done, which was the last: it is applied',
      )
      const [{ state, steps }] = await query('select state, steps from schema_migrations')
      assert.deepEqual([state, steps], ['applied', null])
      assert.equal((await migrate(db, set)).status, 'current')
      await fails(rollback(db, set), { code: 'statement-failed' })
      const down = await stamp(db, set, ['001'], { step: 2 })
      assert.equal(
        down.changes[0].message,
        'all up to step 2 of 2 of its way back is recorded as done, which was the last: its row goes',
      )
      assert.deepEqual(await query('select * from schema_migrations'), [])
    })

    test('a row of before, without fingerprints, goes on with its own text alone', async (t) => {
      const { db, query, exec } = await open(t)
      const set = (last) => ({
        '001_a.sql': `-- migrate:up transaction:false\ncreate table t (n int);\ninsert into t values (${last});\n`,
      })
      await fails(migrate(db, set('1 / 0')), { code: 'statement-failed' })
      await exec('alter table schema_migrations drop column steps')
      await fails(migrate(db, set('1')), { code: 'plan-refused', message: /was edited after it stopped/ })
      await fails(migrate(db, set('1 / 0')), { code: 'statement-failed', message: /division by zero/ })
      assert.deepEqual(await row(query, '001'), { state: 'running', steps_done: 1, steps_total: 2, claimed_by: null })
      // The column is there by now, and the row has no fingerprint still.
      await fails(migrate(db, set('1')), { code: 'plan-refused', message: /was edited after it stopped/ })
      await stamp(db, set('1'), ['001'], { step: 1 })
      assert.equal((await migrate(db, set('1'))).status, 'migrated')
    })

    test('a way back whose later steps were mended goes on', async (t) => {
      const { db, query } = await open(t)
      const set = (down) => ({
        '001_a.sql': '-- migrate:up\ncreate table t (n int);\ncreate table u (n int);\n',
        '002_b.sql': `-- migrate:up\ninsert into t values (1);\n-- migrate:down transaction:false\n${down}`,
      })
      await migrate(db, set('delete from t;\nvacuum tt;\ninsert into u values (1);\n'))
      await fails(rollback(db, set('delete from t;\nvacuum tt;\ninsert into u values (1);\n')), {
        code: 'statement-failed',
        message: /"tt" does not exist/,
      })
      assert.deepEqual(await row(query), { state: 'reverting', steps_done: 1, steps_total: 3, claimed_by: null })
      // As many steps as before, and another one in the place of what is done.
      const refused = await fails(
        rollback(db, set('delete from t where n = 1;\nvacuum t;\ninsert into u values (2);\n')),
        {
          code: 'interrupted',
          message: /the way back of 002 has other steps than the ones that were done before it stopped/,
        },
      )
      assert.match(refused.help, /^put the old text/)
      const mended = set('delete from t;\nvacuum t;\ninsert into u values (2);\ninsert into u values (3);\n')
      assert.deepEqual(versions((await rollback(db, mended)).reverted), ['002'])
      assert.deepEqual(await query('select n from u order by n'), [{ n: 2 }, { n: 3 }])
      assert.deepEqual(versions(await query('select version from schema_migrations')), ['001'])
    })

    test('the ledger gets the column when a migration runs step by step, and once', async (t) => {
      const { db, query } = await open(t)
      const has = async () =>
        (
          await query(
            `select count(*)::int as n from information_schema.columns where table_name = 'schema_migrations' and column_name = 'steps'`,
          )
        )[0].n
      const step = (name) => `-- migrate:up transaction:false\ncreate table ${name} ();\n`
      await migrate(db, { '001_a.sql': '-- migrate:up\ncreate table a ();\n' })
      assert.equal(await has(), 0)
      const files = { '001_a.sql': '-- migrate:up\ncreate table a ();\n', '002_b.sql': step('b') }
      const one = await migrate(db, files)
      assert.equal(await has(), 1)
      const two = await migrate(db, { ...files, '003_c.sql': step('c') })
      assert.equal(one.roundTrips - two.roundTrips, 1)
    })
  },
  ['postgres.js', 'HTTP'],
)

test('a role that may not alter the ledger goes on with a text that has not changed', async (t) => {
  const server = await startPostgres()
  t.after(() => server.stop())
  const database = await server.createDatabase()
  const owner = await server.connect(database)
  t.after(() => owner.end())
  const { migrate, stamp } = overPg
  await migrate(owner, { '001_a.sql': '-- migrate:up\ncreate table a ();\n' })
  await owner.query(
    `create role deploy login; grant all on schema public to deploy; grant all on schema_migrations to deploy`,
  )
  const db = new pg.Client({ connectionString: server.url(database).replace('postgres@', 'deploy@') })
  db.on('error', () => {})
  await db.connect()
  t.after(() => db.end())
  const set = (first, last) => ({
    '001_a.sql': '-- migrate:up\ncreate table a ();\n',
    '002_b.sql': `-- migrate:up transaction:false\n${first};\ncreate table t (n int);\ninsert into t values (${last});\n`,
  })
  // With no step done, nothing has to be compared.
  await fails(migrate(db, set('selekt 1', 'x')), { code: 'statement-failed', message: /42601/ })
  await fails(migrate(db, set('select 1', '1 / 0')), { code: 'statement-failed', message: /22012/ })
  await fails(migrate(db, set('select 1', '1')), {
    code: 'plan-refused',
    message: /2 of 3 steps are done with the old text/,
  })
  await stamp(db, set('select 1', '1'), ['002'], { step: 2 })
  assert.deepEqual(versions((await migrate(db, set('select 1', '1'))).applied), ['002'])
  const { rows } = await owner.query(
    `select attname from pg_attribute where attrelid = 'schema_migrations'::regclass and attname = 'steps'`,
  )
  assert.deepEqual(rows, [])
})

test('a session that ends while a procedure is at work leaves a part, and the help leads on', async (t) => {
  const server = await startPostgres()
  t.after(() => server.stop())
  const database = await server.createDatabase()
  const admin = await server.connect(database)
  t.after(() => admin.end())
  const { migrate, stamp } = overPg
  await admin.query(`create table batches (n int); create procedure fill() language plpgsql as $$
    begin insert into batches values (1); commit; perform pg_sleep(30 * (select count(*) from batches where n = 0)); insert into batches values (2); end $$;
    insert into batches values (0)`)
  const set = { '001_a.sql': '-- migrate:up transaction:false\ncall fill();\ncreate table t ();\n' }
  const options = { existing: { ignore: ['tables'] } }
  const pool = new pg.Pool({ connectionString: server.url(database) })
  pool.on('error', () => {})
  t.after(() => pool.end())
  const running = fails(migrate(pool, set, options), {
    code: 'plan-refused',
    message: /001_a\.sql stopped in step 1 of 2, and nobody can tell whether that step happened/,
  })
  const asleep = async () =>
    (await admin.query(`select pid from pg_stat_activity where wait_event = 'PgSleep' and datname = '${database}'`))
      .rows[0]
  while (!(await asleep())) await new Promise((done) => setTimeout(done, 20))
  // Whoever comes now waits: it is at work.
  const { rows: before } = await admin.query('select claimed_by from schema_migrations')
  assert.match(before[0].claimed_by, /#alone$/)
  await admin.query('select pg_terminate_backend($1)', [(await asleep()).pid])
  const { help } = await running
  assert.deepEqual((await admin.query('select n from batches order by n')).rows, [{ n: 0 }, { n: 1 }])
  const [, not] = stampsOf(help, { stamp })
  await admin.query('truncate batches')
  await not(admin, set)
  assert.deepEqual(versions((await migrate(admin, set, options)).applied), ['001'])
  assert.deepEqual((await admin.query('select n from batches order by n')).rows, [{ n: 1 }, { n: 2 }])
})

test('a replication slot, which no transaction that writes can make, is made alone', async (t) => {
  const server = await startPostgres({ wal_level: 'logical', max_wal_senders: '4', max_replication_slots: '4' })
  t.after(() => server.stop())
  const db = await server.connect(await server.createDatabase())
  t.after(() => db.end())
  const slot = `select pg_create_logical_replication_slot('s1', 'pgoutput');\n`
  const unmarked = { '001_a.sql': `-- migrate:up\ncreate table t ();\n${slot}` }
  const error = await fails(overPg.migrate(db, unmarked), { code: 'statement-failed', message: /\(25001\)/ })
  assert.match(error.help, /^it cannot run in a transaction: write transaction:false behind `-- migrate:up`/)
  const marked = { '001_a.sql': `-- migrate:up transaction:false\ncreate table t ();\n${slot}create table u ();\n` }
  await overPg.migrate(db, marked)
  assert.deepEqual((await db.query('select slot_name, plugin from pg_replication_slots')).rows, [
    { slot_name: 's1', plugin: 'pgoutput' },
  ])
  assert.equal((await overPg.migrate(db, marked)).status, 'current')
  await db.query(`select pg_drop_replication_slot('s1')`)
})
