// `squash` on sets that hold what a dump, taken as it is, would change, lose or stumble over. What is expected is asked of the
// two databases: the one that the chain made, and the one that the baseline made.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { migrate } from 'counterfoil/pglite'
import { proveSquash, squash } from 'counterfoil/squash'
import { vector } from '@electric-sql/pglite-pgvector'
import { citext } from '@electric-sql/pglite/contrib/citext'
import { migration } from './support/cli.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { difference, snapshot } from './support/schema.mjs'
import { flat, squashed } from './support/squash.mjs'

const make = () => freshPGlite({ extensions: { citext, vector } })

/** A set of dbmate's, of a text for each file. */
const chainOf = (...texts) =>
  Object.fromEntries(texts.map((text, index) => [`${String(index + 1).padStart(3, '0')}_m.sql`, migration(text)]))

async function databaseOf(t, files, options) {
  const db = await make()
  t.after(() => db.close())
  await migrate(db, files, options)
  return db
}

const rows = async (db, sql) => (await db.query(sql)).rows

describe('what one baseline holds', () => {
  const chain = chainOf(
    // Under an empty path `IS DISTINCT FROM` of these types is another operator, or none.
    `create extension citext; create extension vector;
     create table people (id int primary key, email citext, v vector(2), changes int not null default 0);
     create function count_change() returns trigger language plpgsql as $$ begin new.changes := old.changes + 1; return new; end $$;
     create trigger on_email before update on people for each row when (old.email is distinct from new.email) execute function count_change();
     create trigger on_vector before update on people for each row when (old.v is distinct from new.v) execute function count_change();`,
    // A body that names a function without its schema.
    `create function inner_fn(x int) returns int language sql immutable as $$ select x * 2 $$;
     create function outer_fn(x int) returns int language sql immutable as $$ select inner_fn(x) + 1 $$;
     create table generated (id int, g int generated always as (outer_fn(id)) stored);`,
    `create table orders (id int primary key, customer text not null, total numeric);
     create view order_list as select id, customer, total from orders group by id;`,
    `create table a (id int primary key, b int); create table b (id int primary key, a int references a);
     alter table a add constraint a_b foreign key (b) references b deferrable initially deferred;
     insert into a values (1, 7); insert into b values (7, 1);`,
    `create function customers() returns setof text begin atomic select customer from order_list order by customer; end;`,
    `create table checked (a int, b int, c int, d int, check (a between 1 and 5 and b > 0));
     create function nothing() returns trigger language plpgsql as $$ begin return new; end $$;
     create trigger three before update on checked for each row when (row(old.a, old.b, old.c) is distinct from row(new.a, new.b, new.c)) execute function nothing();`,
    `create role squash_reader noinherit; create role squash_group; grant squash_group to squash_reader;
     comment on role squash_reader is 'reads';
     grant select on orders to squash_reader; alter default privileges in schema public grant select on tables to squash_reader;`,
    `do $$ begin execute format('alter database %I set work_mem to %L', current_database(), '5MB'); end $$;
     alter role squash_reader set search_path = "public", pg_catalog;`,
    `create table numbered (id serial primary key, text text); insert into numbered (text) values ('it''s'), (E'a\\\\b'), (null), (E'c\\r\\nd');
     create table always (id int generated always as identity primary key, n int); insert into always (n) values (1), (2);
     create sequence apart start 5; select nextval('apart');
     create materialized view texts as select text from numbered where text is not null;
     create materialized view longest as select max(length(text)) from texts;`,
    `create table installation (id uuid primary key default gen_random_uuid(), name text, at timestamptz not null default now());
     insert into installation (name) values ('this'), ('that');
     insert into installation (id, name, at) values ('00000000-0000-0000-0000-000000000001', 'fixed', '2020-01-02');`,
  )
  const made = {}
  before(async () => {
    made.it = await squash(make, chain)
    made.after = squashed(chain, made.it)
    made.chain = await make()
    await migrate(made.chain, chain)
    made.baseline = await make()
    await migrate(made.baseline, made.after)
  })
  after(async () => {
    await made.chain?.close()
    await made.baseline?.close()
  })

  test('it stands in place of all files, and its list names them with their checksums', () => {
    const { it } = made
    assert.deepEqual(
      [it.version, it.baseline, it.replaces.length, it.moves.length],
      ['011', '011_baseline.sql', 10, 10],
    )
    assert.deepEqual(Object.keys(made.after).sort(), ['.counterfoil/011_baseline.json', '011_baseline.sql'])
    const { replaces, squash: about } = JSON.parse(made.after['.counterfoil/011_baseline.json'])
    assert.deepEqual(
      replaces.map(({ version }) => version),
      it.replaces,
    )
    assert.equal(about.proof.differences, 0)
    assert.equal(it.moves[0].to, '.counterfoil/archive/011_baseline/001_m.sql')
  })

  test('it makes the same schema, as somebody else reads it', async () => {
    const [chain, baseline] = [(await snapshot(made.chain)).map(flat), (await snapshot(made.baseline)).map(flat)]
    assert.deepEqual(difference(chain, baseline), { onlyLeft: [], onlyRight: [] })
    assert.deepEqual([made.it.proof.differences, made.it.proof.rowDifferences, made.it.proof.notCompared], [[], [], []])
  })

  test('a database with the chain adopts it, and one with a half of it applies the rest first', async (t) => {
    const some = Object.fromEntries(Object.entries(chain).slice(0, 4))
    const db = await databaseOf(t, some)
    const both = { ...chain, ...made.after }
    const { applied, adopted } = await migrate(db, both)
    assert.deepEqual([applied.length, adopted.map(({ version }) => version)], [6, ['011']])
    assert.equal((await migrate(made.chain, made.after)).adopted.length, 1)
  })

  test('triggers on citext and vector mean what they meant', async () => {
    for (const db of [made.chain, made.baseline]) {
      await db.exec(
        `insert into people values (1, 'A@b', '[1,2]'); update people set email = 'a@B'; update people set v = '[1,2]'`,
      )
      assert.deepEqual(await rows(db, 'select changes from people'), [{ changes: 0 }])
      await db.exec(`update people set email = 'other'; update people set v = '[2,2]'`)
      assert.deepEqual(await rows(db, 'select changes from people'), [{ changes: 2 }])
    }
  })

  test('functions without a schema, views on a key, and bodies in SQL work', async () => {
    for (const db of [made.chain, made.baseline]) {
      await db.exec(`insert into generated values (4); insert into orders values (1, 'x', 2)`)
      assert.deepEqual(await rows(db, 'select g from generated'), [{ g: 9 }])
      assert.deepEqual(await rows(db, 'select customers() as c'), [{ c: 'x' }])
    }
  })

  test('sequences go on where they were, and materialised views are filled', async () => {
    for (const db of [made.chain, made.baseline]) {
      assert.deepEqual(await rows(db, `insert into numbered (text) values ('n') returning id`), [{ id: 5 }])
      assert.deepEqual(await rows(db, 'insert into always (n) values (3) returning id'), [{ id: 3 }])
      assert.deepEqual(await rows(db, `select nextval('apart')::int as n`), [{ n: 6 }])
      assert.deepEqual(await rows(db, 'select text from texts order by text'), [
        { text: 'a\\b' },
        { text: 'c\r\nd' },
        { text: "it's" },
      ])
      assert.deepEqual(await rows(db, 'select max from longest'), [{ max: 4 }])
      assert.deepEqual(await rows(db, 'select a.id, b.id as b from a join b on b.a = a.id'), [{ id: 1, b: 7 }])
    }
  })

  test('roles, their memberships, comments and settings are there, and those of the database', async () => {
    const sql = `select rolname, rolcanlogin, rolinherit, shobj_description(oid, 'pg_authid') as comment, rolconfig::text,
        pg_has_role(rolname, 'squash_group', 'member') as member, has_table_privilege(rolname, 'orders', 'select') as reads,
        (select setconfig::text from pg_db_role_setting where setrole = 0) as settings
      from pg_roles where rolname ~ '^squash_' order by 1`
    const expected = await rows(made.chain, sql)
    assert.equal(expected.length, 2)
    assert.match(expected[0].settings, /work_mem=5MB/)
    assert.deepEqual(await rows(made.baseline, sql), expected)
    assert.deepEqual(made.it.roles, ['squash_reader', 'squash_group'])
    assert.deepEqual(
      made.it.findings.filter(({ code }) => code === 'squash-role' || code === 'squash-setting').length,
      4,
    )
  })

  test('what is random or the time is so in every database; what was written is kept', async (t) => {
    const all = [made.chain, made.baseline, await databaseOf(t, made.after)]
    const sql = (name) =>
      `select id::text, at > now() - interval '1 hour' as fresh from installation where name = '${name}'`
    for (const name of ['this', 'that']) {
      const found = (await Promise.all(all.map((db) => rows(db, sql(name))))).flat()
      assert.equal(new Set(found.map(({ id }) => id)).size, 3)
      assert.ok(found.every(({ fresh }) => fresh))
    }
    const fixed = (await Promise.all(all.map((db) => rows(db, sql('fixed'))))).flat()
    assert.deepEqual(new Set(fixed.map(({ id, fresh }) => `${id} ${fresh}`)).size, 1)
    assert.deepEqual(made.it.notRepeatable, ['public.installation.at', 'public.installation.id'])
    assert.deepEqual(
      made.it.rows.map(({ table, rows }) => `${table} ${rows}`),
      ['public.a 1', 'public.always 2', 'public.b 1', 'public.installation 3', 'public.numbered 4'],
    )
  })

  test('nothing of it reaches the next file', async (t) => {
    const db = await databaseOf(t, {
      ...made.after,
      '012_next.sql': migration("create table next_one as select current_setting('check_function_bodies') as bodies"),
    })
    assert.deepEqual(await rows(db, `select bodies, current_setting('search_path') as path from public.next_one`), [
      { bodies: 'on', path: 'public' },
    ])
  })
})

