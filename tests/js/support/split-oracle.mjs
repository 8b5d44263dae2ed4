// What PostgreSQL's own parser and scanner say of where statements begin and end, beside what we say.
import assert from 'node:assert/strict'
import { splitStatements } from 'counterfoil'
import { parseSync, scanSync } from 'libpg-query'

/** What a text came to. */
export const kinds = ['parsed', 'scanned', 'not closed', 'psql', 'no oracle']

/**
 * Compares; an assertion fails where there is a difference. `parsed`: the parser takes the text, and its statements are
 * ours. `scanned`: it refuses it, but its scanner has tokens; a statement is what stands between two semicolons, if there
 * is no body and no rule in it. `not closed`: a quote or comment has no end for either. `psql`: it is psql that would read it.
 */
export function compared(given) {
  const ours = split(given)
  // A mark at the start of a file is none of its text.
  const text = given.replace(/^\uFEFF/, '')
  const bytes = Buffer.from(text)
  const message = `of ${JSON.stringify(text)}`
  if (/^(psql-command|copy-from-stdin)$/.test(ours.code)) return 'psql'
  // PostgreSQL goes on with a string behind a comment and a line break. libpg-query does not, since it makes a token of the comment.
  if (/'\s*--[^\r\n]*[\r\n](\s|--[^\r\n]*[\r\n])*'/.test(text)) return 'no oracle'
  // It takes letters behind a parameter, too, which PostgreSQL refuses.
  if (/\$\d+[\p{L}\p{M}_$]/u.test(text)) return 'no oracle'
  const scan = attempt(() => scanSync(text))
  if (scan.error) {
    // The package shows the beginning of the message alone.
    if (scan.error.includes('unterminat')) {
      // A command of psql's may hold the quote that has no end.
      if (!ours.code && text.includes('\\')) return 'psql'
      assert.match(ours.code ?? 'taken', /^unterminated-/, message)
      return 'not closed'
    }
    // A number with letters behind it, an escape that is none: not for a splitter to find.
    return 'no oracle'
  }
  const tokens = scan.value.tokens.filter(({ tokenName }) => !/^(C|SQL)_COMMENT$/.test(tokenName))
  // Lines that are skipped here: psql takes them away before PostgreSQL sees them.
  if (tokens.some(({ text: word }) => word === '\\')) return 'psql'
  assert.equal(ours.code, undefined, `PostgreSQL's scanner takes it, ${message}`)
  const slice = (from, to) => bytes.subarray(from, to).toString()
  const parse = attempt(() => parseSync(text))
  if (!parse.error) {
    assert.deepEqual(ours.texts, between(statementsOf(parse.value, bytes.length, tokens), slice), message)
    return 'parsed'
  }
  if (tokens.some(({ text: word }) => /^(atomic|rule)$/i.test(word))) return 'no oracle'
  const runs = [[]]
  for (const token of tokens) {
    if (token.tokenName === 'ASCII_59') runs.push([])
    else runs.at(-1).push(token)
  }
  assert.deepEqual(ours.texts, between(runs, slice), message)
  return 'scanned'
}

const between = (runs, slice) => runs.filter((run) => run.length > 0).map((run) => slice(run[0].start, run.at(-1).end))

/** The tokens of each statement, without the semicolons around it. */
const statementsOf = ({ stmts = [] }, end, tokens) =>
  stmts.map(({ stmt_location: from = 0, stmt_len: length }) => {
    const inside = tokens.filter(({ start, end: last }) => start >= from && last <= (length ? from + length : end))
    while (inside.at(-1)?.tokenName === 'ASCII_59') inside.pop()
    return inside
  })

function split(text) {
  try {
    return { texts: splitStatements(text).map((statement) => statement.text) }
  } catch (error) {
    assert.equal(error.name, 'MigrationError', `${error} of ${JSON.stringify(text)}`)
    return { code: error.code }
  }
}

function attempt(work) {
  try {
    return { value: work() }
  } catch (error) {
    return { error: error.message }
  }
}
