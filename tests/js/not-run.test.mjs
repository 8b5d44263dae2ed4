// What must not run, and what would run without something: refused before anything is written.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readSet } from 'counterfoil'
import { embed } from 'counterfoil/embed'
import { readMigrations } from 'counterfoil/node'
import { migrate, plan, stamp } from 'counterfoil/pglite'
import { codeEndings, otherEndings } from '../../pkg/set/companions.js'
import { project } from './support/cli.mjs'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { stampsOf } from './support/stamps.mjs'

/** Names of everything outside of PostgreSQL's own schemas. */
async function made(db) {
  const { rows } = await db.query(
    "select relname from pg_class where relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) and relnamespace::regnamespace::text not like 'pg_toast%' order by 1",
  )
  return rows.map(({ relname }) => relname)
}

const versions = (list) => list.map(({ version }) => version)

/** The set is refused, and nothing is there afterwards: no ledger either. */
async function refused(set, at, options) {
  const db = await freshPGlite()
  try {
    await fails(migrate(db, set, options), { code: 'plan-refused', at })
    assert.deepEqual(await made(db), [])
  } finally {
    await db.close()
  }
}

/** Files of other tools, and the line of the marker. */
const backs = {
  'MyBatis Migrations': ['-- // stamps\ncreate table stamps (id int);\n-- //@UNDO\ndrop table stamps;\n', 3],
  rambler: ['-- rambler up\ncreate table stamps (id int);\n-- rambler down\ndrop table stamps;\n', 3],
  micrate: ['-- +micrate Up\ncreate table stamps (id int);\n-- +micrate Down\ndrop table stamps;\n', 3],
  Play: ['-- !Ups\ncreate table stamps (id int);\n-- !Downs\ndrop table stamps;\n', 3],
  'Play with #': ['# --- !Ups\ncreate table stamps (id int);\n# --- !Downs\ndrop table stamps;\n', 3],
  'plain words': ['-- up\ncreate table stamps (id int);\n-- down\ndrop table stamps;\n', 3],
  'with a dash': ['create table stamps (id int);\n-- migrate-down\ndrop table stamps;\n', 2],
  'in brackets': ['create table stamps (id int);\n-- [down]\ndrop table stamps;\n', 2],
  'a runner of its own': ['--@UP\ncreate table stamps (id int);\n--@DOWN\ndrop table stamps;\n', 3],
}

test("another tool's way back is not embedded, unless the policy says so", () => {
  const set = { '001_stamps.sql': backs['with a dash'][0] }
  assert.throws(() => embed(set), { code: 'foreign-marker', at: { path: '001_stamps.sql', line: 2, column: 1 } })
  assert.equal(embed(set, { policy: { 'foreign-marker': 'note' } }).count, 1)
})

describe('a carriage return that ends a line', () => {
  test('is refused with its place, whatever the convention makes of the file', async () => {
    const text = '-- migrate:up\rcreate table stamps (id int);\r-- migrate:down\rdrop table stamps;\r'
    await refused({ '001_stamps.sql': text }, { path: '001_stamps.sql', line: 1, column: 14 })
    await refused({ '001_stamps.sql': text }, { path: '001_stamps.sql', line: 1, column: 14 }, { convention: 'plain' })
    const db = await freshPGlite()
    // What the help says.
    await migrate(db, { '001_stamps.sql': text.replaceAll('\r', '\n') })
    assert.ok((await made(db)).includes('stamps'))
    await db.close()
  })

  test('between quotes is what PostgreSQL takes it for', async () => {
    const db = await freshPGlite()
    const text = "create table stamps (id text); insert into stamps values ('a\rb'), ($$c\rd$$), (E'e\\rf');"
    await migrate(db, { '001_stamps.sql': text })
    const { rows } = await db.query('select id from stamps')
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['a\rb', 'c\rd', 'e\rf'],
    )
    await db.close()
  })

  test('in a way back is refused when that is to run', async (t) => {
    const it = project(t, {
      'db/migrations/001_a.sql': '-- migrate:up\nselect 1;\n-- migrate:down\nselect 2;\rselect 3;\n',
    })
    assert.equal((await it.run(['up', '--url', 'pglite:./data'])).status, 0)
    const { status, stdout } = await it.run(['down', '--yes', '--url', 'pglite:./data', '--format', 'json'])
    assert.equal(status, 1, stdout)
    const { error } = JSON.parse(stdout)
    assert.deepEqual([error.code, error.at], ['invalid-text', { path: 'db/migrations/001_a.sql', line: 4, column: 10 }])
  })
})

