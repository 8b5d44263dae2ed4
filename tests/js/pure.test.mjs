// The functions that need no database, and what they do with input that no typed caller would pass.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { checksum, fingerprint, init, plan, readiness, readSet, splitStatements } from 'counterfoil'
import { fails } from './support/errors.mjs'

const up = (sql) => `-- migrate:up\n${sql}\n`
const set = { '001_a.sql': up('create table a ();'), '002_b.sql': up('create table b ();') }
const codes = ({ decisions }) => decisions.map(({ version, action, code }) => `${version} ${action} ${code}`)

describe('planning', () => {
  test('says for every file and every row what is done, and why', () => {
    assert.deepEqual(codes(plan(set)), ['001 apply pending', '002 apply pending'])
    assert.deepEqual(codes(plan(set, [{ version: '002' }, { version: '009' }])), [
      '001 apply pending',
      '002 skip unverified',
      '009 drift ahead',
    ])
  })

  test('does not depend on the form or the order in which the files come', () => {
    const { digest } = plan(set)
    const list = Object.entries(set).map(([path, sql]) => ({ path, sql }))
    for (const other of [
      list,
      list.toReversed?.() ?? [...list].reverse(),
      Object.fromEntries(list.map(({ path, sql }) => [path, { default: sql }])),
    ])
      assert.equal(plan(other).digest, digest)
  })

  test('takes a policy, a table and a convention', () => {
    const edited = [{ version: '001', name: 'a', checksum: 'sha256:0' }]
    assert.equal(plan(set, edited).decisions[0].severity, 'error')
    assert.equal(plan(set, edited, { policy: { 'edited-semantic': 'note' } }).decisions[0].severity, 'note')
    const touching = { '001_a.sql': up('drop table ops.applied;') }
    assert.deepEqual(
      plan(touching, [], { table: 'ops.applied' }).findings.map(({ code }) => code),
      ['ledger-touched'],
    )
    assert.deepEqual(plan(touching).findings, [])
    assert.equal(readSet({ '001_a.sql': 'select 1' }, { convention: 'sqlx' }).convention, 'sqlx')
  })

  test('readiness says 200 or 503', () => {
    assert.deepEqual(readiness(set, [{ version: '001' }, { version: '002' }]), {
      status: 'ready',
      httpStatus: 200,
      message: 'ready: db=002 expected=002',
      database: '002',
      expected: '002',
    })
    assert.equal(readiness(set, [{ version: '001' }]).httpStatus, 503)
  })

  test('a set is read into migrations in order', () => {
    const { convention, migrations } = readSet({
      '10_b.sql': up('select 2;'),
      '9_a.sql': `${up('select 1;')}-- migrate:down\nselect 0;\n`,
    })
    assert.equal(convention, 'dbmate')
    assert.deepEqual(
      migrations.map(({ version, name, path, down, repeatable, replaces }) => ({
        version,
        name,
        path,
        down,
        repeatable,
        replaces,
      })),
      [
        { version: '9', name: 'a', path: '9_a.sql', down: true, repeatable: false, replaces: [] },
        { version: '10', name: 'b', path: '10_b.sql', down: false, repeatable: false, replaces: [] },
      ],
    )
    assert.equal(migrations[1].checksum, checksum(up('select 2;')))
  })
})

describe('splitting', () => {
  test('gives the statements where JavaScript finds them, whatever stands before them', () => {
    const sql =
      '-- 😀é\nselect \'😀;\' as "ü" ;;\r\n\tdrop schema x cascade; create index concurrently i on t (c) -- end'
    const statements = splitStatements(sql)
    assert.deepEqual(
      statements.map(({ start, end }) => sql.slice(start, end)),
      ['select \'😀;\' as "ü"', 'drop schema x cascade', 'create index concurrently i on t (c)'],
    )
    for (const { text, start, end } of statements) assert.equal(text, sql.slice(start, end))
    assert.deepEqual(
      statements.map(({ line, column }) => [line, column]),
      [
        [2, 1],
        [3, 2],
        [3, 25],
      ],
    )
    assert.deepEqual(
      statements.map(({ transactional }) => transactional),
      [true, true, false],
    )
    assert.equal(statements[1].destructive !== undefined, true)
  })

  test('says where a text cannot be split', async () => {
    await fails(() => splitStatements("select 1;\n select 'é"), {
      code: 'unterminated-string',
      at: { path: 'sql', line: 2, column: 9 },
    })
    await fails(() => splitStatements('/* /* */'), {
      code: 'unterminated-comment',
      at: { path: 'sql', line: 1, column: 1 },
    })
  })

  test('an empty text has no statements', () => {
    for (const sql of ['', ' \n', ';;;', '-- only a comment', '\ufeff']) assert.deepEqual(splitStatements(sql), [])
  })
})

describe('checksums', () => {
  const sha256 = (text) => `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`

  test('are SHA-256 of the UTF-8 bytes, without a byte order mark and with LF', () => {
    for (const text of ['', 'abc', 'é😀\u2028', 'a\nb\n', '\u0000', 'x'.repeat(100_000)]) {
      assert.equal(checksum(text), sha256(text))
      assert.equal(checksum(`\ufeff${text.replaceAll('\n', '\r\n')}`), sha256(text))
    }
  })

  test('fingerprints see past comments and white space, and nothing else', () => {
    const one = fingerprint('select  1 -- a\n;')
    assert.equal(fingerprint('/* b */select 1;'), one)
    assert.notEqual(fingerprint("select '1';"), one)
  })
})

