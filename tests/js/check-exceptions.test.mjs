// What `counterfoil check` says of deliberate exceptions, and of changes that break nothing, in real repositories.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { counterfoil, verdict } from './support/check.mjs'
import { block } from './support/docs.mjs'
import { removeRepositories, repository } from './support/history.mjs'

after(removeRepositories)

const dir = 'db/migrations'
const at = (files) => Object.fromEntries(Object.entries(files).map(([name, text]) => [`${dir}/${name}`, text]))
const up = (text) => `-- migrate:up\n${text}\n`
const config = (check) => ({ 'counterfoil.config.json': JSON.stringify({ check }) })
const topic = (before, after, message) =>
  repository([{ files: before }, { on: 'topic', from: 'main', files: after, ...(message && { message }) }])
const brief = ({ findings }) => findings.map(({ severity, code }) => `${severity} ${code}`)

describe('an exception', () => {
  const allow = JSON.parse(block('allow')).check.allow
  const before = at({ '001_users.sql': up('create table users ();'), '002_orders.sql': up('create table orders ();') })
  const edited = at({ '002_orders.sql': up('create table orders (id int);') })

  test('for what has shipped is the entry that the verdict proposes, as the documentation shows it', () => {
    const { ok, allow: proposed } = verdict(topic(before, edited))
    assert.equal(ok, false)
    assert.deepEqual(
      proposed,
      allow.map((entry) => ({ ...entry, reason: '' })),
    )
  })

  test('of the configuration counts if the base has it', () => {
    const seen = verdict(topic({ ...before, ...config({ allow }) }, edited))
    assert.deepEqual([seen.ok, brief(seen)], [true, ['note shipped-edited']])
    assert.equal(
      seen.findings[0].message,
      'db/migrations/002_orders.sql has shipped, and its statements have changed; allowed: it has run nowhere yet; ' +
        'databases that ran the old text will refuse it as `edited-semantic`: have them put that policy at warning, ' +
        'and bring them what differs in a new migration',
    )
    // What it does not name stays as bad as it was.
    const other = at({ '002_orders.sql': up('create table orders (id bigint);') })
    assert.deepEqual(brief(verdict(topic({ ...before, ...config({ allow }) }, other))), ['error shipped-edited'])
  })

  test('that the change brings counts with a word in a commit message, as the finding says', () => {
    const brought = { ...edited, ...config({ allow }) }
    const unseen = verdict(topic(before, brought))
    assert.deepEqual([unseen.ok, brief(unseen)], [false, ['error shipped-edited']])
    const [, word] = /with (\[.*\]) in a commit message, or merged in a change before$/.exec(unseen.findings[0].message)
    assert.equal(word, '[counterfoil-allow shipped-edited]')
    const seen = verdict(topic(before, brought, `Orders have a number\n\n${word}`))
    assert.deepEqual([seen.ok, brief(seen)], [true, ['note shipped-edited']])
    // The word alone allows nothing.
    assert.deepEqual(brief(verdict(topic(before, edited, word))), ['error shipped-edited'])
    // Nor does a level that is changed along with it.
    const off = { ...edited, ...config({ allow, severities: { 'shipped-edited': 'off' } }) }
    assert.deepEqual(brief(verdict(topic(before, off))), ['warning check-config-changed', 'error shipped-edited'])
  })

  test('that is wrong is refused, with its key', () => {
    const said = (entry) => counterfoil(topic({ ...before, ...config({ allow: [entry] }) }, edited), []).stderr
    assert.match(said({ path: 'a' }), /check\.allow\.0 has no reason/)
    assert.match(said({ path: 'a', old: 1, reason: 'x' }), /check\.allow\.0\.old is not a text/)
    assert.match(said({ path: 'a', from: 'x', reason: 'x' }), /there is no setting check\.allow\.0\.from/)
  })

  test('for a version stands in the file', () => {
    const late = (comment) => at({ '003_late.sql': up(`${comment}\nselect 3;`) })
    const merged = (comment, message) =>
      verdict(
        repository(
          [
            { files: { ...before, ...config({ severities: { 'version-behind': 'error' } }) } },
            { on: 'topic', from: 'main', files: late(comment), ...(message && { message }) },
            { files: at({ '004_newer.sql': up('select 4;') }) },
          ],
          { checkout: 'topic' },
        ),
        ['--base=main'],
      )
    const comment = '-- counterfoil-allow version-behind: 004 needs it'
    assert.deepEqual(brief(merged('')), ['error version-behind'])
    assert.deepEqual(brief(merged(comment)), ['error version-behind'])
    const seen = merged(comment, 'Late [counterfoil-allow version-behind]')
    assert.deepEqual([seen.ok, brief(seen), seen.renumber], [true, ['note version-behind'], []])
  })
})

