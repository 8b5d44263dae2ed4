// Certificates of the tests' own, made by openssl in a folder that is thrown away.
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverUser } from './postgres.mjs'

/** Whether there is an openssl. */
export const openssl = spawnSync('openssl', ['version']).status === 0

/**
 * An authority, another one that has signed nothing, and a server's certificate for `localhost` only. Gives the paths
 * `{ root, other, cert, key }`.
 */
export function certificates() {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-certificates-'))
  const path = (name) => join(folder, name)
  const run = (...args) => {
    const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`)
  }
  const key = ['-newkey', 'rsa:2048', '-nodes']
  for (const name of ['root', 'other'])
    run(
      'req',
      '-x509',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      '-subj',
      `/CN=${name} of tests`,
    )
  run('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=server')
  writeFileSync(path('names'), 'subjectAltName=DNS:localhost\n')
  const signed = ['-CA', 'root.crt', '-CAkey', 'root.key', '-CAcreateserial', '-extfile', 'names']
  run('x509', '-req', '-in', 'server.csr', ...signed, '-days', '2', '-out', 'server.crt')
  const user = serverUser()
  chmodSync(folder, 0o755)
  chmodSync(path('server.key'), 0o600)
  if (user) chownSync(path('server.key'), user.uid, user.gid)
  return {
    folder,
    root: path('root.crt'),
    other: path('other.crt'),
    cert: path('server.crt'),
    key: path('server.key'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
