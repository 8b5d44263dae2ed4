// What a driver has to hold whose database is a pool: postgres.js and Bun's SQL are used in the same way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notes } from './drivers.mjs'

/** Ends every connection to the database but this one's. */
const endAll = (admin, condition = 'true') =>
  admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database() and ${condition}`,
  )

/**
 * @param api the package's entry
 * @param server gives the running PostgreSQL
 * @param open makes a database and a pool of so many connections to it: `{ db, database, close }`
 * @param free waits until every connection of the pool is free again
 */
export function poolSuite(api, server, open, free) {
  test('with nothing to do, and to judge, no connection is reserved', async () => {
    const { db, close } = await open({ max: 1 })
    await api.migrate(db, notes)
    const watched = new Proxy(db, {
      get: (sql, name) => (name === 'reserve' ? () => assert.fail('reserved') : Reflect.get(sql, name)),
    })
    assert.equal((await api.migrate(watched, notes)).roundTrips, 1)
    assert.equal((await api.ready(watched, notes)).status, 'ready')
    await close()
  })

  for (const max of [1, 4]) {
    test(`a connection that breaks during a migration is replaced, and the migration is applied once: of ${max}`, async () => {
      const { db, database, close } = await open({ max })
      const admin = await server().connect(database)
      const run = api.migrate(db, {
        ...notes,
        '003_slow.sql': '-- migrate:up\ninsert into notes values (1);\nselect pg_sleep(1);\n',
      })
      for (let killed = 0; !killed;) killed = (await endAll(admin, `wait_event = 'PgSleep'`)).rowCount
      assert.deepEqual(
        (await run).applied.map(({ version }) => version),
        ['001', '002', '003'],
      )
      assert.deepEqual((await admin.query('select id from notes')).rows, [{ id: 1 }])
      await free(db, max)
      await admin.end()
      await close()
    })

    test(`a connection that breaks between two requests does not end the process: of ${max}`, async () => {
      const { db, database, close } = await open({ max })
      const admin = await server().connect(database)
      let ended
      const { applied } = await api.migrate(db, notes, {
        onProgress({ kind, version }) {
          if (kind === 'applied' && version === '001') ended = endAll(admin)
        },
      })
      await ended
      assert.deepEqual(
        applied.map(({ version }) => version),
        ['001', '002'],
      )
      await free(db, max)
      await admin.end()
      await close()
    })
  }
}
