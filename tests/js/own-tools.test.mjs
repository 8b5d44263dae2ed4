// Folders of node-pg-migrate and graphile-migrate: their own tools on one database, Counterfoil on another. What is there
// afterwards is the same, and so is the order.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import graphile from 'graphile-migrate'
import { runner } from 'node-pg-migrate'
import { readSet } from 'counterfoil'
import { readMigrations } from 'counterfoil/node'
import { migrate, rollback } from 'counterfoil/pg'
import { counterfoil, root } from './support/cli.mjs'
import { fails } from './support/errors.mjs'
import { startPostgres } from './support/postgres.mjs'

const { Logger } = createRequire(import.meta.resolve('graphile-migrate'))('@graphile/logger')
const conventions = join(root, 'tests/data/conventions')

let server
before(async () => (server = await startPostgres()))
after(async () => {
  // graphile-migrate keeps its connections for 200 ms, and ends the process if one of them breaks.
  await sleep(2000)
  await server.stop()
})

/** A copy of a fixture without some of its files. */
function copy(t, name, without = []) {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-tools-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(conventions, name), folder, { recursive: true })
  for (const path of without) rmSync(join(folder, path))
  return folder
}

async function database(t) {
  const name = await server.createDatabase()
  const db = await server.connect(name)
  t.after(() => db.end())
  return { db, url: server.url(name) }
}

/** Columns, indexes, constraints and comments of all that is no ledger. */
async function schema(db) {
  const { rows } = await db.query(`
    with mine as (
      select oid, relname from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not in ('schema_migrations', 'pgmigrations'))
    select relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull || ' '
        || coalesce(pg_get_expr(adbin, adrelid), '') || ' ' || coalesce(col_description(mine.oid, attnum), '') as it
      from mine join pg_attribute on attrelid = mine.oid and attnum > 0 and not attisdropped
      left join pg_attrdef on adrelid = mine.oid and adnum = attnum
    union all select pg_get_indexdef(indexrelid) || ' ' || indisvalid from mine join pg_index on indrelid = mine.oid
    union all select conname || ' ' || pg_get_constraintdef(pg_constraint.oid) from mine join pg_constraint on conrelid = mine.oid
    order by 1`)
  return rows.map(({ it }) => it)
}

const versions = (list) => list.map(({ version }) => version)
const quiet = { info() {}, warn() {}, error() {}, debug() {} }

