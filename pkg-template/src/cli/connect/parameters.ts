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
import { failure, type MigrationError } from '../../shared/errors.js'
import { nearest } from '../text/nearest.js'

/** What is wrong with an address, and what to do. */
export const invalid = (message: string, help: string): MigrationError => failure('invalid-target', message, help)

/** What counterfoil does as they say; with the variable of the environment that says the same. */
const honoured = {
  // libpq: where to. Several hosts are tried one after the other.
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  service: 'PGSERVICE',
  servicefile: 'PGSERVICEFILE',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  // dbmate: the same as `host`.
  socket: undefined,
  // dbmate, golang-migrate, postgres.js: a list of schemas, as PostgreSQL reads it. Prisma, TypeORM: one, as it is written.
  search_path: undefined,
  schema: undefined,
  // libpq: how.
  sslmode: 'PGSSLMODE',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslpassword: undefined,
  sslrootcert: 'PGSSLROOTCERT',
  sslcrl: 'PGSSLCRL',
  sslnegotiation: 'PGSSLNEGOTIATION',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  channel_binding: 'PGCHANNELBINDING',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  keepalives: undefined,
  keepalives_idle: undefined,
  // libpq: what the session is told. `options` is how a setting gets there that has no parameter here.
  options: 'PGOPTIONS',
  application_name: 'PGAPPNAME',
  fallback_application_name: undefined,
  // node-postgres
  ssl: undefined,
  statement_timeout: undefined,
  lock_timeout: undefined,
  idle_in_transaction_session_timeout: undefined,
  query_timeout: undefined,
} as const satisfies Readonly<Record<string, string | undefined>>

/** A parameter that is honoured. */
export type Name = keyof typeof honoured

/** What an address says, by parameter. */
export type Settings = { readonly [name in Name]?: string }

