// What a rollback refuses, and what it passes over.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { migrate, rollback } from 'counterfoil/pglite'
import { squash } from 'counterfoil/squash'
import { fails } from './support/errors.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { squashed } from './support/squash.mjs'

let db
before(async () => (db = await freshPGlite()))
after(() => db.close())

const set = {
  '001_a.sql': '-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop table a;\n',
  '002_b.sql': '-- migrate:up\ncreate table b ();\n-- migrate:down\ndrop table b;\n',
}

/** A rollback that fails, and leaves tables and ledger as they were. */
async function refuses(migrations, options, expected) {
  const state = async () =>
    (
      await db.query(
        `select (select array_agg(tablename::text order by 1) from pg_tables where schemaname = 'public') as tables, array_agg(version || state order by 1) as rows from schema_migrations`,
      )
    ).rows
  const before = await state()
  await fails(rollback(db, migrations, options), {
    ...expected,
    help: /nothing was run|put the old text back|nothing to take back/,
  })
  assert.deepEqual(await state(), before)
}

const on = (title, work) =>
  test(title, async () => {
    await db.exec('drop schema public cascade; create schema public')
    await work()
  })

on('steps and a version together are one too many', async () => {
  await migrate(db, set)
  await refuses(
    set,
    { steps: 1, to: '001' },
    { code: 'invalid-input', message: 'both a number of migrations and a version to go back to are given' },
  )
})

on('an edited file is no way back from what ran', async () => {
  await migrate(db, set)
  const edited = { ...set, '002_b.sql': set['002_b.sql'].replace('b ()', 'b (x int)') }
  await refuses(
    edited,
    {},
    { code: 'plan-refused', message: /nothing was run: 002_b\.sql was edited after it was applied/ },
  )
  // The one below is checked as well, before the one above is taken back.
  const below = { ...set, '001_a.sql': set['001_a.sql'].replace('a ()', 'a (x int)') }
  await refuses(below, { steps: 2 }, { code: 'plan-refused', message: /001_a\.sql was edited/ })
  assert.deepEqual(
    (await rollback(db, below)).reverted.map(({ version }) => version),
    ['002'],
    'an edit further down does not matter',
  )
})

on('a baseline that stands for others cannot be taken back', async () => {
  await migrate(db, set)
  const { rows } = await db.query('select version, checksum from schema_migrations order by 1')
  const squashed = {
    '010_base.sql': '-- migrate:up\ncreate table a ();\ncreate table b ();\n-- migrate:down\ndrop table a, b;\n',
    '.counterfoil/010_base.json': JSON.stringify({ replaces: rows }),
  }
  assert.deepEqual(
    (await migrate(db, squashed)).adopted.map(({ version }) => version),
    ['010'],
  )
  await refuses(
    squashed,
    {},
    { code: 'unsupported', message: '010 is a baseline that stands for 2 migrations; it cannot be taken back' },
  )
})

on('a baseline that was run itself is taken back like any other', async () => {
  const sum = `sha256:${'0'.repeat(64)}`
  const squashed = {
    '010_base.sql': '-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop table a;\n',
    '.counterfoil/010_base.json': JSON.stringify({ replaces: [{ version: '001', checksum: sum }] }),
  }
  await migrate(db, squashed)
  assert.deepEqual(
    (await rollback(db, squashed)).reverted.map(({ version }) => version),
    ['010'],
  )
})

on('a baseline that a squash has made is not taken back, before anything runs', async () => {
  const done = await squash(() => freshPGlite(), set)
  const after = squashed(set, done)
  await migrate(db, after)
  assert.equal(Object.keys(after).filter((path) => /^[^.].*\.sql$/.test(path)).length, 1)
  await refuses(
    after,
    {},
    { code: 'unsupported', message: /^\S+\.sql is a baseline that a squash has made; it cannot be taken back$/ },
  )
})

on('a version may be named as a plan shows it', async () => {
  const sets = {
    diesel: {
      '2026-01-01-000000_users/up.sql': 'create table a ();',
      '2026-01-01-000000_users/down.sql': 'drop table a;',
      '2026-01-02-000000_idx/up.sql': 'create table b ();',
      '2026-01-02-000000_idx/down.sql': 'drop table b;',
    },
    'sql-migrate': Object.fromEntries(
      ['1_users', '2_idx'].map((name) => [
        `${name}.sql`,
        `-- +migrate Up\ncreate table "${name}" ();\n-- +migrate Down\ndrop table "${name}";\n`,
      ]),
    ),
    'node-pg-migrate': Object.fromEntries(
      ['1_users', '2_idx'].map((name) => [
        `${name}.sql`,
        `-- Up Migration\ncreate table "${name}" ();\n-- Down Migration\ndrop table "${name}";\n`,
      ]),
    ),
  }
  const shown = { diesel: '2026-01-01-000000', 'sql-migrate': '1', 'node-pg-migrate': '1' }
  for (const [convention, files] of Object.entries(sets)) {
    await db.exec('drop schema public cascade; create schema public')
    await migrate(db, files, { convention })
    await refuses(
      files,
      { convention, to: `${shown[convention]}_other` },
      { code: 'nothing-to-roll-back', message: /is not in the ledger$/ },
    )
    const { reverted } = await rollback(db, files, { convention, to: shown[convention] })
    assert.deepEqual(
      reverted.map(({ name }) => name),
      ['idx'],
      convention,
    )
  }
})

