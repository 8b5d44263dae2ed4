// `open` in Node: a folder is locked before PGlite opens it, and until it is closed.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { migrate, open } from 'counterfoil/pglite'
import { fails } from './support/errors.mjs'
import { emptyDataDir, freshPGlite } from './support/pglite.mjs'

const base = mkdtempSync(join(tmpdir(), 'counterfoil-open-'))
after(() => rmSync(base, { recursive: true, force: true }))
let made = 0
const newFolder = () => join(base, `data-${(made += 1)}`)

const set = { '001_a.sql': 'create table a (id int);\n', '002_b.sql': 'create table b (id int);\n' }
/** A PGlite in a folder; made once from the empty one. */
const make = async (dataDir) =>
  PGlite.create({
    dataDir,
    ...(!existsSync(join(dataDir, 'PG_VERSION')) && { loadDataDir: await emptyDataDir() }),
  })
const lockOf = (folder) => join(folder, 'counterfoil.lock')
const pidOf = (folder) => JSON.parse(readFileSync(lockOf(folder), 'utf8')).pid

test('a folder that is named is locked before PGlite opens it, and until it is closed', async () => {
  const dataDir = newFolder()
  let before
  const { db, result } = await open(() => ((before = readdirSync(dataDir)), make(dataDir)), set, { dataDir })
  assert.deepEqual(before, ['counterfoil.lock'])
  assert.equal(result.status, 'migrated')
  assert.equal(pidOf(dataDir), process.pid)
  // Runs on it do not stand in each other's way, nor do they give the lock away.
  assert.equal((await migrate(db, set)).status, 'current')
  assert.equal(pidOf(dataDir), process.pid)
  await db.close()
  assert.ok(!existsSync(lockOf(dataDir)))
})

test('who wants it meanwhile waits and is told so, or is refused; it opens nothing before', async () => {
  const dataDir = newFolder()
  const { db } = await open(() => make(dataDir), set, { dataDir })
  const refused = {
    code: 'data-dir-locked',
    message: new RegExp(`^this process \\(${process.pid}\\) has had this data directory open since `),
  }
  const never = () => assert.fail('it was opened')
  await fails(open(never, set, { dataDir, when: 'refuse' }), refused)
  await fails(open(never, set, { dataDir, waitTimeout: 300 }), {
    code: 'wait-timeout',
    message: `waited 300 ms until another one has closed ${dataDir}`,
  })
  const controller = new AbortController()
  const events = []
  const stopping = open(never, set, {
    dataDir,
    signal: controller.signal,
    onProgress: (event) => (events.push(event), controller.abort()),
  })
  await fails(stopping, { code: 'aborted', message: 'the run was told to stop' })
  assert.deepEqual(
    events.map(({ kind, name }) => [kind, name]),
    [['waiting', `until another one has closed ${dataDir}`]],
  )
  let told
  const waiting = new Promise((done) => (told = done))
  const later = open(() => make(dataDir), set, { dataDir, onProgress: told })
  await waiting
  await db.close()
  const second = await later
  assert.equal(second.result.status, 'current')
  await second.db.close()
})

test('a folder that is not named is locked as `migrate` does it, and then until it is closed', async () => {
  const dataDir = newFolder()
  const { db } = await open(() => make(dataDir), set)
  assert.equal(pidOf(dataDir), process.pid)
  await fails(
    open(() => make(dataDir), set),
    { code: 'data-dir-locked', message: /^this process/ },
  )
  // What was refused was not the owner.
  assert.equal(pidOf(dataDir), process.pid)
  await db[Symbol.asyncDispose]()
  assert.ok(!existsSync(lockOf(dataDir)))
})

test('one in memory has no lock', async () => {
  const { db, result } = await open(() => freshPGlite(), set)
  assert.equal(result.status, 'migrated')
  await db.close()
})

test('whatever fails, the folder is free again', async () => {
  const dataDir = newFolder()
  await fails(
    open(() => Promise.reject(new Error('no such thing')), set, { dataDir }),
    {
      code: 'database-unavailable',
      message: 'PGlite could not open the database: no such thing',
    },
  )
  assert.ok(!existsSync(lockOf(dataDir)))
  const bad = { ...set, '003_c.sql': 'select 1 from nowhere;\n' }
  await fails(
    open(() => make(dataDir), bad, { dataDir }),
    { code: 'statement-failed', message: /^003_c\.sql:1:15: relation "nowhere" does not exist/ },
  )
  assert.ok(!existsSync(lockOf(dataDir)))
  const other = newFolder()
  await fails(
    open(() => make(dataDir), set, { dataDir: other }),
    {
      code: 'invalid-input',
      message: `the option dataDir is ${other}, and the database that was opened is ${dataDir}`,
    },
  )
  const { db, result } = await open(() => make(dataDir), set, { dataDir, when: 'refuse' })
  assert.equal(result.status, 'current')
  await db.close()
})

test('why a database did not open is said, and what to do', async () => {
  // The names that browsers give what IndexedDB and WebAssembly refuse.
  const table = [
    [new DOMException('The quota has been exceeded.', 'QuotaExceededError'), /^the storage of this site is full/],
    [new DOMException('The user denied permission.', 'SecurityError'), /^this browser lets the page store nothing/],
    [
      new DOMException('A mutation operation was attempted.', 'InvalidStateError'),
      /^this browser lets the page store nothing/,
    ],
    [
      new WebAssembly.CompileError("violates the policy because 'unsafe-eval' is not allowed"),
      /add 'wasm-unsafe-eval'/,
    ],
    [new Error('something else'), /^see the cause/],
  ]
  for (const [cause, help] of table) {
    const error = await open(() => Promise.reject(cause), set).catch((thrown) => thrown)
    assert.equal(error.code, 'database-unavailable')
    const name = cause.name === 'Error' ? '' : `${cause.name}: `
    assert.equal(error.message, `PGlite could not open the database: ${name}${cause.message}`)
    assert.match(error.help, help)
    assert.equal(error.cause, cause)
  }
})

test('a getter that throws is named', async () => {
  const options = {
    get dataDir() {
      throw new Error('gone')
    },
  }
  await fails(
    open(() => freshPGlite(), set, options),
    { code: 'invalid-input', message: 'what was handed in cannot be read: gone' },
  )
})
