// Much input, and input that nobody would write: a right answer or a typed error, in time that grows with the size.
// Times are printed, for three sizes each; nothing depends on them. What grows is the number of steps that the core takes.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as counterfoil from 'counterfoil'
import { random } from './support/random.mjs'
import { countedCore } from './support/steps.mjs'

const { MigrationError, checksum, fingerprint, plan, splitStatements } = counterfoil
const counted = await countedCore()
after(() => counted.remove())

/** Four times as much input may take this many times the steps: sorting takes a little more than four. */
const mostGrowth = 6

/** Runs `work` for each size, checks what it gives, and prints the times; and checks that the steps grow with the size. */
function measure(t, unit, sizes, make, work, check) {
  const times = sizes.map((size) => {
    const input = make(size)
    const began = performance.now()
    const result = work(input, counterfoil)
    const time = performance.now() - began
    check(result, size)
    return `${size.toLocaleString('en')} ${unit}: ${time.toFixed(0)} ms`
  })
  t.diagnostic(times.join(', '))
  const [few, many] = [sizes[0] / 40, sizes[0] / 10].map((size) => {
    const input = make(size)
    return counted.stepsOf(() => work(input, counted.core))
  })
  t.diagnostic(`${unit}, four times as many: ${(many / few).toFixed(2)} times the steps (${many.toLocaleString('en')})`)
  assert.ok(few > 0 && many / few < mostGrowth, `${unit}: four times as many take ${many / few} times the steps`)
}

/** The result, or the error, which has to be one of ours. */
function typed(work) {
  try {
    return work()
  } catch (error) {
    assert.ok(
      error instanceof MigrationError || error instanceof counted.core.MigrationError,
      `not a MigrationError: ${error?.stack ?? error}`,
    )
    assert.match(error.code, /^[a-z]+(-[a-z]+)*$/)
    assert.ok(error.message)
    return error
  }
}

const megabyte = 1 << 20
const row = "insert into events (id, note) values (1, 'it''s a line; with a semicolon');\n"
const file = (megabytes) => `-- migrate:up\n${row.repeat(Math.ceil((megabytes * megabyte) / row.length))}`

test('what takes four times as long for twice as much is noticed', (t) => {
  const squares = (size, { checksum }) => {
    for (let at = 1; at <= size; at += 1) checksum('x'.repeat(at * 128))
  }
  assert.throws(() => measure(t, 'texts', [1_000], Number, squares, () => {}), /four times as many take 1\d\.\d+ times/)
})

test('a file of 10 MB is split into its statements', (t) => {
  measure(
    t,
    'MB',
    [2.5, 5, 10],
    file,
    (sql, { splitStatements }) => splitStatements(sql),
    (statements, size) => {
      assert.equal(statements.length, Math.ceil((size * megabyte) / row.length))
      assert.equal(statements.at(-1).text, row.trim().slice(0, -1))
      assert.equal(statements.at(-1).line, statements.length + 1)
    },
  )
})

test('a file of 10 MB is planned', (t) => {
  measure(
    t,
    'MB',
    [2.5, 5, 10],
    file,
    (text, { plan }) => plan({ '001_big.sql': text }),
    ({ decisions }, size) => {
      assert.equal(decisions[0].statements, Math.ceil((size * megabyte) / row.length))
    },
  )
})

test('a string of 10 MB is one token', (t) => {
  const text = (size) => `select '${'x'.repeat(size * megabyte)}'`
  measure(
    t,
    'MB',
    [2.5, 5, 10],
    text,
    (sql, { splitStatements, fingerprint, checksum }) => [splitStatements(sql), fingerprint(sql), checksum(sql)],
    ([statements]) => assert.equal(statements.length, 1),
  )
})

test('100,000 files are read and planned', (t) => {
  const files = (size) =>
    Object.fromEntries(
      Array.from({ length: size }, (_, n) => [
        `${String(n + 1).padStart(8, '0')}_m${n}.sql`,
        `-- migrate:up\nselect ${n};\n`,
      ]),
    )
  measure(
    t,
    'files',
    [25_000, 50_000, 100_000],
    files,
    (set, { readSet, plan }) => [readSet(set), plan(set)],
    ([set, { decisions }], size) => {
      assert.equal(set.migrations.length, size)
      assert.equal(decisions.length, size)
      assert.equal(decisions.at(-1).version, String(size).padStart(8, '0'))
      assert.ok(decisions.every(({ action }) => action === 'apply'))
    },
  )
})

test('a ledger of 1,000,000 rows is planned against', (t) => {
  const sql = '-- migrate:up\nselect 1;\n'
  const same = checksum(sql)
  const rows = (size) => Array.from({ length: size }, (_, n) => ({ version: String(n + 1), name: 'm', checksum: same }))
  measure(
    t,
    'rows',
    [250_000, 500_000, 1_000_000],
    rows,
    (ledger, { plan }) => plan({ '1_m.sql': sql, '3_m.sql': sql, '2000000_m.sql': `${sql}select 2;\n` }, ledger),
    ({ decisions }, size) => {
      assert.equal(decisions.length, size + 1)
      const codes = {}
      for (const { code } of decisions) codes[code] = (codes[code] ?? 0) + 1
      // Two files are applied, one is not; every other row has no file, and lies before the newest file.
      assert.deepEqual(codes, { applied: 2, pending: 1, missing: size - 2 })
    },
  )
})

