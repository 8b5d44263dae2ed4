import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { migrate } from 'counterfoil/pglite'

const migrations = {
  '001_notes.sql': '-- migrate:up\ncreate table notes (id int);\n-- migrate:down\ndrop table notes;\n',
  '002_title.sql': '-- migrate:up\nalter table notes add title text;\n-- migrate:down\nalter table notes drop title;\n',
}

test('a folder of migrations is applied, once', async () => {
  const db = await PGlite.create()
  const first = await migrate(db, migrations)
  assert.deepEqual(first.applied.map(({ version }) => version), ['001', '002'])
  const second = await migrate(db, migrations)
  assert.deepEqual([second.status, second.applied, second.skipped, second.roundTrips], ['current', [], 2, 1])
  const { rows } = await db.query(`select column_name from information_schema.columns where table_name = 'notes' order by 1`)
  assert.deepEqual(rows, [{ column_name: 'id' }, { column_name: 'title' }])
  await db.close()
})
