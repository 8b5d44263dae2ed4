// The packed package in Vite, in every version that is supported: a page, its worker and the server's side, over HTTP, in
// Chromium; from the development server with the files changed while it runs, and as it is built.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { launchBrowser } from '../../scripts/browser.mjs'
import { install, ours, root as repository } from './support/packed.mjs'
import { startPages } from './support/pages.mjs'

/** The page does something, has its worker and its server do it, and shows what they say: once, if they agree. */
const sources = {
  'index.html': '<!doctype html><body><script type="module" src="/main.js"></script></body>',
  'main.js': `import { work } from './work.js'
const [ofPage, ofWorker = ofPage, ofServer = ofPage] = location.hash.slice(1).split(',').map((name) => name || 'shown')
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
const answer = new Promise((done) => (worker.onmessage = ({ data }) => done(data)))
worker.postMessage(ofWorker)
const all = [work(ofPage), answer]
if (import.meta.env.MODE === 'development') all.push(fetch('/server/' + ofServer).then((response) => response.text()))
const said = new Set(await Promise.all(all))
document.body.textContent = [...said].join(' / ')
`,
  'worker.js': `import { work } from './work.js'
onmessage = async ({ data }) => postMessage(await work(data))
`,
  'work.js': `import { init, plan } from 'counterfoil'
import migrations from 'virtual:counterfoil'
import beside from 'virtual:counterfoil?dir=../beside'
const works = {
  shown: () => [...migrations.files.map(({ sql }) => sql.trim().split('\\n').at(-1).trim()), beside.count],
  async planned() {
    const { forms } = await import('./forms.js')
    await init()
    const said = (await forms()).map((set) => plan(set).decisions.map(({ code, version }) => code + ' ' + version.slice(0, 3)))
    return [...new Set(said.map(String))]
  },
  async migrated() {
    const { PGlite } = await import('@electric-sql/pglite')
    const { migrate } = await import('counterfoil/pglite')
    const db = await PGlite.create()
    const { status, applied } = await migrate(db, migrations)
    const { rows } = await db.query("select attname from pg_attribute where attrelid = 'notes'::regclass and attnum > 0")
    return [status, applied.map(({ version }) => version), rows.map(({ attname }) => attname)]
  },
}
export const work = async (name) => (await works[name]()).join('; ')
`,
}
/** A set in every form of the table in docs/conventions.md, but for the folder itself. */
sources['forms.js'] = `import { fromGlob } from 'counterfoil'
import migrations from 'virtual:counterfoil'
const eager = import.meta.glob('./db/migrations/**', { query: '?raw', import: 'default', exhaustive: true, eager: true })
const lazy = import.meta.glob('./db/migrations/**', { query: '?raw', import: 'default', exhaustive: true })
export async function forms() {
  const loaded = Object.entries(fromGlob(lazy)).map(async ([path, load]) => [path, await load()])
  const [{ path, sql }] = migrations.files
  const journal = { version: '7', dialect: 'postgresql', entries: [{ idx: 0, when: 1, tag: '001_notes', breakpoints: true }] }
  return [
    migrations,
    { [path]: sql },
    [{ path, sql }],
    fromGlob(eager),
    Object.fromEntries(await Promise.all(loaded)),
    { journal, migrations: { m0000: sql } },
    { migrations: { '001_notes': sql } },
  ]
}
`
const up = (sql) => `-- migrate:up\n${sql}\n`
const notes = up('create table notes (id int);')
const shown = (...parts) => ['create table notes (id int);', ...parts].join('; ')

const versions = ['vite5', 'vite6', 'vite7', 'vite']
const app = install({ links: ['@electric-sql/pglite'] })
const chromium = { opened: undefined }
before(async () => (chromium.opened = await launchBrowser()))
after(async () => {
  await chromium.opened?.close()
  app.remove()
})

