// The address of a server: a parameter means what it says or is refused by name, and no part of it that may be a password is
// ever shown. What node-postgres does with each was asked of a real server.
import assert from 'node:assert/strict'
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { migration, project } from './support/cli.mjs'
import { serverUser, startPostgres } from './support/postgres.mjs'

const files = { 'db/migrations/001_guests.sql': migration('create table guests (id int);', 'drop table guests;') }

let server, sockets
before(async () => {
  sockets = mkdtempSync(join(tmpdir(), 'counterfoil-sockets-'))
  const user = serverUser()
  if (user) chownSync(sockets, user.uid, user.gid)
  server = await startPostgres({ unix_socket_directories: sockets })
})
after(async () => {
  await server.stop()
  rmSync(sockets, { recursive: true, force: true })
})

/** A project and a database of its own. */
async function place(t) {
  const database = await server.createDatabase()
  const db = await server.connect(database)
  t.after(() => db.end())
  const tables = async () =>
    (
      await db.query(
        "select schemaname || '.' || tablename as it from pg_tables where schemaname !~ '^(pg_|information)' order by 1",
      )
    ).rows.map(({ it }) => it)
  return { ...project(t, files), db, database, tables, url: server.url(database) }
}

/** What a command says is wrong: message and help, without the line breaks of a terminal. */
async function refused(run, args, env) {
  const { status, stdout, stderr } = await run([...args, '--format', 'json'], { env })
  assert.equal(status, 2, stdout + stderr)
  const { error } = JSON.parse(stdout)
  return error
}

const path = 'write search_path=<schema>, or say --schema <schema>'

/** Parameters of addresses that say where things go, or promise something, and what counterfoil says to each. */
const notHonoured = {
  'currentSchema=tenant': path,
  'schema_search_path=tenant': path,
  'options[search_path]=tenant': path,
  'socket_dir=/nowhere': 'write ?host=<folder of the socket>',
  'database=other': 'write it behind the host: postgres://host/<database>',
  'gssencmode=require': 'take TLS: sslmode=verify-full',
  'sslcrldir=/x': 'write sslcrl=<file>',
  'x-migrations-table=versions': 'name the ledger with --table <name>',
  'x-migrations-table-quoted=true': 'name the ledger with --table <schema>.<name>',
  'x-statement-timeout=1': 'write statement_timeout=<milliseconds>',
  'role=owner': 'write options=-c%20role%3D<role>',
  'require_auth=scram-sha-256': 'leave it out, and take channel_binding=require so that the server is the right one',
  'client_encoding=LATIN1': 'leave it out: texts are sent as UTF-8',
}