test('an extension in a schema of its own is found, and so are the operators that have no schema in a dump', async (t) => {
  const chain = chainOf(
    `create schema ext; create extension citext schema ext; set local search_path = public, ext;
     create table p (e citext, n int not null default 0);
     create function bump() returns trigger language plpgsql as $$ begin new.n := 1; return new; end $$;
     create trigger on_e before update on p for each row when (old.e is distinct from new.e) execute function bump();`,
  )
  const it = await squash(make, chain)
  const db = await databaseOf(t, squashed(chain, it))
  await db.exec(`insert into p values ('A'); update p set e = 'a'`)
  assert.deepEqual(await rows(db, 'select n from p'), [{ n: 0 }])
})

test('a chain that drops public, and one that lives in a schema with its ledger', async (t) => {
  const dropped = chainOf('create schema app; create table app.t (id int)', 'drop schema public')
  const options = { table: 'ops.ledger' }
  const db = await databaseOf(t, squashed(dropped, await squash(make, dropped, options)), options)
  const schemas = `select string_agg(nspname, ' ' order by nspname) as s from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'`
  assert.deepEqual(await rows(db, schemas), [{ s: 'app ops' }])

  const tenant = chainOf('create table t (id int primary key)', 'create view v as select id from t')
  const there = await databaseOf(t, squashed(tenant, await squash(make, tenant, { schema: 'tenant' })), {
    schema: 'tenant',
  })
  assert.deepEqual(await rows(there, `select count(*)::int as n from pg_views where schemaname = 'tenant'`), [{ n: 1 }])
})

