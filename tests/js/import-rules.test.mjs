// What is taken over from another tool's ledger, what is refused, and how it goes on from there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { bodies, effects, tools } from './support/foreign-ledgers.mjs'
import { atlas, flyway, sha256, sha384 } from './support/tool-sums.mjs'

const versionsOf = (list) => list.map(({ version }) => version)
const codesOf = (findings) => findings.map(({ code, severity }) => [code, severity])
const ledger = (query, table = 'schema_migrations') =>
  query(`select version, name, checksum, fingerprint, origin, steps_done from ${table} order by version collate "C"`)
const sum = (text) => `sha256:${sha256(text)}`

onEachDatabase(({ api: { importLedger, migrate, plan, ready, rollback, stamp }, open, kind }) => {
  const simpleQuery = (sql) => {
    const message = Buffer.from(`Q....${sql}\0`)
    message.writeUInt32BE(message.length - 1, 1)
    return new Uint8Array(message)
  }
  const cents = async (query) => Number((await query('select cents from accounts'))[0].cents)

  test('an edited file is refused with both sums; accepted, its row has no checksum, and no later run gives it one', async (t) => {
    const { db, query, exec } = await open(t)
    const { ddl, rows, set, options, versions } = tools.sqlx
    await exec(`${ddl}; ${rows}; ${effects}`)
    const [, path] = Object.keys(set)
    const edited = { ...set, [path]: `${set[path]}-- edited\n` }
    const error = await fails(importLedger(db, edited, options), {
      code: 'plan-refused',
      message: `nothing was written: ${path} is not what sqlx ran: its checksum was ${sha384(set[path])}, and that of the file is ${sha384(edited[path])}`,
      options: [{ option: 'acceptEdited', values: [versions[1]], text: `acceptEdited: ['${versions[1]}']` }],
    })
    assert.ok(error.help.includes(`acceptEdited: ['${versions[1]}']`), error.help)
    assert.deepEqual(await query("select 1 from pg_tables where tablename = 'schema_migrations'"), [])
    await importLedger(db, edited, { ...options, acceptEdited: [versions[1]] })
    const settled = { version: versions[1], name: 'cents', checksum: null, fingerprint: null, origin: 'imported' }
    const [first, second] = await ledger(query)
    assert.deepEqual(second, { ...settled, steps_done: null })
    assert.deepEqual([first.checksum, first.origin], [sum(set[Object.keys(set)[0]]), 'imported'])
    const { decisions } = await plan(db, edited, options)
    const { action, code, message, help } = decisions[1]
    assert.deepEqual(
      [action, code, message, help],
      [
        'skip',
        'unverified',
        'another tool ran it, and this file is not known to be what ran',
        'it stays so: nothing is recorded',
      ],
    )
    assert.deepEqual(versionsOf((await migrate(db, edited, options)).applied), versions.slice(2))
    assert.deepEqual((await ledger(query))[1], { ...settled, steps_done: null })
    assert.equal((await ready(db, edited, options)).status, 'ready')
  })

  test('where the tool kept the text that ran, the accepted row has its checksum', async (t) => {
    const { db, query, exec } = await open(t)
    const { ddl, set, options, versions } = tools.supabase
    const ran = ['update accounts\n  set cents = cents * 100 -- in cents', "select ';'"]
    await exec(
      `${ddl}; insert into supabase_migrations.schema_migrations values ('${versions[0]}', null, 'accounts'), ('${versions[1]}', array[${ran.map((one) => `'${one.replaceAll("'", "''")}'`)}], 'cents'); ${effects}`,
    )
    await fails(importLedger(db, set, options), {
      code: 'plan-refused',
      message: /_cents\.sql is not what the Supabase CLI ran/,
    })
    // Comments, case and white space are no difference.
    const [, path] = Object.keys(set)
    const same = { ...set, [path]: "UPDATE accounts SET cents = cents * 100;\r\n\r\nselect ';';" }
    assert.equal((await importLedger(db, same, { ...options, dryRun: true })).changes.length, 2)
    const { findings } = await importLedger(db, set, { ...options, acceptEdited: [versions[1]] })
    assert.deepEqual(codesOf(findings), [['imported-unchecked', 'note']])
    assert.equal((await ledger(query))[1].checksum, sum(ran.map((one) => `${one}\n;\n`).join('')))
    assert.deepEqual(versionsOf((await migrate(db, set, options)).applied), versions.slice(2))
    assert.equal(await cents(query), 10000)
  })

  test('what ran with other line ends, or with a byte order mark, is the same file', async (t) => {
    const text = 'update accounts\nset cents = cents * 100;\n'
    const ends = text.replaceAll('\n', '\r\n')
    for (const [ran, file] of [
      [ends, text],
      [text, ends],
      [`\uFEFF${text}`, text],
      [text, `\uFEFF${ends}`],
    ]) {
      const { db, exec, query } = await open(t)
      await exec('drop table if exists _sqlx_migrations, _prisma_migrations, schema_migrations')
      await exec(
        `${tools.sqlx.ddl}; insert into _sqlx_migrations values (1, 'cents', now(), true, '\\x${sha384(ran)}', 1)`,
      )
      const done = await importLedger(db, { '1_cents.sql': file }, { convention: 'sqlx' })
      assert.equal(done.changes[0].message, 'applied by sqlx, and its checksum is that of the file')
      await exec('drop table _sqlx_migrations, schema_migrations')
      await exec(
        `${tools.prisma.ddl}; insert into _prisma_migrations values ('1', '${sha256(ran)}', now(), '1_cents', null, null, now(), 1)`,
      )
      await importLedger(db, { '1_cents/migration.sql': file })
      // Our own checksum is of the one text that all of them are.
      assert.equal((await ledger(query))[0].checksum, sum(text))
    }
  })

  // What each writes where its second migration fails half-way, and the version.
  const halves = {
    'golang-migrate': ['insert into schema_migrations values (2, true)', '000002'],
    sqlx: [
      `insert into _sqlx_migrations values (20240101000000, 'accounts', now(), true, '\\x${sha384(`${bodies[0]}\n`)}', 1), (20240102000000, 'cents', now(), false, '\\x00', 1)`,
      '20240102000000',
    ],
    prisma: [
      `insert into _prisma_migrations values ('1', '${sha256(`${bodies[0]}\n`)}', now(), '20240101000000_accounts', null, null, now(), 1), ('2', 'x', null, '20240102000000_cents', 'failed', null, now(), 0)`,
      '20240102000000_cents',
    ],
    flyway: [
      `insert into flyway_schema_history values (1, '1', 'accounts', 'SQL', 'V1__accounts.sql', ${flyway(`${bodies[0]}\n`)}, 'me', now(), 3, true), (2, '1.1', 'cents', 'SQL', 'V1.1__cents.sql', 6, 'me', now(), 3, false)`,
      '1.1',
    ],
    atlas: [
      `insert into atlas_schema_revisions.atlas_schema_revisions values ('20240101000000', 'accounts', 2, 1, 1, now(), 1, null, null, '', null, '1.0'), ('20240102000000', 'cents', 2, 0, 1, now(), 1, 'failed', 'update', '', null, '1.0')`,
      '20240102000000',
    ],
    hasura: [
      `insert into hdb_catalog.hdb_version (version, upgraded_on, cli_state) values ('48', now(), '{"migrations": {"default": {"1704067200000": false, "1704153600000": true}}}')`,
      '1704153600000',
    ],
  }
  for (const [code, [rows, half]] of Object.entries(halves))
    for (const said of ['applied', 'pending'])
      test(`a migration of ${tools[code].name} that did not come to its end is refused, and goes on as ${said}`, async (t) => {
        const { db, query, exec } = await open(t)
        const { ddl, set, own, versions } = tools[code]
        await exec(`${ddl}; ${rows}; create table accounts (id int primary key, cents bigint not null)`)
        await exec(`insert into accounts values (1, ${said === 'applied' ? 10000 : 100})`)
        const options = { ...tools[code].options, ...(own && { table: 'counterfoil_migrations' }) }
        const below = code === 'golang-migrate' ? { [versions[0]]: 'applied' } : {}
        const error = await fails(importLedger(db, set, { ...options, assume: below }), {
          code: 'plan-refused',
          message: `nothing was written: ${half} has begun under ${tools[code].name} and did not come to its end`,
        })
        const option = error.options.find(({ values }) => values[0] === `${half}=${said}`)
        assert.ok(error.help.includes(option.text), error.help)
        await importLedger(db, set, { ...options, assume: { ...below, [half]: said } })
        const { applied } = await migrate(db, set, options)
        assert.deepEqual(versionsOf(applied), versions.slice(said === 'applied' ? 2 : 1))
        assert.equal(await cents(query), 10000)
      })

  test('where nothing of a ledger is believed, the next run is told that it is of no concern', async (t) => {
    const { db, query, exec } = await open(t)
    const { ddl, set, versions } = tools['golang-migrate']
    await exec(`${ddl}; insert into schema_migrations values (1, true)`)
    const options = { table: 'ours' }
    const { status, findings } = await importLedger(db, set, { ...options, assume: { [versions[0]]: 'pending' } })
    assert.deepEqual([status, codesOf(findings)], ['unchanged', [['imported-nothing', 'note']]])
    const [{ values, text }] = findings[0].options
    assert.ok(findings[0].help.endsWith(text), findings[0].help)
    await fails(migrate(db, set, options), { code: 'foreign-ledger' })
    const { applied } = await migrate(db, set, { ...options, existing: { ignore: values } })
    assert.deepEqual(versionsOf(applied), versions)
    assert.deepEqual(await query('select * from accounts'), [])
  })

  for (const code of ['kysely', 'knex'])
    test(`a lock of ${tools[code].name} that is held is refused`, async (t) => {
      const { db, exec } = await open(t)
      const { ddl, rows, set, options, name } = tools[code]
      const lock =
        code === 'kysely' ? "kysely_migration_lock values ('migration_lock', 1)" : 'knex_migrations_lock values (1, 1)'
      await exec(`${ddl}; ${rows}; insert into ${lock}; ${effects}`)
      await fails(importLedger(db, set, options), {
        code: 'plan-refused',
        message: `nothing was written: a run of ${name} holds its lock: it is at work, or was killed`,
        help: /^wait until it is done; if no run is at work, /,
      })
      await exec(`update ${code === 'kysely' ? 'kysely_migration_lock' : 'knex_migrations_lock'} set is_locked = 0`)
      assert.equal((await importLedger(db, set, options)).changes.length, 2)
    })

  test('names are one where only what stands between their words differs', async (t) => {
    const { db, query, exec } = await open(t)
    const set = { '11_users.sql': 'create table users ();', '12_the-log.sql': 'create table log ();' }
    await exec(`${tools.kysely.ddl}; insert into kysely_migration values ('1_1users', '2026-01-01T09:00:00.000Z'),
      ('12-the log', '2026-01-01T09:00:00.000Z'); create table log ()`)
    const { findings } = await importLedger(db, set, { convention: 'plain' })
    assert.ok(findings.some(({ code, message }) => code === 'imported-without-file' && message.includes('applied 1,')))
    assert.deepEqual(
      (await migrate(db, set, { convention: 'plain' })).applied.map(({ version }) => version),
      ['11'],
    )
    assert.deepEqual(await query(`select to_regclass('users')::text as t`), [{ t: 'users' }])
  })

  test('two ledgers are both named, and `from` decides', async (t) => {
    const { db, exec } = await open(t)
    const { set, ddl, rows } = tools.goose
    await exec(
      `${ddl}; ${rows}; ${tools['sql-migrate'].ddl}; ${tools['sql-migrate'].rows}; ${tools.knex.ddl}; ${effects}`,
    )
    const error = await fails(importLedger(db, set), {
      code: 'foreign-ledger',
      message:
        '"public"."goose_db_version" is the ledger of goose; "public"."gorp_migrations" is the ledger of sql-migrate',
    })
    assert.ok(
      error.help.includes("from: 'goose=public.goose_db_version', or from: 'sql-migrate=public.gorp_migrations'"),
    )
    assert.equal((await importLedger(db, set, { from: 'goose', dryRun: true })).changes.length, 2)
    assert.equal((await importLedger(db, set, { from: error.options[0].values[0] })).changes.length, 2)
  })

  test('what cannot be found, or is not there, is said', async (t) => {
    const { db, exec } = await open(t)
    const { set, ddl, idle } = tools.goose
    await fails(importLedger(db, set), { code: 'invalid-input', message: 'there is no ledger of another tool here' })
    await fails(importLedger(db, set, { from: 'goose' }), {
      code: 'invalid-input',
      message: 'there is no ledger of goose here',
      help: /^looked for were .* if it lies elsewhere or has another name, name it: from: 'goose=schema\.table'; nothing was written$/,
    })
    await fails(importLedger(db, set, { from: 'gander' }), { code: 'invalid-input', message: /no tool "gander"/ })
    await fails(importLedger(db, set, { from: 'goose=app.x' }), {
      code: 'invalid-input',
      message: 'there is no table "app"."x"',
    })
    await exec('create table other (id int)')
    await fails(importLedger(db, set, { from: 'goose=other' }), {
      code: 'invalid-input',
      message: 'the table "public"."other" has not the columns of a ledger of goose',
    })
    await exec(`${ddl}; ${idle}`)
    const { status, findings } = await importLedger(db, set)
    assert.deepEqual([status, codesOf(findings)], ['unchanged', [['imported-nothing', 'note']]])
    await fails(importLedger(db, set, { assume: 'all' }), {
      code: 'invalid-input',
      message: /^the option assume is not/,
    })
    await fails(importLedger(db, set, { acceptEdited: '1' }), { code: 'invalid-input' })
    await fails(importLedger(db, set, { wrong: 1 }), {
      code: 'invalid-input',
      message: 'there is no option wrong here',
    })
  })

  test('a version with a way back alone is counted and asked of nobody', async (t) => {
    const set = { '1_a.up.sql': 'create table a ()', '2_b.down.sql': 'drop table b', '3_c.up.sql': 'create table c ()' }
    const options = { table: 'ours' }
    for (const [counter, rows, pending] of [
      [3, ['1', '3'], []],
      [2, ['1', '2'], ['3']],
    ]) {
      const { db, query, exec } = await open(t)
      await exec('drop table if exists ours, schema_migrations, a, c')
      await exec(`${tools['golang-migrate'].ddl}; insert into schema_migrations values (${counter}, false)`)
      await exec(`create table a ()${counter === 3 ? '; create table c ()' : ''}`)
      await fails(importLedger(db, set, options), {
        code: 'plan-refused',
        message: `nothing was written: golang-migrate says ${counter}, and nothing of what lies below: nobody can tell from it whether 1 ran`,
      })
      await importLedger(db, set, { ...options, assume: { 1: 'applied' } })
      assert.deepEqual(versionsOf(await ledger(query, 'ours')), rows)
      assert.deepEqual(versionsOf((await migrate(db, set, options)).applied), pending)
      assert.equal((await migrate(db, set, options)).status, 'current')
    }
  })

  test('a counter proves nothing of what lies below: it is refused with the list, and goes on either way', async (t) => {
    const set = Object.fromEntries(
      ['102_a', '103_b', '104_c', '106_d', '107_e'].map((name) => [
        `${name}.up.sql`,
        `create table ${name.slice(4)} ();\n`,
      ]),
    )
    const options = { table: 'ours' }
    const start = async () => {
      const database = await open(t)
      await database.exec('drop table if exists ours, schema_migrations, a, b, c, d, e')
      await database.exec(`${tools['golang-migrate'].ddl}; insert into schema_migrations values (106, false)`)
      await database.exec('create table a (); create table c (); create table d ()')
      return database
    }
    let { db, query } = await start()
    const error = await fails(importLedger(db, set, options), {
      code: 'plan-refused',
      message:
        'nothing was written: golang-migrate says 106, and nothing of what lies below: nobody can tell from it whether 102, 103 and 104 ran',
    })
    assert.ok(
      error.help.includes("assume: { all: 'applied' }") && error.help.includes("assume: { '102': 'pending' }"),
      error.help,
    )
    assert.deepEqual(
      error.options.map(({ values }) => values[0]),
      ['all=applied', '102=pending'],
    )
    // 103 was merged late, and golang-migrate has passed over it.
    const { findings } = await importLedger(db, set, { ...options, assume: { 103: 'pending' } })
    assert.deepEqual(codesOf(findings), [
      ['imported-unchecked', 'note'],
      ['assumed', 'note'],
    ])
    const rows = await ledger(query, 'ours')
    assert.deepEqual(
      rows.map(({ version, origin, steps_done: seen }) => [version, origin, seen]),
      [
        ['102', 'stamped', 0],
        ['104', 'stamped', 0],
        ['106', 'imported', null],
      ],
    )
    assert.equal(rows[0].checksum, sum('create table a ();\n'))
    const planned = await plan(db, set, options)
    assert.deepEqual(
      planned.findings.map(({ code, severity, message }) => [code, severity, message]),
      [['assumed', 'note', 'nobody has seen that these are applied, but somebody said so: 102 and 104']],
    )
    assert.deepEqual(versionsOf((await migrate(db, set, options)).applied), ['103', '107'])
    assert.deepEqual(codesOf((await plan(db, set, options)).findings), [['assumed', 'note']])
    // The way out that its help names.
    const [{ help, options: mentioned }] = planned.findings
    assert.ok(help.endsWith(`say so: stamp(db, migrations, ['102', '104'])`))
    await stamp(db, set, mentioned[0].values, options)
    assert.deepEqual((await plan(db, set, options)).findings, [])

    ;({ db, query } = await start())
    await importLedger(db, set, { ...options, assume: { all: 'applied' } })
    assert.deepEqual(versionsOf((await migrate(db, set, options)).applied), ['107'])
    for (const [assume, message] of [
      [{ 999: 'applied' }, 'there is no migration 999 in the set'],
      [{ 104: 'pending', '0104': 'applied' }, /^of \d+ it is said that it is applied, and that it is pending$/],
    ])
      await fails(importLedger(db, set, { ...options, assume }), { code: 'invalid-input', message })
  })

  test('what is not in question is not assumed', async (t) => {
    const { db, exec } = await open(t)
    const { ddl, rows, set } = tools.goose
    await exec(`${ddl}; ${rows}`)
    await fails(importLedger(db, set, { assume: { '00001': 'pending' } }), {
      code: 'invalid-input',
      message: 'goose says that 00001 is applied: there is nothing to assume',
    })
    await fails(importLedger(db, set, { assume: { '00003': 'applied' } }), {
      code: 'invalid-input',
      message: 'goose says nothing of 00003: it is pending',
    })
    await fails(importLedger(db, set, { acceptEdited: ['7'] }), {
      code: 'invalid-input',
      message: 'there is no migration 7 in the set',
    })
  })

  test('a counter below which there is nothing needs no word', async (t) => {
    const { db, exec } = await open(t)
    await exec(`${tools['golang-migrate'].ddl}; insert into schema_migrations values (-1, false)`)
    const options = { table: 'ours' }
    const set = { '1_a.up.sql': 'select 1;', '2_b.up.sql': 'select 2;' }
    assert.deepEqual(codesOf((await importLedger(db, set, options)).findings), [['imported-nothing', 'note']])
    await exec('update schema_migrations set version = 1')
    assert.deepEqual(versionsOf((await importLedger(db, set, options)).changes), ['1'])
  })

  test('its table has the name that ours was to have: it stays, and ours is told to be elsewhere', async (t) => {
    const { db, query, exec } = await open(t)
    const { ddl, rows, set, options } = tools.rails
    await exec(`${ddl}; ${rows}; ${effects}`)
    const error = await fails(importLedger(db, set, options), {
      code: 'foreign-ledger',
      message: 'the table "public"."schema_migrations" is the ledger of Rails, and stays as it is',
    })
    const [{ values }] = error.options
    await importLedger(db, set, { ...options, table: values[0] })
    assert.equal((await migrate(db, set, { ...options, table: values[0] })).applied.length, 1)
    assert.equal(await cents(query), 10000)
  })

  test("dbmate's table is ours where it has the name of ours, and taken over where it has not", async (t) => {
    const { db, query, exec } = await open(t)
    await exec(
      "create table schema_migrations (version varchar(128) primary key); insert into schema_migrations values ('001')",
    )
    const set = { '001_a.sql': '-- migrate:up\nselect 1;\n', '002_b.sql': '-- migrate:up\nselect 2;\n' }
    await fails(importLedger(db, set), { code: 'invalid-input' })
    assert.deepEqual(versionsOf((await importLedger(db, set, { table: 'ours' })).changes), ['001'])
    assert.deepEqual(versionsOf((await migrate(db, set, { table: 'ours' })).applied), ['002'])
    assert.deepEqual(await query('select * from schema_migrations'), [{ version: '001' }])
  })

  test('a row without a file is taken over without a checksum, and is no reason to run anything', async (t) => {
    const { db, query, exec } = await open(t)
    const { ddl, set } = tools.goose
    await exec(
      `${ddl}; insert into goose_db_version (version_id, is_applied) values (0, true), (1, true), (2, true), (20, true); ${effects}`,
    )
    const mixed = { ...set, '00002_cents.go': 'package migrations\n' }
    delete mixed['00002_cents.sql']
    const { findings } = await importLedger(db, mixed)
    assert.deepEqual(codesOf(findings), [
      ['imported-unchecked', 'note'],
      ['imported-without-file', 'warning'],
    ])
    assert.match(findings[1].message, /^goose has applied 20, and this set has no file of that$/)
    const rows = await ledger(query)
    assert.deepEqual(
      rows.map(({ version, checksum, origin }) => [version, checksum !== null, origin]),
      [
        ['00001', true, 'imported'],
        ['00002', false, 'imported'],
        ['20', false, 'imported'],
      ],
    )
    const { applied } = await migrate(db, mixed)
    assert.deepEqual(versionsOf(applied), ['00003'])
    assert.equal((await ready(db, mixed)).status, 'ahead')
    // Its file comes back: nobody knows whether it is what ran.
    assert.deepEqual((await migrate(db, { ...mixed, '20_late.sql': '-- +goose Up\nselect 1;\n' })).applied, [])
    assert.equal((await ledger(query)).at(-1).checksum, null)
  })

  test('a set that was squashed: the rows of what a baseline replaces let it be adopted', async (t) => {
    const { db, query, exec } = await open(t)
    const { ddl, rows, set } = tools.goose
    await exec(`${ddl}; ${rows}; ${effects}`)
    const replaces = ['00001', '00002'].map((version, index) => ({
      version,
      checksum: sum(Object.values(set)[index]),
    }))
    const squashed = {
      '00003_baseline.sql': '-- +goose Up\ncreate table accounts (id int primary key, cents bigint not null);\n',
      '.counterfoil/00003_baseline.json': JSON.stringify({ replaces }),
      '00004_note.sql': `-- +goose Up\n${bodies[2]}\n`,
    }
    assert.deepEqual(codesOf((await importLedger(db, squashed)).findings), [])
    const { adopted, applied } = await migrate(db, squashed)
    assert.deepEqual([versionsOf(adopted), versionsOf(applied)], [['00003'], ['00004']])
    assert.equal(await cents(query), 10000)
  })

  test('Flyway: what was taken for a baseline is asked for, the last rank counts, and what repeats runs again', async (t) => {
    const { db, query, exec } = await open(t)
    const view = 'create or replace view totals as select sum(cents) as cents from accounts;\n'
    const set = {
      ...tools.flyway.set,
      'R__totals.sql': view,
      'R__other_view.sql': 'create or replace view others as select 2 as x;\n',
    }
    const row = (rank, version, type, script, sum, ok = true) =>
      `(${rank}, ${version}, '${script.replace(/^R__|\.sql$/g, '').replaceAll('_', ' ')}', '${type}', '${script}', ${sum}, 'me', '2026-01-01 09:00:00', 3, ${ok})`
    await exec(
      `${tools.flyway.ddl}; insert into flyway_schema_history values ${[
        row(1, "'1.0'", 'BASELINE', '<< Flyway Baseline >>', 'null'),
        row(2, "'1.1'", 'SQL', 'V1.1__cents.sql', flyway(set['V1.1__cents.sql'])),
        row(3, "'2'", 'SQL', 'V2__note.sql', flyway(set['V2__note.sql'])),
        row(4, "'2'", 'UNDO_SQL', 'U2__note.sql', 1),
        row(5, 'null', 'SQL', 'R__totals.sql', 12345),
        row(6, 'null', 'SQL', 'R__totals.sql', flyway(view.replaceAll('\n', '\r\n'))),
        row(7, 'null', 'SQL', 'R__other_view.sql', flyway('create or replace view others as select 1 as x;')),
        row(8, "'9'", 'DELETE', 'V9__gone.sql', 'null'),
      ].join(', ')}; ${effects}; ${view} create view others as select 1 as x`,
    )
    await fails(importLedger(db, set), {
      code: 'plan-refused',
      message: /Flyway says 1\.0, and nothing of what lies below: nobody can tell from it whether 1 ran$/,
    })
    const { changes, findings } = await importLedger(db, set, { assume: { all: 'applied' } })
    assert.deepEqual(versionsOf(changes).sort(), ['1', '1.1', 'R__totals'])
    assert.deepEqual(codesOf(findings), [
      ['imported-changed', 'note'],
      ['assumed', 'note'],
    ])
    assert.deepEqual(versionsOf((await migrate(db, set)).applied), ['2', 'R__other_view'])
    assert.deepEqual(await query('select x from others'), [{ x: 2 }])
    assert.equal(await cents(query), 10000)
  })

  test('Atlas: its hash goes on from file to file, and the file that was edited is told from those behind it', async (t) => {
    const { db, query, exec } = await open(t)
    const { ddl, set, options } = tools.atlas
    const names = Object.keys(set)
    const late = { '20240101120000_late.sql': 'create table late ();\n' }
    const revision = (name, at, hash, type = 2) =>
      `('${name.slice(0, 14)}', '', ${type}, 1, 1, '2026-01-0${at}T09:00:00Z', 1, null, null, '${hash}', null, '1.0')`
    const revisions = async (...rows) => {
      await exec('delete from atlas_schema_revisions.atlas_schema_revisions')
      await exec(`insert into atlas_schema_revisions.atlas_schema_revisions values ${rows}`)
    }
    const imported = async (files, more) =>
      (await importLedger(db, files, { ...options, dryRun: true, ...more })).changes.map(
        ({ message }) => /whose|is that of the file|counts as it is now|is accepted/.exec(message)?.[0],
      )
    const [one, two, three] = names.map((name) => atlas(set)[name])
    await exec(ddl)
    await revisions(revision(names[0], 1, one), revision(names[1], 2, `h1:${two}`), revision(names[2], 3, three))
    const [same, now] = ['is that of the file', 'counts as it is now']
    assert.deepEqual(await imported(set), [same, same, same])
    const ends = Object.fromEntries(names.map((name) => [name, set[name].replaceAll('\n', '\r\n')]))
    assert.deepEqual(await imported(ends), [same, same, same])
    // A file that was added below the others and has not run, and one that ran after them.
    assert.deepEqual(await imported({ ...set, ...late }), [same, same, same])
    const whole = { ...set, ...late }
    const ranLast = revision(Object.keys(late)[0], 4, atlas(whole)[Object.keys(late)[0]])
    await revisions(revision(names[0], 1, one), revision(names[1], 2, two), revision(names[2], 3, three), ranLast)
    assert.deepEqual(await imported(whole), [same, same, same, same])
    // The second was edited: of the third nobody can tell any more.
    const edited = { ...whole, [names[1]]: 'update accounts set cents = 0;\n' }
    const { message } = await fails(importLedger(db, edited, options), { code: 'plan-refused' })
    assert.ok(
      message.startsWith(`nothing was written: ${names[1]} is not what Atlas ran: its checksum was ${two}, and`),
      message,
    )
    assert.deepEqual(await imported(edited, { acceptEdited: [names[1].slice(0, 14)] }), [
      same,
      same,
      'is accepted',
      now,
    ])
    // Two of those that ran are gone: nobody can tell of any that differs.
    const { [names[0]]: gone, ...rest } = set
    assert.ok(gone)
    assert.deepEqual(await imported(rest), [undefined, undefined, now, now])
    // What `atlas migrate set` has declared needs no statement of its own, and up to a baseline nothing was run.
    const declared = `('${names[2].slice(0, 14)}', '', 4, 0, 0, now(), 0, null, null, '${three}', null, '1.0')`
    await revisions(revision(names[1], 2, '', 1), declared)
    await fails(importLedger(db, set, options), {
      code: 'plan-refused',
      message:
        /: Atlas says 20240102000000, and nothing of what lies below: nobody can tell from it whether 20240101000000 and 20240102000000 ran$/,
    })
    await importLedger(db, set, { ...options, assume: { all: 'applied' } })
    assert.deepEqual(
      (await ledger(query)).map(({ version, origin }) => [version.slice(6, 8), origin]),
      [
        ['01', 'stamped'],
        ['02', 'stamped'],
        ['03', 'imported'],
      ],
    )
  })

  test('Hasura: what it wrote at first lies in a table of golang-migrate’s form, with a row for each', async (t) => {
    const { db, query, exec } = await open(t)
    const { set, versions } = tools.hasura
    await exec(
      `create schema hdb_catalog; create table hdb_catalog.schema_migrations (version bigint not null primary key, dirty boolean not null); insert into hdb_catalog.schema_migrations values (${versions[0]}, false), (${versions[1]}, false); ${effects}`,
    )
    const from = 'golang-migrate=hdb_catalog.schema_migrations'
    assert.deepEqual(versionsOf((await importLedger(db, set, { from })).changes), versions.slice(0, 2))
    assert.deepEqual(versionsOf((await migrate(db, set)).applied), versions.slice(2))
    assert.equal(await cents(query), 10000)
  })

  test('Drizzle has passed over a file that was merged late: it is pending', async (t) => {
    const { db, query, exec } = await open(t)
    const entry = (idx, when, tag) => ({ idx, version: '7', when, tag, breakpoints: true })
    const set = {
      'meta/_journal.json': JSON.stringify({
        version: '7',
        dialect: 'postgresql',
        entries: [entry(0, 100, '0000_accounts'), entry(1, 150, '0001_late'), entry(2, 200, '0002_cents')],
      }),
      '0000_accounts.sql': bodies[0],
      '0001_late.sql': 'create table late ();',
      '0002_cents.sql': bodies[1],
    }
    await exec(
      `create schema drizzle; create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint); insert into drizzle.__drizzle_migrations (hash, created_at) values ('${sha256(bodies[0])}', 100), ('${sha256(bodies[1])}', 200); ${effects}`,
    )
    await importLedger(db, set)
    assert.deepEqual(versionsOf((await migrate(db, set)).applied), ['0001_late'])
    assert.equal(await cents(query), 10000)
    assert.deepEqual(await query('select applied_at from schema_migrations where origin = $$imported$$'), [
      { applied_at: null },
      { applied_at: null },
    ])
  })

  test('the time is the one that the tool has on record', async (t) => {
    const { db, query, exec } = await open(t)
    const at = "'2026-03-29 02:30:00.123456'"
    await exec(
      `${tools.goose.ddl}; insert into goose_db_version (version_id, is_applied, tstamp) values (1, true, ${at})`,
    )
    await importLedger(db, tools.goose.set)
    // As the database itself reads a time without a zone.
    assert.deepEqual(await query(`select applied_at = ${at}::timestamp::timestamptz as same from schema_migrations`), [
      { same: true },
    ])
    await exec('drop table goose_db_version, schema_migrations')
    await exec(`${tools.refinery.ddl}; ${tools.refinery.rows}`)
    await importLedger(db, tools.refinery.set, tools.refinery.options)
    assert.deepEqual(
      await query(
        "select applied_at = case version when '1' then timestamptz '2026-01-01 09:00Z' else '2026-01-02 09:00:00.123456Z' end as same from schema_migrations",
      ),
      [{ same: true }, { same: true }],
    )
    await exec('drop table refinery_schema_history, schema_migrations')
    await exec(`${tools.kysely.ddl}; insert into kysely_migration values ('20260101_accounts', 'yesterday')`)
    await importLedger(db, tools.kysely.set, tools.kysely.options)
    assert.deepEqual(await query('select applied_at from schema_migrations'), [{ applied_at: null }])
    await exec('drop table kysely_migration, schema_migrations')
    await exec(`${tools.sqlx.ddl}; ${tools.sqlx.rows}`)
    await importLedger(db, tools.sqlx.set, tools.sqlx.options)
    assert.deepEqual(await query('select duration_ms from schema_migrations order by version'), [
      { duration_ms: 1 },
      { duration_ms: null },
    ])
  })

  test('a tool that is still run is noticed by plan and ready, and what it did is taken over', async (t) => {
    const { db, query, exec } = await open(t)
    for (const [code, more, moved] of [
      ['goose', 'insert into goose_db_version (version_id, is_applied) values (9, true)', '9'],
      [
        'knex',
        "insert into knex_migrations (name, batch, migration_time) values ('20240109000000_x.js', 2, now())",
        '20240109000000_x.js',
      ],
      ['diesel', "insert into __diesel_schema_migrations values ('20240109000000')", '20240109000000'],
      [
        'prisma',
        "insert into _prisma_migrations values ('9', 'x', now(), '20240109000000_x', null, null, now(), 1)",
        '20240109000000_x',
      ],
    ]) {
      const { ddl, rows, set, table, name } = tools[code]
      const { options } = tools[code]
      await exec('drop table if exists schema_migrations')
      await exec(`${ddl}; ${rows}`)
      await importLedger(db, set, options)
      assert.deepEqual(codesOf((await plan(db, set, options)).findings), [])
      await exec(more)
      const [finding, ...others] = (await plan(db, set, options)).findings
      assert.deepEqual(others, [])
      assert.equal(finding.code, 'foreign-ledger-moved')
      assert.equal(finding.severity, 'warning')
      assert.equal(
        finding.message,
        `${name} has applied ${moved}, by its ledger ${table} that was taken over, and ours has no row of it`,
      )
      assert.ok(finding.help.endsWith('take over the rest: importLedger(db, migrations)'), finding.help)
      assert.match((await ready(db, set, options)).message, new RegExp(` foreign-ledger-moved=${code}$`))
      const { changes } = await importLedger(db, set, options)
      assert.equal(changes.length, 1)
      const after = await plan(db, set, options)
      assert.ok(!after.findings.some(({ code }) => code === 'foreign-ledger-moved'))
      await exec(`drop table ${table}`)
      assert.ok((await plan(db, set, options)).decisions.length > 0)
    }
    assert.ok(await query('select 1'))
  })

  test('a counter and a set of hashes that grow are noticed, too', async (t) => {
    const { db, exec } = await open(t)
    const counter = tools['golang-migrate']
    const options = { table: 'ours' }
    await exec(`${counter.ddl}; ${counter.rows}`)
    await importLedger(db, counter.set, { ...options, assume: { all: 'applied' } })
    const noticed = async (set, options) =>
      (await plan(db, set, options)).findings.filter(({ code }) => code === 'foreign-ledger-moved').length
    assert.equal(await noticed(counter.set, options), 0)
    await exec('update schema_migrations set version = 3')
    assert.equal(await noticed(counter.set, options), 1)
    await exec('drop table schema_migrations, ours')
    await exec(
      "create schema drizzle; create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint); insert into drizzle.__drizzle_migrations (hash, created_at) values ('a', 1)",
    )
    const entries = [{ idx: 0, version: '7', when: 1, tag: '0000_a', breakpoints: true }]
    const set = {
      'meta/_journal.json': JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
      '0000_a.sql': 'select 1;',
    }
    await importLedger(db, set, { acceptEdited: ['0000_a'] })
    assert.equal(await noticed(set), 0)
    await exec("insert into drizzle.__drizzle_migrations (hash, created_at) values ('b', 2)")
    assert.equal(await noticed(set), 1)
  })

  test('rows of Alembic and Django are no missing files, and are noticed when there are more', async (t) => {
    const { db, exec } = await open(t)
    const { ddl, rows, set, options } = tools.alembic
    await exec(`${ddl}; ${rows}; ${effects}`)
    const error = await fails(importLedger(db, set, options), {
      code: 'plan-refused',
      message: /no file in SQL stands for a migration of Alembic: .* whether 00001, 00002 and 00003 ran$/,
    })
    assert.deepEqual(
      error.options.map(({ values }) => values[0]),
      ['all=applied', '00001=pending'],
    )
    await importLedger(db, set, { ...options, assume: { all: 'pending' } })
    const planned = await plan(db, set, options)
    assert.deepEqual(codesOf(planned.findings), [])
    assert.deepEqual(planned.decisions.map(({ version, action, severity }) => [version, action, severity]).at(-1), [
      'ae1027a6acf',
      'skip',
      undefined,
    ])
    await exec("update alembic_version set version_num = 'b2'")
    assert.deepEqual(codesOf((await plan(db, set, options)).findings), [['foreign-ledger-moved', 'warning']])
  })

  test('a ledger that changes between the reading and the writing is not taken over', async (t) => {
    const { db, query, exec } = await open(t)
    const { ddl, rows, set } = tools.goose
    await exec(`${ddl}; ${rows}; ${effects}`)
    // However the driver sends the transaction: by `query`, or on PGlite by `exec`.
    const ways = ['query', 'exec', 'execProtocolRaw'].filter((name) => name in db)
    const was = Object.fromEntries(ways.map((name) => [name, db[name]]))
    let came = false
    for (const name of ways)
      db[name] = async (message, ...more) => {
        const text = message instanceof Uint8Array ? new TextDecoder().decode(message) : (message.text ?? message)
        if (!came && /lock table/.test(text)) {
          came = true
          Object.assign(db, was)
          const between = 'delete from goose_db_version where version_id = 2'
          // Inside of a message PGlite waits for its end before it takes another by `exec`.
          if (name === 'execProtocolRaw') await db[name](simpleQuery(between), ...more)
          else await exec(between)
        }
        return was[name].call(db, message, ...more)
      }
    t.after(() => Object.assign(db, was))
    await fails(importLedger(db, set), {
      code: 'plan-changed',
      message: 'the ledger has changed since it was read; nothing was written',
    })
    assert.ok(came)
    assert.deepEqual(await query("select 1 from pg_tables where tablename = 'schema_migrations'"), [])
    assert.deepEqual(versionsOf((await importLedger(db, set)).changes), ['00001'])
  })

  if (kind === 'PostgreSQL')
    test('somebody who writes to the other ledger at that moment is waited for', async (t) => {
      const { db, exec, session } = await open(t)
      const { ddl, rows, set } = tools.goose
      await exec(`${ddl}; ${rows}; ${effects}`)
      const other = await session()
      await other.query('begin; insert into goose_db_version (version_id, is_applied) values (3, true)')
      await fails(importLedger(db, set, { lockTimeout: 50, waitTimeout: 300 }), { code: 'wait-timeout' })
      const importing = importLedger(db, set, { lockTimeout: 100 })
      setTimeout(() => other.query('commit'), 300)
      // It was read without the row that has come since.
      const result = await importing.catch((error) => error)
      assert.ok(result.code === 'plan-changed' || result.changes.length === 3, JSON.stringify(result))
      assert.equal((await importLedger(db, set)).status, result.code ? 'changed' : 'unchanged')
    })

  test('a role that may not read all of it, or not keep it from changing, is told which right it lacks', async (t) => {
    const { db, query, exec } = await open(t)
    const { ddl, rows, set } = tools.goose
    await exec(`${ddl}; ${rows}; ${effects}; create role "Guest's"; grant all on schema public to "Guest's"`)
    const asGuest = async (work) => {
      await exec(`set role "Guest's"`)
      try {
        return await work()
      } finally {
        await exec('reset role')
      }
    }
    try {
      const unread = await asGuest(() => fails(importLedger(db, set), { code: 'foreign-ledger' }))
      assert.match(unread.message, /the ledger of goose, and this role may not read all of it$/)
      await exec(`grant select on goose_db_version to "Guest's"`)
      const error = await asGuest(() =>
        fails(importLedger(db, set), {
          code: 'database-failed',
          message: `the role "Guest's" may not lock "public"."goose_db_version", so that nobody writes to it while it is taken over`,
        }),
      )
      await exec('alter table goose_db_version enable row level security')
      await asGuest(() =>
        fails(importLedger(db, set, { from: 'goose=goose_db_version' }), {
          code: 'database-failed',
          message: `row security may keep rows of "public"."goose_db_version" from the role "Guest's"`,
        }),
      )
      await exec('alter table goose_db_version disable row level security')
      const [, grant] = /let its owner say: (.*?);/.exec(error.help)
      await exec(grant)
      assert.equal((await asGuest(() => importLedger(db, set))).changes.length, 2)
      assert.deepEqual(await query('select count(*)::int as n from schema_migrations'), [{ n: 2 }])
    } finally {
      await exec(`drop owned by "Guest's" cascade; drop role "Guest's"`)
    }
  })

  test('what was taken over can be taken back', async (t) => {
    const { db, exec, query } = await open(t)
    const { ddl, rows, set } = tools.goose
    const both = {
      ...set,
      '00002_cents.sql': `${set['00002_cents.sql']}-- +goose Down\nupdate accounts set cents = cents / 100;\n`,
    }
    await exec(`${ddl}; ${rows}; ${effects}`)
    await importLedger(db, both)
    assert.deepEqual(versionsOf((await rollback(db, both)).reverted), ['00002'])
    assert.equal(await cents(query), 100)
    // To take it over again would say of it that it is there.
    const [finding] = (await plan(db, both)).findings
    assert.equal(finding.code, 'foreign-ledger-moved')
    const [, tool] = /^if it was taken back here, .*: existing: \{ ignore: \['(\w+)'\] \}; if not, /.exec(finding.help)
    const existing = { ignore: [tool] }
    assert.deepEqual((await plan(db, both, { existing })).findings, [])
    assert.doesNotMatch((await ready(db, both, { existing })).message, /moved/)
    assert.ok(versionsOf((await migrate(db, both)).applied).includes('00002'))
    assert.equal(await cents(query), 10000)
    assert.deepEqual((await plan(db, both)).findings, [])
  })
})
