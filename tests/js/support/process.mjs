// A server that boots: opens its database, and migrates it when told to, or goes `back`. Started by startProcess of processes.mjs.
import { once } from 'node:events'
import { readMigrations } from 'counterfoil/node'

const { url, dataDir, folder, options, back } = JSON.parse(process.argv[2])
const files = await readMigrations(folder)
const { work, db, close } = url ? await postgres() : await pglite()
// The first call also loads the core: have that behind us.
const { init } = await import('counterfoil')
await init()

process.stdout.write('ready\n')
await once(process.stdin, 'data')
try {
  const result = await work(db, files, {
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
  const [api, { default: pg }] = await Promise.all([import('counterfoil/pg'), import('pg')])
  const client = new pg.Client({ connectionString: url })
  // A session that the server ends is what a run tells of.
  client.on('error', () => {})
  await client.connect()
  return { work: back ? api.rollback : api.migrate, db: client, close: () => client.end() }
}

async function pglite() {
  const [{ migrate }, { PGlite }] = await Promise.all([import('counterfoil/pglite'), import('@electric-sql/pglite')])
  const db = await PGlite.create({ dataDir })
  return { work: migrate, db, close: () => db.close() }
}
