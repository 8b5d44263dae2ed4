// How a server is reached: TLS, password files, services, several hosts. The expected values are libpq's, from its documentation;
// where there is a psql, it is asked the same.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect as connectTo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { TLSSocket } from 'node:tls'
import { certificates, openssl } from './support/certificates.mjs'
import { environment, migration, project } from './support/cli.mjs'
import { freePort, serverUser, startPostgres } from './support/postgres.mjs'

const files = { 'db/migrations/001_guests.sql': migration('create table guests (id int);', 'drop table guests;') }

let plain, secure, readOnly, standby, tls, sockets, nobody
before(async () => {
  sockets = mkdtempSync(join(tmpdir(), 'counterfoil-sockets-'))
  const user = serverUser()
  if (user) chownSync(sockets, user.uid, user.gid)
  if (openssl) tls = certificates()
  ;[plain, readOnly, standby, secure] = await Promise.all([
    startPostgres({ unix_socket_directories: sockets }),
    startPostgres({ default_transaction_read_only: 'on' }),
    startPostgres({}, { standby: true }),
    tls && startPostgres({ ssl: 'on', ssl_cert_file: tls.cert, ssl_key_file: tls.key }),
  ])
  nobody = await freePort()
  const admin = await plain.connect()
  await admin.query(`create role keeper login password 'p:a\\ss'`)
  await admin.end()
  await rule(plain, 'all keeper 127.0.0.1/32 scram-sha-256', 'local all keeper scram-sha-256')
})
after(async () => {
  await Promise.all([plain, readOnly, standby, secure].map((server) => server?.stop()))
  rmSync(sockets, { recursive: true, force: true })
  tls?.remove()
})

/** Puts a line in front of a server's pg_hba.conf. */
async function rule(server, ...lines) {
  const db = await server.connect()
  const [{ hba_file: path }] = (await db.query('show hba_file')).rows
  const host = (line) => (line.startsWith('local') ? line : `host ${line}`)
  writeFileSync(path, `${lines.map(host).join('\n')}\n${readFileSync(path, 'utf8')}`)
  await db.query('select pg_reload_conf()')
  await db.end()
}

/** A project whose user has an empty home. `status` gives the first line, or what is wrong: message and help. */
function place(t) {
  const it = project(t, files)
  const home = join(it.folder, 'home')
  mkdirSync(home)
  const status = async (url, env = {}, args = []) => {
    const { stderr, stdout, status } = await it.run(['status', ...(url === undefined ? [] : ['--url', url]), ...args], {
      env: { HOME: home, ...env },
    })
    assert.ok([1, 2].includes(status), stdout + stderr)
    return stderr.replaceAll(/\n {2,}/g, ' ').trimEnd()
  }
  return { ...it, home, status }
}

const at = (server, host = '127.0.0.1') => `${host}:${server.port}`
const psql = spawnSync('psql', ['--version']).status === 0

/** What psql says to the same: a value that it has selected, or nothing if it could not connect. */
function asked(url, home, sql) {
  const { status, stdout } = spawnSync('psql', ['-XAtw', '-c', sql, url], {
    env: environment({ HOME: home }),
    encoding: 'utf8',
  })
  return status === 0 ? stdout.trim() : undefined
}

