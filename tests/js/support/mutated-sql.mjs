// Random scripts that nobody would write: the repository's own fixtures and scripts of PostgreSQL's grammar, with parts put
// in, taken out, doubled and crossed. Most are refused by the parser, and have to be told apart all the same.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { random } from './random.mjs'
import { randomScripts } from './random-sql.mjs'

const data = fileURLToPath(new URL('../../data', import.meta.url))

/** What a text is no longer than, in UTF-16 code units: of longer ones a part is taken. */
const longest = 1_500

/** What changes the meaning of what follows. */
const parts = [
  "'",
  "''",
  '"',
  '""',
  '$$',
  '$a$',
  '$1',
  '$é$',
  '$',
  '`',
  '\\',
  "\\'",
  '\\\\',
  ';',
  ';;',
  '(',
  ')',
  '--',
  '/*',
  '*/',
  "E'",
  "e'\\''",
  "U&'\\0041'",
  'U&"a"',
  "u&'",
  "N'",
  "B'01'",
  "x'1f'",
  "E'a'\n'\\';'",
  "'a'\n'b'",
  "'a' 'b'",
  "'a' -- b\n'c'",
  '\n',
  '\r',
  '\r\n',
  '\t',
  '\u000B',
  '\f',
  ' ',
  '\u00A0',
  '\uFEFF',
  'é',
  '😀',
  '\u2028',
  '\u0301',
  'begin atomic',
  'begin',
  'atomic',
  'end',
  'case',
  'create function f() returns int',
  'create procedure p()',
  'create rule r as on insert to t do also (',
  'return 1;',
  'as',
  'or replace',
  'do $$ begin end $$',
  'language sql',
  '1',
  '0x1F',
  '1_000',
  '1.5',
  '.5',
  '1..2',
  '1e5',
  '5.',
  '::',
  ':=',
  ':a',
  "::'",
  '+',
  '-',
  '@-',
  '*/*',
  '/',
  '+-',
  '<>',
  '|/',
  'copy t from stdin;\n1\n\\.\n',
  '\\i a.sql\n',
  '\\restrict a\n',
  '-- migrate:down\n',
  '--> statement-breakpoint\n',
  'uescape',
]

/** Scripts without end; the same seed and fixtures give the same ones. */
export function* mutatedScripts(seed) {
  const next = random(seed)
  const below = (bound) => Math.floor(next() * bound)
  const one = (list) => list[below(list.length)]
  const written = randomScripts(seed)
  const fixtures = readdirSync(data, { recursive: true })
    .filter((path) => path.endsWith('.sql') && statSync(join(data, path)).isFile())
    .sort()
    .map((path) => readFileSync(join(data, path), 'utf8'))
    .filter((text) => !text.includes('\0'))

  /** A place between two characters. */
  const place = (text) => {
    const at = below(text.length + 1)
    return /[\uDC00-\uDFFF]/.test(text[at] ?? '') ? at - 1 : at
  }
  const cut = (text) => {
    const [from, to] = [place(text), place(text)].sort((a, b) => a - b)
    return [text.slice(0, from), text.slice(from, to), text.slice(to)]
  }
  const base = () => {
    const text = below(2) ? written.next().value : one(fixtures)
    if (text.length <= longest) return text
    const from = place(text.slice(0, text.length - longest))
    return text.slice(from, from + longest).replace(/[\uD800-\uDBFF]$/, '')
  }
  const changes = [
    (text) => {
      const at = place(text)
      return text.slice(0, at) + one(parts) + text.slice(at)
    },
    (text) => {
      const [before, , after] = cut(text)
      return before + after
    },
    (text) => {
      const [before, inside, after] = cut(text)
      return before + inside.slice(0, 200) + inside + after
    },
    (text) => {
      const [before, , after] = cut(text)
      return before + one(parts) + after
    },
    (text) => cut(text)[0] + cut(base())[2],
    (text) => text.replaceAll('\r\n', '\n').replaceAll('\n', one(['\r\n', '\n', '\r'])),
    (text) => cut(text)[below(3)],
    () => Array.from({ length: 1 + below(12) }, () => one(parts)).join(one(['', ' ', '\n'])),
  ]
  for (;;) {
    let text = base()
    for (let times = 1 + below(4); times > 0; times--) text = one(changes)(text)
    if (text.isWellFormed()) yield text
  }
}