describe('node-pg-migrate', () => {
  const own = (url, dir, direction, count = Infinity) =>
    runner({ databaseUrl: url, dir, direction, count, migrationsTable: 'pgmigrations', logger: quiet })

  test('runs the same in the same order, and takes it back', async (t) => {
    const folder = copy(t, 'node-pg-migrate', ['1704326400000_backfill.ts'])
    const [theirs, ours] = [await database(t), await database(t)]
    await own(theirs.url, folder, 'up')
    const set = await readMigrations(folder)
    const { applied } = await migrate(ours.db, set)
    const { rows } = await theirs.db.query('select name from pgmigrations order by id')
    assert.deepEqual(
      versions(applied),
      rows.map(({ name }) => name),
    )
    const up = await schema(ours.db)
    assert.deepEqual(up, await schema(theirs.db))
    assert.ok(up.some((line) => line.includes('accounts_owner')))
    await own(theirs.url, folder, 'down', 1)
    assert.deepEqual(versions((await rollback(ours.db, set)).reverted), ['1704412800000_limit'])
    assert.deepEqual(await schema(ours.db), await schema(theirs.db))
    assert.notDeepEqual(await schema(ours.db), up)
    // The one before has no way back.
    await assert.rejects(
      own(theirs.url, folder, 'down', 1),
      /User has disabled down migration on file: 1704240000000_balance/,
    )
    await fails(rollback(ours.db, set), { code: 'no-down-section' })
  })

  test('takes the same lines for markers', async (t) => {
    // Each makes a table of its own, by the statements that ran.
    const texts = {
      plain: 'create table NAME (a int);',
      'up alone': '-- Up Migration\ncreate table NAME (a int);',
      'text before': 'create table NAME_0 (a int);\n-- Up Migration\ncreate table NAME (a int);',
      'down first': '--down migration\ndrop table NAME;\n--up migration\ncreate table NAME (a int);',
      'in capitals, with dashes':
        '------ UP   MIGRATION ------\ncreate table NAME (a int);\n  -- - Down\tMigration: gone\ndrop table NAME;',
      'a word that goes on': '-- Up migrations\ncreate table NAME (a int);\n-- down migrationless\ndrop table NAME;',
      'behind a statement': 'create table NAME (a int); -- Down Migration\ncreate table NAME_1 (a int);',
      'other words': '-- migration up\ncreate table NAME (a int);\n-- the down migration\ncreate table NAME_1 (a int);',
    }
    const folder = mkdtempSync(join(tmpdir(), 'counterfoil-tools-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    Object.values(texts).forEach((text, index) =>
      writeFileSync(join(folder, `${index + 1}_t.sql`), text.replaceAll('NAME', `t${index + 1}`)),
    )
    const [theirs, ours] = [await database(t), await database(t)]
    await own(theirs.url, folder, 'up')
    const set = await readMigrations(folder)
    assert.equal(readSet(set).convention, 'node-pg-migrate')
    await migrate(ours.db, set)
    const made = await schema(ours.db)
    assert.deepEqual(made, await schema(theirs.db))
    assert.equal(made.length, Object.keys(texts).length + 2)
  })

  test('runs a way back that stands alone on the way up, which is refused here', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'counterfoil-tools-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, '1_a.sql'), 'create table a ();\n-- Down Migration\ndrop table a;\n')
    const [theirs, ours] = [await database(t), await database(t)]
    await own(theirs.url, folder, 'up')
    assert.deepEqual(await schema(theirs.db), [])
    await fails(migrate(ours.db, await readMigrations(folder)), { code: 'no-up-section' })
    // What the help says.
    writeFileSync(
      join(folder, '1_a.sql'),
      '-- Up Migration\ncreate table a (b int);\n-- Down Migration\ndrop table a;\n',
    )
    await migrate(ours.db, await readMigrations(folder))
    assert.equal((await schema(ours.db)).length, 1)
  })

  test('runs what `new` writes', async (t) => {
    const folder = copy(t, 'node-pg-migrate', ['1704326400000_backfill.ts'])
    const { status, stdout, stderr } = await counterfoil(['new', 'add note', '--dir', '.'], { cwd: folder })
    assert.equal(status, 0, stderr)
    const path = join(folder, stdout.trim())
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace('\n\n', '\nalter table accounts add note text;\n'))
    const [theirs, ours] = [await database(t), await database(t)]
    await own(theirs.url, folder, 'up')
    await migrate(ours.db, await readMigrations(folder))
    const made = await schema(ours.db)
    assert.deepEqual(made, await schema(theirs.db))
    assert.ok(made.some((line) => line.startsWith('accounts.note ')))
  })
})

