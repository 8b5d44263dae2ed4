// Services of libpq: parameters under a name, in a file. The rules are those of its parseServiceFile (fe-connect.c), and of
// https://www.postgresql.org/docs/current/libpq-pgservice.html.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { homeFile } from './home.js'
import { invalid, readParameters, type Read } from './parameters.js'

/** Where it is looked for without PGSYSCONFDIR. libpq is told when it is built: Debian, PostgreSQL's own packages. */
const folders = ['/etc/postgresql-common', '/etc/sysconfig/pgsql', '/usr/local/etc/postgresql']

/**
 * What a service says.
 *
 * @param file the file that is named, which is the only one then but for the system's
 * @throws MigrationError `invalid-target`
 */
export function readService(name: string, file: string | undefined): Read {
  const own = file ?? homeFile('.pg_service.conf')
  const system = process.env['PGSYSCONFDIR']
  const others = (system ? [system] : folders).map((folder) => join(folder, 'pg_service.conf'))
  const places = [own, ...others].filter((path) => existsSync(path))
  if (file !== undefined && places[0] !== file)
    throw invalid(`the file of services ${file} does not exist`, 'name another one with PGSERVICEFILE')
  for (const path of places) {
    const found = section(name, path)
    if (found) return readParameters(found, `the service ${name} in ${path}`)
  }
  throw invalid(
    `there is no service ${name}${places.length > 0 ? ` in ${places.join(' and ')}` : ': there is no file of services'}`,
    `write it into ${own}: [${name}] and below it lines such as host=…`,
  )
}

function section(name: string, path: string): [name: string, value: string][] | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw invalid(`${path} cannot be read: ${(cause as Error).message}`, 'name another file with PGSERVICEFILE')
  }
  let found: [name: string, value: string][] | undefined
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith('[')) {
      if (found) return found
      if (line.startsWith(`[${name}]`)) found = []
      continue
    }
    if (!found) continue
    const where = `line ${at + 1} of ${path}`
    if (line.startsWith('ldap'))
      throw invalid(`${where} looks a service up with LDAP`, 'write host, user and database there')
    const equals = line.indexOf('=')
    if (equals < 0) throw invalid(`${where} has no equals sign`, 'write name=value, without blanks around the =')
    const key = line.slice(0, equals)
    if (key === 'service' || key === 'servicefile')
      throw invalid(`${where} names another service`, 'write its parameters there')
    // The first one counts.
    if (!found.some(([known]) => known === key)) found.push([key, line.slice(equals + 1)])
  }
  return found
}
