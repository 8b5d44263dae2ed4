// What stops dead tables and columns from being put aside, what else the scripts do, and the file as psql runs it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { snapshot } from 'counterfoil/pglite'
import { diffSchemas } from 'counterfoil/schema'
import { chain, change, clerk, drop, pair, rows, scriptsOf, sent } from './support/adopt.mjs'
import { fails } from './support/errors.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'

let lab
before(async () => {
  lab = await freshPGlite()
  await lab.exec(clerk)
})
after(() => lab.close())

const links = `create table stays (id int); create table links (id int primary key, dead text, alive text);`

/** What stops a column, or the whole table: by what is there beside it, what is named, and what is said. */
const stopping = [
  [
    'create view seen as select dead from links',
    'drop view seen; alter table links drop dead',
    'view public.seen uses column public.links.dead',
  ],
  ['create view seen as select alive from links', 'alter table links drop dead', undefined],
  [
    'create materialized view seen as select dead from links',
    'drop materialized view seen; alter table links drop dead',
    'materialized view public.seen uses column public.links.dead',
  ],
  [
    'create view seen as select 1 as one from links',
    'drop view seen; drop table links',
    'view public.seen uses table public.links',
  ],
  [
    'create function f() returns trigger language plpgsql as $$ begin return new; end $$; create trigger look after update of dead on links for each row execute function f()',
    'drop trigger look on links; alter table links drop dead',
    'trigger public.links.look uses column public.links.dead',
  ],
  [
    'create function f() returns trigger language plpgsql as $$ begin return new; end $$; create trigger look after insert on links for each row execute function f()',
    'drop table links',
    'trigger public.links.look uses table public.links',
  ],
  [
    `create policy own on links using (dead = current_user)`,
    'drop policy own on links; alter table links drop dead',
    'policy public.links.own uses column public.links.dead',
  ],
  ['create policy own on links using (true)', 'drop table links', 'policy public.links.own uses table public.links'],
  [
    'create table other (id int); create policy own on other using (id in (select id from links))',
    'drop policy own on other; drop table links',
    'policy public.other.own uses table public.links',
  ],
  [
    'create publication moved for table links',
    'alter publication moved drop table links; drop table links',
    'publication moved uses table public.links',
  ],
  [
    'create publication moved for table links (id, dead)',
    'alter publication moved set table links; alter table links drop dead',
    'publication moved uses column public.links.dead',
  ],
  [
    'create rule watch as on insert to links do also notify links',
    'drop table links',
    'rule public.links.watch uses table public.links',
  ],
  [
    'create function f() returns int begin atomic select max(id) from links; end',
    'drop function f; drop table links',
    'function public.f() uses table public.links',
  ],
  [
    'create table child () inherits (links)',
    'alter table child no inherit links; drop table links',
    'table public.child is a child of table public.links',
  ],
  [
    'create table child () inherits (links)',
    'alter table links drop dead',
    'table public.links has partitions or children: columns of it are not put aside',
  ],
  [
    'create table other (link links)',
    'drop table links cascade',
    'column public.other.link uses the row type of table public.links',
  ],
  [
    'alter table links add twice text generated always as (dead || dead) stored',
    'alter table links drop twice, drop dead',
    'column public.links.twice is generated from column public.links.dead',
  ],
  [
    'alter table links drop constraint links_pkey',
    'alter table links drop dead',
    /^table public\.links has no primary key without columns that are named: /,
  ],
  [
    'alter table links drop constraint links_pkey, add primary key (dead)',
    'alter table links drop dead',
    /^table public\.links has no primary key without columns that are named: /,
  ],
  [
    'alter table links drop constraint links_pkey, add unique (id), alter id set not null',
    'alter table links drop dead',
    undefined,
  ],
]

