// What `diffSchemas` says of two schemas that are nearly one. Whether a change is a difference was decided beside it: by what
// PostgreSQL does otherwise afterwards, or by its own text, read back.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as pg from 'counterfoil/pg'
import { snapshot } from 'counterfoil/pglite'
import { diffSchemas } from 'counterfoil/schema'
import { squash } from 'counterfoil/squash'
import { migration, project } from './support/cli.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'
import { otherServers } from './support/versions.mjs'

const messages = (differences) => differences.map(({ message }) => message)

/** The month that begins so many months from now, as `202611` and as the first of it and of the next. */
function month(ahead) {
  const now = new Date()
  const first = (more) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead + more, 1)).toISOString().slice(0, 10)
  return { name: first(0).slice(0, 7).replace('-', ''), from: first(0), to: first(1) }
}
const partition = ({ name, from, to }) =>
  `create table log_${name} partition of log for values from ('${from}') to ('${to}');`
const log = 'create table log (at date) partition by range (at);'
const again = (definition, drop, make) =>
  `do $$ declare d text; begin select ${definition} into d; ${drop}; execute '${make} ' || d; end $$`

/** What there is, what somebody does to it, and what is told: of differences, and of notes. */
const cases = [
  [
    'create table t (a int, constraint u unique (a) deferrable)',
    'alter table t disable trigger all',
    ['constraint public.t.u: has triggers ["disabled"]'],
  ],
  [
    'create table t (a int); alter table t add constraint n not null a not valid',
    'alter table t validate constraint n',
    ['column public.t.a: not null is true, expected not valid'],
  ],
  [
    'create table t (a int, constraint n not null a)',
    'alter table t rename constraint n to m',
    [],
    ['column public.t.a: not null constraint is {"name":"m"}, expected {"name":"n"}'],
  ],
  [
    'create domain d as int default 5; create table t (a d)',
    'alter table t alter a set default null',
    [/^column public\.t\.a: has default NULL/],
  ],
  ['create table t (a int)', 'alter table t alter a set default null', []],
  [
    `create table t (a varchar(9), constraint c check (a in ('x', 'y')))`,
    again(
      `pg_get_constraintdef(oid) from pg_constraint where conname = 'c'`,
      'alter table t drop constraint c',
      'alter table t add constraint c',
    ),
    [],
  ],
  [
    `create table t (a varchar(9)); create view v as select a from t where a in ('x', 'y') and (a, a) = ('1', '2')`,
    again(`pg_get_viewdef('v'::regclass)`, 'drop view v', 'create view v as'),
    [],
  ],
  [
    `create table t (a varchar(9), constraint c check (a in ('x', 'y')))`,
    `alter table t drop constraint c; alter table t add constraint c check (a in ('x', 'z'))`,
    [/^constraint public\.t\.c: definition is /],
  ],
  [
    'create table t (a int) with (fillfactor = 80, autovacuum_enabled = false)',
    'alter table t reset (fillfactor); alter table t set (autovacuum_enabled = off); alter table t set (fillfactor = 80)',
    [],
  ],
  [
    'create table t (a int) with (autovacuum_enabled = on)',
    'alter table t set (autovacuum_enabled = off)',
    [/^table public\.t: options is /],
  ],
  [
    'create table t (a int, b int); create statistics s on a, b from t',
    'drop statistics s; alter table t drop a; alter table t add a int; create statistics s on a, b from t',
    [],
    ['table public.t: order of columns is ["public.t.b","public.t.a"], expected ["public.t.a","public.t.b"]'],
  ],
  [
    'create table t (a text)',
    'alter table t set (toast.autovacuum_enabled = false)',
    [/^table public\.t: has toast options /],
  ],
  [
    'create table t (a int) partition by list (a); create table t1 partition of t for values in (1)',
    `update pg_inherits set inhdetachpending = true where inhrelid = 't1'::regclass`,
    ['table public.t1: is being detached'],
  ],
  [
    'create table t (a int); create index i on t (a)',
    `update pg_index set indisready = false where indexrelid = 'i'::regclass`,
    ['index public.i: is not ready'],
  ],
  [
    'create table t (a int); create materialized view m as select a from t',
    'refresh materialized view m with no data',
    [],
    ['materialized view public.m: is without data'],
  ],
  [
    'create function f(int, int[]) returns int language sql return 1; create aggregate g(int[]) (sfunc = f, stype = int)',
    'drop aggregate g(int[]); create aggregate g(variadic int[]) (sfunc = f, stype = int, sspace = 9)',
    ['aggregate public.g(integer[]): has transition space 9; is variadic'],
  ],
  [
    'create type c as (a int, b text)',
    'drop type c; create type c as (b text, a int)',
    ['type public.c: order of columns is ["public.c.b","public.c.a"], expected ["public.c.a","public.c.b"]'],
  ],
  [
    `create table t (a int); create foreign data wrapper w; create server s version '1' foreign data wrapper w`,
    `alter server s version '2'`,
    ['server s: version is 2, expected 1'],
  ],
  [
    'create table t (a int)',
    `comment on extension plpgsql is 'mine'`,
    [],
    ['comment extension plpgsql is not expected'],
  ],
  [
    'create table t (a int)',
    'revoke usage on language sql from public; revoke usage on language plpgsql from public',
    ['privileges language plpgsql is not expected', 'privileges language sql is not expected'],
  ],
  [
    'create table t (a int)',
    'alter default privileges revoke all on tables from postgres',
    ['default privileges tables is not expected'],
  ],
  [
    'create table t (a int)',
    'grant execute on function pg_catalog.pg_read_file(text) to public; grant select on pg_catalog.pg_authid to public',
    [],
    [
      'system privileges function pg_read_file(text) is not expected',
      'system privileges relation pg_authid is not expected',
    ],
  ],
  [
    `create role boss; create table t (a int); create view v as select a from t; create table u (a int); create table w (); create table x ();
     create function f() returns int language sql security definer return 1;
     create function g() returns int language sql return 1;
     alter function f() owner to boss; alter function g() owner to boss; alter view v owner to boss; alter table u owner to boss`,
    'alter function f() owner to postgres; alter function g() owner to postgres; alter view v owner to postgres; alter table u owner to postgres',
    ['function public.f(): owner is <owner>, expected boss', 'view public.v: owner is <owner>, expected boss'],
    ['function public.g(): owner is <owner>, expected boss', 'table public.u: owner is <owner>, expected boss'],
  ],
  [
    `create role boss; create table t (a int); create view v as select a from t`,
    'alter view v owner to boss',
    [],
    ['view public.v: owner is boss, expected <owner>'],
  ],
  // Partitions that a migration makes for the month of its run, and such as are none of those.
  [
    log + partition(month(0)),
    `drop table log_${month(0).name}; ${partition(month(-9))}`,
    [],
    [
      `table public.log_${month(0).name} is not there`,
      `column public.log_${month(0).name}.at is not there`,
      `privileges table public.log_${month(0).name} is not there`,
      `table public.log_${month(-9).name} is not expected`,
      `column public.log_${month(-9).name}.at is not expected`,
      `privileges table public.log_${month(-9).name} is not expected`,
    ],
  ],
  [
    log + partition(month(-9)),
    `drop table log_${month(-9).name}; ${partition({ name: '209901', from: '2099-01-01', to: '2099-02-01' })}`,
    [
      'table public.log_209901 is not expected',
      `table public.log_${month(-9).name} is not there`,
      'column public.log_209901.at is not expected',
      `column public.log_${month(-9).name}.at is not there`,
      'privileges table public.log_209901 is not expected',
      `privileges table public.log_${month(-9).name} is not there`,
    ],
  ],
  [
    `create table log (id int) partition by list (id); create table log_100001 partition of log for values in (100001);
     create table log_100002 partition of log for values in (100002)`,
    'drop table log_100001, log_100002; create table log_100003 partition of log for values in (100003)',
    ['table', 'column', 'privileges'].flatMap((kind) => {
      const name = {
        table: 'table public.log_',
        column: 'column public.log_',
        privileges: 'privileges table public.log_',
      }
      const end = kind === 'column' ? '.id' : ''
      return [
        `${name[kind]}100001${end} is not there`,
        `${name[kind]}100002${end} is not there`,
        `${name[kind]}100003${end} is not expected`,
      ]
    }),
  ],
  // How a session writes values is no part of a schema.
  ...[
    `set local timezone = 'Europe/Berlin'`,
    `set local datestyle = 'German'; set local intervalstyle = 'iso_8601'`,
    'set local quote_all_identifiers = on',
    `set local bytea_output = 'escape'`,
    'set local extra_float_digits = -5',
    'set local standard_conforming_strings = off',
  ].map((setting) => [
    `create table t (a date default '2020-01-31', b interval default '1 day 02:00', c bytea default '\\x00ff',
       d float8 default 0.1::float8 + 0.2, e text default 'a\\b', at timestamptz check (at > '2020-01-01 00:00+00')) partition by range (at);
     create table t1 partition of t for values from ('2026-01-01 00:00+00') to ('2026-02-01 00:00+00')`,
    setting,
    [],
  ]),
]

