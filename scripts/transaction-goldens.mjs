// Writes which statements of tests/data/transaction/statements.sql a real PostgreSQL 18 refuses inside a transaction.
// `node scripts/transaction-goldens.mjs` writes the golden file, with `--check` it only compares it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadModule, parseSync } from 'libpg-query'
import { startPostgres } from '../tests/js/support/postgres.mjs'
import { Stop, root, say, script } from './lib.mjs'

// active_sql_transaction, invalid_transaction_termination (COMMIT in the body of a DO)
const refusals = ['25001', '2D000']

await script(async () => {
  await loadModule()
  const folder = join(root, 'tests/data/transaction')
  const bytes = readFileSync(join(folder, 'statements.sql'))
  const server = await startPostgres({ wal_level: 'logical', max_wal_senders: '4' })
  const lines = []
  try {
    const client = await server.connect()
    // One by one: a database cannot be made in a message of many statements.
    const setup = readFileSync(join(folder, 'setup.sql'), 'utf8')
    for (const { text } of split(Buffer.from(setup))) await client.query(text)
    for (const { text } of split(bytes)) {
      await client.query('begin')
      const error = await client.query(text).then(
        () => undefined,
        (error) => error,
      )
      await client.query('rollback').catch(() => {})
      const refused = refusals.includes(error?.code)
      if (error && !refused) say(`${text}: ${error.code} ${error.message}`)
      lines.push(`${refused ? 'refused' : 'allowed'} ${text.split('\n', 1)[0]}\n`)
    }
    await client.end()
  } finally {
    await server.stop()
  }
  const golden = join(folder, 'statements.transaction')
  if (!process.argv.includes('--check')) writeFileSync(golden, lines.join(''))
  else if (readFileSync(golden, 'utf8') !== lines.join('')) throw new Stop(`${golden} is not what PostgreSQL says`)
  say(`${lines.length} statements tried`)
})

function split(bytes) {
  return parseSync(bytes.toString()).stmts.map(({ stmt_location: from = 0, stmt_len: length }) => ({
    text: bytes
      .subarray(from, length ? from + length : undefined)
      .toString()
      .trim(),
  }))
}
