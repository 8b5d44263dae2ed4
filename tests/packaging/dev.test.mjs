// The development loop in a page: `counterfoil/dev` on a PGlite in IndexedDB, in a real Chromium.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { install } from './support/packed.mjs'
import { openPages, page, pgliteImport, startPages } from './support/pages.mjs'

const app = install({ watched: true })
const at = '/counterfoil'
const imports = { 'counterfoil/dev': `${at}/web/dev.js`, 'counterfoil/pglite': `${at}/web/pglite.js`, ...pgliteImport }
const browser = openPages()
let pages

before(async () => {
  pages = await startPages({ folders: { [`${at}/`]: app.home } })
})
after(async () => {
  await browser.close()
  await pages?.stop()
  app.remove()
})

/** Runs a function in a new page. */
function inPage(work) {
  pages.pages['/run'] = page(
    `import { develop, redo, reset } from 'counterfoil/dev'
     import { migrate, verify } from 'counterfoil/pglite'
     import { PGlite } from '@electric-sql/pglite'
     // To load an empty one is faster than to make it.
     const dumped = async (db) => [await db.dumpDataDir('none'), await db.close()][0]
     let first
     const empty = () => (first ??= PGlite.create().then(dumped))
     const replay = async () => PGlite.create({ loadDataDir: await empty() })
     const columns = async (db) =>
       (await db.query("select attname from pg_attribute where attrelid = 'users'::regclass and attnum > 0")).rows.map(({ attname }) => attname).join()
     const refused = (promise) => promise.then(() => 'not refused', ({ code, message }) => code + ': ' + message)
     const users = (more, down = 'drop table users;') => ({ '001_users.sql': '-- migrate:up\\ncreate table users (id int' + more + ');\\n\\n-- migrate:down\\n' + down + '\\n' })
     ;(${work})().catch(({ stack, message }) => ({ stack, message })).then((result) => (globalThis.result = result))`,
    imports,
  )
  return browser.result(`${pages.origin}/run`)
}

test('an edit of the newest migration, without and with rows, on a database in IndexedDB', async () => {
  const seen = await inPage(async () => {
    /* global PGlite columns develop empty refused replay users */
    const seen = []
    let db = await PGlite.create('idb://app', { loadDataDir: await empty() })
    seen.push((await develop(db, users(''), { replay })).way)
    seen.push((await develop(db, users(', name text'), { replay })).way, await columns(db))
    await db.exec("insert into users values (1, 'joe')")
    await db.close()
    // As after a reload: what ran is known from IndexedDB, too.
    db = await PGlite.create('idb://app')
    seen.push(await refused(develop(db, users(', email text'), { replay })), await columns(db))
    const { way, lost } = await develop(db, users(', email text'), { replay, reset: true })
    seen.push(way, JSON.stringify(lost), await columns(db))
    await db.close()
    return seen
  })
  const lost = 'would lose rows that no migration has put there: public.users (1 row)'
  assert.deepEqual(seen, [
    'forward',
    'back',
    'id,name',
    `rows-at-risk: 001_users.sql was edited: to take that back ${lost}`,
    'id,name',
    'back',
    '[{"table":"public.users","rows":1}]',
    'id,email',
  ])
})

test('a database in IndexedDB is made anew by whoever has it open, and is so when it is opened again', async () => {
  const { seen, message } = await inPage(async () => {
    /* global PGlite columns develop empty replay reset users verify */
    const without = (more) => users(more, 'select 1;')
    let db = await PGlite.create('idb://anew', { loadDataDir: await empty() })
    await develop(db, without(''), { replay })
    const { way, message } = await develop(db, without(', y int'), { replay })
    const seen = [way, await columns(db)]
    const { lost } = await reset(db, without(', y int'), { replay, seed: 'insert into users values (1)' })
    seen.push(JSON.stringify(lost))
    await db.close()
    db = await PGlite.create('idb://anew')
    seen.push(await columns(db), (await db.query('select id from users')).rows[0].id)
    seen.push((await verify(db, without(', y int'), { replay })).status)
    await db.close()
    return { seen, message }
  })
  assert.deepEqual(seen, ['rebuilt', 'id,y', '[]', 'id,y', 1, 'same'])
  assert.match(message, /^001_users\.sql was edited, and the way back does not undo it: .*: made anew$/)
})

test('a database of somebody else is refused, and a copy of one that was made for it', async () => {
  const done = await inPage(async () => {
    /* global PGlite develop migrate refused users */
    const seen = []
    const theirs = await PGlite.create('idb://theirs')
    await migrate(theirs, users(''))
    seen.push(await refused(develop(theirs, users(', name text'))))
    seen.push((await develop(theirs, users(', name text'), { adopt: 'idb://theirs' })).way)
    const dump = await theirs.dumpDataDir('none')
    const copy = await PGlite.create('idb://copy', { loadDataDir: dump })
    seen.push(await refused(develop(copy, users(''))))
    await copy.close()
    await theirs.close()
    return seen
  })
  const refused = (name) => `not-adopted: the PGlite in ${name} was not made for development: it does not bear the mark`
  assert.deepEqual(done, [refused('idb://theirs'), 'rebuilt', refused('idb://copy')])
})