test('what hangs on what is dead is named, and stops the scripts', async () => {
  for (const [beside, after, expected] of stopping) {
    const named = /drop table links/.test(after) ? 'table links' : 'column links.dead'
    const { chain, wanted } = await pair(lab, `${links} ${beside}`, after)
    const { adoptScripts } = await import('counterfoil/squash')
    const found = await adoptScripts(chain, wanted, { drop: [named], baseline: '9' }).catch((error) => error)
    if (expected === undefined) {
      assert.match(found.adopt, /LOCK TABLE/, beside)
      continue
    }
    assert.equal(found.code, 'squash-refused', beside)
    const said = found.message.replace('what is named cannot be put aside: ', '').split('; ')
    if (typeof expected === 'string') assert.ok(said.includes(expected), `${beside}: ${found.message}`)
    else
      assert.ok(
        said.some((line) => expected.test(line)),
        `${beside}: ${found.message}`,
      )
    assert.ok(found.help.length > 0)
  }
})

test('what is named besides goes, and comes back', async (t) => {
  const db = await freshPGlite()
  t.after(() => db.close())
  const beside = `${links}
    create function f() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger look before update of dead on links for each row when (new.dead is not null) execute function f();
    alter table links enable always trigger look;
    create policy own on links as restrictive for select to public using (dead <> '');
    create view b_first as select dead, id from links;
    create view a_second with (security_barrier) as select dead from b_first;
    grant select on a_second to clerk;
    comment on view a_second is 'over a view';
    create materialized view third as select dead from links;
    create unique index third_dead on third (dead);`
  const after = `drop materialized view third; drop view a_second; drop view b_first; drop policy own on links; drop trigger look on links;
    alter table links drop dead`
  const named = [
    'column links.dead',
    'view b_first',
    'view a_second',
    'materialized view third',
    'trigger links.look',
    'policy links.own',
  ]
  const made = await scriptsOf(lab, beside, after, { drop: named })
  await db.exec(`${clerk}; ${beside}; insert into links values (1, 'x', 'y')`)
  const whole = await snapshot(db)
  assert.deepEqual(await sent(db, made.adopt), [])
  const kept = ({ name }) => !name.includes('kept_20261127')
  assert.deepEqual((await diffSchemas(made.wanted, await snapshot(db))).differences.filter(kept), [])
  assert.deepEqual(await sent(db, made.restore), [])
  assert.deepEqual((await diffSchemas(whole, await snapshot(db))).differences.filter(kept), [])
  assert.deepEqual((await db.query('select * from a_second')).rows, [{ dead: 'x' }])
  assert.deepEqual((await db.query('select * from third')).rows, [{ dead: 'x' }])
})

test('an identity and a partitioned table come back too', async (t) => {
  const db = await freshPGlite()
  t.after(() => db.close())
  const before = `create table numbered (id int primary key, number int generated always as identity (start 10 increment 5));
    create table parts (id int primary key, at int references numbered) partition by range (id);
    create table parts_1 partition of parts for values from (1) to (100);
    create index on parts (at);`
  const after = 'alter table numbered drop number; drop table parts;'
  const named = ['column numbered.number', 'table parts', 'table parts_1']
  const made = await scriptsOf(lab, before, after, { drop: named })
  await db.exec(`${before} insert into numbered values (1), (2); insert into parts values (1, 1), (2, null)`)
  const whole = await snapshot(db)
  assert.deepEqual(await sent(db, made.adopt), [])
  assert.deepEqual((await db.query('select id, at from kept_20261127.parts order by 1')).rows, [
    { id: 1, at: 1 },
    { id: 2, at: null },
  ])
  assert.deepEqual(await sent(db, made.restore), [])
  const found = await diffSchemas(whole, await snapshot(db))
  assert.deepEqual(
    found.differences.filter(({ name }) => !name.includes('kept_20261127')),
    [],
  )
  await db.exec('insert into numbered values (3)')
  assert.deepEqual((await db.query('select id, number from numbered order by 1')).rows, [
    { id: 1, number: 10 },
    { id: 2, number: 15 },
    { id: 3, number: 20 },
  ])
})

