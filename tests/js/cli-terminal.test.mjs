// The command line as a person uses it: in a terminal, which asks, draws, colours, and knows Ctrl-C.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { migration, project } from './support/cli.mjs'
import { makeDataDir } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'
import { noTerminal, openTerminal } from './support/terminal.mjs'

/** Waits until a query gives a row. */
async function untilRow(db, sql) {
  for (const end = Date.now() + 60_000; ;) {
    const { rows } = await db.query(sql)
    if (rows.length) return rows[0]
    if (Date.now() > end) throw new Error(`this never came: ${sql}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

const shows = {
  'db/migrations/20260105090000_shows.sql': migration(
    'create table shows (id int primary key, title text);',
    'drop table shows;',
  ),
}

describe('in a terminal', { skip: noTerminal }, () => {
  let server
  before(async () => (server = await startPostgres()))
  after(() => server?.stop())

  /** A database of its own, a project and a terminal in it. */
  async function place(t, files, env = {}) {
    const database = await server.createDatabase()
    const db = await server.connect(database)
    t.after(() => db.end())
    const it = project(t, files)
    const terminal = openTerminal(t, { cwd: it.folder, env: { DATABASE_URL: server.url(database), ...env } })
    return {
      ...it,
      run: (args) => it.run(args, { env: { DATABASE_URL: server.url(database) } }),
      db,
      database,
      terminal,
      versions: async () =>
        (await db.query('select version from schema_migrations order by 1')).rows.map(({ version }) => version),
    }
  }

  test('stamp asks before it changes the ledger, and no is no', async (t) => {
    const { terminal, versions } = await place(t, shows)
    assert.equal((await terminal.run('counterfoil up')).status, 0)
    for (const [answer, status, left] of [
      ['n', 1, ['20260105090000']],
      ['y', 0, []],
    ]) {
      terminal.start('counterfoil stamp 20260105090000 --not-applied')
      await terminal.until(/change 1 row of the ledger of .*\? \[y\/N\]/)
      terminal.type(answer)
      assert.equal(await terminal.ended(), status, terminal.screen())
      assert.deepEqual(await versions(), left)
    }
  })

  test('what is applied is listed in colours; status has a table', async (t) => {
    const { terminal } = await place(t, shows)
    const { text, status } = await terminal.run('counterfoil up')
    assert.equal(status, 0, text)
    assert.match(text, /^ {2}\+ {2}20260105090000 {2}shows {2}\d+ ms\nmigrated: 1 applied \(\d+ ms\)$/m)
    assert.match(terminal.coloured(), /\x1b\[32m\+\x1b\[39m/)
    const list = await terminal.run('counterfoil status')
    // However the terminal writes it down: what was dim before has to end first.
    const bold = /\x1b\[(0;)?1m(\x1b\[[34]9m)*1 there/
    assert.match(
      list.text,
      /^1 there\n\n {5}version {9}name {3}state {4}applied \(UTC\) {8}took\n {2}= {2}20260105090000 {2}shows {2}applied {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}\d+ ms$/m,
    )
    assert.match(terminal.coloured(), bold)
    assert.equal((await terminal.run('NO_COLOR=1 counterfoil status')).status, 0)
    assert.doesNotMatch(terminal.coloured(), bold)
  })

  test('before a table is dropped it asks, and does what it is told', async (t) => {
    const drop = {
      'db/migrations/20260112101500_drop.sql': migration('alter table shows add column at date;\ndrop table shows;'),
    }
    const { terminal, write, versions } = await place(t, shows)
    assert.equal((await terminal.run('counterfoil up')).status, 0)
    write(drop)
    const question =
      /^this throws data away:\n {2}! {2}drop table shows {2}db\/migrations\/20260112101500_drop\.sql:3:1\napply 1 migration to test_\d+ at 127\.0\.0\.1:\d+\? \[y\/N\]/m
    for (const answer of ['n', '']) {
      terminal.start('counterfoil up')
      await terminal.until(question)
      terminal.type(answer)
      assert.equal(await terminal.ended(), 1)
      assert.match(terminal.screen(), /^nothing was done$/m)
    }
    terminal.start('counterfoil up')
    await terminal.until(question)
    terminal.press('C-c')
    assert.equal(await terminal.ended(), 130)
    assert.deepEqual(await versions(), ['20260105090000'])
    terminal.start('counterfoil up')
    await terminal.until(question)
    terminal.type('y')
    assert.equal(await terminal.ended(), 0)
    assert.deepEqual(await versions(), ['20260105090000', '20260112101500'])
  })

  test('in CI nobody is asked, even if there is a terminal', async (t) => {
    const { terminal } = await place(t, shows, { CI: 'true' })
    assert.equal((await terminal.run('counterfoil up')).status, 0)
    const { text, status } = await terminal.run('counterfoil down')
    assert.equal(status, 2)
    assert.match(text, /^error: nobody can be asked: .*\n {2}help: say yes with --yes/m)
  })

  test('on work that takes long there is a bar; it is gone when the work is done', async (t) => {
    const { terminal, db } = await place(t, {
      ...shows,
      'db/migrations/20260112101500_slow.sql': migration('select pg_advisory_xact_lock(42);'),
    })
    await db.query('select pg_advisory_lock(42)')
    terminal.start('counterfoil up --wait-timeout 600000 --lock-timeout 600000')
    const screen = await terminal.until(/[█░]{24}/)
    assert.match(screen, /^ {2}█{12}░{12} {2}1\/2 {2}20260112101500 slow {2}[\d.]+ m?s$/m)
    await db.query('select pg_advisory_unlock(42)')
    assert.equal(await terminal.ended(), 0)
    assert.doesNotMatch(terminal.screen(), /[█░]/)
    assert.match(terminal.screen(), /^ {2}\+ {2}20260112101500 {2}slow {2}[\d.]+ m?s\nmigrated: 2 applied/m)
  })

  test('Ctrl-C stops a migration that runs step by step between two steps; the next run goes on there', async (t) => {
    const steps =
      '-- migrate:up transaction:false\ncreate table a ();\nselect pg_advisory_lock(43), pg_advisory_unlock(43);\ncreate table b ();\n'
    const { terminal, db } = await place(t, { 'db/migrations/001_steps.sql': steps })
    await db.query('select pg_advisory_lock(43)')
    terminal.start('counterfoil up')
    await untilRow(db, `select 1 from pg_locks where locktype = 'advisory' and not granted`)
    terminal.press('C-c')
    await terminal.until(/^stopping when the statement that is running has ended; Ctrl-C again stops it at once$/m)
    await db.query('select pg_advisory_unlock(43)')
    assert.equal(await terminal.ended(), 130)
    const { steps_done, steps_total } = await untilRow(db, 'select steps_done, steps_total from schema_migrations')
    assert.deepEqual([steps_done, steps_total], [2, 3])
    assert.match((await terminal.run('counterfoil status')).text, /^ {2}. {2}001 +steps +resume/m)
    assert.equal((await terminal.run('counterfoil up')).status, 0)
    assert.equal(
      (await db.query(`select count(*)::int as n from pg_tables where tablename in ('a', 'b')`)).rows[0].n,
      2,
    )
  })

  test('Ctrl-C a second time ends the statement that is running', async (t) => {
    const { terminal, db } = await place(t, {
      'db/migrations/001_slow.sql': migration('select pg_advisory_xact_lock(44);'),
    })
    await db.query('select pg_advisory_lock(44)')
    terminal.start('counterfoil up --lock-timeout 600000')
    const waits = `select 1 from pg_locks where locktype = 'advisory' and not granted`
    await untilRow(db, waits)
    terminal.press('C-c')
    await terminal.until(/stopping when/)
    terminal.press('C-c')
    assert.equal(await terminal.ended(), 130)
    await untilRow(db, `select 1 where not exists (${waits})`)
    await db.query('select pg_advisory_unlock(44)')
  })

  test('down says what it takes back, and what would be lost, and asks; on a PGlite too', async (t) => {
    const { terminal, folder } = await place(t, shows, { DATABASE_URL: 'pglite:./data' })
    await makeDataDir(join(folder, 'data'))
    assert.equal((await terminal.run('counterfoil up')).status, 0)
    const question =
      /^ {2}- {2}20260105090000 {2}shows\nthis throws data away:\n {2}! {2}drop table shows {2}db\/migrations\/20260105090000_shows\.sql:5:1\ntake back 1 migration of the PGlite in \.\/data\? \[y\/N\]/m
    terminal.start('counterfoil down')
    await terminal.until(question)
    terminal.type('no')
    assert.equal(await terminal.ended(), 1)
    terminal.start('counterfoil down')
    await terminal.until(question)
    terminal.type('yes')
    assert.equal(await terminal.ended(), 0)
    assert.match(terminal.screen(), /^ {2}- {2}20260105090000 {2}shows {2}\d+ ms\nrolled-back: 1 taken back/m)
    assert.equal((await terminal.run('counterfoil ready')).status, 1)
  })

  test('down takes back what was said yes to, and nothing that came meanwhile', async (t) => {
    const { terminal, write, run, versions } = await place(t, shows)
    assert.equal((await terminal.run('counterfoil up')).status, 0)
    terminal.start('counterfoil down')
    await terminal.until(/\? \[y\/N\]/)
    write({ 'db/migrations/20260112101500_seats.sql': migration('create table seats ();', 'drop table seats;') })
    const meanwhile = await run(['up'])
    assert.equal(meanwhile.status, 0, meanwhile.stderr)
    terminal.type('y')
    assert.equal(await terminal.ended(), 1)
    assert.match(
      terminal.screen().replaceAll('\n', ' '),
      /this would take back 20260112101500, and what was agreed to is 20260105090000/,
    )
    assert.deepEqual(await versions(), ['20260105090000', '20260112101500'])
  })

  test('a narrow terminal is kept to', async (t) => {
    const it = project(t, {
      'db/migrations/001_a.sql': migration(
        `select 'ä', ${"'long', ".repeat(30)} nothing_of_that_name, ${"'more', ".repeat(30)} 1;`,
      ),
    })
    const terminal = openTerminal(t, {
      cwd: it.folder,
      width: 60,
      env: { DATABASE_URL: server.url(await server.createDatabase()) },
    })
    const { text, status } = await terminal.run('counterfoil up')
    assert.equal(status, 1)
    const lines = text.split('\n')
    const at = lines.findIndex((line) => /^ +\| +\^$/.test(line))
    assert.ok(at > 0, text)
    assert.match(lines[at - 1], /^ 2 \| ….*….*$/)
    assert.equal(lines[at - 1].slice(lines[at].indexOf('^')).startsWith('nothing_of_that_name'), true, text)
    assert.ok(lines[at - 1].length <= 60)
  })
})