/** A set of goose: the second fills what the third takes the source of. */
const goose = {
  '00001_people.sql':
    "-- +goose Up\ncreate table people (name text, first text);\ninsert into people values ('Ada Lovelace');\n",
  '00002_split.go': 'package migrations\n',
  '00003_drop.sql': '-- +goose Up\nalter table people drop column name;\n',
}
const at = { path: '00002_split.go', line: 1, column: 1 }

describe('a migration in code', () => {
  test('is run in its turn where nothing has been run yet, as the help says', async () => {
    const db = await freshPGlite()
    const [{ help }] = (await plan(db, goose)).findings
    assert.match(help, /; or move the files that come after it away, migrate, run it .*, and put them back$/)
    const { '00003_drop.sql': _, ...first } = goose
    assert.deepEqual(versions((await migrate(db, first)).applied), ['00001'])
    await db.exec(`update people set first = split_part(name, ' ', 1)`)
    await stampsOf(help, { stamp })[0](db, goose)
    assert.deepEqual(versions((await migrate(db, goose)).applied), ['00003'])
    assert.deepEqual((await db.query('select * from people')).rows, [{ first: 'Ada' }])
    await db.close()
  })

  test('that is the first of all is recorded as the help says', async () => {
    const db = await freshPGlite()
    const { '00001_people.sql': sql, ...others } = goose
    const [{ help }] = (await plan(db, others)).findings
    await db.exec(`${sql}; update people set first = split_part(name, ' ', 1)`)
    await stampsOf(help, { stamp })[0](db, others)
    assert.deepEqual(versions((await migrate(db, others)).applied), ['00003'])
    assert.deepEqual((await db.query('select * from people')).rows, [{ first: 'Ada' }])
    await db.close()
  })

  test('is passed over where the policy says so', async () => {
    const db = await freshPGlite()
    const policy = { 'not-run': 'warning' }
    const { applied, findings } = await migrate(db, goose, { policy })
    assert.deepEqual([versions(applied), findings.map(({ severity }) => severity)], [['00001', '00003'], ['warning']])
    await db.close()
  })

  test('is carried by a manifest, without its text', async () => {
    const manifest = embed({ ...goose, '00002_split.go': 'package secret' })
    assert.deepEqual(manifest.files[1], { path: '00002_split.go', sql: '', checksum: null })
    await refused(manifest, at)
  })

  test('is a warning of a bundler, and refused where the bundle runs', async (t) => {
    const it = project(t, {
      ...Object.fromEntries(Object.entries(goose).map(([name, text]) => [`m/${name}`, text])),
      'main.js': "export { default } from 'virtual:counterfoil'",
    })
    const { rollup } = await import('rollup')
    const { default: counterfoil } = await import('counterfoil/rollup')
    const warnings = []
    const bundle = await rollup({
      input: join(it.folder, 'main.js'),
      plugins: [counterfoil({ dir: join(it.folder, 'm') })],
      onwarn: ({ message }) => warnings.push(message),
    })
    await bundle.write({ file: join(it.folder, 'out.mjs') })
    await bundle.close()
    assert.deepEqual(warnings.length, 1)
    assert.match(warnings[0], /00002_split\.go is a migration in code, which is not run here/)
    const { default: manifest } = await import(join(it.folder, 'out.mjs'))
    await refused(manifest, at)
  })

  test('has one list of endings, in the folder reader and in the core', async (t) => {
    const core = readFileSync(new URL('../../src/convention/code.rs', import.meta.url), 'utf8')
    const [, list] = /const ENDINGS: &\[&str\] = &\[([^\]]*)\]/.exec(core)
    assert.deepEqual(codeEndings, JSON.parse(`[${list.replace(/,\s*$/, '')}]`))
    const [, rest] = /const OTHERS: &\[&str\] = &\[([^\]]*)\]/.exec(core)
    assert.deepEqual(otherEndings, JSON.parse(`[${rest.replace(/,\s*$/, '')}]`))

    const names = codeEndings.flatMap((ending) => [
      `1_a.${ending}`,
      `2-b.${ending}`,
      `3.${ending}`,
      `4_d.up.${ending}`,
      `5_e.down.${ending}`,
    ])
    const others = ['6_f.md', 'main.go', 'util.py', '7_g_test.go', '8_h.d.ts', '9_i.test.js']
    const all = { '000_a.sql': '', ...Object.fromEntries([...names, ...others].map((name) => [name, 'x'])) }
    const it = project(t, Object.fromEntries(Object.entries(all).map(([name, text]) => [`m/${name}`, text])))
    const found = (files) =>
      readSet(files, { convention: 'plain' })
        .findings.map(({ code, at }) => `${code} ${at.path}`)
        .sort()
    const expected = names.map((name) => `not-run ${name}`).sort()
    // A bundler's glob hands over everything.
    assert.deepEqual(found(all), expected)
    assert.deepEqual(found(await readMigrations(join(it.folder, 'm'))), expected)

    const flyway = ['V1__a.java', 'R__b.kt', 'afterMigrate.sh', 'afterMigrate__c.sql', 'V2__d.sql']
    const of = project(t, Object.fromEntries(flyway.map((name) => [`m/${name}`, 'x'])))
    assert.deepEqual(Object.keys(await readMigrations(join(of.folder, 'm'))).sort(), flyway.toSorted())
  })

  test('is found in a folder whatever it ends in, by its name only', async (t) => {
    const it = project(t, { 'm/1_a.sql': 'create table a ();', 'm/3_c.sql': 'create table c ();', 'm/README.md': 'x' })
    // Packed: no text at all.
    writeFileSync(join(it.folder, 'm/2_b.sql.gz'), Buffer.from([0x1f, 0x8b, 0, 0xff]))
    const set = await readMigrations(join(it.folder, 'm'))
    assert.deepEqual(Object.keys(set).sort(), ['1_a.sql', '2_b.sql.gz', '3_c.sql'])
    await refused(set, { path: '2_b.sql.gz', line: 1, column: 1 })
    const manifest = embed(set)
    assert.deepEqual(manifest.files[1], { path: '2_b.sql.gz', sql: '', checksum: null })
    await refused(manifest, { path: '2_b.sql.gz', line: 1, column: 1 })
    // What the help says.
    const { '2_b.sql.gz': packed, ...rest } = set
    const db = await freshPGlite()
    assert.deepEqual(versions((await migrate(db, { ...rest, '2_b.sql': 'create table b ();' })).applied), [
      '1',
      '2',
      '3',
    ])
    await db.close()

    const diesel = project(t, {
      'm/2024-01-01_a/up.sql': 'create table a ();',
      'm/2024-01-02_b/up.rs': 'fn up() {}',
      'm/2024-01-03_c/up.sql': 'create table c ();',
    })
    await refused(await readMigrations(join(diesel.folder, 'm')), { path: '2024-01-02_b/up.rs', line: 1, column: 1 })
  })

  test('is told by every command, with exit code 1', async (t) => {
    const it = project(
      t,
      Object.fromEntries(Object.entries(goose).map(([name, text]) => [`db/migrations/${name}`, text])),
    )
    const url = ['--url', 'pglite:./data']
    const path = 'db/migrations/00002_split.go'
    for (const command of ['up', 'status', 'plan']) {
      const { status, stdout, stderr } = await it.run([command, ...url])
      assert.equal(status, 1, stdout + stderr)
      assert.match(stdout + stderr, /00002_split\.go is a migration in code, which is not run here, and/)
      const { status: same, stdout: marks } = await it.run([command, ...url, '--format', 'github'])
      assert.equal(same, 1)
      assert.match(marks, new RegExp(`::error file=${path},line=1,col=1,title=counterfoil%3A (not-run|plan-refused)::`))
    }
    const { status, stdout } = await it.run(['ready', ...url])
    assert.deepEqual([status, stdout], [1, 'drift: db=none expected=00003 not-run=00002\n'])
    const embedded = await it.run(['embed', '--out', 'set.mjs'])
    assert.equal(embedded.status, 0, embedded.stderr)
    assert.match(embedded.stderr, /00002_split\.go is a migration in code, which is not run here/)

    writeFileSync(join(it.folder, 'counterfoil.config.json'), '{ "policy": { "not-run": "warning" } }')
    const up = await it.run(['up', ...url])
    assert.equal(up.status, 0, up.stdout + up.stderr)
    assert.match(up.stderr, /warning\[not-run\]/)
  })
})

