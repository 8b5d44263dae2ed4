// A Cloudflare Worker on Neon. Every isolate looks at the ledger once, at its first request.
import { neon } from '@neondatabase/serverless'
import { migrate } from 'counterfoil/neon'
import migrations from './migrations.js'

let current

/** One promise for all requests of this isolate; a failure is forgotten, so that the next request tries again. */
function migrated(sql) {
  return (current ??= migrate(sql, migrations).catch((error) => {
    current = undefined
    throw error
  }))
}

export default {
  async fetch(request, env, context) {
    const sql = neon(env.DATABASE_URL)
    const ready = migrated(sql)
    // The work outlives this request if its client goes away: others wait for it too.
    context.waitUntil(ready.catch(() => {}))
    try {
      await ready
    } catch ({ code, message }) {
      console.error(`${code}: ${message}`)
      return new Response('the database is not ready\n', { status: 503 })
    }
    const { name } = Object.fromEntries(new URL(request.url).searchParams)
    if (name) await sql`insert into guests (name) values (${name})`
    return Response.json(await sql`select name from guests order by id`)
  },
}
