// Schemas: a set with its ledger and all that it creates, in a place of its own. Where things are is read from PostgreSQL's
// catalog.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { readSet } from 'counterfoil'
import { embed } from 'counterfoil/embed'
import * as pg from 'counterfoil/pg'
import * as pglite from 'counterfoil/pglite'
import nodePostgres from 'pg'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { skip, startPgbouncer } from './support/pgbouncer.mjs'
import { startPostgres } from './support/postgres.mjs'

const up = (sql, down = '') => `-- migrate:up\n${sql}\n-- migrate:down\n${down}\n`
const set = {
  '001_notes.sql': up('create table notes (id int primary key, text text);', 'drop table notes;'),
  '002_first.sql': up(`insert into notes values (1, 'first');`, 'delete from notes;'),
}

/** Names that are names to PostgreSQL, if they are quoted. */
const odd = [
  'tenant',
  'Tenant',
  'TENANT',
  `it's "quoted"`,
  'a.b',
  'x;y',
  'a,b',
  ' blanks ',
  'default',
  'PG_mine',
  '$1',
  '\\',
  'a'.repeat(63),
  // 63 bytes: 31 letters of two each, and one.
  `${'ä'.repeat(31)}a`,
]

/** Tables outside of PostgreSQL's own schemas, `schema/table`. */
const tablesOf = `select schemaname || '/' || tablename as it from pg_tables
  where schemaname !~ '^pg_' and schemaname <> 'information_schema' order by schemaname collate "C", tablename collate "C"`
const pathOf = `select current_setting('search_path') as it`
const both = (...schemas) => schemas.sort(byBytes).flatMap((name) => [`${name}/notes`, `${name}/schema_migrations`])
const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))

