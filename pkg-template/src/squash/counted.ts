// How many rows and values a database has of what goes aside: its script demands those numbers.
import { describe } from '../run/database.js'
import type { Driver } from '../run/driver.js'
import { failure } from '../shared/errors.js'
import { literal } from '../shared/quote.js'

/** Rows by table, and values that are not null by column, of those tables and columns in `drop`. @internal */
export async function countedIn<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  drop: readonly string[],
): Promise<Record<string, number>> {
  const connection = driver.connect(db)
  const counts: Record<string, number> = {}
  let failed = true
  try {
    for (const text of drop) {
      const [, kind, name] = /^\s*(table|column)\s+(\S.*?)\s*$/s.exec(text) ?? []
      if (kind === undefined || name === undefined) continue
      // As PostgreSQL reads a name, and as it writes one.
      const [named] = await connection.query(
        `select array_to_json(array_agg(quote_ident(part) order by at)) as parts from unnest(parse_ident(${literal(name)})) with ordinality as parts (part, at)`,
      )
      const read: unknown = named?.parts
      const parts = (typeof read === 'string' ? JSON.parse(read) : read) as string[]
      const column = kind === 'column' ? parts.pop() : undefined
      const table = (parts.length < 2 ? ['public', ...parts] : parts).join('.')
      const [row] = await connection.query(`select count(${column ?? '*'})::text as number from ${table}`)
      counts[column === undefined ? table : `${table}.${column}`] = Number(row?.number)
    }
    failed = false
    return counts
  } catch (error) {
    const { lost, message } = describe(error)
    throw lost
      ? failure('connection-lost', `the connection was lost: ${message}`, 'run it again: nothing was written', error)
      : failure(
          'database-failed',
          `the rows of what goes aside could not be counted: ${message}`,
          'see that this is a database that the migrations have made, and that this role may read these tables; nothing was written',
          error,
        )
  } finally {
    connection.close?.(failed)
  }
}
