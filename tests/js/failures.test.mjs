// What a failure says, and what it leaves: in the file's own lines and columns, whatever the file looks like.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'

/** The place of `mark` in a text that is read as an editor reads it. */
function placeOf(path, text, mark) {
  const before = text
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .split(mark)[0]
    .split('\n')
  return { path, line: before.length, column: [...before.at(-1)].length + 1 }
}

const good = {
  '001_good.sql': '-- migrate:up\ncreate table good (id int primary key, parent int);\ninsert into good values (1);\n',
}

onEachDatabase(
  ({ kind, api, open }) => {
    const { migrate, plan, ready, rollback } = api
    // Over HTTP the test has no part in the sessions, and a file with savepoints cannot be asked once more what failed.
    const inSession = kind !== 'HTTP'

    /** A file that fails at the text `mark`, and what PostgreSQL calls it. */
    const failing = (title, { path = '002_bad.sql', text, mark, says, statement }) =>
      test(title, async (t) => {
        const { db, query } = await open(t)
        const set = path === '002_bad.sql' ? { ...good, [path]: text } : { [path]: text }
        const error = await fails(migrate(db, set), {
          code: 'statement-failed',
          at: placeOf(path, text, mark),
          message: says,
        })
        if (statement) assert.equal(error.statement, statement)
        assert.ok(error.message.startsWith(`${path}:${error.at.line}:${error.at.column}: `), error.message)
        assert.ok(error.help, 'it says what to do next')
        assert.deepEqual(error.applied, path === '002_bad.sql' ? ['001'] : [])
        // Nothing of the file is kept.
        assert.deepEqual(
          await query(
            `select count(*)::int as n from pg_tables where schemaname = 'public' and tablename like 'kept%'`,
          ),
          [{ n: 0 }],
        )
      })

    failing('a syntax error', {
      text: '-- migrate:up\ncreate table kept ();\nselect 1 frm x;\n',
      mark: 'x;',
      says: /syntax error at or near "x" \(42601\)/,
    })
    failing('a name that is not there, behind characters of every width', {
      text: "-- migrate:up\ncreate table kept ();\n/* ünï 😀 */ select 'é😀', missing from good;\n",
      mark: 'missing',
      says: /column "missing" does not exist \(42703\)/,
      statement: "select 'é😀', missing from good",
    })
    failing('a file with CRLF and a byte order mark', {
      text: '\uFEFF-- migrate:up\r\ncreate table kept ();\r\n\r\ninsert into good\r\n  (id, nothing) values (2, 3);\r\n',
      mark: 'nothing',
      says: /column "nothing"/,
    })
    failing('a violated constraint, of which PostgreSQL gives no position: the statement', {
      text: '-- migrate:up\ncreate table kept ();\ninsert into good values (2);\n\n  insert into good\n    values (1);\n',
      mark: 'insert into good\n    values',
      says: /duplicate key value violates unique constraint "good_pkey" \(23505\); Key \(id\)=\(1\) already exists/,
      statement: 'insert into good\n    values (1)',
    })
    failing('an exception in a function: the statement that called it', {
      text: "-- migrate:up\ncreate table kept ();\ndo $$\nbegin\n  raise exception 'no; not that' using hint = 'try later';\nend $$;\n",
      mark: 'do $$',
      says: /no; not that \(P0001\)/,
    })
    failing('a fault in the body of a function: the statement that runs it', {
      text: '-- migrate:up\ncreate table kept ();\ndo $$ begin\n  perform missing from good;\nend $$;\nselect 1;\n',
      mark: 'do $$',
      says: /column "missing" does not exist/,
    })
    failing('a wrapped file', {
      text: '-- migrate:up\nbegin;\ncreate table kept ();\nselect missing from good;\ncommit;\n',
      mark: 'missing',
      says: /column "missing"/,
    })
    failing('a file with savepoints', {
      text: '-- migrate:up\ncreate table kept ();\nsavepoint a;\nselect 1;\nrollback to a;\nselect missing from good;\n',
      mark: inSession ? 'missing' : '-- migrate:up',
      says: /column "missing"/,
    })
    failing('a goose file, whose section begins further down', {
      path: '00002_bad.sql',
      text: '-- a head\n-- of two lines\n\n-- +goose Up\ncreate table kept ();\n-- +goose StatementBegin\nselect missing;\n-- +goose StatementEnd\n-- +goose Down\n',
      mark: 'missing',
      says: /column "missing"/,
    })
    failing('a Prisma folder', {
      path: '20260101000000_bad/migration.sql',
      text: 'create table kept ();\n\nselect missing;\n',
      mark: 'missing',
      says: /column "missing"/,
    })

    test('a constraint that is checked at the end of the transaction: the file', async (t) => {
      const { db, query } = await open(t)
      const text =
        '-- migrate:up\nalter table good add foreign key (parent) references good deferrable initially deferred;\ninsert into good values (2, 7);\nselect 1;\n'
      await fails(migrate(db, { ...good, '002_bad.sql': text }), {
        code: 'statement-failed',
        message:
          /^002_bad\.sql:\d+:\d+: (one of its statements failed: |at the commit: )?insert or update on table "good" violates foreign key constraint/,
        applied: ['001'],
      })
      assert.deepEqual(await query('select id from good'), [{ id: 1 }])
    })

    test('a way back: the place in the same file', async (t) => {
      const { db, query } = await open(t)
      const text =
        '-- migrate:up\ncreate table kept ();\n\n-- migrate:down\ndrop table kept;\ndrop table ünknown, missing;\n'
      await migrate(db, { ...good, '002_bad.sql': text })
      const error = await fails(rollback(db, { ...good, '002_bad.sql': text }), {
        code: 'statement-failed',
        at: placeOf('002_bad.sql', text, 'drop table ünknown'),
      })
      assert.equal(error.statement, 'drop table ünknown, missing')
      assert.deepEqual(await query(`select count(*)::int as n from kept`), [{ n: 0 }])
      assert.equal((await ready(db, { ...good, '002_bad.sql': text })).status, 'ready')
    })

    test('step by step: the place, what is kept, and a run that goes on there', async (t) => {
      const { db, query, exec } = await open(t)
      const text =
        '-- migrate:up transaction:false\r\ninsert into good values (2);\r\n/* 😀 */ create unique index concurrently good_parent on good (coalesce(parent, 0));\r\ninsert into good values (3, 3);\r\n'
      const set = { ...good, '002_steps.sql': text }
      const error = await fails(migrate(db, set), {
        code: 'statement-failed',
        at: placeOf('002_steps.sql', text, 'create unique'),
        message: /could not create unique index "good_parent" \(23505\)/,
        applied: ['001'],
      })
      assert.match(error.help, /it goes on at step 2 of 3 \(steps kept: 1\)/)
      assert.deepEqual(
        await query(`select state, steps_done, steps_total from schema_migrations where version = '002'`),
        [{ state: 'running', steps_done: 1, steps_total: 3 }],
      )
      const [, decision] = (await plan(db, set)).decisions
      assert.deepEqual([decision.action, decision.code, decision.progress], ['apply', 'resume', { done: 1, total: 3 }])
      assert.equal((await ready(db, set)).httpStatus, 503)

      await exec('update good set parent = id')
      assert.deepEqual(
        (await migrate(db, set)).applied.map(({ version }) => version),
        ['002'],
      )
      assert.deepEqual(await query('select id from good order by id'), [{ id: 1 }, { id: 2 }, { id: 3 }])
      assert.deepEqual(
        await query(`select indisvalid::text as valid from pg_index where indexrelid = 'good_parent'::regclass`),
        [{ valid: 'true' }],
      )
    })

    test('step by step, edited after it stopped: what is done must be as it was', async (t) => {
      const { db, query } = await open(t)
      const text = '-- migrate:up transaction:false\ninsert into good values (2);\nselect 1 / 0;\n'
      await fails(migrate(db, { ...good, '002_steps.sql': text }), {
        code: 'statement-failed',
        message: /division by zero/,
      })
      const mended = text.replace('1 / 0', '1')
      await fails(migrate(db, { ...good, '002_steps.sql': mended.replace('(2)', '(3)') }), {
        code: 'plan-refused',
        message: /002_steps\.sql was edited after it stopped: 1 of 2 steps is done with the old text/,
      })
      assert.equal((await migrate(db, { ...good, '002_steps.sql': mended })).status, 'migrated')
      assert.deepEqual(await query('select id from good order by id'), [{ id: 1 }, { id: 2 }])
    })

    const tools = {
      'golang-migrate':
        'create table schema_migrations (version bigint not null primary key, dirty boolean not null); insert into schema_migrations values (7, false)',
      Rails:
        "create table schema_migrations (version character varying not null primary key); insert into schema_migrations values ('20260101000000'); create table ar_internal_metadata (key character varying not null primary key, value character varying, created_at timestamp(6) not null, updated_at timestamp(6) not null)",
      Ecto: 'create table schema_migrations (version bigint not null primary key, inserted_at timestamp(0)); insert into schema_migrations values (7, now())',
      'the Supabase CLI':
        "create table schema_migrations (version text not null primary key, statements text[], name text); insert into schema_migrations values ('7')",
      'another tool':
        "create table schema_migrations (id serial primary key, file text); insert into schema_migrations (file) values ('x')",
    }
    for (const [tool, ddl] of Object.entries(tools))
      test(`a table of the ledger's name that is ${tool}'s is left alone`, async (t) => {
        const { db, query, exec } = await open(t)
        await exec(ddl)
        const look = () =>
          query(
            `select column_name, data_type, (select count(*)::int from schema_migrations) as n from information_schema.columns where table_name = 'schema_migrations' order by 1`,
          )
        const before = await look()
        for (const work of [() => migrate(db, good), () => plan(db, good), () => rollback(db, good)]) {
          const error = await fails(work(), { code: 'foreign-ledger' })
          assert.ok(
            error.message.includes(tool === 'another tool' ? 'it may be another tool' : `the ledger of ${tool}`),
            error.message,
          )
          assert.match(
            error.help,
            /for that and from then on, name 'public\.counterfoil_migrations' with the option `table`$/,
          )
        }
        // Another name for our own ledger is no way round it.
        if (tool !== 'another tool')
          await fails(migrate(db, good, { table: 'counterfoil' }), { code: 'foreign-ledger' })
        assert.deepEqual(await look(), before)
      })

    test(
      'a role that may only read can plan and judge, and learns what it lacks when it has to write',
      { skip: !inSession && 'skipped: no session of the test' },
      async (t) => {
        const { db, query, exec } = await open(t)
        await migrate(db, good)
        await exec(
          'create role reader; grant usage on schema public to reader; grant select on schema_migrations to reader; set role reader',
        )
        const more = { ...good, '002_more.sql': '-- migrate:up\ncreate table more ();\n' }
        assert.deepEqual(
          (await plan(db, more)).decisions.map(({ action }) => action),
          ['skip', 'apply'],
        )
        assert.equal((await ready(db, more)).status, 'behind')
        assert.equal((await ready(db, good)).status, 'ready')
        assert.equal((await migrate(db, good)).status, 'current')
        await fails(migrate(db, more), { message: /permission denied/, applied: [] })
        await exec('reset role; revoke select on schema_migrations from reader; set role reader')
        const error = await fails(ready(db, good), {
          code: 'database-failed',
          message: /permission denied for table schema_migrations/,
        })
        assert.match(error.help, /grant/)
        await exec('reset role; drop owned by reader; drop role reader')
        assert.deepEqual(await query('select version from schema_migrations'), [{ version: '001' }])
      },
    )

    test(
      'a session that may only read can plan and judge',
      { skip: !inSession && 'skipped: no session of the test' },
      async (t) => {
        const { db, exec } = await open(t)
        await exec('set default_transaction_read_only = on')
        assert.deepEqual(
          (await plan(db, good)).decisions.map(({ action }) => action),
          ['apply'],
        )
        assert.equal((await ready(db, good)).status, 'behind')
        const error = await fails(migrate(db, good), { code: 'database-failed', message: /read-only transaction/ })
        assert.match(error.help, /connect to the primary/)
        await exec('set default_transaction_read_only = off')
        await migrate(db, good)
        await exec('set default_transaction_read_only = on')
        assert.equal((await ready(db, good)).status, 'ready')
        assert.equal((await migrate(db, good)).status, 'current')
      },
    )

    test('a schema that does not exist yet is an empty ledger, and is made when it is needed', async (t) => {
      const { db, query } = await open(t)
      const options = { table: 'ops.migrations' }
      assert.equal((await ready(db, good, options)).httpStatus, 503)
      assert.deepEqual(
        (await plan(db, good, options)).decisions.map(({ code }) => code),
        ['pending'],
      )
      assert.deepEqual(await query(`select count(*)::int as n from pg_namespace where nspname = 'ops'`), [{ n: 0 }])
      await migrate(db, good, options)
      assert.deepEqual(await query('select version from ops.migrations'), [{ version: '001' }])
    })

    test('a migration that drops or renames the ledger is refused before anything runs', async (t) => {
      const { db, query } = await open(t)
      for (const sql of [
        'drop table schema_migrations',
        'drop table if exists x, public.schema_migrations cascade',
        'alter table "schema_migrations" rename to old',
        'alter table schema_migrations set schema other',
      ]) {
        const text = `-- migrate:up\nselect 1;\n${sql};\n`
        const error = await fails(migrate(db, { ...good, '002_bad.sql': text }), {
          code: 'plan-refused',
          at: placeOf('002_bad.sql', text, sql),
        })
        assert.match(`${error.message} ${error.help}`, /`?table`?/)
      }
      assert.deepEqual(await query(`select count(*)::int as n from pg_tables where schemaname = 'public'`), [{ n: 0 }])
    })

    test('what only psql could run is refused before anything runs, with its place', async (t) => {
      const { db, query } = await open(t)
      const cases = {
        'psql-command': ['\\connect other', /psql/],
        'copy-from-stdin': ['copy good from stdin;\n1\n\\.', /COPY/],
        'unterminated-string': ["'abc", /string/],
        'unterminated-dollar-quote': ['$x$ begin', /dollar/],
        'unterminated-comment': ['/* select 1;', /comment/],
        'transaction-control': ['rollback;', /ROLLBACK/],
      }
      for (const [code, [sql, says]] of Object.entries(cases)) {
        const text = `-- migrate:up\ncreate table kept ();\n${sql}\n`
        const error = await fails(migrate(db, { ...good, '002_bad.sql': text }), {
          at: placeOf('002_bad.sql', text, sql),
        })
        assert.ok([code, 'plan-refused'].includes(error.code), `${code}: ${error.code}`)
        assert.match(error.message, says)
        assert.ok(error.help)
      }
      assert.deepEqual(await query(`select count(*)::int as n from pg_tables where schemaname = 'public'`), [{ n: 0 }])
    })

    test('a way back that drops a schema is refused by name, and done when it is named', async (t) => {
      const { db, query } = await open(t)
      const set = {
        ...good,
        '002_app.sql':
          '-- migrate:up\ncreate schema app;\ncreate table app.a ();\n-- migrate:down\ndrop schema app cascade;\n',
      }
      await migrate(db, set)
      const error = await fails(rollback(db, set), {
        code: 'destructive-down',
        at: { path: '002_app.sql', line: 5, column: 1 },
      })
      assert.match(error.help, /allowDestructive: \['002'\]/)
      assert.deepEqual(await query(`select count(*)::int as n from pg_namespace where nspname = 'app'`), [{ n: 1 }])
      await rollback(db, set, { allowDestructive: ['002'] })
      assert.deepEqual(await query(`select count(*)::int as n from pg_namespace where nspname = 'app'`), [{ n: 0 }])
      await fails(rollback(db, set), { code: 'no-down-section', message: /001_good\.sql/ })
    })
  },
  ['postgres.js', 'HTTP'],
)
