// Databases that Alembic migrates. What its revisions come to was asked of Alembic itself: scripts/alembic-goldens.mjs.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { neon } from '@neondatabase/serverless'
import { alembicReadiness, alembicReady } from 'counterfoil/health'
import { readAlembicHeads } from 'counterfoil/node'
import pg from 'pg'
import postgres from 'postgres'
import { fails } from './support/errors.mjs'
import { startPostgresAndNeon } from './support/neon.mjs'
import { freshPGlite } from './support/pglite.mjs'

const data = new URL('../data/alembic/', import.meta.url)
const cases = readdirSync(data, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const golden = (name) => JSON.parse(readFileSync(new URL(`${name}/golden.json`, data), 'utf8'))
const read = (name) => readAlembicHeads(new URL(`${name}/`, data))

for (const name of cases) {
  test(`${name}: heads and revisions are those of Alembic`, async () => {
    const { heads, revisions } = await read(name)
    assert.deepEqual(heads, golden(name).heads)
    assert.deepEqual(revisions.map(({ revision }) => revision).sort(), golden(name).revisions)
  })

  for (const { upgrade, rows, pending } of golden(name).states)
    test(`${name}: after \`alembic upgrade ${upgrade}\` it is behind by what Alembic would run next`, async () => {
      const expected = await read(name)
      const { status, httpStatus, message } = alembicReadiness(expected, rows)
      assert.deepEqual([status, httpStatus], pending.length > 0 ? ['behind', 503] : ['ready', 200])
      const said = /^drift: db=(\S+) expected=(\S+) pending=(\w+)(?:,\+(\d+))?$|^ready: db=(\S+) expected=(\S+)$/.exec(
        message,
      )
      assert.ok(said, message)
      assert.equal(said[1] ?? said[5], rows.join(','))
      assert.equal(said[2] ?? said[6], expected.heads.join(','))
      if (pending.length > 0)
        assert.deepEqual([pending.includes(said[3]), Number(said[4] ?? 0) + 1], [true, pending.length])
    })
}

describe('the judgement', () => {
  const line = {
    heads: ['c'],
    revisions: [
      { revision: 'a', parents: [] },
      { revision: 'b', parents: ['a'] },
      { revision: 'c', parents: ['b'] },
    ],
  }
  const two = { heads: ['c', 'x'], revisions: [...line.revisions, { revision: 'x', parents: ['a'] }] }
  const table = [
    [line, ['c'], 'ready', 200, 'ready: db=c expected=c'],
    [line, ['a'], 'behind', 503, 'drift: db=a expected=c pending=b,+1'],
    [line, [], 'behind', 503, 'drift: db=none expected=c pending=a,+2'],
    [line, undefined, 'behind', 503, 'drift: db=none expected=c pending=a,+2'],
    // A newer release has been here.
    [line, ['d'], 'ahead', 200, 'ahead: db=d expected=c'],
    [line, ['c', 'z'], 'ahead', 200, 'ahead: db=c,z expected=c'],
    // … and has left a branch of this one where it was: it cannot have what follows.
    [two, ['b', 'y'], 'behind', 503, 'drift: db=b,y expected=c,x pending=c,+1'],
    [two, ['c', 'y'], 'ahead', 200, 'ahead: db=c,y expected=c,x'],
    [two, ['x', 'c'], 'ready', 200, 'ready: db=c,x expected=c,x'],
    [two, ['c'], 'behind', 503, 'drift: db=c expected=c,x pending=x'],
    // Without the revisions nobody can tell older from newer.
    [{ heads: ['c'] }, ['c'], 'ready', 200, 'ready: db=c expected=c'],
    [{ heads: ['c'] }, ['a'], 'drifted', 503, 'drift: db=a expected=c pending=c'],
    [{ heads: ['c'] }, ['c', 'z'], 'drifted', 503, 'drift: db=c,z expected=c'],
    [{ heads: ['x', 'c'] }, ['c'], 'behind', 503, 'drift: db=c expected=c,x pending=x'],
    [{ heads: [] }, [], 'ready', 200, 'ready: db=none expected=none'],
  ]
  for (const [expected, rows, status, httpStatus, message] of table)
    test(`${expected.revisions ? '' : 'heads '}${expected.heads} with ${rows ?? 'no table'} is ${status}`, () => {
      const judged = alembicReadiness(expected, rows)
      assert.deepEqual([judged.status, judged.httpStatus, judged.message], [status, httpStatus, message])
    })
})

describe('a folder that Alembic could not use either', () => {
  const wrong = async (files, expected) => {
    const folder = mkdtempSync(join(tmpdir(), 'counterfoil-alembic-'))
    try {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(join(folder, name, '..'), { recursive: true })
        writeFileSync(join(folder, name), text)
      }
      await fails(readAlembicHeads(folder), expected)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  test('two files are one revision', () =>
    wrong(
      { 'a.py': "revision = 'a1'", 'b.py': "revision = 'a1'" },
      { code: 'alembic-duplicate', message: /a\.py and .*b\.py are both the revision a1$/ },
    ))
  test('two files go by one label', () =>
    wrong(
      { 'a.py': "revision = 'a1'\nbranch_labels = 'shop'", 'b.py': "revision = 'b1'\nbranch_labels = ('shop',)" },
      { code: 'alembic-duplicate', message: /both go by the name shop$/ },
    ))
  test('a parent is not there', () =>
    wrong(
      { 'b.py': "revision = 'b1'\ndown_revision = 'a1'" },
      { code: 'alembic-missing-parent', message: /b\.py follows the revision a1, which is not there$/ },
    ))
  test('what a revision depends on is not there', () =>
    wrong(
      { 'b.py': "revision = 'b1'\ndepends_on = ['shop']" },
      { code: 'alembic-missing-parent', message: /the revision shop,/ },
    ))
  test('revisions follow each other in a circle', () =>
    wrong(
      {
        'a.py': "revision = 'a'\ndown_revision = 'c'",
        'b.py': "revision = 'b'\ndown_revision = 'a'",
        'c.py': "revision = 'c'\ndepends_on = 'b'",
        'd.py': "revision = 'd'\ndown_revision = 'a'",
      },
      { code: 'alembic-cycle', message: 'revisions follow each other in a circle: a follows c follows b follows a' },
    ))
  test('a revision follows itself', () =>
    wrong({ 'a.py': "revision = down_revision = 'a'\n" }, { code: 'alembic-cycle', message: /: a follows a$/ }))
  test('a file has no revision', () =>
    wrong(
      { 'helper.py': 'x = 1\n' },
      { code: 'invalid-input', message: /helper\.py does not say which revision it is$/ },
    ))
  for (const [value, column] of [
    ['make()', 17],
    ['"a" + "b"', 17],
    ['f"{x}"', 17],
    ['b"a"', 17],
    ['("a", ("b")', 17],
    ['"a\\x62"', 17],
    ['', 1],
    ['"ä', 17],
  ])
    test(`a value has to be worked out: ${value || 'nothing'}`, () =>
      wrong(
        { 'a.py': `"""a\n"""\nrevision = 'a'\ndown_revision = ${value}\n` },
        {
          code: 'invalid-input',
          message: new RegExp(`a\\.py:4:${column}: down_revision is not None, a string or a tuple of strings$`),
        },
      ))
  test('a folder is not there, or has no revision', async () => {
    await fails(readAlembicHeads(new URL('not-there/', data)), { code: 'invalid-input', message: /cannot be read/ })
    await wrong({ 'versions/a.py': "revision = 'a'" }, { code: 'invalid-input', message: /^there is no revision in / })
    await fails(readAlembicHeads(7), { code: 'invalid-input' })
  })
})

test('several folders, and subfolders if it is told so', async () => {
  const both = await readAlembicHeads([new URL('linear/', data), new URL('merge/', data)])
  assert.deepEqual(both.heads, [...golden('linear').heads, ...golden('merge').heads].sort())
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-alembic-'))
  try {
    for (const name of ['2025', '__pycache__']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, '2025/a.py'), "revision = 'a'")
    writeFileSync(join(folder, '__pycache__/b.py'), "revision = 'b'")
    assert.deepEqual((await readAlembicHeads(folder, { recursive: true })).heads, ['a'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('three thousand revisions are read and judged in one go', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-alembic-'))
  const count = 3_000
  try {
    for (let at = 0; at < count; at += 1)
      writeFileSync(
        join(folder, `${at}_x.py`),
        `revision = 'r${at}'\ndown_revision = ${at > 0 ? `'r${at - 1}'` : null}\n`.replace('null', 'None'),
      )
    const expected = await readAlembicHeads(folder)
    assert.deepEqual(expected.heads, [`r${count - 1}`])
    assert.equal(
      alembicReadiness(expected, ['r0']).message,
      `drift: db=r0 expected=r${count - 1} pending=r1,+${count - 2}`,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe('with every driver', () => {
  let server, endpoint, stop
  before(async () => ({ server, endpoint, stop } = await startPostgresAndNeon()))
  after(() => stop())
  const drivers = {
    'node-postgres': (name) => {
      const pool = new pg.Pool({ connectionString: server.url(name) })
      return { db: pool, close: () => pool.end() }
    },
    'node-postgres, by a function': (name) => {
      const pool = new pg.Pool({ connectionString: server.url(name) })
      return { db: (sql) => pool.query({ text: sql, rowMode: 'array' }), close: () => pool.end() }
    },
    'postgres.js': (name) => {
      const sql = postgres(server.url(name), { max: 1, onnotice() {}, transform: postgres.camel })
      return { db: sql, close: () => sql.end() }
    },
    'Neon over HTTP': (name) => ({ db: neon(endpoint.url(name)), close() {} }),
  }
  const about = async (db, exec) => {
    const expected = {
      heads: ['c2'],
      revisions: [
        { revision: 'c1', parents: [] },
        { revision: 'c2', parents: ['c1'] },
      ],
    }
    const status = async (more) => (await alembicReady(db, { ...expected, ...more })).message
    assert.equal(await status(), 'drift: db=none expected=c2 pending=c1,+1')
    await exec(
      `create table alembic_version (version_num varchar(32) not null primary key); insert into alembic_version values ('c1')`,
    )
    assert.equal(await status(), 'drift: db=c1 expected=c2 pending=c2')
    await exec(`update alembic_version set version_num = 'c2'`)
    assert.equal(await status(), 'ready: db=c2 expected=c2')
    await exec(
      `create schema "My ops"; create table "My ops"."a""b" (version_num varchar(32)); insert into "My ops"."a""b" values ('c1')`,
    )
    assert.equal(await status({ table: 'My ops.a"b' }), 'drift: db=c1 expected=c2 pending=c2')
    assert.equal(await status({ table: 'nowhere.alembic_version' }), 'drift: db=none expected=c2 pending=c1,+1')
    await exec(
      'drop table alembic_version; create table alembic_version (n int); insert into alembic_version values (1)',
    )
    await fails(status(), {
      code: 'database-failed',
      message: /"alembic_version" could not be read: .*version_num.*\(42703\)$/,
    })
  }
  for (const [name, open] of Object.entries(drivers))
    test(name, async () => {
      const database = await server.createDatabase()
      const client = await server.connect(database)
      const { db, close } = open(database)
      await about(db, (sql) => client.query(sql))
      await close()
      await client.end()
    })
  test('PGlite', async () => {
    const db = await freshPGlite()
    await about(db, (sql) => db.exec(sql))
    await db.close()
    await fails(alembicReady(db, { heads: ['a'] }), { code: 'connection-lost' })
  })
})
