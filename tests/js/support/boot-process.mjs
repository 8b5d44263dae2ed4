// A process that boots a number of databases, one after another, with the snapshots of a folder: `boot-process.mjs <folder> <times>`.
import { PGlite } from '@electric-sql/pglite'
import { snapshotsInFolder } from 'counterfoil/node'
import { boot } from 'counterfoil/pglite'

const [folder, times] = process.argv.slice(2)
const set = {
  '001_customers.sql': `-- migrate:up\ncreate table customers (name text);\ninsert into customers values ('Ann'), ('Bob');\n`,
  '002_view.sql': '-- migrate:up\ncreate view names as select name from customers;\n',
  '003_index.sql': '-- migrate:up\ncreate index on customers (name);\n',
}
const said = { findings: [], names: undefined, used: [] }
for (let time = 0; time < Number(times); time += 1) {
  const { db, result, snapshot } = await boot(PGlite, set, { snapshots: snapshotsInFolder(folder) })
  said.findings.push(...result.findings)
  said.used.push(snapshot.migrations)
  said.names = (await db.query('select name from names order by name')).rows.map(({ name }) => name)
  await db.exec("insert into customers values ('Eve')")
  await db.close()
}
console.log(JSON.stringify(said))
