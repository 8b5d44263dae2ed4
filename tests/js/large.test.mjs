// Files of several megabytes: sent part by part where the driver allows it, with the same outcome as others.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import * as onPg from 'counterfoil/pg'
import * as onPglite from 'counterfoil/pglite'
import * as onPostgres from 'counterfoil/postgres'
import pg from 'pg'
import postgres from 'postgres'
import { startPostgres } from './support/postgres.mjs'

const path = '0001_notes.sql'
const begin = '-- migrate:up\ncreate table notes (id int primary key, note text);\n'
const note = (id) => `it's note ${id} -- of "é" and 😀; ${'$$ /* '.repeat(id % 7)}`
const written = (id) => `insert into notes values (${id}, '${note(id).replaceAll("'", "''")}');\n`
const ids = Array.from({ length: 40_000 }, (_, index) => index + 1)
const up = begin + ids.map(written).join('')
const down = '-- migrate:down\ndrop table notes;\n'
const megabyte = 1 << 20

const sum = (kind, text) => createHash(kind).update(text).digest('hex')
const count = 'select count(*)::int as count, md5(string_agg(note, null order by id)) as sum from notes'
const expected = { count: ids.length, sum: sum('md5', ids.map(note).join('')) }
const ledger = 'select version, checksum, state from public.schema_migrations'
const row = { version: '0001', checksum: `sha256:${sum('sha256', up)}`, state: 'applied' }

// Behind three megabytes a name that is none.
const wrong = `${up}/* é😀 */ insert into notes values (0, nope);\nselect 1;\n`
const line = wrong.split('\n').findIndex((text) => text.includes('nope')) + 1
const column = Array.from(wrong.split('\n')[line - 1].split('nope')[0]).length + 1

let server
before(async () => (server = await startPostgres()))
after(() => server.stop())

const drivers = {
  'a Client of node-postgres': async () => {
    const client = await server.connect(await server.createDatabase())
    const rows = async (sql) => (await client.query(sql)).rows
    return { db: client, migrate: onPg.migrate, rows, close: () => client.end() }
  },
  'a Pool of node-postgres': async () => {
    const pool = new pg.Pool({ connectionString: server.url(await server.createDatabase()) })
    const rows = async (sql) => (await pool.query(sql)).rows
    return { db: pool, migrate: onPg.migrate, rows, close: () => pool.end() }
  },
  'postgres.js': async () => {
    const sql = postgres(server.url(await server.createDatabase()), { onnotice() {} })
    return { db: sql, migrate: onPostgres.migrate, rows: (text) => sql.unsafe(text), close: () => sql.end() }
  },
  PGlite: async () => {
    const db = await PGlite.create()
    const rows = async (sql) => (await db.query(sql)).rows
    return { db, migrate: onPglite.migrate, rows, close: () => db.close() }
  },
}

for (const [name, open] of Object.entries(drivers))
  describe(name, () => {
    let at
    before(async () => (at = await open()))
    after(() => at.close())

    test('a failure far behind has its line, its column and its statement, and nothing is kept', async () => {
      const error = await at.migrate(at.db, { [path]: wrong + down }).catch((error) => error)
      assert.equal(error.code, 'statement-failed', String(error))
      assert.match(error.message, /column "nope" does not exist/)
      assert.deepEqual({ ...error.at }, { path, line, column })
      assert.equal(error.statement, 'insert into notes values (0, nope)')
      assert.deepEqual([...(await at.rows(`select to_regclass('notes')::text as name`))], [{ name: null }])
    })

    test('every row is there, and the ledger has the checksum of the file', async () => {
      assert.ok(Buffer.byteLength(up) > 2 * megabyte)
      const { applied } = await at.migrate(at.db, { [path]: up + down })
      assert.deepEqual(
        applied.map(({ version }) => version),
        ['0001'],
      )
      assert.deepEqual([...(await at.rows(count))], [expected])
      assert.deepEqual([...(await at.rows(ledger))], [row])
      assert.equal((await at.migrate(at.db, { [path]: up + down })).status, 'current')
    })
  })

describe('what node-postgres sends', () => {
  test('is one message, in parts of at most a megabyte, and each waits until those before have gone out', async (t) => {
    const client = await server.connect(await server.createDatabase())
    t.after(() => client.end())
    const { stream } = client.connection
    const write = stream.write
    const [sizes, waiting] = [[], []]
    t.mock.method(stream, 'write', (bytes, ...rest) => {
      sizes.push(bytes.length)
      waiting.push(stream.writableLength)
      return write.call(stream, bytes, ...rest)
    })
    await onPg.migrate(client, { [path]: up })
    assert.ok(Math.max(...sizes) <= megabyte, `${Math.max(...sizes)}`)
    // The head of the message may still be there.
    assert.ok(Math.max(...waiting) < megabyte / 2, `${Math.max(...waiting)}`)
    assert.ok(sizes.reduce((sum, size) => sum + size) > Buffer.byteLength(up))
    assert.deepEqual((await client.query(count)).rows, [expected])
  })

  test('of a session that is ended meanwhile is lost, and nothing of it is kept', async (t) => {
    const database = await server.createDatabase()
    const [client, other] = [await server.connect(database), await server.connect(database)]
    t.after(() => other.end())
    const slow = `${up}select pg_sleep(60);\n`
    const running = onPg.migrate(client, { [path]: slow }).catch((error) => error)
    const ended = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
      and pid <> pg_backend_pid() and wait_event = 'PgSleep'`
    while ((await other.query(ended)).rowCount === 0) await new Promise((done) => setTimeout(done, 20))
    const error = await running
    assert.equal(error.code, 'connection-lost', String(error))
    assert.deepEqual((await other.query(`select to_regclass('notes')::text as name`)).rows, [{ name: null }])
  })
})
