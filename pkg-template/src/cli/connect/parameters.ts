// The parameters of an address of PostgreSQL: what each means here. One table, in three classes.
//
// Where each is documented:
// - libpq: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS and libpq-envars.html
// - node-postgres: pg-connection-string's index.js, which hands on all of them, and pg's connection-parameters.js, which
//   uses these and passes over the rest
// - dbmate: https://github.com/amacneil/dbmate#postgresql and lib/pq's doc.go, which sends what it does not know as a
//   setting of the session
// - golang-migrate: database/postgres/README.md and database/pgx/v5/README.md
// - Prisma: https://www.prisma.io/docs/orm/overview/databases/postgresql#arguments
// - JDBC: https://jdbc.postgresql.org/documentation/use/
// - pgx: pgxpool's ParseConfig; sqlx: postgres/options/parse.rs; Rails: the PostgreSQL adapter's configuration;
//   Supabase and Neon: the addresses that they show
import { nearest } from '../text/nearest.js'

/** What is wrong with an address, and what to do. */
export interface Refusal {
  readonly message: string
  readonly help: string
}

/** What counterfoil does as they say. */
const honoured = [
  // Where to: node-postgres takes these from the query too.
  'host',
  'port',
  'user',
  'password',
  // How.
  'ssl',
  'sslmode',
  'sslcert',
  'sslkey',
  'sslrootcert',
  'sslnegotiation',
  'uselibpqcompat',
  'connect_timeout',
  // What the session is told. `options` is how a setting gets there that has no parameter here.
  'options',
  'application_name',
  'fallback_application_name',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'query_timeout',
]

/** What says nothing about which database, or what is done there: pools, caches, probes of a connection, of other programs. */
const meaningless = [
  // libpq
  'keepalives',
  'keepalives_idle',
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
  'sslcompression',
  'sslsni',
  'krbsrvname',
  'gsslib',
  'gssdelegation',
  'load_balance_hosts',
  // Neon has it in every address. node-postgres proves the channel only when its caller asks for it.
  'channel_binding',
  // lib/pq
  'binary_parameters',
  'disable_prepared_binary_result',
  // golang-migrate
  'x-multi-statement',
  'x-multi-statement-max-size',
  'x-lock-strategy',
  'x-lock-table',
  // Prisma
  'connection_limit',
  'pool_timeout',
  'socket_timeout',
  'pgbouncer',
  'statement_cache_size',
  'single_use_connections',
  'sslaccept',
  // pgx, sqlx
  'pool_max_conns',
  'pool_min_conns',
  'pool_min_idle_conns',
  'pool_max_conn_lifetime',
  'pool_max_conn_lifetime_jitter',
  'pool_max_conn_idle_time',
  'pool_health_check_period',
  'default_query_exec_mode',
  'statement_cache_capacity',
  'description_cache_capacity',
  'statement-cache-capacity',
  // Rails, Ecto
  'adapter',
  'pool',
  'pool_size',
  'timeout',
  'checkout_timeout',
  'idle_timeout',
  'reaping_frequency',
  'prepared_statements',
  'statement_limit',
  'advisory_locks',
  'reconnect',
  // node-postgres' Pool, postgres.js, Django
  'max',
  'min',
  'idleTimeoutMillis',
  'connectionTimeoutMillis',
  'max_lifetime',
  'prepare',
  'fetch_types',
  'conn_max_age',
  'prepared_statement_cache_size',
  'prepareThreshold',
  // Supabase, Vercel
  'supa',
  'workaround',
]

const schema =
  'give the path with options=-c%20search_path%3D<schema>, and the ledger with --table <schema>.schema_migrations'
const fileOnly = 'write host, user and database into the address'

