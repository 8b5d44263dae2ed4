// The same tests on PGlite and on PostgreSQL.
import { after, before, describe } from 'node:test'
import * as pg from 'counterfoil/pg'
import * as pglite from 'counterfoil/pglite'
import { freshPGlite } from './pglite.mjs'
import { startPostgres } from './postgres.mjs'

/**
 * Calls `body` once for each kind of database, inside a `describe` of its name.
 *
 * @param body gets `{ kind, api, open }`; `await open(t)` is `{ db, query, exec, session }`: a new database that is
 *   gone when the test `t` is over. `session()` opens another connection to it, if there can be one.
 */
export function onEachDatabase(body) {
  describe('PGlite', () => {
    let db
    before(async () => (db = await freshPGlite()))
    after(() => db.close())
    async function open(t) {
      // To make another takes ten times as long as to empty this one.
      t.after(() => empty(db))
      return { db, query: async (sql) => (await db.query(sql)).rows, exec: (sql) => db.exec(sql) }
    }
    body({ kind: 'PGlite', api: pglite, open })
  })

  describe('PostgreSQL', () => {
    let server
    before(async () => (server = await startPostgres()))
    after(() => server.stop())
    async function open(t) {
      const database = await server.createDatabase()
      const session = async (options) => {
        const client = await server.connect(database, options)
        t.after(() => client.end())
        return client
      }
      const db = await session()
      return { db, query: async (sql) => (await db.query(sql)).rows, exec: (sql) => db.query(sql), session }
    }
    body({ kind: 'PostgreSQL', api: pg, open })
  })
}

/** Takes everything out of a database, and back what was done to its session. */
async function empty(db) {
  await db.exec('rollback')
  await db.exec('discard all')
  const { rows } = await db.query(`select quote_ident(nspname) as name from pg_namespace
    where nspname not like 'pg\\_%' and nspname <> 'information_schema'`)
  await db.exec(`${rows.map(({ name }) => `drop schema ${name} cascade;`).join(' ')} create schema public`)
}
