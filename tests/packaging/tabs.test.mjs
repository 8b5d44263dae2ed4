// Tabs that have one database in a browser's storage: who may open it, who waits, and what is stored in the end.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { manifestOf } from '../js/support/manifest.mjs'
import { marking, opens, startTabs, stored } from './support/tabs.mjs'

let tabs, profile, first, second
before(async () => {
  tabs = await startTabs()
})
after(() => tabs?.stop())

/** Two tabs with storage of their own. */
async function two(t) {
  profile = await tabs.profile()
  t.after(() => profile.close())
  first = await profile.tab()
  second = await profile.tab()
  await first.evaluate(() => seed('idb://app'))
}

const set = marking(2)
const versions = ['001', '002']
const locks = (tab) =>
  tab.evaluate(async () => (await navigator.locks.query()).held.map(({ name, mode }) => `${name} ${mode}`).sort())
/** Until a tab was told that it waits. */
const waits = (tab) => tab.waitForFunction(() => events.some(({ kind }) => kind === 'waiting'))
const help =
  'close it there first, or call `open`, which waits until it is closed; tabs that are to share a database share a PGliteWorker'

describe('open', () => {
  test('a second tab is told that it waits, and goes on when the first has closed the database', async (t) => {
    await two(t)
    assert.deepEqual(await opens(first, set), ['migrated', versions])
    assert.deepEqual(await locks(first), ['counterfoil exclusive', 'counterfoil:idb://app exclusive'])
    const later = opens(second, marking(3))
    await waits(second)
    assert.deepEqual(await second.evaluate(() => events), [
      {
        kind: 'waiting',
        version: '',
        name: 'until another one has closed a database of this origin',
        path: '',
        done: 0,
        total: 0,
        step: 0,
        steps: 0,
      },
    ])
    await first.evaluate(() => db.query('insert into visits values (1)'))
    await first.evaluate(() => db.close())
    assert.deepEqual(await later, ['migrated', ['003']])
    await second.evaluate(() => db.close())
    assert.deepEqual(await locks(first), [])
    assert.deepEqual(await stored(profile), { ledger: [...versions, '003'], marks: [...versions, '003'], visits: [1] })
  })

  test('and when its tab dies, or is loaded again', async (t) => {
    await two(t)
    assert.deepEqual(await opens(first, set), ['migrated', versions])
    const later = opens(second, set)
    await waits(second)
    await first.close()
    assert.deepEqual(await later, ['current', []])
    const third = await profile.tab()
    const last = opens(third, set)
    await waits(third)
    await second.reload()
    assert.deepEqual(await last, ['current', []])
  })

  test('a tab that does not want to wait is refused, and opens nothing', async (t) => {
    await two(t)
    await opens(first, set, { dataDir: 'idb://app' })
    assert.deepEqual(await locks(first), ['counterfoil shared', 'counterfoil:idb://app exclusive'])
    const refused = { code: 'data-dir-locked', help }
    assert.deepEqual(await opens(second, set, { dataDir: 'idb://app', when: 'refuse' }), {
      ...refused,
      message: 'another tab or worker has idb://app open',
    })
    assert.deepEqual(await opens(second, set, { when: 'refuse' }), {
      ...refused,
      message: 'another tab or worker has a database of this origin open',
    })
    // Nothing was opened: a connection to IndexedDB would keep it from being deleted.
    assert.equal(
      await second.evaluate(async () => {
        let made = 0
        await open(() => ((made += 1), PGlite.create('idb://app')), {}, { when: 'refuse' }).catch(() => {})
        return made
      }),
      0,
    )
    await first.evaluate(() => db.close())
    assert.deepEqual(await opens(second, set, { when: 'refuse' }), ['current', []])
  })

  test('waiting has an end: after waitTimeout, or by a signal; the next one does not wait for it', async (t) => {
    await two(t)
    await opens(first, set)
    assert.deepEqual(await opens(second, set, { waitTimeout: 300 }), {
      code: 'wait-timeout',
      message: 'waited 300 ms until another one has closed a database of this origin',
      help: 'close it there, or allow more time with the option `waitTimeout`',
    })
    const told = await second.evaluate(async (set) => {
      const controller = new AbortController()
      const { signal } = controller
      const waiting = open(() => PGlite.create('idb://app'), set, { signal, onProgress: () => controller.abort() })
      return [await waiting.catch(failed), await open(() => PGlite.create('idb://app'), set, { signal }).catch(failed)]
    }, set)
    const aborted = {
      code: 'aborted',
      message: 'the run was told to stop',
      help: 'nothing is half-done: run it again',
    }
    assert.deepEqual(told, [aborted, aborted])
    assert.equal(await second.evaluate(async () => (await navigator.locks.query()).pending.length), 0)
    await first.evaluate(() => db.close())
    assert.deepEqual(await opens(second, set), ['current', []])
  })

  test('databases with names do not wait for each other', async (t) => {
    await two(t)
    const found = await first.evaluate(async (set) => {
      for (const name of ['idb://cache', 'idb://fourth']) await seed(name)
      const one = (name, at = name) => open(() => PGlite.create(at), set, { dataDir: name, when: 'refuse' })
      const [app, cache] = [await one('idb://app'), await one('idb://cache')]
      const again = await one('idb:///app/').catch(failed)
      const other = await one('idb://third', 'idb://fourth').catch(failed)
      const all = await open(() => PGlite.create('idb://app'), set, { waitTimeout: 100 }).catch(failed)
      await Promise.all([app.db.close(), cache.db.close()])
      return { again, other, all, status: [app.result.status, cache.result.status] }
    }, set)
    assert.deepEqual(found, {
      status: ['migrated', 'migrated'],
      again: { code: 'data-dir-locked', message: 'this page has idb://app open', help },
      other: {
        code: 'invalid-input',
        message: 'the option dataDir is idb://third, and the database that was opened is idb://fourth',
        help: 'name the same one',
      },
      all: {
        code: 'wait-timeout',
        message: 'waited 100 ms until this page has closed a database of this origin',
        help: 'close it, or, if it is another database that is open, name each with `dataDir`',
      },
    })
    assert.deepEqual(await locks(first), [])
  })

  test('whatever fails, the database is closed and the next one may open it', async (t) => {
    await two(t)
    const bad = { ...set, '003_bad.sql': 'create table c ();\ninsert into nowhere values (1);\n' }
    assert.deepEqual(await opens(first, bad), {
      code: 'statement-failed',
      message: '003_bad.sql:2:13: relation "nowhere" does not exist (42P01)',
      help: 'fix 003_bad.sql and run again; nothing of it was kept, 2 applied before it and kept',
    })
    const found = await first.evaluate(async (set) => {
      await seed('idb://worker')
      const worker = () => PGliteWorker.create(new Worker('/bare.js', { type: 'module' }), { dataDir: 'idb://worker' })
      const made = [PGlite, PGlite.create('memory://'), () => undefined, worker, () => Promise.reject(new Error('no'))]
      const found = []
      for (const make of made) found.push(await open(make, set).catch(failed))
      for (const options of [{ dataDir: '' }, { when: 'wait' }, { steps: 1 }])
        found.push(await open(() => PGlite.create(), set, options).catch(failed))
      return found.map(({ code, message }) => `${code}: ${message}`)
    }, set)
    assert.deepEqual(found, [
      'invalid-input: the first argument of open is a class',
      'invalid-input: the first argument of open is no function',
      'invalid-input: the database is undefined, and counterfoil/pglite takes a PGlite or a PGliteWorker',
      'invalid-input: what open was to open is a PGliteWorker, which several tabs share',
      'database-unavailable: PGlite could not open the database: no',
      'invalid-input: the option dataDir is not where PGlite keeps the data, such as idb://app',
      'invalid-input: the option when is not one of apply, refuse',
      'invalid-input: there is no option steps here',
    ])
    assert.deepEqual(await opens(second, set, { when: 'refuse' }), ['current', []])
  })

  test('one in memory keeps nobody off', async (t) => {
    await two(t)
    const found = await first.evaluate(async (set) => {
      const loadDataDir = await (await fetch('/empty.tar')).blob()
      const made = await Promise.all([1, 2].map(() => open(() => PGlite.create({ loadDataDir }), set)))
      return made.map(({ result }) => result.status)
    }, set)
    assert.deepEqual(found, ['migrated', 'migrated'])
    assert.deepEqual(await locks(first), [])
  })

  test('what onProgress throws while it waits is a finding', async (t) => {
    await two(t)
    await opens(first, set)
    const later = second.evaluate(async (set) => {
      const onProgress = ({ kind }) => {
        events.push({ kind })
        throw new Error('no bar')
      }
      const { result } = await open(() => PGlite.create('idb://app'), set, { onProgress })
      return result.findings.map(({ code, message }) => `${code}: ${message}`)
    }, set)
    await waits(second)
    await first.close()
    assert.deepEqual(await later, ['progress-failed: onProgress failed: no bar'])
  })
})