describe('input of the wrong kind is named', () => {
  const bad = (value, message) => test(message, () => fails(() => plan(value), { code: 'invalid-input', message }))

  bad(null, 'migrations is null')
  bad(undefined, 'migrations is undefined')
  bad(42, 'migrations is a number')
  bad('001.sql', 'migrations is a string')
  bad(new Map(), 'migrations is a Map')
  bad({ '001_a.sql': 1 }, '001_a.sql is a number')
  bad({ '001_a.sql': null }, '001_a.sql is null')
  bad({ '001_a.sql': ['select 1'] }, '001_a.sql is an array')
  bad({ '001_a.sql': {} }, '001_a.sql is an object')
  bad({ '001_a.sql': { default: 7 } }, '001_a.sql is a number')
  bad({ '001_a.sql': async () => 'select 1' }, '001_a.sql has yet to be loaded')
  bad(['001_a.sql'], 'migrations[0] is a string')
  bad([{ path: '001_a.sql' }], '001_a.sql is undefined')
  bad([{ sql: 'select 1' }], 'migrations[0].path is undefined')
  // oxlint-disable-next-line no-sparse-arrays -- a hole is what is tested
  bad([, { path: 'a', sql: '' }], 'migrations[0] is undefined')
  bad(
    {
      get '001_a.sql'() {
        throw new Error('boom')
      },
    },
    '001_a.sql cannot be read: boom',
  )

  test('rows', async () => {
    await fails(() => plan(set, 'rows'), { code: 'invalid-input', message: /the ledger/ })
    await fails(() => plan(set, [{ version: 1 }]), { code: 'invalid-input', message: /string/ })
    await fails(() => plan(set, [{ version: '1', state: 'asleep' }]), { code: 'invalid-input', message: /asleep/ })
    await fails(() => plan(set, [null]), { code: 'invalid-input' })
  })

  test('texts', async () => {
    for (const work of [checksum, fingerprint, splitStatements])
      for (const value of [undefined, null, 1, {}, ['x'], new String('x')])
        await fails(() => work(value), { code: 'invalid-input', message: 'sql is not a string' })
  })

  test('options', async () => {
    await fails(() => plan(set, [], null), { code: 'invalid-input', message: 'options is not an object' })
    await fails(() => plan(set, [], { policy: 'strict' }), {
      code: 'invalid-input',
      message: 'the option policy is not an object of code to severity',
    })
    await fails(() => plan(set, [], { policy: { 'edited-semantic': 'loud' } }), {
      code: 'invalid-input',
      message: /loud/,
    })
    await fails(() => plan(set, [], { convention: 'rails' }), { code: 'invalid-input', message: /rails/ })
    await fails(() => plan(set, [], { when: 'apply' }), {
      code: 'invalid-input',
      message: 'there is no option when here',
    })
    for (const table of ['x.', '.x', 'x\0', { schema: '', name: 'x' }, { schema: 'a\0', name: 'x' }])
      await fails(() => plan(set, [], { table }), {
        code: 'invalid-input',
        message: 'the option table is not a name or schema.name',
      })
    await fails(() => plan(set, [], { table: { schema: 'x' } }), {
      code: 'invalid-input',
      message: /^the option table/,
    })
  })
})

describe('text that is not Unicode is named', () => {
  const cases = [
    ["-- migrate:up\nselect '\ud800';", 2, 9],
    ["-- migrate:up\nselect '😀\udc00';", 2, 10],
    ["-- migrate:up\nselect '\ufffd', '\udfff", 2, 14],
  ]
  for (const [sql, line, column] of cases)
    test(`at ${line}:${column}`, () =>
      fails(() => plan({ '001_a.sql': sql }), { code: 'invalid-text', at: { path: '001_a.sql', line, column } }))

  test('also in a path, and what only looks like it is fine', async () => {
    await fails(() => plan({ '001_\ud800.sql': 'select 1' }), { code: 'invalid-text' })
    await fails(() => checksum('\udc00\ud800'), { code: 'invalid-text' })
    assert.equal(plan({ '001_a.sql': up("select '\ufffd😀';") }).decisions.length, 1)
  })

  test('a NUL byte is refused too', () =>
    fails(() => plan({ '001_a.sql': up("select '\0';") }), { code: 'invalid-text' }))
})

describe('prototypes', () => {
  test('names of theirs are names like any other', () => {
    const files = JSON.parse('{ "__proto__": "select 1", "constructor": "x" }')
    assert.doesNotThrow(() => readSet(Object.assign(Object.create(null), { '001_a.sql': up('select 1;') })))
    assert.equal(Object.keys(files).length, 2)
    try {
      plan(files)
    } catch (error) {
      assert.equal(error.name, 'MigrationError')
    }
    assert.equal({}.polluted, undefined)
  })

  test('what they hold is not taken for files or options', async () => {
    Object.prototype['009_polluted.sql'] = up('drop table users;')
    Object.prototype.policy = { nonsense: 'error' }
    try {
      assert.deepEqual(codes(plan(set)), ['001 apply pending', '002 apply pending'])
      await fails(() => plan({ '001_a.sql': Object.create({ default: 'select 1' }) }), { code: 'invalid-input' })
    } finally {
      delete Object.prototype['009_polluted.sql']
      delete Object.prototype.policy
    }
  })
})

test('init may be called in Node, at any time and more than once', async () => {
  await Promise.all([init(), init()])
  await init()
  assert.equal(splitStatements('select 1').length, 1)
})
