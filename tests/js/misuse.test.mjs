// What is handed in by mistake: a set that holds nothing, something that is no set, something that is no database. Each is
// told what it is, and the help is followed to its end on real databases.
import assert from 'node:assert/strict'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { neon } from '@neondatabase/serverless'
import { PGlite } from '@electric-sql/pglite'
import { plan, readiness, readSet } from 'counterfoil'
import { embed } from 'counterfoil/embed'
import { readinessHandler } from 'counterfoil/health'
import * as overNeon from 'counterfoil/neon'
import { readMigrations } from 'counterfoil/node'
import * as overPg from 'counterfoil/pg'
import * as overPglite from 'counterfoil/pglite'
import * as overBun from 'counterfoil/bun'
import * as overPostgres from 'counterfoil/postgres'
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres'
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite'
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js'
import pg from 'pg'
import postgres from 'postgres'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'

const set = {
  '001_guests.sql': '-- migrate:up\ncreate table guests (id int);\n\n-- migrate:down\ndrop table guests;\n',
}
const allowed = 'a set that may have none is allowed with allowEmpty: true'

const base = mkdtempSync(join(tmpdir(), 'counterfoil-misuse-'))
after(() => rmSync(base, { recursive: true, force: true }))

/** The versions of what a run has applied. */
const versions = ({ applied }) => applied.map(({ version }) => version)

/** A folder of these files. */
function folder(name, files = {}) {
  mkdirSync(join(base, name), { recursive: true })
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, name, path)), { recursive: true })
    writeFileSync(join(base, name, path), text)
  }
  return join(base, name)
}

/** Sets without a migration: what is said of each, and what to do. */
const wrongFolder = 'see that the folder is the right one'
const noFile = `${wrongFolder}: migrations are files that end in .sql`
const inCode = 'write them in SQL, or run them with their own tool'
const empty = {
  'an object without a key': [
    {},
    'the set is empty',
    'see that the folder is the right one, or that the pattern of the glob matches its files',
  ],
  'an array without an element': [
    [],
    'the set is empty',
    'see that the folder is the right one, or that the pattern of the glob matches its files',
  ],
  'an empty manifest': [
    embed({}),
    'the manifest is empty',
    'see that it was made of the right folder, and run `counterfoil embed` again',
  ],
  'a text that is no SQL': [{ 'notes.md': '# notes' }, 'notes.md is no migration', noFile],
  'a migration in code': [
    { '20260101_guests.ts': 'export {}' },
    '20260101_guests.ts is written in code, and only SQL files are run',
    inCode,
  ],
  'a journal without an entry': [
    { 'meta/_journal.json': '{ "version": "7", "dialect": "postgresql", "entries": [] }' },
    'meta/_journal.json lists none',
    'write the first one with `drizzle-kit generate`, and take its folder as a whole',
  ],
}

