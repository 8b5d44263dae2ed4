// The ledger itself is not as it was made: its key is gone, something on it swallows what is written, or a migration
// empties it. What is not recorded is not done, and it is told of the ledger.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { stampsOf } from './support/stamps.mjs'

const up = (sql) => `-- migrate:up\n${sql}\n`
const one = { '001_notes.sql': up('create table notes (id int);') }
const two = { ...one, '002_tags.sql': up('create table tags (id int);') }
const table = '"public"."schema_migrations"'

onEachDatabase(
  ({ kind, api, open }) => {
    const { migrate, plan, ready, rollback } = api
    // Over HTTP the test has no part in the sessions of the runs.
    const inSession = kind !== 'HTTP'
    const exists = async (query, name) => (await query(`select to_regclass('${name}') is not null as yes`))[0].yes
    const versions = async (query) =>
      (await query('select version from schema_migrations order by 1')).map(({ version }) => version)

    test('a version that may be null is no key, and a row without one is nobody', async (t) => {
      const { db, query, exec } = await open(t)
      await exec(
        'create table schema_migrations (version varchar(128) unique); insert into schema_migrations values (null)',
      )
      const expected = { code: 'database-failed', message: /has no unique key on version/ }
      for (const work of [migrate, plan, rollback]) await fails(work(db, two), expected)
      assert.equal((await ready(db, two)).status, 'behind')
      const { help } = await fails(migrate(db, two), expected)
      const [, look, cure] = help.match(
        /null or there twice: (select .*); then give it its key: (alter table .*); nothing was/,
      )
      assert.deepEqual(await query(look), [{ version: null }])
      await exec(`delete from schema_migrations where version is null; ${cure}`)
      assert.deepEqual((await migrate(db, two)).applied.length, 2)
    })

    test('a ledger without its key is refused by whoever writes or plans, and the help gives it back', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, one)
      await exec('alter table schema_migrations drop constraint schema_migrations_pkey')
      const expected = {
        code: 'database-failed',
        message: `the ledger ${table} has no unique key on version, which keeps two runners apart`,
      }
      await fails(plan(db, two), expected)
      await fails(rollback(db, two), expected)
      const { help } = await fails(migrate(db, two), expected)
      assert.equal(await exists(query, 'tags'), false)
      // A health check writes nothing.
      assert.equal((await ready(db, two)).status, 'behind')

      const [, look, cure] = help.match(
        /null or there twice: (select .*); then give it its key: (alter table .*); nothing was/,
      )
      await exec(`insert into schema_migrations (version) values ('001')`)
      assert.deepEqual(await query(look), [{ version: '001' }])
      await exec(`delete from schema_migrations where version = '001' and name is null`)
      assert.deepEqual(await query(look), [])
      await exec(cure)
      assert.deepEqual(
        (await migrate(db, two)).applied.map(({ version }) => version),
        ['002'],
      )
    })

    test('of other keys only one that is unique on version alone, at once and for all rows will do', async (t) => {
      const { db, exec } = await open(t)
      await migrate(db, one)
      await exec('alter table schema_migrations drop constraint schema_migrations_pkey')
      const keys = [
        ['create index k on schema_migrations (version)', false],
        ['create unique index k on schema_migrations (version, name)', false],
        ['create unique index k on schema_migrations (name)', false],
        ['create unique index k on schema_migrations (lower(version))', false],
        [`create unique index k on schema_migrations (version) where state = 'applied'`, false],
        ['alter table schema_migrations add constraint k unique (version) deferrable', false],
        ['create unique index k on schema_migrations (version)', true],
        ['create unique index k on schema_migrations (version) include (name)', true],
        ['alter table schema_migrations add constraint k unique (version)', true],
      ]
      for (const [key, serves] of keys) {
        await exec(key)
        const { status } = await migrate(db, two, { when: 'refuse' }).catch(({ code }) => ({ status: code }))
        assert.equal(status, serves ? 'pending' : 'database-failed', key)
        await exec(/constraint/.test(key) ? 'alter table schema_migrations drop constraint k' : 'drop index k')
      }
    })

    test('a ledger without rows, or with some of the columns, needs its key too', async (t) => {
      const { db, exec } = await open(t)
      await exec('create table schema_migrations (version varchar(128))')
      await fails(migrate(db, one), { code: 'database-failed', message: /no unique key/ })
      await exec('alter table schema_migrations add checksum text, add fingerprint text')
      await fails(migrate(db, one), { code: 'database-failed', message: /no unique key/ })
      await exec('alter table schema_migrations add primary key (version)')
      assert.equal((await migrate(db, one)).status, 'migrated')
    })

    test('a row in a state that is not known is not taken for applied, and is named', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, one)
      await exec(`update schema_migrations set state = 'parked'`)
      const expected = {
        code: 'database-failed',
        message: `the row of version 001 in the ledger ${table} has the unknown state 'parked'`,
      }
      for (const work of [migrate, plan, ready, rollback]) await fails(work(db, two), expected)
      await fails(migrate(db, one), expected)
      const { help } = await fails(ready(db, one), expected)
      assert.equal(await exists(query, 'tags'), false)
      await stampsOf(help, api)[0](db, one)
      assert.equal((await ready(db, one)).status, 'ready')
    })

    const swallow = (event) =>
      `create function swallow() returns trigger language plpgsql as 'begin return null; end';
       create trigger t before ${event} on schema_migrations for each row execute function swallow()`
    const swallowed = {
      code: 'database-failed',
      message: `the ledger ${table} does not keep what is written to it`,
      applied: [],
    }
    const stepwise = {
      ...one,
      '002_tags.sql': up(
        'create table tags (id int); create index concurrently i on notes (id); create table more ();',
      ),
    }

    test('a claim that a trigger swallows fails, and nothing of the migration is kept', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, one)
      await exec(swallow('insert'))
      for (const set of [two, stepwise]) {
        const { help, statement, at } = await fails(migrate(db, set), swallowed)
        assert.match(help, /trigger.*\\d "public"\."schema_migrations"/)
        assert.deepEqual([statement, at], [undefined, undefined])
      }
      assert.equal(await exists(query, 'tags'), false)
      assert.deepEqual(await versions(query), ['001'])
      // As the help says.
      await exec('drop trigger t on schema_migrations')
      assert.equal((await migrate(db, stepwise)).status, 'migrated')
    })

    test('a record that a trigger swallows fails, and nothing of the migration is kept', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, one)
      await exec(swallow('update'))
      await fails(migrate(db, two), swallowed)
      await fails(migrate(db, stepwise, { waitTimeout: 500 }), swallowed)
      assert.equal(await exists(query, 'tags'), false)
    })

    test('a deletion that a trigger swallows fails, and nothing is taken back', async (t) => {
      const { db, query, exec } = await open(t)
      const back = { '001_notes.sql': `${one['001_notes.sql']}-- migrate:down\ndrop table notes;\n` }
      await migrate(db, back)
      await exec(swallow('delete'))
      await fails(rollback(db, back), swallowed)
      const steps = { '001_notes.sql': back['001_notes.sql'].replace('migrate:down', 'migrate:down transaction:false') }
      await fails(rollback(db, steps), { code: 'database-failed' })
      assert.deepEqual(await versions(query), ['001'])
    })

    test('a trigger that writes another version than was claimed is found', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, one)
      await exec(swallow('insert').replace('begin ', `begin new.version := ''x'' || new.version; return new; `))
      await fails(migrate(db, two), swallowed)
      assert.deepEqual([await versions(query), await exists(query, 'tags')], [['001'], false])
    })

    // What a trigger makes of a row, of every kind that a run writes.
    const changes = {
      'another state while it runs': [stepwise, 'before insert', `new.state := 'pending'; return new;`],
      'another state at its end': [stepwise, 'before update', 'new.state := old.state; return new;'],
      'another version at its end': [two, 'before update', `new.version := 'q'; return new;`],
      'another state': [two, 'before insert', `new.state := 'pending'; return new;`],
      'another checksum': [two, 'before insert', `new.checksum := 'x'; return new;`],
      'another checksum at its end': [two, 'before update', `new.checksum := 'x'; return new;`],
    }
    const changing = (event, body) =>
      `create function change() returns trigger language plpgsql as $$ begin ${body} end $$;
       create trigger t ${event} on schema_migrations for each row execute function change()`
    for (const [what, [set, event, body]] of Object.entries(changes))
      test(`a row that a trigger gives ${what} is not taken for written`, async (t) => {
        const { db, exec } = await open(t)
        await migrate(db, one)
        await exec(changing(event, body))
        const { help } = await fails(migrate(db, set), swallowed)
        assert.match(help, /drops or changes what is written/)
        assert.notEqual((await ready(db, set)).status, 'ready')
        await exec('drop trigger t on schema_migrations')
        if (set === two) assert.equal((await migrate(db, two)).status, 'migrated')
      })

    test('the default of the column state has no say in what is written', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, one)
      await exec(`alter table schema_migrations alter column state set default 'running'`)
      assert.equal((await migrate(db, two)).status, 'migrated')
      assert.equal((await ready(db, two)).status, 'ready')
      assert.deepEqual(await query(`select version from schema_migrations where state = 'applied' order by 1`), [
        { version: '001' },
        { version: '002' },
      ])
    })

    test('a row that a trigger puts back after it was deleted is not taken back', async (t) => {
      const { db, query, exec } = await open(t)
      const back = { '001_notes.sql': `${one['001_notes.sql']}-- migrate:down\ndrop table notes;\n` }
      await migrate(db, back)
      await exec(
        changing(
          'after delete',
          'insert into schema_migrations (version, checksum) values (old.version, old.checksum); return null;',
        ),
      )
      await fails(rollback(db, back), swallowed)
      assert.deepEqual([await versions(query), await exists(query, 'notes')], [['001'], true])
      await exec('drop trigger t on schema_migrations')
      assert.equal((await rollback(db, back)).status, 'rolled-back')
    })

    test('what a trigger swallows of the rows of a baseline or of a renumbered file is found', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, one)
      await exec(swallow('update'))
      const renumbered = { '003_notes.sql': one['001_notes.sql'] }
      await fails(migrate(db, renumbered), swallowed)
      assert.deepEqual(await versions(query), ['001'])
      await exec('drop trigger t on schema_migrations')
      assert.equal((await migrate(db, renumbered)).status, 'migrated')
      assert.deepEqual(await versions(query), ['003'])
    })

    for (const event of ['insert', 'update'])
      test(`a rule that does nothing on ${event} is told of the ledger`, async (t) => {
        const { db, query, exec } = await open(t)
        await migrate(db, one)
        await exec(`create rule quiet as on ${event} to schema_migrations do instead nothing`)
        const { help } = await fails(migrate(db, two), { code: 'database-failed', message: /RETURNING.*\(0A000\)/ })
        assert.match(help, /rule on the ledger/)
        assert.equal(await exists(query, 'tags'), false)
        await exec('drop rule quiet on schema_migrations')
        assert.equal((await migrate(db, two)).status, 'migrated')
      })

    test('row security that keeps a row from being written is told of the ledger', async (t) => {
      const { db, query, exec } = await open(t)
      if (!inSession) return t.skip('skipped: no session of the test')
      await migrate(db, one)
      await exec(`create role writer; grant all on schema public to writer;
        grant select, insert, update, delete on schema_migrations to writer;
        alter table schema_migrations enable row level security;
        create policy reads on schema_migrations for select using (true); set role writer`)
      const refused = { code: 'database-failed', message: /row-level security policy for table "schema_migrations"/ }
      await fails(migrate(db, two), refused)
      await exec('reset role; create policy claims on schema_migrations for insert with check (true); set role writer')
      // It may claim, and may not record.
      await fails(migrate(db, two), swallowed)
      await exec('reset role; create policy records on schema_migrations for update using (true); set role writer')
      assert.equal((await migrate(db, two)).status, 'migrated')
      await exec('reset role')
      assert.deepEqual(await versions(query), ['001', '002'])
    })

    test('who does not see every row claims none', async (t) => {
      const { db, query, exec } = await open(t)
      if (!inSession) return t.skip('skipped: no session of the test')
      await migrate(db, one)
      await exec(`create role hidden_writer; grant all on schema public to hidden_writer;
        grant select, insert, update, delete on schema_migrations to hidden_writer;
        alter table schema_migrations enable row level security;
        create policy all_but_new on schema_migrations using (version = '001') with check (true); set role hidden_writer`)
      const message = `row security may hide rows of the ledger ${table} from the role hidden_writer`
      await fails(migrate(db, two), { code: 'database-failed', message })
      await exec('reset role')
      assert.deepEqual([await versions(query), await exists(query, 'tags')], [['001'], false])
    })

    const gone = {
      code: 'ledger-touched',
      message:
        /^002_tags\.sql:1:1: after the migration its row, version 002, is gone from the ledger "public"\."schema_migrations"/,
      applied: [],
    }
    // What cannot be seen before it runs.
    const hidden = {
      'a condition that holds for all rows': 'delete from schema_migrations where true;',
      'a computed statement': `do $$ begin execute 'trunc' || 'ate schema_migrations'; end $$;`,
      'a query with a DELETE in it':
        'with gone as (delete from schema_migrations returning 1) select count(*) from gone;',
      'its own version alone': `delete from schema_migrations where version = '002';`,
    }
    for (const [what, sql] of Object.entries(hidden))
      test(`a migration after which its own row is gone fails before the commit: ${what}`, async (t) => {
        const { db, query } = await open(t)
        await migrate(db, one)
        const { help } = await fails(migrate(db, { ...one, '002_tags.sql': up(`create table tags ();\n${sql}`) }), gone)
        assert.match(help, /^leave out what deletes the row, .*`table`; nothing of it was kept/)
        assert.deepEqual([await versions(query), await exists(query, 'tags')], [['001'], false])
        // As the help says: a table of its own is not touched.
        const elsewhere = { ...one, '002_tags.sql': up(`create table tags ();\n${sql}`) }
        delete elsewhere['001_notes.sql']
        assert.equal((await migrate(db, elsewhere, { table: 'ledger' })).status, 'migrated')
      })

    test('a step after which the row is gone is not kept, and the run goes on from there', async (t) => {
      const { db, query } = await open(t)
      const set = (sql) => ({
        ...one,
        '002_tags.sql': up(`create table tags ();\ncreate index concurrently i on notes (id);\n${sql};`),
      })
      await migrate(db, one)
      const { help } = await fails(migrate(db, set('delete from schema_migrations where true')), gone)
      assert.match(help, /steps kept: 2 of 3/)
      assert.deepEqual(await query('select version, steps_done from schema_migrations where steps_done is not null'), [
        { version: '002', steps_done: 2 },
      ])
    })

    test('a step alone after which the row is gone is not run again by the same run', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, one)
      await exec(`create function forget() returns event_trigger language plpgsql as $$ begin
        delete from schema_migrations where version = '002'; end $$`)
      await exec(
        `create event trigger forgetful on ddl_command_end when tag in ('CREATE INDEX') execute function forget()`,
      )
      t.after(() => kind === 'PGlite' && exec('drop event trigger if exists forgetful'))
      const { help } = await fails(migrate(db, stepwise), gone)
      assert.match(help, /what it has done is kept, and the next run would do it again/)
      assert.deepEqual([await exists(query, 'i'), await exists(query, 'more')], [true, false])
      await exec('drop event trigger forgetful')
      // As the help says.
      await exec('drop index i; drop table tags')
      assert.equal((await migrate(db, stepwise)).status, 'migrated')
    })

    test('a migration that empties the ledger is refused before it runs', async (t) => {
      const { db, query } = await open(t)
      await migrate(db, one)
      const emptied = [
        'delete from schema_migrations',
        'DELETE FROM ONLY public . "schema_migrations" AS l',
        'truncate notes, schema_migrations cascade',
        'TRUNCATE TABLE "public"."schema_migrations" RESTART IDENTITY',
        'do $$ begin delete from schema_migrations; end $$',
      ]
      for (const sql of emptied) {
        const error = await fails(migrate(db, { ...one, '002_tags.sql': up(`create table tags ();\n${sql};`) }), {
          code: 'plan-refused',
          message: new RegExp(`the migration empties the ledger's own table, "public"\\."schema_migrations"`),
        })
        assert.match(error.help, /option `table`/)
        assert.equal(await exists(query, 'tags'), false, sql)
      }
      assert.deepEqual(await versions(query), ['001'])
      // Another table of that name is none of our business, nor are some of the rows.
      const harmless = `create schema app; create table app.schema_migrations (); truncate app.schema_migrations;
        delete from schema_migrations where version = '0';`
      assert.equal((await migrate(db, { ...one, '002_tags.sql': up(harmless) })).status, 'migrated')
    })

    test('a way back that drops, moves or empties the ledger is refused before it runs', async (t) => {
      const { db, query } = await open(t)
      for (const [sql, what] of Object.entries({
        'truncate schema_migrations': 'empties',
        'drop table if exists schema_migrations': 'drops',
        'alter table schema_migrations rename to old': 'renames or moves',
        'drop schema if exists public cascade': 'drops the schema of',
      })) {
        const set = { '001_notes.sql': `${one['001_notes.sql']}-- migrate:down\ndrop table notes;\n${sql};\n` }
        await migrate(db, set)
        await fails(rollback(db, set), {
          code: 'ledger-touched',
          message: `001_notes.sql:5:1: the migration ${what} the ledger's own table, ${table}`,
          help: 'leave the statement out, or keep the ledger elsewhere with the option `table`; nothing was run',
        })
        assert.deepEqual([await versions(query), await exists(query, 'notes')], [['001'], true])
      }
    })
  },
  ['postgres.js', 'HTTP'],
)
