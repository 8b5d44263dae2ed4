// A server for pages of tests, which notes what was asked for, and the browser that opens them.
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, extname, join } from 'node:path'
import { createRequire } from 'node:module'
import { launchBrowser } from '../../../scripts/browser.mjs'

const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' }
const pglite = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'))

/** A page that runs a module and leaves what its `main` gives, or how it fails, in `window.result`. */
export const page = (
  script,
  imports,
) => `<!doctype html>${imports ? `<script type="importmap">${JSON.stringify({ imports })}</script>` : ''}
<script type="module">${script}</script>`

/** PGlite, for apps whose bundle does not hold it. */
export const pgliteImport = { '@electric-sql/pglite': '/pglite/index.js' }

/**
 * Serves `folders` (path prefix to folder) and pages (path to HTML). `answer(pathname, response)` may answer first.
 * `requests` holds the paths that were asked for. Pages may be added to `pages` later.
 */
export async function startPages({ folders = {}, pages = {}, answer } = {}) {
  const roots = { '/pglite/': pglite, ...folders }
  const requests = []
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    requests.push(pathname)
    if (answer?.(pathname, response)) return
    if (pages[pathname]) return response.setHeader('content-type', 'text/html').end(pages[pathname])
    const prefix = Object.keys(roots)
      .sort((a, b) => b.length - a.length)
      .find((prefix) => pathname.startsWith(prefix))
    const path = prefix && join(roots[prefix], pathname.slice(prefix.length))
    if (!path || !existsSync(path) || !statSync(path).isFile()) return response.writeHead(404).end('no such file')
    response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream')
    createReadStream(path).pipe(response)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    requests,
    pages,
    stop: () => new Promise((done) => (server.close(done), server.closeAllConnections())),
  }
}

/** Opens pages in one browser, which is started when the first is opened. */
export function openPages() {
  let browser
  return {
    /** What the page at this address leaves in `window.result`. */
    async result(address) {
      browser ??= await launchBrowser()
      const opened = await browser.newPage()
      const said = []
      opened.on('pageerror', (error) => said.push(String(error)))
      opened.on('console', (message) => said.push(message.text()))
      try {
        await opened.goto(address)
        const failed = new Promise((_, fail) => opened.on('pageerror', fail))
        failed.catch(() => {})
        if (said.length) throw new Error(said.join('\n'))
        const handle = await Promise.race([
          opened.waitForFunction(() => globalThis.result, undefined, { timeout: 120_000 }),
          failed,
        ])
        return await handle.jsonValue()
      } catch (error) {
        error.message += `\n${said.join('\n')}`
        throw error
      } finally {
        await opened.close()
      }
    },
    close: () => browser?.close(),
  }
}
