// The question about a schema, and its rows as each driver hands them over.
import type { Connection } from '../run/database.js'
import type { Entry } from '../run/driver.js'

/**
 * PostgreSQL takes so long a query for dear where there are many tables, and would compile it: 3 to 25 seconds for one that
 * takes half a second. In a transaction of the caller's this stays so until its end.
 */
const uncompiled = 'set local jit = off'

/** Kind, name and data of every fact. @internal */
export async function rowsOf(entry: Entry, connection: Connection, sql: string): Promise<readonly unknown[][]> {
  const { script, batch, query } = connection
  // PGlite compiles nothing.
  if (entry === 'pglite') return (await query(sql)).map(({ kind, name, data }) => [kind, name, data])
  const both = script ? await script(`${uncompiled}; ${sql}`, sent, 2) : await batch!([uncompiled, sql], sent)
  const last: unknown = (both as unknown[]).at(-1)
  return (Array.isArray(last) ? last : (last as { rows: object[] }).rows).map(texts)
}

const sent = () => {}

const decoder = new TextDecoder()

/** A row is an object or an array, of texts or of bytes. */
const texts = (row: object): unknown[] =>
  Object.values(row).map((value) => (value instanceof Uint8Array ? decoder.decode(value) : value))
