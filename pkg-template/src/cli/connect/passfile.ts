// The password file of libpq: https://www.postgresql.org/docs/current/libpq-pgpass.html, and passwordFromFile in fe-connect.c.
//
// The package pgpass, which node-postgres would ask, knows neither `passfile` nor that a socket counts as `localhost`, and
// takes `\\:` for an escaped colon.
import { readFileSync, statSync } from 'node:fs'
import { homeFile } from './home.js'

/** What a line is compared with. */
export interface Login {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
}

/** The folders that a socket is in if nobody says otherwise: PostgreSQL's own, Debian's. */
const usual = ['/tmp', '/var/run/postgresql', '/run/postgresql']

export const passwordFile = (named: string | undefined): string => named ?? homeFile('.pgpass', 'pgpass.conf')

/** The password of the first line that fits. `warn` is told why a file is not read. */
export function passwordFrom(path: string, login: Login, warn: (text: string) => void): string | undefined {
  let text: string
  try {
    const { mode } = statSync(path)
    if ((mode & 0o170000) !== 0o100000) {
      warn(`the password file ${path} is not read: it is not a plain file`)
      return undefined
    }
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      warn(`the password file ${path} is not read: others may read it too (chmod 0600 ${path})`)
      return undefined
    }
    text = readFileSync(path, 'utf8')
  } catch {
    // Without one there is none.
    return undefined
  }
  const { host, port, database, user } = login
  const wanted = [usual.includes(host) ? 'localhost' : host, String(port), database, user]
  for (const line of text.split('\n')) {
    const [, ...fields] = (!line.startsWith('#') && entry.exec(line.replace(/\r+$/, ''))) || []
    const password = fields.pop()
    if (password && fields.every((field, at) => field === '*' || unescaped(field) === wanted[at]))
      return unescaped(password)
  }
  return undefined
}

/** Five fields; a colon in one of them has a backslash before it. What follows the password is no part of it. */
const entry = new RegExp(`^${'((?:\\\\.|[^\\\\:])*):'.repeat(4)}((?:\\\\.|[^:])*)`, 's')

const unescaped = (text: string) => text.replace(/\\(.)/gs, '$1')
