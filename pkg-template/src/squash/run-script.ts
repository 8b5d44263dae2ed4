// Sends `adopt.sql` or `restore.sql` to a database, whole and as one message.
import { describe } from '../run/database.js'
import type { Driver } from '../run/driver.js'
import { failure, MigrationError } from '../shared/errors.js'
import { init } from '../wasm/init.js'
import { coreNow } from '../wasm/start.js'
import { translated } from '../wasm/translated.js'

/** What the database said on the way. @internal */
export interface Said {
  readonly severity: 'NOTICE' | 'WARNING'
  readonly message: string
}

/** Runs a script that is a transaction of its own. What it says is handed on. @internal */
export async function runScript<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  sql: string,
  said: (what: Said) => void = () => {},
): Promise<void> {
  await init()
  const count = translated(() => coreNow().splitStatements(sql).statements.length)
  const connection = driver.connect(db)
  if (!connection.script) {
    connection.close?.(false)
    throw failure(
      'unsupported',
      'over HTTP a script cannot be sent whole',
      'run it with psql, or with an address of PostgreSQL itself',
    )
  }
  connection.notice = (notice) => {
    const { severity, message } = notice as Partial<Said>
    said({ severity: severity === 'WARNING' ? 'WARNING' : 'NOTICE', message: String(message) })
  }
  let failed = true
  try {
    await connection.script(sql, () => {}, count)
    failed = false
  } catch (error) {
    const told = explained(error)
    if (told.code !== 'connection-lost')
      await Promise.resolve(connection.statement('rollback', () => {})).catch(() => {})
    throw told
  } finally {
    connection.close?.(failed)
  }
}

function explained(error: unknown): MigrationError {
  if (error instanceof MigrationError) return error
  const { lost, sqlstate, message, hint } = describe(error)
  if (lost)
    return failure(
      'connection-lost',
      `the connection was lost: ${message}`,
      'run it again: if it was done, that changes nothing',
      error,
    )
  // Raised by the script itself.
  if (sqlstate === 'P0001') return failure('squash-refused', message ?? '', hint ?? '', error)
  const help =
    sqlstate === '55P03'
      ? 'somebody uses one of these tables; nothing was changed: run it again'
      : 'nothing was changed: see that this role owns the tables, and may create a schema (else make the scripts with `keep: "suffix"`)'
  return failure('database-failed', `the script failed: ${message}`, help, error)
}