describe('what breaks nothing', () => {
  test('BEGIN and COMMIT around a file, and one spelling for the other', () => {
    const down = at({ '001_a.down.sql': 'drop table a;\n' })
    const wrapped = 'BEGIN;\n  create table a (id int);\nCOMMIT;\n'
    for (const [was, is] of [
      [wrapped, 'create table a (id int);\n'],
      ['create table a (id int);\n', wrapped],
      [wrapped, 'START TRANSACTION;\nCREATE TABLE a (id int);\nEND;\n'],
    ]) {
      const seen = verdict(topic({ ...down, ...at({ '001_a.up.sql': was }) }, at({ '001_a.up.sql': is })))
      assert.deepEqual([seen.ok, brief(seen)], [true, ['warning shipped-edited-cosmetic']])
    }
  })

  test('another tool is one finding', () => {
    const golang = [1, 2, 3].flatMap((n) => [
      [`00${n}_t${n}.up.sql`, `create table t${n} (id int);\n`],
      [`00${n}_t${n}.down.sql`, `drop table t${n};\n`],
    ])
    const goose = [1, 2, 3].map((n) => [
      `00${n}_t${n}.sql`,
      `-- +goose Up\ncreate table t${n} (id int);\n\n-- +goose Down\ndrop table t${n};\n`,
    ])
    const gone = Object.fromEntries(golang.map(([name]) => [name, null]))
    const top = topic(at(Object.fromEntries(golang)), at({ ...gone, ...Object.fromEntries(goose) }))
    const { stdout, status } = counterfoil(top, [])
    assert.equal(
      stdout,
      `warning[tool-changed]: the migrations in ${dir} have shipped as golang-migrate and are now goose: 3 shipped migrations, each with its version\n\nthis change may be merged: 1 warning\n`,
    )
    assert.equal(status, 0)
  })

  test('the counterpart that was forgotten', () => {
    const { check } = JSON.parse(block('tracks'))
    const list =
      'def _m_b(c):\n    c.execute("CREATE TABLE b (id INTEGER)")\n\n\nMIGRATIONS = [\n    ("a", _m_a),\n    ("b", _m_b),\n]\n'
    const revision = (id, before) =>
      `revision = "${id}"\ndown_revision = ${before}\n\n\ndef upgrade():\n    op.create_table("${id}")\n`
    const before = { ...config(check), 'app/migrations.py': list, 'alembic/versions/a.py': revision('a', 'None') }
    const top = topic(before, { 'alembic/versions/b.py': revision('b', '"a"') })
    const { stdout, stderr, status } = counterfoil(top, [])
    assert.deepEqual([status, stdout], [0, 'this change may be merged\n'])
    // What each track sees is said.
    assert.match(
      stderr,
      /^the track postgres sees 2 files with 2 entries\nthe track sqlite sees 1 file with 2 entries$/m,
    )
    assert.deepEqual(verdict(top).tracks, [
      { name: 'postgres', files: 2, entries: 2 },
      { name: 'sqlite', files: 1, entries: 2 },
    ])
    // Another one is no counterpart of it.
    assert.deepEqual(brief(verdict(topic(before, { 'alembic/versions/c.py': revision('c', '"a"') }))), [
      'error track-parity',
    ])
  })

  test('is one line, and what stops has its picture', () => {
    const top = repository(
      [
        { files: at({ '1.sql': up('select 1;'), '2.sql': up('select 2;') }) },
        { on: 'topic', from: 'main', files: at({ '2.sql': up('SELECT 2;'), '3.sql': up('select 3;') }) },
        { files: at({ '4.sql': up('select 4;') }) },
      ],
      { checkout: 'topic' },
    )
    assert.equal(
      counterfoil(top, ['--base=main']).stdout,
      `warning[shipped-edited-cosmetic]: ${dir}/2.sql has shipped, and only what does not run has changed (${dir}/2.sql:2:1)
note[version-behind]: ${dir}/3.sql comes before ${dir}/4.sql: a database that has the latter gets it late (${dir}/3.sql:1:1)

this change may be merged: 1 warning, 1 note
\`counterfoil check --renumber\` gives 1 file a free version
`,
    )
  })
})