describe('parameters', () => {
  test('one that is not honoured is refused by name, and nothing is sent', async (t) => {
    const { run, url, tables } = await place(t)
    for (const [parameter, help] of Object.entries(notHonoured)) {
      const [name] = parameter.split(/=/)
      assert.deepEqual(
        await refused(run, ['up', '--url', `${url}?sslmode=disable&${parameter}`]),
        { code: 'invalid-target', message: `the parameter ${name} of the address is not honoured`, help },
        parameter,
      )
    }
    assert.deepEqual(await tables(), [])
  })

  test('every command refuses it', async (t) => {
    const { run, url } = await place(t)
    for (const args of [['status'], ['plan'], ['up'], ['up', '--dry-run'], ['ready'], ['down', '--yes']])
      assert.equal(
        (await refused(run, args, { DATABASE_URL: `${url}?currentSchema=tenant` })).message,
        'the parameter currentSchema of the address is not honoured',
      )
  })

  test('one that nobody knows is refused too, with the name that was meant', async (t) => {
    const { run, url } = await place(t)
    const setting = 'leave it out; a setting of the session is written options=-c%20<name>%3D<value>'
    for (const [parameter, name, help] of [
      ['nonsense=1', 'number 1', setting],
      ['sslmode=disable&hunter2=1', 'number 2', setting],
      ['constructor=1', 'number 1', setting],
      ['toString=1', 'number 1', setting],
      ['__proto__=1', 'number 1', setting],
      ['idletimeoutmillis=1', 'idletimeoutmillis', 'did you mean idleTimeoutMillis?'],
      ['sslmod=disable', 'sslmod', 'did you mean sslmode?'],
      ['SSLMODE=disable', 'SSLMODE', 'did you mean sslmode?'],
      ['a b=1', 'number 1', setting],
    ])
      assert.deepEqual(await refused(run, ['status', '--url', `${url}?${parameter}`]), {
        code: 'invalid-target',
        message: `the address has a parameter that counterfoil does not know: ${name}`,
        help,
      })
    assert.deepEqual(await refused(run, ['status', '--url', `${url}?sslmode=disable&sslmode=require`]), {
      code: 'invalid-target',
      message: 'the address has the parameter sslmode twice',
      help: 'leave one of them out',
    })
  })

  test('a value that there is not is refused, and not repeated', async (t) => {
    const { run, url } = await place(t)
    for (const [parameter, message, help] of [
      [
        'sslmode=hunter2',
        'the parameter sslmode of the address has a value that there is not',
        'it is one of disable, allow, prefer, require, verify-ca, verify-full, no-verify',
      ],
      [
        'target_session_attrs=master',
        'the parameter target_session_attrs of the address has a value that there is not',
        'it is one of any, read-write, read-only, primary, standby, prefer-standby',
      ],
      [
        'connect_timeout=10s',
        'the parameter connect_timeout of the address is not a whole number',
        'write connect_timeout=10',
      ],
      [
        'port=70000',
        'the port is no number from 1 to 65535',
        'write it behind the host: postgres://host:5432/database',
      ],
      ['port=1,2', 'there are 2 ports for 1 host', 'name one port for all, or one for each'],
      ['hostaddr=127.0.0.1,127.0.0.2', 'there are 1 hosts and 2 of hostaddr', 'name as many of both, or one of both'],
      ['host=/a&socket=/b', 'the address has both a host and a socket', 'leave one of them out'],
      [
        'sslmode=prefer&sslnegotiation=direct',
        'sslnegotiation=direct is for TLS, and sslmode=prefer can do without',
        'write sslmode=require or more',
      ],
      [
        'sslmode=disable&channel_binding=require',
        'channel_binding=require is for TLS, and sslmode=disable goes without',
        'write sslmode=require or more',
      ],
      [
        'ssl_max_protocol_version=TLSv1.1',
        'no version of TLS is from TLSv1.2 to TLSv1.1',
        'ssl_min_protocol_version is TLSv1.2 if it is not given, and ssl_max_protocol_version TLSv1.3',
      ],
      [
        'sslmode=require&sslrootcert=system',
        'sslrootcert=system asks for a certificate that anybody can have, and sslmode=require does not look whose it is',
        'write sslmode=verify-full',
      ],
    ])
      assert.deepEqual(
        await refused(run, ['status', '--url', `${url}?${parameter}`]),
        { code: 'invalid-target', message, help },
        parameter,
      )
  })

  test('what says nothing about where things go is no matter', async (t) => {
    const { run, url } = await place(t)
    const all =
      'sslmode=disable&pgbouncer=true&connection_limit=1&pool_timeout=5&channel_binding=prefer&supa=base-pooler.x' +
      '&x-multi-statement=true&pool_max_conns=2&statement_cache_size=0&keepalives=1&target_session_attrs=any' +
      '&keepalives_idle=60&keepalives_interval=5&uselibpqcompat=true&gssencmode=prefer&client_encoding=UTF8&binary_parameters=yes' +
      '&idleTimeoutMillis=1000&connectionTimeoutMillis=1000&max=1'
    const { status, stderr } = await run(['up', '--url', `${url}?${all}`])
    assert.equal(status, 0, stderr)
  })

  test('what is honoured has its effect in the session of the migrations', async (t) => {
    const { run, db, url, write, tables } = await place(t)
    await db.query('create schema tenant')
    write({
      'db/migrations/002_seen.sql': migration(
        "create table seen as select current_setting('application_name') as name, current_setting('search_path') as path, current_setting('work_mem') as mem;",
      ),
    })
    const query = 'application_name=deploy&options=-c%20search_path%3Dtenant%20-c%20work_mem%3D5MB'
    const { status, stderr } = await run(['up', '--url', `${url}?${query}`])
    assert.equal(status, 0, stderr)
    assert.deepEqual((await db.query('select * from tenant.seen')).rows, [
      { name: 'deploy', path: 'tenant', mem: '5MB' },
    ])
    assert.deepEqual(await tables(), ['public.schema_migrations', 'tenant.guests', 'tenant.seen'])
    const slow = await run(['up', '--url', `${url}?statement_timeout=1&x=1`])
    assert.equal(slow.status, 2)
    write({ 'db/migrations/003_slow.sql': migration('select pg_sleep(600);') })
    const timed = await run(['up', '--url', `${url}?statement_timeout=50`])
    assert.equal(timed.status, 1)
    assert.match(timed.stderr, /canceling statement due to statement timeout \(57014\)/)
  })

  test('host, port, user and password count as parameters too', async (t) => {
    const { run, db, database } = await place(t)
    await db.query(`drop role if exists query_user; create role query_user superuser login password 'a/b'`)
    const query = `host=127.0.0.1&port=${server.port}&user=query_user&password=a%2Fb`
    const { status, stderr } = await run(['up', '--url', `postgres:///${database}?${query}`])
    assert.equal(status, 0, stderr)
    assert.equal(
      (await db.query("select tableowner from pg_tables where tablename = 'guests'")).rows[0].tableowner,
      'query_user',
    )
  })
})

