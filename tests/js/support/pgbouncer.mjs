// A pgbouncer in front of a test's PostgreSQL, where one is installed.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from './ports.mjs'
import { serverUser } from './postgres.mjs'

const program = ['pgbouncer', '/usr/sbin/pgbouncer'].find((path) => spawnSync(path, ['--version']).status === 0)

/** For `test(name, { skip }, …)`. */
export const skip = program ? false : 'skipped: pgbouncer is not installed'

/** Starts one that hands its few connections on after every transaction. The caller stops it. */
export async function startPgbouncer(server, { connections = 3 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-pgbouncer-'))
  chmodSync(folder, 0o755)
  const port = await freePort()
  const config = join(folder, 'pgbouncer.ini')
  writeFileSync(
    config,
    `[databases]
* = host=127.0.0.1 port=${server.port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${connections}
server_round_robin = 1
max_client_conn = 200
`,
  )
  const child = spawn(program, [config], { ...serverUser(), stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (text) => (log = (log + text).slice(-5_000)))
  const ended = new Promise((done) => child.once('close', done))
  const emergency = () => child.kill('SIGKILL')
  process.once('exit', emergency)
  const url = (database) => `postgres://postgres@127.0.0.1:${port}/${database}`

  async function stop() {
    process.off('exit', emergency)
    child.kill('SIGQUIT')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }

  for (const until = Date.now() + 10_000; ;) {
    const client = new pg.Client({ connectionString: url('postgres') })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return { url, stop }
    } catch (error) {
      if (child.exitCode !== null || Date.now() > until) {
        await stop()
        throw new Error(`pgbouncer did not start: ${error.message}\n${log}`)
      }
      await new Promise((done) => setTimeout(done, 25))
    }
  }
}
