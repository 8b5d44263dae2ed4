import pg from 'pg'

export const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
// A connection that breaks while nobody uses it would end the process otherwise.
pool.on('error', ({ message }) => console.error(`database: ${message}`))