onEachDatabase(
  ({ kind, api: { migrate, plan, ready, rollback }, open }) => {
    const overHttp = kind === 'HTTP'
    const list = async (query, sql) => (await query(sql)).map(({ it }) => it)

    test('every name has a ledger and tables of its own, and public has none', async (t) => {
      const { db, query, exec } = await open(t)
      const manifest = await embed(set)
      const path = await list(query, pathOf)
      for (const schema of odd) {
        const options = { schema }
        assert.equal((await ready(db, set, options)).status, 'behind', schema)
        assert.equal((await migrate(db, set, options)).applied.length, 2, schema)
        const again = await migrate(db, manifest, options)
        assert.deepEqual([again.status, again.roundTrips], ['current', 1], schema)
        assert.equal((await ready(db, set, options)).status, 'ready', schema)
      }
      assert.deepEqual(await list(query, tablesOf), both(...odd))
      assert.deepEqual(await list(query, pathOf), path)
      // What stands in one is not in another.
      await exec(`delete from "Tenant".notes`)
      await rollback(db, set, { schema: 'tenant', steps: 2 })
      assert.deepEqual(
        await list(query, tablesOf),
        both(...odd).filter((it) => it !== 'tenant/notes'),
      )
      const rows = `select (select count(*) from "TENANT".notes) || ' ' || (select count(*) from "TENANT".schema_migrations) || ' '
        || (select count(*) from tenant.schema_migrations) as it`
      assert.deepEqual(await list(query, rows), ['1 2 0'])
    })

    test('of several the first gets what is created, and names are looked for in all', async (t) => {
      const { db, query, exec } = await open(t)
      await exec(
        `create schema shared; create table shared.kinds (id int primary key); insert into shared.kinds values (7)`,
      )
      const files = { ...set, '003_kinds.sql': up('create table mine as select id from kinds;') }
      await migrate(db, files, { schema: ['tenant', 'shared'] })
      assert.deepEqual(await list(query, tablesOf), [
        'shared/kinds',
        'tenant/mine',
        'tenant/notes',
        'tenant/schema_migrations',
      ])
      assert.deepEqual(await list(query, 'select id as it from tenant.mine'), [7])
    })

    test('what is no schema of its own is refused, and nothing is sent', async (t) => {
      const { db, query } = await open(t)
      const help = "name another one with the option `schema`: of 1 to 63 bytes, and not PostgreSQL's own"
      const wrong = [
        'pg_catalog',
        'information_schema',
        '$user',
        'ä'.repeat(32),
        'a\0b',
        ['tenant', 'pg_temp'],
        ['tenant', ''],
      ]
      for (const schema of wrong) {
        const message = `the schema "${[schema].flat().at(-1)}" cannot be that of a set`
        for (const run of [migrate, plan, ready, rollback])
          await fails(run(db, set, { schema }), { code: 'invalid-input', message, help })
      }
      for (const schema of ['', [], [7], 7, {}, null, false])
        await fails(migrate(db, set, { schema }), {
          code: 'invalid-input',
          message: 'the option schema is not a name or an array of one name or more',
        })
      const elsewhere = {
        code: 'invalid-input',
        message: 'the ledger "public"."schema_migrations" is not in the schema "tenant"',
        help: 'name its table without a schema, or leave out the option `schema`',
      }
      for (const table of ['public.schema_migrations', { schema: 'public', name: 'schema_migrations' }])
        await fails(migrate(db, set, { table, schema: 'tenant' }), elsewhere)
      assert.deepEqual(await list(query, tablesOf), [])
      // Nor does a manifest of a set that is there already say that it is current.
      await migrate(db, set)
      await fails(migrate(db, await embed(set), { table: 'public.schema_migrations', schema: 'tenant' }), elsewhere)
    })

    test('a table without a schema, or in the same, goes with it', async (t) => {
      const { db, query } = await open(t)
      await migrate(db, set, { schema: 'tenant', table: 'versions' })
      assert.equal((await migrate(db, set, { schema: 'tenant', table: 'tenant.versions' })).status, 'current')
      assert.equal((await migrate(db, set, { schema: 'tenant', table: { name: 'versions' } })).status, 'current')
      assert.deepEqual(await list(query, tablesOf), ['tenant/notes', 'tenant/versions'])
    })

    test('bodies of DO and of functions are run with it', async (t) => {
      const { db, query } = await open(t)
      const files = {
        ...set,
        '003_do.sql': up(
          `do $$ begin create table by_do (id int); insert into notes values (2, 'do'); end $$;
           create function note(int) returns void language plpgsql as $$ begin insert into notes values ($1, 'function'); end $$;
           select note(3);`,
        ),
      }
      await migrate(db, files, { schema: 'a"b' })
      assert.deepEqual(await list(query, `select text as it from "a""b".notes order by id`), [
        'first',
        'do',
        'function',
      ])
      assert.deepEqual(await list(query, tablesOf), ['a"b/by_do', ...both('a"b')])
    })

    test("a file's own SET does what it says, and holds for that file", async (t) => {
      const { db, query, exec } = await open(t)
      await exec('create schema other')
      const files = {
        '001_other.sql': up('set search_path = other;\ncreate table one ();'),
        '002_mine.sql': up('create table two ();'),
        '003_config.sql': up(`select set_config('search_path', 'other', false);\ncreate table three ();`),
        '004_local.sql': up('set local search_path = other;\ncreate table four ();'),
        '005_mine.sql': up('create table five ();'),
        '006_reset.sql': up('reset search_path;\ncreate table six ();'),
      }
      const path = await list(query, pathOf)
      await migrate(db, files, { schema: 'tenant' })
      assert.deepEqual(await list(query, tablesOf), [
        'other/four',
        'other/one',
        'other/three',
        'public/six',
        'tenant/five',
        'tenant/schema_migrations',
        'tenant/two',
      ])
      assert.deepEqual(await list(query, pathOf), path)
    })

    const stepwise = {
      ...set,
      '003_index.sql': `-- migrate:up transaction:false
create table tags (id int);
create index concurrently notes_text on notes (text);
vacuum notes;
insert into tags values (1);
create index concurrently tags_id on tags (id);
`,
    }
    const indexes = `select schemaname || '/' || indexname as it from pg_indexes
      where indexname in ('notes_text', 'tags_id') order by 1`

    test('steps outside a transaction have it, and the session has its own path again', async (t) => {
      const { db, query, exec } = await open(t)
      if (overHttp) {
        const { help } = await fails(migrate(db, stepwise, { schema: 'tenant' }), {
          code: 'unsupported',
          message:
            '003_index.sql:3:1: CREATE INDEX CONCURRENTLY runs outside a transaction, where the schema of the run does not reach it: this driver keeps no session',
        })
        assert.equal(
          help,
          'use a driver that holds a connection, or write what runs in a transaction in its place; nothing was run',
        )
        return assert.deepEqual(await list(query, tablesOf), [])
      }
      await exec(`create table notes (text text); create schema before; set search_path = before, public`)
      for (const schema of ['tenant', 'x, "y']) {
        await migrate(db, stepwise, { schema })
        assert.deepEqual(await list(query, pathOf), ['before, public'])
      }
      assert.deepEqual(await list(query, indexes), [
        'tenant/notes_text',
        'tenant/tags_id',
        'x, "y/notes_text',
        'x, "y/tags_id',
      ])
      await exec('reset search_path')
    })

    test('a step that fails leaves the path behind as it was, and the next run goes on', async (t) => {
      if (overHttp) return t.skip('skipped: no steps outside a transaction')
      const { db, query, exec } = await open(t)
      await migrate(db, set, { schema: 'tenant' })
      await exec(`insert into tenant.notes values (2, 'first')`)
      const unique = {
        ...set,
        '003_index.sql': `-- migrate:up transaction:false\ncreate unique index concurrently notes_text on notes (text);\n`,
      }
      const path = await list(query, pathOf)
      await fails(migrate(db, unique, { schema: 'tenant' }), {
        code: 'statement-failed',
        message: /could not create unique/,
      })
      assert.deepEqual(await list(query, pathOf), path)
      await exec('delete from tenant.notes where id = 2')
      assert.deepEqual(
        (await migrate(db, unique, { schema: 'tenant' })).applied.map(({ version }) => version),
        ['003'],
      )
      assert.deepEqual(await list(query, indexes), ['tenant/notes_text'])
    })

    test('without a session such steps are refused before anything is run', async (t) => {
      if (overHttp) return t.skip('skipped: it has no such option to give')
      const { db, query } = await open(t)
      const { help } = await fails(migrate(db, stepwise, { schema: 'tenant', session: false }), { code: 'unsupported' })
      assert.match(help, /^connect to the database itself, without session: false, or/)
      assert.deepEqual(await list(query, tablesOf), [])
      assert.equal((await migrate(db, set, { schema: 'tenant', session: false })).status, 'migrated')
      assert.deepEqual(await list(query, tablesOf), both('tenant'))
    })

    test('a statement that fails is told with its place', async (t) => {
      const { db } = await open(t)
      const files = { ...set, '003_bad.sql': up('create table ok ();\n  insert into nowhere values (1);') }
      const { at } = await fails(migrate(db, files, { schema: 'tenant' }), {
        code: 'statement-failed',
        message: /relation "nowhere" does not exist/,
      })
      assert.deepEqual([at.path, at.line], ['003_bad.sql', 3])
    })

    test('tables and ledgers of others are looked for where the set is to live', async (t) => {
      const { db, exec } = await open(t)
      const goose = (
        schema,
      ) => `create table ${schema}.goose_db_version (id serial primary key, version_id bigint not null,
        is_applied boolean not null, tstamp timestamp default now());
        insert into ${schema}.goose_db_version (version_id, is_applied) values (0, true), (1, true)`
      await exec(`create table public.notes (); create schema other; create table other.notes (); ${goose('other')}`)
      assert.equal((await migrate(db, set, { schema: 'fine' })).status, 'migrated')
      await exec('create schema taken; create table taken.notes ()')
      await fails(migrate(db, set, { schema: 'taken' }), {
        code: 'database-not-empty',
        message: /^001_notes.sql:2:1: 001_notes.sql creates "taken"."notes", which is there already/,
      })
      const { message } = await fails(plan(db, set, { schema: 'other' }), { code: 'foreign-ledger' })
      assert.match(message, /"other"."goose_db_version" is the ledger of goose/)
    })

    test('a migration that drops the ledger of its schema is refused, and of another it may', async (t) => {
      const { db, query, exec } = await open(t)
      await exec('create table public.schema_migrations ()')
      const drops = (name) => ({ ...set, '003_drop.sql': up(`drop table ${name};`) })
      for (const name of ['schema_migrations', 'tenant.schema_migrations'])
        await fails(migrate(db, drops(name), { schema: 'tenant' }), {
          code: 'plan-refused',
          message: /drops the ledger's own table, "tenant"."schema_migrations"/,
        })
      await migrate(db, drops('public.schema_migrations'), { schema: 'tenant' })
      assert.deepEqual(await list(query, tablesOf), both('tenant'))
    })

    test('a ledger apart from where names lead to is said, and the help brings both together', async (t) => {
      const { db, query } = await open(t)
      const apart = await plan(db, set, { table: 'tenant.schema_migrations' })
      assert.deepEqual(apart.findings, [
        {
          code: 'ledger-apart',
          severity: 'note',
          message: 'the ledger is in the schema "tenant", and tables without a schema are created in "public"',
          help: `to have both there, say schema: 'tenant'`,
          options: [{ option: 'schema', values: ['tenant'], text: `schema: 'tenant'` }],
        },
      ])
      const options = { table: 'tenant.schema_migrations', schema: 'tenant' }
      assert.deepEqual((await plan(db, set, options)).findings, [])
      await migrate(db, set, options)
      assert.deepEqual(await list(query, tablesOf), both('tenant'))
      assert.deepEqual((await plan(db, set, options)).findings, [])
      assert.deepEqual(
        (await plan(db, set, { table: 'tenant.schema_migrations' })).findings.map(({ code }) => code),
        ['ledger-apart'],
      )
    })

    test('who may not create schemas needs not, where it is there', async (t) => {
      if (overHttp) return t.skip('skipped: no session of the test')
      const { db, query, exec } = await open(t)
      await exec(`create role builder_${kind === 'PGlite' ? 'l' : 'p'}`)
      const role = kind === 'PGlite' ? 'builder_l' : 'builder_p'
      await exec(
        `create schema theirs authorization ${role}; create schema ledgers authorization ${role}; set role ${role}`,
      )
      try {
        assert.equal((await migrate(db, set, { schema: 'theirs' })).status, 'migrated')
        const there = { table: 'ledgers.versions' }
        const nothing = { '001_nothing.sql': up('select 1;') }
        assert.equal((await migrate(db, nothing, there)).status, 'migrated')
        await fails(migrate(db, set, { schema: 'absent' }), { code: 'database-failed', message: /permission denied/ })
      } finally {
        await exec('reset role')
      }
      assert.deepEqual(await list(query, tablesOf), ['ledgers/versions', ...both('theirs')])
      await exec(`drop owned by ${role} cascade; drop role ${role}`)
    })
  },
  ['postgres.js', 'HTTP'],
)