on('where the files have no way back, nobody is told to write one', async () => {
  const sets = {
    atlas: { '1_a.sql': 'create table a ();\n' },
    refinery: { 'V1__a.sql': 'create table a ();\n' },
    'graphile-migrate': {
      'committed/000001.sql':
        '--! Previous: -\n--! Hash: sha1:0000000000000000000000000000000000000000\n\ncreate table a ();\n',
    },
    prisma: { '1_a/migration.sql': 'create table a ();\n' },
  }
  for (const [convention, files] of Object.entries(sets)) {
    await db.exec('drop schema public cascade; create schema public')
    await migrate(db, files, { convention })
    const { help } = await fails(rollback(db, files, { convention }), {
      code: 'no-down-section',
      message: / has no down section: the files of (Atlas|refinery|graphile-migrate|Prisma) have no way back$/,
    })
    assert.equal(help, 'roll forward with a new migration; nothing was run')
  }
})

on('a repeatable migration is passed over', async () => {
  const flyway = {
    'V1__a.sql': 'create table a ();\n',
    'U1__a.sql': 'drop table a;\n',
    'R__b.sql': 'create or replace view b as select 1 as x;\n',
  }
  await migrate(db, flyway)
  assert.deepEqual(
    (await rollback(db, flyway)).reverted.map(({ version }) => version),
    ['1'],
  )
  assert.deepEqual((await db.query('select x from b')).rows, [{ x: 1 }])
  await refuses(flyway, {}, { code: 'nothing-to-roll-back', message: 'the ledger has no applied migration' })
})

on('dryRun says what would be taken back, and what would refuse it, and takes nothing back', async () => {
  await migrate(db, set)
  const rows = async () =>
    (await db.query('select version from schema_migrations order by 1')).rows.map(({ version }) => version)
  assert.deepEqual(
    (await rollback(db, set, { steps: 2, dryRun: true })).reverted.map(({ path }) => path),
    ['002_b.sql', '001_a.sql'],
  )
  assert.deepEqual(await rows(), ['001', '002'])
  const without = { ...set, '002_b.sql': set['002_b.sql'].split('-- migrate:down')[0] }
  await refuses(without, { dryRun: true }, { code: 'no-down-section', message: '002_b.sql has no down section' })
  assert.deepEqual(
    (await rollback(db, set, { dryRun: false })).reverted.map(({ version }) => version),
    ['002'],
  )
})

on('what a dry run named is taken back, or nothing', async () => {
  await migrate(db, set)
  const versions = ['002', '001']
  // Meanwhile: one more on top, and then the one on top is gone.
  const more = { ...set, '003_c.sql': '-- migrate:up\ncreate table c ();\n-- migrate:down\ndrop table c;\n' }
  await migrate(db, more)
  await refuses(
    more,
    { steps: 2, versions },
    { code: 'plan-changed', message: 'this would take back 003, 002, and what was agreed to is 002, 001' },
  )
  await refuses(
    more,
    { to: '001', versions: ['002'] },
    { code: 'plan-changed', message: /003, 002, and what was agreed to is 002$/ },
  )
  await refuses(more, { versions: ['002'] }, { code: 'plan-changed' })
  await refuses(more, { versions: ['002', '003'] }, { code: 'plan-changed' })
  assert.deepEqual(
    (await rollback(db, more, { versions: ['003'] })).reverted.map(({ version }) => version),
    ['003'],
  )
  await refuses(
    set,
    { steps: 3, versions: ['003', ...versions] },
    { code: 'plan-changed', message: 'this would take back 002, 001, and what was agreed to is 003, 002, 001' },
  )
  assert.deepEqual(
    (await rollback(db, set, { versions })).reverted.map(({ version }) => version),
    versions,
  )
})

test('versions that cannot be any are refused by name', async () => {
  for (const versions of [[], '002', [2]])
    await fails(rollback(db, set, { versions }), {
      code: 'invalid-input',
      message: 'the option versions is not an array of one version or more',
    })
})