describe('what is refused', () => {
  const refused = (chain, options, expected) => assert.rejects(squash(make, chain, options), expected)

  test('a value that no default makes anew, by table and column; left out it is only named', async () => {
    const chain = chainOf(
      `create table secrets (id int primary key, token text); insert into secrets values (1, gen_random_uuid()::text)`,
    )
    await refused(chain, {}, (error) => {
      assert.equal(error.code, 'squash-refused')
      assert.match(error.message, /public\.secrets\.token has another value after every replay/)
      assert.deepEqual(
        error.options.map(({ option, values }) => [option, values]),
        [
          ['literal', ['public.secrets.token']],
          ['rows', ['list']],
        ],
      )
      return true
    })
    const written = await squash(make, chain, { literal: ['public.secrets.token'] })
    assert.match(written.files.at(-1).text, /VALUES\n {2}\('1', '[0-9a-f-]{36}'\)/)
    const listed = await squash(make, chain, { rows: 'list' })
    assert.deepEqual(listed.rows, [{ table: 'public.secrets', rows: 1 }])
    assert.doesNotMatch(listed.files.find(({ path }) => path.endsWith('.sql')).text, /INSERT/)
    assert.deepEqual(
      listed.findings.map(({ code }) => code),
      ['squash-rows-left-out'],
    )
  })

  test('large objects', () =>
    refused(
      chainOf('create table t (id int); select lo_create(0)'),
      {},
      { code: 'squash-refused', message: /large objects/ },
    ))

  test('a dump that holds the ledger, that is for psql, or that is of something else', async () => {
    const chain = chainOf('create table t (id int)')
    const ledger = 'CREATE TABLE public.schema_migrations (version character varying(128) NOT NULL);'
    await refused(chain, { dump: ledger }, { code: 'invalid-input', message: /the dump holds the ledger/ })
    await refused(chain, { dump: '\\connect other\nCREATE TABLE public.t (id integer);' }, { code: 'psql-command' })
    await refused(
      chain,
      { dump: 'CREATE TABLE public.t (id bigint);' },
      { code: 'squash-differs', message: /column public\.t\.id: type is bigint, expected integer/ },
    )
  })

  test('a version that is not there, and a baseline for which there is no place', async () => {
    const chain = chainOf('create table t (id int)', 'create table u (id int)')
    await refused(chain, { through: '009' }, { code: 'invalid-input', message: /no migration 009/ })
    await refused(chain, { through: '001' }, { code: 'invalid-input', message: /would not come between/ })
    const it = await squash(make, chain, { through: '001', version: '000' })
    assert.deepEqual([it.baseline, it.replaces], ['000_baseline.sql', ['001']])
    await refused(chain, { rows: 'some' }, { code: 'invalid-input' })
  })
})

