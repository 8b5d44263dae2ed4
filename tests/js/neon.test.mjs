// Neon's serverless driver over HTTP and over a WebSocket, as it is, against an endpoint that speaks Neon's protocol.
import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { Client, Pool, neon, neonConfig } from '@neondatabase/serverless'
import * as api from 'counterfoil/neon'
import { driverSuite, notes } from './support/drivers.mjs'
import { fails } from './support/errors.mjs'
import { startNeon } from './support/neon.mjs'
import { startPostgres } from './support/postgres.mjs'

const server = await startPostgres()
const endpoint = await startNeon(server)
endpoint.configure(neonConfig)
after(async () => {
  await endpoint.stop()
  await server.stop()
})
beforeEach(() => endpoint.reset())

/** A new database: over HTTP as `sql`, and plainly. */
async function open(options) {
  const database = await server.createDatabase()
  const admin = await server.connect(database)
  const sql = neon(endpoint.url(database), options)
  return { db: sql, sql, database, query: async (text) => (await admin.query(text)).rows, close: () => admin.end() }
}

driverSuite('neon() over HTTP', api, open)

driverSuite('a Pool over a WebSocket', api, async () => {
  const db = new Pool({ connectionString: endpoint.url(await server.createDatabase()) })
  db.on('error', () => {})
  return { db, query: async (text) => (await db.query(text)).rows, close: () => db.end() }
})

driverSuite('a Client over a WebSocket', api, async () => {
  const db = new Client(endpoint.url(await server.createDatabase()))
  db.on('error', () => {})
  await db.connect()
  return { db, query: async (text) => (await db.query(text)).rows, close: () => db.end() }
})
