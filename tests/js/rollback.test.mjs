// What a rollback refuses, and what it passes over.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { migrate, rollback } from 'counterfoil/pglite'
import { fails } from './support/errors.mjs'
import { freshPGlite } from './support/pglite.mjs'

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
  await fails(rollback(db, migrations, options), { ...expected, help: /nothing was run|put the old text back/ })
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
