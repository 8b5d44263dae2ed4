// A transaction that the caller has open: nothing is written into it, and it is as good afterwards as before.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client as NeonClient, Pool as NeonPool, neonConfig } from '@neondatabase/serverless'
import * as overNeon from 'counterfoil/neon'
import * as pg from 'counterfoil/pg'
import * as pglite from 'counterfoil/pglite'
import * as overPostgres from 'counterfoil/postgres'
import nodePostgres from 'pg'
import postgres from 'postgres'
import { fails } from './support/errors.mjs'
import { manifestOf as manifest } from './support/manifest.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgresAndNeon } from './support/neon.mjs'

const one = {
  '001_notes.sql': '-- migrate:up\ncreate table notes (id int);\n-- migrate:down\ndrop table notes;\n',
}
const two = {
  ...one,
  '002_tags.sql': '-- migrate:up\ncreate table tags (id int);\n-- migrate:down\ndrop table tags;\n',
}
const open = {
  code: 'open-transaction',
  message: "this connection is in a transaction of the caller's",
  help: 'commit it or roll it back first, or hand in another connection: every migration has a transaction of its own; nothing was written',
  applied: [],
}
const failed = {
  code: 'open-transaction',
  message: "this connection is in a transaction of the caller's, which has failed",
  help: 'roll it back first, or hand in another connection: every migration has a transaction of its own; nothing was written',
}

/**
 * `session()` is a database object with one session, and how to speak in that session. `keeps`: the session is still
 * there after a statement has failed; a Pool of node-postgres ends it.
 */
