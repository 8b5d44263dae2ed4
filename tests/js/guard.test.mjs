// The guards through the package: what the Rust tests cannot see, which is the way in and out of the review module.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { check } from 'counterfoil/guard'

const change = (base, head, more) => ({ sets: [{ dir: 'db', base, head, ...more }], messages: [], edits: [] })

test('a finding has its code, level, place, message and help', async () => {
  const verdict = await check(change({ 'db/1_é.sql': "select '😀';\n" }, { 'db/1_é.sql': "select '😀', 1;\n" }))
  assert.deepEqual(verdict, {
    findings: [
      {
        code: 'shipped-edited',
        severity: 'error',
        message: 'db/1_é.sql has shipped, and its statements have changed',
        help: 'put the old text back, and make the change in a new migration',
        // The emoji is one character.
        at: { path: 'db/1_é.sql', line: 1, column: 11 },
      },
    ],
    ok: false,
    renumber: [],
    allow: [
      {
        path: 'db/1_é.sql',
        old: `sha256:${createHash('sha256').update("select '😀';\n").digest('hex')}`,
        new: `sha256:${createHash('sha256').update("select '😀', 1;\n").digest('hex')}`,
        reason: '',
      },
    ],
  })
})

test('nothing is wrong with nothing', async () => {
  assert.deepEqual(await check({ sets: [], messages: [], edits: [] }), { findings: [], ok: true, renumber: [] })
})

test('levels, target, other branches and the time are taken', async () => {
  const base = { 'db/20250101000000_a.sql': 'select 1;' }
  const head = { ...base, 'db/20250102000000_b.sql': 'select 2;' }
  const target = { ...base, 'db/20250102000000_c.sql': 'select 3;' }
  const against = [{ name: 'feature', files: { ...base, 'db/20250102000000_d.sql': 'select 4;' } }]
  const verdict = await check(change(base, head, { target, against }), {
    severities: { 'version-collision': 'warning', 'version-collision-elsewhere': 'off' },
    now: '2026-03-04T05:06:07.089Z',
  })
  assert.deepEqual(
    verdict.findings.map(({ code, severity }) => [code, severity]),
    [['version-collision', 'warning']],
  )
  assert.equal(verdict.ok, true)
  assert.deepEqual(verdict.renumber, [
    { path: 'db/20250102000000_b.sql', to: 'db/20260304050607_b.sql', version: '20260304050607' },
  ])
})

test('tracks are kept level', async () => {
  const options = {
    tracks: {
      sqlite: { files: ['app/*.py'], registers: { line: '^ *\\(\\d+,' } },
      postgres: { files: ['alembic/**/*.py'], registers: 'file' },
    },
  }
  const base = 'LIST = [\n]\n'
  const head = 'LIST = [\n  (1, "ALTER TABLE t ADD COLUMN c TEXT"),\n]\n'
  const sqlite = { path: 'app/list.py', base, head, added: [[2, 1]] }
  const revision = {
    path: 'alembic/versions/a.py',
    base: null,
    head: 'def upgrade():\n  op.add_column("t", c)\n',
    added: [[1, 2]],
  }
  const one = await check({ sets: [], messages: [], edits: [sqlite] }, options)
  assert.deepEqual(
    one.findings.map(({ code, at }) => [code, at]),
    [['track-parity', { path: 'app/list.py', line: 2, column: 8 }]],
  )
  assert.equal((await check({ sets: [], messages: [], edits: [sqlite, revision] }, options)).ok, true)
})

