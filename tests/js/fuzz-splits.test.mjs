// Where statements begin and end in texts that nobody would write, against PostgreSQL's own parser and scanner. The same
// inputs every time; `node fuzz/splits.mjs` goes on with others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadModule } from 'libpg-query'
import { mutatedScripts } from './support/mutated-sql.mjs'
import { compared, kinds } from './support/split-oracle.mjs'

test('no difference in 20,000 inputs', async (t) => {
  await loadModule()
  const count = Object.fromEntries(kinds.map((kind) => [kind, 0]))
  const scripts = mutatedScripts(20260101)
  for (let number = 0; number < 20_000; number++) count[compared(scripts.next().value)] += 1
  t.diagnostic(JSON.stringify(count))
  // Few would show little.
  for (const kind of ['parsed', 'scanned', 'not closed']) assert.ok(count[kind] > 1_000, `${kind}: ${count[kind]}`)
})
