// Forty changes of two tracks, with the configuration that the documentation gives first.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { readChange } from 'counterfoil/git'
import { check } from 'counterfoil/guard'
import { block } from './support/docs.mjs'
import { environment, removeRepositories, repository } from './support/history.mjs'
import { changes, history, known } from './support/parity-table.mjs'

after(removeRepositories)

test('of forty changes at least 38 get the verdict that they should', async () => {
  const config = block('tracks')
  const { tracks } = JSON.parse(config).check
  const top = repository(history(config), { checkout: 'main' })
  assert.equal(changes.length, 40)
  const wrong = []
  for (const { what, branch, lacks, begins } of changes) {
    const base = { ref: begins ? `${branch}-base` : 'main', why: '--base' }
    const { change } = await readChange({ cwd: top, head: branch, base, sets: [], tracks, env: environment })
    const { ok, findings } = await check(change, { tracks })
    const errors = findings.filter(({ severity }) => severity === 'error')
    const right =
      lacks === undefined
        ? ok && errors.length === 0
        : !ok &&
          errors.length === 1 &&
          errors[0].code === 'track-parity' &&
          errors[0].message.includes(`and the track "${lacks}" registers none`)
    if (!right) wrong.push([what, ...findings.map(({ severity, message }) => `${severity}: ${message}`)])
  }
  assert.deepEqual(
    wrong.map(([what]) => what),
    known,
    wrong.map((lines) => lines.join('\n  ')).join('\n'),
  )
})
