// `npm run bench`: every figure is a median, every comparison a ratio within this run. Writes nothing.
// `npm run bench -- size core` runs some parts.
import { cpus } from 'node:os'
import { boot } from './boot.mjs'
import { cli } from './cli.mjs'
import { core, linearity, size } from './core.mjs'
import { database } from './database.mjs'
import { evidence } from './evidence.mjs'
import { large } from './large.mjs'
import { schema } from './schema.mjs'
import { workerd } from './workerd.mjs'

const parts = { size, core, linearity, database, large, schema, evidence, boot, workerd, cli }
const chosen = process.argv.slice(2)
const unknown = chosen.find((name) => !(name in parts))
if (unknown) {
  console.error(`there is no part ${unknown}; there are: ${Object.keys(parts).join(', ')}`)
  process.exit(1)
}
console.log(`${cpus()[0]?.model.trim() ?? 'unknown processor'} x ${cpus().length}, Node ${process.versions.node}`)
for (const name of chosen.length ? chosen : Object.keys(parts)) await parts[name]()