test('without a database it is where the ledger is, and refused alike', async () => {
  const { plan } = await import('counterfoil')
  const drops = { '001_drop.sql': up('drop table public.schema_migrations;') }
  assert.equal(readSet(drops).migrations.length, 1)
  assert.deepEqual(
    plan(drops).findings.map(({ code }) => code),
    ['ledger-touched'],
  )
  assert.deepEqual(plan(drops, [], { schema: ['tenant', 'public'] }).findings, [])
  await fails(async () => plan(drops, [], { schema: 'pg_x' }), { code: 'invalid-input' })
})

test('a booted PGlite has it, and a snapshot of another schema is none of it', async () => {
  const { PGlite } = await import('@electric-sql/pglite')
  const { snapshotsInMemory } = await import('counterfoil/snapshots')
  const snapshots = snapshotsInMemory()
  for (const [schema, used] of [
    ['a', false],
    ['b', false],
    [['a', 'public'], false],
    ['a', true],
  ]) {
    const { db, snapshot } = await pglite.boot(PGlite, set, { schema, snapshots })
    assert.equal(snapshot.used !== null, used, JSON.stringify(schema))
    const { rows } = await db.query(tablesOf)
    assert.deepEqual(
      rows.map(({ it }) => it),
      both([schema].flat()[0]),
    )
    await db.close()
  }
})

