// The playground in a real Chromium: the built files, served under a sub-path.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { launchBrowser } from '../../scripts/browser.mjs'
import { buildPage } from '../../www/build.mjs'
import { serve } from '../../www/serve.mjs'

const folder = mkdtempSync(join(tmpdir(), 'counterfoil-playground-'))
let browser, server, url

before(async () => {
  ;({ server, url } = await serve(buildPage(join(folder, 'dist')), { base: '/some/sub/path/' }))
  browser = await launchBrowser()
})
after(async () => {
  await browser?.close()
  server?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Opens the page, runs `work`, and sees that nothing went wrong on the way and nothing was asked of the outside. */
async function onPage(work, options = {}) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const wrong = []
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && wrong.push(message.text()))
  page.on('pageerror', (error) => wrong.push(String(error)))
  page.on('requestfailed', (request) => wrong.push(`failed: ${request.url()}`))
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    if (hostname !== '127.0.0.1' && !['blob:', 'data:'].includes(protocol)) wrong.push(`asked ${request.url()}`)
  })
  try {
    await page.goto(url)
    await settled(page)
    await work(page)
    assert.deepEqual(wrong, [])
  } finally {
    await context.close()
  }
}

/** Waits until the page has done what it was asked. */
const settled = (page) => page.waitForSelector('#planning[aria-busy=false] #timeline li', { timeout: 60_000 })

async function click(page, selector) {
  await page.click(selector)
  await settled(page)
}

const decisions = (page) =>
  page.$$eval('#timeline li', (items) =>
    items.map((item) =>
      item
        .querySelector('.what')
        .innerText.split('\n')
        .map((text) => text.trim()),
    ),
  )
const codes = async (page) => (await decisions(page)).map(([, ...tags]) => tags[0])
const versions = (page) => page.$$eval('#ledger td.version', (cells) => cells.map((cell) => cell.innerText))
const outcome = async (page) => (await page.innerText('#outcome')).replace(/\s+/g, ' ')
const gift = '20260328090000_gift_cards.sql'

test('the example is planned, applied and shown in the ledger', () =>
  onPage(async (page) => {
    assert.deepEqual(new Set(await codes(page)), new Set(['apply: pending']))
    assert.equal((await decisions(page)).length, 7)
    assert.match(await page.innerText('#readiness'), /^503 drift: db=none/)
    assert.deepEqual(await versions(page), [])
    await click(page, '#apply')
    assert.deepEqual(new Set(await codes(page)), new Set(['applied']))
    assert.match(await outcome(page), /^migrated 7 applied/)
    assert.match(await page.innerText('#readiness'), /^200 ready/)
    assert.deepEqual(await versions(page), [
      '20260105090000',
      '20260112101500',
      '20260203143000',
      '20260224160000',
      '20260301083000',
      '20260328090000',
      '20260402074500',
    ])
    assert.ok(await page.isDisabled('#apply'))
  }))

test('a gap is shown and applied', () =>
  onPage(async (page) => {
    await click(page, '#apply')
    await click(page, '[data-try=gap]')
    assert.deepEqual((await decisions(page)).at(-2).slice(0, 3), [
      '20260328090001 merged_late',
      'apply: pending',
      'gap',
    ])
    await click(page, '#apply')
    assert.equal((await versions(page)).at(-1), '20260328090001')
    assert.deepEqual(new Set(await codes(page)), new Set(['applied']))
  }))

test('a file that is held back while the rest is applied makes a gap when it is let in', () =>
  onPage(async (page) => {
    await page.hover(`[data-key="file ${gift}"]`)
    await click(page, `[data-key="hold ${gift}"]`)
    assert.equal((await decisions(page)).length, 6)
    await click(page, '#apply')
    await click(page, `[data-key="hold ${gift}"]`)
    const late = (await decisions(page)).find(([title]) => title === '20260328090000 gift_cards')
    assert.deepEqual(late.slice(1, 3), ['apply: pending', 'gap'])
  }))

test('a comment added to a shipped file is a note; another statement is refused', () =>
  onPage(async (page) => {
    await click(page, '#apply')
    await page.click(`[data-key="file ${gift}"]`)
    await click(page, '[data-try=cosmetic]')
    assert.deepEqual((await decisions(page))[5], ['20260328090000 gift_cards', 'edited', 'cosmetic'])
    await page.fill('#text', '-- migrate:up\ncreate table gift_cards (code text);\n')
    await page.waitForSelector('.tag:text-is("semantic")')
    assert.deepEqual((await decisions(page))[5], ['20260328090000 gift_cards', 'edited', 'semantic'])
    await click(page, '#apply')
    assert.match(await outcome(page), /^migrate plan-refused nothing was run: /)
    assert.equal((await versions(page)).length, 7)
    await click(page, '#undo')
    assert.deepEqual(new Set(await codes(page)), new Set(['applied']))
  }))