describe('graphile-migrate', () => {
  const settings = ({ url }, migrationsFolder) => ({
    connectionString: url,
    shadowConnectionString: url,
    databaseOwner: 'postgres',
    migrationsFolder,
    logger: new Logger(() => () => {}),
  })
  const own = (place, folder) => graphile.migrate(settings(place, folder))

  test('runs the same in the same order', async (t) => {
    const folder = copy(t, 'graphile-migrate')
    const [theirs, ours] = [await database(t), await database(t)]
    await own(theirs, folder)
    const set = await readMigrations(folder)
    const { applied } = await migrate(ours.db, set)
    const { rows } = await theirs.db.query('select filename from graphile_migrate.migrations order by date, filename')
    assert.deepEqual(
      versions(applied).map((version) => `${version}.sql`),
      rows.map(({ filename }) => filename),
    )
    const made = await schema(ours.db)
    assert.deepEqual(made, await schema(theirs.db))
    assert.ok(made.some((line) => line.includes('accounts_owner')))
  })

  test('fills in placeholders, which are refused here where they would run', async (t) => {
    const folder = copy(t, 'graphile-migrate', ['committed/000002-index-owner.sql', 'committed/000003-balance.sql'])
    const [theirs, ours] = [await database(t), await database(t)]
    const path = join(folder, 'committed/000002.sql')
    const first = readFileSync(join(folder, 'committed/000001.sql'), 'utf8')
    const previous = /Hash: (.*)/.exec(first)[1]
    const head = `--! Previous: ${previous}\n--! Hash: sha1:0\n--! AllowInvalidHash\n\n`
    writeFileSync(path, `${head}comment on table accounts is 'of :DATABASE_NAME';\n`)
    await own(theirs, folder)
    const { rows } = await theirs.db.query("select obj_description('accounts'::regclass) as it")
    const name = new URL(theirs.url).pathname.slice(1)
    assert.equal(rows[0].it, `of ${name}`)
    const error = await fails(migrate(ours.db, await readMigrations(folder)), {
      code: 'plan-refused',
      message:
        'committed/000002.sql:5:34: nothing was run: graphile-migrate would fill in the placeholder :DATABASE_NAME',
    })
    assert.deepEqual([error.at.line, error.at.column], [5, 34])
    assert.equal(
      error.help,
      'write the value into the file, or, if it is not a placeholder, put a space behind its colon',
    )
    for (const value of [name, ': DATABASE_NAME']) {
      writeFileSync(path, `${head}comment on table accounts is 'of ${value}';\n`)
      const place = await database(t)
      await migrate(place.db, await readMigrations(folder))
      const { rows } = await place.db.query("select obj_description('accounts'::regclass) as it")
      assert.equal(rows[0].it, `of ${value}`)
    }
  })

  test('refuses the heads that are refused here', async (t) => {
    for (const head of ['', '--! Previous: -\n\n', '--! Hash: sha1:0\n\n', '--! Previous: -\n--! Hash: sha1:0\n']) {
      const folder = copy(t, 'graphile-migrate', ['committed/000002-index-owner.sql', 'committed/000003-balance.sql'])
      writeFileSync(join(folder, 'committed/000001.sql'), `${head}select 1;\n`)
      const [theirs, ours] = [await database(t), await database(t)]
      await assert.rejects(own(theirs, folder), /Invalid (committed )?migration/, head)
      const set = await readMigrations(folder)
      await fails(migrate(ours.db, set, { convention: 'graphile-migrate' }), { code: 'invalid-marker' })
    }
  })

  test('runs what `new` writes, and goes on from there', async (t) => {
    const folder = copy(t, 'graphile-migrate')
    for (const name of ['add note', 'add né']) {
      const { status, stdout, stderr } = await counterfoil(['new', name, '--dir', '.'], { cwd: folder })
      assert.equal(status, 0, stderr)
      const path = join(folder, stdout.trim())
      writeFileSync(
        path,
        `${readFileSync(path, 'utf8')}alter table accounts add ${name.at(-1) === 'é' ? 'n' : 'note'} text;\n`,
      )
    }
    assert.deepEqual(readdirSync(join(folder, 'committed')).slice(3), ['000004-add_note.sql', '000005-add_n_.sql'])
    const [theirs, ours] = [await database(t), await database(t)]
    await own(theirs, folder)
    await migrate(ours.db, await readMigrations(folder))
    const made = await schema(ours.db)
    assert.deepEqual(made, await schema(theirs.db))
    assert.equal(made.filter((line) => /^accounts\.(n|note) text/.test(line)).length, 2)
  })
})
