// Ten tabs on one database of a browser's, one of which dies: what is stored in the end. One run each, or as many as
// COUNTERFOIL_TABS says.
//
// With `open` it dies at any moment. Behind a PGliteWorker that goes for the tab that has the database. Of another one PGlite
// 0.5 would keep a turn that it has asked for and not yet got: nobody gets one any more then. It dies before or after that.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { random } from '../js/support/random.mjs'
import { marking, startTabs, stored } from './support/tabs.mjs'

const runs = Number(process.env.COUNTERFOIL_TABS ?? 1)
const crowd = 10
const set = marking(3)
const versions = ['001', '002', '003']

let tabs
before(async () => {
  tabs = await startTabs()
})
after(() => tabs?.stop())

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds))

/** What each tab of `open` does: it writes its row, and stays for a while. */
async function alone([number, set, stay]) {
  const { db } = await open(() => PGlite.create('idb://app'), set, { onProgress: (event) => events.push(event) })
  await db.query('insert into visits values ($1)', [number])
  // It has been told that its row is there: whoever has seen this counts on it.
  globalThis.wrote = true
  await new Promise((done) => setTimeout(done, stay))
  await db.close()
}

/** The same behind a worker that all share. What is under way when another takes over is asked for again. */
async function together([number, set, stay, path, outside]) {
  const worker = new Worker(path, { type: 'module' })
  const db = await PGliteWorker.create(worker, { dataDir: 'idb://app', meta: { migrations: set } })
  if (outside) await migrate(db, set)
  for (let done = false; !done;) {
    const changed = new Promise((_, fail) => db.onLeaderChange(() => fail(new Error('another leader'))))
    const write = db.query('insert into visits values ($1) on conflict do nothing', [number])
    done = await Promise.race([write, changed]).then(
      () => true,
      (error) => {
        if (!/leader/i.test(error.message)) throw error
      },
    )
  }
  globalThis.wrote = true
  await new Promise((done) => setTimeout(done, stay))
}

/** Closes a tab after it has written, or at any moment: after so many others have written, and a while. */
async function dies(tab, moment, written, wrote, chance) {
  if (moment === 'last') await written
  else {
    while (wrote.size < Math.floor(moment * (crowd - 1))) await pause(10)
    await pause(chance() * 1_000)
  }
  await tab.close()
}

const isOpen = ({ number, chance }) => ({ victim: number(), moment: chance() })
/** The first has the database. */
const isShared = ({ number, chance }) =>
  chance() < 0.5
    ? { victim: 0, moment: chance() }
    : { victim: 1 + (number() % (crowd - 1)), moment: chance() < 0.5 ? 'first' : 'last' }

const kinds = [
  { name: 'with open', work: alone, more: [], choose: isOpen },
  { name: 'with a worker that opens and migrates', work: together, more: ['/open.js', false], choose: isShared },
  { name: 'with a worker, migrated from outside', work: together, more: ['/bare.js', true], choose: isShared },
]
for (const { name, work, more, choose } of kinds)
  for (let run = 0; run < runs; run += 1)
    test(`ten tabs ${name}, run ${run}`, async (t) => {
      const chance = random(run + 1)
      const profile = await tabs.profile()
      t.after(() => profile.close())
      // The first of them makes the database, in which PGlite makes a cluster: for a test that takes long.
      const maker = await profile.tab()
      await maker.evaluate(() => seed('idb://app'))
      await maker.close()
      const opened = []
      for (let number = 0; number < crowd; number += 1) opened.push(await profile.tab())
      const { victim, moment } = choose({ number: () => Math.floor(chance() * crowd), chance })
      const wrote = new Set()
      const begin = Date.now()
      const works = []
      for (const [number, tab] of opened.entries()) {
        const isVictim = number === victim
        if (isVictim && moment === 'first') {
          await tab.close()
          continue
        }
        const written = tab.waitForFunction(() => globalThis.wrote).then(() => wrote.add(number))
        const done = tab.evaluate(work, [number, set, Math.floor(chance() * 200), ...more])
        works.push(isVictim ? Promise.all([written, done]).catch(() => {}) : Promise.all([written, done]))
        if (number === 0 && work === together)
          await tab.waitForFunction(async () =>
            (await navigator.locks.query()).held.some(({ name }) => name.startsWith('pglite-election-lock')),
          )
        if (isVictim) works.push(dies(tab, moment, written, wrote, chance))
      }
      await Promise.all(works)
      t.diagnostic(
        `closed ${victim}, ${wrote.has(victim) ? 'after' : 'before'} it had written; ${Date.now() - begin} ms`,
      )
      for (const tab of opened) await tab.close()
      const { ledger, marks, visits } = await stored(profile)
      assert.deepEqual({ ledger, marks }, { ledger: versions, marks: versions })
      assert.ok(wrote.size >= crowd - 1)
      // What the one that died wrote may be there though nobody heard of it.
      for (const number of wrote) assert.ok(visits.includes(number), `the row of tab ${number} is gone: ${visits}`)
      assert.equal(new Set(visits).size, visits.length)
    })