test('settings and roles with quotes of blocks in them are what they were', async (t) => {
  const value = "it's $$ and $_$"
  const chain = chainOf(
    `create table t (id int); create role "squash$$reader";
     do $x$ begin execute format('alter database %I set app.text = %L', current_database(), $y$${value}$y$); end $x$;
     alter role "squash$$reader" set app.text = $y$${value}$y$`,
  )
  const it = await squash(make, chain)
  const db = await databaseOf(t, squashed(chain, it))
  const settings = `select coalesce(setrole::regrole::text, '') as role, setconfig[1] as config from pg_db_role_setting order by 1`
  assert.deepEqual(await rows(db, settings), [
    { role: '"squash$$reader"', config: `app.text=${value}` },
    { role: '-', config: `app.text=${value}` },
  ])
})

test('lists and journals that begin with a byte order mark are read, and keep it', async (t) => {
  const journal = { version: '7', dialect: 'postgresql', entries: [entryOf(0, '0000_a'), entryOf(1, '0001_b')] }
  const chain = {
    'meta/_journal.json': `\uFEFF${JSON.stringify(journal)}`,
    '0000_a.sql': 'create table a (id int);',
    '0001_b.sql': 'create table b (id int);',
  }
  const it = await squash(make, chain)
  const after = squashed(chain, it)
  assert.equal(after['meta/_journal.json'][0], '\uFEFF')
  assert.deepEqual(
    JSON.parse(after['meta/_journal.json'].slice(1)).entries.map(({ tag, when }) => [tag, when]),
    [[it.baseline.replace('.sql', ''), 1001]],
  )
  const marked = Object.fromEntries(
    Object.entries(after).map(([path, text]) => [path, `\uFEFF${text.replace(/^\uFEFF/, '')}`]),
  )
  assert.deepEqual((await proveSquash(make, marked, it.version, chain)).differences, [])
  const db = await databaseOf(t, marked)
  assert.deepEqual(await rows(db, `select to_regclass('a')::text as a, to_regclass('b')::text as b`), [
    { a: 'a', b: 'b' },
  ])
})

test('the comment of the database is carried', async (t) => {
  const chain = chainOf(
    `create table t (id int); do $x$ begin execute format('comment on database %I is %L', current_database(), 'it''s $$ ours'); end $x$`,
  )
  const db = await databaseOf(t, squashed(chain, await squash(make, chain)))
  const said = `select shobj_description(oid, 'pg_database') as text from pg_database where datname = current_database()`
  assert.deepEqual(await rows(db, said), [{ text: "it's $$ ours" }])
})

test('folders of Windows are folders', async () => {
  const chain = { 'm\\1_a.sql': 'create table a (id int);', 'm\\2_b.sql': 'create table b (id int);' }
  const it = await squash(make, chain)
  assert.deepEqual(
    it.moves.map(({ path, to }) => [path, to]),
    [
      ['m/1_a.sql', 'm/.counterfoil/archive/3_baseline/1_a.sql'],
      ['m/2_b.sql', 'm/.counterfoil/archive/3_baseline/2_b.sql'],
    ],
  )
  const after = Object.fromEntries(it.files.map(({ path, text }) => [path.replaceAll('/', '\\'), text]))
  assert.deepEqual((await proveSquash(make, after, it.version, chain)).differences, [])
  await assert.rejects(squash(make, { ...chain, 'm/1_a.sql': '' }), {
    code: 'invalid-input',
    message: 'm/1_a.sql is there twice',
  })
})