describe('the help of a parameter, followed to its end', () => {
  test("golang-migrate's table and a role have another spelling", async (t) => {
    const { run, db, database, tables } = await place(t)
    const { status, stderr } = await run([
      'up',
      '--url',
      `postgres://postgres@/${database}?host=${sockets}&port=${server.port}`,
      '--table',
      'versions',
    ])
    assert.equal(status, 0, stderr)
    assert.deepEqual(await tables(), ['public.guests', 'public.versions'])
    await db.query(`drop role if exists owner; create role owner superuser`)
    const role = await run([
      'up',
      '--url',
      `postgres://postgres@127.0.0.1:${server.port}/${database}?options=-c%20role%3Downer`,
      '--table',
      'again.versions',
      // The tables are those of the first run.
      '--existing',
      'ignore:tables',
      '--dry-run',
    ])
    assert.equal(role.status, 0, role.stderr)
  })
})

describe('variables of the environment', () => {
  const variables = {
    PGREQUIREAUTH: 'leave it out, and take channel_binding=require so that the server is the right one',
    PGREQUIREPEER: 'leave it out',
    PGGSSENCMODE: 'take TLS: sslmode=verify-full',
  }
  test('those that promise what is not done are refused by name', async (t) => {
    const { run, url, tables } = await place(t)
    for (const [name, help] of Object.entries(variables))
      assert.deepEqual(await refused(run, ['up', '--url', url], { [name]: 'require' }), {
        code: 'invalid-target',
        message: `the variable ${name} is not honoured`,
        help: `take it out of the environment (env -u ${name} counterfoil …); ${help}`,
      })
    assert.deepEqual(await refused(run, ['up', '--url', url], { PGSSLMODE: 'Qmark' }), {
      code: 'invalid-target',
      message: 'the variable PGSSLMODE has a value that there is not',
      help: 'it is one of disable, allow, prefer, require, verify-ca, verify-full, no-verify',
    })
    assert.deepEqual(await tables(), [])
    // A PGlite has nothing to do with them.
    assert.equal((await run(['up', '--url', 'pglite:memory'], { env: { PGREQUIREAUTH: 'none' } })).status, 0)
    assert.equal((await run(['up', '--url', url], { env: { PGGSSENCMODE: 'prefer' } })).status, 0)
  })

  test('those that it goes by are honoured', async (t) => {
    const { run, db, database, tables } = await place(t)
    await db.query('create schema tenant')
    const { status, stderr } = await run(['up', '--url', 'postgres:///'], {
      env: {
        PGHOST: '127.0.0.1',
        PGPORT: String(server.port),
        PGUSER: 'postgres',
        PGDATABASE: database,
        PGOPTIONS: '-c search_path=tenant',
      },
    })
    assert.equal(status, 0, stderr)
    assert.deepEqual(await tables(), ['public.schema_migrations', 'tenant.guests'])
  })
})