onEachDatabase(({ api, open }) => {
  test('an empty set is an error of all that takes a database, unless it is allowed', async (t) => {
    const { db, query } = await open(t)
    for (const [name, [given, seen, help]] of Object.entries(empty))
      for (const call of ['migrate', 'rollback', 'plan', 'ready']) {
        const error = await fails(() => api[call](db, given), { code: 'no-migrations', applied: [] })
        assert.equal(error.message, `there are no migrations: ${seen}`, `${call}: ${name}`)
        assert.equal(error.help, `${help}; ${allowed}`, `${call}: ${name}`)
      }
    for (const call of ['migrate', 'plan', 'ready', 'rollback'])
      await fails(() => api[call](db, {}, { allowEmpty: false }), { code: 'no-migrations' })
    assert.deepEqual(await query('select relname from pg_class where oid >= 16384'), [], 'nothing was made')

    const it = { allowEmpty: true }
    assert.equal((await api.migrate(db, {}, it)).status, 'current')
    assert.deepEqual((await api.plan(db, {}, it)).decisions, [])
    assert.equal((await api.ready(db, {}, it)).status, 'ready')
    await fails(() => api.rollback(db, {}, it), { code: 'nothing-to-roll-back' })
    await fails(() => api.migrate(db, set, { allowEmpty: 'yes' }), {
      code: 'invalid-input',
      message: 'the option allowEmpty is not true or false',
    })
  })

  test('what was applied by a set is no reason to let an empty one pass', async (t) => {
    const { db } = await open(t)
    await api.migrate(db, set)
    for (const call of ['migrate', 'ready']) await fails(() => api[call](db, {}), { code: 'no-migrations' })
    assert.equal((await api.ready(db, set)).status, 'ready')
  })

  test("what Flyway would undo and refinery would run is run as refinery's where nothing else is there", async (t) => {
    const { db, query } = await open(t)
    const set = { 'U0007__guests.sql': 'create table guests ();' }
    const refused = await fails(() => api.migrate(db, set, { convention: 'flyway' }), {
      code: 'no-migrations',
      message: 'there are no migrations: as flyway this set has none, and as refinery it has 1',
    })
    assert.match(refused.help, /^say convention: 'refinery', or leave it out/)
    assert.deepEqual(versions(await api.migrate(db, set, { convention: 'refinery' })), ['0007'])
    assert.deepEqual(versions(await api.migrate(db, set)), [])
    assert.deepEqual(await query('select * from guests'), [])
  })

  test('a way back beside nothing that it undoes is run by nobody who does not say so', async (t) => {
    const { db, query } = await open(t)
    const set = { 'V1__guests.sql': 'create table guests ();', 'U2__guests.sql': 'drop table guests;' }
    const { help } = await fails(() => api.migrate(db, set), { code: 'convention-unclear' })
    assert.equal(help, "say which one it is: convention: 'flyway' | 'refinery'")
    assert.deepEqual(versions(await api.migrate(db, set, { convention: 'flyway' })), ['1'])
    assert.deepEqual(await query('select * from guests'), [])
  })

  test('a convention that passes over all files is named, with the one that does not', async (t) => {
    const { db } = await open(t)
    const plain = { '001_guests.sql': 'create table guests ();' }
    await fails(() => api.migrate(db, plain, { convention: 'flyway' }), {
      code: 'no-migrations',
      message: 'there are no migrations: as flyway this set has none, and as plain it has 1',
      help: `say convention: 'plain', or leave it out; ${allowed}`,
    })
    assert.deepEqual(versions(await api.migrate(db, plain, { convention: 'plain' })), ['001'])
    assert.deepEqual(versions(await api.migrate(db, plain)), [])
  })
})

