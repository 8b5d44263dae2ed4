// What may happen to a page with a database in the browser's storage: it is loaded again, the storage is full or not allowed,
// the page may not have WebAssembly or locks. Each is done to a real browser.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { random } from '../js/support/random.mjs'
import { marking, opens, startTabs, stored } from './support/tabs.mjs'

/** A server and a browser for one test. */
async function started(t, options) {
  const tabs = await startTabs(options)
  t.after(() => tabs.stop())
  return tabs
}

test('a page that is loaded again at any moment runs each migration once', async (t) => {
  const tabs = await started(t)
  const profile = await tabs.profile()
  const chance = random(7)
  const tab = await profile.tab()
  await tab.evaluate(() => seed('idb://app'))
  // Migrations that take long enough to be met in their middle.
  const set = Object.fromEntries(
    Object.entries(marking(6)).map(([path, sql]) => [path, `${sql}select pg_sleep(0.15);\n`]),
  )
  let cut = 0
  for (let load = 0; load < 8; load += 1) {
    const run = opens(tab, set).then(
      () => {},
      () => (cut += 1),
    )
    await new Promise((done) => setTimeout(done, chance() * 2_500))
    await tab.reload()
    await run
    await tab.waitForFunction(() => globalThis.result)
  }
  assert.ok(cut > 0, 'no run was cut off')
  const [status] = await opens(tab, set)
  assert.match(status, /^(migrated|current)$/)
  await tab.close()
  const versions = ['001', '002', '003', '004', '005', '006']
  assert.deepEqual(await stored(profile), { ledger: versions, marks: versions, visits: [] })
})

test('what the storage has no room for is not done, and can be done once there is room', async (t) => {
  const tabs = await started(t)
  const profile = await tabs.profile()
  const tab = await profile.tab()
  const devtools = await profile.context.newCDPSession(tab)
  const quota = (size) => devtools.send('Storage.overrideQuotaForOrigin', { origin: tabs.origin, ...size })
  // From the beginning: Chromium keeps in mind for half a minute how much is left.
  await quota({ quotaSize: 200_000_000 })
  await tab.evaluate(() => seed('idb://app'))
  const more = { ...marking(2), '003_large.sql': 'create table large as select generate_series(1, 1000) n;\n' }
  assert.deepEqual(await opens(tab, marking(1)), ['migrated', ['001']])
  const full = await tab.evaluate(
    () =>
      new Promise((done) => {
        const request = indexedDB.open('filler')
        request.onupgradeneeded = () => request.result.createObjectStore('all')
        request.onsuccess = () => {
          const fill = (number, size) => {
            const chunk = new Uint8Array(size)
            for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(chunk.subarray(at, at + 65_536))
            const work = request.result.transaction('all', 'readwrite')
            work.objectStore('all').put(chunk, number)
            work.oncomplete = () => fill(number + 1, size)
            work.onabort = () => (size > 65_536 ? fill(number + 1, size / 2) : done(work.error.name))
          }
          fill(0, 2 ** 23)
        }
      }),
  )
  assert.equal(full, 'QuotaExceededError')
  const [refused, later] = await tab.evaluate(
    async (more) => [await migrate(db, more).catch(failed), await plan(db, more).catch(failed)],
    more,
  )
  assert.equal(refused.code, 'connection-lost')
  assert.match(
    refused.message,
    /^PGlite could not store what was done, and has stored none of it: .*(quota|QuotaExceededError)/i,
  )
  assert.match(refused.help, /^this instance cannot be used any more: open the database again, and run again/)
  // Its memory has what the storage has not: whatever it answered would be wrong after the next start.
  assert.deepEqual(later, refused)
  await tab.evaluate(() => db.close())
  await quota({})
  assert.deepEqual(await opens(tab, more), ['migrated', ['002', '003']])
  await tab.close()
  assert.deepEqual((await stored(profile)).marks, ['001', '002'])
})

test('a database for which there is no room is not opened, and the reason is said', async (t) => {
  const tabs = await started(t)
  const profile = await tabs.profile()
  const tab = await profile.tab()
  const devtools = await profile.context.newCDPSession(tab)
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: tabs.origin, quotaSize: 1_000_000 })
  const refused = await opens(tab, marking(1))
  assert.equal(refused.code, 'database-unavailable')
  assert.match(refused.message, /^PGlite could not open the database: .*(quota|QuotaExceededError)/i)
  assert.equal(refused.help, 'the storage of this site is full: free some, or ask the user to; nothing was migrated')
  assert.deepEqual(await tab.evaluate(async () => (await navigator.locks.query()).held), [])
})

