// One connection: what node-postgres is told, and what it is not left to itself with.
import type { EventEmitter } from 'node:events'
import type { Client, ClientConfig } from 'pg'
import { say } from '../text/print.js'
import { keepSecret } from '../text/secrets.js'
import type { Address, Server } from './address.js'
import type { Name } from './parameters.js'
import { passwordFile, passwordFrom } from './passfile.js'
import type { Way } from './tls.js'

/** How long to wait for a host that does not answer, in seconds, unless the address or PGCONNECT_TIMEOUT says so. */
const patience = 15

/** Logs in. What the address says of the session is in it. */
export async function connected(
  ClientClass: typeof Client,
  address: Address,
  server: Server,
  way: Way,
  signal: AbortSignal,
): Promise<Client> {
  const { settings } = address
  const number = (name: Name) => (settings[name] === undefined ? undefined : Math.max(0, Number(settings[name])))
  const password = passwordOf(address, server)
  const binding = settings.channel_binding ?? 'prefer'
  const config: ClientConfig = {
    host: server.hostaddr ?? server.host,
    port: server.port,
    // Without a password it would look for one by itself, elsewhere.
    password: password ?? (() => undefined!),
    ssl: way.ssl,
    sslnegotiation: way.ssl && settings.sslnegotiation === 'direct' ? 'direct' : 'postgres',
    enableChannelBinding: way.ssl !== false && binding !== 'disable',
    connectionTimeoutMillis: (number('connect_timeout') ?? patience) * 1000,
    keepAlive: settings.keepalives !== '0',
    keepAliveInitialDelayMillis: (number('keepalives_idle') ?? 0) * 1000,
    fallback_application_name: settings.fallback_application_name ?? 'counterfoil',
    ...(address.user !== undefined && { user: address.user }),
    ...(address.database !== undefined && { database: address.database }),
    ...(settings.options !== undefined && { options: settings.options }),
    ...(settings.application_name !== undefined && { application_name: settings.application_name }),
    ...Object.fromEntries(timeouts.map((name) => [name, number(name)])),
  }
  const client = new ClientClass(config)
  // One that breaks later says so by an event too; the request that it breaks tells.
  client.on('error', () => {})
  const { connection } = client as unknown as { connection: Connection }
  const proved = binding === 'require' ? requireBinding(connection) : () => true
  const stop = () => connection.stream.destroy()
  signal.addEventListener('abort', stop)
  try {
    await client.connect()
    // A server that asks for nothing has proved nothing.
    if (!proved()) throw new Error(unbound)
    return client
  } catch (error) {
    connection.stream.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

const timeouts = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'query_timeout'] as const

type Connection = EventEmitter & { stream: { destroy(error?: Error): void } }

/**
 * Ends a login that does not prove that both ends of the encryption belong together, before a password has been sent.
 * node-postgres only prefers one that does.
 *
 * @returns whether it has been proved
 */
function requireBinding(connection: Connection): () => boolean {
  let [offered, proved] = [false, false]
  const refuse = () => connection.stream.destroy(new Error(unbound))
  connection.prependListener('authenticationSASL', ({ mechanisms }: { mechanisms: string[] }) => {
    offered = mechanisms.includes('SCRAM-SHA-256-PLUS')
    if (!offered) refuse()
  })
  for (const event of ['authenticationCleartextPassword', 'authenticationMD5Password'])
    connection.prependListener(event, refuse)
  // Its last message has the server's own proof in it: node-postgres fails if that is wrong.
  connection.on('authenticationSASLFinal', () => (proved = offered))
  return () => proved
}

const unbound = 'channel binding is required, and the server does not offer it'

/** What stands nearest: the address and what belongs to it, else a line of the password file. */
function passwordOf({ settings, user, database }: Address, { host, port }: Server): string | undefined {
  if (settings.password !== undefined) return settings.password
  const path = passwordFile(settings.passfile)
  const password = passwordFrom(path, { host, port, user: user ?? '', database: database ?? '' }, (text) => {
    if (!warned.has(text)) say(`warning: ${text}`)
    warned.add(text)
  })
  if (password !== user && password !== database) keepSecret(password)
  return password
}

const warned = new Set<string>()