describe('node-postgres', () => {
  // Why an address is read here: handed on as it is, it would lead elsewhere.
  const passedOver = [
    ['?search_path=tenant', {}],
    ['?schema=tenant', {}],
    ['?currentSchema=tenant', {}],
    ['?options[search_path]=tenant', {}],
    ['?service=nowhere', {}],
    ['?hostaddr=203.0.113.1', {}],
    ['?socket=/nowhere', {}],
    ['?dbname=nowhere', {}],
    ['?database=nowhere', {}],
    ['?role=nobody_at_all', {}],
    ['?target_session_attrs=standby', {}],
    ['', { PGSERVICE: 'nowhere' }],
    ['', { PGHOSTADDR: '203.0.113.1' }],
    ['', { PGTARGETSESSIONATTRS: 'standby' }],
  ]
  test('passes over these and says nothing, so they are not left to it', async () => {
    for (const [query, env] of passedOver) {
      Object.assign(process.env, env)
      try {
        const client = new pg.Client({ connectionString: server.url('postgres') + query })
        await client.connect()
        const { rows } = await client.query(
          "select current_setting('search_path') as path, current_user as role, pg_is_in_recovery() as standby, current_database() as database",
        )
        await client.end()
        assert.deepEqual(
          rows,
          [{ path: '"$user", public', role: 'postgres', standby: false, database: 'postgres' }],
          query + JSON.stringify(env),
        )
      } finally {
        for (const name of Object.keys(env)) delete process.env[name]
      }
    }
  })

  test('goes by `options` and PGOPTIONS', async () => {
    const path = async (query) => {
      const client = new pg.Client({ connectionString: server.url('postgres') + query })
      await client.connect()
      const { rows } = await client.query('show search_path')
      await client.end()
      return rows[0].search_path
    }
    assert.equal(await path('?options=-c%20search_path%3Dtenant'), 'tenant')
    process.env.PGOPTIONS = '-c search_path=other'
    try {
      assert.equal(await path(''), 'other')
    } finally {
      delete process.env.PGOPTIONS
    }
  })
})