function suite(name, { migrate, plan, ready, rollback }, session, keeps = true) {
  describe(name, () => {
    const on = (title, work) => test(title, async (t) => work(await session(t)))
    const tables = async (query) =>
      (await query(`select tablename as t from pg_tables where schemaname = 'public' order by 1`)).map(({ t }) => t)

    for (const [kind, made] of [
      ['files', (set) => set],
      ['a manifest', manifest],
    ]) {
      on(`with ${kind} and no ledger it is refused, and the caller can commit`, async ({ db, query }) => {
        await query('begin')
        await query('create table mine (id int)')
        await fails(migrate(db, await made(two)), open)
        await query('insert into mine values (1)')
        await query('commit')
        assert.deepEqual(await query('select id from mine'), [{ id: 1 }])
        assert.deepEqual(await tables(query), ['mine'])
        // As the help says.
        assert.equal((await migrate(db, await made(two))).applied.length, 2)
      })

      on(`with ${kind} and something pending it is refused, and the caller can commit`, async ({ db, query }) => {
        await migrate(db, await made(one))
        await query('begin')
        await query('create table mine ()')
        await fails(migrate(db, await made(two)), open)
        await fails(rollback(db, await made(one)), open)
        await query('commit')
        assert.deepEqual(await tables(query), ['mine', 'notes', 'schema_migrations'])
        assert.deepEqual(await query('select version from schema_migrations'), [{ version: '001' }])
      })

      on(`with ${kind} and nothing pending it is refused too`, async ({ db, query }) => {
        await migrate(db, await made(one))
        await query('begin')
        await query('delete from schema_migrations')
        await query('rollback')
        await query('begin')
        await fails(migrate(db, await made(one)), open)
        await query('commit')
        assert.equal((await migrate(db, await made(one))).status, 'current')
      })

      on(`with ${kind} who only reads may do so in it, and harms nothing`, async ({ db, query }) => {
        await query('begin')
        await query('create table mine ()')
        assert.equal((await plan(db, await made(two))).decisions.length, 2)
        assert.equal((await ready(db, await made(two))).status, 'behind')
        await query('commit')
        assert.deepEqual(await tables(query), ['mine'])
      })

      if (!keeps) continue
      on(`with ${kind} one that has failed is told of, and left`, async ({ db, query }) => {
        await migrate(db, await made(one))
        await query('begin')
        await assert.rejects(query('select 1 / 0'), /division by zero/)
        for (const work of [migrate, plan, ready, rollback]) await fails(work(db, await made(two)), failed)
        await assert.rejects(query('select 1'), { code: '25P02' })
        await query('rollback')
        assert.equal((await migrate(db, await made(two))).applied.length, 1)
      })
    }

    for (const [what, columns] of Object.entries({
      'of other columns': 'replaced_by text, name text',
      'of other types': `version varchar, checksum text, state mood default 'fine', replaced_by text`,
      'that is a number': 'version bigint, checksum text, state text, replaced_by text',
    }))
      on(`a table of the ledger's name ${what} does not end it`, async ({ db, query }) => {
        await query(`create type mood as enum ('fine')`)
        await query(`create table schema_migrations (${columns})`)
        await query(`insert into schema_migrations default values`)
        await query('begin; create table mine ()')
        await fails(migrate(db, await manifest(two)), open)
        await query('commit')
        assert.deepEqual(await tables(query), ['mine', 'schema_migrations'])
      })

    on("a view of the ledger's name, and row security that nobody may pass by, do not end it", async (given) => {
      const { db, query, role } = given
      const columns = 'version text, checksum text, state text, replaced_by text'
      await query(`create table rows (${columns})`)
      await query('create view schema_migrations as select *, 1 / 0 as wrong from rows')
      await query('begin')
      await fails(migrate(db, await manifest(two)), open)
      await query('commit; drop view schema_migrations; alter table rows rename to schema_migrations')
      await query(`alter table schema_migrations enable row level security; create role ${role}`)
      await query(`grant select on schema_migrations to ${role}`)
      await query(`begin; set local role ${role}; set local row_security = off`)
      await fails(migrate(db, await manifest(two)), open)
      await query('select 1')
      await query('commit')
    })

    on('who may not compute a digest reads the ledger instead', async ({ db, query, role }) => {
      await migrate(db, one)
      await query(`create role ${role}; grant select on schema_migrations to ${role}`)
      await query('revoke execute on function sha256(bytea) from public; begin')
      await query(`set local role ${role}`)
      await fails(migrate(db, await manifest(one)), open)
      await query('commit')
      // Of a function that is called by name PostgreSQL asks before it runs anything.
      await query('revoke execute on function query_to_xml(text, boolean, boolean, text) from public')
      await query(`set role ${role}`)
      assert.equal((await ready(db, await manifest(one))).status, 'ready')
      assert.equal((await migrate(db, await manifest(one))).status, 'current')
      await query('reset role')
    })

    on('a ledger of an older shape, or one that may not be read, does not end it', async ({ db, query, role }) => {
      await query('create table schema_migrations (version varchar(128) primary key)')
      await query('begin')
      await fails(migrate(db, two), open)
      await query('commit')
      await query(`create role ${role}`)
      await query('begin')
      await query(`set local role ${role}`)
      await fails(migrate(db, two), open)
      await query('select 1')
      await query('commit')
      assert.equal((await migrate(db, two)).applied.length, 2)
    })
  })
}

let server, endpoint, stop
before(async () => {
  ;({ server, endpoint, stop } = await startPostgresAndNeon())
  endpoint.configure(neonConfig)
})
after(() => stop())
let roles = 0
const role = () => `nobody_${++roles}`

async function client(t, Client = nodePostgres.Client, options = {}) {
  const db = new Client({ connectionString: server.url(await server.createDatabase()), ...options })
  await db.connect()
  t.after(() => db.end())
  return db
}

suite('a Client of node-postgres', pg, async (t) => {
  const db = await client(t)
  return { db, role: role(), query: async (sql) => (await db.query(sql)).rows }
})

suite('a Client that does not show what ReadyForQuery says', pg, async (t) => {
  class Older extends nodePostgres.Client {}
  Older.prototype.getTransactionStatus = undefined
  const db = await client(t, Older)
  return { db, role: role(), query: async (sql) => (await db.query(sql)).rows }
})

