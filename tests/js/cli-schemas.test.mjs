// Schemas on the command line: by an option, by the configuration, and by the address, as psql and dbmate read it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { resolveBinary } from 'dbmate'
import { environment, migration, project } from './support/cli.mjs'
import { startPostgres } from './support/postgres.mjs'

const files = { 'db/migrations/001_guests.sql': migration('create table guests (id int);', 'drop table guests;') }
const more = { 'db/migrations/002_rooms.sql': migration('create table rooms (id int);', 'drop table rooms;') }

let server
before(async () => (server = await startPostgres()))
after(() => server.stop())

/** A project and a database of its own. */
async function place(t, own = files) {
  const database = await server.createDatabase()
  const db = await server.connect(database)
  t.after(() => db.end())
  const tables = async () =>
    (
      await db.query(
        "select schemaname || '/' || tablename as it from pg_tables where schemaname !~ '^(pg_|information)' order by 1",
      )
    ).rows.map(({ it }) => it)
  const it = project(t, own)
  const url = server.url(database)
  const dbmate = (address) => {
    const all = ['--url', address, '--no-dump-schema', 'up']
    const done = spawnSync(resolveBinary(), all, { cwd: it.folder, env: environment(), encoding: 'utf8' })
    assert.equal(done.status, 0, done.stderr)
    return done.stdout
  }
  const right = async (args) => {
    const done = await it.run(args)
    assert.equal(done.status, 0, done.stdout + done.stderr)
    return done
  }
  const wrong = async (args, status) => {
    const done = await it.run([...args, '--format', 'json'])
    assert.equal(done.status, status, done.stdout + done.stderr)
    return JSON.parse(done.stdout).error
  }
  return { ...it, db, database, tables, url, dbmate, right, wrong }
}

describe('the address', () => {
  test("dbmate's search_path leads to the same ledger and tables, whoever comes first", async (t) => {
    const { db, dbmate, right, tables, url, write } = await place(t)
    await db.query('create schema base; create schema analytics')
    const address = `${url}?sslmode=disable&search_path=base,analytics`
    dbmate(address)
    assert.deepEqual(await tables(), ['base/guests', 'base/schema_migrations'])
    // Its row has no checksum yet.
    const { stdout, stderr } = await right(['up', '--url', address])
    assert.match(stdout, /^migrated: the ledger was completed, 1 there before/)
    assert.match(stderr, /\(in base, analytics\)/)
    write(more)
    await right(['up', '--url', address])
    const all = ['base/guests', 'base/rooms', 'base/schema_migrations']
    assert.deepEqual(await tables(), all)
    dbmate(address)
    assert.deepEqual(await tables(), all)
    await right(['status', '--url', address])
    await right(['ready', '--url', address])
    await right(['down', '--yes', '--url', address])
    assert.deepEqual(await tables(), ['base/guests', 'base/schema_migrations'])
  })

  /** Lists of schemas, and parts of them that a tool may take for something else. */
  const lists = [
    'tenant',
    'Tenant',
    '"Tenant"',
    ' tenant , "Tenant"',
    '"Tenant",TENANT',
    '"a,b" ,tenant',
    '"a""b"',
    'x"y,tenant',
    "it's",
    'ÄRGER',
    '\ttenant\n',
  ]
  test('a list is read as PostgreSQL reads it', async (t) => {
    const seen = {
      'db/migrations/001_seen.sql': migration('create table seen as select current_schemas(false) as it;'),
    }
    for (const list of lists) {
      const { db, database, right, url } = await place(t, seen)
      for (const name of ['tenant', 'Tenant', 'a,b', 'a"b', 'x"y', "it's", 'Ärger', 'ÄRGER', 'Ärger'])
        await db.query(`create schema if not exists "${name.replaceAll('"', '""')}"`)
      const { stdout, stderr } = spawnSync(
        'psql',
        ['-X', '-A', '-t', '-c', 'select current_schema(), to_json(current_schemas(false))', server.url(database)],
        { env: environment({ PGOPTIONS: `-c search_path=${list.replace(/[\\\s]/g, '\\$&')}` }), encoding: 'utf8' },
      )
      assert.equal(stderr, '')
      const [, first, all] = stdout.trim().match(/^(.*)\|(\[.*\])$/)
      await right(['up', '--url', `${url}?search_path=${encodeURIComponent(list)}`])
      const { rows } = await db.query(`select it::text[] from "${first.replaceAll('"', '""')}".seen`)
      assert.deepEqual(rows, [{ it: JSON.parse(all) }], list)
      const ledgers = await db.query("select schemaname as it from pg_tables where tablename = 'schema_migrations'")
      assert.deepEqual(ledgers.rows, [{ it: first }], list)
    }
  })

  test('what PostgreSQL does not read, or names none, is refused', async (t) => {
    const { run, tables, url, wrong, db } = await place(t)
    for (const list of ['a,', ',a', 'a,,b', 'a b', '"a', '"a"b', 'a,"b" c']) {
      // The server does not either.
      await assert.rejects(db.query(`select set_config('search_path', $1, false)`, [list]), /invalid value/, list)
      const error = await wrong(['up', '--url', `${url}?search_path=${encodeURIComponent(list)}`], 2)
      assert.equal(error.message, 'the search_path of the address is no list of schemas', list)
    }
    const both = await wrong(['up', '--url', `${url}?search_path=a&schema=b`], 2)
    assert.equal(both.message, 'the address has both a schema and a search_path')
    for (const [list, name] of [
      ['tenant,pg_catalog', 'pg_catalog'],
      ['%22%22', ''],
      ['a%00', 'a\0'],
      ['%22%24user%22,public', '$user'],
    ]) {
      const { stdout } = await run(['up', '--url', `${url}?search_path=${list}`, '--format', 'json'])
      const { error } = JSON.parse(stdout)
      assert.deepEqual(
        [error.code, error.message, error.help],
        [
          'invalid-input',
          `the schema "${name}" cannot be that of a set`,
          "name another one with --schema: of 1 to 63 bytes, and not PostgreSQL's own",
        ],
      )
    }
    assert.deepEqual(await tables(), [])
  })

  test("Prisma's schema is one name as it is written", async (t) => {
    const { right, tables, url } = await place(t)
    await right(['up', '--url', `${url}?schema=My,Tenant`])
    assert.deepEqual(await tables(), ['My,Tenant/guests', 'My,Tenant/schema_migrations'])
    await right(['up', '--url', `${url}?schema=public`])
    await right(['up', '--url', url])
    assert.deepEqual((await tables()).slice(2), ['public/guests', 'public/schema_migrations'])
  })

  test("a path in libpq's options stays what the session begins with, and moves no ledger", async (t) => {
    const { db, right, tables, url } = await place(t)
    await db.query('create schema tenant')
    await right(['up', '--url', `${url}?options=-c%20search_path%3Dtenant`])
    assert.deepEqual(await tables(), ['public/schema_migrations', 'tenant/guests'])
  })
})

