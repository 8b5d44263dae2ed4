// Sets of tools with more than files of one folder: what runs, what goes back, and what is refused.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, test } from 'node:test'
import { readSet } from 'counterfoil'
import { embed } from 'counterfoil/embed'
import { readMigrations } from 'counterfoil/node'
import { project, root } from './support/cli.mjs'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'

const conventions = join(root, 'tests/data/conventions')
const versions = (list) => list.map(({ version }) => version)

onEachDatabase(({ api: { migrate, rollback }, open }) => {
  const columns = (query) =>
    query("select attname from pg_attribute where attrelid = to_regclass('people') and attnum > 0 and not attisdropped")
  const names = async (query) => (await columns(query)).map(({ attname }) => attname)

  test('tern: both ways of a file, and one outside a transaction', async (t) => {
    const { db, query } = await open(t)
    const { '004_greeting.sql': template, ...set } = await readMigrations(join(conventions, 'tern'))
    assert.deepEqual(versions((await migrate(db, set)).applied), ['001', '002', '003'])
    assert.deepEqual(await names(query), ['id', 'name', 'cents'])
    await fails(migrate(db, { ...set, '004_greeting.sql': template }), {
      code: 'plan-refused',
      message: /nothing was run: tern would fill in the placeholder \{\{ template "functions\/greet\.sql" \. \}\}$/,
    })
    // The third has no way back.
    const { '003_cents.sql': _, ...others } = set
    await query("delete from schema_migrations where version = '003'")
    await rollback(db, others, { to: '001' })
    const indexes = await query("select to_regclass('people_name_idx') as it")
    assert.deepEqual([await names(query), indexes], [['id', 'name', 'cents'], [{ it: null }]])
  })

  test('Hasura: folders in the order of their numbers, and calls of its server are not passed over', async (t) => {
    const { db, query } = await open(t)
    const set = await readMigrations(join(conventions, 'hasura'))
    assert.ok('1704240000000_untrack/up.yaml' in set)
    assert.deepEqual(versions((await migrate(db, set)).applied), ['1704067200000', '1704153600000'])
    assert.deepEqual(await names(query), ['id', 'name'])
    const later = { ...set, '1704412800000_cents/up.sql': 'alter table people add column cents int' }
    await fails(migrate(db, later), {
      code: 'plan-refused',
      at: { path: '1704240000000_untrack/up.yaml', line: 1, column: 1 },
    })
    await rollback(db, set, { to: '1704067200000' }).catch((error) => assert.equal(error.code, 'no-down-section'))
  })

  test('Atlas: a new database starts from its checkpoint, and one with rows runs none', async (t) => {
    const set = await readMigrations(join(conventions, 'atlas'))
    assert.ok('atlas.sum' in set)
    const fresh = await open(t)
    assert.deepEqual(versions((await migrate(fresh.db, set)).applied), [
      '20240103000000',
      '20240104000000',
      '20240105000000',
      '20240106000000',
    ])
    assert.deepEqual(await names(fresh.query), ['id', 'name'])
    assert.equal((await migrate(fresh.db, set)).status, 'current')
  })

  test('Atlas: a database with rows runs no checkpoint, and a manifest brings the same', async (t) => {
    const set = await readMigrations(join(conventions, 'atlas'))
    const old = await open(t)
    const first = { '20240101000000_people.sql': set['20240101000000_people.sql'] }
    await migrate(old.db, first, { convention: 'atlas' })
    const { applied, adopted } = await migrate(old.db, set)
    assert.deepEqual(versions(applied), ['20240102000000', '20240104000000', '20240105000000', '20240106000000'])
    assert.deepEqual(versions(adopted), ['20240103000000'])
    assert.equal((await migrate(old.db, set)).status, 'current')
    assert.equal((await migrate(old.db, embed(set))).status, 'current')
  })

  test('files for several databases: those for PostgreSQL run', async (t) => {
    const { db } = await open(t)
    const { applied, findings } = await migrate(db, await readMigrations(join(conventions, 'dialects')))
    assert.deepEqual(
      [versions(applied), findings.map(({ code, severity }) => [code, severity])],
      [['0001', '0002'], [['other-database', 'note']]],
    )
  })

  test('golang-migrate: a version with a way back alone is passed over with a note', async (t) => {
    const { db } = await open(t)
    const set = { '1_a.up.sql': 'create table a ()', '2_b.down.sql': 'drop table a', '3_c.up.sql': 'create table c ()' }
    const { applied, findings } = await migrate(db, set)
    assert.deepEqual(
      [versions(applied), findings.map(({ code, severity }) => [code, severity])],
      [['1', '3'], [['not-run', 'note']]],
    )
  })
})

/** Every file below a folder, whatever it is. */
function everything(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const path = (entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/')
  return Object.fromEntries(entries.map((entry) => [path(entry), readFileSync(join(folder, path(entry)), 'utf8')]))
}

test('a folder hands over all that is told of a set that has every file, as one of a glob may', async (t) => {
  const told = ({ convention, migrations, findings }) => ({
    convention,
    migrations: migrations.map(({ version, path }) => [version, path]),
    findings: findings.map(({ code, at }) => [code, at?.path]),
  })
  for (const name of readdirSync(conventions)) {
    const folder = join(conventions, name)
    assert.deepEqual(told(readSet(await readMigrations(folder))), told(readSet(everything(folder))), name)
  }
  // In code, under every name that a migration may have.
  const it = project(t, {
    'plain/001_a.sql': 'select 1',
    'plain/002-seed.py': '',
    'plain/003.rb': '',
    'folders/001_a/up.sql': 'select 1',
    'folders/002_b/up.ts': '',
    'diesel/20240101000000_a/up.sql': 'select 1',
    'diesel/20240102000000_b/mod.rs': '',
    'golang/1_a.up.sql': 'select 1',
    'golang/2_b.up.go': '',
  })
  for (const [name, count] of Object.entries({ plain: 2, folders: 1, diesel: 1, golang: 1 })) {
    const folder = join(it.folder, name)
    const set = told(readSet(await readMigrations(folder)))
    assert.deepEqual(set, told(readSet(everything(folder))), name)
    assert.equal(set.findings.filter(([code]) => code === 'not-run').length, count, name)
  }
})

describe('atlas.sum', () => {
  test('an edited file is refused, and `new` keeps the hashes of the others', async (t) => {
    const it = project(t)
    it.copy(join(conventions, 'atlas'), 'db/migrations')
    const path = join(it.folder, 'db/migrations/20240102000000_index.sql')
    const before = readFileSync(path, 'utf8')
    writeFileSync(path, `${before}drop table people;\n`)
    const url = ['--url', 'pglite:./data']
    const { status, stderr } = await it.run(['up', ...url])
    assert.equal(status, 1)
    assert.match(stderr, /20240102000000_index\.sql is not what atlas\.sum has a hash of/)
    assert.match(stderr, /atlas migrate hash/)
    assert.equal((await it.run(['new', 'more'])).status, 1)
    writeFileSync(path, before)
    const made = await it.run(['new', 'more'])
    assert.equal(made.status, 0, made.stderr)
    assert.match(made.stderr, /atlas\.sum: one entry more/)
    assert.equal((await it.run(['up', ...url])).status, 0)
  })

  test('ends of lines that git has changed are no edit', async () => {
    const set = await readMigrations(join(conventions, 'atlas'))
    const crlf = Object.fromEntries(Object.entries(set).map(([path, text]) => [path, text.replaceAll('\n', '\r\n')]))
    assert.equal(embed(crlf).digest, embed(set).digest)
  })
})
