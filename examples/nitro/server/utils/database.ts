import { migrate } from 'counterfoil/pg'
import pg from 'pg'
import migrations from '../../migrations'

export const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
// A connection that breaks while nobody uses it would end the process otherwise.
pool.on('error', ({ message }) => console.error(`database: ${message}`))

let current: ReturnType<typeof migrate> | undefined

/** One promise for the whole server; a failure is forgotten, so that the next request tries again. */
export function migrated() {
  return (current ??= migrate(pool, migrations).catch((error) => {
    current = undefined
    throw error
  }))
}
