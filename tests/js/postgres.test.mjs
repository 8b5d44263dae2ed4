// postgres.js, whatever its options are.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import postgres from 'postgres'
import * as api from 'counterfoil/postgres'
import { driverSuite, notes } from './support/drivers.mjs'
import { fails } from './support/errors.mjs'
import { startPostgres } from './support/postgres.mjs'

const server = await startPostgres()
after(() => server.stop())

const quiet = { onnotice() {} }

async function open(options = {}) {
  const database = await server.createDatabase()
  const db = postgres(server.url(database), { ...quiet, ...options })
  return { db, database, query: async (text) => [...(await db.unsafe(text))], close: () => db.end() }
}

driverSuite('postgres.js', api, open, { counts: false })
