// Writes what PostgreSQL's own parser (libpg-query) makes of the SQL fixtures in tests/data/split and tests/data/lex.
// `node scripts/split-goldens.mjs` writes the golden files, with `--check` it only compares them.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadModule, parseSync, scanSync } from 'libpg-query'
import { Stop, root, say, script } from './lib.mjs'

const comments = ['SQL_COMMENT', 'C_COMMENT']

/** One line per statement: its byte range without comments at its ends, and its first line for the reader. */
function statements(text) {
  let parsed
  try {
    parsed = parseSync(text)
  } catch (error) {
    return [`refused: ${error.message}`]
  }
  const bytes = Buffer.from(text)
  const tokens = scanSync(text).tokens.filter((token) => !comments.includes(token.tokenName))
  return (parsed.stmts ?? []).map(({ stmt_location: from = 0, stmt_len: length }) => {
    const to = length ? from + length : bytes.length
    const inside = tokens.filter((token) => token.start >= from && token.end <= to)
    if (!length) while (inside.at(-1)?.text === ';') inside.pop()
    return line(bytes, inside[0].start, inside.at(-1).end)
  })
}

/** One line per token: its byte range and its text. */
function tokens(text) {
  const bytes = Buffer.from(text)
  return scanSync(text).tokens.map((token) => line(bytes, token.start, token.end))
}

function line(bytes, start, end) {
  return `${start}..${end} ${
    bytes
      .subarray(start, end)
      .toString()
      .split(/[\r\n]/, 1)[0]
  }`
}

await script(async () => {
  await loadModule()
  const check = process.argv.includes('--check')
  let count = 0
  for (const [folder, read, ending] of [
    ['split', statements, 'statements'],
    ['lex', tokens, 'tokens'],
  ]) {
    const path = join(root, 'tests/data', folder)
    for (const name of readdirSync(path).filter((name) => name.endsWith('.sql'))) {
      const golden = join(path, name.replace(/sql$/, ending))
      const found = read(readFileSync(join(path, name), 'utf8'))
        .map((text) => `${text}\n`)
        .join('')
      if (!check) writeFileSync(golden, found)
      else if (!existsSync(golden) || readFileSync(golden, 'utf8') !== found)
        throw new Stop(
          `${golden} is not what libpg-query says: run node scripts/split-goldens.mjs and look at the change`,
        )
      count++
    }
  }
  say(`${count} golden files ${check ? 'agree with' : 'written from'} libpg-query`)
})
