// The packed package in pages of Vite's development server, in every version of Vite that is supported: over HTTP, in
// Chromium, with the files changed while it runs.
import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { launchBrowser } from '../../scripts/browser.mjs'
import { install, ours } from './support/packed.mjs'

const main = `import { PGlite } from '@electric-sql/pglite'
import { migrate } from 'counterfoil/pglite'
import migrations from 'virtual:counterfoil'
import beside from 'virtual:counterfoil?dir=../beside'
const db = await PGlite.create()
const { status, applied } = await migrate(db, migrations)
const { rows } = await db.query("select attname from pg_attribute where attrelid = 'notes'::regclass and attnum > 0 order by 1")
document.body.textContent = [status, applied.map(({ version }) => version), rows.map(({ attname }) => attname), beside.count].join('; ')
`
const up = (sql) => `-- migrate:up\n${sql}\n`

let chromium
before(async () => (chromium = await launchBrowser()))
after(() => chromium.close())

for (const name of ['vite6', 'vite7', 'vite'])
  describe(name, () => {
    const app = install({ links: ['@electric-sql/pglite'] })
    // In a folder of the app's, so that the other set lies beside it.
    const root = join(app.base, 'site')
    const write = (files) => {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(join(root, path, '..'), { recursive: true })
        writeFileSync(join(root, path), text)
      }
    }
    write({
      'index.html': '<!doctype html><body><script type="module" src="/main.js"></script></body>',
      'main.js': main,
      'db/migrations/001_notes.sql': up('create table notes (id int);'),
      '../beside/001_a.sql': up('select 1;'),
    })
    let server
    let page
    let origin

    before(async () => {
      const { createServer } = await import(name)
      const { default: counterfoil } = await import(pathToFileURL(join(app.home, 'bundler/vite.js')))
      server = await createServer({
        root,
        configFile: false,
        logLevel: 'silent',
        plugins: [counterfoil()],
        // As PGlite's documentation says: https://pglite.dev/docs/bundler-support
        optimizeDeps: { exclude: ['@electric-sql/pglite'] },
        server: { host: '127.0.0.1', port: 0, fs: { allow: [app.base, ours('@electric-sql/pglite')] } },
      })
      await server.listen()
      origin = `http://127.0.0.1:${server.httpServer.address().port}`
      await new Promise((done) => (server.watcher._readyEmitted ? done() : server.watcher.once('ready', done)))
      page = await chromium.newPage()
    })
    after(async () => {
      await page?.close()
      await server?.close()
      app.remove()
    })

    /** Waits until the page says this, whenever it is loaded again. */
    const says = async (expected) => {
      const shown = () =>
        page.evaluate(
          () => document.querySelector('vite-error-overlay')?.shadowRoot.textContent ?? document.body.textContent,
        )
      await page
        .waitForFunction((text) => document.body?.textContent === text, expected, { timeout: 30_000, polling: 50 })
        .catch(async (error) => assert.equal(await shown(), expected, error.message))
    }
    /** What the error overlay says, once there is one. */
    const overlay = async () => {
      const text = (selector) =>
        document.querySelector('vite-error-overlay')?.shadowRoot.querySelector(selector)?.textContent
      const part = async (selector) =>
        (await page.waitForFunction(text, selector, { timeout: 30_000, polling: 50 })).jsonValue()
      return { message: await part('.message-body'), file: await part('.file') }
    }

    test('the page migrates its PGlite with the virtual modules', { timeout: 120_000 }, async () => {
      await page.goto(origin)
      await says('migrated; 001; id; 1')
      const { status, headers } = await fetch(`${origin}/@id/__x00__virtual:counterfoil`)
      assert.deepEqual([status, headers.get('content-type')], [200, 'text/javascript'])
    })

    test('a file that is added, edited or removed reaches the page', { timeout: 240_000 }, async () => {
      write({ 'db/migrations/002_more.sql': up('alter table notes add column more text;') })
      await says('migrated; 001,002; id,more; 1')
      write({ 'db/migrations/002_more.sql': up('alter table notes add column other text;') })
      await says('migrated; 001,002; id,other; 1')
      rmSync(join(root, 'db/migrations/002_more.sql'))
      await says('migrated; 001; id; 1')
    })

    test('so does one in a folder beside the project', { timeout: 120_000 }, async () => {
      write({ '../beside/002_b.sql': up('select 2;') })
      await says('migrated; 001; id; 2')
      rmSync(join(app.base, 'beside/002_b.sql'))
      await says('migrated; 001; id; 1')
    })

    test('a broken file is shown with its line, and mending it heals the page', { timeout: 240_000 }, async () => {
      const file = 'db/migrations/002_broken.sql'
      write({ [file]: up("alter table notes\n  add column broken text default 'a;") })
      const { message, file: place } = await overlay()
      assert.match(message, /002_broken\.sql:3:34: .*not closed$/m)
      assert.match(place, /site\/db\/migrations\/002_broken\.sql:3:33$/m)
      write({ [file]: up("alter table notes\n  add column broken text default 'a';") })
      await says('migrated; 001,002; broken,id; 1')
      assert.equal(await page.locator('vite-error-overlay').count(), 0)
      rmSync(join(root, file))
      await says('migrated; 001; id; 1')
    })

    test('a page that is opened while a file is broken heals too', { timeout: 240_000 }, async () => {
      const file = 'db/migrations/001_notes.sql'
      write({ [file]: up("select 'a;") })
      await overlay()
      await page.goto('about:blank')
      await page.goto(origin)
      assert.match((await overlay()).file, /001_notes\.sql:2:7$/m)
      write({ [file]: up('create table notes (id int);') })
      await says('migrated; 001; id; 1')
    })
  })