test('an identity goes on where it stood, and what has come since has a number of its own', async (t) => {
  for (const [options, given, next] of [
    ['increment by -1 minvalue -100 maxvalue -1 start with -1', [-1, -2], [-4, -5]],
    ['start 10 increment 5', [10, 15], [25, 30]],
    ['minvalue -5 start -5', [-5, -4], [-2, -1]],
  ]) {
    const db = await freshPGlite()
    t.after(() => db.close())
    const before = `create table numbered (id int primary key, number int generated always as identity (${options}) unique)`
    const made = await scriptsOf(lab, before, 'alter table numbered drop number', { drop: ['column numbered.number'] })
    // One number was given to a row that is gone.
    await db.exec(`${before}; insert into numbered values (1), (2), (3); delete from numbered where id = 3`)
    assert.deepEqual(await sent(db, made.adopt), [])
    // It lies in front of the others, where a new column is filled first.
    await db.exec('insert into numbered values (7); update numbered set id = id where id < 7')
    assert.deepEqual(await sent(db, made.restore), [])
    await db.exec('insert into numbered values (8)')
    assert.deepEqual((await db.query('select id, number from numbered order by id')).rows, [
      { id: 1, number: given[0] },
      { id: 2, number: given[1] },
      { id: 7, number: next[0] },
      { id: 8, number: next[1] },
    ])
  }
})

test('a second baseline in the same place has a line of its own, and each is taken back alone', async (t) => {
  const db = await freshPGlite()
  t.after(() => db.close())
  const ledger = 'create table schema_migrations (version varchar(128) primary key)'
  const first = `create table a (id int primary key, x int, y int); create table b (id int); comment on table a is 'old'`
  const second = 'drop table b'
  const third = `alter table a drop y; comment on table a is 'new'`
  const options = { ledger: 'dbmate', keep: 'schema' }
  const one = await scriptsOf(lab, first, second, { ...options, drop: ['table b'], baseline: '2' })
  const two = await scriptsOf(lab, `${first}; ${second}`, third, { ...options, drop: ['column a.y'], baseline: '3' })
  await db.exec(`${ledger}; ${first}; insert into a values (1, 2, 3); insert into b values (4)`)
  const rows = async (sql) => (await db.query(sql)).rows.map((row) => Object.values(row))
  const record = () =>
    rows('select baseline, restored_at is null from kept_20261127.counterfoil_adoption order by baseline')
  const comment = () => rows(`select obj_description('a'::regclass)`)
  for (const { adopt } of [one, two]) await sent(db, adopt)
  assert.deepEqual(await record(), [
    ['2', true],
    ['3', true],
  ])
  assert.deepEqual(await comment(), [['new']])
  assert.deepEqual(await rows('select version from schema_migrations order by 1'), [['2'], ['3']])
  const same = async ({ wanted }) => (await diffSchemas(wanted, await snapshot(db))).differences
  assert.deepEqual(await same(two), [])
  await sent(db, two.restore)
  assert.deepEqual(await record(), [
    ['2', true],
    ['3', false],
  ])
  assert.deepEqual(await comment(), [['old']])
  assert.deepEqual(await same(one), [])
  await sent(db, one.restore)
  assert.deepEqual(await record(), [
    ['2', false],
    ['3', false],
  ])
  assert.deepEqual(await rows('select a.id, x, y, b.id as b from a, b'), [[1, 2, 3, 4]])
})

test('comments on what has no usual name are made as the baseline has them', async (t) => {
  const db = await freshPGlite()
  t.after(() => db.close())
  const things = [
    'cast (size as text)',
    'transform for size language talk',
    'language talk',
    'operator family alike using hash',
    'text search parser reader',
    'foreign data wrapper wires',
  ]
  const said = (what) => things.map((thing) => `comment on ${thing} is '${what}';`).join(' ')
  const before = `create type size as (width int); create function label(size) returns text language sql immutable return 'wide';
    create cast (size as text) with function label(size); create operator family alike using hash;
    create language talk handler plpgsql_call_handler inline plpgsql_inline_handler validator plpgsql_validator;
    create transform for size language talk (from sql with function pg_catalog.prsd_lextype(internal));
    create text search parser reader (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype);
    create foreign data wrapper wires; ${links}; ${said('old')}`
  const made = await scriptsOf(lab, before, `drop table links; ${said('new')}`, { drop: ['table links'] })
  await db.exec(before)
  await sent(db, made.adopt)
  assert.deepEqual((await diffSchemas(made.wanted, await snapshot(db))).differences, [])
  await sent(db, made.restore)
  assert.deepEqual((await diffSchemas(made.chain, await snapshot(db))).differences, [])
})

