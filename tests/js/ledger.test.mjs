// The ledger itself is not as it was made: its key is gone, something on it swallows what is written, or a migration
// empties it. What is not recorded is not done, and it is told of the ledger.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'

const up = (sql) => `-- migrate:up\n${sql}\n`
const one = { '001_notes.sql': up('create table notes (id int);') }
const two = { ...one, '002_tags.sql': up('create table tags (id int);') }
const table = '"public"."schema_migrations"'

onEachDatabase(
  ({ api: { migrate, plan, ready, rollback }, open }) => {
    const exists = async (query, name) => (await query(`select to_regclass('${name}') is not null as yes`))[0].yes
    const versions = async (query) =>
      (await query('select version from schema_migrations order by 1')).map(({ version }) => version)

    test('a ledger without its key is refused by whoever writes or plans, and the help gives it back', async (t) => {
      const { db, query, exec } = await open(t)
      await migrate(db, one)
      await exec('alter table schema_migrations drop constraint schema_migrations_pkey')
      const expected = {
        code: 'database-failed',
        message: `the ledger ${table} has no unique key on version, which keeps two runners apart`,
      }
      await fails(plan(db, two), expected)
      await fails(rollback(db, two), expected)
      const { help } = await fails(migrate(db, two), expected)
      assert.equal(await exists(query, 'tags'), false)
      // A health check writes nothing.
      assert.equal((await ready(db, two)).status, 'behind')

      const [, look, cure] = help.match(/there twice: (select .*); then give it its key: (alter table .*); nothing was/)
      await exec(`insert into schema_migrations (version) values ('001')`)
      assert.deepEqual(await query(look), [{ version: '001' }])
      await exec(`delete from schema_migrations where version = '001' and name is null`)
      assert.deepEqual(await query(look), [])
      await exec(cure)
      assert.deepEqual(
        (await migrate(db, two)).applied.map(({ version }) => version),
        ['002'],
      )
    })

    test('of other keys only one that is unique on version alone, at once and for all rows will do', async (t) => {
      const { db, exec } = await open(t)
      await migrate(db, one)
      await exec('alter table schema_migrations drop constraint schema_migrations_pkey')
      const keys = [
        ['create index k on schema_migrations (version)', false],
        ['create unique index k on schema_migrations (version, name)', false],
        ['create unique index k on schema_migrations (name)', false],
        ['create unique index k on schema_migrations (lower(version))', false],
        [`create unique index k on schema_migrations (version) where state = 'applied'`, false],
        ['alter table schema_migrations add constraint k unique (version) deferrable', false],
        ['create unique index k on schema_migrations (version)', true],
        ['create unique index k on schema_migrations (version) include (name)', true],
        ['alter table schema_migrations add constraint k unique (version)', true],
      ]
      for (const [key, serves] of keys) {
        await exec(key)
        const { status } = await migrate(db, two, { when: 'refuse' }).catch(({ code }) => ({ status: code }))
        assert.equal(status, serves ? 'pending' : 'database-failed', key)
        await exec(/constraint/.test(key) ? 'alter table schema_migrations drop constraint k' : 'drop index k')
      }
    })

    test('a ledger without rows, or with some of the columns, needs its key too', async (t) => {
      const { db, exec } = await open(t)
      await exec('create table schema_migrations (version varchar(128))')
      await fails(migrate(db, one), { code: 'database-failed', message: /no unique key/ })
      await exec('alter table schema_migrations add checksum text, add fingerprint text')
      await fails(migrate(db, one), { code: 'database-failed', message: /no unique key/ })
      await exec('alter table schema_migrations add primary key (version)')
      assert.equal((await migrate(db, one)).status, 'migrated')
    })
  },
  ['postgres.js', 'HTTP'],
)