/** What says where things go, or promises something, and is not done: what to do instead. */
const refused: Readonly<Record<string, string>> = {
  search_path: schema, // dbmate, golang-migrate, postgres.js
  schema, // Prisma, TypeORM
  currentSchema: schema, // JDBC, dj-database-url
  schema_search_path: schema, // Rails
  searchPath: schema, // Knex
  'options[search_path]': schema, // sqlx
  service: fileOnly, // libpq
  servicefile: fileOnly, // libpq
  socket: 'write ?host=<folder of the socket>', // dbmate
  socket_dir: 'write ?host=<folder of the socket>', // Ecto
  hostaddr: 'write the address as the host', // libpq
  database: 'write it behind the host: postgres://host/<database>',
  dbname: 'write it behind the host: postgres://host/<database>', // libpq
  'x-migrations-table': 'name the ledger with --table <name>', // golang-migrate
  'x-migrations-table-quoted': 'name the ledger with --table <schema>.<name>', // golang-migrate
  'x-statement-timeout': 'write statement_timeout=<milliseconds>', // golang-migrate
  target_session_attrs: 'name the host that is the primary', // libpq
  role: 'write options=-c%20role%3D<role>', // sent as a setting by lib/pq, pgx and postgres.js
  passfile: 'name the file with PGPASSFILE', // libpq
  sslpassword: 'take a key that is not encrypted', // libpq
  sslidentity: 'write sslcert=<file> and sslkey=<file>', // Prisma
  sslcrl: 'leave it out if the certificate need not be looked up there', // libpq
  sslcrldir: 'leave it out if the certificate need not be looked up there', // libpq
  sslcertmode: 'leave it out, and write sslcert=<file> if there is one', // libpq
  ssl_min_protocol_version: 'set it at the server', // libpq
  ssl_max_protocol_version: 'set it at the server', // libpq
  min_protocol_version: 'leave it out', // libpq
  max_protocol_version: 'leave it out', // libpq
  require_auth: 'leave it out, and take sslmode=verify-full so that the server is the right one', // libpq
  requirepeer: 'leave it out', // libpq
  gssencmode: 'take TLS: sslmode=verify-full', // libpq
  client_encoding: 'leave it out: texts are sent as UTF-8', // libpq
  encoding: 'leave it out: texts are sent as UTF-8', // Rails
  replication: 'leave it out: migrations need an ordinary connection', // libpq
}

/** Values that ask for what is so anyway. */
const asItIs: Readonly<Record<string, RegExp>> = {
  target_session_attrs: /^any$/,
  gssencmode: /^(?:disable|prefer)$/,
  client_encoding: /^(?:auto|utf-?8|unicode)$/i,
  encoding: /^(?:utf-?8|unicode)$/i,
  sslcertmode: /^allow$/,
}

/** Variables of the environment that say where to, that libpq goes by and node-postgres does not. */
const variables: Readonly<Record<string, string>> = {
  PGSERVICE: fileOnly,
  PGHOSTADDR: 'write the address as the host',
  PGTARGETSESSIONATTRS: 'name the host that is the primary',
}

const known = new Set([...honoured, ...meaningless])
const names = [...known, ...Object.keys(refused)]

/** What is wrong with the parameters; values are never repeated, since one may be a password. */
export function refusedParameter(parameters: URLSearchParams): Refusal | undefined {
  const seen = new Set<string>()
  for (const [name, value] of parameters) {
    if (seen.has(name)) return { message: `the address has the parameter ${name} twice`, help: 'leave one of them out' }
    seen.add(name)
    if (known.has(name) || (Object.hasOwn(asItIs, name) && asItIs[name]!.test(value))) {
      if ((name === 'host' || name === 'port') && value.includes(',')) return severalHosts
      continue
    }
    if (Object.hasOwn(refused, name))
      return { message: `the parameter ${name} of the address is not honoured`, help: refused[name]! }
    const near = nearest(name, names)
    return {
      // What is no known name with a slip may be the rest of a password.
      message: `the address has a parameter that counterfoil does not know: ${near && /^[\w.[\]-]+$/.test(name) ? name : `number ${seen.size}`}`,
      help: near
        ? `did you mean ${near}?`
        : 'leave it out; a setting of the session is written options=-c%20<name>%3D<value>',
    }
  }
  return undefined
}

/** What is wrong with the environment, for an address that names its host or does not. */
export function refusedVariable(env: Readonly<Record<string, string | undefined>>, host: string): Refusal | undefined {
  for (const [name, help] of Object.entries(variables))
    if (env[name] && !(name === 'PGTARGETSESSIONATTRS' && env[name] === 'any'))
      return {
        message: `the variable ${name} is not honoured`,
        help: `take it out of the environment (env -u ${name} counterfoil …); ${help}`,
      }
  return host === '' && [env['PGHOST'], env['PGPORT']].some((value) => value?.includes(',')) ? severalHosts : undefined
}

/** libpq takes a list and tries one after the other; node-postgres takes it for one name. */
export const severalHosts: Refusal = {
  message: 'the address names several hosts',
  help: 'name one: the primary, where the migrations are to run',
}
