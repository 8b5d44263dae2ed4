// Rules that two languages have, since a driver's first question goes without the core: each is held equal to the other.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { MigrationError, checksum, readSet } from 'counterfoil'
import { lint } from 'counterfoil/lint'
import { isOfSet } from '../../pkg/set/companions.js'
import { describe as described } from '../../pkg/run/database.js'
import { endOf, withLineFeeds, withoutMark } from '../../pkg/shared/texts.js'

const sha256 = (text) => `sha256:${createHash('sha256').update(text).digest('hex')}`

test('a byte order mark and CRLF go in JavaScript as they go in the core', () => {
  for (const [text, canonical] of [
    ['\uFEFFselect 1', 'select 1'],
    ['\uFEFF\uFEFFselect 1', '\uFEFFselect 1'],
    ['select 1 -- \uFEFF', 'select 1 -- \uFEFF'],
    ['\n\uFEFFselect 1', '\n\uFEFFselect 1'],
    ['a\r\nb\r\n', 'a\nb\n'],
    ['\uFEFF\r\na', '\na'],
    ['a\rb\n\rc', 'a\rb\n\rc'],
    ['a\r\r\nb', 'a\r\nb'],
    ['a\r', 'a\r'],
    ['', ''],
  ]) {
    assert.equal(withLineFeeds(withoutMark(text)), canonical)
    assert.equal(checksum(text), sha256(canonical), JSON.stringify(text))
  }
})

test('a lone surrogate is found at the same place, in the same words, by the package and by the core', async () => {
  for (const [text, line, column] of [
    ['\ud800', 1, 1],
    ['\udc00\ud800', 1, 1],
    ['select 1;\n-- \ud83d\ude00 \udc00', 2, 6],
    ['\ufffd \ud800', 1, 3],
    ['a\r\nb\ud800\r\n', 2, 2],
    ['é\u2028\ud83d', 1, 3],
  ]) {
    const at = { path: '001_a.sql', line, column }
    const said = []
    for (const read of [async () => readSet({ '001_a.sql': text }), () => lint({ '001_a.sql': text })])
      await assert.rejects(read, (error) => {
        assert.ok(error instanceof MigrationError)
        said.push({ code: error.code, message: error.message, help: error.help, at: error.at })
        return true
      })
    assert.deepEqual(said[0].at, at)
    assert.equal(said[0].code, 'invalid-text')
    assert.deepEqual(said[1], said[0])
  }
})

test('the end of a text is where the core says that something after it is', () => {
  for (const [before, line, column] of [
    ['', 1, 1],
    ['select 1;\n', 2, 1],
    ['-- 😀é\r\n\t', 2, 2],
    ['-- a\u2028b', 1, 7],
  ]) {
    assert.deepEqual(endOf(before), { line, column })
    assert.throws(
      () => readSet({ '001_a.sql': `${before}\0` }),
      ({ at }) => at.line === line && at.column === column,
    )
  }
})

test('the drivers take a connection for gone after what the table says, unless a migration has raised it', () => {
  const table = readFileSync(new URL('../data/sqlstates/gone.txt', import.meta.url), 'utf8')
  const lines = table.split(/\r?\n/).filter((line) => line && !line.startsWith('#'))
  assert.ok(lines.length > 20)
  for (const line of lines) {
    const [code, gone] = line.split(/\s+/)
    const { lost, sqlstate } = described({ severity: 'FATAL', code, message: 'as the database says' })
    assert.deepEqual(
      { lost, sqlstate },
      gone === 'gone' ? { lost: true, sqlstate: '' } : { lost: false, sqlstate: code },
      line,
    )
    // A migration may raise any of them; a RAISE is one in whatever language the server speaks.
    for (const raised of [{ severity: 'ERROR' }, { severity: 'FEHLER', routine: 'exec_stmt_raise' }]) {
      const failure = described({ ...raised, code, message: 'as a migration says' })
      assert.deepEqual([failure.lost, failure.refused, failure.sqlstate], [false, false, code], line)
    }
  }
})

describe('what a baseline replaces is read where the core looks for it', () => {
  const base = 'create table a ();'
  const found = (folder, name = '002_base.json') =>
    readSet({
      'db/002_base.sql': base,
      'db/003_b.sql': 'select 1;',
      [`db/${folder}/${name}`]: JSON.stringify({ replaces: [{ version: '001', checksum: sha256('x') }] }),
    }).migrations[0].replaces
  test('in the folder', () => {
    assert.deepEqual(found('.counterfoil'), ['001'])
    for (const path of ['db/.counterfoil/002_base.json', '.counterfoil/002_base.json']) {
      assert.ok(isOfSet(path), path)
    }
  })
  test('and nowhere else', () => {
    assert.deepEqual(found('counterfoil'), [])
    for (const path of ['db/counterfoil/002_base.json', 'db/x.counterfoil/002_base.json', '.counterfoil.json']) {
      assert.ok(!isOfSet(path), path)
    }
  })
})
