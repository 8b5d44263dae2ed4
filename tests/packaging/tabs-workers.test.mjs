// Several tabs that share a PGliteWorker: who migrates, what an error says, and what becomes of a run whose leader goes.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { build } from 'esbuild'
import { page } from '../js/support/docs.mjs'
import { marking, startTabs, stored } from './support/tabs.mjs'

let tabs
before(async () => {
  tabs = await startTabs()
})
after(() => tabs?.stop())

/** Three tabs, each with a worker of this program. That of the first has the database: PGlite's leader. */
async function three(t, program, migrations) {
  const profile = await tabs.profile()
  t.after(() => profile.close())
  const opened = [await profile.tab(), await profile.tab(), await profile.tab()]
  await opened[0].evaluate(() => seed('idb://app'))
  for (const tab of opened) {
    await tab.evaluate(
      async ([program, migrations]) => {
        const options = { dataDir: 'idb://app', meta: { migrations } }
        globalThis.db = await PGliteWorker.create(new Worker(program, { type: 'module' }), options)
      },
      [program, migrations],
    )
    // The first to have it is the one that came first.
    await tab.waitForFunction(async () =>
      (await navigator.locks.query()).held.some(({ name }) => name.startsWith('pglite-election-lock')),
    )
  }
  return { profile, opened }
}

const migrates = (tab, migrations) =>
  tab.evaluate(
    (migrations) => migrate(db, migrations).then(({ status, applied }) => [status, applied.length], failed),
    migrations,
  )

const versions = ['001', '002', '003']

test('three tabs migrate at once: one does it, and an error arrives with its code, line and column', async (t) => {
  const { profile, opened } = await three(t, '/bare.js')
  const results = await Promise.all(opened.map((tab) => migrates(tab, marking(3))))
  assert.equal(
    results.reduce((sum, [, applied]) => sum + applied, 0),
    3,
    JSON.stringify(results),
  )
  const bad = { ...marking(3), '004_bad.sql': 'create table c ();\ninsert into nowhere values (1);\n' }
  const failures = await Promise.all(opened.map((tab) => migrates(tab, bad)))
  for (const { code, message } of failures) {
    assert.equal(code, 'statement-failed')
    assert.equal(message, '004_bad.sql:2:13: relation "nowhere" does not exist (42P01)')
  }
  for (const tab of opened) await tab.close()
  assert.deepEqual(await stored(profile), { ledger: versions, marks: versions, visits: [] })
})

test('a run goes on when the tab that has the database is closed in the middle of a migration', async (t) => {
  const { profile, opened } = await three(t, '/bare.js')
  assert.deepEqual(await migrates(opened[0], marking(1)), ['migrated', 1])
  const [leader, runner] = opened
  const slow = Object.fromEntries(
    Object.entries(marking(3)).map(([path, sql]) => [path, path.startsWith('002') ? `${sql}select pg_sleep(2);` : sql]),
  )
  const run = runner.evaluate(async (set) => {
    const { status, applied } = await migrate(db, set, { onProgress: (event) => events.push(event) })
    return [status, applied.map(({ version }) => version)]
  }, slow)
  await runner.waitForFunction(() => events.some(({ kind, version }) => kind === 'step' && version === '002'))
  // The statement is over there by now, in a worker that can hear nothing until it has slept.
  await new Promise((done) => setTimeout(done, 300))
  await leader.close()
  assert.deepEqual(await run, ['migrated', ['002', '003']])
  for (const tab of opened) if (!tab.isClosed()) await tab.close()
  assert.deepEqual(await stored(profile), { ledger: versions, marks: versions, visits: [] })
})

test('a worker that migrates by itself is open to all tabs, also after a change of the leader', async (t) => {
  for (const program of ['/open.js', '/migrate.js']) {
    const { profile, opened } = await three(t, program, marking(2))
    const marks = (tab) =>
      tab.evaluate(async () => (await db.query('select version from marks order by 1')).rows.length)
    assert.deepEqual(await Promise.all(opened.map(marks)), [2, 2, 2])
    const [held] = await opened[0].evaluate(async () =>
      (await navigator.locks.query()).held.map(({ name }) => name).filter((name) => name === 'counterfoil:idb://app'),
    )
    assert.equal(held, 'counterfoil:idb://app')
    await opened[0].close()
    await opened[1].close()
    // The third has it then, whoever had it before.
    const seen = await opened[2].evaluate(async () => {
      for (;;) {
        const changed = new Promise((_, fail) => db.onLeaderChange(() => fail(new Error('another leader'))))
        const read = db.query('select version from marks order by 1')
        const rows = await Promise.race([read, changed]).then(
          ({ rows }) => rows,
          () => undefined,
        )
        if (rows) return rows.length
      }
    })
    assert.equal(seen, 2)
    await opened[2].close()
    assert.deepEqual((await stored(profile)).marks, ['001', '002'])
  }
})

test('the worker of the documentation tells all tabs what has failed', async (t) => {
  const [, contents] = page('docs/pglite.md').match(/<!-- tabs-worker -->\n\n```javascript\n([^]+?)```/)
  const addresses = {
    '@electric-sql/pglite': '/pglite/index.js',
    '@electric-sql/pglite/worker': '/pglite/worker/index.js',
    'counterfoil/pglite': '/counterfoil/web/pglite.js',
  }
  const bundle = async (migrations) => {
    const plugin = {
      name: 'addresses',
      setup(to) {
        to.onResolve({ filter: /^[^.]/ }, ({ path }) =>
          path === 'virtual:counterfoil' ? { path, namespace: 'set' } : { path: addresses[path], external: true },
        )
        to.onLoad({ filter: /./, namespace: 'set' }, () => ({ contents: JSON.stringify(migrations), loader: 'json' }))
      },
    }
    const stdin = { contents, resolveDir: import.meta.dirname }
    const { outputFiles } = await build({ stdin, bundle: true, format: 'esm', write: false, plugins: [plugin] })
    return outputFiles[0].text
  }
  tabs.workers['/good.js'] = await bundle(marking(2))
  tabs.workers['/bad.js'] = await bundle({ ...marking(2), '003_bad.sql': 'select 1 from nowhere;\n' })
  const profile = await tabs.profile()
  t.after(() => profile.close())
  const [one, other] = [await profile.tab(), await profile.tab()]
  await one.evaluate(() => seed('idb://app'))
  const told = (tab) =>
    tab.evaluate(
      () => new Promise((done) => (new BroadcastChannel('app-failures').onmessage = ({ data }) => done(data))),
    )
  const failures = [told(one), told(other)]
  await one.evaluate(
    () => void PGliteWorker.create(new Worker('/bad.js', { type: 'module' }), { dataDir: 'idb://app' }),
  )
  const failure = {
    code: 'statement-failed',
    message: '003_bad.sql:1:15: relation "nowhere" does not exist (42P01)',
    help: 'fix 003_bad.sql and run again; nothing of it was kept, 2 applied before it and kept',
  }
  assert.deepEqual(await Promise.all(failures), [failure, failure])
  await one.close()
  const rows = await other.evaluate(async () => {
    const worker = new Worker('/good.js', { type: 'module' })
    const db = await PGliteWorker.create(worker, { dataDir: 'idb://app' })
    return (await db.query('select version from marks')).rows.length
  })
  assert.equal(rows, 2)
})