const matches = (told, expected, what) => {
  const [found, wanted] = [told, expected].map((all) => [...all].sort((a, b) => (String(a) < String(b) ? -1 : 1)))
  assert.equal(found.length, wanted.length, `${what}: ${JSON.stringify(found)}`)
  for (const [at, message] of wanted.entries())
    if (message instanceof RegExp) assert.match(found[at], message, what)
    else assert.equal(found[at], message, what)
}

test('each change is told for what it is', async (t) => {
  const db = await freshPGlite()
  t.after(() => db.close())
  for (const [base, change, differences, notes = []] of cases) {
    await db.exec(`begin; ${base}`)
    const expected = await snapshot(db)
    await db.exec(change)
    const found = await diffSchemas(expected, await snapshot(db))
    await db.exec('rollback')
    matches(messages(found.differences), differences, `${change}, differences`)
    matches(messages(found.notes), notes, `${change}, notes`)
    assert.deepEqual(found.notCompared, [], change)
  }
})

test('what a session has set is as it was after a snapshot', async (t) => {
  const db = await freshPGlite()
  t.after(() => db.close())
  await db.exec(`create table t (a int); begin; set local search_path = "a b", public;
    set local timezone = 'Europe/Berlin'; set local datestyle = 'German, DMY';
    set local intervalstyle = 'iso_8601'; set local quote_all_identifiers = on; set local bytea_output = 'escape';
    set local extra_float_digits = -5; set local standard_conforming_strings = off`)
  await snapshot(db)
  const { rows } =
    await db.query(`select array[current_setting('timezone'), current_setting('datestyle'), current_setting('intervalstyle'),
    current_setting('quote_all_identifiers'), current_setting('bytea_output'), current_setting('extra_float_digits'),
    current_setting('standard_conforming_strings'), current_setting('search_path')] as set`)
  await db.exec('rollback')
  assert.deepEqual(rows[0].set, [
    'Europe/Berlin',
    'German, DMY',
    'iso_8601',
    'on',
    'escape',
    '-5',
    'off',
    '"a b", public',
  ])
})

