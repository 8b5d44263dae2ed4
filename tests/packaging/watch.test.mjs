// The packed package in bundlers that watch: over HTTP, in Chromium, with the files changed while they run. Vite has a test of
// its own.
import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { launchBrowser } from '../../scripts/browser.mjs'
import { install } from './support/packed.mjs'
import { startPages } from './support/pages.mjs'

const main = `import migrations from 'virtual:counterfoil'
document.body.textContent = migrations.files.map(({ sql }) => sql.trim().split('\\n').at(-1).trim()).join(' ')
`
const html = '<!doctype html><body><script type="module" src="/main.js"></script></body>'
const app = install()
const plugin = async (name) => (await import(pathToFileURL(join(app.home, `bundler/${name}.js`)))).default
let chromium
before(async () => (chromium = await launchBrowser()))
after(async () => {
  await chromium?.close()
  app.remove()
})

/** Serves what a bundler writes. */
async function served(folder, stop) {
  const pages = await startPages({ folders: { '/': folder }, pages: { '/': html } })
  return { origin: pages.origin, stop: () => Promise.all([pages.stop(), stop()]) }
}

/** Each starts to watch, gives `{ origin, stop }`, and calls `told` with the errors of every build. */
const bundlers = {
  async webpack(root, told) {
    const { default: webpack } = await import('webpack')
    const compiler = webpack({
      context: root,
      mode: 'development',
      entry: './main.js',
      output: { path: join(root, 'out'), filename: 'main.js' },
      plugins: [(await plugin('webpack'))()],
    })
    const watching = compiler.watch({ aggregateTimeout: 20 }, (error, stats) =>
      told(error ? [error.message] : stats.compilation.errors.map(({ message }) => message)),
    )
    return served(join(root, 'out'), () => new Promise((done) => watching.close(done)))
  },
  // With its own server, and its own way to have a page loaded again: https://esbuild.github.io/api/#live-reload
  async esbuild(root, told) {
    const { context } = await import('esbuild')
    const reload = "new EventSource('/esbuild').addEventListener('change', () => location.reload())"
    const context_ = await context({
      absWorkingDir: root,
      entryPoints: ['main.js'],
      bundle: true,
      format: 'esm',
      outdir: 'out',
      logLevel: 'silent',
      banner: { js: reload },
      plugins: [
        (await plugin('esbuild'))(),
        { name: 'told', setup: ({ onEnd }) => onEnd(({ errors }) => told(errors.map(({ text }) => text))) },
      ],
    })
    await context_.watch()
    mkdirSync(join(root, 'out'), { recursive: true })
    writeFileSync(join(root, 'out/index.html'), html)
    const { port } = await context_.serve({ host: '127.0.0.1', port: 0, servedir: join(root, 'out') })
    return { origin: `http://127.0.0.1:${port}`, stop: () => context_.dispose() }
  },
  rollup: (root, told) => rollups('rollup', root, told),
  async rolldown(root, told) {
    return rollups('rolldown', root, told)
  },
}

async function rollups(name, root, told) {
  const { watch } = await import(name)
  const watcher = watch({
    input: join(root, 'main.js'),
    plugins: [(await plugin('rollup'))({ dir: join(root, 'db/migrations') })],
    output: { dir: join(root, 'out'), entryFileNames: 'main.js' },
    watch: { buildDelay: 20 },
  })
  watcher.on('event', ({ code, result, error }) => {
    void result?.close()
    if (code === 'END') told([])
    if (code === 'ERROR') told([error.message])
  })
  return served(join(root, 'out'), () => watcher.close())
}

for (const name of Object.keys(bundlers))
  describe(name, () => {
    const root = join(app.base, name)
    const migrations = join(root, 'db/migrations')
    const write = async (path, sql) => {
      // What Rollup watches with passes over a second change of a file within 50 milliseconds.
      await new Promise((done) => setTimeout(done, 100))
      mkdirSync(join(migrations, path, '..'), { recursive: true })
      writeFileSync(join(migrations, path), sql)
    }
    let builds = []
    let waiting = () => {}
    let running
    let page

    before(async () => {
      await write('1_notes/up.sql', 'create table notes (id int);')
      writeFileSync(join(root, 'main.js'), main)
      running = await bundlers[name](root, (errors) => {
        builds.push(errors)
        waiting()
      })
      page = await chromium.newPage()
    })
    after(async () => {
      await page?.close()
      await running?.stop()
    })

    /** The errors of the first build from now on that is as expected. */
    async function built(isExpected) {
      for (;;) {
        const found = builds.find(isExpected)
        if (found) return found
        await new Promise((done) => (waiting = done))
      }
    }
    /** Waits until the page says this: esbuild has it loaded again, and here it is opened again for the others. */
    async function says(expected) {
      if (page.url() === 'about:blank') await page.goto(running.origin)
      for (let attempt = 0; ; attempt += 1) {
        const isSaid = (text) => document.body?.textContent === text
        const shown = await page
          .waitForFunction(isSaid, expected, { timeout: name === 'esbuild' ? 30_000 : 500, polling: 50 })
          .catch((error) => error)
        if (!(shown instanceof Error)) return
        if (name === 'esbuild' || attempt > 60) assert.equal(await page.textContent('body'), expected)
        await page.goto(running.origin)
      }
    }

    test(
      'a file that is added in a folder of its own, edited or removed is built in',
      { timeout: 120_000 },
      async () => {
        await built(() => true)
        const first = 'create table notes (id int);'
        await says(first)
        // esbuild looks at what is right in a folder: this one it sees before there is anything in it.
        if (name === 'esbuild') {
          builds = []
          mkdirSync(join(migrations, '2_more'))
          await built(() => true)
        }
        await write('2_more/up.sql', 'alter table notes add column more text;')
        await says(`${first} alter table notes add column more text;`)
        await write('2_more/up.sql', 'alter table notes add column other text;')
        await says(`${first} alter table notes add column other text;`)
        rmSync(join(migrations, '2_more'), { recursive: true })
        await says(first)
      },
    )

    test('one that breaks is an error with its line, and mending it heals', { timeout: 120_000 }, async () => {
      const first = 'create table notes (id int);'
      builds = []
      await write('3_broken/up.sql', "alter table notes\n  add column more text default 'a;")
      const [error] = await built(([text]) => text?.includes('3_broken'))
      assert.match(error.replaceAll('\\', '/'), /db\/migrations\/3_broken\/up\.sql:2:32: .*not closed/)
      await write('3_broken/up.sql', "alter table notes\n  add column more text default 'a';")
      await says(`${first} add column more text default 'a';`)
    })

    test('so does one that is no text', { timeout: 120_000 }, async () => {
      builds = []
      await write('3_broken/up.sql', Buffer.from([0x73, 0xff]))
      const [error] = await built(([text]) => text?.includes('UTF-8'))
      assert.match(error.replaceAll('\\', '/'), /3_broken\/up\.sql:1:2: the file is not UTF-8/)
      await write('3_broken/up.sql', 'select 1;')
      await says('create table notes (id int); select 1;')
    })
  })
