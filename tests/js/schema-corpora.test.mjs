// Schemas of real migration sets as facts. What the differences of one pair are, was counted by hand in its files.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { migrate, snapshot } from 'counterfoil/pglite'
import { diffSchemas } from 'counterfoil/schema'
import { readCorpus, skip } from './support/corpora.mjs'
import { extensions, freshPGlite } from './support/pglite.mjs'

describe('real migration sets', { skip }, () => {
  test('a squash is told from what it replaces by what it drops and comments on', async (t) => {
    const [long, short] = await Promise.all(
      ['lobu-pre908', 'lobu-baseline908'].map(async (name) => {
        const db = await freshPGlite({ extensions })
        t.after(() => db.close())
        await migrate(db, await readCorpus(name))
        return snapshot(db)
      }),
    )
    const { differences, notes, notCompared } = await diffSchemas(long, short)
    const counts = {}
    for (const { kind } of differences) counts[kind] = (counts[kind] ?? 0) + 1
    assert.deepEqual(counts, { column: 28, comment: 15, constraint: 8, index: 1, privileges: 6, table: 6 })
    const comments = differences.filter(({ kind }) => kind === 'comment').map(({ change }) => change)
    assert.deepEqual(
      [
        comments.filter((change) => change === 'extra').length,
        comments.filter((change) => change === 'changed').length,
      ],
      [11, 4],
    )
    // Tables were renamed: constraints NOT NULL keep the old name. No order of columns: one was dropped in front of others.
    const properties = new Set(notes.flatMap(({ properties }) => properties.map(({ property }) => property)))
    assert.deepEqual([...properties], ['not null constraint'])
    assert.deepEqual(notCompared, [])
  })
})
