// A Worker that migrates when it starts: many of them start at once.
import { neon, neonConfig } from '@neondatabase/serverless'
import * as overNeon from 'counterfoil/neon'
import * as overPostgres from 'counterfoil/postgres'
import postgres from 'postgres'
import { manifest } from './set.js'

// Nobody is to run into these because the machine is slow.
const patience = { lockTimeout: 120_000, waitTimeout: 600_000 }

let migrated

function migrate(env) {
  if (env.ENDPOINT) {
    neonConfig.fetchEndpoint = env.ENDPOINT
    return overNeon.migrate(neon(env.URL), manifest, patience)
  }
  const hyperdrive = Object.values(env).find((binding) => binding?.connectionString)
  const sql = postgres(hyperdrive?.connectionString ?? env.URL, { max: 1, prepare: false, fetch_types: false, onnotice() {} })
  return overPostgres.migrate(sql, manifest, patience).finally(() => sql.end())
}

export default {
  async fetch(request, env) {
    try {
      const { status, applied, roundTrips } = await (migrated ??= migrate(env))
      return Response.json({ status, applied: applied.map(({ version }) => version), roundTrips })
    } catch (error) {
      return new Response(`${error.stack}\n${error.cause?.stack}`, { status: 500 })
    }
  },
}