onEachDatabase(({ api: { migrate, plan, ready, rollback, stamp }, open }) => {
  for (const [tool, [text, line]] of Object.entries(backs))
    test(`a way back of ${tool} does not run as a part of the way up`, async (t) => {
      const { db } = await open(t)
      const set = { '001_stamps.sql': text }
      const at = { path: '001_stamps.sql', line, column: 1 }
      await fails(migrate(db, set, { convention: 'sqlx' }), { code: 'plan-refused', at })
      assert.deepEqual(await made(db), [])
      // In a plain set it is a way back, where the file tells which lines lead which way.
      if (/dash|brackets/.test(tool)) {
        await fails(migrate(db, set), { code: 'plan-refused', at })
        assert.deepEqual(await made(db), [])
      } else {
        await migrate(db, set)
        assert.ok((await made(db)).includes('stamps'))
        await rollback(db, set)
        assert.ok(!(await made(db)).includes('stamps'))
      }
    })

  test("another tool's way back runs where the policy says so, with a finding", async (t) => {
    const { db } = await open(t)
    const set = { '001_stamps.sql': backs['with a dash'][0] }
    const { applied, findings } = await migrate(db, set, { policy: { 'foreign-marker': 'warning' } })
    assert.deepEqual(
      [versions(applied), findings.map(({ code, severity }) => [code, severity])],
      [['001'], [['foreign-marker', 'warning']]],
    )
    assert.ok(!(await made(db)).includes('stamps'))
  })

  test('a migration in code is an error as soon as a later file is pending, and nothing runs', async (t) => {
    const { db, query, exec } = await open(t)
    await fails(migrate(db, goose), { code: 'plan-refused', at })
    assert.deepEqual(await made(db), [])
    const { '00003_drop.sql': later, ...first } = goose
    const { applied, findings } = await migrate(db, first)
    assert.deepEqual(
      [versions(applied), findings.map(({ code, severity }) => [code, severity])],
      [['00001'], [['not-run', 'note']]],
    )
    const { decisions, findings: found } = await plan(db, { ...first, '00003_drop.sql': later })
    assert.deepEqual(
      found.map(({ code, severity, at }) => [code, severity, at]),
      [['not-run', 'error', at]],
    )
    assert.equal(decisions.length, 2)
    const { httpStatus, message } = await ready(db, goose)
    assert.deepEqual([httpStatus, message], [503, 'drift: db=00001 expected=00003 not-run=00002'])
    await fails(migrate(db, goose), { code: 'plan-refused', at })
    assert.deepEqual(await query('select name from people'), [{ name: 'Ada Lovelace' }])

    // What the help says: it is run by other means, and that is recorded.
    const [{ help }] = found
    await exec(`update people set first = split_part(name, ' ', 1)`)
    await stampsOf(help, { stamp })[0](db, goose)
    const done = await migrate(db, goose)
    assert.deepEqual([versions(done.applied), done.findings], [['00003'], []])
    assert.deepEqual(await query('select * from people'), [{ first: 'Ada' }])
    assert.equal((await migrate(db, goose)).status, 'current')
    assert.equal((await ready(db, goose)).message, 'ready: db=00003 expected=00003')
  })

  const flyway = {
    'V1__boxes.sql': 'create table boxes (n int);\n',
    'afterConnect__views.sql': 'create or replace view all_boxes as select n from boxes;\n',
  }

  test('a Flyway callback is an error as soon as something is pending', async (t) => {
    const { db } = await open(t)
    await fails(migrate(db, flyway), {
      code: 'plan-refused',
      at: { path: 'afterConnect__views.sql', line: 1, column: 1 },
    })
    assert.deepEqual(await made(db), [])
  })

  test('a Flyway callback runs as a repeatable migration, as the help says', async (t) => {
    const { db } = await open(t)
    const { 'afterConnect__views.sql': views, ...rest } = flyway
    await migrate(db, { ...rest, 'R__views.sql': views })
    assert.ok((await made(db)).includes('all_boxes'))
  })

  test('a Flyway callback is a warning where nothing is pending', async (t) => {
    const { db } = await open(t)
    await migrate(db, { 'V1__boxes.sql': flyway['V1__boxes.sql'] })
    const { status, findings } = await migrate(db, flyway)
    assert.deepEqual(
      [status, findings.map(({ code, severity }) => [code, severity])],
      ['current', [['not-run', 'warning']]],
    )
    assert.equal((await ready(db, flyway)).httpStatus, 200)
  })
})
