// Lint through the package: rules, options, and what is wrong with what is handed in.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { MigrationError } from 'counterfoil'
import { lint, rules } from 'counterfoil/lint'
import { rulesPage } from '../../scripts/rules.mjs'

const path = '20260101120000_example.sql'
const conventionOf = (text) => {
  if (text.includes('-- migrate:up')) return 'dbmate'
  return text.includes('-- Up Migration') ? 'node-pg-migrate' : 'plain'
}
const look = (text, options = {}) => lint({ [path]: text }, { convention: conventionOf(text), ...options })
const codes = async (text, options) => [...new Set((await look(text, options)).findings.map(({ code }) => code))].sort()
const at = ({ code, severity, at: { line, column } }) => `${line}:${column} ${severity} ${code}`

const fails = (promise, code, message) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof MigrationError, error.stack)
    assert.equal(error.code, code)
    assert.match(error.message, message)
    return true
  })

describe('rules', async () => {
  const all = await rules()

  test('each has a finding in its bad examples, and none has one in the good ones', async () => {
    for (const { code, bad, good } of all) {
      for (const text of bad) assert.deepEqual(await codes(text), [code], text)
      for (const text of good) assert.deepEqual(await codes(text), [], text)
    }
  })

  test('each can be made an error, or be switched off', async () => {
    for (const { code, bad } of all) {
      for (const text of bad) {
        assert.equal((await look(text, { rules: { [code]: 'error' } })).ok, false, text)
        assert.deepEqual(await codes(text, { rules: { [code]: 'off' } }), [], text)
      }
    }
  })

  test('what is off by default can be switched on', async () => {
    const text = 'CREATE TABLE rooms (name varchar(20), code char(4));\n'
    assert.deepEqual(await codes(text), [])
    assert.deepEqual(
      (await look(text, { rules: { 'prefer-text-field': 'warning', 'ban-char-field': 'note' } })).findings.map(at),
      ['1:26 warning prefer-text-field', '1:44 note ban-char-field'],
    )
  })

  test('docs/rules.md is what they say', () => {
    assert.equal(
      readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8').replaceAll('\r\n', '\n'),
      rulesPage(all),
      'run `node scripts/rules.mjs`',
    )
  })
})

describe('findings', () => {
  test('they are in the order of the files, placed in code points, with counts', async () => {
    const { findings, ok, counts, files } = await lint([
      {
        path: '2_b.sql',
        sql: "select '😀'; set search_path = app;\r\n-- a comment\r\ncreate index i on public.rooms (id);\r\n",
      },
      { path: '1_a.sql', sql: '\uFEFFset search_path = app;' },
    ])
    assert.deepEqual(
      findings.map((finding) => `${finding.at.path}:${at(finding)}`),
      [
        '1_a.sql:1:1 warning session-search-path',
        '2_b.sql:1:13 warning session-search-path',
        '2_b.sql:3:1 warning require-concurrent-index-creation',
      ],
    )
    assert.deepEqual([ok, counts, files], [true, { error: 0, warning: 3, note: 0 }, 2])
  })

  test('rules of squawk say which table, and what to do', async () => {
    const { findings } = await look('ALTER TABLE "Rooms" ADD CONSTRAINT c CHECK (floor > 0);\n')
    assert.deepEqual(findings, [
      {
        code: 'constraint-missing-not-valid',
        severity: 'warning',
        message: 'every row of Rooms is checked for this constraint, and everything on it waits meanwhile',
        help: 'add it NOT VALID, and VALIDATE CONSTRAINT in a later migration',
        at: { path, line: 1, column: 21 },
      },
    ])
  })

  test('a table that the file has made itself has no rows', async () => {
    for (const text of [
      'create table rooms (id bigint); create index i on rooms (id); alter table rooms add column a int not null;',
      'create table rooms (id bigint); create index concurrently i on guests (id); create index j on rooms (id);',
      'create table new_rooms (id bigint); alter table new_rooms rename to halls; create index i on halls (id);',
      'create temp table t (id bigint); create index i on t (id);',
    ])
      assert.deepEqual(await codes(text), [], text)
    assert.deepEqual(await codes('create table rooms (id bigint); create index i on guests (id);'), [
      'require-concurrent-index-creation',
    ])
  })

  test('an index of a partitioned table cannot be built concurrently, a foreign key of a new column needs no look', async () => {
    const made = { '1_a.sql': 'create table stays (id bigint, day date) partition by range (day);' }
    assert.deepEqual((await lint({ ...made, '2_b.sql': 'create index i on stays (id);' })).findings, [])
    assert.deepEqual(
      (await lint({ ...made, '2_b.sql': 'create index i on stays (id);' }, { only: ['2_b.sql'] })).findings,
      [],
    )
    assert.deepEqual(await codes('alter table rooms add column house bigint references houses (id);'), [])
    assert.deepEqual(await codes('alter table rooms add column house bigint default 1 references houses (id);'), [
      'adding-foreign-key-constraint',
    ])
  })

  test("squawk looks at up sections, and takes Drizzle's breakpoints for ends of statements", async () => {
    assert.deepEqual(await codes('-- migrate:up\ncreate table a (id bigint);\n-- migrate:down\ndrop table a;\n'), [])
    const journal = JSON.stringify({
      dialect: 'postgresql',
      entries: [{ idx: 0, when: 1, tag: '0000_a', breakpoints: true }],
    })
    const files = {
      'meta/_journal.json': journal,
      '0000_a.sql': 'create table a (id bigint)--> statement-breakpoint\ncreate index i on b (id)',
    }
    assert.deepEqual((await lint(files)).findings.map(at), ['2:1 warning require-concurrent-index-creation'])
  })

  test('a version of PostgreSQL makes a difference', async () => {
    const text = 'alter table rooms add column floor bigint default 1;'
    assert.deepEqual(await codes(text), [])
    assert.deepEqual(await codes(text, { postgres: 10 }), ['adding-field-with-default'])
    assert.deepEqual(await codes(text, { postgres: '10.4' }), ['adding-field-with-default'])
  })

  test('comments allow what they name, for rules of squawk too', async () => {
    const index = 'create index i on rooms (id);\n'
    for (const comment of [
      'counterfoil-ignore require-concurrent-index-creation: small',
      'squawk-ignore require-concurrent-index-creation',
      'squawk-ignore-file',
      'counterfoil-ignore-file require-concurrent-index-creation',
    ])
      assert.deepEqual(await codes(`-- ${comment}\n${index}`), [], comment)
    assert.deepEqual((await look(`-- counterfoil-ignore ban-drop-table: x\n${index}`)).findings.map(at), [
      '1:1 note unused-ignore',
      '2:1 warning require-concurrent-index-creation',
    ])
  })

  test('without squawk there is nothing of squawk', async () => {
    assert.deepEqual(await codes('create index i on rooms (id);', { squawk: false }), [])
  })
})

