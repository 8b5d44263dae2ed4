// PGlite.
import { drive } from './drive.js'
import type { LazySqlSource, Migrations } from './files.js'

export { MigrationError } from './errors.js'
export { init } from './init.js'

/** The part of a PGlite instance that is needed. */
export interface PGliteLike {
  query(sql: string): Promise<{ rows: unknown[] }>
  exec(sql: string): Promise<unknown>
}

/** Brings the database current. */
export function migrate(db: PGliteLike, migrations: Migrations<LazySqlSource>): Promise<{ status: string }> {
  return drive(
    {
      query: async (sql) => (await db.query(sql)).rows as Record<string, string | null>[],
      script: async (sql) => void (await db.exec(sql)),
    },
    migrations,
  )
}