describe('TLS', { skip: !openssl && 'there is no openssl' }, () => {
  const encrypted = (database, host) => `db/migrations on ${database} at ${at(secure, host)}`

  test('sslmode is that of libpq, with the certificate of an authority and without', async (t) => {
    const { status, home } = place(t)
    const { root, other } = tls
    const ways = { verified: '', unverified: ' (encrypted, not verified)', plain: '' }
    // By host, mode and root certificate: the table of "Protection Provided in Different Modes" and the notes below it.
    for (const [host, query, expected] of [
      ['localhost', 'sslmode=disable', 'plain'],
      ['localhost', 'sslmode=allow', 'plain'],
      ['localhost', '', 'unverified'],
      ['localhost', 'sslmode=prefer', 'unverified'],
      ['localhost', 'sslmode=require', 'unverified'],
      ['localhost', `sslmode=require&sslrootcert=${root}`, 'verified'],
      ['127.0.0.1', `sslmode=require&sslrootcert=${root}`, 'verified'],
      ['localhost', `sslmode=require&sslrootcert=${other}`, /self[- ]signed|unable to (?:verify|get)/],
      ['localhost', `sslmode=verify-ca&sslrootcert=${root}`, 'verified'],
      ['127.0.0.1', `sslmode=verify-ca&sslrootcert=${root}`, 'verified'],
      ['localhost', `sslmode=verify-ca&sslrootcert=${other}`, /self[- ]signed|unable to (?:verify|get)/],
      ['localhost', 'sslmode=verify-ca', /sslmode=verify-ca needs the certificate of the authority/],
      ['localhost', `sslmode=verify-full&sslrootcert=${root}`, 'verified'],
      ['127.0.0.1', `sslmode=verify-full&sslrootcert=${root}`, /IP: 127\.0\.0\.1 is not in the cert's list/],
      ['localhost', `hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=${root}`, 'verified'],
      ['localhost', 'sslrootcert=system', /unable to verify|unable to get/],
      ['localhost', 'sslmode=require&sslnegotiation=direct', 'unverified'],
    ]) {
      const url = `postgres://postgres@${at(secure, host)}/postgres?${query}`
      const said = await status(url)
      if (expected instanceof RegExp) assert.match(said, expected, url)
      else if (!query.startsWith('hostaddr')) assert.equal(said, encrypted('postgres', host) + ways[expected], url)
      // It is older than `direct`, and has its own file for `system`.
      if (!psql || /direct|system/.test(query)) continue
      const theirs = asked(url, home, 'select ssl from pg_stat_ssl where pid = pg_backend_pid()')
      assert.equal(theirs, expected instanceof RegExp ? undefined : expected === 'plain' ? 'f' : 't', `psql ${url}`)
    }
  })

  test('a name goes with the connection whatever address it has, as a proxy needs it', async (t) => {
    const { status } = place(t)
    const names = []
    const door = createServer((socket) => {
      socket.on('error', () => {})
      // The request for TLS, and yes.
      socket.once('data', () => {
        socket.write('S')
        const secured = new TLSSocket(socket, {
          isServer: true,
          cert: readFileSync(tls.cert),
          key: readFileSync(tls.key),
          SNICallback: (name, done) => {
            names.push(name)
            done(null)
          },
        })
        secured.on('error', () => {}).on('secure', () => secured.destroy())
      })
    })
    await new Promise((done) => door.listen(0, '127.0.0.1', done))
    t.after(() => door.close())
    const { port } = door.address()
    await status(`postgres://postgres@db.example:${port}/postgres?hostaddr=127.0.0.1&sslmode=require`)
    await status(`postgres://postgres@localhost:${port}/postgres?sslmode=require`)
    assert.deepEqual(names, ['db.example', 'localhost'])
  })

  test('the authority in the home is taken, and PGSSLMODE and PGSSLROOTCERT say the same', async (t) => {
    const { status, home } = place(t)
    const url = `postgres://postgres@${at(secure, 'localhost')}/postgres`
    const proved = encrypted('postgres', 'localhost')
    assert.equal(await status(url, { PGSSLMODE: 'require' }), `${proved} (encrypted, not verified)`)
    assert.equal(await status(url, { PGSSLMODE: 'verify-full', PGSSLROOTCERT: tls.root }), proved)
    mkdirSync(join(home, '.postgresql'))
    copyFileSync(tls.root, join(home, '.postgresql/root.crt'))
    for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full'])
      assert.equal(await status(`${url}?sslmode=${mode}`), proved, mode)
    // node-postgres' own, which asks for no proof.
    assert.equal(await status(`${url}?sslmode=no-verify`), `${proved} (encrypted, not verified)`)
    copyFileSync(tls.other, join(home, '.postgresql/root.crt'))
    assert.match(await status(`${url}?sslmode=require`), /cannot be reached/)
    assert.match(
      await status(`${url}?sslmode=require&sslrootcert=nowhere.crt`),
      /^error: the file of sslrootcert does not exist help: name another one with sslrootcert=<file>/,
    )
  })

  test('a file that is named and is not what it should be is an error, also where TLS may be left out', async (t) => {
    const { status, write, folder } = place(t)
    const url = `postgres://postgres@${at(secure)}/postgres`
    write({ text: 'no certificate' })
    const help = (name) => `name one in PEM with ${name}=<file>: it begins with -----BEGIN CERTIFICATE-----`
    for (const [query, message] of [
      ['sslrootcert=text', `error: there is no certificate in the file of sslrootcert help: ${help('sslrootcert')}`],
      ['sslcert=text&sslkey=text', `error: there is no certificate in the file of sslcert help: ${help('sslcert')}`],
      [`sslcert=${tls.cert}`, 'error: there is a certificate and no key for it help: name its file with sslkey=<file>'],
    ])
      assert.equal(await status(`${url}?${query}`), message)
    const [cert, other] = [tls.cert, join(tls.folder, 'root.key')]
    assert.match(
      await status(`${url}?sslcert=${cert}&sslkey=${other}`),
      /help: sslkey is the key of another certificate/,
    )
    const sealed = join(folder, 'sealed.key')
    const { status: made } = spawnSync('openssl', [
      'rsa',
      '-aes256',
      '-passout',
      'pass:Qmark',
      '-in',
      tls.key,
      '-out',
      sealed,
    ])
    assert.equal(made, 0)
    const locked = await status(`${url}?sslcert=${cert}&sslkey=${sealed}&sslpassword=Zmark`)
    assert.match(locked, /help: the key of sslkey is encrypted/)
    assert.doesNotMatch(locked, /Zmark/)
    assert.equal(
      await status(`${url}?sslcert=${cert}&sslkey=${sealed}&sslpassword=Qmark`),
      `${encrypted('postgres', '127.0.0.1')} (encrypted, not verified)`,
    )
  })

  test('prefer goes without it where the server has none, or lets nobody in with it', async (t) => {
    const { status } = place(t)
    assert.equal(
      await status(`postgres://postgres@${at(plain)}/postgres?sslmode=prefer`),
      `db/migrations on postgres at ${at(plain)}`,
    )
    assert.match(
      await status(`postgres://postgres@${at(plain)}/postgres?sslmode=require`),
      /cannot be reached: The server does not support SSL connections help: add \?sslmode=disable/,
    )
    const db = await secure.connect()
    t.after(() => db.end())
    await db.query('create role bare superuser login; create role covered superuser login')
    const [{ hba_file: path }] = (await db.query('show hba_file')).rows
    writeFileSync(path, `hostssl all bare all reject\nhostnossl all covered all reject\n${readFileSync(path, 'utf8')}`)
    await db.query('select pg_reload_conf()')
    const of = (user, mode) => status(`postgres://${user}@${at(secure)}/postgres?sslmode=${mode}`)
    assert.equal(await of('bare', 'prefer'), encrypted('postgres', '127.0.0.1'))
    assert.match(await of('bare', 'require'), /\(28000\)/)
    assert.equal(await of('covered', 'allow'), `${encrypted('postgres', '127.0.0.1')} (encrypted, not verified)`)
    assert.match(await of('covered', 'disable'), /\(28000\)/)
  })

  test('a channel that has to be proved is, and no password goes where it is not', async (t) => {
    const { status } = place(t)
    const db = await secure.connect()
    t.after(() => db.end())
    await db.query(
      `create role proved superuser login password 'Qmark'; create role open superuser login password 'Qmark'`,
    )
    await db.query(`set password_encryption = md5; create role weak superuser login password 'Qmark'`)
    const [{ hba_file: path }] = (await db.query('show hba_file')).rows
    writeFileSync(
      path,
      `host all proved all scram-sha-256\nhost all weak all md5\nhost all open all password\n${readFileSync(path, 'utf8')}`,
    )
    await db.query('select pg_reload_conf()')
    const of = (user, query) => status(`postgres://${user}:Qmark@${at(secure)}/postgres?${query}`)
    const proved = `${encrypted('postgres', '127.0.0.1')} (encrypted, not verified)`
    assert.equal(await of('proved', 'channel_binding=require'), proved)
    for (const user of ['weak', 'open', 'postgres']) {
      assert.equal(await of(user, 'channel_binding=prefer'), proved, user)
      assert.match(
        await of(user, 'channel_binding=require'),
        /channel binding is required, and the server does not offer it/,
        user,
      )
    }
    // Without TLS there is nothing to bind.
    assert.equal(await of('proved', 'sslmode=disable'), encrypted('postgres', '127.0.0.1'))
  })
})

describe('a password file', () => {
  const url = (host = at(plain)) => `postgres://keeper@${host}/postgres`
  const right = String.raw`p\:a\\ss`

  test('its first line that fits has the password, as libpq reads it', async (t) => {
    const { status, home, folder } = place(t)
    const path = join(folder, 'pass')
    const port = plain.port
    for (const [lines, fits] of [
      [`127.0.0.1:${port}:postgres:keeper:${right}`, true],
      [`*:*:*:*:${right}\r`, true],
      [`*:*:*:*:${right}:a comment`, true],
      ['*:*:*:*:p:a\\\\ss', false],
      [`# *:*:*:*:wrong\n\n  # a line\n*:*:*:keeper:${right}\n*:*:*:*:wrong`, true],
      [`#*:*:*:*:wrong\n*:*:*:*:${right}`, true],
      [`localhost:*:*:*:wrong\n*:1:*:*:wrong\n*:*:post:*:wrong\n*:*:*:keep:wrong\n*:*:*:*:${right}`, true],
      [`*:*:*:*:wrong\n*:*:*:*:${right}`, false],
      [`127.0.0.1:*:*:keeper:`, false],
      [`127.0.0.2:*:*:keeper:${right}`, false],
      [`*:*:*:k\\eeper:${right}`, true],
      [`*:*:*:keeper\\\\:x:${right}`, false],
    ]) {
      writeFileSync(path, `${lines}\n`, { mode: 0o600 })
      const said = await status(url(), { PGPASSFILE: path })
      if (fits) assert.equal(said, `db/migrations on postgres at ${at(plain)}`, lines)
      else assert.match(said, /^error: postgres at .* cannot be reached/, lines)
      assert.doesNotMatch(said, /p\\?:a/)
      if (psql)
        assert.equal(asked(`${url()}?passfile=${path}`, home, 'select 1'), fits ? '1' : undefined, `psql ${lines}`)
    }
  })

  test('it is ~/.pgpass, PGPASSFILE or passfile, the nearest first, and a password that is given comes before it', async (t) => {
    const { status, home } = place(t)
    const write = (name, password) => {
      writeFileSync(join(home, name), `*:*:*:*:${password}\n`, { mode: 0o600 })
      return join(home, name)
    }
    const there = `db/migrations on postgres at ${at(plain)}`
    assert.match(
      await status(url()),
      /the server asks for a password: put it into the address, PGPASSWORD or ~\/\.pgpass/,
    )
    write('.pgpass', right)
    assert.equal(await status(url()), there)
    const wrong = write('wrong', 'Qmark')
    assert.match(await status(url(), { PGPASSFILE: wrong }), /\(28P01\)/)
    assert.equal(await status(`${url()}?passfile=${join(home, '.pgpass')}`, { PGPASSFILE: wrong }), there)
    assert.equal(await status(`postgres://keeper:p%3Aa%5Css@${at(plain)}/postgres`, { PGPASSFILE: wrong }), there)
    assert.equal(await status(url(), { PGPASSFILE: wrong, PGPASSWORD: 'p:a\\ss' }), there)
  })

  test('one that others may read, or that is no file, is not read, and that is said', async (t) => {
    const { status, home } = place(t)
    const path = join(home, '.pgpass')
    writeFileSync(path, `*:*:*:*:${right}\n`)
    chmodSync(path, 0o640)
    assert.match(
      await status(url()),
      /^warning: the password file \S+ is not read: others may read it too \(chmod 0600 \S+\)\nerror: .* cannot be reached: SASL/,
    )
    assert.match(await status(url(), { PGPASSFILE: '/dev/null' }), /^warning: .* it is not a plain file\nerror: /)
  })

  test('a socket where it usually is counts as localhost, another one by its folder', async (t) => {
    const { status, home } = place(t)
    const path = join(home, '.pgpass')
    const there = `db/migrations on postgres at ${sockets}:${plain.port}`
    writeFileSync(path, `localhost:*:*:*:wrong\n${sockets}:*:*:*:${right}\n`, { mode: 0o600 })
    // dbmate's spelling, and libpq's two.
    for (const address of [
      `postgres://keeper@/postgres?socket=${sockets}&port=${plain.port}`,
      `postgres://keeper@:${plain.port}/postgres?host=${sockets}`,
      `postgres://keeper@${encodeURIComponent(sockets)}:${plain.port}/postgres`,
    ])
      assert.equal(await status(address), there, address)
  })
})

describe('a service', () => {
  test('its section of the file is what the address does not say itself', async (t) => {
    const { status, home } = place(t)
    const own = join(home, '.pg_service.conf')
    const there = `db/migrations on postgres at ${at(plain)}`
    writeFileSync(
      own,
      `# services\n[other]\nhost=nowhere.invalid\n\n[app]\r\n  host=127.0.0.1\nport=${plain.port}\nuser=keeper\npassword=p:a\\ss\ndbname=postgres\nhost=nowhere.invalid\nconnection_limit=1\n[app]\nuser=nobody\n`,
    )
    assert.equal(await status('postgres:///?service=app'), there)
    assert.equal(
      await status('postgres:///', { PGSERVICE: 'app', PGHOST: 'nowhere.invalid', PGUSER: 'nobody' }),
      `${there} (from PGHOST, PGSERVICE)`,
    )
    assert.equal(
      await status('postgres://postgres@/template1?service=app'),
      `db/migrations on template1 at ${at(plain)}`,
    )
    assert.equal(
      await status('postgres:///?service=app&pool_timeout=1', {}, ['--verbose']),
      `passed over, since it means nothing here: pool_timeout, connection_limit\n${there}`,
    )
    // The system's is for what the user's does not have; a file that is named comes in the place of the user's.
    const system = join(home, 'etc')
    mkdirSync(system)
    writeFileSync(
      join(system, 'pg_service.conf'),
      `[app]\nhost=nowhere.invalid\n[far]\nhost=127.0.0.1\nport=${plain.port}\nuser=postgres\n`,
    )
    assert.equal(await status('postgres:///?service=far', { PGSYSCONFDIR: system }), there)
    assert.equal(await status('postgres:///?service=app', { PGSYSCONFDIR: system }), there)
    assert.equal(await status('postgres:///?service=far', { PGSERVICEFILE: join(system, 'pg_service.conf') }), there)
    assert.equal(await status(`postgres:///?service=far&servicefile=${join(system, 'pg_service.conf')}`), there)
  })

  test('what is wrong with one is told with its place, and no value', async (t) => {
    const { status, home } = place(t)
    const own = join(home, '.pg_service.conf')
    const env = { PGSERVICE: 'app', PGSYSCONFDIR: home }
    const said = (env) => status('postgres:///', env)
    assert.equal(
      await said(env),
      `error: there is no service app: there is no file of services help: write it into ${own}: [app] and below it lines such as host=…`,
    )
    assert.equal(
      await said({ ...env, PGSERVICEFILE: '/nowhere/it' }),
      'error: the file of services /nowhere/it does not exist help: name another one with PGSERVICEFILE',
    )
    for (const [text, message] of [
      ['[app]\nQmark\n', `line 2 of ${own} has no equals sign help: write name=value, without blanks around the =`],
      [
        '[app]\n\nldap://Qmark\n',
        `line 3 of ${own} looks a service up with LDAP help: write host, user and database there`,
      ],
      ['[app]\nservice=Qmark\n', `line 2 of ${own} names another service help: write its parameters there`],
      [
        '[app]\ncurrentSchema=Qmark\n',
        `the parameter currentSchema of the service app in ${own} is not honoured help: write search_path=<schema>`,
      ],
      [
        '[app]\nhst=Qmark\n',
        `the service app in ${own} has a parameter that counterfoil does not know: hst help: did you mean host?`,
      ],
      ['[app]\nsslmode=Qmark\n', `the parameter sslmode of the service app in ${own} has a value that there is not`],
      ['[application]\nhost=x\n', `there is no service app in ${own} help: write it into ${own}: [app]`],
    ]) {
      writeFileSync(own, text)
      const got = await said({ PGSERVICE: 'app', PGSYSCONFDIR: '/nowhere' })
      assert.ok(got.startsWith(`error: ${message}`), got)
      assert.doesNotMatch(got, /Qmark/)
    }
  })
})

describe('variables alone', () => {
  test('those that say which database are an address, and the first line says so', async (t) => {
    const { status, write } = place(t)
    const [host, port] = ['127.0.0.1', String(plain.port)]
    const env = { PGHOST: host, PGPORT: port, PGUSER: 'postgres', PGDATABASE: 'postgres' }
    const there = `db/migrations on postgres at ${at(plain)}`
    assert.equal(await status(undefined, env), `${there} (from PGHOST, PGPORT, PGDATABASE)`)
    // Where nothing says which database, none is guessed.
    assert.match(await status(undefined, { PGUSER: 'postgres', PGSSLMODE: 'require' }), /^error: no database is named/)
    // Any address comes before them.
    assert.match(await status(undefined, { ...env, DATABASE_URL: 'pglite:./none' }), /the folder does not exist/)
    assert.equal(
      await status(`postgres://postgres@${at(plain)}/postgres`, { ...env, PGHOST: 'nowhere.invalid' }),
      there,
    )
    // A file that is named comes before the address of the environment.
    write({ 'test.env': `NAME=postgres\nPGHOST=${host}\nPGPORT=${port}\nPGUSER=\${NAME}\n` })
    const named = ['--dotenv', 'test.env']
    assert.equal(await status(undefined, { DATABASE_URL: 'pglite:./none' }, named), `${there} (from PGHOST, PGPORT)`)
    write({ 'test.env': `PGHOST=${host}\nPGPASSWORD=\${SECRET}\n` })
    assert.match(
      await status(undefined, {}, named),
      /^error: test\.env: PGPASSWORD names \$\{SECRET\}, and there is no such variable/,
    )
  })
})

describe('several hosts', () => {
  const url = (hosts, query = '') => `postgres://postgres@${hosts}/postgres${query && `?${query}`}`

  test('the first that can be reached is taken, wherever they are named', async (t) => {
    const { status } = place(t)
    const both = `127.0.0.1:${nobody},${at(plain)}`
    const there = `db/migrations on postgres at ${both.replace(',', ', ')} (connected to ${at(plain)})`
    assert.equal(await status(url(both)), there)
    assert.equal(await status(url('', `host=127.0.0.1,127.0.0.1&port=${nobody},${plain.port}`)), there)
    assert.equal(
      await status('postgres://postgres@/postgres', {
        PGHOST: '127.0.0.1,127.0.0.1',
        PGPORT: `${nobody},${plain.port}`,
      }),
      there,
    )
    // One port is the port of all.
    assert.match(
      await status(url('', `host=nowhere.invalid,127.0.0.1&port=${plain.port}`)),
      new RegExp(`\\(connected to ${at(plain)}\\)$`),
    )
    const none = await status(url(`127.0.0.1:${nobody},127.0.0.1:1`))
    assert.match(
      none,
      new RegExp(
        `cannot be reached: 127\\.0\\.0\\.1:${nobody}: connect ECONNREFUSED .*; 127\\.0\\.0\\.1:1: connect ECONNREFUSED .* help: nothing listens there`,
      ),
    )
  })

  test('a login that is refused is no reason to ask the next one', async (t) => {
    const { status } = place(t)
    const said = await status(`postgres://keeper:Qmark@${at(plain)},${at(readOnly)}/postgres`)
    assert.match(
      said,
      new RegExp(`cannot be reached: ${at(plain)}: password authentication failed .*28P01\\) help: see that user`),
    )
    assert.doesNotMatch(said, new RegExp(`${at(readOnly)}:|Qmark`))
  })

  test('target_session_attrs says of which kind it has to be', async (t) => {
    const { status, home } = place(t)
    for (const [hosts, attrs, to] of [
      [[readOnly, plain], 'any', readOnly],
      [[readOnly, plain], 'read-write', plain],
      [[plain, readOnly], 'read-only', readOnly],
      [[standby, readOnly], 'primary', readOnly],
      [[readOnly, standby], 'standby', standby],
      [[plain, standby], 'prefer-standby', standby],
      [[standby, plain], 'read-write', plain],
      [[plain, standby], 'read-only', standby],
      [[plain, readOnly], 'prefer-standby', plain],
      [[readOnly], 'read-write', undefined],
      [[plain, readOnly], 'standby', undefined],
    ]) {
      const address = url(hosts.map((server) => at(server)).join(','), `target_session_attrs=${attrs}`)
      const said = await status(address)
      if (to && hosts.length > 1) assert.ok(said.endsWith(`(connected to ${at(to)})`), `${attrs}: ${said}`)
      else if (!to)
        assert.match(
          said,
          new RegExp(
            `it is not ${attrs}.* help: name the server that is, or leave out target_session_attrs; --wait waits`,
          ),
        )
      if (psql)
        assert.equal(asked(address, home, 'select inet_server_port()'), to && String(to.port), `psql ${address}`)
    }
    const variable = await status(url(`${at(readOnly)},${at(plain)}`), { PGTARGETSESSIONATTRS: 'read-write' })
    assert.ok(variable.endsWith(`(connected to ${at(plain)})`), variable)
  })

  test('--wait tries all of them again', async (t) => {
    const { run, home } = place(t)
    const env = { HOME: home }
    const late = await freePort()
    const waiting = run(['ready', '--wait', '--url', url(`127.0.0.1:${nobody},127.0.0.1:${late}`)], { env })
    const sockets = new Set()
    const door = createServer((socket) => {
      const to = connectTo(plain.port, '127.0.0.1')
      for (const end of [socket, to]) sockets.add(end.on('error', () => {}))
      socket.pipe(to).pipe(socket)
    })
    const opening = setTimeout(() => door.listen(late, '127.0.0.1'), 1000)
    t.after(() => {
      clearTimeout(opening)
      for (const socket of sockets) socket.destroy()
      door.close()
    })
    const { status, stderr } = await waiting
    assert.equal(status, 1, stderr)
  })
})
