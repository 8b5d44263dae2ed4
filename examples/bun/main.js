// Bun: migrated before the server listens.
import postgres from 'postgres'
import { readinessHandler } from 'counterfoil/health'
import { migrate, ready } from 'counterfoil/postgres'
import migrations from './migrations.js'

const sql = postgres(process.env.DATABASE_URL)
const { status, applied, elapsedMs } = await migrate(sql, migrations)
console.log(`${status}: ${applied.length} applied in ${elapsedMs} ms`)

const health = readinessHandler((signal) => ready(sql, migrations, { signal }))
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: process.env.PORT ?? 3000,
  routes: { [health.path]: (request) => health.fetch(request) },
  async fetch(request) {
    const name = new URL(request.url).searchParams.get('name')
    if (name) await sql`insert into guests (name) values (${name})`
    return Response.json(await sql`select name from guests order by id`)
  },
})
console.log(`listening on ${server.url}`)
