// node-postgres: a Client or a Pool.
import { down, judge, look, up, type Driver } from './actions.js'
import { completed, type Connection, type TextRow } from './database.js'
import { failure } from './errors.js'
import type * as api from './public.js'

export { MigrationError, type Location } from './errors.js'
export { init, type CoreSource } from './init.js'
export type * from './public.js'

/** The part of a node-postgres `Client` that is needed. */
export interface PgClient {
  query(config: { text: string; types?: { getTypeParser(): (value: string) => unknown } }): Promise<{ rows: unknown[] }>
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
}

/** A `Client` that a pool has lent. */
export interface PgPoolClient extends PgClient {
  release(destroy?: boolean | Error): void
}

/** The part of a node-postgres `Pool` that is needed. */
export interface PgPool {
  readonly totalCount: number
  connect(): Promise<PgPoolClient>
}

/** What a `Client` has beyond that; not the one of pg-native. */
interface Inside {
  readonly connection?: { on?(event: string, listener: () => void): void; removeListener?(event: string, listener: () => void): void }
  readonly _connected?: boolean
  readonly _connecting?: boolean
}

// Every column comes cast to text; parsers of the caller's own would get in the way.
const types = { getTypeParser: () => (value: string) => value }

function connect(db: PgClient | PgPool): Connection {
  const pool = 'totalCount' in db ? db : undefined
  let client: (PgClient & Inside) | undefined = pool ? undefined : (db as PgClient)
  if (client?._connected === false && client._connecting === false)
    throw failure('invalid-input', 'the client is not connected', 'call `await client.connect()` first')
  // A connection that breaks between two queries says so by an event, which would end the process.
  const ignore = () => {}
  client?.on('error', ignore)

  async function send(text: string): Promise<{ rows: unknown[] }> {
    if (!client) {
      client = await pool!.connect()
      client.on('error', ignore)
    }
    const { connection } = client
    let done = 0
    const count = () => void done++
    connection?.on?.('commandComplete', count)
    try {
      return await client.query({ text, types })
    } catch (error) {
      if (connection?.on && error instanceof Error) Object.assign(error, { [completed]: done })
      throw error
    } finally {
      connection?.removeListener?.('commandComplete', count)
    }
  }

  function giveBack(destroy: boolean): void {
    client?.removeListener('error', ignore)
    if (pool) {
      ;(client as PgPoolClient | undefined)?.release(destroy)
      client = undefined
    }
  }

  return {
    capabilities: { script: true, batch: false, interactive: true },
    query: async (sql) => (await send(sql)).rows as TextRow[],
    statement: send,
    script: send,
    // A broken connection of a pool is replaced by the next request; a client has only the one.
    lost: () => pool && giveBack(true),
    close: giveBack,
  }
}

const driver: Driver<PgClient | PgPool> = { connect, pooled: (db) => 'totalCount' in db }
type Set = api.Migrations<api.LazySqlSource>

/**
 * Brings the database current: reads the ledger, plans, and applies what is pending, each migration in one transaction
 * with its ledger row. Safe to call from any number of processes at once.
 *
 * @param db a `Client` that is connected, or a `Pool`, of which one client is used and given back
 * @param migrations path to text: what `readMigrations` or `import.meta.glob` gives
 * @returns what was applied, adopted and found, how many messages were sent, and how long it took
 * @throws MigrationError `plan-refused` if files and ledger disagree (nothing was run); `statement-failed` with file,
 *   line, column and statement (what was applied before is in `applied`); `wait-timeout`, `connection-lost`,
 *   `pending`, `plan-changed`, `foreign-ledger`, `aborted`, or what is wrong with a file or an option
 *
 * @example
 * ```js
 * const db = new pg.Pool({ connectionString: process.env.DATABASE_URL })
 * const { applied } = await migrate(db, await readMigrations('db/migrations'))
 * ```
 */
export const migrate = (db: PgClient | PgPool, migrations: Set, options?: api.MigrateOptions): Promise<api.MigrateResult> =>
  up(driver, db, migrations, options)

/**
 * Reads the ledger and plans: one decision for every file and every ledger row, with its reason. Writes nothing; a
 * ledger that is not there is an empty one.
 *
 * What would stop `migrate` is in the plan, as a decision or finding whose `severity` is `error`. Its `digest` can be
 * handed to `migrate` as `expect`, so that it applies exactly this plan.
 *
 * @throws MigrationError `database-failed`, `connection-lost`, or what is wrong with a file or an option
 */
export const plan = (db: PgClient | PgPool, migrations: Set, options?: api.ReadOptions): Promise<api.Plan> =>
  look(driver, db, migrations, options)

/**
 * Judges whether the database is where these files expect it to be: what a health check answers. Writes nothing, and
 * takes a ledger that is not there for an empty one. One query if all is well.
 *
 * @returns `status` with its `httpStatus` (200 for `ready` and `ahead`, else 503) and one line for the log
 * @throws MigrationError `database-failed`, `connection-lost`, or what is wrong with a file or an option
 */
export const ready = (db: PgClient | PgPool, migrations: Set, options?: api.ReadOptions): Promise<api.Readiness> =>
  judge(driver, db, migrations, options)

/**
 * Goes back, in the reverse of the order of application: the newest migration, `steps` of them, or until `to` is the
 * newest. Each down section runs in one transaction with the deletion of its ledger row.
 *
 * @throws MigrationError `nothing-to-roll-back`; `no-down-section`, with the file; `destructive-down` if a down section
 *   drops a whole schema or database and its version is not in `allowDestructive` (nothing was run); and what
 *   {@link migrate} throws
 */
export const rollback = (db: PgClient | PgPool, migrations: Set, options?: api.RollbackOptions): Promise<api.MigrateResult> =>
  down(driver, db, migrations, options)