test('a browser that lets the page store nothing', async (t) => {
  const tabs = await started(t)
  // https://chromium.googlesource.com/chromium/src/+/main/components/content_settings/core/common/content_settings.h: 2 is block.
  const profile = await tabs.lasting({ profile: { default_content_setting_values: { cookies: 2 } } })
  t.after(() => profile.close())
  const tab = await profile.tab()
  // It is so.
  assert.match(
    await tab.evaluate(
      () =>
        new Promise((done) => {
          try {
            const request = indexedDB.open('x')
            request.onerror = () => done(`${request.error}`)
            request.onsuccess = () => done('open')
          } catch (error) {
            done(`${error}`)
          }
        }),
    ),
    /Error/,
  )
  const refused = await opens(tab, marking(1))
  assert.equal(refused.code, 'unsupported')
  assert.match(refused.message, /^nothing can keep other tabs off the database: SecurityError/)
  assert.match(refused.help, /^the browser lets this page store nothing: let the user allow the site's data/)
})

test('a page that may not have WebAssembly is told what to allow', async (t) => {
  const policy = "script-src 'self' 'unsafe-inline'"
  const tabs = await started(t, { headers: { 'content-security-policy': policy } })
  const profile = await tabs.profile()
  const tab = await profile.tab()
  const help = "allow WebAssembly: add 'wasm-unsafe-eval' to script-src of the page's Content-Security-Policy"
  const refused = await opens(tab, marking(1))
  assert.equal(refused.code, 'database-unavailable')
  assert.equal(refused.help, help)
  const core = await tab.evaluate(() => init().catch(failed))
  assert.equal(core.code, 'core-unavailable')
  assert.equal(core.help, help)
  // With it both work.
  const allowing = await started(t, { headers: { 'content-security-policy': `${policy} 'wasm-unsafe-eval'` } })
  const allowed = await (await allowing.profile()).tab()
  await allowed.evaluate(() => seed('idb://app'))
  assert.deepEqual(await opens(allowed, marking(1)), ['migrated', ['001']])
})

describe('a page that did not come over https', () => {
  test('has no locks: open refuses, and migrate says so', async (t) => {
    const tabs = await started(t, { host: 'app.test' })
    const profile = await tabs.profile()
    const tab = await profile.tab()
    assert.equal(await tab.evaluate(() => isSecureContext), false)
    await tab.evaluate(() => seed('idb://app'))
    assert.deepEqual(await opens(tab, marking(1)), {
      code: 'unsupported',
      message: 'nothing can keep other tabs off the database: there are no Web Locks here',
      help: 'serve the page over https or from localhost; for a page that is open once alone, open the database and call `migrate`',
    })
    const { status, findings } = await tab.evaluate(async (set) => {
      const db = await PGlite.create('idb://app')
      return migrate(db, set)
    }, marking(1))
    assert.equal(status, 'migrated')
    assert.deepEqual(findings, [
      {
        code: 'not-locked',
        severity: 'warning',
        message: 'nothing keeps other tabs off idb://app: there are no Web Locks here',
        help: 'serve the page over https or from localhost; until then have one tab open alone',
      },
    ])
  })
})

test('a frame without an origin of its own is refused', async (t) => {
  // It may load the package.
  const tabs = await started(t, { headers: { 'access-control-allow-origin': '*' } })
  const profile = await tabs.profile()
  const tab = await profile.tab()
  const refused = await tab.evaluate(
    () =>
      new Promise((done) => {
        addEventListener('message', ({ data }) => done(data))
        const frame = document.createElement('iframe')
        frame.sandbox = 'allow-scripts'
        frame.srcdoc = `<script type="module">
          const { open } = await import('${location.origin}/counterfoil/web/pglite.js').catch((error) => ({ open: async () => { throw error } }))
          open(() => {}, {}).catch(({ code, message, help }) => parent.postMessage({ code, message, help }, '*'))
        </script>`
        document.body.append(frame)
      }),
  )
  assert.equal(refused.code, 'unsupported', refused.message)
  assert.match(refused.message, /^nothing can keep other tabs off the database: SecurityError/)
  assert.match(refused.help, /a frame with the attribute sandbox have allow-same-origin$/)
})
