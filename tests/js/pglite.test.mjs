import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { migrate } from 'counterfoil/pglite'

test('a folder of migrations is applied, once', async () => {
  const db = await PGlite.create()
  const migrations = {
    '001_notes.sql': '-- migrate:up\ncreate table notes (id int);\n-- migrate:down\ndrop table notes;\n',
    '002_title.sql': '-- migrate:up\nalter table notes add title text;\n',
  }
  await migrate(db, migrations)
  await migrate(db, migrations)
  const { rows } = await db.query(`select column_name from information_schema.columns where table_name = 'notes' order by 1`)
  assert.deepEqual(rows, [{ column_name: 'id' }, { column_name: 'title' }])
  await db.close()
})
