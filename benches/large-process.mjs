// large-process.mjs <exec|migrate> <folder> <address|memory>: applies one large file, and prints time and peak memory.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import * as onPg from 'counterfoil/pg'
import * as onPglite from 'counterfoil/pglite'
import { readMigrations } from 'counterfoil/node'
import pg from 'pg'

const [what, folder, address] = process.argv.slice(2)
const inMemory = address === 'memory'
const db = inMemory ? await PGlite.create() : new pg.Client({ connectionString: address })
if (!inMemory) await db.connect()
const begin = performance.now()
if (what === 'exec') {
  const text = await readFile(join(folder, '0001_seed.sql'), 'utf8')
  const up = text.slice(0, text.indexOf('-- migrate:down'))
  await (inMemory ? db.exec(up) : db.query(up))
} else await (inMemory ? onPglite : onPg).migrate(db, await readMigrations(folder))
const time = performance.now() - begin
await (inMemory ? db.close() : db.end())
console.log(JSON.stringify({ time, peak: process.resourceUsage().maxRSS * 1024 }))