test('comments in comments are followed 10,000 deep and more', (t) => {
  const nested = (depth) => `${'/*'.repeat(depth)} deep ${'*/'.repeat(depth)} select 1`
  measure(
    t,
    'deep',
    [10_000, 100_000, 1_000_000],
    nested,
    (sql, { splitStatements }) => splitStatements(sql),
    (statements, depth) => assert.equal(statements[0].start, depth * 4 + 7),
  )
  const open = typed(() => splitStatements(nested(10_000).replace('*/ select', ' select')))
  assert.equal(open.code, 'unterminated-comment')
  assert.deepEqual([open.at.line, open.at.column], [1, 1])
})

test('what opens and never closes does not take longer the more often it does', (t) => {
  const openers = {
    quotes: "'a",
    identifiers: '"a',
    'dollar quotes': '$a$ $b$ ',
    comments: '/* ',
    parentheses: '(',
    'begin atomic': 'create function f() begin atomic ',
    cases: 'case ',
  }
  for (const [what, text] of Object.entries(openers))
    measure(
      t,
      what,
      [25_000, 50_000, 100_000],
      (size) => text.repeat(size),
      (sql, { splitStatements }) => typed(() => splitStatements(sql)),
      () => {},
    )
})

test('markers in great number do not take longer than they should', (t) => {
  measure(
    t,
    'markers',
    [25_000, 50_000, 100_000],
    (size) => '-- migrate:up\nselect 1;\n'.repeat(size),
    (sql, { plan }) => typed(() => plan({ '1_a.sql': sql })),
    () => {},
  )
  measure(
    t,
    'blocks',
    [12_500, 25_000, 50_000],
    (size) =>
      '-- +goose NO TRANSACTION\n-- +goose Up\n' +
      '-- +goose StatementBegin\nselect 1;\nselect 2;\n-- +goose StatementEnd\n'.repeat(size),
    (sql, { plan }) => plan({ '1_a.sql': sql }),
    ({ decisions }, size) => assert.equal(decisions[0].statements, size * 2),
  )
  measure(
    t,
    'breakpoints',
    [25_000, 50_000, 100_000],
    (size) => 'select 1;--> statement-breakpoint\n'.repeat(size),
    (sql, { plan }) =>
      plan({ 'meta/_journal.json': '{"entries":[{"idx":0,"when":1,"tag":"0000_a"}]}', '0000_a.sql': sql }),
    ({ decisions }, size) => assert.equal(decisions[0].statements, size),
  )
})

test('100,000 files of one version are as many decisions, and no novel', (t) => {
  const files = (size) =>
    Object.fromEntries(Array.from({ length: size }, (_, n) => [`1_m${n}.sql`, `-- migrate:up\nselect ${n};\n`]))
  measure(
    t,
    'files',
    [25_000, 50_000, 100_000],
    files,
    (set, { plan }) => plan(set),
    ({ decisions }, size) => {
      assert.equal(decisions.length, size)
      assert.ok(decisions.every(({ code, message }) => code === 'duplicate' && message.length < 2_000))
    },
  )
})

test('random bytes, read as text of any encoding: statements or a typed error', () => {
  const seed = Date.now() % 1_000_000
  const next = random(seed)
  const pieces = [
    "'",
    '"',
    '$$',
    '$a$',
    '/*',
    '*/',
    '--',
    '\n',
    ';',
    'begin',
    'end',
    "E'\\",
    'U&"',
    '\\',
    'copy x from stdin;',
    '-- migrate:up\n',
    '-- migrate:down\n',
    '-- +goose StatementBegin\n',
    '\0',
    '\uFEFF',
    '\u{1F600}',
    '\r\n',
    'create rule r as on insert to t do (',
    ')',
    '\uD800',
  ]
  for (let round = 0; round < 3_000; round++) {
    const bytes = Buffer.from(Array.from({ length: Math.floor(next() * 200) }, () => Math.floor(next() * 256)))
    const mixed = Array.from(
      { length: Math.floor(next() * 40) },
      () => pieces[Math.floor(next() * pieces.length)],
    ).join(next() < 0.5 ? '' : ' ')
    for (const text of [bytes.toString('utf8'), bytes.toString('latin1'), bytes.toString('utf16le'), mixed]) {
      const where = `seed ${seed}, round ${round}: ${JSON.stringify(text)}`
      const statements = typed(() => splitStatements(text))
      if (Array.isArray(statements))
        for (const { text: statement, start, end } of statements) assert.equal(text.slice(start, end), statement, where)
      typed(() => plan({ '001_a.sql': text, '002_b.sql': `-- migrate:up\n${text}` }, [{ version: text.slice(0, 20) }]))
      typed(() => plan({ [text]: 'select 1', '1_a.up.sql': 'select 1' }))
      typed(() => [checksum(text), fingerprint(text)])
    }
  }
})

test('the core still answers after all that', () => {
  assert.equal(splitStatements('select 1; select 2').length, 2)
})
