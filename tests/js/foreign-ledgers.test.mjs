// A database that another tool has migrated is never migrated again, and one that has the tables already is not either.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readMigrations } from 'counterfoil/node'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { stampsOf } from './support/stamps.mjs'
import { bodies, changed, effects, lookAlikes, tools } from './support/foreign-ledgers.mjs'

/** The message of the simple protocol. */
function simpleQuery(sql) {
  const message = Buffer.from(`Q....${sql}\0`)
  message.writeUInt32BE(message.length - 1, 1)
  return new Uint8Array(message)
}

const text = (sql) => `-- migrate:up\n${sql}\n`
const set = { '001_accounts.sql': text(bodies[0]), '002_cents.sql': text(bodies[1]), '003_note.sql': text(bodies[2]) }
const versionsOf = (list) => list.map(({ version }) => version)

onEachDatabase(
  ({ api, open, kind }) => {
    const { importLedger, migrate, plan, ready, rollback, stamp } = api
    const ledgers = async (query) =>
      (
        await query(
          "select tablename as t from pg_tables where tablename in ('schema_migrations', 'counterfoil_migrations') and schemaname = 'public' order by 1",
        )
      ).map(({ t }) => t)
    const cents = async (query) => Number((await query('select cents from accounts'))[0].cents)

    /** That everything refuses, and changes nothing. */
    async function refused({ db, query }, { name, table, code, set, options = {}, says }) {
      const before = await ledgers(query)
      let error
      for (const work of [migrate, plan, rollback]) {
        error = await fails(work(db, set, options), { code: 'foreign-ledger', applied: [] })
        assert.ok(error.message.startsWith(`the table ${table} is the ledger of ${name}`), error.message)
        assert.match(error.message, says)
      }
      const answer = await ready(db, set, options)
      assert.equal(answer.httpStatus, 503)
      assert.match(answer.message, new RegExp(`^drift: db=none expected=\\S+ pending=\\S+ foreign=${code}$`))
      await fails(migrate(db, set, { ...options, when: 'refuse' }), { code: 'foreign-ledger' })
      assert.deepEqual(await ledgers(query), before)
      assert.equal(await cents(query), 10000)
      return error
    }

    /** That the help, followed to its end, leaves what is new to be applied, and nothing else. */
    async function goesOn({ db, query }, { set, options = {}, versions, own, besides }, { help }) {
      const [, named] = /name '(.*?)' with the option `table`/.exec(help) ?? []
      assert.equal(named !== undefined, own === true, help)
      const call = own ? `importLedger(db, migrations, { table: '${named}' })` : 'importLedger(db, migrations)'
      assert.ok(help.includes(`to go on from there, take it over: ${call}`), help)
      const chosen = { ...options, ...(named && { table: named }) }
      await importLedger(db, set, { ...chosen, ...besides })
      const { decisions } = await plan(db, set, chosen)
      assert.deepEqual(
        decisions.filter(({ path }) => path).map(({ version, action }) => [version, action]),
        versions.map((version, index) => [version, index < 2 ? 'skip' : 'apply']),
      )
      assert.deepEqual(versionsOf((await migrate(db, set, chosen)).applied), versions.slice(2))
      assert.equal(await cents(query), 10000)
      assert.equal((await ready(db, set, chosen)).status, 'ready')
      assert.equal((await migrate(db, set, chosen)).status, 'current')
    }

    for (const [code, tool] of Object.entries(tools)) {
      test(`a database that ${tool.name} has migrated is refused, and goes on as the help says`, async (t) => {
        const database = await open(t)
        await database.exec(`${tool.ddl}; ${tool.rows}; ${effects}`)
        const error = await refused(database, { ...tool, code })
        await goesOn(database, { ...tool, code }, error)
      })

      if (!tool.own)
        test(`a ledger of ${tool.name} in which nothing is applied is in nobody's way`, async (t) => {
          const { db, exec } = await open(t)
          await exec(`${tool.ddl}; ${tool.idle ?? 'select 1'}`)
          const result = await migrate(db, set)
          assert.equal(result.applied.length, 3)
          assert.deepEqual(result.findings, [])
        })

      test(`what looks like a ledger of ${tool.name} is not refused`, async (t) => {
        const { db, exec } = await open(t)
        await exec(lookAlikes[code])
        assert.equal((await migrate(db, set)).applied.length, 3)
      })
    }

    for (const [name, ddl] of Object.entries(changed))
      test(`a ledger of ${name} by its name is refused, whatever was added or changed`, async (t) => {
        const { db, exec } = await open(t)
        await exec(ddl)
        const { message } = await fails(migrate(db, set), { code: 'foreign-ledger', applied: [] })
        assert.match(message, new RegExp(` is the ledger of ${name}`))
      })

    test('all look-alikes at once are not refused, in a schema of the ledger and in the tools’ own', async (t) => {
      const { db, exec } = await open(t)
      await exec(Object.values(lookAlikes).join('; '))
      await exec(
        'create schema drizzle; create table drizzle.hashes (id serial primary key, hash text not null, created_at bigint); insert into drizzle.hashes (hash) values (1)',
      )
      assert.equal((await migrate(db, set)).applied.length, 3)
    })

    test(
      'a database that the real Drizzle has migrated is refused, and goes on as the help says',
      { skip: !['PGlite', 'PostgreSQL'].includes(kind) && 'Drizzle has a driver of its own for it' },
      async (t) => {
        const database = await open(t)
        const folder = mkdtempSync(join(tmpdir(), 'counterfoil-drizzle-'))
        t.after(() => rmSync(folder, { recursive: true, force: true }))
        mkdirSync(join(folder, 'meta'))
        const tags = ['0000_accounts', '0001_cents', '0002_note']
        const write = (count) => {
          tags.slice(0, count).forEach((tag, index) => writeFileSync(join(folder, `${tag}.sql`), `${bodies[index]}\n`))
          const entries = tags
            .slice(0, count)
            .map((tag, idx) => ({ idx, version: '7', when: 1_750_000_000_000 + idx, tag, breakpoints: true }))
          writeFileSync(
            join(folder, 'meta/_journal.json'),
            JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
          )
        }
        write(2)
        const flavour = kind === 'PGlite' ? 'pglite' : 'node-postgres'
        const { drizzle } = await import(`drizzle-orm/${flavour}`)
        const { migrate: byDrizzle } = await import(`drizzle-orm/${flavour}/migrator`)
        await byDrizzle(drizzle({ client: database.db }), { migrationsFolder: folder })
        await database.exec('insert into accounts values (1, 10000)')
        write(3)
        const drizzled = {
          name: 'Drizzle',
          code: 'drizzle',
          table: '"drizzle"."__drizzle_migrations"',
          set: await readMigrations(folder),
          versions: tags,
          says: /says that 2 migrations are applied$/,
        }
        const error = await refused(database, drizzled)
        await goesOn(database, drizzled, error)
        const rows = await database.query('select count(*)::int as n from drizzle.__drizzle_migrations')
        assert.deepEqual(rows, [{ n: 2 }])
      },
    )

    test('what Flyway took for a baseline is applied, though it has one row', async (t) => {
      const database = await open(t)
      const { ddl, set, versions } = tools.flyway
      await database.exec(
        `${ddl}; insert into flyway_schema_history values (1, '1.1', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', null, 'me', now(), 0, true); ${effects}`,
      )
      const error = await fails(migrate(database.db, set), { code: 'foreign-ledger' })
      await goesOn(database, { set, versions, besides: { assume: { all: 'applied' } } }, error)
    })

    // What each writes where its second migration fails half-way.
    const halves = {
      'golang-migrate': ['insert into schema_migrations values (2, true)', '2'],
      sqlx: [
        "insert into _sqlx_migrations values (20240101000000, 'accounts', now(), true, '\\x00', 1), (20240102000000, 'cents', now(), false, '\\x00', 1)",
        '20240102000000',
      ],
      prisma: [
        "insert into _prisma_migrations values ('1', 'x', now(), '20240101000000_accounts', null, null, now(), 1), ('2', 'x', null, '20240102000000_cents', 'failed', null, now(), 0)",
        '20240102000000_cents',
      ],
      flyway: [
        "insert into flyway_schema_history values (1, '1', 'accounts', 'SQL', 'V1__accounts.sql', 5, 'me', now(), 3, true), (2, '1.1', 'cents', 'SQL', 'V1.1__cents.sql', 6, 'me', now(), 3, false)",
        '1.1',
      ],
    }
    for (const [code, [rows, half]] of Object.entries(halves))
      for (const finished of [false, true])
        test(`a migration of ${tools[code].name} that did not come to its end, and was ${finished ? 'finished' : 'undone'} by hand, is applied once`, async (t) => {
          const { db, query, exec } = await open(t)
          const { ddl, set, options, versions } = tools[code]
          await exec(`${ddl}; ${rows}; create table accounts (id int primary key, cents bigint not null)`)
          await exec('insert into accounts values (1, 100)')
          const { message, help } = await fails(migrate(db, set, options), { code: 'foreign-ledger' })
          assert.ok(message.endsWith(`, and that ${half} has not come to its end`), message)
          if (finished) await exec('update accounts set cents = cents * 100')
          const [, table] = /name '(.*?)' with the option `table`/.exec(help) ?? []
          const chosen = { ...options, ...(table && { table }) }
          await stamp(db, set, versions.slice(0, finished ? 2 : 1), chosen)
          const { applied } = await migrate(db, set, chosen)
          assert.deepEqual(versionsOf(applied), versions.slice(finished ? 2 : 1))
          assert.equal(await cents(query), 10000)
        })

    test('a first migration that did not come to its end, and was undone by hand, is applied once', async (t) => {
      const { db, query, exec } = await open(t)
      const { ddl, set, versions } = tools['golang-migrate']
      await exec(`${ddl}; insert into schema_migrations values (1, true)`)
      const { help } = await fails(migrate(db, set), { code: 'foreign-ledger' })
      const options = { table: /name '(.*?)' with the option `table`/.exec(help)[1] }
      const beside = await fails(migrate(db, set, options), { code: 'foreign-ledger' })
      const [, tool] = /of no concern to these migrations, say so: existing: \{ ignore: \['(.*?)'\] \}/.exec(
        beside.help,
      )
      const { applied } = await migrate(db, set, { ...options, existing: { ignore: [tool] } })
      assert.deepEqual(versionsOf(applied), versions)
      assert.deepEqual(await query('select * from accounts'), [])
    })

    test('two ledgers are both named', async (t) => {
      const { db, exec } = await open(t)
      await exec(`${tools.goose.ddl}; ${tools.goose.rows}; ${tools.sqlx.ddl}; ${tools.sqlx.rows}`)
      const { message, help } = await fails(migrate(db, set), { code: 'foreign-ledger' })
      assert.ok(message.includes('goose_db_version') && message.includes('_sqlx_migrations'), message)
      const ignore = /ignore: \['(.*?)'\]/.exec(help)[1].split("', '")
      assert.equal((await migrate(db, set, { existing: { ignore } })).applied.length, 3)
    })

    test('what may be there is named, and a run in which it mattered says so', async (t) => {
      const { db, exec } = await open(t)
      await exec(
        `${tools.goose.ddl}; ${tools.goose.rows}; create table accounts (id int primary key, cents bigint not null)`,
      )
      await fails(migrate(db, set, { existing: { ignore: ['sqlx'] } }), { code: 'foreign-ledger' })
      await fails(migrate(db, set, { existing: { ignore: ['goose'] } }), { code: 'database-not-empty' })
      await fails(migrate(db, set, { existing: { ignore: ['tables'] } }), { code: 'foreign-ledger' })
      const options = { existing: { ignore: ['goose', 'tables'] } }
      assert.equal((await ready(db, set, options)).message, 'drift: db=none expected=003 pending=001,+2')
      const told = ({ findings }) => findings.map(({ code, severity, message }) => [code, severity, message])
      const expected = [
        [
          'existing-ignored',
          'warning',
          'the table "public"."goose_db_version" is the ledger of goose, and it is to be ignored',
        ],
        ['existing-ignored', 'warning', 'the table "public"."accounts" is there already, and it is to be ignored'],
      ]
      assert.deepEqual(told(await plan(db, set, options)), expected)
      const result = await migrate(db, set, options)
      assert.deepEqual(told(result), expected)
      assert.equal(result.applied.length, 3)
      assert.deepEqual((await migrate(db, set, options)).findings, [])
      assert.equal(
        (
          await rollback(
            db,
            { ...set, '003_note.sql': `${set['003_note.sql']}-- migrate:down\nalter table accounts drop note;\n` },
            options,
          )
        ).reverted.length,
        1,
      )
    })

    test('where it did not matter nothing is said, and a wrong word is named', async (t) => {
      const { db } = await open(t)
      assert.deepEqual((await migrate(db, set, { existing: { ignore: ['goose', 'tables'] } })).findings, [])
      const wrong = { existing: { ignore: ['goos'] } }
      for (const work of [migrate, plan, ready, rollback]) {
        const error = await fails(work(db, set, wrong), {
          code: 'invalid-input',
          message: /^nothing that can be ignored is called "goos"$/,
        })
        assert.match(error.help, /alembic.*goose.*tables|goose.*alembic.*tables/)
      }
      for (const existing of ['goose', { ignore: 'goose' }, {}, null])
        await fails(migrate(db, set, { existing }), { code: 'invalid-input', message: /the option existing is not/ })
    })

    test('a policy does not know it', async (t) => {
      const { db } = await open(t)
      for (const code of ['foreign-ledger', 'database-not-empty'])
        await fails(migrate(db, set, { policy: { [code]: 'note' } }), { code: 'invalid-input' })
    })

    test('a table of the set that is there is named with its file, and the help goes on', async (t) => {
      const { db, query, exec } = await open(t)
      await exec(effects)
      for (const work of [migrate, plan]) {
        const error = await fails(work(db, set), {
          code: 'database-not-empty',
          message:
            /001_accounts\.sql creates "public"\."accounts", which is there already, and no migration is recorded in "public"\."schema_migrations"$/,
          at: { path: '001_accounts.sql', line: 2, column: 1 },
        })
        assert.match(error.help, /existing: \{ ignore: \['tables'\] \}/)
      }
      assert.deepEqual(await ledgers(query), [])
      assert.equal((await ready(db, set)).message, 'drift: db=none expected=003 pending=001,+2')
      const { help } = await fails(migrate(db, set), { code: 'database-not-empty' })
      assert.match(help, /`counterfoil stamp --proved` records those that have made this schema;/)
      assert.match(help, /nobody can tell from here whether 002 and 003 ran: look at each, and mark what has run/)
      const [call] = stampsOf(help, api)
      assert.equal(call.text, "stamp(db, migrations, ['001'])")
      await call(db, set)
      await stamp(db, set, ['002'])
      assert.deepEqual(versionsOf((await migrate(db, set)).applied), ['003'])
      assert.equal(await cents(query), 10000)
    })

    test('what nobody can tell of is never written down unseen, however long the set is', async (t) => {
      const { db, exec } = await open(t)
      await exec('create table t20 ()')
      const many = Object.fromEntries(
        Array.from({ length: 30 }, (_, at) => [`${at + 100}_t.sql`, text(`create table t${at} ();`)]),
      )
      const { help } = await fails(migrate(db, many), { code: 'database-not-empty' })
      assert.match(help, /whether 100, 101, .*, 109 and 19 more ran: look at each/)
      await stampsOf(help, api)[0](db, many)
      const { decisions } = await plan(db, many)
      assert.deepEqual(versionsOf(decisions.filter(({ action }) => action === 'skip')), ['120'])
    })

    test('a table is there without IF NOT EXISTS, in another schema, as a view; and not where only the name is alike', async (t) => {
      const { db, exec } = await open(t)
      await exec(
        'create schema app; create table app.notes (); create view seen as select 1 as x; create table other (); create table "Case" ()',
      )
      const creates = (sql) => ({ '001_a.sql': text(sql) })
      for (const sql of [
        'create table app.notes (id int)',
        'create table if not exists seen (x int)',
        'create table "Case" ()',
        'select 1; CREATE TABLE App . notes ()',
      ])
        assert.equal((await fails(plan(db, creates(sql)), { code: 'database-not-empty' })).at.path, '001_a.sql', sql)
      for (const sql of [
        'create table notes ()',
        'create table app.other ()',
        'create table "case" ()',
        'create temp table other ()',
        'alter table other rename to old; create table other ()',
      ])
        assert.equal((await plan(db, creates(sql))).decisions.length, 1, sql)
    })

    test('a table without a schema is looked for where search_path says', async (t) => {
      const { db, query, exec } = await open(t)
      await exec('create schema app; create table app.users (); create table public.orders ()')
      const creates = (path, table) => ({ '001_a.sql': text(`${path}; create table if not exists ${table} (id int);`) })
      for (const [path, schema] of [
        ['create schema if not exists app; set search_path to app, public', 'app'],
        ["set local search_path = 'app'", 'app'],
        ["set schema 'app'", 'app'],
        ["select pg_catalog.set_config('search_path', 'app, public', true)", 'app'],
        ['set search_path = public', 'public'],
      ]) {
        const [there, other] = schema === 'app' ? ['users', 'orders'] : ['orders', 'users']
        const { message } = await fails(migrate(db, creates(path, there)), { code: 'database-not-empty', applied: [] })
        assert.match(message, new RegExp(`"${schema}"."${there}"`), path)
        assert.equal((await plan(db, creates(path, other))).decisions.length, 1, path)
      }
      // That is where PostgreSQL makes them.
      await migrate(db, creates("set schema 'app'", 'orders'))
      assert.deepEqual(await query("select count(*)::int as n from pg_tables where tablename = 'orders'"), [{ n: 2 }])
    })

    test('what IF NOT EXISTS takes for the table is there', async (t) => {
      const { db, exec } = await open(t)
      await exec(
        'create table users (id int); create index by_id on users (id); create sequence numbers; create type pair as (a int, b int)',
      )
      const creates = (sql) => ({ '001_a.sql': text(sql) })
      for (const sql of [
        'create table if not exists U&"\\0075sers" (id int)',
        'create foreign table if not exists users (id int) server s',
        'create materialized view if not exists users as select 1 as id',
        'create table if not exists by_id (id int)',
        'create table if not exists numbers (id int)',
        'create table if not exists pair (id int)',
      ]) {
        await fails(migrate(db, creates(sql)), { code: 'database-not-empty', applied: [] })
        // PostgreSQL passes over it with a notice, or would if the server for foreign tables were there.
        if (!sql.includes('foreign')) await exec(sql)
      }
      const said = creates("do $$ begin raise notice 'create table users (id int)'; end $$")
      assert.equal((await migrate(db, said)).applied.length, 1)
    })

    test('other tables are no concern: a second set, another set’s ledger, another schema', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, set)
      const second = { '001_other.sql': text('create table other ();') }
      assert.equal((await migrate(db, second, { table: 'second' })).applied.length, 1)
      await exec(
        `create schema tenant; create table tenant.accounts (); set search_path = tenant; ${tools.goose.ddl}; ${tools.goose.rows}; reset search_path`,
      )
      const third = { '001_third.sql': text('create table third ();') }
      assert.equal((await migrate(db, third, { table: 'third_ledger' })).applied.length, 1)
      assert.deepEqual((await query('select count(*)::int as n from second'))[0], { n: 1 })
    })

    test('down to nothing and up again, beside the ledger of a tool that was there before', async (t) => {
      const { db, query, exec } = await open(t)
      await exec(`${tools.goose.ddl}; ${tools.goose.rows}`)
      const both = {
        '001_kept.sql': '-- migrate:up\ncreate table if not exists kept ();\n-- migrate:down\nselect 1;\n',
        '002_b.sql': '-- migrate:up\ncreate table b ();\n-- migrate:down\ndrop table b;\n',
      }
      await migrate(db, both, { existing: { ignore: ['goose'] } })
      await exec("comment on table schema_migrations is 'kept by the platform team'")
      for (let round = 0; round < 2; round += 1) {
        assert.equal((await rollback(db, both, { steps: 2 })).reverted.length, 2)
        assert.deepEqual(await query("select obj_description('public.schema_migrations'::regclass, 'pg_class') as c"), [
          { c: 'kept by the platform team\ncounterfoil: every migration of this ledger was taken back' },
        ])
        assert.equal((await ready(db, both)).message, 'drift: db=none expected=002 pending=001,+1')
        const again = await migrate(db, both)
        assert.deepEqual([versionsOf(again.applied), again.findings], [['001', '002'], []])
      }
      // One that somebody else has emptied is not.
      await exec("delete from schema_migrations; comment on table schema_migrations is 'kept by the platform team'")
      await fails(migrate(db, both), { code: 'foreign-ledger' })
      await exec('drop table goose_db_version')
      await fails(migrate(db, both), { code: 'database-not-empty' })
    })

    for (const [title, before, between] of [
      ['another tool', 'select 1', `${tools.goose.ddl}; ${tools.goose.rows}; ${effects}`],
      ['the first row of another tool', `${tools.goose.ddl}; ${tools.goose.idle}`, `${tools.goose.rows}; ${effects}`],
    ])
      test(`${title} that comes between plan and ledger is noticed, and nothing of ours is left`, async (t) => {
        const { db, query, exec } = await open(t)
        await exec(before)
        // However the driver sends: by `query`, or on PGlite by `exec` and by messages.
        const ways = ['query', 'exec', 'execProtocolRaw'].filter((name) => name in db)
        const was = Object.fromEntries(ways.map((name) => [name, db[name]]))
        const restore = () => Object.assign(db, was)
        let came = false
        for (const name of ways)
          db[name] = async (message, ...more) => {
            const answer = await was[name].call(db, message, ...more)
            const text = message instanceof Uint8Array ? new TextDecoder().decode(message) : (message.text ?? message)
            if (!came && /goose/.test(text)) {
              // What is read to plan with ends with this, or with the look that finds no ledger.
              const last = before === 'select 1' || /\bis_applied and version_id\b/.test(text)
              if (last) {
                came = true
                restore()
                // Inside of a message PGlite waits for its end before it takes another by `exec`.
                if (name === 'execProtocolRaw') await db[name](simpleQuery(between), ...more)
                else await exec(between)
              }
            }
            return answer
          }
        t.after(restore)
        await fails(migrate(db, tools.goose.set), {
          code: 'foreign-ledger',
          message: /the ledger of goose, and says that 2 migrations/,
        })
        assert.ok(came)
        assert.deepEqual(await ledgers(query), [])
        assert.equal(await cents(query), 10000)
      })

    test('a first migration that runs into what is there says so, and how to go on', async (t) => {
      for (const [before, sql] of [
        ["create type mood as enum ('fine')", "create type mood as enum ('fine')"],
        ['create table base (id int); alter table base add column note text', 'alter table base add column note text'],
        ['create view seen as select 1', 'create view seen as select 1'],
      ]) {
        const { db, exec, query } = await open(t)
        await exec('drop table if exists schema_migrations; drop table if exists next_one')
        await exec(before)
        const first = {
          '001_first.sql': text(`${sql};`),
          '002_next.sql': text('create table if not exists next_one ();'),
        }
        const error = await fails(migrate(db, first), {
          code: 'statement-failed',
          at: { path: '001_first.sql', line: 2, column: 1 },
        })
        assert.match(error.help, /^the database seems to have it already, though no migration is recorded/)
        assert.doesNotMatch(error.help, /fix 001/)
        assert.match(error.help, /nobody can tell from here whether 002 ran: look at each/)
        await stampsOf(error.help, api)[0](db, first)
        assert.deepEqual(versionsOf((await migrate(db, first)).applied), ['002'])
        await query('select 1')
        // A later one is a fault of its file.
        const later = await fails(migrate(db, { ...first, '003_again.sql': text(`${sql};`) }), {
          code: 'statement-failed',
        })
        assert.match(later.help, /fix 003_again\.sql/)
      }
    })

    test('a first migration that runs step by step into what is there says how to go on, too', async (t) => {
      const { db, exec, query } = await open(t)
      await exec('create table base (id int); create index things on base (id)')
      const first = { '001_first.sql': text('create index concurrently things on base (id);') }
      const error = await fails(migrate(db, first), { code: 'statement-failed' })
      assert.match(error.help, /^the database seems to have it already/)
      await stampsOf(error.help, api)[0](db, first)
      assert.equal((await migrate(db, first)).status, 'current')

      // With one more that has run.
      const more = { '001_first.sql': first['001_first.sql'], '002_row.sql': text('insert into base values (1);') }
      await exec('drop table schema_migrations; insert into base values (1)')
      const { help } = await fails(migrate(db, more), { code: 'statement-failed' })
      assert.match(help, /nobody can tell from here whether 002 ran/)
      await stampsOf(help, api)[0](db, more)
      await stamp(db, more, ['002'])
      assert.deepEqual((await migrate(db, more)).applied, [])
      assert.deepEqual(await query('select id from base'), [{ id: 1 }])
    })

    test('dbmate’s ledger is another one only if it has these migrations, and ours has another name', async (t) => {
      const { db, exec } = await open(t)
      await exec(
        "create table schema_migrations (version varchar(128) primary key); insert into schema_migrations values ('001'), ('002')",
      )
      const error = await fails(migrate(db, set, { table: 'other' }), {
        code: 'foreign-ledger',
        message:
          /^the table "public"\."schema_migrations" is the ledger of dbmate, and says that 2 migrations are applied/,
      })
      assert.match(error.help, /ignore: \['dbmate'\]/)
      const second = { '900_second.sql': text('create table second ();') }
      assert.equal((await migrate(db, second, { table: 'other' })).applied.length, 1)
      // A set without a migration has none of its versions.
      const none = { table: 'third', allowEmpty: true }
      assert.equal((await migrate(db, {}, none)).status, 'current')
      assert.equal((await ready(db, {}, none)).httpStatus, 200)
      await exec(effects)
      assert.deepEqual(versionsOf((await migrate(db, set)).applied), ['003'])
    })

    test('a database of Supabase before its first migration is not refused', async (t) => {
      const { db, exec } = await open(t)
      // What a new project has beside the platform's own schemas: roles and a hook; and, once linked, an empty history.
      await exec(
        'create schema auth; create table auth.users (id uuid primary key); create schema storage; create table storage.migrations (id integer primary key, name varchar(100) unique not null, hash varchar(40) not null, executed_at timestamp default current_timestamp)',
      )
      await exec(
        "create table auth.schema_migrations (version varchar(255) primary key); insert into auth.schema_migrations values ('20171026211738')",
      )
      await exec(tools.supabase.ddl)
      assert.equal((await migrate(db, tools.supabase.set, tools.supabase.options)).applied.length, 3)
    })

    const inSession = kind === 'PGlite' || kind === 'PostgreSQL'
    /** Does `work` as a role that is gone afterwards. */
    async function asGuest(exec, rights, work) {
      await exec(`create role guest; grant all on schema public to guest; ${rights}; set role guest`)
      try {
        await work()
      } finally {
        await exec('reset role; drop owned by guest cascade; drop role guest')
      }
    }

    test(
      'a ledger that this role may not read is refused, since nobody knows what it says',
      { skip: !inSession && 'skipped: no session of the test' },
      async (t) => {
        const { db, exec } = await open(t)
        await exec(`${tools.goose.ddl}; ${tools.goose.idle}`)
        await asGuest(exec, 'select 1', async () => {
          const error = await fails(migrate(db, set), {
            code: 'foreign-ledger',
            message: /the ledger of goose, and this role may not read all of it$/,
          })
          assert.match(
            error.help,
            /nobody can tell from here whether 001, 002 and 003 ran: look at each, and mark what has run: stamp\(db, migrations, versions\)/,
          )
          assert.match((await ready(db, set)).message, / foreign=goose$/)
          assert.equal((await migrate(db, set, { existing: { ignore: ['goose'] } })).applied.length, 3)
        })
      },
    )

    test(
      'a role that may not write a comment goes back to nothing all the same',
      { skip: !inSession && 'skipped: no session of the test' },
      async (t) => {
        const { db, query, exec } = await open(t)
        const both = { '001_a.sql': '-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop table a;\n' }
        await migrate(db, { '000_none.sql': text('select 1;') })
        await asGuest(exec, 'delete from schema_migrations; grant all on schema_migrations to guest', async () => {
          await migrate(db, both)
          assert.equal((await rollback(db, both)).reverted.length, 1)
          const comment = "select obj_description('public.schema_migrations'::regclass, 'pg_class') as c"
          assert.deepEqual(await query(comment), [{ c: null }])
          assert.equal((await migrate(db, both)).applied.length, 1)
        })
      },
    )
  },
  ['HTTP'],
)

test('PGlite with live queries and extensions that have tables is not refused', async () => {
  const { PGlite } = await import('@electric-sql/pglite')
  const { live } = await import('@electric-sql/pglite/live')
  const { hstore } = await import('@electric-sql/pglite/contrib/hstore')
  const { migrate } = await import('counterfoil/pglite')
  const db = await PGlite.create({ extensions: { live, hstore } })
  try {
    await db.exec('create extension hstore; create table settings (key text)')
    const { unsubscribe } = await db.live.query('select * from settings', [], () => {})
    assert.equal((await migrate(db, set)).applied.length, 3)
    await unsubscribe()
  } finally {
    await db.close()
  }
})
