// Statements that run alone, and were cut short: what has become of them is asked of the database. The backend is ended
// while it waits for another transaction, which is when PostgreSQL leaves something behind.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { migrate, plan, rollback, stamp } from 'counterfoil/pg'
import { fails } from './support/errors.mjs'
import { startPostgres } from './support/postgres.mjs'

const server = await startPostgres()
after(() => server.stop())

const set = (step, down = '') => ({
  '001_step.sql': `-- migrate:up transaction:false\n${step};\n-- migrate:down transaction:false\n${down}\n`,
})

/** A database with a table `t` and whatever `sql` makes. */
async function place(t, sql = '') {
  const database = await server.createDatabase()
  const session = async () => {
    const client = await server.connect(database)
    t.after(() => client.end())
    return client
  }
  const admin = await session()
  await admin.query(`create table t (id int, name text); insert into t values (1, 'a'), (2, 'b'); ${sql}`)
  const query = async (text) => (await admin.query(text)).rows
  return { session, query, run: async (files, options) => migrate(await session(), files, options) }
}

/**
 * Runs `work` on a connection of its own, and ends its backend while it waits for another transaction that has `locked`.
 */
async function cutShort({ session, query }, work, locked = 'update t set name = name') {
  const [blocker, victim] = [await session(), await session()]
  await blocker.query(`begin; ${locked}`)
  const failed = fails(work(victim), { code: 'connection-lost' })
  const kill = `select pg_terminate_backend(pid) from pg_stat_activity
    where wait_event_type = 'Lock' and query like '/* counterfoil 001 */%'`
  while ((await query(kill)).length === 0) await new Promise((done) => setTimeout(done, 10))
  await failed
  await blocker.query('rollback')
  // As it is some time later.
  await query(
    `update schema_migrations set claimed_until = now() - interval '1 second' where claimed_until is not null`,
  )
}

/** The indexes of a table, as PostgreSQL has them. */
const indexes = ({ query }, table = 't') =>
  query(`select indexrelid::regclass::text as name, indisvalid as valid, indisunique as unique
    from pg_index where indrelid = '${table}'::regclass order by 1`)