suite('a client of a Pool', pg, async (t) => {
  const pool = new nodePostgres.Pool({ connectionString: server.url(await server.createDatabase()) })
  const db = await pool.connect()
  t.after(async () => {
    db.release()
    await pool.end()
  })
  return { db, role: role(), query: async (sql) => (await db.query(sql)).rows }
})

for (const [name, api, made] of [
  [
    'a Pool of node-postgres',
    pg,
    (database) => new nodePostgres.Pool({ connectionString: server.url(database), max: 1 }),
  ],
  ["Neon's Pool", overNeon, (database) => new NeonPool({ connectionString: endpoint.url(database), max: 1 })],
])
  suite(
    `${name} that has one connection`,
    api,
    async (t) => {
      const db = made(await server.createDatabase())
      t.after(() => db.end())
      return { db, role: role(), query: async (sql) => (await db.query(sql)).rows }
    },
    false,
  )

suite('a sql of postgres.js that has one connection', overPostgres, async (t) => {
  const db = postgres(server.url(await server.createDatabase()), { max: 1, onnotice() {} })
  t.after(() => db.end({ timeout: 1 }))
  return { db, role: role(), query: async (text) => Array.from(await db.unsafe(text)) }
})

suite("Neon's Client over a WebSocket", overNeon, async (t) => {
  const db = new NeonClient(endpoint.url(await server.createDatabase()))
  await db.connect()
  t.after(() => db.end())
  return { db, role: role(), query: async (sql) => (await db.query(sql)).rows }
})

suite('a reserved connection of postgres.js', overPostgres, async (t) => {
  const sql = postgres(server.url(await server.createDatabase()), { onnotice() {} })
  const db = await sql.reserve()
  t.after(async () => {
    db.release()
    await sql.end({ timeout: 1 })
  })
  return { db, role: role(), query: async (text) => Array.from(await db.unsafe(text)) }
})

suite('a PGlite', pglite, async (t) => {
  const db = await freshPGlite()
  t.after(() => db.close())
  return { db, role: role(), query: async (sql) => (await db.exec(sql)).at(-1)?.rows }
})

test('a Pool hands out clients of its own, whatever other clients are in', async (t) => {
  const pool = new nodePostgres.Pool({ connectionString: server.url(await server.createDatabase()) })
  t.after(() => pool.end())
  const mine = await pool.connect()
  await mine.query('begin; create table mine ()')
  assert.equal((await pg.migrate(pool, two)).applied.length, 2)
  await mine.query('commit')
  mine.release()
})

test('what a transaction hands to its callback is refused at once, and the transaction goes on', async (t) => {
  const inside = (what) => ({
    code: 'open-transaction',
    message: `this ${what} is that of a transaction`,
    help: 'hand in the database itself, and outside: every migration has a transaction of its own',
  })
  await t.test('PGlite', async () => {
    const db = await freshPGlite()
    for (const set of [two, manifest(two)])
      await db.transaction(async (tx) => {
        await tx.exec('create table if not exists mine (id int)')
        for (const work of [pglite.migrate, pglite.rollback]) await fails(work(tx, await set), inside('database'))
        await tx.exec('insert into mine values (1)')
      })
    assert.deepEqual((await db.query('select id from mine')).rows, [{ id: 1 }, { id: 1 }])
    assert.equal((await pglite.migrate(db, two)).applied.length, 2)
    await db.close()
  })
  await t.test('postgres.js', async () => {
    const sql = postgres(server.url(await server.createDatabase()), { onnotice() {} })
    await sql.begin(async (tx) => {
      await tx`create table mine (id int)`
      await fails(overPostgres.migrate(tx, two), inside('sql'))
      await tx`insert into mine values (1)`
    })
    assert.deepEqual(Array.from(await sql`select id from mine`), [{ id: 1 }])
    assert.equal((await overPostgres.migrate(sql, two)).applied.length, 2)
    await sql.end({ timeout: 1 })
  })
})