test('a difference that nothing named explains stops the scripts', async () => {
  const { adoptScripts } = await import('counterfoil/squash')
  const make = async (after, drop, options) => {
    const { chain, wanted } = await pair(lab, `${links} create index by_alive on links (alive);`, after)
    return adoptScripts(chain, wanted, { drop, baseline: '9', ...options })
  }
  const stopped = (after, drop, message) => fails(make(after, drop), { code: 'squash-refused', message })
  await stopped(
    'alter table links drop dead; drop index by_alive',
    ['column links.dead'],
    /: index public\.by_alive is not expected: nothing that is named explains that$/,
  )
  await stopped(
    'alter table links drop dead, alter alive type varchar(9)',
    ['column links.dead'],
    /: column public\.links\.alive: type is text, expected character varying\(9\): nothing/,
  )
  await stopped(
    'alter table links drop dead, add more int',
    ['column links.dead'],
    /: column public\.links\.more is not there: nothing/,
  )
  await stopped(
    'select 1',
    ['column links.dead'],
    /: column public\.links\.dead is named as dead, and the baseline makes it$/,
  )
  await stopped(
    'drop table links',
    ['table links', 'column links.dead'],
    /: columns of table public\.links are named, and the table itself/,
  )
  await fails(make('drop table links', []), {
    code: 'invalid-input',
    message: 'nothing is named that is to be put aside',
  })
  await fails(make('drop table links', ['links']), {
    code: 'invalid-input',
    message: '"links" does not say what it is',
  })
  await fails(make('drop table links', ['table link']), {
    code: 'invalid-input',
    message: 'there is no table link in the schema that the migrations make',
  })
  await fails(make('drop table links', ['table links'], { keep: 'here' }), {
    code: 'invalid-input',
    message: 'the option keep is not one of schema, suffix',
  })
})

test('two tables of one name do not go into one schema', async () => {
  const made = (options) =>
    scriptsOf(
      lab,
      `${links} create schema app; create table app.links (id int);`,
      'drop table links; drop table app.links',
      {
        drop: ['table links', 'table app.links'],
        ...options,
      },
    )
  await fails(made(), { code: 'squash-refused', message: /: two things would be called kept_20261127\.links$/ })
  const { adopt } = await made({ keep: 'suffix' })
  assert.match(adopt, /ALTER TABLE app\.links RENAME TO links_kept_20261127;/)
  assert.match(adopt, /ALTER TABLE public\.links RENAME CONSTRAINT links_pkey TO links_pkey_kept_20261127;/)
})

test('a name that is taken gets a number', async () => {
  const { adopt } = await scriptsOf(lab, `${links} create table links_kept_20261127 ();`, 'drop table links', {
    drop: ['table links'],
    keep: 'suffix',
  })
  assert.match(adopt, /ALTER TABLE public\.links RENAME TO links_2_kept_20261127;/)
})

test('names of 63 bytes that a suffix would make one are numbered, in a database', async (t) => {
  const db = await freshPGlite()
  t.after(() => db.close())
  const names = ['a', 'b'].map((letter) => `${'ö'.repeat(31)}${letter}`)
  const before = `create table stays (); ${names.map((name) => `create table ${name} (id int primary key, text text);`).join(' ')}`
  const made = await scriptsOf(lab, before, `drop table ${names.join(', ')}`, {
    drop: names.map((name) => `table "${name}"`),
    keep: 'suffix',
  })
  await db.exec(before)
  for (const name of names) await db.exec(`insert into ${name} values (1, '${name}')`)
  const whole = await snapshot(db)
  await sent(db, made.adopt)
  // Two tables and two keys. 63 bytes hold 24 of these letters, of two bytes each, and the suffix; or 23 and a longer one.
  const { rows } = await db.query(
    `select relname as name, relkind = 'r' as "isTable" from pg_class where relname like 'ö%_kept_20261127' order by 1`,
  )
  assert.deepEqual(
    new Set(rows.map(({ name }) => name)),
    new Set([`${'ö'.repeat(24)}_kept_20261127`, ...[2, 3, 4].map((n) => `${'ö'.repeat(23)}_${n}_kept_20261127`)]),
  )
  const texts = []
  for (const { name } of rows.filter(({ isTable }) => isTable))
    texts.push((await db.query(`select text from "${name}"`)).rows[0].text)
  assert.deepEqual(texts.sort(), names)
  await sent(db, made.restore)
  const ofOurs = ({ name }) => !name.includes('counterfoil_adoption')
  assert.deepEqual((await diffSchemas(whole, await snapshot(db))).differences.filter(ofOurs), [])
  for (const name of names) assert.deepEqual((await db.query(`select text from ${name}`)).rows, [{ text: name }])
})

