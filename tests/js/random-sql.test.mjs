// Where statements begin and end in random scripts, through the package, against PostgreSQL's own parser.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitStatements } from 'counterfoil'
import { loadModule, parseSync, scanSync } from 'libpg-query'
import { randomScripts } from './support/random-sql.mjs'

test('statements of random scripts are those of libpg-query', async (t) => {
  await loadModule()
  const scripts = randomScripts(20250101)
  let statements = 0
  for (let count = 0; count < 5_000; count++) {
    const text = scripts.next().value
    const expected = parsed(text)
    assert.deepEqual(
      splitStatements(text).map((statement) => statement.text),
      expected,
      JSON.stringify(text),
    )
    statements += expected.length
  }
  t.diagnostic(`5000 scripts, ${statements} statements: no difference`)
})

/** The statements of libpg-query, without comments and semicolons around them. The scripts are ASCII: bytes are characters. */
function parsed(text) {
  const tokens = scanSync(text).tokens.filter(({ tokenName }) => !/^(C|SQL)_COMMENT$/.test(tokenName))
  return parseSync(text).stmts.map(({ stmt_location: from = 0, stmt_len: length }) => {
    const to = length ? from + length : text.length
    const inside = tokens.filter(({ start, end }) => start >= from && end <= to)
    while (inside.at(-1).text === ';') inside.pop()
    return text.slice(inside[0].start, inside.at(-1).end)
  })
}