describe('passwords', () => {
  // Each part of it is looked for by itself: a driver may take one for a host, a user or a database.
  const parts = ['Qmark', 'Zmark', 'Kmark', 'Wmark']
  const secret = parts.join('@')
  const slashed = 'Qmark@Zmark/Kmark#Wmark'

  /** Every way to say it, right or wrong. */
  const addresses = [
    `postgres://app:${secret}@127.0.0.1:1/app`,
    `postgres://app:${slashed}@127.0.0.1:1/app`,
    'postgres://app:Qmark/Zmark@127.0.0.1:1/app',
    'postgres://app:Qmark?Zmark=Kmark@127.0.0.1:1/app',
    'postgres://app:12?Zmark=Kmark@127.0.0.1:1/app',
    'postgres://app:12/Zmark?search_path=Kmark@127.0.0.1:1/app',
    'postgres://app:Qmark#Zmark@127.0.0.1:1/app',
    'postgres://app:Qmark:Zmark@127.0.0.1:1/app',
    'postgres://app:Qmark%zzZmark@127.0.0.1:1/app',
    'postgres://app:Qmark Zmark@127.0.0.1:1/app',
    'postgres://app:Qmark@127.0.0.1:port/app',
    'postgres://app:Qmark@127.0.0.1:1/app?password=Zmark',
    'postgres://127.0.0.1:1/app?user=app&password=Qmark#Zmark',
    'postgres://127.0.0.1:1/app?user=app&password=Qmark@Zmark',
    'postgres://127.0.0.1:1/app?sslpassword=Qmark',
    'postgres://127.0.0.1:1/app?passwrd=Qmark',
    'postgres://app:Qmark@127.0.0.1:1,127.0.0.1:2/app',
    'postgresql+asyncpg://app:Qmark@127.0.0.1:1/app',
    'postgres:app:Qmark@127.0.0.1:1/app',
    'app:Qmark@127.0.0.1:1/app',
    'mysql://app:Qmark@127.0.0.1/app',
    'jdbc:postgresql://127.0.0.1/app?user=app&password=Qmark',
    'pglite:postgres://app:Qmark@127.0.0.1:1/app',
    'host=127.0.0.1 user=app password=Qmark dbname=app',
    "host=127.0.0.1 password='Qmark Zmark' dbname=app",
  ]

  const silent = (said, what) => {
    for (const part of parts) assert.ok(!said.includes(part), `${what} shows ${part}:\n${said}`)
  }

  test('no part of one is shown, in whatever form the address is given, and wherever', async (t) => {
    const it = project(t, { ...files, 'plan.json': '{}' })
    const commands = [['status'], ['plan'], ['up'], ['ready'], ['down', '--yes']]
    const formats = ['text', 'json', 'github']
    const work = addresses.map(async (address, index) => {
      const command = commands[index % commands.length]
      const calls = [
        [[...command, '--url', address, '--format', formats[index % 3]]],
        [[...command, `--url=${address}`, '--format', formats[(index + 1) % 3]]],
        [[...command, '--format', formats[(index + 2) % 3]], { DATABASE_URL: address }],
        [[...command, address]],
        [[address]],
        [[...command, `--${address}`]],
        [['new', address]],
        ...['--dir', '--table', '--convention', '--config', '--dotenv', '--format'].map((option) => [
          ['status', option, address],
        ]),
        [['up', '--plan', address]],
        [['up', '--when', address]],
        [['up', '--lock-timeout', address]],
        [['embed', '--out', address]],
        [['check', '--base', address]],
        [['lint', '--dir', address]],
        [['status'], { DBMATE_MIGRATIONS_DIR: address }],
        [['status'], { DBMATE_MIGRATIONS_TABLE: address }],
      ]
      // Each form in each place would be hundreds of processes: the places take turns.
      const turns = calls.filter((_, at) => (at < 3 ? at === index % 3 : (at + index) % 6 === 0))
      for (const [args, env = {}] of turns) {
        const { status, stdout, stderr } = await it.run(args, { env })
        assert.notEqual(status, 0, args.join(' '))
        silent(stdout + stderr, `${args.join(' ')} ${JSON.stringify(env)}`)
      }
    })
    await Promise.all(work)
    assert.deepEqual(readdirSync(it.folder).sort(), ['db', 'node_modules', 'plan.json'], 'nothing is named after it')
    assert.deepEqual(readdirSync(join(it.folder, 'db/migrations')), ['001_guests.sql'])
  })

  test('a configuration file with an address in the wrong place is told so', async (t) => {
    const it = project(t, files)
    for (const key of ['dir', 'table', 'convention']) {
      it.write({ 'counterfoil.config.json': JSON.stringify({ [key]: 'postgres://app:Qmark@127.0.0.1:1/app' }) })
      const { status, stdout, stderr } = await it.run(['status'])
      assert.equal(status, 2)
      assert.match(stderr, new RegExp(`error: ${key} is an address of a database`))
      silent(stdout + stderr, key)
    }
  })

  test('what the server says of a login is shown, and the password is not', async (t) => {
    const { db, database, folder, run } = await place(t)
    await db.query(`drop role if exists app; create role app login password '${slashed}'`)
    const encoded = encodeURIComponent(slashed)
    const right = `postgres://app:${encoded}@127.0.0.1:${server.port}/${database}`
    // The tests' server believes everybody, so what it refuses is the database.
    for (const format of ['text', 'json', 'github', 'sarif']) {
      const { stdout, stderr } = await run(['status', '--url', `${right}_nowhere`, '--format', format])
      assert.match(stderr, /database ".*_nowhere" does not exist/)
      silent(stdout + stderr, format)
    }
    const refusedWrite = await run(['up', '--url', right, '--format', 'json'])
    assert.equal(refusedWrite.status, 1)
    silent(refusedWrite.stdout + refusedWrite.stderr, 'a role without rights')
    const planned = await run(['plan', '--url', right, '--out', 'plan.json'])
    assert.equal(planned.status, 0, planned.stderr)
    silent(planned.stdout + planned.stderr + readFileSync(join(folder, 'plan.json'), 'utf8'), 'a plan')
  })

  test('an address that is wrong says how what is special is written, and that works', async (t) => {
    const { db, database, run } = await place(t)
    await db.query(`drop role if exists special; create role special superuser login password '${slashed}'`)
    const address = (password) => `postgres://special:${password}@127.0.0.1:${server.port}/${database}`
    const error = await refused(run, ['status', '--url', address(slashed)])
    assert.deepEqual(error, {
      code: 'invalid-target',
      message: 'the target is not a valid address',
      help: 'what is special in a user or password is written with %: @ as %40, / as %2F, # as %23, ? as %3F, : as %3A, % as %25',
    })
    // What stands before the host may have an `@` of its own: that is what the last one is for.
    const at = await run(['status', '--url', address('p@ss')])
    assert.equal(at.status, 1, at.stderr)
    const written = slashed.replaceAll('@', '%40').replaceAll('/', '%2F').replaceAll('#', '%23')
    const { status, stderr } = await run(['up', '--url', address(written)])
    assert.equal(status, 0, stderr)
  })
})
