// What was handed in instead of a database, and what to do. Loaded when it is needed: an app that is right has none of it.
import type { Entry } from './driver.js'
import { can } from './database.js'
import type { AnyOptions, Names } from '../options/options.js'
import { checkedOptions } from '../options/wrong-options.js'
import { failure, type MigrationError } from '../shared/errors.js'

export { unreadable } from '../options/wrong-options.js'

/** What each entry takes. */
const taken: Readonly<Record<Entry, string>> = {
  pglite: 'a PGlite or a PGliteWorker',
  pg: 'a Pool, or a Client that is connected, of node-postgres',
  postgres: 'what `postgres()` of postgres.js returns',
  bun: "what `new SQL(address)` of Bun's gives, for PostgreSQL",
  neon: 'what `neon()` returns, or a Pool or a Client of @neondatabase/serverless',
}

/** How one is made. */
const made: Readonly<Record<Entry, string>> = {
  pglite: '`await PGlite.create()`',
  pg: '`new pg.Pool({ connectionString })`',
  postgres: '`postgres(address)`',
  bun: '`new SQL(address)`',
  neon: '`neon(address)`',
}

type Kind = readonly [test: (value: object) => boolean, what: string, help: (entry: Entry, value: object) => string]

const isFunction = (value: unknown): value is Function => typeof value === 'function'
const importFrom = ([entry]: readonly Entry[]) => `import from counterfoil/${entry}`
const elsewhere = (entries: readonly Entry[]) => () => `${importFrom(entries)}, which takes it`
const make = (entry: Entry) => `pass ${made[entry]}`
const inner = 'pass the client, pool or PGlite that it was made with'

/** What a class makes can be told from its prototype. */
const isClass = (value: object, ...methods: readonly string[]) =>
  isFunction(value) && can(Object(value.prototype), ...methods)

/** What Bun's `SQL` makes, and whether it is for PostgreSQL. */
const ofBun = (value: object) => can(value, 'unsafe', 'beginDistributed')
const isPostgres = (value: object) => Object((value as { options?: unknown }).options).adapter === 'postgres'

/** Databases that an entry takes. */
const drivers: readonly (readonly [test: (value: object) => boolean, what: string, entries: readonly Entry[]])[] = [
  [(value) => isFunction(value) && can(value, 'query', 'transaction'), 'a sql of neon()', ['neon']],
  [(value) => ofBun(value) && isPostgres(value), "a SQL of Bun's", ['bun']],
  [(value) => isFunction(value) && can(value, 'unsafe') && !ofBun(value), 'a sql of postgres.js', ['postgres']],
  [(value) => can(value, 'query', 'exec'), 'a PGlite', ['pglite']],
  [(value) => 'totalCount' in value && can(value, 'connect'), 'a Pool of node-postgres', ['pg', 'neon']],
  [(value) => can(value, 'query', 'on', 'removeListener'), 'a Client of node-postgres', ['pg', 'neon']],
]

const driverOf = (value: object) => drivers.find(([test]) => test(value))

/** What Drizzle wraps is its `$client`; old versions keep it to themselves. */
function unwrapped(entry: Entry, value: object): string {
  const client = (value as { $client?: unknown }).$client
  const entries = driverOf(Object(client))?.[2] ?? []
  if (entries.includes(entry)) return 'pass what it wraps: `db.$client`'
  return entries.length > 0 ? `${importFrom(entries)}, and pass what it wraps: \`db.$client\`` : inner
}

/** What people hand in, and what to do instead. The first that fits counts. */
const kinds: readonly Kind[] = [
  [
    (value) => can(value, 'then'),
    'a promise',
    (entry) =>
      `wait for it: put \`await\` before what makes it${entry === 'pglite' ? ', as in `await PGlite.create()`' : ''}`,
  ],
  [(value) => value instanceof String, 'a text', (entry) => `an address is not enough: ${make(entry)}`],
  [(value) => value instanceof URL, 'a URL', (entry) => `an address is not enough: ${make(entry)}`],
  [(value) => '$client' in value || ('dialect' in value && 'session' in value), 'what drizzle() returns', unwrapped],
  [(value) => can(value, 'getExecutor', 'selectFrom'), 'a Kysely', () => inner],
  [(value) => can(value, 'raw') && 'client' in value, 'a Knex', () => inner],
  [(value) => '$queryRawUnsafe' in value, 'a client of Prisma', () => 'pass a client, pool or PGlite of its own'],
  [(value) => '$pool' in value, 'a database of pg-promise', () => 'import from counterfoil/pg, and pass `db.$pool`'],
  [(value) => can(value, 'getQueryInterface'), 'a Sequelize', () => 'pass a pool of its own'],
  [(value) => 'entityMetadatas' in value, 'a DataSource of TypeORM', () => 'pass a pool of its own'],
  ...drivers.map(([test, what, entries]): Kind => [test, what, elsewhere(entries)]),
  [ofBun, "a SQL of Bun's for another kind of database", () => `it is for PostgreSQL alone: ${make('bun')}`],
  [(value) => isClass(value, 'query', 'exec'), 'the class PGlite', () => `make one: ${made.pglite}`],
  [
    (value) => isClass(value, 'query', 'connect'),
    'a class of node-postgres',
    () => 'make one: `new pg.Pool({ connectionString })`',
  ],
  [(value) => 'Pool' in value && 'Client' in value, 'a module', (entry) => make(entry)],
  [isFunction, 'a function', (entry) => `pass what it makes, such as ${made[entry]}`],
  [
    (value) => ['connectionString', 'host', 'database', 'dataDir'].some((name) => name in value),
    'an object of options',
    (entry) => make(entry),
  ],
  [
    (value) => Object.keys(value).some((path) => /\.sql$/i.test(path)) || 'manifest' in value || Array.isArray(value),
    'a set of migrations',
    () => 'the database comes first: `migrate(db, migrations)`',
  ],
]

/** Databases of the right kind, but not like this. */
const unfit: readonly (readonly [
  entries: readonly Entry[],
  test: (value: object) => boolean,
  message: string,
  help: string,
])[] = [
  [
    ['pg', 'neon'],
    (value) => '_connected' in value && value._connected === false && can(value, 'query', 'connect'),
    'the client is not connected',
    'call `await client.connect()` first',
  ],
]

/** The error about the options, if one is wrong, or else about the database. @internal */
export function refusal(db: unknown, entry: Entry, options: AnyOptions, names: Names): MigrationError {
  checkedOptions(options, names)
  return wrongDatabase(db, entry)
}

/**
 * The error about a database that an entry cannot use. It says what the value is, and never what is in it: an address may
 * hold a password.
 */
function wrongDatabase(db: unknown, entry: Entry): MigrationError {
  const near = unfit.find(([entries, test]) => entries.includes(entry) && test(Object(db)))
  if (near) return failure('invalid-input', near[2], near[3])
  const found = db === null || db === undefined ? undefined : kinds.find(([test]) => test(Object(db)))
  const [, what, help] = found ?? [undefined, plain(db), make]
  return failure(
    'invalid-input',
    `the database is ${what}, and counterfoil/${entry} takes ${taken[entry]}`,
    help(entry, Object(db)),
  )
}

/** A value that is nothing special, with its article. */
function plain(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}