describe('CREATE INDEX CONCURRENTLY', () => {
  for (const [kind, step, name] of [
    ['with a name', 'create index concurrently by_name on t (name)', 'by_name'],
    ['with a name, if there is none', 'create index concurrently if not exists by_name on t (name)', 'by_name'],
    ['without a name', 'create index concurrently on t (name, lower(name)) where id > 0', 't_name_lower_idx'],
  ])
    test(`${kind}: what is left of it is dropped, and it is built again`, async (t) => {
      const it = await place(t)
      await cutShort(it, (db) => migrate(db, set(step)))
      assert.deepEqual(await indexes(it), [{ name, valid: false, unique: false }])
      assert.equal((await it.run(set(step))).status, 'migrated')
      assert.deepEqual(await indexes(it), [{ name, valid: true, unique: false }])
    })

  test('without a name: one that was finished after all is not built twice', async (t) => {
    const it = await place(t)
    const step = 'create unique index concurrently on public.t using btree (id asc) where name is not null'
    await cutShort(it, (db) => migrate(db, set(step)))
    await it.query('drop index t_id_idx')
    await it.query('create unique index on t (id) where (name) is not null')
    const [{ oid }] = await it.query(`select 't_id_idx'::regclass::oid::int as oid`)
    assert.equal((await it.run(set(step))).status, 'migrated')
    assert.deepEqual(await it.query(`select indexrelid::int as oid from pg_index where indrelid = 't'::regclass`), [
      { oid },
    ])
  })

  test('without a name: others that PostgreSQL has named are left alone', async (t) => {
    const it = await place(t, 'create index on t (name desc); create index on t (id)')
    const step = 'create index concurrently on t (name)'
    await cutShort(it, (db) => migrate(db, set(step)))
    await it.run(set(step))
    // `t_name_idx` is the one in descending order.
    assert.deepEqual(await it.query(`select indexdef from pg_indexes where tablename = 't' order by indexname`), [
      { indexdef: 'CREATE INDEX t_id_idx ON public.t USING btree (id)' },
      { indexdef: 'CREATE INDEX t_name_idx ON public.t USING btree (name DESC)' },
      { indexdef: 'CREATE INDEX t_name_idx1 ON public.t USING btree (name)' },
    ])
  })

  test('IF NOT EXISTS over an index that somebody else has left invalid builds it', async (t) => {
    const it = await place(t, 'insert into t values (1)')
    const step = 'create unique index concurrently if not exists by_id on t (id)'
    await assert.rejects(it.query(step), { code: '23505' })
    await it.query('delete from t where name is null')
    // PostgreSQL itself takes it for the one that is meant.
    await it.query(step)
    assert.deepEqual(await indexes(it), [{ name: 'by_id', valid: false, unique: true }])
    assert.equal((await it.run(set(step))).status, 'migrated')
    assert.deepEqual(await indexes(it), [{ name: 'by_id', valid: true, unique: true }])
  })

  test('IF NOT EXISTS over the same index, written otherwise, is done', async (t) => {
    const it = await place(
      t,
      `create schema "S"; create table "S"."T" ("A" text collate "C", b int);
      create index "I" on "S"."T" using btree ("A" asc nulls last, (b * 2), lower("A")) include (b) with (fillfactor = 70)
        where "T".b in (1, 2)`,
    )
    const [{ oid }] = await it.query(`select '"S"."I"'::regclass::oid::int as oid`)
    const step = `create index concurrently if not exists "I" on "S"."T" ("A", (B*2), LOWER("A")) include (b)
      with (fillfactor=70) where b = any (array[1, 2]) -- the same`
    await it.run(set(step))
    assert.deepEqual(
      await it.query(`select indexrelid::int as oid from pg_index where indrelid = '"S"."T"'::regclass`),
      [{ oid }],
    )
  })

  for (const [what, there] of [
    ['other columns', 'create index by_name on t (name, id)'],
    ['other rows', 'create index by_name on t (name) where id > 0'],
    ['an order', 'create index by_name on t (name desc)'],
    ['uniqueness', 'create unique index by_name on t (name)'],
    ['another method', 'create index by_name on t using hash (name)'],
    ['another class of operators', 'create index by_name on t (name text_pattern_ops)'],
  ])
    test(`IF NOT EXISTS over an index with ${what} is refused, and not passed over`, async (t) => {
      const it = await place(t, there)
      const files = set('select 1;\ncreate index concurrently if not exists by_name on t (name)')
      const [{ def }] = await it.query(`select pg_get_indexdef('by_name'::regclass) as def`)
      const error = await fails(it.run(files), {
        code: 'statement-failed',
        message: `001_step.sql:3:1: the index is there, but another one than this step builds: ${def}`,
        help: "drop it, or give the new one another name, and run again; or, if it will do, stamp(db, migrations, ['001'], { step: 'done' }), and run again",
        at: { path: '001_step.sql', line: 3, column: 1 },
        statement: 'create index concurrently if not exists by_name on t (name)',
      })
      assert.equal(error.cause, undefined)
      // As the help says.
      if (what === 'an order') {
        await it.query('drop index by_name')
        await it.run(files)
        assert.deepEqual(await indexes(it), [{ name: 'by_name', valid: true, unique: false }])
      } else {
        await stamp(await it.session(), files, ['001'], { step: 'done' })
        assert.equal((await plan(await it.session(), files)).decisions[0].action, 'skip')
        assert.equal((await it.query(`select pg_get_indexdef('by_name'::regclass) as def`))[0].def, def)
      }
    })

  test('one that an earlier text has left under another name is told, and is dropped as the help says', async (t) => {
    const it = await place(t, 'create schema "S"; create table "S".o (id int); insert into "S".o values (1), (1)')
    const unique = (name, rest = '') => set(`create unique index concurrently ${name} on t (name)${rest}`)
    await it.query(`insert into t values (3, 'a')`)
    // On a table of others, and one that a text of its own puts right.
    await assert.rejects(it.query('create unique index concurrently "Other" on "S".o (id)'), { code: '23505' })
    await fails(it.run(unique('by_nam')), { code: 'statement-failed', message: /23505/ })
    await fails(it.run(unique('by_name')), { code: 'statement-failed', message: /23505/ })
    await it.query('delete from t where id = 3')
    const again = await it.run(unique('by_name', ' where id > 0'))
    const told = (result) => result.findings.filter(({ code }) => code === 'invalid-index')
    assert.deepEqual(
      told(again).map(({ severity, message }) => [severity, message]),
      ['"S"."Other"', 'public.by_nam'].map((name) => [
        'warning',
        `the index ${name} is invalid: a build of it was cut short, or its removal`,
      ]),
    )
    for (const { help } of told(again)) {
      assert.match(help, /^unless somebody is at work on it, drop it: drop index concurrently /)
      await it.query(help.slice(help.indexOf(': ') + 2))
    }
    assert.deepEqual(await indexes(it), [{ name: 'by_name', valid: true, unique: true }])
    assert.deepEqual(await indexes(it, '"S".o'), [])
  })

  test('one that is left is told where the step is none any more, and a text that was not edited asks for none', async (t) => {
    const it = await place(t, `insert into t values (1, 'a')`)
    const step = 'create unique index concurrently by_name on t (name)'
    await fails(it.run(set(step)), { code: 'statement-failed', message: /23505/ })
    const same = await fails(it.run(set(step)), { code: 'statement-failed', message: /23505/ })
    assert.equal(same.findings, undefined)
    const { findings } = await it.run(set('select 1;\nvacuum t'))
    assert.deepEqual(
      findings.map(({ code, help }) => [code, help]),
      [['invalid-index', 'unless somebody is at work on it, drop it: drop index concurrently public.by_name']],
    )
  })

  test('IF NOT EXISTS over what is no index of that table is refused', async (t) => {
    const it = await place(t, 'create view by_name as select 1')
    await fails(it.run(set('create index concurrently if not exists by_name on t (name)')), {
      code: 'statement-failed',
      message: '001_step.sql:2:1: relation "by_name" already exists (42P07)',
    })
  })

  test('where no copy may be made, nobody can tell', async (t) => {
    const it = await place(t, 'create index by_name on t (name)')
    const step = 'create index concurrently if not exists by_name on t (name)'
    const [{ name }] = await it.query('select current_database() as name')
    await it.query(`create role lesser login; grant create on database ${name} to lesser;
      grant create on schema public to lesser; alter table t owner to lesser; revoke temp on database ${name} from public`)
    const db = await it.session()
    await db.query('set session authorization lesser')
    await fails(migrate(db, set(step)), {
      code: 'statement-failed',
      message:
        /^001_step.sql:2:1: nobody can tell whether the index that is there is the one that this step builds: permission denied to create temporary tables in database ".*" \(42501\)$/,
    })
    await it.query(`grant temp on database ${name} to public`)
    assert.equal((await migrate(db, set(step))).status, 'migrated')
  })

  test('a name that is taken is no success the second time', async (t) => {
    const it = await place(t, 'create index by_name on t (name, id)')
    const files = set('create index concurrently by_name on t (name)')
    await fails(it.run(files), {
      code: 'statement-failed',
      message: '001_step.sql:2:1: relation "by_name" already exists (42P07)',
    })
    await fails(it.run(files), {
      code: 'statement-failed',
      message: /^001_step.sql:2:1: the index is there, but another one than this/,
    })
  })

  test('an index that somebody else is building is waited for', async (t) => {
    const it = await place(t)
    const step = 'create index concurrently if not exists by_name on t (name)'
    const [blocker, builder] = [await it.session(), await it.session()]
    await blocker.query('begin; update t set name = name')
    const built = builder.query(step)
    const building = `select 1 from pg_stat_progress_create_index where phase ~ 'waiting'`
    while ((await it.query(building)).length === 0) await new Promise((done) => setTimeout(done, 10))
    let done
    const waits = new Promise((seen) => {
      done = it.run(set(step), { onProgress: ({ kind, name }) => kind === 'waiting' && seen(name) })
    })
    assert.equal(await Promise.race([waits, done]), 'for a step that is still under way')
    await blocker.query('rollback')
    await built
    assert.equal((await done).status, 'migrated')
    assert.deepEqual(await indexes(it), [{ name: 'by_name', valid: true, unique: false }])
  })
})

