// What a migration does to its session: nothing of it reaches the next migration, or the caller.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'

/** The head of what pg_dump writes. */
const dumpHead = `SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
`

/** A set whose first migration leaves its session changed, and whose second says what it finds. */
const set = (first) => ({
  '001_first.sql': `-- migrate:up\n${first}\n`,
  '002_second.sql': `-- migrate:up
create table found as select current_setting('search_path') as path, current_setting('statement_timeout') as timeout,
  current_setting('row_security') as security, current_setting('app.tenant', true) as tenant, current_user::text as who;
`,
})

/** The same text in one transaction, step by step by its marker, and because of a statement in it. */
const forms = {
  'in one transaction': (sql) => sql,
  'step by step, by its marker': (sql) => sql.replace('-- migrate:up', '-- migrate:up transaction:false'),
  'step by step, by a statement': (sql) =>
    sql.replace(
      /\n$/,
      '\ncreate table public.built ();\ncreate index concurrently built_nothing on public.built ((1));\n',
    ),
}

onEachDatabase(
  ({ api, open }) => {
    const { migrate } = api

    /** A database in whose session the caller has set a few things; and how they stand. */
    async function callers(t) {
      const place = await open(t)
      await place.exec(`create schema app; set search_path to app, public; set statement_timeout to '70s'; set app.tenant to 'caller';
      set work_mem to '5MB'; set timezone to 'Asia/Tokyo'; set datestyle to 'German'`)
      const settings = async () =>
        Object.fromEntries(
          (await place.query('select name, setting from pg_settings')).map(({ name, setting }) => [name, setting]),
        )
      const before = await settings()
      const unchanged = async () => {
        const now = await settings()
        for (const name of Object.keys(before)) assert.equal(now[name], before[name], name)
        assert.equal((await place.query(`select current_setting('app.tenant') as tenant`))[0].tenant, 'caller')
        assert.equal((await place.query('select current_user::text as who'))[0].who, 'postgres')
      }
      return { ...place, unchanged }
    }
    const asBefore = { path: 'app, public', timeout: '70s', security: 'on', tenant: 'caller', who: 'postgres' }

    for (const [form, written] of Object.entries(forms)) {
      const first = (sql) => ({ ...set(sql), '001_first.sql': written(set(sql)['001_first.sql']) })

      test(`a dump's settings, ${form}`, async (t) => {
        const { db, query, unchanged } = await callers(t)
        await migrate(db, first(`${dumpHead}set app.tenant = 'migration';\ncreate table public.dumped (id int);`))
        assert.deepEqual(await query('select * from app.found'), [asBefore])
        await unchanged()
      })

      test(`a role, ${form}`, async (t) => {
        const { db, query, unchanged } = await callers(t)
        await query('create role somebody')
        await query('grant create, usage on schema public, app to somebody')
        await migrate(db, first('set role somebody;\ncreate table public.theirs ();\nset app.tenant = 1;'))
        assert.deepEqual(
          await query(
            `select tableowner::text as owner from pg_tables where tablename in ('theirs', 'found') order by tablename`,
          ),
          [{ owner: 'postgres' }, { owner: 'somebody' }],
        )
        await unchanged()
        await query('drop owned by somebody')
        await query('drop role somebody')
      })

      test(`a setting that nobody had before, ${form}`, async (t) => {
        const { db, query } = await callers(t)
        await migrate(db, first(`set app.secret = 'abc';\nselect set_config('app.other', 'def', false);`))
        // PostgreSQL cannot forget a name; it is empty, as after RESET.
        assert.deepEqual(
          await query(
            `select coalesce(current_setting('app.secret', true), '') || coalesce(current_setting('app.other', true), '') as left`,
          ),
          [{ left: '' }],
        )
      })

      test(`RESET ALL, ${form}`, async (t) => {
        const { db, query, unchanged } = await callers(t)
        await migrate(db, first('set app.tenant = 1;\nreset all;\ncreate table public.bare ();'))
        assert.equal((await query('select path from app.found'))[0].path, 'app, public')
        await unchanged()
      })

      test(`a migration that fails after its settings, ${form}`, async (t) => {
        const { db, unchanged } = await callers(t)
        await fails(migrate(db, first(`${dumpHead}set app.tenant = 'migration';\nselect 1 / 0;`)), {
          code: 'statement-failed',
          message: /division by zero/,
        })
        await unchanged()
      })
    }

    test('DISCARD ALL', async (t) => {
      const { db, query, unchanged } = await callers(t)
      await migrate(db, set('create table public.a ();\nset app.tenant = 1;\ndiscard all;\ncreate table public.b ();'))
      assert.equal((await query('select path from app.found'))[0].path, 'app, public')
      await unchanged()
    })

    test('SET LOCAL holds for its migration', async (t) => {
      const { db, query, unchanged } = await callers(t)
      await migrate(
        db,
        set(
          `set local search_path to public;\nset local app.tenant to 'inner';\ncreate table here as select current_setting('app.tenant') as tenant;`,
        ),
      )
      assert.deepEqual(await query('select tenant from public.here'), [{ tenant: 'inner' }])
      assert.equal((await query('select path from app.found'))[0].path, 'app, public')
      await unchanged()
    })

    test('an isolation level holds for its migration', async (t) => {
      const { db, query, unchanged } = await callers(t)
      await migrate(
        db,
        set(
          `begin;\nset transaction isolation level repeatable read;\ncreate table public.level as select current_setting('transaction_isolation') as level;\ncommit;`,
        ),
      )
      assert.deepEqual(await query('select level from public.level'), [{ level: 'repeatable read' }])
      await unchanged()
    })

    test('the isolation level of a BEGIN around the file holds for its migration', async (t) => {
      const { db, query } = await callers(t)
      await migrate(
        db,
        set(
          `begin isolation level serializable;\ncreate table public.level as select current_setting('transaction_isolation') as level;\ncommit;`,
        ),
      )
      assert.deepEqual(await query('select level from public.level'), [{ level: 'serializable' }])
    })

    test('a run that goes on in the middle finds what the migration has set before', async (t) => {
      const { db, query, exec, unchanged } = await callers(t)
      await exec('create schema tenant; create table tenant.t (n int); insert into tenant.t values (1), (1)')
      const files = set(
        `set search_path to tenant;\nset app.tenant to 'inner';\ncreate unique index concurrently t_n on t (n);\ninsert into t select length(current_setting('app.tenant'));`,
      )
      await fails(migrate(db, files), {
        code: 'statement-failed',
        message: /could not create unique index "t_n"/,
        at: { path: '001_first.sql', line: 4, column: 1 },
      })
      await unchanged()
      // What the failed build has left is there, and invalid.
      assert.deepEqual(
        await query(`select indisvalid::text as valid from pg_index where indexrelid = 'tenant.t_n'::regclass`),
        [{ valid: 'false' }],
      )
      await exec('delete from tenant.t; insert into tenant.t values (1)')
      assert.equal((await migrate(db, files)).applied.length, 2)
      assert.deepEqual(
        await query(`select indisvalid::text as valid from pg_index where indexrelid = 'tenant.t_n'::regclass`),
        [{ valid: 'true' }],
      )
      assert.deepEqual(await query('select n from tenant.t order by 1'), [{ n: 1 }, { n: 5 }])
      assert.equal((await query('select path from app.found'))[0].path, 'app, public')
      await unchanged()
    })

    test('a role that the caller has taken on stays', async (t) => {
      const { db, query } = await open(t)
      await query('create role deployer')
      await query('grant create, usage on schema public to deployer')
      await query('set role deployer')
      await migrate(db, set('reset role;\ncreate table by_postgres ();'))
      assert.deepEqual(await query('select current_user::text as who'), [{ who: 'deployer' }])
      assert.deepEqual(await query('select who from found'), [{ who: 'deployer' }])
      assert.deepEqual(await query(`select tableowner::text as owner from pg_tables where tablename = 'by_postgres'`), [
        { owner: 'postgres' },
      ])
      await query('reset role')
      await query('drop owned by deployer')
      await query('drop role deployer')
    })
  },
  ['postgres.js'],
)