test('a journal that is broken is an error with its path, as it is where migrations are read', async () => {
  const files = { '0000_a.sql': 'create table a (id int);' }
  for (const text of ['{', '[]', '{"entries": 1}', '{"entries": [null]}'])
    await assert.rejects(squash(make, { ...files, 'meta/_journal.json': text }), {
      name: 'MigrationError',
      message: /meta\/_journal\.json/,
    })
})

const entryOf = (idx, tag) => ({ idx, version: '7', when: 1000 + idx, tag, breakpoints: true })

test('who owns what, and with what somebody is a member, is as the chain made it', async (t) => {
  const chain = chainOf(
    `create role app_owner; create role reader noinherit; create role writer;
     grant reader to writer with admin option; grant app_owner to reader with inherit true, set false;
     create schema app authorization app_owner;
     create table app.a (id int primary key); alter table app.a owner to app_owner;
     create table app.b (id int primary key); alter table app.b owner to app_owner;
     create table app.audit (id int);
     create function app.f() returns int language sql security definer return 1; alter function app.f() owner to app_owner;`,
  )
  const made = await squash(make, chain)
  assert.deepEqual([made.proof.differences, made.proof.notes], [[], []])
  const owners = `select relname as name, relowner::regrole::text as owner from pg_class where relnamespace = 'app'::regnamespace and relkind = 'r'
    union all select proname, proowner::regrole::text from pg_proc where pronamespace = 'app'::regnamespace
    union all select nspname, nspowner::regrole::text from pg_namespace where nspname = 'app' order by name`
  const members = `select roleid::regrole::text as role, member::regrole::text as member, admin_option, inherit_option, set_option
    from pg_auth_members where member >= 16384 order by 1, 2`
  const [grown, fresh] = [await databaseOf(t, chain), await databaseOf(t, squashed(chain, made))]
  for (const sql of [owners, members]) assert.deepEqual(await rows(fresh, sql), await rows(grown, sql))
  // A baseline that has lost them is no proof.
  const lost = squashed(chain, made)
  const without = {
    ...lost,
    [made.baseline]: lost[made.baseline]
      .replace(/^ALTER FUNCTION .* OWNER TO .*$/m, '')
      .replace(' WITH ADMIN OPTION', ''),
  }
  const { differences } = await proveSquash(make, without, made.version, chain)
  assert.deepEqual(
    differences.map(({ message }) => message),
    [
      'function app.f(): owner is postgres, expected <owner>',
      'membership writer in reader: has nothing more, expected ADMIN TRUE',
    ],
  )
})

test('a baseline that was made elsewhere is proved, or its differences are named', async () => {
  const chain = chainOf(
    'create table t (id int primary key, at timestamptz default now())',
    `insert into t values (1), (2)`,
  )
  const it = await squash(make, chain)
  const after = squashed(chain, it)
  const same = await proveSquash(make, after, it.version, chain)
  assert.deepEqual([same.differences, same.rowDifferences, same.rows], [[], [], 2])
  const text = after[it.baseline]
  const other = {
    ...after,
    [it.baseline]: text.replace('integer NOT NULL', 'bigint NOT NULL').replace("('2', DEFAULT)", "('3', DEFAULT)"),
  }
  const found = await proveSquash(make, other, it.version, chain)
  assert.deepEqual(
    found.differences.map(({ message }) => message),
    ['column public.t.id: type is bigint, expected integer'],
  )
  assert.deepEqual(found.rowDifferences, [
    'public.t: the row with id = 2 is not there',
    'public.t: the row with id = 3 is not expected',
  ])
  const edited = { ...chain, '001_m.sql': migration('create table t (id int)') }
  await assert.rejects(proveSquash(make, after, it.version, edited), {
    code: 'invalid-input',
    message: /001 has another checksum/,
  })
  await assert.rejects(proveSquash(make, chain, '001', chain), { code: 'invalid-input', message: /no baseline 001/ })
})