describe('DROP INDEX CONCURRENTLY', () => {
  const step = 'drop index concurrently by_name'

  test('is done again', async (t) => {
    const it = await place(t, 'create index by_name on t (name)')
    await cutShort(it, (db) => migrate(db, set(step)))
    assert.deepEqual(await indexes(it), [{ name: 'by_name', valid: false, unique: false }])
    await it.run(set(step))
    assert.deepEqual(await indexes(it), [])
  })

  test('is done if the index is gone by now', async (t) => {
    const it = await place(t, 'create index by_name on t (name)')
    await cutShort(it, (db) => migrate(db, set(step)))
    await it.query('drop index by_name')
    assert.equal((await it.run(set(step))).status, 'migrated')
  })

  test('of an index that never was is no success the second time', async (t) => {
    const it = await place(t)
    const failure = { code: 'statement-failed', message: '001_step.sql:2:1: index "by_name" does not exist (42704)' }
    await fails(it.run(set(step)), failure)
    await fails(it.run(set(step)), failure)
  })

  test('is done again on the way back', async (t) => {
    const it = await place(t)
    const files = set('create index concurrently by_name on t (name)', `${step};`)
    await it.run(files)
    await cutShort(it, (db) => rollback(db, files))
    assert.equal((await rollback(await it.session(), files)).status, 'rolled-back')
    assert.deepEqual(await indexes(it), [])
  })
})