describe('a ledger that an address used to pass over', () => {
  test('is found, nothing is run, and both ways on lead to where they say', async (t) => {
    const { right, run, tables, url, wrong } = await place(t)
    await right(['up', '--url', url])
    const before = ['public/guests', 'public/schema_migrations']
    const address = `${url}?search_path=tenant,shared`
    const expected = {
      code: 'ledger-elsewhere',
      message:
        'the address leads to the schema "tenant", where there is no ledger, and migrations of this set are recorded in "public"."schema_migrations"',
      help: 'nothing was run; to go on there, take the schema out of the address, or say --schema public; if they are to run once more, in the schema of the address, say --schema tenant --schema shared',
    }
    for (const args of [['up'], ['plan'], ['status'], ['ready'], ['down', '--yes']])
      assert.deepEqual(await wrong([...args, '--url', address], 1), expected, args[0])
    assert.deepEqual(await tables(), before)

    await right(['status', '--url', url])
    await right(['status', '--url', address, '--schema', 'public'])
    const { status, stderr } = await run(['up', '--url', address, '--schema', 'tenant', '--schema', 'shared'])
    assert.equal(status, 0, stderr)
    assert.deepEqual(await tables(), [...before, 'tenant/guests', 'tenant/schema_migrations'])
    // There it is now.
    await right(['status', '--url', address])
  })

  test("is looked for where the session's own path leads, too", async (t) => {
    const { database, db, right, url, wrong } = await place(t)
    await db.query(`create schema app; alter database ${database} set search_path = app`)
    await right(['up', '--url', url, '--table', 'app.schema_migrations'])
    const { code, message } = await wrong(['up', '--url', `${url}?schema=tenant`], 1)
    assert.equal(code, 'ledger-elsewhere')
    assert.match(message, /recorded in "app"."schema_migrations"$/)
  })

  test('is of no concern if it is another set’s, or the schema was said otherwise', async (t) => {
    const { db, right, url, write, tables } = await place(t)
    await db.query('create schema tenant')
    await right(['up', '--url', url])
    // The same version, and another file.
    write({ 'db/migrations/001_guests.sql': migration('create table visitors (id int);') })
    await right(['up', '--url', `${url}?search_path=tenant`])
    assert.deepEqual((await tables()).slice(2), ['tenant/schema_migrations', 'tenant/visitors'])
    write({ 'counterfoil.config.json': '{ "schema": "other" }', ...files })
    await right(['up', '--url', url])
    assert.deepEqual((await tables()).slice(0, 2), ['other/guests', 'other/schema_migrations'])
  })
})

describe('the option', () => {
  test('wins over the configuration, and that over the address', async (t) => {
    const { right, tables, url, write, wrong } = await place(t)
    write({ 'counterfoil.config.json': '{ "schema": ["configured", "public"] }' })
    const address = `${url}?search_path=addressed`
    await right(['up', '--url', address])
    assert.deepEqual(await tables(), ['configured/guests', 'configured/schema_migrations'])
    await right(['up', '--url', address, '--schema', 'Said, so'])
    assert.deepEqual(await tables(), [
      'Said, so/guests',
      'Said, so/schema_migrations',
      'configured/guests',
      'configured/schema_migrations',
    ])
    write({ 'counterfoil.config.json': '{ "schema": [7] }' })
    assert.equal((await wrong(['status', '--url', url], 2)).code, 'invalid-config')
  })

  test('works on a PGlite', async (t) => {
    const { right, run } = await place(t)
    await right(['up', '--url', 'pglite:./data', '--schema', 'tenant'])
    await right(['status', '--url', 'pglite:./data', '--schema', 'tenant'])
    assert.equal((await run(['status', '--url', 'pglite:./data'])).status, 1)
  })

  test('a reviewed plan is for one schema', async (t) => {
    const { right, tables, url, wrong } = await place(t)
    const plan = ['--plan', 'plan.json', '--url', url]
    await right(['plan', '--url', url, '--schema', 'tenant', '--schema', 'shared', '--out', 'plan.json'])
    const { code, message } = await wrong(['up', ...plan, '--schema', 'tenant'], 1)
    assert.equal(code, 'plan-changed')
    assert.match(message, /it is for the schema tenant, shared, and this is tenant$/)
    await right(['up', ...plan, '--schema', 'tenant', '--schema', 'shared'])
    assert.deepEqual(await tables(), ['tenant/guests', 'tenant/schema_migrations'])
  })
})