test('lint is loaded when it is asked for, and follows the editor', () =>
  onPage(async (page) => {
    const asked = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    const loaded = () => asked.some((path) => path.endsWith('/review/review.wasm'))
    const findings = () =>
      page.$$eval('#lint-findings li', (items) =>
        items.map((item) => ['.tag', '.place', '.message'].map((part) => item.querySelector(part)?.innerText)),
      )
    await page.click(`[data-key="file ${gift}"]`)
    await page.fill('#text', "-- migrate:up\nset search_path = '';\ncreate table gift_cards (code text);\n")
    await settled(page)
    assert.equal(loaded(), false)
    await click(page, '#lint')
    assert.equal(loaded(), true)
    assert.match(await page.innerText('#lint-summary'), /^1 error · \d+ warnings?/)
    assert.deepEqual(
      (await findings()).find(([code]) => code === 'unqualified-name'),
      [
        'unqualified-name',
        `${gift}:3:14`,
        'gift_cards has no schema, and search_path is empty since line 2: PostgreSQL does not find it',
      ],
    )
    await page.fill('#text', '-- migrate:up\ncreate table public.gift_cards (code text);\n')
    await page.waitForFunction(() => !document.querySelector('#lint-findings').innerText.includes('unqualified-name'))
    assert.equal(
      (await findings()).some(([code]) => code === 'session-search-path'),
      false,
    )
  }))

test('a squash is adopted, and a version cannot be used twice', () =>
  onPage(async (page) => {
    await click(page, '#apply')
    await click(page, '[data-try=same-version]')
    assert.deepEqual((await codes(page)).filter((code) => code === 'duplicate').length, 2)
    await click(page, '#undo')
    await click(page, '[data-try=squash]')
    assert.ok((await codes(page)).includes('adopt: baseline'))
    await click(page, '#apply')
    assert.match(await outcome(page), /^migrated 1 adopted/)
    assert.equal((await versions(page)).at(-1), '20260501000000')
    assert.equal(await page.$$eval('#ledger tr.replaced', (rows) => rows.length), 7)
  }))

test('the last migration can be taken back', () =>
  onPage(async (page) => {
    await click(page, '#apply')
    await click(page, '#rollback')
    assert.match(await outcome(page), /^rolled-back 1 taken back/)
    assert.equal((await versions(page)).length, 6)
    assert.equal((await codes(page)).at(-1), 'apply: pending')
  }))

test('an error names its place, and a click on the place goes there', () =>
  onPage(async (page) => {
    await page.click(`[data-key="file ${gift}"]`)
    await page.fill('#text', "-- migrate:up\nselect 1;\n  select 'é', nowhere from shows;\n")
    await settled(page)
    await page.click('#apply')
    await page.waitForSelector('#outcome.error')
    await settled(page)
    assert.equal(await page.innerText('#outcome .place'), `${gift}:3:15`)
    assert.match(await page.innerText('#outcome pre'), /^select 'é', nowhere from shows/)
    await page.click('[data-key="file 20260105090000_venues.sql"]')
    await page.click('#outcome .place')
    assert.equal(await page.innerText('#editor-title'), gift)
    assert.equal(
      await page.$eval('#text', (text) => text.value.slice(text.selectionStart, text.selectionEnd)),
      'nowhere from shows;',
    )
  }))

const goose = {
  '00001_birds.sql': '-- +goose Up\ncreate table birds (id int);\n',
  '00002_ducks.sql': '-- +goose Up\n-- +goose StatementBegin\ncreate table ducks (id int);\n-- +goose StatementEnd\n',
  'README.md': 'not a migration',
}

/** A folder on disk. */
function onDisk(name, files) {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text)
  return path
}

test('a dropped folder is opened on a new database', () =>
  onPage(async (page) => {
    await click(page, '#apply')
    const drag = { items: [], files: [onDisk('geese', goose)], dragOperationsMask: 1 }
    const client = await page.context().newCDPSession(page)
    for (const type of ['dragEnter', 'dragOver', 'drop'])
      await client.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data: drag })
    await page.waitForSelector('#set-name:has-text("geese · 2 files")')
    await settled(page)
    assert.deepEqual(await decisions(page).then((all) => all.map(([title]) => title)), ['00001 birds', '00002 ducks'])
    assert.deepEqual(await versions(page), [])
    await click(page, '#apply')
    assert.deepEqual(await versions(page), ['00001', '00002'])
  }))

