// Booting a PGlite in a page from a snapshot in IndexedDB: across reloads, in another tab, and when it is damaged.
import assert from 'node:assert/strict'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, resolve } from 'node:path'
import { after, before, beforeEach, afterEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { launchBrowser } from '../../scripts/browser.mjs'

const root = resolve(fileURLToPath(import.meta.url), '../../..')
const folders = { '/counterfoil/': join(root, 'pkg'), '/pglite/': join(root, 'node_modules/@electric-sql/pglite/dist') }
const types = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' }

let server
let browser
let context
let origin
let requested = []

before(async () => {
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    requested.push(pathname)
    if (pathname === '/')
      return response.setHeader('content-type', 'text/html').end('<!doctype html><title>boot</title>')
    const folder = Object.keys(folders).find((prefix) => pathname.startsWith(prefix))
    const path = folder && join(folders[folder], pathname.slice(folder.length))
    if (!path || !existsSync(path) || !statSync(path).isFile()) return response.writeHead(404).end('no such file')
    response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream')
    createReadStream(path).pipe(response)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  origin = `http://127.0.0.1:${server.address().port}`
  browser = await launchBrowser()
})
after(async () => {
  await browser?.close()
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})
// What one test stores, no other finds.
beforeEach(async () => (context = await browser.newContext()))
afterEach(() => context.close())

const set = {
  '001_notes.sql':
    "-- migrate:up\ncreate table notes (id bigint generated always as identity, text text);\ninsert into notes (text) values ('one');\n",
  '002_more.sql': "-- migrate:up\ninsert into notes (text) values ('two');\n",
}
const third = { '003_third.sql': "-- migrate:up\ninsert into notes (text) values ('three');\n" }

/** Boots in a page, puts in a row of the caller's, and gives what can be told of it. */
const work = async ({ migrations, keep }) => {
  const { PGlite } = await import('/pglite/index.js')
  const { boot } = await import('/counterfoil/web/pglite.js')
  const { snapshotsInIndexedDB } = await import('/counterfoil/web/snapshots.js')
  const snapshots = snapshotsInIndexedDB('snapshots', keep ? { keep } : {})
  const { db, result, snapshot } = await boot(PGlite, migrations, { snapshots })
  const { rows } = await db.query('select text from notes order by id')
  await db.exec("insert into notes (text) values ('of the caller')")
  await db.close()
  return {
    texts: rows.map(({ text }) => text),
    status: result.status,
    findings: result.findings.map(({ message }) => message),
    snapshot,
    keys: await snapshots.keys(),
  }
}
const inPage = (page, argument) => page.evaluate(`(${work})(${JSON.stringify(argument)})`)

async function open() {
  const page = await context.newPage()
  await page.goto(origin)
  return page
}

test('a page that is loaded again starts from the snapshot, and applies only what is new', async () => {
  const page = await open()
  const first = await inPage(page, { migrations: set })
  assert.deepEqual(
    [first.texts, first.status, first.snapshot.used, first.findings],
    [['one', 'two'], 'migrated', null, []],
  )
  assert.deepEqual(first.keys, [first.snapshot.saved])

  await page.reload()
  const second = await inPage(page, { migrations: set })
  assert.deepEqual(
    [second.texts, second.status, second.snapshot],
    [['one', 'two'], 'current', { used: first.snapshot.saved, migrations: 2, saved: null }],
  )

  await page.reload()
  const next = await inPage(page, { migrations: { ...set, ...third } })
  assert.deepEqual([next.texts, next.status, next.snapshot.migrations], [['one', 'two', 'three'], 'migrated', 2])
  assert.deepEqual(next.keys, [next.snapshot.saved, first.snapshot.saved])

  const tab = await inPage(await open(), { migrations: { ...set, ...third } })
  assert.deepEqual([tab.texts, tab.snapshot.used], [['one', 'two', 'three'], next.snapshot.saved])
})

test('a damaged snapshot is thrown away, and the page boots', async () => {
  const page = await open()
  const first = await inPage(page, { migrations: set })
  await page.evaluate(async (key) => {
    const { snapshotsInIndexedDB } = await import('/counterfoil/web/snapshots.js')
    const snapshots = snapshotsInIndexedDB('snapshots')
    const bytes = await snapshots.get(key)
    await snapshots.set(key, bytes.slice(0, bytes.length - 512))
  }, first.snapshot.saved)
  await page.reload()
  const second = await inPage(page, { migrations: set })
  assert.deepEqual(
    [second.texts, second.snapshot.used, second.snapshot.saved],
    [['one', 'two'], null, first.snapshot.saved],
  )
  assert.deepEqual(second.findings, [`the snapshot ${first.snapshot.saved} was not used: it is damaged`])
})

test('IndexedDB keeps as many as it is told to: those used last', async () => {
  const page = await open()
  const first = await inPage(page, { migrations: set, keep: 1 })
  const second = await inPage(page, { migrations: { ...set, ...third }, keep: 1 })
  assert.equal(second.snapshot.used, first.snapshot.saved)
  assert.deepEqual(second.keys, [second.snapshot.saved])
})

test('a page whose IndexedDB is not to be had boots without', async () => {
  const page = await open()
  await page.evaluate(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('storage is off', 'SecurityError')
    }
  })
  const work = async (migrations) => {
    const { PGlite } = await import('/pglite/index.js')
    const { boot } = await import('/counterfoil/web/pglite.js')
    const { snapshotsInIndexedDB } = await import('/counterfoil/web/snapshots.js')
    const { db, result } = await boot(PGlite, migrations, { snapshots: snapshotsInIndexedDB() })
    await db.close()
    return [result.applied.length, result.findings.map(({ code, message }) => `${code}: ${message}`)]
  }
  const [applied, findings] = await page.evaluate(`(${work})(${JSON.stringify(set)})`)
  assert.equal(applied, 2)
  assert.deepEqual(findings, [
    'snapshot-not-used: the snapshots could not be listed: storage is off',
    'snapshot-not-saved: no snapshot was saved: storage is off',
  ])
})

test('a page that does not boot loads nothing of it', async () => {
  const page = await open()
  requested = []
  await page.evaluate(() => import('/counterfoil/web/pglite.js'))
  assert.deepEqual(
    requested.filter((path) => path.includes('boot') || path.includes('core')),
    [],
  )
})
