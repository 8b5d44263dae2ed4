// `dev`, `redo` and `reset`: on a real PostgreSQL, and on folders of PGlite. What they have done is asked of the database.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { environment, main, migration, node, project } from './support/cli.mjs'
import { startPostgres } from './support/postgres.mjs'
import { startProxy } from './support/proxy.mjs'
import { noTerminal, openTerminal } from './support/terminal.mjs'

const file = 'db/migrations/002_users.sql'
const kinds = {
  'db/migrations/001_kinds.sql': migration(
    'create table kinds (id int); insert into kinds values (1);',
    'drop table kinds;',
  ),
}
const users = (more = '', down = 'drop table users;') => ({
  [file]: migration(`create table users (id int${more});`, down),
})
const withoutWay = (more = '') => ({ [file]: `-- migrate:up\ncreate table users (id int${more});\n` })
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
  const url = (name, port = server.port) => `postgres://postgres@127.0.0.1:${port}/${name}`
  const names = async () =>
    (await admin.query('select datname from pg_database where not datistemplate order by 1')).rows.map(
      (row) => row.datname,
    )
  const numberOf = async (name) =>
    (await admin.query('select oid from pg_database where datname = $1', [name])).rows[0]?.oid
  /** Asks, and is gone again: nobody stays connected. */
  async function asked(name, sql) {
    const db = await server.connect(name)
    try {
      return (await db.query(sql)).rows
    } finally {
      await db.end()
    }
  }
  const columns = async (name) =>
    (
      await asked(
        name,
        "select attname from pg_attribute where attrelid = 'users'::regclass and attnum > 0 order by attnum",
      )
    ).map(({ attname }) => attname)

  test('is made by `dev`, and an edit of the newest is applied by its way back, not over rows', async (t) => {
    const it = project(t, { ...kinds, ...users() })
    const dev = (...args) => it.run(['dev', '--once', '--url', url('edited'), ...args])
    const first = await dev()
    assert.equal(first.status, 0, first.stderr)
    assert.match(said(first), /\(made\)/)
    const number = await numberOf('edited')
    it.write(users(', name text'))
    const second = await dev()
    assert.equal(second.status, 0, second.stderr)
    assert.match(said(second), /002_users\.sql was edited: taken back, and applied as the files are now 1 to apply/)
    assert.match(
      second.stdout,
      /- {2}002 {2}users .*\n.*\+ {2}002 {2}users .*\nmigrated: 1 applied, 1 taken back, 1 there before/,
    )
    assert.deepEqual(await columns('edited'), ['id', 'name'])
    await asked('edited', "insert into users values (7, 'joe')")
    it.write(users(', name text, email text'))
    const stopped = await dev()
    assert.equal(stopped.status, 1)
    assert.match(
      said(stopped),
      /error: 002_users\.sql was edited: to take that back would lose rows that no migration has put there: public\.users \(1 row\) help: .* say --reset to lose them/,
    )
    assert.deepEqual(await columns('edited'), ['id', 'name'])
    const lost = await dev('--reset', '--format', 'json')
    assert.equal(lost.status, 0, lost.stderr)
    assert.deepEqual(JSON.parse(lost.stdout).lost, [{ table: 'public.users', rows: 1 }])
    assert.deepEqual(await columns('edited'), ['id', 'name', 'email'])
    assert.equal(await numberOf('edited'), number)

    // The texts of what ran are for nobody else.
    const kept = join(it.folder, '.counterfoil-dev')
    assert.equal(statSync(kept).mode & 0o777, 0o700)
    assert.equal(readFileSync(join(kept, '.gitignore'), 'utf8'), '*\n')
    for (const name of readdirSync(kept)) assert.equal(statSync(join(kept, name)).mode & 0o777, 0o600, name)
  })

  test('is made anew without a way back, with what belongs to it, and only while nobody else is connected', async (t) => {
    const it = project(t, { ...kinds, ...withoutWay() })
    const dev = () => it.run(['dev', '--once', '--url', url('anew')])
    assert.equal((await dev()).status, 0)
    await admin.query(`create role dev_reader; grant connect on database anew to dev_reader; revoke temporary on database anew from public;
      alter database anew set search_path = public, "$user"; alter role dev_reader in database anew set work_mem = '5MB'`)
    const belongings = () =>
      asked(
        'anew',
        `select array(select unnest(datacl)::text order by 1) as datacl, datdba::regrole::text, (select array_agg(setconfig::text order by setrole) from pg_db_role_setting where setdatabase = d.oid) as settings
          from pg_database d where datname = current_database()`,
      )
    const own = await belongings()
    const number = await numberOf('anew')
    it.write(withoutWay(', name text'))
    const other = await server.connect('anew')
    const busy = await dev()
    assert.equal(busy.status, 2)
    assert.match(
      said(busy),
      /002_users\.sql was edited, and there is no way back: made anew error: anew at \S+ is in use \(55006\): postgres/,
    )
    assert.equal((await other.query('select 1 as one')).rows[0].one, 1)
    await other.end()
    assert.deepEqual([await numberOf('anew'), await columns('anew')], [number, ['id']])
    const done = await dev()
    assert.equal(done.status, 0, done.stderr)
    assert.notEqual(await numberOf('anew'), number)
    assert.deepEqual(await columns('anew'), ['id', 'name'])
    assert.deepEqual(await belongings(), own)
    assert.deepEqual(
      (await names()).filter((name) => /anew|gone/.test(name)),
      ['anew'],
    )

    // A migration that fails leaves all as it was.
    it.write({ [file]: '-- migrate:up\ncreate tabel users (id int);\n' })
    const failed = await dev()
    assert.equal(failed.status, 1)
    assert.match(said(failed), /syntax error at or near "tabel"/)
    assert.deepEqual(await columns('anew'), ['id', 'name'])
    assert.deepEqual(
      (await names()).filter((name) => /anew|gone/.test(name)),
      ['anew'],
    )
    // What was made anew bears the mark.
    assert.equal((await it.run(['drop', '--yes', '--url', url('anew')])).status, 0)
  })

  test('that counterfoil has not made is refused, however it is reached, and stays as it is', async (t) => {
    await admin.query('create database theirs')
    await asked('theirs', 'create table users (id int); insert into users values (1)')
    const number = await numberOf('theirs')
    const proxy = await startProxy(server.port)
    t.after(() => proxy.close())
    const it = project(t, { ...kinds, ...users() })
    it.write({ '.env': `DATABASE_URL=${url('theirs')}\n` })
    const place = { PGHOST: '127.0.0.1', PGPORT: String(server.port), PGUSER: 'postgres', PGDATABASE: 'theirs' }
    for (const command of [['dev', '--once'], ['redo'], ['reset', '--yes']]) {
      const tunnel = ['--url', url('theirs', proxy.port)]
      for (const [args, env, message] of [
        [
          tunnel,
          {},
          /theirs at 127\.0\.0\.1:\d+ was not made by counterfoil, .* help: make one with `counterfoil create`, or say --adopt/,
        ],
        [[...tunnel, '--adopt'], { CI: 'true' }, /its name has to be typed, and there is no terminal/],
        [[], place, /error: no database is named help: name it with --url, or `url` of the configuration/],
        [[], { DATABASE_URL: url('theirs') }, /error: no database is named/],
        [['--url', `postgres://postgres@127.0.0.1:${server.port}`], place, /the address names no database/],
      ]) {
        const got = await it.run([...command, ...args], { env })
        assert.equal(got.status, 2, got.stderr)
        assert.match(said(got), message)
      }
    }
    assert.equal(await numberOf('theirs'), number)
    assert.deepEqual(
      await asked(
        'theirs',
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
      ),
      [{ relname: 'users' }],
    )
    assert.equal((await asked('theirs', 'select from users')).length, 1)
    // A copy of one that it has made is not that one.
    assert.equal((await it.run(['create', '--url', url('mine')])).status, 0)
    await admin.query('create database copied template mine')
    assert.match(
      said(await it.run(['dev', '--once', '--url', url('copied')])),
      /copied at \S+ was not made by counterfoil/,
    )
  })

  test('is reset with what fills it, or stays as it was', async (t) => {
    const it = project(t, { ...kinds, ...users() })
    const reset = (...args) => it.run(['reset', '--url', url('filled'), ...args])
    it.write({ 'db/seed.sql': 'insert into users values (1); insert into users values (2);' })
    const made = await reset()
    assert.equal(made.status, 0, made.stderr)
    assert.equal((await asked('filled', 'select from users')).length, 2)
    const unasked = await reset()
    assert.equal(unasked.status, 2)
    assert.match(
      said(unasked),
      /rows that no migration has put there: public\.users \(2 rows\) error: nobody can be asked/,
    )
    await asked('filled', 'insert into users values (3)')
    it.write({ 'db/seed.sql': 'insert into users values (1);\ninsert into nothing values (2);' })
    const failed = await reset('--yes')
    assert.equal(failed.status, 1)
    assert.match(said(failed), /relation "nothing" does not exist \(42P01\) --> db\/seed\.sql:2:13/)
    assert.equal((await asked('filled', 'select from users')).length, 3)
    const program = `node -e "const pg = require('pg'); const c = new pg.Client(process.env.DATABASE_URL); c.connect().then(() => c.query('insert into users values (9)')).then(() => c.end())"`
    const run = await reset('--yes', '--no-seed', '--run', program)
    assert.equal(run.status, 0, run.stderr)
    assert.deepEqual(await asked('filled', 'select id from users'), [{ id: 9 }])
    const wrong = await reset('--yes', '--no-seed', '--run', 'exit 3')
    assert.equal(wrong.status, 1)
    assert.match(said(wrong), /the command that was to fill the database ended with 3: exit 3/)
    assert.match(said(await reset('--yes', '--seed', 'nowhere.sql')), /the file nowhere\.sql cannot be read/)
  })

  test('is adopted by whoever types its name, and redone', { skip: noTerminal }, async (t) => {
    await admin.query('create database adopted')
    const it = project(t, { ...kinds, ...users() })
    const terminal = openTerminal(t, { cwd: it.folder })
    const command = `counterfoil dev --once --adopt --url ${url('adopted')}`
    const question = /type its name, adopted, if all that it holds/m
    terminal.start(command)
    await terminal.until(question)
    terminal.type('yes')
    assert.equal(await terminal.ended(), 2)
    assert.match(terminal.screen(), /was not adopted: that is not its name/)
    terminal.start(command)
    await terminal.until(question)
    terminal.type('adopted')
    assert.equal(await terminal.ended(), 0)
    const redone = await it.run(['redo', '--url', url('adopted')])
    assert.equal(redone.status, 0, redone.stderr)
    assert.match(said(redone), /002_users\.sql is run again: taken back, and applied as the files are now/)
  })
})

