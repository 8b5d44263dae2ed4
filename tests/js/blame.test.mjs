// Every failure names its owner: what fails in the run's own statements is told of the ledger, with what mends it, and
// never of the user's file. Each help is followed to its end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrate as migratePg } from 'counterfoil/pg'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { startPostgres } from './support/postgres.mjs'

const up = (sql) => `-- migrate:up\n${sql};\n-- migrate:down\nselect 1;\n`
const first = { '001_a.sql': up('create table a (id int primary key, parent int)') }
const more = { ...first, '002_b.sql': up('create table b ()') }
const ledger = '"public"."schema_migrations"'

/** What a help says that the owner should run. */
const statementOf = (help) => /let its owner run: (.*?)(; or |; nothing|$)/.exec(help)[1]

onEachDatabase(
  ({ kind, api, open }) => {
    const { migrate, plan, ready, rollback } = api
    // Over HTTP the runs are of other sessions than the test's.
    const inSession = kind !== 'HTTP'
    const role = `cf_${kind.replaceAll(/\W/g, '').toLowerCase()}`

    /**
     * A ledger that cannot be written or read by the role, or by anybody. `says` and `help` are what is told; the statement
     * in the help is run, and then it works.
     */
    const blamed = (title, { before = first, sql = '', as = true, work = migrate, says, help, options }) =>
      test(title, { skip: as && !inSession && 'skipped: no session of the test' }, async (t) => {
        const { db, query, exec } = await open(t)
        if (before) await migrate(db, before)
        await exec(`create role ${role}; grant create, usage on schema public to ${role}`)
        try {
          if (sql) await exec(sql)
          if (as) await exec(`set role ${role}`)
          const error = await fails(work(db, more, options), {
            code: 'database-failed',
            at: undefined,
            statement: undefined,
            message: says,
            help,
          })
          await exec('reset role')
          await exec(statementOf(error.help))
          if (as) await exec(`set role ${role}`)
          const done = await work(db, more, options)
          if (work === migrate) assert.ok(done.applied.some(({ version }) => version === '002'))
          await exec('reset role')
          assert.deepEqual(await query(`select to_regclass('b')::text as b`), [{ b: work === migrate ? 'b' : null }])
        } finally {
          await exec(`reset role; drop owned by ${role}; drop role ${role}`)
        }
      })

    blamed('a role that may only read the ledger learns which rights it lacks', {
      sql: `grant select on schema_migrations to ${role}`,
      says: `the ledger could not be written: permission denied for table schema_migrations (42501); the role "${role}" lacks insert, update, delete on ${ledger}`,
      help: `let its owner run: grant insert, update, delete on ${ledger} to "${role}"`,
    })
    for (const [name, work] of Object.entries({ plan, ready }))
      blamed(`a role that may not read the ledger learns what ${name} needs`, {
        work,
        says: /^the ledger could not be read: permission denied for table schema_migrations \(42501\); the role "cf_\w+" lacks select on /,
        help: `let its owner run: grant select on ${ledger} to "${role}"`,
      })
    blamed('a role that may not make the ledger learns which right it lacks', {
      before: null,
      sql: `revoke create on schema public from ${role}`,
      says: /^the ledger could not be created: permission denied for schema public \(42501\); the role "cf_\w+" lacks create on schema "public"$/,
      help: `let its owner run: grant create on schema "public" to "${role}"`,
    })
    blamed('a role that may not use the schema of the ledger learns so', {
      sql: `create schema ops; alter table schema_migrations set schema ops; grant all on ops.schema_migrations to ${role}`,
      options: { table: 'ops.schema_migrations' },
      says: /permission denied for schema ops \(42501\); the role "cf_\w+" lacks usage on schema "ops"$/,
      help: `let its owner run: grant usage on schema "ops" to "${role}"`,
    })
    for (const [name, work] of Object.entries({ migrate, ready }))
      blamed(`row security that hides the ledger's rows is told by ${name}`, {
        work,
        sql: `grant all on schema_migrations to ${role}; alter table schema_migrations enable row level security;
          create policy late on schema_migrations using (version > '5')`,
        says: `row security may hide rows of the ledger ${ledger} from the role ${role}`,
        help: `let its owner run: create policy ${work === ready ? 'counterfoil_reads' : 'counterfoil'} on ${ledger} ${work === ready ? 'for select ' : ''}to ${role} using (true); nothing was run`,
      })
    blamed('row security that keeps rows from being written is told', {
      sql: `grant all on schema_migrations to ${role}; alter table schema_migrations enable row level security;
        create policy all_rows on schema_migrations for select using (true)`,
      says: /violates row-level security policy.*\(42501\); row security is active on the ledger for the role "cf_\w+"$/,
      help: /^let its owner run: create policy counterfoil on /,
    })
    blamed('a column that no migration fills is named', {
      as: false,
      sql: `alter table schema_migrations add column team text not null default 'x'; alter table schema_migrations alter column team drop default`,
      says: /^the ledger could not be written: null value in column "team".*; the ledger has a column that no migration fills: team$/,
      help: `let its owner run: alter table ${ledger} alter column "team" drop not null; or give it a default`,
    })
    blamed('a generated column is named', {
      as: false,
      sql: `alter table schema_migrations drop column origin; alter table schema_migrations add column origin text generated always as ('applied') stored`,
      says: /\(428C9\).*; a column of the ledger is generated: origin$/,
      help: `let its owner run: alter table ${ledger} alter column "origin" drop expression`,
    })
    blamed('a column of another type is named', {
      as: false,
      sql: `alter table schema_migrations alter column duration_ms type boolean using null`,
      says: /^the ledger could not be written: column "duration_ms" is of type boolean.*; a column of the ledger has another type than it should: duration_ms boolean$/,
      help: `let its owner run: alter table ${ledger} alter column "duration_ms" type integer using "duration_ms"::integer`,
    })

    test('row security that shows a role every row is nothing to speak of', { skip: !inSession }, async (t) => {
      const { db, exec } = await open(t)
      await migrate(db, first)
      await exec(`create role ${role}; grant create, usage on schema public to ${role}; grant all on schema_migrations to ${role};
        alter table schema_migrations enable row level security; create policy p on schema_migrations to ${role} using (true); set role ${role}`)
      assert.equal((await ready(db, first)).status, 'ready')
      assert.equal((await migrate(db, more)).applied.length, 1)
      await exec(`reset role; drop owned by ${role}; drop role ${role}`)
    })

    test('a ledger that is a view is told from one without a key, and its table is named instead', async (t) => {
      const { db, exec } = await open(t)
      await migrate(db, first)
      await exec(
        'alter table schema_migrations rename to behind; create view schema_migrations as select * from behind',
      )
      const error = await fails(migrate(db, more), {
        code: 'database-failed',
        message: `the ledger ${ledger} is a view, which has no unique key to keep two runners apart`,
        help: 'name the table that is behind it with the option `table`; nothing was run',
      })
      assert.deepEqual(error.options, [{ option: 'table', text: 'the option `table`' }])
      assert.equal((await migrate(db, more, { table: 'behind' })).applied.length, 1)
    })

    test('a read-only session is told from where it is so', { skip: !inSession }, async (t) => {
      const { db, exec } = await open(t)
      await migrate(db, first)
      await exec('set default_transaction_read_only = on')
      for (const work of [migrate, rollback])
        await fails(work(db, more), {
          code: 'database-failed',
          at: undefined,
          message: /\(25006\); this session is read-only: default_transaction_read_only is on, set in the session$/,
          help: /^connect to the primary, or as a role that may write; plan and ready only read$/,
        })
      await exec('set default_transaction_read_only = off')
      assert.equal((await migrate(db, more)).applied.length, 1)
    })

    test('a deferred constraint or trigger that fails at the commit says so', async (t) => {
      const { db, query } = await open(t)
      const deferred = {
        constraint: [
          'alter table a add foreign key (parent) references a deferrable initially deferred; insert into a values (2, 7); select 1',
          /insert or update on table "a" violates foreign key constraint/,
        ],
        trigger: [
          `create function no() returns trigger language plpgsql as 'begin raise ''not %'', new.id; end';
           create constraint trigger no after insert on a deferrable initially deferred for each row execute function no();
           insert into a values (3); select 1`,
          /not 3 \(P0001\)/,
        ],
      }
      for (const [, [sql, says]] of Object.entries(deferred)) {
        const error = await fails(migrate(db, { ...first, '002_b.sql': up(sql) }), {
          code: 'statement-failed',
          message: says,
          at: { path: '002_b.sql', line: 1, column: 1 },
        })
        // The other drivers do not tell which statement of a message failed.
        if (kind === 'PGlite' || kind === 'PostgreSQL') assert.match(error.message, /^002_b\.sql:1:1: at the commit: /)
        assert.deepEqual(await query('select id from a'), [])
      }
    })

    test('a migration that raises what a lost connection has is at fault, and runs once', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, first)
      await exec('create sequence tries')
      for (const sqlstate of ['57P01', '08006']) {
        const error = await fails(
          migrate(db, {
            ...first,
            '002_b.sql': up(
              `select nextval('tries'); do $$ begin raise 'not today' using errcode = '${sqlstate}'; end $$`,
            ),
          }),
          { code: 'statement-failed', message: new RegExp(`not today \\(${sqlstate}\\)`), applied: [] },
        )
        assert.equal(error.context, 'PL/pgSQL function inline_code_block line 1 at RAISE')
      }
      // Over HTTP the statements are sent once more, to find the one that failed.
      assert.deepEqual(await query('select last_value::int as n from tries'), [
        { n: kind === 'PGlite' || kind === 'PostgreSQL' ? 2 : 4 },
      ])
    })

    test('a clock that was set back breaks nothing', async (t) => {
      const { db, query } = await open(t)
      const set = {
        '001_a.sql':
          "-- migrate:up transaction:false\ncreate table a (id int);\nupdate schema_migrations set applied_at = now() + interval '60 days';\nselect 1;\n",
      }
      assert.equal((await migrate(db, set)).applied.length, 1)
      assert.deepEqual(await query('select duration_ms from schema_migrations'), [{ duration_ms: 0 }])
      await query('update schema_migrations set duration_ms = -5, steps_done = -1, steps_total = -1')
      assert.equal((await migrate(db, { ...set, '002_b.sql': up('create table b ()') })).applied.length, 1)
      assert.equal((await plan(db, set)).decisions[0].code, 'applied')
    })

    test('what PostgreSQL says by the way is an event', { skip: ['HTTP', 'postgres.js'].includes(kind) }, async (t) => {
      const { db } = await open(t)
      const events = []
      const set = {
        ...first,
        '002_b.sql': up(
          `drop table if exists nothing; do $$ begin raise warning 'careful: %', 1 using detail = 'a detail', hint = 'a hint'; end $$`,
        ),
      }
      await migrate(db, set, { onProgress: (event) => events.push(event) })
      assert.deepEqual(
        events.filter(({ kind }) => kind === 'notice'),
        [
          {
            severity: 'NOTICE',
            sqlstate: '00000',
            message: 'table "nothing" does not exist, skipping',
          },
          {
            severity: 'WARNING',
            sqlstate: '01000',
            message: 'careful: 1',
            detail: 'a detail',
            hint: 'a hint',
            context: 'PL/pgSQL function inline_code_block line 1 at RAISE',
          },
        ].map((said) => ({
          kind: 'notice',
          version: '002',
          name: 'b',
          path: '002_b.sql',
          done: 1,
          total: 2,
          step: 1,
          steps: 1,
          ...said,
        })),
      )
    })
  },
  ['postgres.js', 'HTTP'],
)

test('a generated column of which nothing is kept is named', async () => {
  const server = await startPostgres()
  const client = await server.connect()
  try {
    await migratePg(client, first)
    await client.query(`alter table schema_migrations drop column origin;
      alter table schema_migrations add column origin text generated always as ('applied') virtual`)
    const { help } = await fails(migratePg(client, more), {
      code: 'database-failed',
      message: /\(428C9\).*; a column of the ledger is generated: origin$/,
    })
    await client.query(statementOf(help))
    assert.deepEqual(
      (await migratePg(client, more)).applied.map(({ version }) => version),
      ['002'],
    )
  } finally {
    await client.end()
    await server.stop?.()
  }
})

test('a standby is told as one', async (t) => {
  const server = await startPostgres({}, { standby: true })
  t.after(() => server.stop())
  const db = await server.connect()
  t.after(() => db.end())
  await fails(migratePg(db, first), {
    code: 'database-failed',
    at: undefined,
    message:
      /^the ledger could not be created: cannot execute CREATE TABLE in a read-only transaction \(25006\); this server is a standby$/,
    help: 'connect to its primary, or use plan or ready',
  })
})