/** A project, with another set beside it. */
function project(name) {
  const root = join(app.base, name, 'site')
  const write = (files) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, path, '..'), { recursive: true })
      writeFileSync(join(root, path), text)
    }
  }
  write({ ...sources, 'db/migrations/001_notes.sql': notes, '../beside/001_a.sql': up('select 1;') })
  return { root, write, remove: (path) => rmSync(join(root, path)) }
}

/** Vite's server-side modules over HTTP. */
const serverSide = {
  name: 'server-side',
  configureServer(server) {
    server.middlewares.use('/server', async ({ url }, response) => {
      try {
        // Two that run modules of one environment do not go together. tests/js/bundlers.test.mjs has `ssrLoadModule` of Vite 8.
        const runner = server.environments?.ssr.runner
        const { work } = await (runner ? runner.import('/work.js') : server.ssrLoadModule('/work.js'))
        response.end(await work(url.slice(1)))
      } catch (error) {
        response.end(String(error))
      }
    })
  },
}

/** A running development server of this version. */
async function serve(name, root, home, options = {}) {
  const { createServer } = await import(name)
  const { default: counterfoil } = await import(pathToFileURL(join(home, 'bundler/vite.js')))
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'silent',
    cacheDir: join(root, '../cache'),
    plugins: [counterfoil(), serverSide],
    // As PGlite's documentation says: https://pglite.dev/docs/bundler-support
    optimizeDeps: { exclude: ['@electric-sql/pglite'] },
    ...options,
    server: { host: '127.0.0.1', port: 0, ...options.server },
  })
  await server.listen()
  await new Promise((done) => (server.watcher._readyEmitted ? done() : server.watcher.once('ready', done)))
  return { server, origin: `http://127.0.0.1:${server.httpServer.address().port}` }
}

/** Waits until the page says this, whenever it is loaded again. */
async function says(page, expected) {
  const seen = () =>
    page.evaluate(
      () => document.querySelector('vite-error-overlay')?.shadowRoot.textContent ?? document.body.textContent,
    )
  await page
    .waitForFunction((text) => document.body?.textContent === text, expected, { timeout: 60_000, polling: 50 })
    .catch(async (error) => assert.equal(await seen(), expected, error.message))
}

/** What the error overlay says, once there is one. */
async function overlay(page) {
  const text = (selector) =>
    document.querySelector('vite-error-overlay')?.shadowRoot.querySelector(selector)?.textContent
  const part = async (selector) =>
    (await page.waitForFunction(text, selector, { timeout: 60_000, polling: 50 })).jsonValue()
  return { message: await part('.message-body'), file: await part('.file') }
}

for (const name of versions)
  describe(`the development server of ${name}`, () => {
    const { root, write, remove } = project(name)
    const file = 'db/migrations/002_more.sql'
    const broken = up("alter table notes\n  add column broken text default 'a;")
    let server
    let page
    let origin
    before(async () => {
      // The first thing that it sees is a fault.
      write({ [file]: broken })
      ;({ server, origin } = await serve(name, root, app.home, {
        server: { fs: { allow: [app.base, ours('@electric-sql/pglite')] } },
      }))
      page = await chromium.opened.newPage()
    })
    after(async () => {
      await page?.close()
      await server?.close()
    })

    test('a page that is opened while a file is broken shows where, and heals', { timeout: 240_000 }, async () => {
      await page.goto(origin)
      const { message, file: place } = await overlay(page)
      assert.match(message, /002_more\.sql:3:34: .*not closed$/m)
      assert.match(place, /site\/db\/migrations\/002_more\.sql:3:33$/m)
      remove(file)
      await says(page, shown(1))
    })

    test('page, worker and server use the virtual module', { timeout: 240_000 }, async () => {
      // A PGlite takes its time: one in the page of every version, and in all three of the newest.
      const [how, expected] =
        name === 'vite'
          ? ['migrated', 'migrated; 001; id']
          : ['migrated,planned,planned', 'migrated; 001; id / pending 001']
      await page.goto(`${origin}/?#${how}`)
      await says(page, expected)
      const { status, headers } = await fetch(`${origin}/@id/__x00__virtual:counterfoil`)
      assert.deepEqual([status, headers.get('content-type')?.split(';')[0]], [200, 'text/javascript'])
      await page.goto(origin)
      await says(page, shown(1))
    })

    test('a file that is added, edited or removed reaches all three', { timeout: 240_000 }, async () => {
      write({ [file]: up('alter table notes add column more text;') })
      await says(page, shown('alter table notes add column more text;', 1))
      write({ [file]: up('alter table notes add column other text;') })
      await says(page, shown('alter table notes add column other text;', 1))
      remove(file)
      await says(page, shown(1))
    })

    test('so does one in a folder beside the project', { timeout: 240_000 }, async () => {
      write({ '../beside/002_b.sql': up('select 2;') })
      await says(page, shown(2))
      remove('../beside/002_b.sql')
      await says(page, shown(1))
    })

    test('a file that breaks is shown with its line, and mending it heals the page', { timeout: 240_000 }, async () => {
      write({ [file]: broken })
      assert.match((await overlay(page)).file, /site\/db\/migrations\/002_more\.sql:3:33$/m)
      write({ [file]: broken.replace("'a;", "'a';") })
      await says(page, shown("add column broken text default 'a';", 1))
      assert.equal(await page.locator('vite-error-overlay').count(), 0)
      remove(file)
      await says(page, shown(1))
    })
  })

