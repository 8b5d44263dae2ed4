// The schema that a manifest brings along: `embed --expected`, `verify` without a replay, and readiness by it.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { embed, renderExpected, renderManifest } from 'counterfoil/embed'
import { readinessHandler, schemaReady } from 'counterfoil/health'
import { migrate, ready, snapshot, verify } from 'counterfoil/pglite'
import { migration, project } from './support/cli.mjs'
import { fails } from './support/errors.mjs'
import { freshPGlite } from './support/pglite.mjs'

const files = {
  '001_notes.sql': migration('create table notes (id int primary key, text text);'),
  '002_mark.sql': migration('alter table notes add mark int;'),
}
const next = { ...files, '003_more.sql': migration('alter table notes add more int;') }
const messages = (differences) => differences.map(({ message }) => message)

const db = await freshPGlite()
after(() => db.close())
await migrate(db, files)
const taken = await snapshot(db)

/** A manifest with the schema that the first two files make; how often that was loaded. */
function brought(set = files, of = embed(files).digest) {
  const counts = { loaded: 0 }
  const expected = async () => {
    counts.loaded += 1
    return { default: { of, snapshot: taken } }
  }
  return { manifest: { ...embed(set), expected }, counts }
}

/** What somebody has done by hand, for as long as `work` takes. */
async function changed(sql, work) {
  await db.exec(`begin; ${sql}`)
  await work()
  await db.exec('rollback')
}

test('a manifest that brings its schema is verified without a replay', async () => {
  const { manifest, counts } = brought()
  assert.equal((await migrate(db, manifest)).status, 'current')
  assert.equal((await ready(db, manifest)).status, 'ready')
  assert.equal(counts.loaded, 0)
  const same = await verify(db, manifest)
  assert.deepEqual([same.status, same.pending, same.ahead, counts.loaded], ['same', [], [], 1])
  await changed('alter table notes alter mark type bigint', async () => {
    const { status, differences } = await verify(db, manifest)
    assert.deepEqual(
      [status, messages(differences)],
      ['differs', ['column public.notes.mark: type is bigint, expected integer']],
    )
  })
})

test('a replay that is asked for is made all the same', async () => {
  const { manifest, counts } = brought()
  const { status } = await verify(db, manifest, { replay: () => freshPGlite() })
  assert.deepEqual([status, counts.loaded], ['same', 0])
})

test('what has yet to run, and what a newer release has applied, is said', async (t) => {
  const lite = await freshPGlite()
  t.after(() => lite.close())
  const { manifest } = brought()
  await migrate(lite, { '001_notes.sql': files['001_notes.sql'] })
  const behind = await verify(lite, manifest)
  assert.deepEqual(
    [behind.pending, behind.ahead, messages(behind.differences)],
    [['002'], [], ['column public.notes.mark is not there']],
  )
  await migrate(lite, next)
  const ahead = await verify(lite, manifest)
  assert.deepEqual(
    [ahead.pending, ahead.ahead, messages(ahead.differences)],
    [[], ['003'], ['column public.notes.more is not expected']],
  )
})

test('a schema that other files have made is refused, and so is what is none', async () => {
  const help = 'run `counterfoil embed --expected` again'
  const other = brought(next)
  await fails(verify(db, other.manifest), {
    code: 'invalid-input',
    message: 'the manifest has an expected schema that other files have made',
    help,
  })
  const { manifest } = brought()
  for (const [expected, message] of [
    [async () => ({ default: {} }), 'the manifest has an expected schema that is no snapshot'],
    [() => Promise.reject(new Error('gone')), 'the manifest cannot load its expected schema: gone'],
  ])
    await fails(verify(db, { ...manifest, expected }), { code: 'invalid-input', message, help })
  await fails(() => renderExpected({ ...embed(files), digest: null }, taken), {
    code: 'invalid-input',
    message: 'this set has no digest that an expected schema could be bound to',
  })
})

