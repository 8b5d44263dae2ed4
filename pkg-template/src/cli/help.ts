// What `--help` prints, made from the tables of the commands.
import { optionsOf } from './frame/arguments.js'
import type { Command, Entry, Option } from './frame/command.js'
import { out, wrapped } from './text/style.js'

/** What there is. */
export function overview(commands: Readonly<Record<string, Entry>>): string {
  const { bold } = out()
  const width = Math.max(...Object.keys(commands).map((name) => name.length)) + 3
  return `Usage: counterfoil <command> [options]

${bold('Commands')}
${Object.entries(commands)
  .map(([name, { about }]) => `  ${name.padEnd(width)}${about}`)
  .join('\n')}

${bold('Examples')}
  counterfoil new add_users       write an empty migration
  counterfoil up                  apply what is pending to DATABASE_URL
  counterfoil status --url pglite:./data

\`counterfoil <command> --help\` says more; \`counterfoil --version\` says which this is.
`
}

/** What a command does, its options, and examples. */
export function helpOf(name: string, command: Command): string {
  const { bold, dim, width } = out()
  const { operands, examples } = command
  const parts = [
    `Usage: counterfoil ${name}${operands ? ` ${operands.required ? '' : '['}${operands.name}${operands.many ? '…' : ''}${operands.required ? '' : ']'}` : ''} [options]`,
    '',
    ...wrapped(command.about, Math.min(width, 100)),
    '',
    ...(operands ? [`  ${operands.name}: ${operands.about}`, ''] : []),
    bold('Options'),
    ...table(
      Object.entries(optionsOf(command)).map(([option, of]) => [left(option, of), right(of)] as const),
      Math.min(width, 100),
    ),
    '',
    bold('Examples'),
    ...examples.flatMap(([line, what]) => [dim(`  # ${what}`), `  counterfoil ${line}`]),
    '',
    ...wrapped(
      `Ends with ${command.exits ?? '0 if all is well, 1 if something is wrong with the migrations, 2 if it was called in a wrong way'}.`,
      Math.min(width, 100),
    ),
    '',
  ]
  return parts.join('\n')
}

const left = (name: string, { short, type, value }: Option) =>
  `${short ? `-${short}, ` : '    '}--${name}${type === 'boolean' ? '' : ` ${value ?? (type === 'number' ? '<number>' : '<text>')}`}`

/** Nothing of what the environment or the configuration says: they may hold a password. */
function right({ about, default: fallback, choices, env, multiple }: Option): string {
  const notes = [
    fallback === undefined ? '' : `default: ${fallback}`,
    env ? `or ${env[0]}` : '',
    multiple ? 'may be given more than once' : '',
  ].filter((note) => note !== '' && !(choices && note.startsWith('or ')))
  return notes.length ? `${about} (${notes.join('; ')})` : about
}

/** Two columns; what does not fit goes on below. */
function table(rows: readonly (readonly [left: string, right: string])[], width: number): string[] {
  const first = Math.min(Math.max(...rows.map(([left]) => left.length)), 40) + 2
  return rows.flatMap(([left, right]) => {
    const [line = '', ...more] = wrapped(right, Math.max(30, width - first - 2))
    const rest = more.map((text) => ' '.repeat(first + 2) + text)
    return left.length + 2 > first
      ? [`  ${left}`, ' '.repeat(first + 2) + line, ...rest]
      : [`  ${left.padEnd(first)}${line}`, ...rest]
  })
}
