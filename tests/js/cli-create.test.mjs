// `create`, `up --create` and `drop`: on a real PostgreSQL, and on folders of PGlite.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { migration, project } from './support/cli.mjs'
import { startPostgres } from './support/postgres.mjs'
import { noTerminal, openTerminal } from './support/terminal.mjs'

const set = { 'db/migrations/001_rooms.sql': migration('create table rooms (id int);', 'drop table rooms;') }
const said = ({ stderr }) => stderr.replaceAll(/\s+/g, ' ').trim()

describe('a database of a server', () => {
  let server
  let admin
  before(async () => {
    server = await startPostgres()
    admin = await server.connect()
  })
  after(async () => {
    await admin.end()
    await server.stop()
  })
  const url = (name, user = 'postgres') => `postgres://${user}@127.0.0.1:${server.port}/${encodeURIComponent(name)}`
  const there = async (name) =>
    (
      await admin.query('select oid, pg_encoding_to_char(encoding) as encoding from pg_database where datname = $1', [
        name,
      ])
    ).rows[0]

  test('is made once, however many make it, and dropped by its mark', async (t) => {
    const it = project(t)
    const create = () => it.run(['create', '--url', url('app_made')])
    const all = await Promise.all([create(), create(), create()])
    for (const { status, stderr } of all) assert.equal(status, 0, stderr)
    assert.deepEqual(all.map(({ stdout }) => stdout.trim()).sort(), [
      `app_made at 127.0.0.1:${server.port} is there already`,
      `app_made at 127.0.0.1:${server.port} is there already`,
      `made app_made at 127.0.0.1:${server.port}`,
    ])
    assert.equal((await there('app_made')).encoding, 'UTF8')
    const again = await it.run(['create', '--url', url('app_made'), '--format', 'json'])
    assert.deepEqual(JSON.parse(again.stdout), { database: `app_made at 127.0.0.1:${server.port}`, made: false })
    // A script has to say yes.
    const unasked = await it.run(['drop', '--url', url('app_made')])
    assert.equal(unasked.status, 2)
    assert.match(said(unasked), /nobody can be asked: there is no terminal help: say yes with --yes; nothing was done$/)
    const dropped = await it.run(['drop', '--url', url('app_made'), '--yes'])
    assert.deepEqual([dropped.status, dropped.stdout], [0, `dropped app_made at 127.0.0.1:${server.port}\n`])
    assert.equal(await there('app_made'), undefined)
    const gone = await it.run(['drop', '--url', url('app_made'), '--yes'])
    assert.deepEqual([gone.status, gone.stdout], [0, `app_made at 127.0.0.1:${server.port} is not there\n`])
  })

  test('may have any name of 63 bytes, and no longer one', async (t) => {
    const it = project(t)
    for (const name of [`o"dd'; drop -- %`, 'Größe', 'ü'.repeat(31) + 'x', 'a.b']) {
      const { status, stderr } = await it.run(['create', '--url', url(name)])
      assert.equal(status, 0, stderr)
      assert.ok(await there(name), name)
      assert.equal((await it.run(['drop', '--yes', '--url', url(name)])).status, 0)
      assert.equal(await there(name), undefined)
    }
    for (const command of [['create'], ['drop', '--yes'], ['up', '--create']]) {
      it.write(set)
      const { status, stderr } = await it.run([...command, '--url', url('x'.repeat(64))])
      assert.equal(status, 2, stderr)
      assert.match(stderr, /the name of the database has 64 bytes: PostgreSQL cuts it off behind 63/)
    }
    assert.equal(await there('x'.repeat(63)), undefined)
  })

  test('is made by `up --create` if it is not there, and by no other `up`', async (t) => {
    const it = project(t, set)
    const up = (...args) => it.run(['up', '--url', url('app_up'), ...args])
    const missing = await up()
    assert.equal(missing.status, 2)
    assert.match(
      said(missing),
      /does not exist \(3D000\) help: `counterfoil create` makes it, and `counterfoil up --create`/,
    )
    for (const args of [
      ['--create', '--dry-run'],
      ['--create', '--when', 'refuse'],
      ['--create', '--dir', 'nowhere'],
    ]) {
      assert.notEqual((await up(...args)).status, 0)
      assert.equal(await there('app_up'), undefined, args.join(' '))
    }
    const both = await Promise.all([up('--create'), up('--create')])
    for (const { status, stderr } of both) assert.equal(status, 0, stderr)
    assert.equal(both.filter(({ stderr }) => stderr.includes('(made)')).length, 1)
    const { oid } = await there('app_up')
    assert.equal((await up('--create')).status, 0)
    assert.equal((await there('app_up')).oid, oid)
    const db = await server.connect('app_up')
    assert.equal((await db.query('select version from schema_migrations')).rowCount, 1)

    // Somebody is connected: it stays, and so do they.
    const inUse = await it.run(['drop', '--yes', '--url', url('app_up')])
    assert.equal(inUse.status, 2)
    const { rows } = await db.query('select pg_backend_pid() as pid')
    assert.match(
      said(inUse),
      new RegExp(
        `^error: app_up at \\S+ is in use \\(55006\\): postgres \\(from 127\\.0\\.0\\.1, process ${rows[0].pid}\\) help: close what is connected`,
      ),
    )
    await db.end()
    assert.equal((await it.run(['drop', '--yes', '--url', url('app_up')])).status, 0)
  })

  test('is not dropped by --yes or CI if it was not made by `create`', async (t) => {
    const it = project(t)
    const refused = async (name, env) => {
      const got = await it.run(['drop', '--yes', '--url', url(name)], { env })
      assert.equal(got.status, 2)
      assert.match(
        said(got),
        /was not made by `counterfoil create`, so its name has to be typed, and there is no terminal help: call it on a terminal/,
      )
      assert.ok(await there(name))
    }
    await admin.query('create database mine')
    await refused('mine')
    await refused('mine', { CI: 'true' })
    // `create` takes no other's database for its own.
    assert.equal((await it.run(['create', '--url', url('mine')])).status, 0)
    await refused('mine')
    // A comment of one's own takes the mark away; a copy by template has none; one that was copied word for word is another's.
    assert.equal((await it.run(['create', '--url', url('first')])).status, 0)
    await admin.query('create database copied template first')
    await refused('copied')
    const { rows } = await admin.query(
      "select shobj_description(oid, 'pg_database') as it from pg_database where datname = 'first'",
    )
    assert.match(rows[0].it, /^made by counterfoil create: \d+ of \d+$/)
    await admin.query(`comment on database mine is '${rows[0].it}'`)
    await refused('mine')
    await admin.query('alter database first rename to second')
    assert.equal((await it.run(['drop', '--yes', '--url', url('second')])).status, 0)
    assert.equal((await it.run(['create', '--url', url('first')])).status, 0)
    await admin.query("comment on database first is 'of the shop'")
    await refused('first')
    await refused('postgres')
  })

  test('is named by --url or the configuration, and by nothing else', async (t) => {
    const it = project(t)
    assert.equal((await it.run(['create', '--url', url('kept')])).status, 0)
    const [host, port] = ['127.0.0.1', String(server.port)]
    it.write({ '.env': `DATABASE_URL=${url('kept')}\n` })
    for (const env of [
      {},
      { DATABASE_URL: url('kept') },
      { PGHOST: host, PGPORT: port, PGUSER: 'postgres', PGDATABASE: 'kept' },
    ]) {
      const got = await it.run(['drop', '--yes'], { env })
      assert.equal(got.status, 2)
      assert.match(said(got), /^error: no database is named help: name it with --url, or `url` of the configuration/)
    }
    // What an address leaves out is not taken from there either.
    const half = await it.run(['drop', '--yes', '--url', `postgres://postgres@${host}:${port}`], {
      env: { PGDATABASE: 'kept' },
    })
    assert.match(said(half), /the address names no database/)
    const other = await it.run(['drop', '--yes', '--url', 'postgres://postgres@/kept'], {
      env: { PGHOST: host, PGPORT: port },
    })
    assert.match(said(other), /kept at localhost cannot be reached|postgres at localhost cannot be reached/)
    assert.ok(await there('kept'))
    it.write({ 'counterfoil.config.json': JSON.stringify({ url: url('kept') }) })
    assert.equal((await it.run(['drop', '--yes'], { env: { DATABASE_URL: url('postgres') } })).status, 0)
    assert.equal(await there('kept'), undefined)
  })

  test('needs a right, which is named, and the way to it works', async (t) => {
    const it = project(t)
    await admin.query('create role "o""dd" login')
    const create = () => it.run(['create', '--url', url('of_odd', 'o"dd')])
    const refused = await create()
    assert.equal(refused.status, 1)
    const [, way] =
      /permission denied to create database \(42501\) help: the right is CREATEDB: (ALTER ROLE .* CREATEDB), by/.exec(
        said(refused),
      )
    await admin.query(way)
    const made = await create()
    assert.equal(made.status, 0, made.stderr)
    assert.equal((await it.run(['drop', '--yes', '--url', url('of_odd', 'o"dd')])).status, 0)
    // Nobody drops what is another's.
    assert.equal((await it.run(['create', '--url', url('of_all')])).status, 0)
    const other = await it.run(['drop', '--yes', '--url', url('of_all', 'o"dd')])
    assert.equal(other.status, 1)
    assert.match(
      said(other),
      /must be owner of database of_all \(42501\) help: only its owner may, .* OWNER TO "o""dd"/,
    )
    // Who may not see what others do is told all the same who is there.
    await admin.query('alter database of_all owner to "o""dd"')
    const busy = await server.connect('of_all')
    const seen = await it.run(['drop', '--yes', '--url', url('of_all', 'o"dd')])
    assert.match(said(seen), /is in use \(55006\): postgres \(process \d+\)/)
    await busy.end()
    assert.equal((await it.run(['drop', '--yes', '--url', url('of_all', 'o"dd')])).status, 0)
  })

  test('is made from template1 where there is no database postgres', async (t) => {
    const it = project(t)
    const own = await startPostgres()
    t.after(() => own.stop())
    const at = (name) => `postgres://postgres@127.0.0.1:${own.port}/${name}`
    const beside = await own.connect('template1')
    await beside.query('drop database postgres')
    await beside.end()
    for (const name of ['app', 'postgres']) {
      const { status, stderr } = await it.run(['create', '--url', at(name)])
      assert.equal(status, 0, stderr)
      const dropped = await it.run(['drop', '--yes', '--url', at(name)])
      assert.equal(dropped.status, 0, dropped.stderr)
    }
  })

  test('with an argument, `create` says what writes a migration', async (t) => {
    const got = await project(t).run(['create', 'add_users'])
    assert.equal(got.status, 2)
    assert.match(
      said(got),
      /unexpected argument 'add_users' help: it makes a database; `counterfoil new <name>` writes a migration/,
    )
  })

  test('without the mark is dropped by whoever types its name', { skip: noTerminal }, async (t) => {
    await admin.query('create database typed')
    const it = project(t)
    const open = (env) => openTerminal(t, { cwd: it.folder, env })
    const terminal = open({})
    const command = `counterfoil drop --yes --url ${url('typed')}`
    const question = /typed at \S+ was not made by `counterfoil create`: type its name, typed, if it is to go:/m
    for (const answer of ['y', 'yes', 'Typed', '']) {
      terminal.start(command)
      await terminal.until(question)
      terminal.type(answer)
      assert.equal(await terminal.ended(), 1)
      assert.match(terminal.screen(), /^nothing was dropped$/m)
      assert.ok(await there('typed'))
    }
    terminal.start(command)
    await terminal.until(question)
    terminal.press('C-c')
    assert.equal(await terminal.ended(), 130)
    assert.ok(await there('typed'))
    const ci = await open({ CI: 'true' }).run(command)
    assert.equal(ci.status, 2)
    assert.ok(await there('typed'))
    terminal.start(command)
    await terminal.until(question)
    terminal.type('typed')
    assert.equal(await terminal.ended(), 0)
    assert.equal(await there('typed'), undefined)
  })
})

