// Bun: migrated before the server listens.
import postgres from 'postgres'
import { migrate } from 'counterfoil/postgres'
import migrations from './migrations.js'

const sql = postgres(process.env.DATABASE_URL)
const { status, applied, elapsedMs } = await migrate(sql, migrations)
console.log(`${status}: ${applied.length} applied in ${elapsedMs} ms`)

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: process.env.PORT ?? 3000,
  async fetch(request) {
    const name = new URL(request.url).searchParams.get('name')
    if (name) await sql`insert into guests (name) values (${name})`
    return Response.json(await sql`select name from guests order by id`)
  },
})
console.log(`listening on ${server.url}`)
