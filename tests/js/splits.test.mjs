// Where statements begin and end, through the package, against PostgreSQL's own parser.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { splitStatements } from 'counterfoil'
import { loadModule, parseSync, scanSync } from 'libpg-query'
import { corpora, lines, parsedStatements, root, skip } from './support/corpora.mjs'

const data = fileURLToPath(new URL('../data', import.meta.url))

before(() => loadModule())

describe('our own fixtures', () => {
  test('statements are those of libpg-query; what it refuses has no other boundaries', (t) => {
    const files = readdirSync(data, { recursive: true })
      .filter((path) => path.endsWith('.sql') && statSync(join(data, path)).isFile())
      .sort()
    const count = { agree: 0, statements: 0, refused: [] }
    for (const path of files) {
      const text = readFileSync(join(data, path), 'utf8')
      const expected = parsed(text)
      const found = split(text)
      if (expected.error) {
        // The splitter is no parser: it may take a text that has another fault. Lexical faults are for it to find.
        count.refused.push(path)
        if (/unterminated/.test(expected.error.message))
          assert.match(found.error?.code ?? 'no error', /^unterminated-/, path)
        continue
      }
      assert.equal(found.error, undefined, path)
      same(found, expected, path)
      count.agree += 1
      count.statements += expected.length
    }
    t.diagnostic(
      `${count.agree} files, ${count.statements} statements agree; libpg-query refuses ${count.refused.join(', ')}`,
    )
    assert.ok(count.agree > 40)
  })

  test('a place in the text is where the statement is, in UTF-16 code units and in lines and columns', () => {
    const text = "/* 😀 */ select 'ünï';\n\tselect 1; select '😀', 2;"
    assert.deepEqual(
      splitStatements(text).map(({ text, start, end, line, column }) => [text, start, end, line, column]),
      [
        ["select 'ünï'", 9, 21, 1, 9],
        ['select 1', 24, 32, 2, 2],
        ["select '😀', 2", 34, 48, 2, 12],
      ],
    )
  })
})

describe('real migration sets', { skip }, () => {
  for (const corpus of corpora)
    test(`${corpus.name}: no difference`, (t) => {
      let count = 0
      for (const { id, text, statements } of parsedStatements(corpus.name)) {
        same(split(text), statements, id)
        count += statements.length
      }
      t.diagnostic(`${count} statements`)
    })

  test("PostgreSQL's regression scripts: no difference", (t) => {
    const count = { agree: 0, statements: 0, refused: 0 }
    for (const { file, bounds } of lines(join(root, 'pg-regress/splits.jsonl'))) {
      const bytes = readFileSync(join(root, 'pg-regress', file))
      const found = split(bytes.toString())
      if (!bounds) {
        // The parser refuses it. Here that ends in a typed error, or in statements: never in anything else.
        count.refused += 1
        if (found.error) assert.match(found.error.code, /^(psql-command|copy-from-stdin|unterminated-\w+|invalid-text)/)
        continue
      }
      same(
        found,
        bounds.map(([start, length]) => bytes.subarray(start, start + length).toString()),
        file,
      )
      count.agree += 1
      count.statements += bounds.length
    }
    t.diagnostic(`${count.agree} scripts, ${count.statements} statements; ${count.refused} that the parser refuses`)
  })
})

/** The statements' texts; or `{ error }`. */
function split(text) {
  try {
    return splitStatements(text).map((statement) => statement.text)
  } catch (error) {
    assert.equal(error.name, 'MigrationError')
    return { error }
  }
}

/** The same of libpg-query. Its offsets count bytes. */
function parsed(text) {
  const bytes = Buffer.from(text.replace(/^\uFEFF/, ''))
  try {
    return (parseSync(bytes.toString()).stmts ?? []).map(({ stmt_location: start = 0, stmt_len: length }) =>
      bytes.subarray(start, length ? start + length : undefined).toString(),
    )
  } catch (error) {
    return { error }
  }
}

function same(found, expected, where) {
  assert.equal(found.error, undefined, where)
  const bare = (index) => (found[index] === expected[index] ? found[index] : trim(expected[index]))
  assert.deepEqual(
    found,
    expected.map((_, index) => bare(index)),
    where,
  )
}

/** Without comments and white space around it. */
function trim(statement) {
  const bytes = Buffer.from(statement)
  const tokens = scanSync(statement).tokens.filter(({ tokenName }) => !/^(C|SQL)_COMMENT$/.test(tokenName))
  return bytes.subarray(tokens[0].start, tokens.at(-1).end).toString()
}
