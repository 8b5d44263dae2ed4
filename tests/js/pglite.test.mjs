import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import * as api from 'counterfoil/pglite'
import { driverSuite, notes } from './support/drivers.mjs'
import { fails } from './support/errors.mjs'
import { freshPGlite as start } from './support/pglite.mjs'

driverSuite('PGlite', api, async () => {
  const db = await start()
  return { db, query: async (sql) => (await db.query(sql)).rows, close: () => db.close() }
})

driverSuite('PGlite without the parts that its worker lacks', api, async () => {
  const inner = await start()
  const db = { query: (...args) => inner.query(...args), exec: (sql) => inner.exec(sql) }
  return { db, query: async (sql) => (await inner.query(sql)).rows, close: () => inner.close() }
})

test("the caller's own parsers are not in the way", async () => {
  const db = await start({ parsers: { 25: (text) => ({ text }), 1043: (text) => ({ text }), 16: () => 'maybe' } })
  await api.migrate(db, notes)
  assert.equal((await api.migrate(db, notes)).status, 'current')
  assert.equal((await api.plan(db, notes)).decisions.length, 2)
  await db.close()
})

test('a PGlite that is closed is a lost connection', async () => {
  const db = await start()
  await db.close()
  await fails(api.migrate(db, notes), { code: 'connection-lost', message: /PGlite is closed/ })
})

test('a PGlite that is still starting is waited for', async () => {
  const db = new PGlite()
  assert.equal((await api.migrate(db, notes)).applied.length, 2)
  await db.close()
})

test('a run does not slip into a transaction of the caller', async () => {
  const db = await start()
  let release
  const open = new Promise((done) => (release = done))
  const transaction = db.transaction(async (tx) => {
    await tx.exec('create table mine ()')
    await open
    throw new Error('changed my mind')
  })
  const run = api.migrate(db, notes)
  setTimeout(release, 100)
  await assert.rejects(transaction, /changed my mind/)
  assert.equal((await run).applied.length, 2)
  assert.equal((await api.ready(db, notes)).status, 'ready')
  await db.close()
})

test('BEGIN and COMMIT around a file that has run are a cosmetic edit, and what is on record stays', async () => {
  const db = await start()
  const set = (text) => ({ '1_a.up.sql': text, '1_a.down.sql': 'drop table a;' })
  const wrapped = 'BEGIN;\n  create table a (id int);\nCOMMIT;\n'
  await api.migrate(db, set(wrapped))
  const row = async () => (await db.query('select checksum, fingerprint from schema_migrations')).rows
  const before = await row()
  for (const text of ['create table a (id int);\n', 'START TRANSACTION;\nCREATE TABLE a (id int);\nEND WORK;\n']) {
    const [decision] = (await api.plan(db, set(text))).decisions
    assert.deepEqual([decision.code, decision.edit.grade, decision.severity], ['edited', 'cosmetic', 'note'], text)
    assert.equal((await api.migrate(db, set(text))).applied.length, 0)
  }
  await fails(api.migrate(db, set('begin; create table a (id bigint); commit;')), {
    code: 'plan-refused',
    message: /its statements have changed/,
  })
  assert.deepEqual(await row(), before)
  await db.close()
})