describe('sets', () => {
  let db
  before(async () => (db = await freshPGlite()))
  after(() => db.close())

  test('what needs no database takes an empty set', async () => {
    assert.deepEqual(plan({}).decisions, [])
    assert.equal(readiness({}).status, 'ready')
    assert.deepEqual(readSet({}).migrations, [])
    assert.equal(embed({}).count, 0)
    assert.deepEqual({ ...(await readMigrations(folder('nothing'))) }, {})
  })

  test('a folder is named, with what is in it', async () => {
    const dirs = {
      [folder('empty')]: ['', `${wrongFolder}, or write its first migration with \`counterfoil new <name>\``],
      [folder('code', { '1750000000000-Guests.ts': '', 'data-source.ts': '' })]: [
        ': 1750000000000-Guests.ts is written in code, and only SQL files are run',
        inCode,
      ],
      [folder('many', { '1_a.cs': '', '2_b.cs': '', '3_c.cs': '', '4_d.cs': '', '5_e.cs': '' })]: [
        ': 1_a.cs, 2_b.cs, 3_c.cs (and 2 more) are written in code, and only SQL files are run',
        inCode,
      ],
      [folder('other', { 'package.json': '{}', 'src/index.ts': '' })]: [
        ': package.json, src/index.ts are no migrations',
        noFile,
      ],
    }
    for (const [path, [seen, help]] of Object.entries(dirs)) {
      const given = await readMigrations(path)
      assert.deepEqual(
        Object.keys(given).filter((file) => file.endsWith('.sql')),
        [],
      )
      await fails(() => overPglite.migrate(db, given), {
        code: 'no-migrations',
        message: `there are no migrations in ${path}${seen}`,
        help: `${help}; ${allowed}`,
      })
      const here = relative('', path)
      await fails(async () => overPglite.ready(db, await readMigrations(here)), {
        message: `there are no migrations in ${here}${seen}`,
      })
    }
  })

  const text = set['001_guests.sql']
  const wait = 'wait for it: put `await` before what makes it, as in `await readMigrations(folder)`'
  const read = 'read the folder first, with `await readMigrations(folder)` of counterfoil/node, or `import.meta.glob`'
  const strip = "leave the query out of every path: `path.replace(/[?#].*$/, '')`"
  const wrong = () => [
    [readMigrations(folder('good', set)), 'migrations is a promise', wait],
    [{ then: () => {} }, 'migrations is a promise', wait],
    [pathToFileURL(folder('good')), 'migrations is a URL', read],
    ['db/migrations', 'migrations is a string', read],
    [() => set, 'migrations is a function', 'pass what it returns; if that is a promise, wait for it'],
    [new Map(), 'migrations is a Map', 'pass an object of path to SQL text: `Object.fromEntries(map)`'],
    [new Set(), 'migrations is a Set', 'pass an object of path to SQL text, or an array of { path, sql }'],
    [new Blob(), 'migrations is a Blob', 'pass an object of path to SQL text, or an array of { path, sql }'],
    [{ default: embed(set) }, 'migrations is a module', 'pass its default export: `import migrations from …`'],
    [{ 'm/001_a.sql?raw': text }, 'm/001_a.sql?raw ends in a query, and not as a file does', strip],
    [{ 'm/001_a.sql?import&raw': text }, 'm/001_a.sql?import&raw ends in a query, and not as a file does', strip],
    [{ ...set, '002_b.sql#x': text }, '002_b.sql#x ends in a query, and not as a file does', strip],
    [
      [{ path: '001_a.sql?raw', sql: text }],
      'migrations[0].path, 001_a.sql?raw, ends in a query, and not as a file does',
      strip,
    ],
  ]

  test('what is no set is told what it is, with a database and without', async () => {
    for (const [given, message, help] of wrong()) {
      const error = { code: 'invalid-input', message, help }
      for (const call of [overPglite.migrate, overPglite.rollback, overPglite.plan, overPglite.ready]) {
        await fails(() => call(db, given), error)
        // Something that is no set is not an empty one.
        await fails(() => call(db, given, { allowEmpty: true }), error)
      }
      for (const call of [plan, readSet, embed]) await fails(() => call(given), error)
    }
  })

  test('the help leads to a set that is applied', async () => {
    const dir = folder('good', set)
    const keyed = { 'm/001_guests.sql?raw': text }
    const stripped = Object.fromEntries(Object.entries(keyed).map(([path, sql]) => [path.replace(/[?#].*$/, ''), sql]))
    const right = {
      waited: await readMigrations(dir),
      read: await readMigrations(pathToFileURL(dir)),
      stripped,
      map: Object.fromEntries(new Map(Object.entries(set))),
      exported: { default: embed(set) }.default,
    }
    for (const [name, given] of Object.entries(right)) {
      const fresh = await freshPGlite()
      assert.deepEqual(versions(await overPglite.migrate(fresh, given)), ['001'], name)
      await fresh.close()
    }
  })

  test('a boot of an empty set fails, and its database is closed', async () => {
    let made
    const make = async (options) => (made = await freshPGlite(options))
    for (const [given, code] of [
      [{}, 'no-migrations'],
      [readMigrations(folder('good', set)), 'invalid-input'],
    ]) {
      await fails(() => overPglite.boot(make, given), { code })
      assert.equal(made.closed, true)
    }
    const { db: booted, result } = await overPglite.boot(make, {}, { allowEmpty: true })
    assert.equal(result.status, 'current')
    await booted.close()
  })

  test('a health check of an empty set answers 503, and the log says why', async () => {
    const lines = []
    const health = readinessHandler((signal) => overPglite.ready(db, {}, { signal }), {
      log: (line, level) => lines.push([level, line]),
      timeout: 60_000,
    })
    const response = await health.fetch({ method: 'GET', url: 'http://localhost/health/ready' })
    assert.equal(response.status, 503)
    const { checkedAt, ...body } = await response.json()
    assert.deepEqual(body, { status: 'no-migrations', message: 'this release has no migrations' })
    assert.deepEqual(lines, [
      [
        'critical',
        `CRITICAL counterfoil: no-migrations: there are no migrations: the set is empty (see that the folder is the right one, or that the pattern of the glob matches its files; ${allowed})`,
      ],
    ])
  })
})

describe('databases', () => {
  const secret = 'Hunter2-marker'
  let server, url, lite
  before(async () => {
    server = await startPostgres()
    const admin = await server.connect()
    await admin.query(`create role app superuser login password '${secret}'`)
    await admin.end()
    url = `postgres://app:${secret}@127.0.0.1:${server.port}/${await server.createDatabase()}`
    lite = await freshPGlite()
  })
  after(async () => {
    await lite.close()
    await server.stop()
  })

  const apis = { pglite: overPglite, pg: overPg, postgres: overPostgres, bun: overBun, neon: overNeon }
  const taken = {
    pglite: 'counterfoil/pglite takes a PGlite or a PGliteWorker',
    pg: 'counterfoil/pg takes a Pool, or a Client that is connected, of node-postgres',
    postgres: 'counterfoil/postgres takes what `postgres()` of postgres.js returns',
    bun: "counterfoil/bun takes what `new SQL(address)` of Bun's gives, for PostgreSQL",
    neon: 'counterfoil/neon takes what `neon()` returns, or a Pool or a Client of @neondatabase/serverless',
  }
  const make = {
    pglite: '`await PGlite.create()`',
    pg: '`new pg.Pool({ connectionString })`',
    postgres: '`postgres(address)`',
    bun: '`new SQL(address)`',
    neon: '`neon(address)`',
  }

  /** Whatever is handed in, by every function of every entry it is refused in these words, with nothing of an address. */
  async function refused(db, what, help, entries = Object.keys(apis)) {
    for (const entry of entries)
      for (const call of ['migrate', 'plan', 'ready', 'rollback']) {
        const error = await fails(() => apis[entry][call](db, set), { code: 'invalid-input' })
        assert.equal(error.message, `the database is ${what}, and ${taken[entry]}`, `${entry}.${call}`)
        assert.equal(error.help, typeof help === 'string' ? help : help(entry), `${entry}.${call}: ${what}`)
        assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)} ${error.help}`, new RegExp(secret))
      }
  }

  test('what is no database', async () => {
    const pass = (entry) => `pass ${make[entry]}`
    await refused(undefined, 'undefined', pass)
    await refused(null, 'null', pass)
    await refused(7, 'a number', pass)
    await refused({}, 'an object', pass)
    await refused(url, 'a text', (entry) => `an address is not enough: pass ${make[entry]}`)
    await refused(new URL(url), 'a URL', (entry) => `an address is not enough: pass ${make[entry]}`)
    await refused({ connectionString: url }, 'an object of options', pass)
    await refused(pg, 'a module', pass)
    await refused(PGlite, 'the class PGlite', 'make one: `await PGlite.create()`')
    await refused(pg.Client, 'a class of node-postgres', 'make one: `new pg.Pool({ connectionString })`')
    await refused(neon, 'a function', (entry) => `pass what it makes, such as ${make[entry]}`)
    await refused(set, 'a set of migrations', 'the database comes first: `migrate(db, migrations)`')
  })

  test('a promise, and what it gives', async () => {
    const wait = 'wait for it: put `await` before what makes it'
    const making = freshPGlite()
    await refused(making, 'a promise', (entry) =>
      entry === 'pglite' ? `${wait}, as in \`await PGlite.create()\`` : wait,
    )
    const db = await making
    assert.deepEqual(versions(await overPglite.migrate(db, set)), ['001'])
    await db.close()
  })

  test('a database at the entry of another, and at its own', async (t) => {
    const pool = new pg.Pool({ connectionString: url })
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const sql = postgres(url, { max: 2, onnotice() {} })
    const http = neon('postgres://app:password@127.0.0.1/app')
    t.after(async () => {
      await Promise.all([pool.end(), client.end(), sql.end({ timeout: 1 })])
    })
    const from = (entry) => `import from counterfoil/${entry}, which takes it`
    await refused(pool, 'a Pool of node-postgres', from('pg'), ['pglite', 'postgres', 'bun'])
    await refused(client, 'a Client of node-postgres', from('pg'), ['pglite', 'postgres', 'bun'])
    await refused(sql, 'a sql of postgres.js', from('postgres'), ['pglite', 'pg', 'neon', 'bun'])
    await refused(http, 'a sql of neon()', from('neon'), ['pglite', 'pg', 'postgres', 'bun'])
    await refused(lite, 'a PGlite', from('pglite'), ['pg', 'postgres', 'neon', 'bun'])

    // What the help says.
    assert.deepEqual(versions(await overPg.migrate(pool, set)), ['001'])
    assert.equal((await overPg.ready(client, set)).status, 'ready')
    assert.equal((await overPostgres.ready(sql, set)).status, 'ready')
    assert.deepEqual(versions(await overPglite.migrate(lite, set)), ['001'])
  })

  test('Drizzle hands over what it wraps', async (t) => {
    const pool = new pg.Pool({ connectionString: url })
    const sql = postgres(url, { max: 2, onnotice() {} })
    t.after(() => Promise.all([pool.end(), sql.end({ timeout: 1 })]))
    const wrapped = { pglite: drizzlePglite(lite), pg: drizzlePg(pool), postgres: drizzlePostgres(sql) }
    for (const [entry, db] of Object.entries(wrapped)) {
      await refused(db, 'what drizzle() returns', 'pass what it wraps: `db.$client`', [entry])
      assert.match((await apis[entry].migrate(db.$client, set)).status, /^(migrated|current)$/)
    }
    await refused(wrapped.pg, 'what drizzle() returns', 'pass what it wraps: `db.$client`', ['neon'])
    await refused(
      wrapped.pg,
      'what drizzle() returns',
      'import from counterfoil/pg, and pass what it wraps: `db.$client`',
      ['pglite', 'postgres'],
    )
    await wrapped.pg.transaction(async (tx) =>
      refused(tx, 'what drizzle() returns', 'pass the client, pool or PGlite that it was made with', ['pg']),
    )
  })

  test('what throws when it is looked at is an error of the one class', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const throwing = (name) => Object.defineProperty({}, name, { enumerable: true, get: () => assert.fail('never') })
    const trap = new Proxy({}, { has: () => assert.fail('never'), ownKeys: () => assert.fail('never') })
    const db = await freshPGlite()
    for (const { migrate, plan, ready, rollback } of [overPglite, overPg, overPostgres, overBun, overNeon])
      for (const work of [migrate, plan, ready, rollback]) {
        for (const wrong of [proxy, throwing('query'), throwing('totalCount'), throwing('unsafe'), trap])
          await fails(work(wrong, set), { code: 'invalid-input' })
        for (const wrong of [proxy, throwing('table'), throwing('existing'), { existing: throwing('ignore') }, trap])
          await fails(work(db, set, wrong), { code: 'invalid-input' })
      }
    for (const work of [overPglite.migrate, overPglite.ready]) {
      for (const wrong of [proxy, throwing('001.sql'), trap]) await fails(work(db, wrong), { code: 'invalid-input' })
      const { help } = await fails(work(db, set, { signal: trap }), {
        code: 'invalid-input',
        message: 'what was handed in cannot be read: never',
      })
      assert.match(help, /no getter and no Proxy/)
    }
    assert.throws(() => plan(trap, []), { code: 'invalid-input' })
    // As the help says.
    assert.equal((await overPglite.migrate(db, set)).status, 'migrated')
    await db.close()
  })

  test('an option that is wrong is named before the database is looked at', async () => {
    await fails(() => overPg.migrate(url, set, { tabel: 'x' }), { message: 'there is no option tabel here' })
  })
})