test('a squash of a list of words in a column of varchar is what the files make', async () => {
  const files = {
    '001_m.sql': migration(
      `create table t (a varchar(9), constraint c check (a in ('x', 'y'))); create view v as select * from t where a in ('x', 'q');`,
    ),
    '002_m.sql': migration('alter table t add b int;'),
  }
  const { moves, proof } = await squash(() => freshPGlite(), files)
  assert.deepEqual(
    moves.map(({ path }) => path),
    ['001_m.sql', '002_m.sql'],
  )
  assert.deepEqual(proof.notes, [])
})

test('a server with other settings has what its migrations make', async (t) => {
  const server = await startPostgres({
    timezone: 'Europe/Berlin',
    datestyle: 'SQL, DMY',
    intervalstyle: 'iso_8601',
    bytea_output: 'escape',
  })
  t.after(() => server.stop())
  const db = await server.connect(await server.createDatabase())
  t.after(() => db.end())
  const files = {
    '001_m.sql': migration(
      `create table u (a timestamptz default '2020-01-01 00:00+00', b date check (b > '2001-05-30'), c interval default '1 day 02:00',
         d bytea default '\\x00ff', e timestamptz check (e > '2020-01-01 00:00+00'));`,
    ),
  }
  await pg.migrate(db, files)
  const { status, differences, notes } = await pg.verify(db, files, { replay: () => freshPGlite() })
  assert.deepEqual([status, messages(differences), messages(notes)], ['same', [], []])
})

/** On both, before each pair. */
const both = `create schema app; create schema evil; create table app.t (id int, o int); create table evil.t (id int, o int);
  create table app.u (id int, o int); create table evil.u (id int, o int);
  create function app.ok() returns bool language sql as 'select false';
  create function evil.ok() returns bool language sql as 'select true';`

/** What the migrations make, and what is there instead. */
const pairs = [
  ['create policy p on app.t using (app.ok())', 'create policy p on app.t using (evil.ok())', 'policy app.t.p'],
  [
    'create policy p on app.t using (exists (select 1 from app.u m where m.id = t.id))',
    'create policy p on app.t using (exists (select 1 from app.u m where m.id = m.id))',
    'policy app.t.p',
  ],
  [
    'create policy p on app.t using (exists (select 1 from app.u u))',
    'create policy p on app.t using (exists (select 1 from evil.u u))',
    'policy app.t.p',
  ],
  [
    'create rule r as on update to app.t do also insert into app.u values (new.id, new.o)',
    'create rule r as on update to app.t do also insert into app.u values (old.id, old.o)',
    'rule app.t.r',
  ],
  [
    'create view app.v as select a.id as x, b.id as y from app.t a join app.u b on a.o = b.o',
    'create view app.v as select b.id as x, a.id as y from app.t a join app.u b on a.o = b.o',
    'view app.v',
  ],
  ['create view app.v as select count(*) from app.t', 'create view app.v as select count(*) from evil.t', 'view app.v'],
  [
    'create materialized view app.m as select count(*) from app.t',
    'create materialized view app.m as select count(*) from evil.t',
    'materialized view app.m',
  ],
  [
    'create view app.v as select id from app.t where app.ok()',
    'create view app.v as select id from app.t where evil.ok()',
    'view app.v',
  ],
  [
    'create view app.v as select id from app.t where exists (select 1 from app.u where u.id = t.id)',
    'create view app.v as select id from app.t where exists (select 1 from app.u where u.id = u.id)',
    'view app.v',
  ],
  [
    'create function app.f() returns bool language sql begin atomic select app.ok(); end',
    'create function app.f() returns bool language sql begin atomic select evil.ok(); end',
    'function app.f()',
  ],
]

