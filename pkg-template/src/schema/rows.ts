// The rows of the query: the schema as the database tells it.
import { describe, unlessTold } from '../run/database.js'
import type { Driver } from '../run/driver.js'
import { refusal } from '../run/wrong-database.js'
import { settings, type AnyOptions, type Names } from '../options/options.js'
import { failure, MigrationError } from '../shared/errors.js'
import { review } from '../wasm/review.js'
import { rowsOf as sent } from './ask.js'
import type { SchemaRow } from './trace.js'

/** The options of what reads a schema. @internal */
export const reading = ['table', 'schema', 'signal', 'waitTimeout'] as const satisfies Names

/** Schema and name of the ledger: where nobody says otherwise, in `public`. @internal */
export function ledgerIn({ core }: NonNullable<ReturnType<typeof settings>>): readonly [schema: string, name: string] {
  const { schema, name } = core.table
  return [schema ?? 'public', name]
}

/** The rows of the query. @internal */
export async function rowsOf<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  options: AnyOptions,
): Promise<readonly SchemaRow[]> {
  const chosen = settings(options, reading)
  if (!chosen || !driver.takes(Object(db))) throw refusal(db, driver.entry, options, reading)
  const { snapshotQuery } = await review()
  const sql = snapshotQuery([ledgerIn(chosen)]) as string
  const connection = driver.connect(db)
  let failed = true
  try {
    const rows = await unlessTold(chosen, sent(driver.entry, connection, sql), async () =>
      (await import('../run/late.js')).late(chosen, []),
    )
    failed = false
    return rows as readonly unknown[] as readonly SchemaRow[]
  } catch (error) {
    throw error instanceof MigrationError ? error : unread(error)
  } finally {
    connection.close?.(failed)
  }
}

function unread(cause: unknown): MigrationError {
  const { lost, message } = describe(cause)
  return lost
    ? failure('connection-lost', `the connection was lost: ${message}`, 'run it again: nothing was written', cause)
    : failure(
        'database-failed',
        `the schema could not be read: ${message}`,
        'see that this role may read the catalogs of the database; nothing was written',
        cause,
      )
}
