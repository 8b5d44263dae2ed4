// A real set whose counter says that all ran, in a database in which one file never did. The database is made by PostgreSQL from
// the statements that its own parser cuts; that the file is missing is known here, and nowhere else.
//
//     COUNTERFOIL_EVIDENCE=long node --test tests/js/evidence-corpora.test.mjs    # every tenth file
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { importLedger } from 'counterfoil/pg'
import { applyPlainly, corpora, inOrder, parsedStatements, readCorpus, skip } from './support/corpora.mjs'
import { extensions, freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'

/** One that can be left out. */
const few = ['20260502093117']
const long = process.env.COUNTERFOIL_EVIDENCE === 'long'

describe('openmeter without one of its files', { skip }, () => {
  let server
  before(async () => (server = await startPostgres()))
  after(() => server?.stop())
  const corpus = skip ? undefined : corpora.find(({ name }) => name === 'openmeter')
  const versionOf = ({ id }) => /^\d+/.exec(id)[0]
  const replay = () => freshPGlite({ extensions })

  test('it is named, or a later one fails without it, or it leaves no trace', async (t) => {
    const files = inOrder(corpus, parsedStatements('openmeter'))
    const set = await readCorpus('openmeter')
    const chosen = long
      ? files.filter((_, at) => at % 10 === 0).slice(0, 25)
      : files.filter((file) => few.includes(versionOf(file)))
    const counts = { named: 0, 'a later one fails': 0, 'rows only': 0 }
    for (const file of chosen) {
      const left = versionOf(file)
      const database = await server.createDatabase()
      const db = await server.connect(database)
      t.after(() => db.end())
      const refused = await applyPlainly(corpus, (sql) => db.query(sql), { without: [file.id] })
      // Nobody has such a database: its tool would have stopped there.
      if (refused.length > 0) {
        counts['a later one fails'] += 1
        continue
      }
      await db.query('create table schema_migrations (version bigint not null primary key, dirty boolean not null)')
      await db.query(`insert into schema_migrations values (${versionOf(files.at(-1))}, false)`)
      const { changes, findings } = await importLedger(db, set, { table: 'mine', replay, dryRun: true })
      const taken = new Set(changes.map(({ version }) => version))
      const pending = files.map(versionOf).filter((version) => !taken.has(version))
      const told = findings
        .filter(({ code }) => /pending|by-hand/.test(code))
        .map(({ message }) => message.slice(0, 160))
      if (pending.length === 0) {
        assert.deepEqual(told, [], `${left}: the schema differs, and nothing is named`)
        counts['rows only'] += 1
      } else {
        assert.deepEqual(pending, [left], told.join('\n'))
        counts.named += 1
      }
      if (long) t.diagnostic(`${left}: ${pending.length > 0 ? 'named' : 'no trace'}`)
    }
    t.diagnostic(JSON.stringify(counts))
    // Which a later one fails without, PostgreSQL has said; of all others each is named by itself, or changes rows only.
    assert.deepEqual(
      counts,
      long
        ? { named: 15, 'a later one fails': 8, 'rows only': 2 }
        : { named: 1, 'a later one fails': 0, 'rows only': 0 },
    )
  })
})
