// Real migration sets, on PGlite and on PostgreSQL. What the database has to be afterwards comes from applying the
// same files without Counterfoil, statement by statement as PostgreSQL's own parser cuts them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readSet } from 'counterfoil'
import * as pg from 'counterfoil/pg'
import * as pglite from 'counterfoil/pglite'
import { diffSchemas } from 'counterfoil/schema'
import { applyPlainly, corpora, readCorpus, root, sessionSettings, skip } from './support/corpora.mjs'
import { extensions, freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'
import { columnOrder, difference, snapshot } from './support/schema.mjs'
import { otherServers } from './support/versions.mjs'

/** The one file that needs a table which a migration written in Go makes. */
const needsGo = { name: 'hatchet', file: '20260424205453_v1_0_100.sql', table: 'v1_dags_olap_new' }

/** Sets that are applied on PostgreSQL 15 too: to apply all of them there is asked for by `COUNTERFOIL_SETS=all`. */
const alsoOn15 = ['marquez', 'supabase-storage-multitenant']
const [fifteen] = otherServers
const isOn15 = (name) => process.env.COUNTERFOIL_SETS === 'all' || alsoOn15.includes(name)

describe('real migration sets', { skip, concurrency: 2 }, () => {
  let server, older
  before(async () => {
    server = await startPostgres()
    older = fifteen.skip ? undefined : await fifteen.start()
  })
  after(() => Promise.all([server.stop(), older?.stop()]))

  /** A new database of each kind: what Counterfoil is called with, and how to look at it. */
  async function open(kind) {
    if (kind === 'PGlite') {
      const db = await freshPGlite({ extensions })
      return {
        kind,
        db,
        api: pglite,
        exec: (sql) => db.exec(sql),
        query: (sql) => db.query(sql),
        close: () => db.close(),
      }
    }
    const on = kind === 'PostgreSQL 15' ? older : server
    const db = await on.connect(await on.createDatabase())
    return { kind, db, api: pg, exec: (sql) => db.query(sql), query: (sql) => db.query(sql), close: () => db.end() }
  }

  for (const corpus of corpora) {
    const { name, convention, files: total, pgvector, session } = corpus
    test(`${name}: ${total} migrations`, async (t) => {
      const files = await readCorpus(name)
      assert.equal(readSet(files).convention, convention)
      const [missing] = name === needsGo.name ? Object.keys(files).filter((path) => path.endsWith(needsGo.file)) : []
      const kinds = pgvector ? ['PGlite'] : ['PGlite', 'PostgreSQL']

      // What has to come out.
      const plain = await open(kinds.at(-1))
      const refused = await applyPlainly(corpus, (sql) => plain.query(sql))
      assert.deepEqual(
        refused.map(({ id }) => id),
        missing ? [needsGo.file] : [],
      )
      const expected = await snapshot(plain)
      await plain.close()

      const judged = new Map()
      let applicable = files
      await Promise.all(
        kinds.map(async (kind) => {
          const place = await open(kind)
          const { db, api } = place
          if (session) await place.exec(sessionSettings)
          const settings = await sessionOf(place)
          assert.equal((await api.ready(db, files)).httpStatus, 503)

          let set = files
          let applied = 0
          if (missing) {
            const error = await api.migrate(db, files).then(
              () => assert.fail('it was applied'),
              (error) => error,
            )
            assert.equal(error.name, 'MigrationError')
            assert.equal(error.code, 'statement-failed')
            assert.equal(error.at.path, missing)
            // PostgreSQL gives no position for LOCK TABLE: the place is the statement's.
            assert.match(
              lineOf(files[missing], error.at.line).slice(error.at.column - 1),
              new RegExp(`^LOCK TABLE ${needsGo.table} `),
            )
            assert.equal(
              error.statement,
              lineOf(files[missing], error.at.line)
                .slice(error.at.column - 1)
                .replace(/;$/, ''),
            )
            assert.match(error.message, new RegExp(`relation "${needsGo.table}" does not exist`))
            // Nothing is lost, and nothing of the file is there.
            applied = error.applied.length
            assert.equal(await rowCount(place), applied)
            assert.ok(applied > 0 && applied < total)
            set = Object.fromEntries(Object.entries(files).filter(([path]) => path !== missing))
            applicable = set
            const plan = await api.plan(db, set)
            assert.equal(plan.decisions.filter(({ action }) => action === 'skip').length, applied)
          }

          const first = await api.migrate(db, set)
          const count = Object.keys(set).length === Object.keys(files).length ? total : total - 1
          assert.equal(first.status, 'migrated')
          assert.equal(first.applied.length + applied, count)
          assert.equal(await rowCount(place), count)
          assert.deepEqual(
            first.findings.filter(({ severity }) => severity === 'error'),
            [],
          )
          const now = await sessionOf(place)
          assert.deepEqual(
            Object.fromEntries(Object.keys(settings).map((name) => [name, now[name]])),
            settings,
            'the session is as it was',
          )

          const found = difference(await snapshot(place), expected)
          assert.deepEqual(found, { onlyLeft: [], onlyRight: [] })

          const second = await api.migrate(db, set)
          assert.equal(second.status, 'current')
          assert.deepEqual(second.applied, [])
          assert.equal(second.roundTrips, 1)
          assert.equal((await api.ready(db, set)).status, 'ready')
          judged.set(kind, await api.snapshot(db))
          t.diagnostic(
            `${kind}: ${first.applied.length + applied} applied in ${first.elapsedMs} ms, ${first.roundTrips} round trips; ` +
              `findings: ${summary(first.findings)}; ${expected.length} catalog entries agree`,
          )
          await place.close()
        }),
      )

      const [there] = judged.values()
      for (const other of judged.values()) await same(t, there, other)
      if (!pgvector && isOn15(name))
        await t.test('its schema is the same on PostgreSQL 15', { skip: fifteen.skip }, async (t) => {
          const place = await open('PostgreSQL 15')
          if (session) await place.exec(sessionSettings)
          await place.api.migrate(place.db, applicable)
          await same(t, judged.get('PostgreSQL'), await place.api.snapshot(place.db))
          await place.close()
        })
    })
  }

  /** Nobody has touched them, so the judge must find nothing. */
  async function same(t, expected, actual) {
    const { differences, notes, notCompared } = await diffSchemas(expected, actual)
    assert.deepEqual([differences, notCompared], [[], []])
    const told = notes.map(({ message }) => message).join('; ')
    t.diagnostic(`${actual.facts.length} facts, no difference; notes: ${told || 'none'}`)
  }

  test('lobu-pre908 ends in the schema of its schema.sql', async () => {
    const [migrated, loaded] = await Promise.all([open('PGlite'), open('PGlite')])
    await pglite.migrate(migrated.db, await readCorpus('lobu-pre908'))
    await loaded.exec(readFileSync(join(root, 'lobu-pre908/schema.sql'), 'utf8'))
    assert.deepEqual(difference(await snapshot(migrated), await snapshot(loaded)), { onlyLeft: [], onlyRight: [] })
    await Promise.all([migrated.close(), loaded.close()])
  })

  test('lobu-baseline908 differs from what it replaces by what it drops, and by one column order', async () => {
    const [long, short] = await Promise.all([open('PGlite'), open('PGlite')])
    await pglite.migrate(long.db, await readCorpus('lobu-pre908'))
    await pglite.migrate(short.db, await readCorpus('lobu-baseline908'))
    const { onlyLeft, onlyRight } = difference(await snapshot(long), await snapshot(short))
    const kinds = (lines) => lines.map((line) => line.slice(0, line.indexOf(':'))).filter((kind) => kind !== 'comment')
    assert.deepEqual(counts(kinds(onlyLeft)), { column: 28, constraint: 8, index: 7, relation: 6 })
    assert.deepEqual(kinds(onlyRight), [])
    const [left, right] = [await columnOrder(long), await columnOrder(short)]
    // The ledger of one has a column more, since some of its migrations ran step by step.
    right.delete('schema_migrations')
    assert.equal([...right].filter(([table, columns]) => left.get(table).join() !== columns.join()).length, 1)
    await Promise.all([long.close(), short.close()])
  })

  for (const name of ['goalert', 'langfuse'])
    test(`${name}: files that share their digits on purpose are no findings`, async () => {
      const db = await freshPGlite()
      const { decisions, findings } = await pglite.plan(db, await readCorpus(name))
      assert.deepEqual(counts(decisions.map(({ action, code }) => `${action}: ${code}`)), {
        'apply: pending': decisions.length,
      })
      assert.deepEqual(
        Object.keys(counts(findings.map(({ code }) => code))).filter((code) => !code.startsWith('transaction-')),
        [],
      )
      await db.close()
    })
})

const rowCount = async ({ query }) =>
  Number(
    (await query(`select count(*) as n from public.schema_migrations where state = 'applied' and checksum is not null`))
      .rows[0].n,
  )

/** Every setting of the session, and who one is. */
async function sessionOf({ query }) {
  const { rows } = await query(`select name, setting from pg_settings where name not like 'transaction_%' union all
    select 'current_user', current_user union all select 'storage.multitenant', current_setting('storage.multitenant', true) order by 1`)
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
}

const lineOf = (text, line) => text.split('\n')[line - 1]

function counts(words) {
  const result = {}
  for (const word of words.toSorted?.() ?? [...words].sort()) result[word] = (result[word] ?? 0) + 1
  return result
}

const summary = (findings) =>
  Object.entries(counts(findings.map(({ code }) => code)))
    .map(([code, count]) => `${code} ${count}`)
    .join(', ') || 'none'
