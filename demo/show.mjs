// How the demo prints: plain lines of at most 96 columns, in colour on a terminal that wants it.
const width = 96
const label = 11
const colours = process.stdout.isTTY && !process.env.NO_COLOR

const paint = (code) => (text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text)
export const bold = paint(1)
export const dim = paint(2)
const red = paint(31)
const green = paint(32)
const yellow = paint(33)
const cyan = paint(36)

const severities = { error: red, warning: yellow, note: cyan }
const actions = { skip: dim, apply: green, adopt: green, drift: yellow }

/** Prints a scene's heading. */
export function heading(text) {
  console.log(`\n${bold(text)}\n${dim('─'.repeat(text.length))}`)
}

/** Prints running text. */
export function say(text) {
  for (const line of wrap(text, width)) console.log(line)
}

/** Prints an empty line. */
export const gap = () => console.log()

/** Prints a file that was added, changed or taken away: `+`, `~` or `-`. */
export function file(sign, path) {
  console.log(`  ${{ '+': green, '~': yellow, '-': red }[sign](sign)} ${path}`)
}

/** Prints `label`, then the lines beside it. */
function beside(text, lines) {
  lines.forEach((line, index) => console.log(`  ${bold((index ? '' : text).padEnd(label - 2))}${line}`))
}

/** Prints a plan: a line for every decision; what is just skipped is counted. */
export function plan({ decisions, findings }) {
  const lines = []
  const skipped = new Map()
  for (const { action, code, severity } of decisions)
    if (action === 'skip' && !severity) skipped.set(code, (skipped.get(code) ?? 0) + 1)
  for (const [code, count] of skipped)
    lines.push(dim(`${column('skip', code)}${count} ${count === 1 ? 'migration' : 'migrations'}`))
  for (const decision of decisions) {
    const { action, code, severity, version, name, message, help } = decision
    if (action === 'skip' && !severity) continue
    const tint = severities[severity] ?? actions[action]
    lines.push(`${tint(column(action, code))}${version} ${name}${severity ? tint(` (${severity})`) : ''}`)
    lines.push(...indented(message), ...indented(next(help), dim))
  }
  for (const { code, severity, message, help } of findings) {
    lines.push(`${severities[severity](column('finding', code))}${dim(`(${severity})`)}`)
    lines.push(...indented(message), ...indented(next(help), dim))
  }
  beside('plan', lines.length ? lines : [dim('nothing to decide')])
}

const column = (action, code) => `${action.padEnd(8)}${code.padEnd(13)}`

/** What to do next. */
const next = (help) => help && `→ ${help}`

function indented(text, tint = (line) => line) {
  return text ? wrap(text, width - label - 21).map((line) => ' '.repeat(21) + tint(line)) : []
}

/** Prints what came of a run. */
export function result(verb, { status, applied, adopted, reverted, skipped }) {
  const counts = [
    [applied, 'applied'],
    [adopted, 'adopted'],
    [reverted, 'reverted'],
  ].flatMap(([list, word]) => (list?.length ? `${list.length} ${word}` : []))
  if (skipped) counts.push(`${skipped} skipped`)
  beside(verb, [`${green(status)}${counts.length ? `: ${counts.join(', ')}` : ''}`])
}

/** Prints an error: code, message, and what to do next. */
export function refusal(verb, { code, message, help, applied }) {
  const inside = width - label
  const lines = [...wrap(`${code}: ${message}`, inside)].map((line) => red(line))
  if (help) lines.push(...wrap(next(help), inside).map((line) => dim(line)))
  if (applied?.length) lines.push(`applied before that: ${applied.join(', ')}`)
  beside(verb, lines)
}

/** Prints what a health check would answer. */
export function readiness({ status, httpStatus, message }) {
  const tint = httpStatus === 200 ? green : red
  const text = message.startsWith(`${status}:`) ? message : `${status}: ${message}`
  beside(
    'ready',
    wrap(`${httpStatus} ${text}`, width - label).map((line) => tint(line)),
  )
}

/** Prints what a baseline was compared by. */
export function proof({ facts, rows, differences, rowDifferences }) {
  const wrong = differences.length + rowDifferences.length
  beside('proof', [
    `${facts} facts and ${rows} rows compared: ${wrong ? red(`${wrong} differ`) : green('no difference')}`,
  ])
}

/** Prints rows of a query, one per line. */
export function rows(verb, list) {
  beside(
    verb,
    list.map((row) =>
      Object.entries(row)
        .map(([name, value]) => `${dim(`${name}=`)}${value}`)
        .join('  '),
    ),
  )
}

function wrap(text, columns) {
  return text.split('\n').flatMap((paragraph) => {
    const lines = ['']
    for (const word of paragraph.split(' ')) {
      const last = lines.at(-1)
      if (last && last.length + 1 + word.length > columns) lines.push(word)
      else lines[lines.length - 1] = last ? `${last} ${word}` : word
    }
    return lines
  })
}
