// Bun's own SQL. There is one in Bun alone, so Bun runs the suite: tests/js/support/bun-suite.mjs.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { bun } from '../packaging/support/runtimes.mjs'
import { root } from './support/cli.mjs'

test(
  "Bun's own SQL does what every driver does",
  { skip: bun === undefined && 'Bun has no build for this system' },
  () => {
    const args = ['test', '--timeout', '120000', './tests/js/support/bun-suite.mjs']
    const { status, stdout, stderr } = spawnSync(bun, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 })
    const said = stdout + stderr
    assert.equal(status, 0, said)
    // Three times the suite of every driver, and what is Bun's own.
    const [, passed] = /^ *(\d+) pass$/m.exec(said) ?? assert.fail(said)
    assert.ok(Number(passed) > 60, said)
  },
)
