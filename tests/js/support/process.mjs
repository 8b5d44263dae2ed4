// A server that boots: opens its database, and migrates it when told to. Started by startProcess of processes.mjs.
import { once } from 'node:events'
import { readMigrations } from 'counterfoil/node'

const { url, dataDir, folder, options } = JSON.parse(process.argv[2])
const files = await readMigrations(folder)
const { migrate, db, close } = url ? await postgres() : await pglite()
// The first call also loads the core: have that behind us.
const { init } = await import('counterfoil')
await init()

process.stdout.write('ready\n')
await once(process.stdin, 'data')
try {
  const result = await migrate(db, files, {
    ...options,
    onProgress: ({ kind, version, step }) => process.stdout.write(`${JSON.stringify({ kind, version, step })}\n`),
  })
  process.stdout.write(`${JSON.stringify({ result })}\n`)
} catch (error) {
  const { name, code, message, help, at } = error
  process.stdout.write(`${JSON.stringify({ error: { name, code, message, help, at, stack: error.stack } })}\n`)
}
await close()
process.exit()

async function postgres() {
  const [{ migrate }, { default: pg }] = await Promise.all([import('counterfoil/pg'), import('pg')])
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return { migrate, db: client, close: () => client.end() }
}

async function pglite() {
  const [{ migrate }, { PGlite }] = await Promise.all([import('counterfoil/pglite'), import('@electric-sql/pglite')])
  const db = await PGlite.create({ dataDir })
  return { migrate, db, close: () => db.close() }
}
