// The package in a real browser, without a bundler: the files as they are published, and an import map.
import assert from 'node:assert/strict'
import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { launchBrowser } from '../../scripts/browser.mjs'

const pkg = resolve(fileURLToPath(import.meta.url), '../../../pkg')
const types = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' }
const html = `<!doctype html><script type="importmap">{ "imports": {
  "counterfoil": "/sub/path/pkg/index.js", "#load": "/sub/path/pkg/load/web.js" } }</script>`

let server
let browser
let origin

before(async () => {
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    if (pathname === '/') return response.setHeader('content-type', 'text/html').end(html)
    const path = join(pkg, pathname.replace('/sub/path/pkg/', ''))
    if (!pathname.startsWith('/sub/path/pkg/') || !existsSync(path)) return response.writeHead(404).end('no such file')
    response.setHeader('content-type', types[extname(path)] ?? 'text/plain')
    createReadStream(path).pipe(response)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  origin = `http://127.0.0.1:${server.address().port}`
  browser = await launchBrowser()
})
after(async () => {
  await browser?.close()
  await new Promise((done) => server.close(done))
})

/** Runs a function in a new page; a failure comes back as its code and message. */
async function inPage(work, argument) {
  const page = await browser.newPage()
  try {
    await page.goto(origin)
    return await page.evaluate(`(${work})(${JSON.stringify(argument)}).catch(({ code, message, help }) => ({ code, message, help }))`)
  } finally {
    await page.close()
  }
}

const wasm = '/sub/path/pkg/core/core.wasm'
// printf abc | sha256sum
const abc = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

test('a synchronous call before init says what to do', async () => {
  const work = async () => (await import('counterfoil')).checksum('abc')
  assert.deepEqual(await inPage(work), {
    code: 'core-unavailable',
    message: 'the core has not been started',
    help: 'call `await init()` once, before the first synchronous call',
  })
})

const sources = {
  'nothing: the file beside the package': async () => undefined,
  'a text': async (wasm) => wasm,
  'a URL': async (wasm) => new URL(wasm, location.href),
  'a Response': async (wasm) => fetch(wasm),
  'a promise of a Response': async (wasm) => ({ then: (done) => done(fetch(wasm)) }),
  bytes: async (wasm) => (await fetch(wasm)).arrayBuffer(),
  'a view of bytes': async (wasm) => new Uint8Array(await (await fetch(wasm)).arrayBuffer()),
  'a compiled module': async (wasm) => WebAssembly.compileStreaming(fetch(wasm)),
}
for (const [name, source] of Object.entries(sources))
  test(`init takes ${name}`, async () => {
    const work = `async (wasm) => {
      const { checksum, init } = await import('counterfoil')
      await Promise.all([init(await (${source})(wasm)), init()])
      await init()
      return checksum('abc')
    }`
    assert.equal(await inPage(work, wasm), abc)
  })

test('init that finds no file says so, and can be tried again', async () => {
  const work = async (wasm) => {
    const { checksum, init } = await import('counterfoil')
    const failed = await init('/nowhere.wasm').catch((error) => error)
    await init(wasm)
    return [failed.code, failed.message, checksum('abc')]
  }
  assert.deepEqual(await inPage(work, wasm), ['core-unavailable', `the core could not be started: ${origin}/nowhere.wasm answered 404 Not Found`, abc])
})

test('planning in a page gives what it gives in Node', async () => {
  const files = { '001_a.sql': '-- migrate:up\nselect 1;\n', '002_ü.sql': "-- migrate:up\nselect '😀';\n" }
  const work = async (files) => {
    const { init, plan } = await import('counterfoil')
    await init()
    return plan(files, [{ version: '001' }])
  }
  const { plan } = await import('counterfoil')
  assert.deepEqual(await inPage(work, files), plan(files, [{ version: '001' }]))
})
