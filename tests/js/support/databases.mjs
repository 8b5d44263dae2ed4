// The same tests on PGlite and on PostgreSQL, and there with every driver that speaks to it in a way of its own.
import { after, before, describe } from 'node:test'
import { neon } from '@neondatabase/serverless'
import * as overNeon from 'counterfoil/neon'
import * as pg from 'counterfoil/pg'
import * as pglite from 'counterfoil/pglite'
import * as overPostgres from 'counterfoil/postgres'
import postgres from 'postgres'
import { startPostgresAndNeon } from './neon.mjs'
import { freshPGlite } from './pglite.mjs'
import { startPostgres } from './postgres.mjs'

/**
 * Calls `body` once for each kind of database, inside a `describe` of its name.
 *
 * @param body gets `{ kind, api, open }`; `await open(t)` is `{ db, query, exec, session }`: a new database that is
 *   gone when the test `t` is over. `session()` opens another connection to it, if there can be one.
 * @param {('postgres.js' | 'HTTP')[]} also other ways to PostgreSQL; over HTTP `query` and `exec` have a session that the
 *   runs do not have
 */
export function onEachDatabase(body, also = []) {
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

  if (also.includes('postgres.js'))
    describe('PostgreSQL with postgres.js', () => {
      let server
      before(async () => (server = await startPostgres()))
      after(() => server.stop())
      async function open(t) {
        const database = await server.createDatabase()
        // One connection: the session of the test is that of the run.
        const db = postgres(server.url(database), { max: 1, onnotice() {} })
        t.after(() => db.end({ timeout: 1 }))
        const session = async (options) => {
          const client = await server.connect(database, options)
          t.after(() => client.end())
          return client
        }
        return { db, query: async (sql) => Array.from(await db.unsafe(sql)), exec: (sql) => db.unsafe(sql), session }
      }
      body({ kind: 'postgres.js', api: overPostgres, open })
    })

  if (also.includes('HTTP'))
    describe('PostgreSQL over HTTP', () => {
      let server, endpoint, stop
      before(async () => ({ server, endpoint, stop } = await startPostgresAndNeon()))
      after(() => stop())
      async function open(t) {
        const database = await server.createDatabase()
        endpoint.reset()
        const client = await server.connect(database)
        t.after(() => client.end())
        return {
          db: neon(endpoint.url(database)),
          query: async (sql) => (await client.query(sql)).rows,
          exec: (sql) => client.query(sql),
        }
      }
      body({ kind: 'HTTP', api: overNeon, open })
    })
}

/** Takes everything out of a database, and back what was done to its session. */
async function empty(db) {
  await db.exec('rollback')
  await db.exec('discard all')
  const { rows } = await db.query(`select quote_ident(nspname) as name from pg_namespace
    where nspname not like 'pg\\_%' and nspname <> 'information_schema'`)
  await db.exec(`${rows.map(({ name }) => `drop schema ${name} cascade;`).join(' ')} create schema public`)
  // As a new database has it.
  await db.exec('grant usage on schema public to public')
}
