// A process that migrates a data directory: `node migrate-process.mjs <directory> <seconds in the last migration>`.
// Prints `working` once the lock is held, then `done` or the error as JSON.
import { PGlite } from '@electric-sql/pglite'
import { migrate } from 'counterfoil/pglite'

const [directory, seconds] = process.argv.slice(2)
const db = await PGlite.create(directory)
const migrations = {
  '001_a.sql': '-- migrate:up\ncreate table a (n int);\n',
  '002_b.sql': `-- migrate:up\ninsert into a values (1);\nselect pg_sleep(${seconds});\n`,
}
try {
  await migrate(db, migrations, { onProgress: ({ kind }) => kind === 'applied' && process.stdout.write('working\n') })
  process.stdout.write('done\n')
} catch ({ code, message, help }) {
  process.stdout.write(`${JSON.stringify({ code, message, help })}\n`)
}
await db.close()
