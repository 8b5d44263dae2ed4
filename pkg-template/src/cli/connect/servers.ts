// Which server: those of an address in turn, each with and without TLS as it says, until one is of the kind that is asked for.
// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
import type { Client } from 'pg'
import type { Address, Server } from './address.js'
import { connected } from './login.js'
import type { Way } from './tls.js'

/** A server, and how to talk to it. */
export interface Place {
  readonly server: Server
  readonly ways: readonly Way[]
}

/** What came of it. */
export interface Reached {
  readonly client: Client
  readonly server: Server
  readonly way: Way
}

/** A server in a message. */
export const placeOf = ({ host, port }: Server) => `${host}:${port}`

/** What each of several servers said: none will do. */
export class NoneOf extends Error {
  constructor(readonly each: readonly { readonly server: Server; readonly error: unknown }[]) {
    super('none of the hosts will do')
  }
}

/** A server that is not of the kind that `target_session_attrs` asks for. */
class OtherKind extends Error {
  constructor(wanted: string) {
    super(`it is not ${wanted}`)
  }
}

/** The first server that can be reached and is what is asked for, as libpq has it. */
export async function firstOf(
  ClientClass: typeof Client,
  address: Address,
  places: readonly Place[],
  signal: AbortSignal,
): Promise<Reached> {
  const wanted = address.settings.target_session_attrs ?? 'any'
  const failed: { server: Server; error: unknown }[] = []
  const none = () => (places.length === 1 ? failed.at(-1)!.error : new NoneOf(failed))
  // With the second word whoever is there will do, if none was of the first kind.
  for (const kind of wanted === 'prefer-standby' ? ['standby', 'any'] : [wanted])
    for (const { server, ways } of places) {
      try {
        const reached = await reach(ClientClass, address, server, ways, signal)
        let right = false
        try {
          right = await isKind(reached.client, kind)
        } finally {
          if (!right) await reached.client.end().catch(() => {})
        }
        if (right) return reached
        throw new OtherKind(kind)
      } catch (error) {
        if (signal.aborted) throw error
        failed.push({ server, error })
        // Who has been reached and says no, says it for all of them: another one would be asked with the same password.
        if (isState(error) && stateOf(error) !== '57P03') throw none()
      }
    }
  throw none()
}

const kinds: Readonly<Record<string, (state: { standby: boolean; reads: boolean }) => boolean>> = {
  any: () => true,
  'read-write': ({ reads }) => !reads,
  'read-only': ({ reads }) => reads,
  primary: ({ standby }) => !standby,
  standby: ({ standby }) => standby,
}

async function isKind(client: Client, kind: string): Promise<boolean> {
  if (kind === 'any') return true
  const { rows } = await client.query<{ standby: boolean; reads: boolean }>(
    `select pg_catalog.pg_is_in_recovery() as standby, pg_catalog.current_setting('transaction_read_only') operator(pg_catalog.=) 'on' as reads`,
  )
  return kinds[kind]!(rows[0]!)
}

async function reach(
  ClientClass: typeof Client,
  address: Address,
  server: Server,
  ways: readonly Way[],
  signal: AbortSignal,
): Promise<Reached> {
  for (const [at, way] of ways.entries())
    try {
      return { client: await connected(ClientClass, address, server, way, signal), server, way }
    } catch (error) {
      if (signal.aborted || at === ways.length - 1 || !mayGoOtherwise(error)) throw error
    }
  throw new Error('there is no way')
}

/** Whether TLS, or that there is none, was what was wrong. */
function mayGoOtherwise(error: unknown): boolean {
  const { code, message } = Object(error) as { code?: string; message?: string }
  return (
    // pg_hba.conf has no line for it.
    code === '28000' ||
    /does not support SSL|error establishing an SSL connection/.test(message ?? '') ||
    /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code ?? '')
  )
}

const stateOf = (error: unknown) => (Object(error) as { code?: string }).code
const isState = (error: unknown) =>
  /^[0-9A-Z]{5}$/.test(stateOf(error) ?? '') && error instanceof Error && 'severity' in error