describe('migrate with a database that was opened without `open`', () => {
  /** Opens it, and does nothing yet. */
  const bare = (tab) =>
    tab.evaluate(async () => {
      globalThis.db = await PGlite.create('idb://app')
    })
  const migrates = (tab, migrations) =>
    tab.evaluate(
      (set) => migrate(db, set).then(({ status, findings }) => [status, findings.length], failed),
      migrations,
    )

  test('takes the lock if it is free, and keeps it until the database is closed', async (t) => {
    await two(t)
    await bare(first)
    assert.deepEqual(await migrates(first, set), ['migrated', 0])
    assert.deepEqual(await locks(first), ['counterfoil:idb://app exclusive'])
    await bare(second)
    assert.deepEqual(await migrates(second, set), {
      code: 'data-dir-locked',
      message: 'another tab or worker has idb://app open',
      help,
    })
    // `open` has read it already when it learns its name: it reads it again.
    const third = await profile.tab()
    const later = opens(third, marking(3))
    await waits(third)
    assert.deepEqual(await migrates(first, marking(3)), ['migrated', 0])
    await first.evaluate(() => db.close())
    assert.deepEqual(await later, ['current', []])
    await third.close()
    assert.deepEqual((await stored(profile)).marks, [...versions, '003'])
  })

  test('an old copy is neither migrated nor written back', async (t) => {
    await two(t)
    // The database is there before both open it.
    await opens(first, set)
    await first.evaluate(() => db.close())
    await bare(second)
    assert.deepEqual(await opens(first, marking(3)), ['migrated', ['003']])
    await first.evaluate(() => db.query('insert into visits values (1)'))
    await first.evaluate(() => db.close())
    const seen = await second.evaluate(
      async ([set, manifest]) => [
        (await plan(db, set)).decisions.map(({ code }) => code),
        (await ready(db, manifest)).status,
        await migrate(db, manifest).catch(failed),
      ],
      [marking(3), manifestOf(marking(3))],
    )
    assert.deepEqual(seen, [
      ['applied', 'applied', 'pending'],
      'behind',
      {
        code: 'data-dir-locked',
        message: 'another tab or worker has changed idb://app since this page read it',
        help: 'close it and open it again: by `open`, which waits until it is closed elsewhere; nothing was run',
      },
    ])
    assert.deepEqual(await locks(second), [])
    await second.close()
    assert.deepEqual(await stored(profile), { ledger: [...versions, '003'], marks: [...versions, '003'], visits: [1] })
  })
})
