// The example of a page with a database in IndexedDB, built by Vite, in two tabs of a Chromium.
import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { build } from 'vite'
import { launchBrowser } from '../../scripts/browser.mjs'
import { ours } from '../packaging/support/packed.mjs'
import { startPages } from '../packaging/support/pages.mjs'
import { embed, example } from './support.mjs'

let files, pages, browser
before(async () => {
  files = example('pglite-tabs')
  const pglite = join(files.folder, 'node_modules/@electric-sql/pglite')
  // A link would lead Vite out of the project.
  cpSync(ours('@electric-sql/pglite'), pglite, { recursive: true })
  embed(files.folder, 'migrations.js')
  await build({ root: files.folder, logLevel: 'silent' })
  pages = await startPages({
    folders: { '/': join(files.folder, 'dist/') },
    answer(pathname, response) {
      if (pathname === '/') response.writeHead(302, { location: '/index.html' }).end()
      return pathname === '/'
    },
  })
  // A name that is not this machine's own: no browser takes it for secure.
  browser = await launchBrowser(['--host-resolver-rules=MAP app.test 127.0.0.1'])
})
after(async () => {
  await browser?.close()
  await pages?.stop()
  files?.remove()
  if (files) rmSync(files.folder, { recursive: true, force: true })
})

const says = (tab, text) =>
  tab.waitForFunction((text) => document.querySelector('p').textContent.startsWith(text), text)

test('one tab has the database, the other says so and goes on after it', async () => {
  const context = await browser.newContext()
  context.setDefaultTimeout(120_000)
  const first = await context.newPage()
  await first.goto(pages.origin)
  await says(first, '1 guests')
  const second = await context.newPage()
  await second.goto(pages.origin)
  await says(second, 'This is open in another tab')
  await first.close()
  await says(second, '2 guests')
  assert.deepEqual(await second.locator('li').allTextContents(), ['somebody', 'somebody'])
  await context.close()
})

test('what is wrong is on the screen', async () => {
  const tab = await browser.newPage()
  tab.setDefaultTimeout(120_000)
  await tab.goto(pages.origin.replace('127.0.0.1', 'app.test'))
  await says(tab, 'Your data could not be opened. unsupported: nothing can keep other tabs off the database')
  assert.match(await tab.locator('li').textContent(), /^serve the page over https/)
  assert.equal(await tab.locator('progress').isVisible(), false)
  await tab.close()
})
