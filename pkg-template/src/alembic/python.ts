// The little of Python that Alembic's revision files need: the names that a module binds to strings, tuples of strings or
// None. Python's own rules: https://docs.python.org/3/reference/lexical_analysis.html
import { MigrationError } from '../shared/errors.js'

interface Token {
  kind: 'name' | 'text' | 'other'
  text: string
  at: number
}

/** A value that a module binds to a name: None is an empty list. */
export interface Bound {
  values: string[]
  /** Whether it is a string alone. */
  single: boolean
  /** Its offset in the text. */
  at: number
}

const skipped = /(?:[ \t\f\r]|\\\r?\n|#[^\n]*)+/y
const name = /[\p{L}_][\p{L}\p{N}_]*/uy
const quoted =
  /([rubft]{0,2})("""(?:\\[^]|(?!""")[^\\])*"""|'''(?:\\[^]|(?!''')[^\\])*'''|"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*')/iy

/**
 * The values of those names at the top of a module; the last one counts, as in Python.
 *
 * @throws MigrationError `invalid-input`, with line and column, if one of them is worked out by more than a literal @internal
 */
export function bindings(path: string, source: string, wanted: readonly string[]): Map<string, Bound> {
  const found = new Map<string, Bound>()
  for (const line of logicalLines(source)) {
    if (line[0]?.kind !== 'name') continue
    let value = assigned(line)
    if (!value) continue
    const targets = [line[0]]
    // a = b = 'c'
    while (value[0]?.kind === 'name' && value[1]?.text === '=' && value[2]?.text !== '=') {
      targets.push(value[0])
      value = value.slice(2)
    }
    for (const target of targets)
      if (wanted.includes(target.text)) found.set(target.text, literal(path, source, target, value))
  }
  return found
}

/** The statements at the top of a module: not those of a block, which are indented. */
function* logicalLines(source: string): Generator<Token[]> {
  let line: Token[] = []
  let indented = false
  let depth = 0
  let at = source.startsWith('\uFEFF') ? 1 : 0
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at
    return pattern.exec(source)
  }
  while (at < source.length) {
    const space = match(skipped)
    if (space) {
      at += space[0].length
      continue
    }
    const text = match(quoted)
    const word = text ? null : match(name)
    const token = text?.[0] ?? word?.[0] ?? source[at]!
    if (token === '(' || token === '[' || token === '{') depth += 1
    if (token === ')' || token === ']' || token === '}') depth = Math.max(0, depth - 1)
    if (token === '\n' || (token === ';' && depth === 0)) {
      if (depth === 0) {
        if (!indented) yield line
        line = []
      }
      // What follows a semicolon stands where its line stands.
      if (depth === 0 && token === '\n') indented = /[ \t\f]/.test(source[at + 1] ?? '')
    } else line.push({ kind: text ? 'text' : word ? 'name' : 'other', text: token, at })
    at += token.length
  }
  if (!indented) yield line
}

/** What stands behind `name =` or `name: annotation =`. */
function assigned(line: readonly Token[]): Token[] | undefined {
  let depth = 0
  for (const [index, { text }] of line.entries()) {
    if (index === 0) continue
    if (index === 1 && text !== '=' && text !== ':') return undefined
    if ('([{'.includes(text)) depth += 1
    if (')]}'.includes(text)) depth -= 1
    if (text === '=' && depth === 0) return line[index + 1]?.text === '=' ? undefined : line.slice(index + 1)
  }
  return undefined
}

/** `None`, a string, or strings in a tuple or a list. */
function literal(path: string, source: string, target: Token, tokens: readonly Token[]): Bound {
  const at = tokens[0]?.at ?? target.at
  const refuse = (): never => {
    const before = source.slice(0, at).split('\n')
    throw new MigrationError({
      code: 'invalid-input',
      message: `${target.text} is not None, a string or a tuple of strings`,
      help: 'write its value out: the file is read, not run',
      at: { path, line: before.length, column: [...before.at(-1)!].length + 1 },
    })
  }
  if (tokens.length === 1 && tokens[0]!.text === 'None') return { values: [], single: false, at }
  const values: string[] = []
  let open = 0
  let commas = 0
  let bracketed = false
  let after: 'text' | 'comma' | 'start' = 'start'
  for (const { kind, text } of tokens) {
    if (kind === 'text') {
      const part = decoded(text) ?? refuse()
      // Strings that follow each other are one.
      if (after === 'text') values.push(values.pop() + part)
      else values.push(part)
      after = 'text'
    } else if (text === ',' && after === 'text') {
      commas += 1
      after = 'comma'
    } else if ('([{'.includes(text) && after === 'start') {
      open += 1
      bracketed ||= text !== '('
    } else if (')]}'.includes(text) && open > 0) open -= 1
    else refuse()
  }
  if (open !== 0 || tokens.length === 0) refuse()
  return { values, single: values.length === 1 && commas === 0 && !bracketed, at }
}

/** The value of a string; undefined if it is of bytes, or has to be worked out. */
function decoded(token: string): string | undefined {
  quoted.lastIndex = 0
  const [, prefix = '', body = ''] = quoted.exec(token) ?? []
  const quotes = body.startsWith('"""') || body.startsWith("'''") ? 3 : 1
  const text = body.slice(quotes, -quotes)
  if (/[bt]/i.test(prefix) || (/f/i.test(prefix) && /[{}]/.test(text))) return undefined
  if (/r/i.test(prefix)) return text
  if (/\\(?![\\'"])/.test(text)) return undefined
  return text.replace(/\\(.)/g, '$1')
}
