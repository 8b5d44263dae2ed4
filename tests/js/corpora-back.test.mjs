// Real migration sets in which every file has a way back: back as far as their own SQL leads, and up again to the same schema.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readSet, splitStatements } from 'counterfoil'
import { migrate, rollback } from 'counterfoil/pglite'
import { corpora, readCorpus, skip } from './support/corpora.mjs'
import { fails } from './support/errors.mjs'
import { extensions, freshPGlite } from './support/pglite.mjs'
import { difference, snapshot } from './support/schema.mjs'

/** The last file whose way back does not take back what its way up makes. That it does not is tried below. */
const ends = {
  'lobu-pre908': '20260513200000',
  goalert: '20170707153545-limit-cm-per-interval.sql',
}

describe('back and up again', { skip }, () => {
  for (const { name, files: total } of corpora)
    test(name, async (t) => {
      const set = await readCorpus(name)
      const { migrations } = readSet(set)
      if (migrations.some(({ down }) => !down)) return t.skip('not every file has a way back')
      const db = await freshPGlite({ extensions })
      const place = { query: (sql) => db.query(sql) }
      await migrate(db, set)
      const there = await snapshot(place)
      if (total === 1) {
        // A baseline whose way back is `DROP SCHEMA public`, where its own row lies: nobody goes there by mistake.
        await fails(rollback(db, set), { code: 'ledger-touched' })
        await db.close()
        return
      }
      const to = ends[name]
      const count = to ? migrations.length - 1 - migrations.findIndex(({ version }) => version === to) : total
      const allowDestructive = migrations.map(({ version }) => version)
      const { reverted } = await rollback(db, set, { ...(to ? { to } : { steps: total }), allowDestructive })
      assert.equal(reverted.length, count)
      assert.notDeepEqual(await snapshot(place), there)
      if (to) {
        // Without Counterfoil: PostgreSQL runs the file's ways back and up.
        const text = set[migrations.find(({ version }) => version === to).path]
        const [up, down] = [/^-- *(migrate:up|\+migrate Up)/m, /^-- *(migrate:down|\+migrate Down)/m].map((marker) =>
          text.search(marker),
        )
        assert.ok(up < down)
        const before = await snapshot(place)
        await db.query('begin')
        await assert.rejects(async () => {
          for (const sql of [text.slice(down), text.slice(up, down)])
            for (const statement of splitStatements(sql)) await db.query(statement.text)
          assert.deepEqual(await snapshot(place), before)
        })
        await db.query('rollback')
      }
      const { applied } = await migrate(db, set)
      assert.equal(applied.length, count)
      // The ledger's comment says that it was empty once.
      const { onlyLeft, onlyRight } = difference(await snapshot(place), there)
      const trace =
        /^comment: table public\.schema_migrations: counterfoil: every migration of this ledger was taken back$/
      assert.deepEqual([onlyLeft.filter((line) => !trace.test(line)), onlyRight], [[], []])
      t.diagnostic(`${count} of ${total} taken back, and applied again`)
      await db.close()
    })
})
