// One object of files, handed in again and again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrate, plan, ready } from 'counterfoil/pglite'
import { freshPGlite } from './support/pglite.mjs'

const names = (list) => list.map(({ name }) => name)

test('files that were added to, changed in or taken from the same object count', async () => {
  const db = await freshPGlite()
  const files = { '1_a.sql': 'create table a ();' }
  assert.deepEqual(names((await migrate(db, files)).applied), ['a'])
  assert.equal((await migrate(db, files)).status, 'current')
  files['2_b.sql'] = 'create table b ();'
  assert.deepEqual(names((await migrate(db, files)).applied), ['b'])
  files['1_a.sql'] = 'create table a (id int);'
  await assert.rejects(migrate(db, files), { code: 'plan-refused' })
  files['1_a.sql'] = 'create table a ();'
  assert.equal((await ready(db, files)).status, 'ready')
  delete files['2_b.sql']
  assert.equal((await ready(db, files)).status, 'ahead')
  await db.close()
})

test('the same object is read in another convention when that is asked for', async () => {
  const db = await freshPGlite()
  const files = { '1_a.sql': '-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop table a;\n' }
  const [first, second] = [await plan(db, files), await plan(db, files, { convention: 'sqlx' })]
  assert.deepEqual([first.decisions[0].statements, second.decisions[0].statements], [1, 2])
  await db.close()
})

test('a set that is changed while a run uses it changes the next run only', async () => {
  const [one, other] = await Promise.all([freshPGlite(), freshPGlite()])
  const files = { '1_a.sql': 'create table a ();' }
  const first = migrate(one, files, { onProgress: () => (files['2_b.sql'] = 'create table b ();') })
  const second = migrate(other, files)
  assert.deepEqual(names((await first).applied), ['a'])
  assert.deepEqual(names((await second).applied), ['a'])
  assert.deepEqual(names((await migrate(other, files)).applied), ['b'])
  await Promise.all([one.close(), other.close()])
})