test('a chosen folder is opened on a new database', () =>
  onPage(async (page) => {
    await page.setInputFiles('#chooser', onDisk('chosen', goose))
    await page.waitForSelector('#set-name:has-text("chosen · 2 files")')
    await settled(page)
    assert.deepEqual(await decisions(page).then((all) => all.map(([title]) => title)), ['00001 birds', '00002 ducks'])
  }))

test('a folder with an extension that PGlite has is applied', () =>
  onPage(async (page) => {
    const files = {
      '1_trigrams.sql':
        '-- migrate:up\ncreate extension if not exists pg_trgm;\ncreate table words (word text);\ncreate index on words using gin (word gin_trgm_ops);\n',
    }
    await page.setInputFiles('#chooser', onDisk('extension', files))
    await page.waitForSelector('#set-name:has-text("extension")')
    await settled(page)
    await click(page, '#apply')
    assert.deepEqual(await versions(page), ['1'])
  }))

test('everything can be done with the keyboard', () =>
  onPage(async (page) => {
    const reach = async (key) => {
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab')
        if (
          await page.evaluate(
            (wanted) => document.activeElement.id === wanted || document.activeElement.dataset.key === wanted,
            key,
          )
        )
          return
      }
      assert.fail(`Tab does not reach ${key}`)
    }
    await reach(`hold ${gift}`)
    await page.keyboard.press('Space')
    await settled(page)
    assert.equal((await decisions(page)).length, 6)
    assert.equal(
      await page.evaluate(() => document.activeElement.dataset.key),
      `hold ${gift}`,
      'the focus stays where it was',
    )
    await reach('apply')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#ledger td.version')
    await settled(page)
    assert.equal((await versions(page)).length, 6)
  }))

for (const [colorScheme, dark] of [
  ['light', false],
  ['dark', true],
])
  test(`it can be read in ${colorScheme} colours, and fits a narrow window`, () =>
    onPage(
      async (page) => {
        await click(page, '#apply')
        const contrast = await page.$$eval(
          'h1, .what code, .tag, .message, .hint, td, button:enabled:not(.hold)',
          (elements) => {
            const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', {
              willReadFrequently: true,
            })
            /** How light the colours are that one sees when they lie on each other, the first on top. */
            const light = (colours) => {
              for (const colour of colours.toReversed()) {
                canvas.fillStyle = colour
                canvas.fillRect(0, 0, 1, 1)
              }
              const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((c) => c / 255)
              return parts.reduce(
                (sum, c, i) =>
                  sum + (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4) * [0.2126, 0.7152, 0.0722][i],
                0,
              )
            }
            const behind = (element) => [
              getComputedStyle(element).backgroundColor,
              ...(element.parentElement ? behind(element.parentElement) : []),
            ]
            return elements.map((element) => {
              const [a, b] = [light([getComputedStyle(element).color, ...behind(element)]), light(behind(element))]
              return { text: element.innerText, ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) }
            })
          },
        )
        // What WCAG 2 asks of text (success criterion 1.4.3).
        assert.deepEqual(
          contrast.filter(({ ratio }) => ratio < 4.5),
          [],
        )
        const paper = await page.$eval('html', (element) => getComputedStyle(element).backgroundColor)
        assert.equal(Number(paper.match(/\d+/)[0]) < 128, dark)
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out')
      },
      { colorScheme, viewport: { width: 380, height: 800 } },
    ))

test('the files of the package are served unchanged', async () => {
  const { readFileSync } = await import('node:fs')
  for (const file of ['pglite.js', 'core/core.wasm'])
    assert.deepEqual(
      Buffer.from(await (await fetch(`${url}counterfoil/${file}`)).arrayBuffer()),
      readFileSync(new URL(`../../pkg/${file}`, import.meta.url)),
    )
  assert.equal((await fetch(`${url}counterfoil/core/core.wasm`)).headers.get('content-type'), 'application/wasm')
})

test('nothing outside of its folder is served', async () => {
  for (const path of ['/', '/some/sub/', '/some/sub/path/..%2f..%2fpackage.json', '/some/sub/path/none.js']) {
    const response = await fetch(new URL(path, url))
    assert.equal(response.status, 404, path)
  }
})
