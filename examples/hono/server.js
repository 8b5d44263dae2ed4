import { serve } from '@hono/node-server'
import pg from 'pg'
import { guests } from './app.js'
import migrations from './migrations.js'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
serve({ fetch: guests(pool, migrations).fetch, port: Number(process.env.PORT ?? 3000) })