for (const name of versions)
  test(`${name} builds page and worker with the virtual module`, { timeout: 240_000 }, async () => {
    const { root } = project(`${name}-built`)
    const { build } = await import(name)
    const { default: counterfoil } = await import(pathToFileURL(join(app.home, 'bundler/vite.js')))
    const rollupOptions = { external: ['@electric-sql/pglite'] }
    await build({
      root,
      configFile: false,
      logLevel: 'error',
      plugins: [counterfoil()],
      build: { target: 'es2022', rollupOptions },
      worker: { format: 'es', rollupOptions },
    })
    const pages = await startPages({ folders: { '/': join(root, 'dist') } })
    const page = await chromium.opened.newPage()
    try {
      await page.goto(`${pages.origin}/index.html#planned`)
      await says(page, 'pending 001')
    } finally {
      await page.close()
      await pages.stop()
    }
  })

// `npm install <checkout>/pkg` links the folder, which lies outside the project.
describe('a package that npm has linked', () => {
  const base = mkdtempSync(join(tmpdir(), 'counterfoil-linked-'))
  const home = join(repository, 'pkg')
  before(() => {
    writeFileSync(join(base, 'package.json'), '{ "private": true, "type": "module" }')
    const npm = process.env.npm_execpath
    const words = ['install', home, '--offline', '--no-audit', '--no-fund']
    const options = { cwd: base, stdio: 'ignore' }
    if (npm) execFileSync(process.execPath, [npm, ...words], options)
    else execFileSync('npm', words, { ...options, shell: process.platform === 'win32' })
    mkdirSync(join(base, 'db/migrations'), { recursive: true })
    writeFileSync(join(base, 'db/migrations/001_notes.sql'), notes)
    writeFileSync(join(base, 'index.html'), sources['index.html'])
    writeFileSync(
      join(base, 'main.js'),
      `import { init, plan } from 'counterfoil'
import migrations from 'virtual:counterfoil'
await init()
const [{ code, version }] = plan(migrations).decisions
document.body.textContent = code + ' ' + version + ' ' + performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm')).length
`,
    )
  })
  after(() => rmSync(base, { recursive: true, force: true, maxRetries: 3 }))

  for (const name of versions)
    test(`${name} serves it`, { timeout: 240_000 }, async () => {
      const { server, origin } = await serve(name, base, home, { cacheDir: join(base, name) })
      const page = await chromium.opened.newPage()
      try {
        await page.goto(origin)
        // The core is the file beside the package, not the text that stands in for it.
        await says(page, 'pending 001 1')
        // Nothing else of where it lies is served.
        const { status } = await fetch(`${origin}/@fs${join(repository, 'package.json')}`)
        assert.equal(status, 403)
      } finally {
        await page.close()
        await server.close()
      }
    })
})