describe('many on one server', () => {
  let server
  before(async () => (server = await startPostgres()))
  after(() => server.stop())

  const names = Array.from({ length: 200 }, (_, at) => `tenant "${at}"`)
  async function allApart(db) {
    const { rows } = await db.query(tablesOf)
    assert.deepEqual(
      rows.map(({ it }) => it),
      both(...names),
    )
    // Each has what it wrote, once.
    const counts = names.map(
      (name) => `select (select count(*) from "${name.replaceAll('"', '""')}".notes) as notes,
        (select count(*) from "${name.replaceAll('"', '""')}".schema_migrations) as rows`,
    )
    const found = await db.query(counts.join(' union all '))
    assert.equal(found.rowCount, 200)
    assert.ok(found.rows.every(({ notes, rows }) => notes === '1' && rows === '2'))
  }

  test('200 schemas of one database through a pool', async () => {
    const database = await server.createDatabase()
    const pool = new nodePostgres.Pool({ connectionString: server.url(database), max: 8 })
    await Promise.all(names.map((schema) => pg.migrate(pool, set, { schema })))
    await allApart(pool)
    const { rows } = await pool.query(pathOf)
    assert.deepEqual(rows, [{ it: '"$user", public' }])
    await pool.end()
  })

  test('200 schemas of one database through pgbouncer in transaction mode', { skip }, async () => {
    const database = await server.createDatabase()
    const bouncer = await startPgbouncer(server)
    const pool = new nodePostgres.Pool({ connectionString: bouncer.url(database), max: 8 })
    try {
      await Promise.all(names.map((schema) => pg.migrate(pool, set, { schema, session: false })))
      await allApart(pool)
      // Nothing of it stays in a session that another gets.
      const paths = await Promise.all(Array.from({ length: 12 }, () => pool.query(pathOf)))
      assert.deepEqual([...new Set(paths.map(({ rows }) => rows[0].it))], ['"$user", public'])
    } finally {
      await pool.end()
      await bouncer.stop()
    }
  })

  test('20 at once make one schema once', async () => {
    const database = await server.createDatabase()
    const pools = Array.from(
      { length: 20 },
      () => new nodePostgres.Pool({ connectionString: server.url(database), max: 1 }),
    )
    const results = await Promise.all(pools.map((pool) => pg.migrate(pool, set, { schema: 'Race, "one"' })))
    assert.equal(results.flatMap(({ applied }) => applied).length, 2)
    const { rows } = await pools[0].query(tablesOf)
    assert.deepEqual(
      rows.map(({ it }) => it),
      both('Race, "one"'),
    )
    await Promise.all(pools.map((pool) => pool.end()))
  })

  test('a schema is made where it is not there, and nowhere else', async () => {
    const db = await server.connect(await server.createDatabase())
    // It is called before PostgreSQL looks whether there is one.
    await db.query(`create table public.asked (); create function public.asked() returns event_trigger language plpgsql
      as $$ begin insert into public.asked default values; end $$;
      create event trigger asked on ddl_command_start when tag in ('CREATE SCHEMA') execute function public.asked()`)
    const asked = async () => (await db.query('select count(*)::int as it from public.asked')).rows[0].it
    await db.query('create schema there')
    assert.equal(await asked(), 1)
    await pg.migrate(db, set, { schema: 'there' })
    await pg.migrate(db, set, { table: 'there.others', existing: { ignore: ['tables'] } })
    await pg.migrate(db, set, { schema: 'tenant' })
    assert.equal(await asked(), 2)
    await pg.migrate(db, { ...set, '003_more.sql': up('select 1;') }, { schema: 'tenant' })
    assert.equal(await asked(), 2)
    await db.end()
  })
})