describe('what is wrong', () => {
  test('options and sets', async () => {
    await fails(
      look('select 1', { rules: { 'no-such-rule': 'off' } }),
      'invalid-input',
      /^there is no rule "no-such-rule"$/,
    )
    await fails(
      look('select 1', { rules: { 'ban-drop-table': 'fatal' } }),
      'invalid-input',
      /^the option rules is not /,
    )
    await fails(look('select 1', { postgres: 'new' }), 'invalid-input', /^the option postgres is not a version: "new"$/)
    await fails(look('select 1', { postgres: 9.6 }), 'invalid-input', /^the option postgres is not a version/)
    await fails(look('select 1', { table: '' }), 'invalid-input', /^the option table is not /)
    await fails(look('select 1', { tables: 'x' }), 'invalid-input', /^there is no option tables here$/)
    await fails(lint({ [path]: 'select 1' }, 7), 'invalid-input', /^options is not an object$/)
    await fails(
      lint({ 'a.sql': 'select 1', '1_b.txt': 'x' }, { convention: 'nope' }),
      'invalid-input',
      /no convention "nope"/,
    )
    await fails(
      lint({ [path]: 'select 1;\n ab\ud800' }),
      'invalid-text',
      /^20260101120000_example\.sql:2:4: the text is not well-formed Unicode/,
    )
    await fails(lint({ [path]: 'select 1;\0' }, { convention: 'plain' }), 'invalid-text', /NUL/)
    await fails(lint(7), 'invalid-input', /^migrations is a number$/)
  })

  test('what cannot be run is a finding with its place', async () => {
    assert.deepEqual((await look("select 'open")).findings.map(at), ['1:8 error unterminated-string'])
  })

  const shapes = {
    parentheses: (n) => `select ${'('.repeat(n)}1${')'.repeat(n)}`,
    signs: (n) => `select ${'- '.repeat(n)}1`,
    words: (n) => `select ${'not '.repeat(n)}true`,
    sums: (n) => `select 1${' + 1'.repeat(n)}`,
    casts: (n) => `select 1${'::int'.repeat(n)}`,
    unions: (n) => `select 1${' union select 1'.repeat(n)}`,
    subscripts: (n) => `select a${'[1]'.repeat(n)}`,
    cases: (n) => `select ${'case when true then '.repeat(n)}1${' end'.repeat(n)}`,
    queries: (n) => `select * from ${'(select * from '.repeat(n)}t${')'.repeat(n)}`,
    joins: (n) => `select * from t${' join t on true'.repeat(n)}`,
    functions: (n) => `select ${'xmlelement(name a, '.repeat(n)}1${')'.repeat(n)}`,
    conditions: (n) => `do $$ begin ${'if true then '.repeat(n)} ${'end if; '.repeat(n)} end $$`,
    bodies: (n) => `create function f() returns int begin atomic ${'select 1; '.repeat(n)} end`,
    unclosed: (n) => `select ${'['.repeat(n)}`,
    comments: (n) => `select 1 ${'/*'.repeat(n)} ${'*/'.repeat(n)}`,
  }
  for (const [name, shape] of Object.entries(shapes))
    test(`deep ${name} stop nothing`, async () => {
      for (const n of [150, 199, 1_000, 20_000]) {
        const { findings } = await look(`${shape(n)};\ncreate index i on rooms (id);`)
        // Whatever becomes of the deep statement, the next one is looked at, unless the text cannot be split at all.
        assert.ok(
          findings.some(({ code, at }) => code === 'require-concurrent-index-creation' && at.line === 2) ||
            findings.some(({ severity }) => severity === 'error'),
          `${n}: ${JSON.stringify(findings).slice(0, 300)}`,
        )
      }
    })

  test('a large file is read', async () => {
    const rows = Array.from({ length: 100_000 }, (_, index) => `(${index}, 'a text with 😀')`).join(',\n')
    assert.deepEqual(await codes(`insert into public.rooms values ${rows};`), [])
  })
})