/** What says nothing about which database, or what is done there: pools, caches, probes of a connection, of other programs. */
const meaningless = [
  // libpq. Node sets the first three itself.
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
  'sslcompression',
  'sslsni',
  'krbsrvname',
  'gsslib',
  'gssdelegation',
  'load_balance_hosts',
  // node-postgres: `sslmode` is libpq's here, whether it says so or not.
  'uselibpqcompat',
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

const schema = 'write search_path=<schema>, or say --schema <schema>'
const login = 'leave it out: counterfoil logs in with a password or a certificate'

/** What says where things go, or promises something, and is not done: what to do instead. */
const refused: Readonly<Record<string, string>> = {
  currentSchema: schema, // JDBC, dj-database-url
  schema_search_path: schema, // Rails
  searchPath: schema, // Knex
  'options[search_path]': schema, // sqlx
  socket_dir: 'write ?host=<folder of the socket>', // Ecto
  database: 'write it behind the host: postgres://host/<database>',
  'x-migrations-table': 'name the ledger with --table <name>', // golang-migrate
  'x-migrations-table-quoted': 'name the ledger with --table <schema>.<name>', // golang-migrate
  'x-statement-timeout': 'write statement_timeout=<milliseconds>', // golang-migrate
  role: 'write options=-c%20role%3D<role>', // sent as a setting by lib/pq, pgx and postgres.js
  sslidentity: 'write sslcert=<file> and sslkey=<file>', // Prisma
  sslcrldir: 'write sslcrl=<file>', // libpq
  sslcertmode: 'leave it out, and write sslcert=<file> if there is one', // libpq
  sslkeylogfile: 'leave it out', // libpq
  min_protocol_version: 'leave it out', // libpq
  max_protocol_version: 'leave it out', // libpq
  require_auth: 'leave it out, and take channel_binding=require so that the server is the right one', // libpq
  requirepeer: 'leave it out', // libpq
  gssencmode: 'take TLS: sslmode=verify-full', // libpq
  scram_client_key: login, // libpq
  scram_server_key: login, // libpq
  oauth_issuer: login, // libpq
  oauth_client_id: login, // libpq
  oauth_client_secret: login, // libpq
  oauth_scope: login, // libpq
  client_encoding: 'leave it out: texts are sent as UTF-8', // libpq
  encoding: 'leave it out: texts are sent as UTF-8', // Rails
  replication: 'leave it out: migrations need an ordinary connection', // libpq
}

/** Values of those that ask for what is so anyway. */
const asItIs: Readonly<Record<string, RegExp>> = {
  gssencmode: /^(?:disable|prefer)$/,
  client_encoding: /^(?:auto|utf-?8|unicode)$/i,
  encoding: /^(?:utf-?8|unicode)$/i,
  sslcertmode: /^allow$/,
  min_protocol_version: /^3\.0$/,
  max_protocol_version: /^(?:3\.0|latest)$/,
}

/** Variables of the environment that libpq goes by and that promise what is not done. */
const refusedVariables: Readonly<Record<string, string>> = {
  PGREQUIREAUTH: 'require_auth',
  PGREQUIREPEER: 'requirepeer',
  PGGSSENCMODE: 'gssencmode',
  PGSSLCERTMODE: 'sslcertmode',
  PGSSLCRLDIR: 'sslcrldir',
  PGMINPROTOCOLVERSION: 'min_protocol_version',
  PGMAXPROTOCOLVERSION: 'max_protocol_version',
}

/** The values of those that have a few. */
const words: { readonly [name in Name]?: readonly string[] } = {
  // The last one is node-postgres'.
  sslmode: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'],
  ssl: ['true', '1', 'false', '0', 'no-verify'],
  sslnegotiation: ['postgres', 'direct'],
  channel_binding: ['disable', 'prefer', 'require'],
  target_session_attrs: ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'],
  keepalives: ['0', '1'],
  ssl_min_protocol_version: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  ssl_max_protocol_version: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
}

/** Those that are whole numbers. A negative one is none, to libpq. */
const numbers: readonly Name[] = [
  'connect_timeout',
  'keepalives_idle',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'query_timeout',
]

const passed = new Set(meaningless)
const names = [...Object.keys(honoured), ...meaningless, ...Object.keys(refused)]
const isHonoured = (name: string): name is Name => Object.hasOwn(honoured, name)

/** What parameters come to: what is honoured, and the names of what means nothing here. */
export interface Read {
  readonly settings: Settings
  readonly passedOver: readonly string[]
}

/**
 * Reads parameters. Values are never repeated, since one may be a password.
 *
 * @param of what has them, such as `the address`
 * @throws MigrationError `invalid-target` for one that is not honoured, or that nobody knows
 */
export function readParameters(parameters: Iterable<readonly [name: string, value: string]>, of: string): Read {
  const settings: { [name in Name]?: string } = {}
  const passedOver: string[] = []
  const seen = new Set<string>()
  for (const [name, value] of parameters) {
    if (seen.has(name)) throw invalid(`${of} has the parameter ${name} twice`, 'leave one of them out')
    seen.add(name)
    if (isHonoured(name)) {
      checkValue(name, value, `the parameter ${name} of ${of}`)
      // An empty one says nothing, as in libpq's defaults.
      if (value !== '') settings[name] = value
    } else if (passed.has(name)) passedOver.push(name)
    else if (!(Object.hasOwn(asItIs, name) && asItIs[name]!.test(value))) throw refusal(name, of, seen.size)
  }
  if (settings.socket !== undefined) {
    if (settings.host !== undefined) throw invalid(`${of} has both a host and a socket`, 'leave one of them out')
    settings.host = settings.socket
    delete settings.socket
  }
  return { settings, passedOver }
}

function refusal(name: string, of: string, at: number): MigrationError {
  if (Object.hasOwn(refused, name)) return invalid(`the parameter ${name} of ${of} is not honoured`, refused[name]!)
  const near = nearest(name, names)
  return invalid(
    // What is no known name with a slip may be the rest of a password.
    `${of} has a parameter that counterfoil does not know: ${near && /^[\w.[\]-]+$/.test(name) ? name : `number ${at}`}`,
    near ? `did you mean ${near}?` : 'leave it out; a setting of the session is written options=-c%20<name>%3D<value>',
  )
}

function checkValue(name: Name, value: string, what: string): void {
  const allowed = words[name]
  if (value === '') return
  if (allowed && !allowed.includes(value))
    throw invalid(`${what} has a value that there is not`, `it is one of ${allowed.join(', ')}`)
  if (numbers.includes(name) && !/^-?\d{1,9}$/.test(value))
    throw invalid(`${what} is not a whole number`, `write ${name}=10`)
}

/** What the environment says. @throws MigrationError `invalid-target` for a variable that is not honoured */
export function readVariables(env: Readonly<Record<string, string | undefined>>): Settings {
  for (const [variable, name] of Object.entries(refusedVariables)) {
    const value = env[variable]
    if (value && !asItIs[name]?.test(value))
      throw invalid(
        `the variable ${variable} is not honoured`,
        `take it out of the environment (env -u ${variable} counterfoil …); ${refused[name]}`,
      )
  }
  const settings: { [name in Name]?: string } = {}
  for (const [name, variable] of Object.entries(honoured)) {
    const value = variable && env[variable]
    if (!value) continue
    checkValue(name as Name, value, `the variable ${variable}`)
    settings[name as Name] = value
  }
  return settings
}

/** Variables that say which database. */
const saying = ['host', 'hostaddr', 'port', 'dbname', 'service'] as const

/** The address that leaves everything to the environment. */
export const byVariables = 'postgres:///'

/** The variables among these that make an address where nothing else does. */
export const naming = (env: Readonly<Record<string, string | undefined>>): string[] =>
  saying.map((name) => honoured[name]).filter((variable) => env[variable])

/** All variables but those. */
export const withoutNaming = (
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> => {
  const names = naming(env)
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)))
}
