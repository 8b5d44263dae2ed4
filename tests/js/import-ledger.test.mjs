// Another tool's ledger is taken over: what it has applied is not run again, and its table stays as it is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { effects, tools } from './support/foreign-ledgers.mjs'
import { sipHash } from './support/tool-sums.mjs'

test('the SipHash of these tests is that of its authors', () => {
  // "SipHash: a fast short-input PRF", appendix A: the key 00 01 … 0f, and 15 bytes 00 01 … 0e.
  const key = [0x0706050403020100n, 0x0f0e0d0c0b0a0908n]
  const bytes = Array.from({ length: 15 }, (_, index) => index)
  assert.equal(sipHash(2, 4, key, bytes), 0xa129ca6149be45e5n)
})

/** The ledger without its second migration. */
const firstOnly = {
  goose: 'delete from goose_db_version where version_id = 2',
  sqlx: 'delete from _sqlx_migrations where version = 20240102000000',
  refinery: 'delete from refinery_schema_history where version = 2',
  diesel: "delete from __diesel_schema_migrations where version = '20240102000000'",
  flyway: "delete from flyway_schema_history where version = '1.1'",
  prisma: "delete from _prisma_migrations where migration_name = '20240102000000_cents'",
  supabase: "delete from supabase_migrations.schema_migrations where version = '20240102000000'",
  knex: "delete from knex_migrations where name like '%cents%'",
  kysely: "delete from kysely_migration where name like '%cents%'",
  'node-pg-migrate': "delete from pgmigrations where name like '%cents%'",
  'graphile-migrate': "delete from graphile_migrate.migrations where filename = '000002.sql'",
  'sql-migrate': "delete from gorp_migrations where id like '%cents%'",
  'golang-migrate': 'update schema_migrations set version = 1',
  tern: 'update schema_version set version = 1',
  atlas: "delete from atlas_schema_revisions.atlas_schema_revisions where version = '20240102000000'",
  hasura: "update hdb_catalog.hdb_version set cli_state = cli_state #- '{migrations,default,1704153600000}'",
  rails: "delete from schema_migrations where version = '20240102000000'",
  ecto: 'delete from schema_migrations where version = 20240102000000',
}

onEachDatabase(
  ({ api: { importLedger, migrate, plan, ready }, open, kind }) => {
    const theirs = (query, table) => query(`select t::text as row from ${table} t order by 1`)
    const cents = async (query) => Number((await query('select cents from accounts'))[0].cents)
    const codesOf = (decisions) => decisions.map(({ version, action }) => [version, action])
    const optionsOf = ({ options, own }) => ({ ...options, ...(own && { table: 'counterfoil_migrations' }) })

    /** That what is applied is taken over, and nothing else: `count` of the files. */
    async function takenOver({ db, query }, code, count, { table = tools[code].table, from, ...more } = {}) {
      const tool = tools[code]
      const options = optionsOf(tool)
      const before = await theirs(query, table)
      const asked = { ...options, ...tool.besides, ...(from && { from }), ...more }
      const planned = await importLedger(db, tool.set, { ...asked, dryRun: true })
      assert.equal(planned.status, 'planned')
      const done = await importLedger(db, tool.set, { ...asked, expect: planned.digest })
      assert.equal(done.status, 'changed')
      assert.deepEqual(done.changes, planned.changes)
      const { decisions } = await plan(db, tool.set, options)
      assert.deepEqual(
        codesOf(decisions).filter(([version]) => tool.versions.includes(version)),
        tool.versions.map((version, index) => [version, index < count ? 'skip' : 'apply']),
      )
      const { applied } = await migrate(db, tool.set, options)
      assert.deepEqual(
        applied.map(({ version }) => version),
        tool.versions.slice(count),
      )
      assert.equal(await cents(query), 10000)
      assert.match((await ready(db, tool.set, options)).message, /^ready: db=\S+ expected=\S+$/)
      assert.equal((await migrate(db, tool.set, options)).status, 'current')
      // Once more: nothing changes.
      const again = await importLedger(db, tool.set, asked)
      assert.deepEqual([again.status, again.changes], ['unchanged', []])
      assert.deepEqual(await theirs(query, table), before)
      return done
    }

    for (const [code, tool] of Object.entries(tools)) {
      test(`the ledger of ${tool.name} is taken over`, async (t) => {
        const database = await open(t)
        await database.exec(`${tool.ddl}; ${tool.rows}; ${effects}`)
        await takenOver(database, code, 2)
      })

      // The rest does not depend on the way to the database.
      if (kind === 'HTTP') continue

      test(`the ledger of ${tool.name} is taken over beside tables of others`, async (t) => {
        const database = await open(t)
        await database.exec(
          `${tool.ddl}; ${tool.rows}; ${effects}; create table notes (id int); create schema tenant; create table tenant.goose_db_version (id int)`,
        )
        await takenOver(database, code, 2)
      })

      test(`the ledger of ${tool.name} is taken over from another schema`, async (t) => {
        const database = await open(t)
        const [, schema, name] = /^"(.*?)"\."(.*?)"$/.exec(tool.table)
        await database.exec(
          schema === 'public'
            ? `create schema "Other's"; set search_path = "Other's"; ${tool.ddl}; ${tool.rows}; reset search_path`
            : `${tool.ddl}; ${tool.rows}; alter schema ${schema} rename to "Other's"`,
        )
        await database.exec(effects)
        await takenOver(database, code, 2, { table: `"Other's"."${name}"`, from: `${code}=Other's.${name}` })
      })

      if (firstOnly[code])
        test(`the ledger of ${tool.name} is taken over after a part of the history`, async (t) => {
          const database = await open(t)
          await database.exec(
            `${tool.ddl}; ${tool.rows}; ${firstOnly[code]}; ${effects}; update accounts set cents = 100`,
          )
          const asked = tool.besides ? { assume: {} } : {}
          await takenOver(database, code, 1, asked)
        })

      if (firstOnly[code])
        test(`the ledger of ${tool.name} that moves on between plan and import is not taken over as it was`, async (t) => {
          const { db, query, exec } = await open(t)
          await exec(`${tool.ddl}; ${tool.rows}; ${effects}`)
          const options = { ...optionsOf(tool), ...tool.besides }
          const { digest } = await importLedger(db, tool.set, { ...options, dryRun: true })
          await exec(firstOnly[code])
          await fails(importLedger(db, tool.set, { ...options, expect: digest }), {
            code: 'plan-changed',
            message: /^nothing was written: the plan is sha256:/,
          })
          assert.deepEqual(await query("select 1 from pg_tables where tablename = 'counterfoil_migrations'"), [])
        })
    }
  },
  ['HTTP'],
)
