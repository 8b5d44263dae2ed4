import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { database } from './database.js'

const names = async (db) => (await db.query('select name from guests order by name')).rows.map(({ name }) => name)

// Each has a database of its own, so they may run at the same time.
describe('guests', { concurrency: true }, () => {
  test('a guest is kept', async (t) => {
    const db = await database(t)
    const { rows } = await db.query('insert into guests (name) values ($1) returning id::int', ['Ada'])
    assert.deepEqual(rows, [{ id: 1 }])
    assert.deepEqual(await names(db), ['Ada'])
  })

  test('nobody else sees it', async (t) => {
    const db = await database(t)
    assert.deepEqual(await names(db), [])
    await db.query('insert into guests (name) values ($1), ($2)', ['Bob', 'Cid'])
    assert.deepEqual(await names(db), ['Bob', 'Cid'])
  })

  test('a guest has a name', async (t) => {
    const db = await database(t)
    await assert.rejects(db.query('insert into guests (name) values (null)'), { code: '23502' })
  })
})
