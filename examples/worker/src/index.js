// A Cloudflare Worker on Neon. Every isolate looks at the ledger once, at its first request.
import { neon } from '@neondatabase/serverless'
import { readinessHandler } from 'counterfoil/health'
import { migrate, ready } from 'counterfoil/neon'
import migrations from './migrations.js'

let current, health

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
    // It says how the database is, and does not migrate it. It remembers its last answer, so there is one for all requests.
    health ??= readinessHandler((signal) => ready(sql, migrations, { signal }))
    const answer = health.route(request, env, context)
    if (answer) return answer
    const done = migrated(sql)
    // The work outlives this request if its client goes away: others wait for it too.
    context.waitUntil(done.catch(() => {}))
    try {
      await done
    } catch ({ code, message }) {
      console.error(`${code}: ${message}`)
      return new Response('the database is not ready\n', { status: 503 })
    }
    const { name } = Object.fromEntries(new URL(request.url).searchParams)
    if (name) await sql`insert into guests (name) values (${name})`
    return Response.json(await sql`select name from guests order by id`)
  },
}
