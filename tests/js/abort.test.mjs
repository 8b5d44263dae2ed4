// A run that is told to stop while one of its messages is under way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'

const set = {
  '001_a.sql': '-- migrate:up\ncreate table a (n int);\n',
  '002_b.sql': '-- migrate:up\ncreate index concurrently a_n on a (n);\ninsert into a values (1);\n',
  '003_c.sql': '-- migrate:up\ncreate table c ();\n',
}

/** The database, and a function that is called while its n-th message is under way. */
const during = (db, n, act) =>
  new Proxy(db, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args) => {
        const result = value.apply(target, args)
        if (['query', 'exec', 'execProtocolRaw'].includes(name) && n-- === 0) act()
        return result
      }
    },
  })

onEachDatabase(({ kind, api: { migrate, plan, ready, rollback }, open }) => {
  if (kind === 'PostgreSQL')
    test('it does not wait for a lock that somebody has on the ledger', async (t) => {
      const { db, session } = await open(t)
      await migrate(db, { '001_a.sql': set['001_a.sql'] })
      const other = await session()
      const waiting = async (what) =>
        (
          await other.query(
            `select ${what} from pg_locks where not granted and relation = 'schema_migrations'::regclass`,
          )
        ).rows.length > 0
      await other.query('begin; lock table schema_migrations')
      for (const work of [migrate, plan, ready, rollback]) {
        const controller = new AbortController()
        const run = work(await session(), set, { signal: controller.signal })
        while (!(await waiting('pid')));
        controller.abort()
        await fails(run, { code: 'aborted', applied: [] })
        while (await waiting('pg_terminate_backend(pid)'));
      }
      await other.query('rollback')
    })

  test('it says what was applied, and the next run goes on from there', async (t) => {
    for (let n = 0; ; n += 1) {
      const { db, query } = await open(t)
      await query('drop table if exists a, c, schema_migrations')
      const controller = new AbortController()
      const run = migrate(
        during(db, n, () => controller.abort()),
        set,
        { signal: controller.signal },
      )
      const result = await run.catch((error) => error)
      const applied = (await query(`select to_regclass('public.schema_migrations') as there`))[0].there
        ? (await query(`select version from schema_migrations where state = 'applied' order by 1`)).map(
            ({ version }) => version,
          )
        : []
      if (result.status) {
        // All was done before the last messages were answered.
        assert.equal(applied.length, 3)
        if (!controller.signal.aborted) return assert.ok(n > 8, `${n} messages`)
        continue
      }
      await fails(() => Promise.reject(result), { code: 'aborted', applied })
      assert.deepEqual(
        [...applied, ...(await migrate(db, set)).applied.map(({ version }) => version)],
        ['001', '002', '003'],
      )
      assert.deepEqual(await query('select n from a'), [{ n: 1 }])
    }
  })
})