test('what counts as DDL is a word, an expression or a list of them', async () => {
  const edits = [
    { path: 'a/1.sql', base: null, head: '-- ensure\nselect ensure_column();\n', added: [[1, 2]] },
    {
      path: 'a/1.ts',
      base: null,
      head: "export const up = (db) => db.schema.createTable('t').execute()\n",
      added: [[1, 1]],
    },
  ]
  const places = async (ddl) => {
    const track = (files) => ({ files: [files], registers: 'file', ...(ddl && { ddl }) })
    const tracks = { a: track('a/*'), b: track('b/*') }
    const { findings } = await check({ sets: [], messages: [], edits }, { tracks, earlierTracks: tracks })
    return findings.map(({ at: { path, line, column } }) => `${path}:${line}:${column}`)
  }
  assert.deepEqual(await places(undefined), ['a/1.ts:1:37'])
  assert.deepEqual(await places('builders'), ['a/1.ts:1:37'])
  assert.deepEqual(await places('sql'), [])
  assert.deepEqual(await places(['sql', 'sqlalchemy']), [])
  // Of the comment nothing counts.
  assert.deepEqual(await places({ line: 'ensure' }), ['a/1.sql:2:8'])
  assert.deepEqual(await places(['builders', { line: 'ensure' }]), ['a/1.sql:2:8'])
  assert.deepEqual(await places('any'), ['a/1.sql:2:1'])
  await assert.rejects(places({ line: '(' }), {
    code: 'invalid-input',
    message: 'tracks.a.ddl[0].line is "(", which is not a regular expression: found open group without closing \')\'',
  })
  await assert.rejects(places([]), { code: 'invalid-input', message: 'tracks.a.ddl is empty' })
})

test('an exception of the options makes a note of what it names', async () => {
  const edited = change({ 'db/1_a.sql': 'select 1;' }, { 'db/1_a.sql': 'select 2;' })
  const { allow } = await check(edited)
  const entries = allow.map((entry) => ({ ...entry, reason: 'it has run nowhere' }))
  const said = async (options, messages = []) =>
    (await check({ ...edited, messages }, options)).findings.map(({ severity, message }) => [
      severity,
      /it has run nowhere/.test(message),
    ])
  assert.deepEqual(await said({ allow: entries }), [['note', true]])
  assert.deepEqual(await said({ allow: entries, earlierAllow: entries }), [['note', true]])
  assert.deepEqual(await said({ allow: entries, earlierAllow: [] }), [['error', true]])
  assert.deepEqual(await said({ allow: entries, earlierAllow: [] }, ['[counterfoil-allow shipped-edited]']), [
    ['note', true],
  ])
  assert.deepEqual(await said({ allow: [{ ...entries[0], new: entries[0].old }] }), [['error', false]])
})

for (const [what, given, options, message] of [
  [
    'a wrong type',
    { sets: [{ dir: 1 }], messages: [], edits: [] },
    {},
    'change.sets[0].dir: invalid type: integer `1`, expected a string',
  ],
  [
    'a text that is none',
    change({ 'db/1_a.sql': null }, {}),
    {},
    'change.sets[0].base.db/1_a.sql: invalid type: null, expected a string',
  ],
  [
    'an unknown field',
    { sets: [], message: [] },
    {},
    'change.message: unknown field `message`, expected one of `name`, `sets`, `messages`, `edits`, `tracked`',
  ],
  [
    'an unknown level',
    { sets: [], messages: [], edits: [] },
    { severities: { 'shipped-edited': 'fatal' } },
    'options.severities.shipped-edited: unknown variant `fatal`, expected one of `off`, `note`, `warning`, `error`',
  ],
  [
    'an unknown code',
    { sets: [], messages: [], edits: [] },
    { severities: { shipped: 'off' } },
    'severities has an unknown code, "shipped"',
  ],
  ['an unknown convention', change({}, {}, { convention: 'rails' }), {}, 'there is no convention "rails"'],
  [
    'a pattern that is none',
    { sets: [], messages: [], edits: [] },
    { tracks: { a: { files: ['a'], registers: { line: '[' } } } },
    /^tracks\.a\.registers\.line is "\[", which is not a regular expression/,
  ],
])
  test(`${what} is refused, and named`, async () => {
    await assert.rejects(check(given, options), (error) => {
      assert.equal(error.name, 'MigrationError')
      assert.equal(error.code, 'invalid-input')
      assert[typeof message === 'string' ? 'equal' : 'match'](error.message, message)
      assert.ok(error.help)
      return true
    })
  })

test('a text that is not well-formed is refused, with its place', async () => {
  await assert.rejects(check(change({ 'db/1_a.sql': 'a\n\ud800' }, {})), {
    code: 'invalid-text',
    at: { path: 'db/1_a.sql', line: 2, column: 1 },
  })
})

test('a large change comes back', async () => {
  const tree = (text) =>
    Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`db/${at}_a.sql`, `${text}${at};\n`.repeat(50)]))
  const { findings } = await check(change(tree('select '), tree('select -')))
  assert.equal(findings.length, 5_000)
})
