// Writes docs/rules.md: the rules of lint, as the package hands them out.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, script } from './lib.mjs'

/** The page. */
export function rulesPage(rules) {
  const ours = rules.filter(({ source }) => source === 'counterfoil')
  const theirs = rules.filter(({ source }) => source === 'squawk')
  const row = ({ code, severity, summary }, link) =>
    `| [\`${code}\`](${link}) | ${severity} | ${summary.replaceAll('|', '\\|')} |`
  return `${[
    '# Rules of lint',
    '',
    'Written by `node scripts/rules.mjs` from the rules themselves. `counterfoil lint --explain <rule>` prints the same.',
    '',
    'A level is `off`, `note`, `warning` or `error`; the configuration (`lint.rules`), `--rule <rule>=<level>` and the option',
    '`rules` change it. A comment allows what it names, on its own line or, if it stands alone, in the statement that follows;',
    'inside a statement, on the next line:',
    '',
    '```sql',
    '-- counterfoil-ignore require-concurrent-index-creation: the table has ten rows',
    'CREATE INDEX rooms_by_floor ON rooms (floor);',
    '```',
    '',
    '`-- counterfoil-ignore-file <rule>: <reason>` does for the file. `-- squawk-ignore` works as squawk reads it.',
    '',
    '## Rules of Counterfoil',
    '',
    '| rule | level | finds |',
    '|---|---|---|',
    ...ours.map((rule) => row(rule, `#${rule.code}`)),
    '',
    'What is noticed while a set is read (`unknown-file`, `not-in-journal`, …) is among the findings too, under its own code.',
    '',
    '## Rules of squawk',
    '',
    'Those of [squawk](https://squawkhq.com), looked for in up sections. What it says of a table that the same file has made is',
    'left out, since that has no rows, and so is what Counterfoil says itself: `transaction-nesting`, `ban-uncommitted-transaction`',
    'and `ban-concurrent-index-creation-in-transaction` are `transaction-control` here.',
    '',
    '| rule | level | finds |',
    '|---|---|---|',
    ...theirs.map((rule) => row(rule, rule.url ?? `#${rule.code}`)),
    '',
    ...[...ours, ...theirs].filter(({ bad }) => bad.length > 0).flatMap(section),
  ]
    .join('\n')
    .trimEnd()}\n`
}

function section({ code, severity, source, summary, why, bad, good, url }) {
  const example = (text) => [
    '```sql',
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => (line.length > 200 ? `${line.slice(0, 200)}…` : line)),
    '```',
    '',
  ]
  return [
    `## ${code}`,
    '',
    `${summary[0].toUpperCase()}${summary.slice(1)}. ${source === 'squawk' ? 'squawk; ' : ''}${severity} by default.`,
    '',
    ...(why ? [why, ''] : []),
    'Bad:',
    '',
    ...bad.flatMap(example),
    'Good:',
    '',
    ...good.flatMap(example),
    ...(url ? [`More: <${url}>.`, ''] : []),
  ]
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await script(async () => {
    const { rules } = await import('counterfoil/lint')
    mkdirSync(join(root, 'docs'), { recursive: true })
    writeFileSync(join(root, 'docs/rules.md'), rulesPage(await rules()))
  })