describe('a folder of PGlite', () => {
  const url = ['--url', 'pglite:./data']
  async function asked(it, sql, name = 'data') {
    const db = await PGlite.create(join(it.folder, name))
    try {
      return (await db.query(sql)).rows
    } finally {
      await db.close()
    }
  }

  test('is watched: the first file, an edit, a mistake, and Ctrl-C', async (t) => {
    const it = project(t)
    const child = spawn(node[0], [...node.slice(1), main, 'dev', ...url], {
      cwd: it.folder,
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    t.after(() => child.kill('SIGKILL'))
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (more) => (text += more))
    const until = async (pattern) => {
      for (const limit = Date.now() + 120_000; !pattern.test(text);) {
        if (Date.now() > limit || child.exitCode !== null) throw new Error(`this never came: ${pattern}\n${text}`)
        await new Promise((done) => setTimeout(done, 50))
      }
      text = text.replace(pattern, '')
    }
    await until(/waiting for the first migration in db\/migrations\n/)
    assert.equal(existsSync(join(it.folder, 'data')), false)
    it.write(users())
    await until(/1 to apply[^]*migrated: 1 applied[^]*watching db\/migrations\n/)
    it.write(users(', name text'))
    await until(/was edited: taken back[^]*1 applied, 1 taken back[^]*watching db\/migrations\n/)
    it.write({ [file]: migration('create tabel users (id int);', 'drop table users;') })
    await until(/syntax error at or near "tabel"[^]*watching db\/migrations\n/)
    it.write(users(', email text'))
    await until(/migrated: 1 applied[^]*watching db\/migrations\n/)
    // Between two saves the folder is nobody's.
    assert.deepEqual(
      (
        await asked(
          it,
          "select attname from pg_attribute where attrelid = 'users'::regclass and attnum > 0 order by attnum",
        )
      ).map((row) => row.attname),
      ['id', 'email'],
    )
    const closed = once(child, 'close')
    child.kill('SIGINT')
    assert.deepEqual(await closed, [130, null])
  })

  test('is made anew in one go, bears the mark, and stays as it was if a migration fails', async (t) => {
    const it = project(t, withoutWay())
    // `up --create` leaves mark and texts as well.
    assert.equal((await it.run(['up', '--create', ...url])).status, 0)
    it.write(withoutWay(', name text'))
    const done = await it.run(['dev', '--once', ...url])
    assert.equal(done.status, 0, done.stderr)
    assert.match(said(done), /002_users\.sql was edited, and there is no way back: made anew/)
    await asked(it, "insert into users values (1, 'joe')")
    it.write({ [file]: '-- migrate:up\ncreate tabel users (id int);\n' })
    const failed = await it.run(['reset', '--yes', ...url])
    assert.equal(failed.status, 1)
    assert.deepEqual(await asked(it, 'select * from users'), [{ id: 1, name: 'joe' }])
    assert.deepEqual(readdirSync(it.folder).sort(), ['.counterfoil-dev', 'data', 'db', 'node_modules'])

    // A copy does not bear it, and neither does what `up` alone has made.
    cpSync(join(it.folder, 'data'), join(it.folder, 'copy'), { recursive: true })
    it.write(withoutWay())
    const copy = await it.run(['reset', '--yes', '--url', 'pglite:./copy'])
    assert.equal(copy.status, 2)
    assert.match(said(copy), /the PGlite in \.\/copy was not made by counterfoil/)
    const memory = await it.run(['dev', '--once', '--url', 'pglite:memory'])
    assert.match(said(memory), /a PGlite in memory is gone when its process ends/)
    rmSync(join(it.folder, 'copy'), { recursive: true })
  })
})

test('a folder of PGlite is filled with several statements, and by a file of comments with nothing', async (t) => {
  const it = project(t, users())
  const reset = () => it.run(['reset', '--yes', '--url', 'pglite:./data'])
  const count = async () => {
    const db = await PGlite.create(join(it.folder, 'data'))
    const { rows } = await db.query('select count(*)::int as n from users')
    await db.close()
    return rows[0].n
  }
  it.write({
    'db/seed.sql': "insert into users values (1); insert into users values (2); -- ';'\ninsert into users values (3)",
  })
  const filled = await reset()
  assert.equal(filled.status, 0, filled.stderr)
  assert.equal(await count(), 3)
  it.write({ 'db/seed.sql': '-- Nothing yet.\n' })
  const nothing = await reset()
  assert.equal(nothing.status, 0, nothing.stderr)
  assert.equal(await count(), 0)
})