test('both modules are written, and give back what they were written from', async (t) => {
  const { folder } = project(t)
  const write = (name, text) => writeFileSync(join(folder, name), text)
  const manifest = embed(files)
  write('set.mjs', renderManifest(manifest, { expected: './set.expected.mjs' }))
  write('set.expected.mjs', renderExpected(manifest, taken))
  const { default: set } = await import(pathToFileURL(join(folder, 'set.mjs')).href)
  const { expected, ...rest } = set
  assert.deepEqual(rest, manifest)
  assert.deepEqual((await expected()).default, { of: manifest.digest, snapshot: taken })
  assert.equal((await verify(db, set)).status, 'same')
  assert.match(renderExpected(manifest, taken, { typescript: true }), /^import type \{ Expected \}/m)
})

test('the command replays the files, and writes their schema beside the manifest', async (t) => {
  const { folder, run, write } = project(t, Object.fromEntries(at(files)))
  const embedding = ['embed', '--expected', '--out', 'set.mjs']
  const first = await run(embedding)
  assert.equal(first.status, 0, first.stderr)
  assert.equal(
    first.stderr,
    'set.expected.mjs: the schema of 2 migrations of db/migrations (dbmate)\nset.mjs: 2 migrations of db/migrations (dbmate)\n',
  )
  const { default: set } = await import(pathToFileURL(join(folder, 'set.mjs')).href)
  assert.equal((await verify(db, set)).status, 'same')
  const { status } = await run([...embedding, '--check'])
  assert.equal(status, 0)
  write(Object.fromEntries(at({ '003_more.sql': next['003_more.sql'] })))
  const before = readFileSync(join(folder, 'set.expected.mjs'), 'utf8')
  const stale = await run([...embedding, '--check'])
  assert.equal(stale.status, 1)
  assert.match(stale.stderr, /^error: set\.expected\.mjs is not what the schema of 3 migrations/m)
  assert.match(stale.stderr, /^error: set\.mjs is not what/m)
  assert.equal(readFileSync(join(folder, 'set.expected.mjs'), 'utf8'), before)
  assert.deepEqual(written(folder), ['db', 'set.expected.mjs', 'set.mjs'])
  const without = await run(['embed', '--expected'])
  assert.equal(without.status, 2)
  assert.match(without.stderr, /--expected needs --out/)
})

test('a set whose files fail is not written', async (t) => {
  const { folder, run } = project(t, Object.fromEntries(at({ '001_a.sql': migration('create table a (b no_type);') })))
  const { status, stderr } = await run(['embed', '--expected', '--out', 'set.js'])
  assert.notEqual(status, 0)
  assert.match(stderr, /no_type/)
  assert.deepEqual(written(folder), ['db'])
})

test('readiness knows whether the schema is the expected one, and asks once', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-03-01T08:30:00Z') })
  const { manifest } = brought()
  let looks = 0
  let last
  const look = (signal) => {
    looks += 1
    return (last = verify(db, manifest, { signal }))
  }
  const handler = () =>
    readinessHandler(
      { migrations: (signal) => ready(db, manifest, { signal }), schema: schemaReady((signal) => look(signal)) },
      { log() {}, cache: 0 },
    )
  const well = handler()
  for (let probe = 0; probe < 3; probe += 1) {
    const { status, checks } = await well.check()
    assert.deepEqual([status, checks.schema.message], ['ready', 'ready: the schema is the expected one'])
    t.mock.timers.tick(3_600_000)
  }
  assert.equal(looks, 1)
  const drifted = handler()
  await changed('alter table notes drop mark', async () => {
    const { status, httpStatus, message } = await drifted.check()
    assert.deepEqual([status, httpStatus, message], ['drifted', 503, 'schema: drift: schema: 1 difference'])
    await drifted.check()
    assert.equal(looks, 2)
  })
  // It was mended meanwhile.
  t.mock.timers.tick(60_000)
  await drifted.check()
  assert.equal(looks, 3)
  await last
  // Whoever waits for it is told before.
  await new Promise(setImmediate)
  assert.equal((await drifted.check()).status, 'ready')
})

const written = (folder) =>
  readdirSync(folder)
    .filter((name) => name !== 'node_modules')
    .sort()
const at = (set) => Object.entries(set).map(([path, sql]) => [`db/migrations/${path}`, sql])
