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
 *   closed when the test `t` is over. `session()` opens another connection to it, if there can be one.
 */
export function onEachDatabase(body) {
  describe('PGlite', () => {
    async function open(t) {
      const db = await freshPGlite()
      t.after(() => db.close())
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
