// The golden files of the Rust tests are still what PostgreSQL says.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

for (const name of ['split-goldens', 'transaction-goldens'])
  test(`${name} --check`, () => {
    const path = fileURLToPath(new URL(`../../scripts/${name}.mjs`, import.meta.url))
    const { status, stdout, stderr } = spawnSync(process.execPath, [path, '--check'], { encoding: 'utf8' })
    assert.equal(status, 0, stdout + stderr)
  })
