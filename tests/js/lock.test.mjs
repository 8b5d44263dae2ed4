import assert from 'node:assert/strict'
import { fork, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { migrate, plan, ready } from 'counterfoil/pglite'
import { notes } from './support/drivers.mjs'
import { fails } from './support/errors.mjs'
import { makeDataDir, quick } from './support/pglite.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const module = pathToFileURL(here('../../pkg/drivers/pglite-lock.js')).href
const { lockDataDir } = await import(module)
const { nodeDataDir } = await import('../../pkg/drivers/pglite-dir.js')
const base = mkdtempSync(join(tmpdir(), 'counterfoil-lock-'))
after(() => rmSync(base, { recursive: true, force: true }))

let made = 0
const newDirectory = () => join(base, `data-${++made}`)
/** A directory with an empty database in it. */
const dataDirectory = async () => {
  const directory = newDirectory()
  await makeDataDir(directory)
  return directory
}
const emptyDirectory = () => {
  const directory = newDirectory()
  mkdirSync(directory)
  return directory
}

/** Starts a process; gives its lines as they come. */
function start(directory, seconds) {
  const child = spawn(process.execPath, [...quick, here('support/migrate-process.mjs'), directory, String(seconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  const waiting = []
  child.stdout.on('data', (data) => {
    text += data
    for (const look of waiting) look()
  })
  const line = (test) =>
    new Promise((done, fail) => {
      const look = () => {
        const found = text.split('\n').find(test)
        if (found !== undefined) done(found)
      }
      waiting.push(look)
      child.on('close', () => fail(new Error(`ended after: ${text}`)))
      look()
    })
  const ended = new Promise((done) => child.on('close', done))
  return { child, line, ended }
}

/** The pid of a process that has just ended. */
async function deadPid() {
  const child = spawn(process.execPath, ['-e', ''])
  await new Promise((done) => child.on('close', done))
  return child.pid
}

describe('two processes on one data directory', () => {
  test('the second is told who the first is, and works once that has finished', async () => {
    const directory = await dataDirectory()
    const first = start(directory, 5)
    await first.line((line) => line === 'working')
    // However long the second takes to start, the first is at work.
    first.child.kill('SIGSTOP')
    const second = start(directory, 0)
    const error = JSON.parse(await second.line((line) => line.startsWith('{')))
    first.child.kill('SIGCONT')
    assert.equal(error.code, 'data-dir-locked')
    assert.match(
      error.message,
      new RegExp(
        `^process ${first.child.pid} has had this data directory open since 20.*${directory}/counterfoil\\.lock`,
      ),
    )
    assert.equal(await first.line((line) => line === 'done'), 'done')
    await Promise.all([first.ended, second.ended])
    assert.ok(!existsSync(join(directory, 'counterfoil.lock')))
    const third = start(directory, 5)
    assert.equal(await third.line((line) => line === 'done'), 'done')
    await third.ended
  })

  test('the lock of a process that was killed is taken over, and the work is done once', async () => {
    const directory = await dataDirectory()
    const first = start(directory, 30)
    await first.line((line) => line === 'working')
    first.child.kill('SIGKILL')
    await first.ended
    assert.ok(existsSync(join(directory, 'counterfoil.lock')))
    const second = start(directory, 0)
    assert.equal(await second.line((line) => line === 'done'), 'done')
    await second.ended
    assert.deepEqual(
      readdirSync(directory).filter((name) => name.includes('counterfoil')),
      [],
    )
    const db = await PGlite.create(directory)
    assert.deepEqual((await db.query('select n from a')).rows, [{ n: 1 }])
    await db.close()
  })
})

describe('a lock file', () => {
  const mine = { id: 'x-1', host: hostname(), started: '2026-01-02T03:04:05.678Z' }
  const write = (directory, text) =>
    writeFileSync(join(directory, 'counterfoil.lock'), typeof text === 'string' ? text : JSON.stringify(text))
  /** The lock of this process, with what only the system knows. */
  const own = () => {
    const directory = emptyDirectory()
    lockDataDir(directory)
    return JSON.parse(readFileSync(join(directory, 'counterfoil.lock'), 'utf8'))
  }

  test('keeps this process out, too, until it is released', () => {
    const directory = emptyDirectory()
    const lock = lockDataDir(directory)
    assert.throws(() => lockDataDir(directory), {
      code: 'data-dir-locked',
      message: new RegExp(`^this process \\(${process.pid}\\) has had`),
    })
    lock.release()
    lockDataDir(directory).release()
    assert.deepEqual(readdirSync(directory), [])
  })

  test('of a dead process is taken over', async () => {
    const directory = emptyDirectory()
    write(directory, { ...own(), ...mine, pid: await deadPid() })
    lockDataDir(directory).release()
    assert.deepEqual(readdirSync(directory), [])
  })

  test('of a dead process whose pid another one has now is taken over', { skip: process.platform !== 'linux' }, () => {
    const directory = emptyDirectory()
    const { process: stamp } = own()
    write(directory, { ...own(), id: 'x-1', process: stamp.replace(/\d+$/, '1') })
    lockDataDir(directory).release()
  })

  test('that is empty or no JSON is taken over: its owner did not live to write it', () => {
    for (const text of ['', '{"pid":', 'null', '[]', '{"id":"../../x","pid":1}']) {
      const directory = emptyDirectory()
      write(directory, text)
      lockDataDir(directory).release()
      assert.deepEqual(readdirSync(directory), [])
    }
  })

  test('of another machine is respected until it has been silent for 15 minutes', () => {
    const directory = emptyDirectory()
    write(directory, { ...own(), ...mine, pid: 7, host: 'elsewhere' })
    assert.throws(() => lockDataDir(directory), {
      code: 'data-dir-locked',
      message: /^process 7 on elsewhere has had this data directory open since 2026-01-02T03:04:05\.678Z/,
    })
    const longAgo = new Date(Date.now() - 16 * 60_000)
    utimesSync(join(directory, 'counterfoil.lock'), longAgo, longAgo)
    lockDataDir(directory).release()
  })

  test('whose taker died half-way is taken over', async () => {
    const directory = emptyDirectory()
    const pid = await deadPid()
    write(directory, { ...own(), ...mine, pid })
    writeFileSync(join(directory, 'counterfoil.lock.x-1'), JSON.stringify({ ...own(), ...mine, id: 'x-2', pid }))
    writeFileSync(join(directory, 'counterfoil.lock.x-2'), JSON.stringify({ ...own(), ...mine, id: 'x-3', pid }))
    lockDataDir(directory).release()
    assert.deepEqual(readdirSync(directory), [])
  })

  test('whose taker is at work keeps others out', async () => {
    const directory = emptyDirectory()
    write(directory, { ...own(), ...mine, pid: await deadPid() })
    writeFileSync(join(directory, 'counterfoil.lock.x-1'), JSON.stringify({ ...own(), id: 'x-2' }))
    assert.throws(() => lockDataDir(directory), { code: 'data-dir-locked' })
  })

  test('is not removed by who no longer owns it', () => {
    const directory = emptyDirectory()
    const lock = lockDataDir(directory)
    write(directory, { ...own(), id: 'x-9' })
    lock.release()
    assert.ok(existsSync(join(directory, 'counterfoil.lock')))
  })

  test('never has two owners, with processes that race for it and die with it', { timeout: 120_000 }, async () => {
    const directory = emptyDirectory()
    const log = join(base, 'log')
    for (let round = 0; round < 10; round++) {
      const children = Array.from({ length: 6 }, () =>
        fork(here('support/take-lock.mjs'), [module, directory, log, '4']),
      )
      await Promise.all(children.map((child) => new Promise((done) => child.once('message', done))))
      for (const child of children) child.send('go')
      await Promise.all(children.map((child) => new Promise((done) => child.once('exit', done))))
    }
    let owner
    const dead = new Set()
    const lines = readFileSync(log, 'utf8').trim().split('\n')
    const last = new Map(lines.map((line, index) => [line.split(' ')[1], index]))
    for (const [index, line] of lines.entries()) {
      const [what, pid] = line.split(' ')
      if (what === 'take') {
        assert.ok(owner === undefined || dead.has(owner), `${pid} took it while ${owner} had it (line ${index})`)
        owner = pid
        if (last.get(pid) === index) dead.add(pid)
      } else {
        assert.equal(owner, pid)
        owner = undefined
      }
    }
    assert.equal(lines.filter((line) => line.startsWith('take')).length, 10 * 6 * 4)
  })
})

test('planning and readiness take no lock', async () => {
  const directory = await dataDirectory()
  const db = await PGlite.create(directory)
  const lock = lockDataDir(directory)
  assert.equal((await ready(db, notes)).status, 'behind')
  assert.equal((await plan(db, notes)).decisions.length, 2)
  await fails(migrate(db, notes), { code: 'data-dir-locked' })
  lock.release()
  assert.equal((await migrate(db, notes)).applied.length, 2)
  await db.close()
})

test('a failed run gives the lock back', async () => {
  const directory = await dataDirectory()
  const db = await PGlite.create(`file://${directory}`)
  await fails(migrate(db, { '001_x.sql': '-- migrate:up\nselect 1 / 0;\n' }), { code: 'statement-failed' })
  assert.ok(!existsSync(join(directory, 'counterfoil.lock')))
  await db.close()
})

test('only a directory on disk has a lock', () => {
  const cases = [
    [undefined, undefined],
    ['', undefined],
    ['memory://', undefined],
    ['memory://x', undefined],
    ['idb://app', undefined],
    ['opfs-ahp://app', undefined],
    ['memfs2opfs://app', undefined],
    ['./data', './data'],
    ['/srv/data', '/srv/data'],
    ['file://./data', './data'],
    ['file:///srv/data', '/srv/data'],
    ['C:\\data', 'C:\\data'],
  ]
  for (const [dataDir, directory] of cases) assert.equal(nodeDataDir(dataDir), directory, String(dataDir))
})