describe('REINDEX CONCURRENTLY', () => {
  const there = 'create index by_name on t (name); create index other_ccnew on t (id)'
  for (const step of [
    'reindex index concurrently by_name',
    'reindex (concurrently) table public.t',
    'reindex schema concurrently public',
    'reindex (verbose, concurrently) database',
  ])
    test(`${step} leaves nothing behind`, async (t) => {
      const it = await place(t, there)
      await cutShort(it, (db) => migrate(db, set(step)))
      const left = (await indexes(it)).filter(({ valid }) => !valid)
      assert.match(left[0].name, /_ccnew$/)
      await it.run(set(step))
      assert.deepEqual(await indexes(it), [
        { name: 'by_name', valid: true, unique: false },
        { name: 'other_ccnew', valid: true, unique: false },
      ])
      const invalid = 'select indexrelid::regclass::text from pg_index where not indisvalid'
      assert.deepEqual(await it.query(invalid), [])
    })
})

describe('DETACH PARTITION CONCURRENTLY', () => {
  const there =
    'create table p (id int) partition by range (id); create table "P1" partition of p for values from (1) to (9)'
  const step = 'alter table p detach partition "P1" concurrently'
  const parts = ({ query }) =>
    query(`select inhrelid::regclass::text as name, inhdetachpending as pending from pg_inherits`)

  test('is brought to its end', async (t) => {
    const it = await place(t, there)
    await cutShort(it, (db) => migrate(db, set(step)), 'select * from p')
    assert.deepEqual(await parts(it), [{ name: '"P1"', pending: true }])
    // What PostgreSQL itself says to a second try.
    await assert.rejects(it.query(step), { code: '55000' })
    assert.equal((await it.run(set(step))).status, 'migrated')
    assert.deepEqual(await parts(it), [])
  })

  test('is done if it was brought to its end by hand', async (t) => {
    const it = await place(t, there)
    await cutShort(it, (db) => migrate(db, set(step)), 'select * from p')
    await it.query('alter table p detach partition "P1" finalize')
    assert.equal((await it.run(set(step))).status, 'migrated')
  })
})

describe('what may be run again', () => {
  for (const [step, there, locked] of [
    ['vacuum (analyze) t', '', 'lock table t in share update exclusive mode'],
    ['reindex schema public', 'create index by_name on t (name)', 'lock table t in row exclusive mode'],
    ['cluster', 'create index by_name on t (name); cluster t using by_name', 'lock table t in access share mode'],
  ])
    test(step, async (t) => {
      const it = await place(t, there)
      await cutShort(it, (db) => migrate(db, set(step)), locked)
      assert.equal((await it.run(set(step))).status, 'migrated')
    })

  // These may run in a transaction, and are undone with it.
  for (const step of ['analyze t', 'refresh materialized view concurrently m'])
    test(step, async (t) => {
      const it = await place(
        t,
        'create materialized view m as select id from t; create unique index on m (id); insert into t values (3)',
      )
      const [blocker, victim] = [await it.session(), await it.session()]
      await blocker.query('begin; lock table t in access exclusive mode')
      const failed = fails(migrate(victim, set(`${step};\ninsert into t values (4)`)), { code: 'connection-lost' })
      const kill = `select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'`
      while ((await it.query(kill)).length === 0) await new Promise((done) => setTimeout(done, 10))
      await failed
      await blocker.query('rollback')
      await it.query(`update schema_migrations set claimed_until = now() - interval '1 second'`)
      assert.equal((await it.run(set(`${step};\ninsert into t values (4)`))).status, 'migrated')
      assert.deepEqual(await it.query('select count(*)::int as count from t where id = 4'), [{ count: 1 }])
    })
})
