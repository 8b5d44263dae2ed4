// Squashes of real migration sets, judged by three: by what proves it, by pg-delta, and by what pg_dump writes of both.
// COUNTERFOIL_SQUASH names the sets, or `all`; what is tried in any case is one that takes seconds.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { migrate } from 'counterfoil/pglite'
import { squash } from 'counterfoil/squash'
import { corpora, readCorpus, sessionSettings, skip } from './support/corpora.mjs'
import { extensions, freshPGlite } from './support/pglite.mjs'
import { deltas, dumpOf, squashed } from './support/squash.mjs'

// Rows were counted in the database after each chain.
const sets = [
  { name: 'marquez', rows: {} },
  { name: 'supabase-storage-multitenant', rows: {} },
  { name: 'supabase-storage-tenant', rows: {} },
  { name: 'openmeter', rows: { 'public.billing_invoice_write_schema_levels': 1 } },
  {
    name: 'goalert',
    rows: { 'public.config_limits': 14, 'public.engine_processing_versions': 12, 'public.switchover_state': 1 },
    fresh: { sql: 'select db_id::text as value from public.switchover_state', unlike: true },
  },
  {
    name: 'langfuse',
    rows: { 'public.background_migrations': 9, 'public.models': 87, 'public.prices': 6, 'public.pricing_tiers': 3 },
    fresh: { sql: `select bool_and(created_at > now() - interval '10 minutes')::text as value from public.models` },
  },
  { name: 'sim', rows: {} },
  { name: 'lobu-pre908', rows: {} },
  {
    name: 'hatchet',
    // It needs a table that a migration in Go makes.
    without: '20260424205453_v1_0_100.sql',
    // Identities that the migrations make, without a default.
    literal: ['public."SecurityCheckIdent".id', 'public."TenantAlertingSettings".id'],
    total: 3,
  },
]

const { COUNTERFOIL_SQUASH: named = 'marquez' } = process.env
const chosen = sets.filter(({ name }) => named === 'all' || named.split(',').includes(name))

describe('squashes of real migration sets', { skip }, () => {
  for (const { name, rows, total, fresh, literal, without } of chosen)
    test(name, async (t) => {
      const corpus = corpora.find((corpus) => corpus.name === name)
      const make = async () => {
        const db = await freshPGlite({ extensions })
        if (corpus.session) await db.exec(sessionSettings)
        return db
      }
      const database = async (files) => {
        const db = await make()
        t.after(() => db.close())
        await migrate(db, files)
        return db
      }
      const all = await readCorpus(name)
      const files = Object.fromEntries(Object.entries(all).filter(([path]) => path !== without))
      if (literal)
        await assert.rejects(squash(make, files), (error) => literal.every((column) => error.message.includes(column)))
      const it = await squash(make, files, { ...(literal && { literal }) })
      const { differences, rowDifferences, notCompared } = it.proof
      assert.deepEqual([differences, rowDifferences, notCompared], [[], [], []])
      const carried = Object.fromEntries(it.rows.map(({ table, rows }) => [table, rows]))
      if (rows) assert.deepEqual(carried, rows)
      else
        assert.equal(
          Object.values(carried).reduce((sum, count) => sum + count, 0),
          total,
        )

      const after = squashed(files, it)
      const [chain, baseline] = [await database(files), await database(after)]
      // What a role may do is not the baseline's to say; it is told.
      const found = (await deltas(chain, baseline)).map((delta) => JSON.parse(delta))
      const rights = found.filter(
        ({ id, attr }) => id?.kind === 'role' && ['login', 'bypassRls', 'createRole'].includes(attr),
      )
      assert.deepEqual(
        found.filter((delta) => !rights.includes(delta)),
        [],
      )
      const told = it.findings.filter(({ severity }) => severity === 'warning').map(({ message }) => message)
      for (const { id } of rights)
        assert.ok(
          told.some((message) => message.includes(`the role ${id.name} NOLOGIN`)),
          id.name,
        )
      assert.equal(new Set(rights.map(({ id }) => id.name)).size, told.length)
      assert.equal(await dumpOf(baseline), await dumpOf(chain))
      if (fresh) {
        const other = await database(after)
        const [[one], [two]] = [(await baseline.query(fresh.sql)).rows, (await other.query(fresh.sql)).rows]
        if (fresh.unlike) assert.notEqual(one.value, two.value)
        else assert.deepEqual([one.value, two.value], ['true', 'true'])
      }
    })
})
