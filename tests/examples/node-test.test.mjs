// The template for node:test: it passes, and from its second run on starts from a snapshot.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { example } from './support.mjs'

test('node-test: every test has a database of its own, from a snapshot', (t) => {
  const { folder, remove } = example('node-test', { packages: ['@electric-sql/pglite'] })
  t.after(remove)
  // Inside a test run Node would take it for a part of that.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const run = () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', '--test-reporter=tap'], {
      cwd: folder,
      env,
      encoding: 'utf8',
    })
    assert.equal(status, 0, `${stdout}\n${stderr}`)
    assert.match(stdout, /^# pass 3$/m)
    return readdirSync(join(folder, 'node_modules/.cache/counterfoil')).filter((name) => name.endsWith('.snapshot'))
  }
  const first = run()
  assert.equal(first.length, 1)
  assert.deepEqual(run(), first)
  writeFileSync(
    join(folder, '../migrations/20260201090000_tables.sql'),
    '-- migrate:up\ncreate table tables (seats integer not null);\n',
  )
  assert.equal(run().length, 2)
})