/** What is the same on both, though 15 writes some of it with more words. */
const alike = `create view app.v1 as select u.id, o as x, t.a, t.b, t as whole from app.t as t(a, b) cross join app.u;
  create view app.v2 as select distinct on (id) id, sum(o) over w as s from app.t where o > 1 or o is null window w as (partition by id) order by id, o desc;
  create view app.v3 as select x.id, x, (select count(*) from app.u where u.id = x.id) as n from only app.t x group by x.id, x.o, x.* having max(x.o) > 2;
  create view app.v4 as select g + 1 as next from generate_series(1, 3) g;
  create view app.v5 as with c as (select id from app.t union select id from app.u) select id from c limit 3;
  create view app.v6 as select id from app.t union all select o from app.u order by 1;
  create view app.v7 as select a, "B c" from (values (1, 2), (3, 4)) as z(a, "B c");
  create view app.v8 as select id from (select id from app.t where o > 3) s where id = any (array[1, 2]);
  create view app.v9 as select t.id, u.o from app.t left join app.u using (id);
  create view app.v10 as select id::text as id, o from app.t tablesample system (50);
  create materialized view app.m as select id, count(*) from app.t group by id;
  create policy p on app.t using (id > 1 and exists (select 1 from app.u m where m.id = t.id and m.o = t.o));
  create rule r as on update to app.t where new.id > old.id do also insert into app.u select new.id, t.o from app.t where t.id = old.id;
  create rule s as on delete to app.v2 do instead update app.t set o = 0 where id = old.id returning id, 0::bigint;
  create function app.f() returns bigint language sql begin atomic select count(id) from app.t where o > 1; end;
  create function app.g(a int) returns setof int language sql begin atomic insert into app.t (id) values (a) returning id; end;`

const { skip, start } = otherServers.find(({ version }) => version === 15)
describe('PostgreSQL 15 and a replay on 18', { skip }, () => {
  let server
  before(async () => (server = await start()))
  after(() => server?.stop())

  test('another function, table or column is a difference, and another spelling is none', async (t) => {
    const [old, db] = [await server.connect(await server.createDatabase()), await freshPGlite()]
    t.after(() => Promise.all([old.end(), db.close()]))
    const look = async (expected, there) => {
      await Promise.all([db.exec(`begin; ${both} ${expected}`), old.query(`begin; ${both} ${there}`)])
      const [mine, theirs] = [await snapshot(db), await pg.snapshot(old)]
      await Promise.all([db.exec('rollback'), old.query('rollback')])
      const [found, reversed] = [await diffSchemas(mine, theirs), await diffSchemas(theirs, mine)]
      assert.equal(found.differences.length, reversed.differences.length)
      return found
    }
    for (const [expected, there, thing] of pairs) {
      for (const same of [expected, there]) assert.deepEqual(messages((await look(same, same)).differences), [], same)
      const { differences } = await look(expected, there)
      assert.deepEqual(
        differences.map(({ kind, name }) => `${kind} ${name}`),
        [thing],
        there,
      )
    }
    const { differences, notes } = await look(alike, alike)
    assert.deepEqual([messages(differences), messages(notes)], [[], []])
  })

  test('nothing is recorded where a policy asks another function', async (t) => {
    const made = (schema) =>
      `${both} alter table app.t enable row level security; create policy p on app.t using (${schema}.ok());`
    const database = await server.createDatabase()
    const db = await server.connect(database)
    t.after(() => db.end())
    await db.query(made('evil'))
    const { run } = project(t, { 'db/migrations/001_m.sql': migration(made('app')) })
    const { status, stdout, stderr } = await run(['stamp', '--proved', '--yes'], {
      env: { DATABASE_URL: server.url(database) },
    })
    assert.equal(status, 1, stdout)
    assert.match(stdout + stderr, /policy app\.t\.p: using is evil\.ok\(\), expected app\.ok\(\)/)
    const { rows } = await db.query(`select to_regclass('schema_migrations') as ledger`)
    assert.equal(rows[0].ledger, null)
  })
})
