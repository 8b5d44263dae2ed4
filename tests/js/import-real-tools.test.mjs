// Ledgers that other tools themselves have written are taken over.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readMigrations } from 'counterfoil/node'
import { importLedger, migrate, plan, ready } from 'counterfoil/pg'
import { startPostgres } from './support/postgres.mjs'
import { realTools, systemTools } from './support/real-tools.mjs'

describe('PostgreSQL', () => {
  let server
  before(async () => (server = await startPostgres()))
  after(() => server.stop())

  for (const [name, tool] of Object.entries({ ...realTools, ...systemTools }))
    test(`what ${name} itself has applied is taken over`, { skip: tool.skip }, async (t) => {
      const database = await server.createDatabase()
      const db = await server.connect(database)
      t.after(() => db.end())
      const folder = mkdtempSync(join(tmpdir(), 'counterfoil-tool-'))
      t.after(() => rmSync(folder, { recursive: true, force: true }))
      await tool.apply({ folder, url: server.url(database), server })
      const theirs = async () => (await db.query(`select t::text as row from ${tool.table} t order by 1`)).rows
      const rows = await theirs()
      assert.ok(rows.length > 0)
      let { set } = tool
      if (tool.folder) {
        const [{ hash }] = (
          await db.query('select hash from graphile_migrate.migrations order by filename desc limit 1')
        ).rows
        set = { ...(await readMigrations(join(folder, tool.folder))), ...tool.more(hash) }
      }
      const { options, besides } = tool
      const { findings } = await importLedger(db, set, { ...options, ...besides, from: name.split(' ')[0] })
      assert.ok(!findings.some(({ severity }) => severity !== 'note'), JSON.stringify(findings))
      const { decisions } = await plan(db, set, options)
      assert.deepEqual(
        decisions.filter(({ path }) => path).map(({ action }) => action),
        ['skip', 'skip', 'apply'],
      )
      assert.equal((await migrate(db, set, options)).applied.length, 1)
      assert.deepEqual((await db.query('select cents, note from accounts')).rows, [{ cents: '10000', note: null }])
      assert.equal((await ready(db, set, options)).status, 'ready')
      assert.equal((await importLedger(db, set, { ...options, ...besides })).status, 'unchanged')
      assert.deepEqual(await theirs(), rows)
    })
})
