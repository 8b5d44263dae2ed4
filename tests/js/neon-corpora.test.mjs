// Real migration sets where nothing can be sent as a script (Neon over HTTP) and with postgres.js. What the database has
// to be afterwards comes from applying the same files without Counterfoil; see corpora.test.mjs.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { neon } from '@neondatabase/serverless'
import * as overNeon from 'counterfoil/neon'
import * as overPostgres from 'counterfoil/postgres'
import postgres from 'postgres'
import { applyPlainly, corpora, readCorpus, skip } from './support/corpora.mjs'
import { startPostgresAndNeon } from './support/neon.mjs'
import { difference, snapshot } from './support/schema.mjs'

describe('real migration sets', { skip }, () => {
  let server, endpoint, stop
  before(async () => ({ server, endpoint, stop } = await startPostgresAndNeon()))
  after(() => stop())

  const ways = {
    'Neon over HTTP': { api: overNeon, open: (name) => ({ db: neon(endpoint.url(name)), close() {} }) },
    'postgres.js': {
      api: overPostgres,
      open(name) {
        const db = postgres(server.url(name), { max: 1, onnotice() {}, fetch_types: false })
        return { db, close: () => db.end() }
      },
    },
  }

  for (const name of ['openmeter', 'langfuse'])
    test(name, async (t) => {
      const corpus = corpora.find((corpus) => corpus.name === name)
      const files = await readCorpus(name)
      const plain = await server.connect(await server.createDatabase())
      assert.deepEqual(await applyPlainly(corpus, (sql) => plain.query(sql)), [])
      const expected = await snapshot(plain)
      await plain.end()
      for (const [way, { api, open }] of Object.entries(ways)) {
        const database = await server.createDatabase()
        const { db, close } = open(database)
        endpoint.reset()
        const { applied, roundTrips, elapsedMs } = await api.migrate(db, files)
        assert.equal(applied.length, corpus.files)
        const client = await server.connect(database)
        assert.deepEqual(difference(await snapshot(client), expected), { onlyLeft: [], onlyRight: [] })
        assert.equal((await api.migrate(db, files)).roundTrips, 1)
        t.diagnostic(
          `${way}: ${applied.length} applied in ${elapsedMs} ms, ${roundTrips} requests; ${expected.length} catalog entries agree`,
        )
        await client.end()
        await close()
      }
    })
})