describe('a folder of PGlite', () => {
  test('is made and marked, and removed by its mark', async (t) => {
    const it = project(t, set)
    const create = await it.run(['create', '--url', 'pglite:./data'])
    assert.deepEqual([create.status, create.stdout], [0, 'made the PGlite in ./data\n'], create.stderr)
    assert.equal((await it.run(['create', '--url', 'pglite:./data'])).stdout, 'the PGlite in ./data is there already\n')
    assert.equal((await it.run(['up', '--url', 'pglite:./data'])).status, 0)
    const moved = join(it.folder, 'moved')
    renameSync(join(it.folder, 'data'), moved)
    const { status, stdout } = await it.run(['drop', '--yes', '--url', 'pglite:./moved', '--format', 'json'])
    assert.equal(status, 0)
    assert.deepEqual(JSON.parse(stdout), { database: 'the PGlite in ./moved', dropped: true })
    assert.deepEqual(readdirSync(it.folder).sort(), ['db', 'node_modules'])
    assert.equal(
      (await it.run(['drop', '--yes', '--url', 'pglite:./moved'])).stdout,
      'the PGlite in ./moved is not there\n',
    )
    // `up --create` leaves the mark, too; `up` alone does not, and neither does a copy have it.
    assert.equal((await it.run(['up', '--create', '--url', 'pglite:./data'])).status, 0)
    cpSync(join(it.folder, 'data'), join(it.folder, 'copy'), { recursive: true })
    assert.equal((await it.run(['up', '--url', 'pglite:./other'])).status, 0)
    for (const name of ['copy', 'other']) {
      const got = await it.run(['drop', '--yes', '--url', `pglite:./${name}`])
      assert.equal(got.status, 2)
      assert.match(said(got), /was not made by `counterfoil create`, so its name has to be typed/)
      assert.ok(existsSync(join(it.folder, name, 'PG_VERSION')))
    }
    assert.equal((await it.run(['drop', '--yes', '--url', 'pglite:./data'])).status, 0)
    assert.equal(existsSync(join(it.folder, 'data')), false)
  })

  test('stays if it is something else, or a link, or open', async (t) => {
    const it = project(t, { 'notes/a.txt': 'a', 'empty/.gitkeep': '' })
    assert.equal((await it.run(['create', '--url', 'pglite:./data'])).status, 0)
    const data = join(it.folder, 'data')
    const kept = async (folder, message) => {
      const got = await it.run(['drop', '--yes', '--url', `pglite:${folder}`])
      assert.equal(got.status, 2, got.stdout)
      assert.match(said(got), message)
      assert.ok(existsSync(join(data, 'PG_VERSION')))
    }
    await kept('memory', /a PGlite in memory is gone when its process ends/)
    await kept('./notes', /the folder holds other things, and no database/)
    await kept('./empty', /is an empty folder and no database/)
    symlinkSync(data, join(it.folder, 'link'))
    await kept('./link', /is a symbolic link: what it leads to is not dropped help: name the folder itself/)
    symlinkSync(data, join(it.folder, 'notes/out'))
    writeFileSync(join(data, 'mine.txt'), 'mine')
    await kept('./data', /holds other things besides: mine\.txt help: move them elsewhere first/)
    renameSync(join(data, 'mine.txt'), join(it.folder, 'mine.txt'))
    // A program that knows nothing of the lock.
    const script = `const { PGlite } = await import('@electric-sql/pglite'); const db = await PGlite.create('./data'); console.log('open'); process.stdin.on('data', () => process.exit())`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: it.folder,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await kept('./data', new RegExp(`is in use: process ${child.pid} has it open help: end what has it open`))
    child.stdin.end('x')
    await once(child, 'close')
    // What a link in it leads to stays.
    mkdirSync(join(it.folder, 'outside'))
    writeFileSync(join(it.folder, 'outside/a'), 'a')
    symlinkSync(join(it.folder, 'outside'), join(data, 'pg_tblspc/1'))
    assert.equal((await it.run(['drop', '--yes', '--url', 'pglite:./data'])).status, 0)
    assert.equal(readFileSync(join(it.folder, 'outside/a'), 'utf8'), 'a')
    assert.equal(existsSync(data), false)
  })
})
