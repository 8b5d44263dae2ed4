// `deno serve` with postgres.js: migrated at the first request, then one promise for all.
import postgres from 'postgres'
import { readinessHandler } from 'counterfoil/health'
import { migrate, ready } from 'counterfoil/postgres'
import migrations from './migrations.js'

const sql = postgres(Deno.env.get('DATABASE_URL'))
const health = readinessHandler((signal) => ready(sql, migrations, { signal }))
let current

export default {
  async fetch(request) {
    const answer = health.route(request)
    if (answer) return answer
    try {
      await (current ??= migrate(sql, migrations))
    } catch ({ code, message }) {
      current = undefined
      console.error(`${code}: ${message}`)
      return new Response('the database is not ready\n', { status: 503 })
    }
    const name = new URL(request.url).searchParams.get('name')
    if (name) await sql`insert into guests (name) values (${name})`
    return Response.json(await sql`select name from guests order by id`)
  },
}
