// The address of a PostgreSQL: its text, the service that it names and the environment, made into one. What it says itself wins
// over the service, and that over the environment, as in libpq.
import { userInfo } from 'node:os'
import { keepSecret } from '../text/secrets.js'
import { invalid, readParameters, readVariables, type Name, type Settings } from './parameters.js'
import { schemasOf } from './schemas.js'
import { readService } from './service.js'

/** One of the servers that an address names. */
export interface Server {
  /** A name, an address, or the folder of a socket. Certificates and passwords are looked for by it. */
  readonly host: string
  /** Where it is, if nobody is to look the name up. */
  readonly hostaddr: string | undefined
  readonly port: number
}

export interface Address {
  /** In the order in which they are tried. */
  readonly servers: readonly [Server, ...Server[]]
  readonly user: string | undefined
  readonly database: string | undefined
  /** The schemas that it leads to. */
  readonly schema: readonly string[] | undefined
  /** All the rest. */
  readonly settings: Settings
  /** The parameters that mean nothing here. */
  readonly passedOver: readonly string[]
  /** What it is called in a message; never with a password. */
  readonly shown: string
}

type Variables = Readonly<Record<string, string | undefined>>

/** Reads an address. @throws MigrationError `invalid-target` */
export function addressOf(url: string, env: Variables): Address {
  const own = written(url)
  const variables = readVariables(env)
  const service = own.settings.service ?? variables.service
  const file = own.settings.servicefile ?? variables.servicefile
  const named = service === undefined ? { settings: {}, passedOver: [] } : readService(service, file)
  const settings: Settings = { ...variables, ...named.settings, ...own.settings }
  for (const secret of [settings.password, settings.sslpassword])
    if (secret !== settings.user && secret !== settings.dbname) keepSecret(secret)
  checkTogether(settings)
  const user = settings.user ?? env['USER'] ?? env['USERNAME'] ?? systemUser()
  const database = settings.dbname ?? user
  const servers = serversOf(settings)
  const places = servers.map(
    ({ host, hostaddr, port }) =>
      `${host}${hostaddr && hostaddr !== host ? ` (${hostaddr})` : ''}${settings.port !== undefined ? `:${port}` : ''}`,
  )
  return {
    servers,
    user,
    database,
    schema: schemasOf(settings),
    settings,
    passedOver: [...new Set([...own.passedOver, ...named.passedOver])],
    shown: `${database ?? 'the default database'} at ${places.join(', ')}`,
  }
}

/** What the text says: postgres://user:password@host:port,host:port/database?name=value. */
function written(url: string) {
  // What a browser would take for a path or a fragment may be the rest of a password.
  const [, authority = '', path = '', query = ''] =
    /^[^:]*:\/\/([^/?#]*)(?:\/([^?@#]*))?(?:\?([^@#]*))?$/s.exec(url) ?? []
  if (authority === '' && !/^[^:]*:\/\/(?:[/?]|$)/.test(url)) throw unreadable()
  const at = authority.lastIndexOf('@')
  const [, user = '', password = ''] = /^([^:]*):?(.*)$/s.exec(at < 0 ? '' : authority.slice(0, at)) ?? []
  const hosts: string[] = []
  const ports: string[] = []
  for (const place of authority.slice(at + 1).split(',')) {
    const [all, bracketed, host = bracketed, port = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(place) ?? []
    if (all === undefined || host === undefined) throw unreadable()
    hosts.push(decoded(host))
    ports.push(port)
  }
  const { settings, passedOver } = readParameters(new URLSearchParams(query), 'the address')
  const parts: { readonly [name in Name]?: string } = {
    user: decoded(user),
    password: decoded(password),
    dbname: decoded(path),
    host: hosts.some((host) => host !== '') ? hosts.join(',') : '',
    port: ports.some((port) => port !== '') ? ports.map((port) => port || '5432').join(',') : '',
  }
  return { settings: { ...said(parts), ...settings }, passedOver }
}

/** Without what is empty: that says nothing. */
const said = (settings: Settings): Settings => Object.fromEntries(Object.entries(settings).filter(([, value]) => value))

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // node-postgres takes a `%` that begins nothing for itself.
    return text
  }
}

function serversOf({ host, hostaddr, port }: Settings): readonly [Server, ...Server[]] {
  const hosts = host?.split(',')
  const addresses = hostaddr?.split(',')
  const ports = port?.split(',') ?? []
  const count = addresses?.length ?? hosts?.length ?? 1
  const counts = `${count} ${count === 1 ? 'host' : 'hosts'}`
  if (hosts && hosts.length !== count)
    throw invalid(`there are ${hosts.length} hosts and ${count} of hostaddr`, 'name as many of both, or one of both')
  if (ports.length > 1 && ports.length !== count)
    throw invalid(`there are ${ports.length} ports for ${counts}`, 'name one port for all, or one for each')
  const servers = Array.from({ length: count }, (_, at): Server => {
    const text = (ports.length > 1 ? ports[at] : ports[0]) || '5432'
    const number = Number(text)
    if (!/^\d+$/.test(text) || number < 1 || number > 65535)
      throw invalid('the port is no number from 1 to 65535', 'write it behind the host: postgres://host:5432/database')
    const address = addresses?.[at] || undefined
    return { host: hosts?.[at] || (address ?? 'localhost'), hostaddr: address, port: number }
  })
  return servers as [Server, ...Server[]]
}

/** What two parameters say cannot always be had at once. */
function checkTogether(settings: Settings): void {
  const { sslmode, ssl, sslrootcert, sslnegotiation, channel_binding: binding } = settings
  const { ssl_min_protocol_version: least = 'TLSv1.2', ssl_max_protocol_version: most = 'TLSv1.3' } = settings
  if (least > most)
    throw invalid(
      `no version of TLS is from ${least} to ${most}`,
      'ssl_min_protocol_version is TLSv1.2 if it is not given, and ssl_max_protocol_version TLSv1.3',
    )
  const mode =
    sslmode ?? (ssl && (/^(?:0|false)$/.test(ssl) ? 'disable' : ssl === 'no-verify' ? 'no-verify' : undefined))
  if (sslrootcert === 'system' && mode !== undefined && mode !== 'verify-full')
    throw invalid(
      `sslrootcert=system asks for a certificate that anybody can have, and sslmode=${mode} does not look whose it is`,
      'write sslmode=verify-full',
    )
  if (sslnegotiation === 'direct' && mode !== undefined && !/^(?:require|verify-ca|verify-full|no-verify)$/.test(mode))
    throw invalid(
      `sslnegotiation=direct is for TLS, and sslmode=${mode} can do without`,
      'write sslmode=require or more',
    )
  if (binding === 'require' && mode === 'disable')
    throw invalid(
      'channel_binding=require is for TLS, and sslmode=disable goes without',
      'write sslmode=require or more',
    )
}

function systemUser(): string | undefined {
  try {
    return userInfo().username
  } catch {
    // In a container the user may have no name.
    return undefined
  }
}

/** @internal */
export const unreadable = () =>
  invalid(
    'the target is not a valid address',
    'what is special in a user or password is written with %: @ as %40, / as %2F, # as %23, ? as %3F, : as %3A, % as %25',
  )
