// Opens a PostgreSQL, with the node-postgres that comes with the command line.
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import type { MigrationError } from '../../shared/errors.js'
import { nodePostgres, type PgClient } from '../../drivers/node-postgres.js'
import { connected } from './login.js'
import { stopped, unreachable, watched, type OpenOptions, type Opened } from './opened.js'
import { NoneOf, firstOf, placeOf, type Reached } from './servers.js'
import type { Target } from './target.js'
import { waysOf } from './tls.js'

type PostgresTarget = Target & { kind: 'postgres' }

/** What is behind an error of the connection, and what to do. By SQLSTATE, or by the code of Node's own. */
const causes: readonly (readonly [codes: readonly string[], help: string, transient?: boolean])[] = [
  [
    ['ECONNREFUSED'],
    'nothing listens there: see that the database is running, and that host and port are right; --wait waits for it',
    true,
  ],
  [
    ['ENOTFOUND', 'EAI_AGAIN'],
    'see that the host is spelt right, and that this machine can look it up; --wait waits for it',
    true,
  ],
  [
    ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', 'EPIPE'],
    'see that host and port are right, and that no firewall is in between',
    true,
  ],
  [['ENOENT'], 'there is no socket in that folder: see that the database is running', true],
  [['57P03'], 'the database is starting or stopping: --wait waits for it', true],
  [
    ['28P01'],
    'see that user and password are right; what is special in a password is written with %, such as @ as %40',
  ],
  [['28000'], 'see that the user exists, and that pg_hba.conf lets it in from here'],
  [['3D000'], '`counterfoil create` makes it, and `counterfoil up --create` before it migrates; or name another one'],
  [['53300'], 'the server has no connection left: close some, or go through a pooler'],
  [
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'CERT_HAS_EXPIRED',
    ],
    "name the authority's certificate with ?sslrootcert=<file>; ?sslmode=no-verify trusts whoever answers",
  ],
  [
    ['ERR_TLS_CERT_ALTNAME_INVALID'],
    'write one of the names that it is for, with &hostaddr=<address> if that leads elsewhere; ?sslmode=verify-ca does not look at the name',
  ],
]

/** The same for errors that have no code. */
const wordings: readonly (readonly [pattern: RegExp, help: string, transient?: boolean])[] = [
  [/does not support SSL/i, 'add ?sslmode=disable to the address if the way to it is safe'],
  [
    /password must be a (?:non-empty )?string/i,
    'the server asks for a password: put it into the address, PGPASSWORD or ~/.pgpass',
  ],
  [/key values mismatch/, 'sslkey is the key of another certificate than sslcert: name the one that belongs to it'],
  [/bad decrypt|interrupted or cancelled/, 'the key of sslkey is encrypted: its password is sslpassword'],
  [
    /channel binding is required/,
    'see that it is the right server, and that TLS ends there; channel_binding=prefer goes without',
  ],
  [
    /^it is not \S+$/,
    'name the server that is, or leave out target_session_attrs; --wait waits until one of them is',
    true,
  ],
  [
    /timeout expired|connection terminated/i,
    'see that host and port are right, and that no firewall is in between',
    true,
  ],
]

export async function openPostgres(target: PostgresTarget, { signal, wait = 0 }: OpenOptions): Promise<Opened> {
  // Faster than `import`, which would look through it for names first.
  const ClientClass = createRequire(import.meta.url)('./pg-client.cjs') as typeof Client
  const { address } = target
  const places = address.servers.map((server) => ({ server, ways: waysOf(address.settings, server) }))
  const until = performance.now() + wait
  let reached: Reached
  for (;;) {
    try {
      reached = await firstOf(ClientClass, address, places, signal)
      break
    } catch (error) {
      if (signal.aborted) throw stopped()
      const { known, transient } = understood(target, error)
      if (!transient || performance.now() >= until) throw known
      await sleep(250, undefined, { signal }).catch(() => {})
    }
  }
  const { client, server, way } = reached
  const { driver, rows } = watched<PgClient>(nodePostgres)
  return {
    driver,
    rows,
    db: client,
    notes: [
      ...(places.length > 1 ? [`connected to ${placeOf(server)}`] : []),
      ...(way.ssl && !way.verified ? ['encrypted, not verified'] : []),
    ],
    close: () => client.end().catch(() => {}),
    async cancel() {
      const pid = (client as unknown as { processID: number | null }).processID
      if (pid === null) return
      const other = await connected(ClientClass, address, server, way, AbortSignal.timeout(2_000))
      await other.query('select pg_catalog.pg_cancel_backend($1)', [pid])
      await other.end()
    },
  }
}

function understood(target: PostgresTarget, error: unknown): { known: MigrationError; transient: boolean } {
  if (error instanceof NoneOf) {
    const each = error.each.map((one) => ({ server: one.server, ...explained(one.error) }))
    // What does not pass by itself is what somebody has to see to.
    const { help } = each.find(({ transient }) => !transient) ?? each.at(-1)!
    const what = [...new Set(each.map(({ server, what }) => `${placeOf(server)}: ${what}`))].join('; ')
    return { known: unreachable(target, what, help, error), transient: each.every(({ transient }) => transient) }
  }
  const { what, help, transient } = explained(error)
  return { known: unreachable(target, what, help, error), transient }
}

function explained(error: unknown): { what: string; help: string; transient: boolean } {
  const { code, message, errors } = Object(error) as { code?: string; message?: string; errors?: { message: string }[] }
  // A name with several addresses fails with one error for each, and no message of its own.
  const what = message || errors?.map((inner) => inner.message).join(', ') || code || String(error)
  const [, help, transient = false] = causes.find(([codes]) => codes.includes(code ?? '')) ??
    wordings.find(([pattern]) => pattern.test(what)) ?? [
      [],
      'see that the address is right: postgres://user:password@host:port/database',
    ]
  return { what: code && !what.includes(code) ? `${what} (${code})` : what, help, transient }
}