test('what in the database speaks of it is listed, and how to copy it', async () => {
  const { uses, commands, moves, adopt } = await scriptsOf(
    lab,
    `${links} create table other (link int references links);
     create function count_dead() returns bigint language plpgsql as $$ begin return (select count(DEAD) from links); end $$;`,
    'alter table other drop constraint other_link_fkey; drop table links',
    { drop: ['table links'] },
  )
  assert.deepEqual(uses, [
    'table public.links: function public.count_dead() has its name in its text',
    'foreign key public.other.other_link_fkey: FOREIGN KEY (link) REFERENCES public.links(id)',
  ])
  assert.deepEqual(moves, ['table public.links to kept_20261127.links'])
  assert.deepEqual(commands, [
    `pg_dump "$DATABASE_URL" --format=custom --file='kept_20261127.dump' --table='public.links'`,
    `psql "$DATABASE_URL" -c '\\copy public.links to '\\''public.links.csv'\\'' csv header'`,
  ])
  for (const line of [...uses, ...moves, ...commands]) assert.ok(adopt.split('\n').includes(`--   ${line}`), line)
})

test('a name with a line break stays in its comment', async () => {
  const name = '"a\n; drop table links; --"'
  const { adopt, restore } = await scriptsOf(
    lab,
    `${links} create table ${name} (id int primary key);`,
    `drop table ${name}`,
    {
      drop: [`table ${name}`],
    },
  )
  const db = lab
  await db.exec('begin')
  await db.exec(`${links} create table ${name} (id int primary key);`)
  await db.exec('commit')
  try {
    await sent(db, adopt)
    await sent(db, restore)
    assert.deepEqual(
      (
        await db.query(
          `select count(*)::int as n from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
        )
      ).rows,
      [{ n: 3 }],
    )
  } finally {
    await db.exec(`drop table stays, links, ${name}; drop schema if exists kept_20261127 cascade`)
  }
})

// Debian's package; it speaks to newer servers too.
const psql = '/usr/lib/postgresql/15/bin/psql'

describe('psql', { skip: existsSync(psql) ? false : `skipped: there is no ${psql}` }, () => {
  let server
  before(async () => (server = await startPostgres()))
  after(() => server.stop())

  test('runs both files, and not inside of another transaction', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'counterfoil-adopt-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const made = await scriptsOf(lab, chain, change, { drop })
    const database = await server.createDatabase()
    const db = await server.connect(database)
    t.after(() => db.end())
    for (const sql of [clerk, chain, rows]) await db.query(sql)
    const files = { adopt: join(folder, 'adopt.sql'), restore: join(folder, 'restore.sql') }
    for (const [name, path] of Object.entries(files)) writeFileSync(path, made[name])
    const run = (...args) => {
      const { status, stderr } = spawnSync(psql, ['-X', '-q', server.url(database), ...args], { encoding: 'utf8' })
      return { status, stderr }
    }
    const there = async () =>
      (
        await db.query(
          `select to_regclass('app.links')::text as here, to_regclass('kept_20261127.links')::text as kept`,
        )
      ).rows[0]
    // Without ON_ERROR_STOP psql goes on after an error.
    for (const args of [['-1'], ['-c', 'begin']]) {
      const { stderr } = run(...args, '-f', files.adopt)
      assert.match(stderr, /ERROR: {2}this script is a transaction of its own/)
      assert.deepEqual(await there(), { here: 'app.links', kept: null })
    }
    assert.deepEqual(run('-f', files.adopt), { status: 0, stderr: '' })
    assert.deepEqual(await there(), { here: null, kept: 'kept_20261127.links' })
    assert.match(run('-f', files.adopt).stderr, /NOTICE: {2}table app\.links is put aside already/)
    assert.deepEqual(run('-f', files.restore), { status: 0, stderr: '' })
    assert.deepEqual(await there(), { here: 'app.links', kept: null })
  })
})
