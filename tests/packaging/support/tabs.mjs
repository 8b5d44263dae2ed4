// Tabs of one browser on one origin: what they keep in IndexedDB they share, and their locks and workers.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchBrowser, launchOptions } from '../../../scripts/browser.mjs'
import { emptyDataDir } from '../../js/support/pglite.mjs'
import { install } from './packed.mjs'
import { page, startPages } from './pages.mjs'

const at = '/counterfoil'

/** The tools of a tab, in `globalThis`: the package's functions, PGlite and its worker. */
const tools = `
import { PGlite } from '/pglite/index.js'
import { PGliteWorker } from '/pglite/worker/index.js'
import * as counterfoil from '${at}/web/pglite.js'
/** Puts an empty database in place, several times faster than PGlite makes one. */
const seed = async (dataDir) => {
  const db = await PGlite.create(dataDir, { loadDataDir: await (await fetch('/empty.tar')).blob() })
  await db.close()
}
const failed = ({ code, message, help, name }) => ({ code: code ?? name, message, help })
Object.assign(globalThis, counterfoil, { PGlite, PGliteWorker, seed, failed, events: [], result: true })`

/** A worker that has the database for all tabs, with what its `init` does. */
const workerOf = (init) => `
import { PGlite } from '/pglite/index.js'
import { worker } from '/pglite/worker/index.js'
import { migrate, open } from '${at}/web/pglite.js'
worker({ async init({ dataDir, meta }) { ${init} } })`

/** By address. More may be added to those of a server. */
const programs = {
  '/bare.js': workerOf('return PGlite.create(dataDir)'),
  '/open.js': workerOf('return (await open(() => PGlite.create(dataDir), meta.migrations)).db'),
  '/migrate.js': workerOf('const db = await PGlite.create(dataDir); await migrate(db, meta.migrations); return db'),
}

/**
 * Serves the package, and starts a browser. `headers` go with every answer; `folders` are served beside it; `host` is another
 * name of this machine, which no browser takes for secure.
 */
export async function startTabs({ headers = {}, folders = {}, host } = {}) {
  const app = install()
  const workers = { ...programs }
  const empty = await emptyDataDir()
  const pages = await startPages({
    folders: { [`${at}/`]: app.home, ...folders },
    pages: { '/': page(tools) },
    answer(pathname, response) {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      if (pathname === '/empty.tar') return (Readable.fromWeb(empty.stream()).pipe(response), true)
      if (!workers[pathname]) return false
      response.setHeader('content-type', 'text/javascript').end(workers[pathname])
      return true
    },
  })
  const origin = host ? pages.origin.replace('127.0.0.1', host) : pages.origin
  const browser = await launchBrowser(host ? [`--host-resolver-rules=MAP ${host} 127.0.0.1`] : [])
  return {
    origin,
    pages: pages.pages,
    workers,
    /** Tabs that share their storage, and nothing with those of other profiles. */
    profile: async () => profileOf(await browser.newContext(), origin),
    async stop() {
      await browser.close()
      await pages.stop()
      app.remove()
    },
    /** A profile on a disk, with settings of the browser's. */
    async lasting(preferences) {
      const { chromium } = await import('playwright-core')
      const folder = mkdtempSync(join(tmpdir(), 'counterfoil-profile-'))
      mkdirSync(join(folder, 'Default'))
      writeFileSync(join(folder, 'Default/Preferences'), JSON.stringify(preferences))
      const profile = profileOf(await chromium.launchPersistentContext(folder, launchOptions()), origin)
      const close = async () => {
        await profile.close()
        rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
      }
      return { ...profile, close }
    },
  }
}

function profileOf(context, origin) {
  context.setDefaultTimeout(300_000)
  return {
    context,
    /** A new tab with its tools. */
    async tab() {
      const tab = await context.newPage()
      await tab.goto(origin)
      await tab.waitForFunction(() => globalThis.result)
      return tab
    },
    close: () => context.close(),
  }
}

/** Opens `idb://app` in a tab, as an app does; says what came of it. The database is `db` there. */
export const opens = (tab, migrations, options = {}) =>
  tab.evaluate(
    async ([migrations, options]) => {
      const onProgress = (event) => events.push(event)
      try {
        const { db, result } = await open(() => PGlite.create('idb://app'), migrations, { onProgress, ...options })
        Object.assign(globalThis, { db })
        return [result.status, result.applied.map(({ version }) => version)]
      } catch (error) {
        return failed(error)
      }
    },
    [migrations, options],
  )

/** A set in which each migration leaves a mark of its own whenever it runs. */
export const marking = (count) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const version = String(index + 1).padStart(3, '0')
      const first =
        index === 0 ? 'create table marks (version text);\ncreate table visits (tab int primary key);\n' : ''
      return [`${version}_mark.sql`, `${first}insert into marks values ('${version}');\n`]
    }),
  )

/** What is stored, as a tab reads it that opens the database without anything of ours. */
export const stored = async (profile) => {
  const tab = await profile.tab()
  const found = await tab.evaluate(async () => {
    const db = await PGlite.create('idb://app')
    const list = async (sql) => (await db.query(sql)).rows.map((row) => Object.values(row)[0])
    const found = {
      ledger: await list(`select version from schema_migrations where state = 'applied' order by 1`),
      marks: await list('select version from marks order by 1'),
      visits: await list('select tab from visits order by 1'),
    }
    await db.close()
    return found
  })
  await tab.close()
  return found
}
