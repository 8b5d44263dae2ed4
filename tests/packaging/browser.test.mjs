// The package in a page, without a bundler and without an import map: the files as they are published, on any server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { pure } from './app/pure.js'
import { checkFast, checkPure } from './support/expected.mjs'
import { install } from './support/packed.mjs'
import { openPages, page, pgliteImport, startPages } from './support/pages.mjs'

// The app's imports of the package, by address.
const app = install({ watched: true })
const at = '/sub/path/counterfoil'
const addresses = { counterfoil: `${at}/web/index.js`, 'counterfoil/pglite': `${at}/web/pglite.js`, ...pgliteImport }
const browser = openPages()
let pages
/** What the server does with core.wasm: `serve`, `missing`, or `page`, as a development server does. */
let wasm = 'serve'
/** And with review.wasm. */
let review = 'serve'

before(async () => {
  pages = await startPages({
    folders: { [`${at}/`]: app.home, '/app/': app.base },
    pages: {
      '/': page(
        `import * as counterfoil from '${at}/web/index.js'; globalThis.counterfoil = counterfoil; globalThis.result = true`,
      ),
      '/app': page(`import '/app/browser-main.js'`, addresses),
    },
    answer(pathname, response) {
      if (pathname.endsWith('review.wasm') && review === 'missing')
        return (response.writeHead(404).end('no such file'), true)
      if (!pathname.endsWith('core.wasm') || wasm === 'serve') return false
      if (wasm === 'missing') response.writeHead(404).end('no such file')
      else response.setHeader('content-type', 'text/html').end('<!doctype html>')
      return true
    },
  })
})
after(async () => {
  await browser.close()
  await pages?.stop()
  app.remove()
})

/** Runs a function in a new page; a failure comes back as its code and message. */
function inPage(work, argument) {
  const call = `(${work})(${JSON.stringify(argument)}).catch(({ code, message, help }) => ({ code, message, help })).then((result) => (globalThis.result = result))`
  pages.pages['/run'] = page(
    `import * as counterfoil from '${at}/web/index.js'; globalThis.counterfoil = counterfoil; ${call}`,
  )
  return browser.result(`${pages.origin}/run`)
}

const file = `${at}/core/core.wasm`
// printf abc | sha256sum
const abc = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

test('a synchronous call before init says what to do', async () => {
  assert.deepEqual(await inPage(async () => counterfoil.checksum('abc')), {
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
  'a module namespace': async (wasm) => ({ default: await WebAssembly.compileStreaming(fetch(wasm)) }),
  'a module that has a promise of a Response': async (wasm) => ({ default: fetch(wasm) }),
  'a Response of unknown type': async (wasm) => new Response(await (await fetch(wasm)).arrayBuffer()),
  ...Object.fromEntries(
    [
      'WebAssembly.compileStreaming(fetch(wasm))',
      'fetch(wasm)',
      'fetch(wasm).then((r) => r.arrayBuffer())',
      'new URL(wasm, origin)',
    ].map((text) => [
      `what another realm makes: ${text}`,
      `async (wasm) => {
        const frame = document.createElement('iframe')
        document.body.append(frame)
        return frame.contentWindow.eval('(wasm, origin) => ' + ${JSON.stringify(text)})(wasm, location.origin)
      }`,
    ]),
  ),
}
for (const [name, source] of Object.entries(sources))
  test(`init takes ${name}`, async () => {
    const work = `async (wasm) => {
      const { checksum, init } = counterfoil
      await Promise.all([init(await (${source})(wasm)), init()])
      await init()
      return checksum('abc')
    }`
    assert.equal(await inPage(work, file), abc)
  })

test('init that finds no file says so, and can be tried again', async () => {
  const work = async (wasm) => {
    const { checksum, init } = counterfoil
    const failed = []
    for (const source of [
      () => '/nowhere.wasm',
      () => '/run',
      () => 7,
      () => ({}),
      async () => {
        throw new Error('gone')
      },
    ])
      failed.push(await init(source()).catch(({ code, message }) => `${code}: ${message}`))
    await init(wasm)
    return [...failed, checksum('abc')]
  }
  const failed = (why) => `core-unavailable: the core could not be started: ${why}`
  assert.deepEqual(await inPage(work, file), [
    failed(`${pages.origin}/nowhere.wasm answered 404 Not Found`),
    failed(`${pages.origin}/run is not a WebAssembly file`),
    failed('it was given a number and takes a module, bytes, a Response or an address'),
    failed('it was given an object and takes a module, bytes, a Response or an address'),
    failed('gone'),
    abc,
  ])
})

for (const answer of ['missing', 'page'])
  test(`a server that answers ${answer === 'page' ? 'its page' : '404'} for core.wasm is no obstacle`, async () => {
    wasm = answer
    pages.requests.length = 0
    try {
      const work = async () => {
        await counterfoil.init()
        return counterfoil.checksum('abc')
      }
      assert.equal(await inPage(work), abc)
      assert.ok(pages.requests.includes(`${at}/core/inline.js`))
    } finally {
      wasm = 'serve'
    }
  })

test('inline needs neither init nor the file', async () => {
  pages.requests.length = 0
  pages.pages['/inline'] = page(`import { checksum } from '${at}/web/inline.js'; globalThis.result = checksum('abc')`)
  assert.equal(await browser.result(`${pages.origin}/inline`), abc)
  assert.ok(!pages.requests.includes(file))
})

test('slim waits for what it is handed', async () => {
  pages.requests.length = 0
  pages.pages['/slim'] = page(`import { checksum, init } from '${at}/web/slim.js'
    const failed = await init().catch(({ message }) => message)
    await init('${file}')
    globalThis.result = [failed, checksum('abc')]`)
  assert.deepEqual(await browser.result(`${pages.origin}/slim`), ['the core could not be started: none was given', abc])
  assert.ok(!pages.requests.includes(`${at}/core/inline.js`))
})

test('planning in a page gives what it gives in Node', async () => {
  const inNode = await pure()
  checkPure(inNode)
  assert.deepEqual(await browser.result(`${pages.origin}/app#pure`), inNode)
})

test('one query and no core if PGlite is current, the core if it is not', async () => {
  pages.requests.length = 0
  const { fetched, ...result } = await browser.result(`${pages.origin}/app#fast`)
  // The engine is in a bundle here, and what the tests add to its file is not.
  result.pending.loaded = true
  checkFast(result)
  const heavy = (path) => /\/(core\.wasm|inline\.js|engine-\w+\.js)$/.test(path)
  assert.ok(fetched.includes(`${at}/web/pglite.js`))
  assert.deepEqual(fetched.filter(heavy), [])
  assert.equal(pages.requests.filter(heavy).length, 2)
})

test('lint and guards fetch their module, and say so when they cannot', async () => {
  const look = async (entry) => {
    const { lint } = await import(`${entry}/web/lint.js`)
    const { check } = await import(`${entry}/web/guard.js`)
    const { findings } = await lint({ '1_a.sql': "set search_path = '';" })
    const { ok } = await check({
      sets: [{ dir: 'db', base: {}, head: { 'db/1_a.sql': 'select 1;' } }],
      messages: [],
      edits: [],
    })
    return { codes: findings.map(({ code }) => code), ok }
  }
  assert.deepEqual(await inPage(look, at), { codes: ['session-search-path'], ok: true })
  review = 'missing'
  try {
    const { code, message } = await inPage(look, at)
    assert.equal(code, 'review-unavailable')
    assert.match(message, /^the review module could not be loaded: .*review\.wasm answered 404/)
  } finally {
    review = 'serve'
  }
})
