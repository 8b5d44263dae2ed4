// Reads a command line by a command's table of options.
import { parseArgs } from 'node:util'
import { Usage, type Command, type Option, type Options } from './command.js'
import { isAddress } from '../text/secrets.js'
import { nearest } from '../text/nearest.js'

/** What was given on the line: nothing is filled in yet. */
export interface Given {
  readonly values: Readonly<Record<string, string | number | boolean | (string | number | boolean)[]>>
  readonly operands: readonly string[]
}

/** Options of every command. */
export const common = {
  config: {
    type: 'string',
    value: '<file>',
    about: 'the configuration (default: counterfoil.config.json, .js or .mjs)',
    completes: 'file',
  },
  // Not `--env-file`: Node takes that for itself, wherever on the line it stands.
  dotenv: {
    type: 'string',
    value: '<file>',
    about: 'environment variables, which win over those that are there (default: .env, which does not)',
    multiple: true,
    completes: 'file',
  },
  help: { type: 'boolean', about: 'print this', short: 'h' },
} as const satisfies Options

/** All options of a command, its own first. */
export function optionsOf({ options, formats, bare }: Command): Options {
  const [first] = formats ?? []
  const format: Options = first
    ? {
        format: {
          type: 'string',
          value: `<${formats!.join('|')}>`,
          about: 'how to print',
          choices: formats!,
          default: first,
        },
      }
    : {}
  const { help, ...files } = common
  return { ...options, ...format, ...(bare ? {} : files), help }
}

/** Reads the arguments that follow the command's name. @throws Usage */
export function parse(name: string, command: Command, args: readonly string[]): Given {
  const options = optionsOf(command)
  // Node would take them, but says less about what is wrong.
  const config = Object.fromEntries(
    Object.entries(options).map(([option, { type, short }]) => [
      option,
      { type: type === 'boolean' ? ('boolean' as const) : ('string' as const), ...(short && { short }) },
    ]),
  )
  const { tokens } = parseArgs({
    args: [...args],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values: Record<string, string | number | boolean | (string | number | boolean)[]> = Object.create(null)
  const operands: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (!option) throw unknownOption(name, token.rawName, Object.keys(options))
    const value = valueOf(token.rawName, option, token.value, token.inlineValue)
    const before = values[token.name]
    if (option.multiple) values[token.name] = [...((before as (string | number | boolean)[] | undefined) ?? []), value]
    else if (before !== undefined && option.type !== 'boolean')
      throw new Usage(`${token.rawName} is given twice`, 'give it once')
    else values[token.name] = value
  }
  // Whoever asks for help gets it, whatever else is wrong.
  if (values['help'] !== true) checkOperands(name, command, operands)
  return { values, operands }
}

function valueOf(
  raw: string,
  option: Option,
  value: string | undefined,
  inline: boolean | undefined,
): string | number | boolean {
  if (option.type === 'boolean') {
    if (value !== undefined) throw new Usage(`${raw} takes no value`, 'leave out what follows the `=`')
    return true
  }
  if (value === undefined || (!inline && value.length > 1 && value.startsWith('-')))
    throw new Usage(
      `${raw} needs a value: ${option.value ?? option.type}`,
      value === undefined ? '' : `if the value begins with a dash, write ${raw}=${value}`,
    )
  if (option.config !== 'url' && isAddress(value)) throw misplaced(`${raw} takes ${option.value ?? option.type}`)
  if (option.choices && !option.choices.includes(value) && !option.besides?.test(value))
    throw new Usage(
      `${raw} cannot be '${value}'`,
      `it is ${option.besides ? option.value : `one of ${option.choices.join(', ')}`}${meant(value, option.choices)}`,
    )
  if (value === '')
    throw new Usage(`${raw} is empty`, `give it a value, ${option.value ?? option.type}, or leave it out`)
  if (option.type === 'string') return value
  if (!/^\d{1,9}$/.test(value)) throw new Usage(`${raw} is not a whole number: '${value}'`, 'give a number such as 3')
  return Number(value)
}

function checkOperands(name: string, { operands: taken, instead }: Command, given: readonly string[]): void {
  if (given.some(isAddress)) throw misplaced(taken ? `${taken.name} is ${taken.about}` : `${name} takes no argument`)
  const extra = given[taken ? (taken.many ? Infinity : 1) : 0]
  if (extra !== undefined)
    throw new Usage(`unexpected argument '${extra}'`, instead ?? `\`counterfoil ${name} --help\` says what there is`)
  if (taken?.required && given.length === 0)
    throw new Usage(`${taken.name} is missing: ${taken.about}`, `\`counterfoil ${name} --help\` has examples`)
  const wrong = taken?.choices && given.find((operand) => !taken.choices!.includes(operand))
  if (wrong !== undefined)
    throw new Usage(
      `${taken!.name} cannot be '${wrong}'`,
      `it is one of ${taken!.choices!.join(', ')}${meant(wrong, taken!.choices!)}`,
    )
}

/** An address that stands where something else does. It is not repeated. */
export const misplaced = (expected: string) =>
  new Usage(`${expected}, and this is an address of a database`, 'an address stands behind --url, or in DATABASE_URL')

function unknownOption(command: string, raw: string, names: readonly string[]): Usage {
  const given = raw.replace(/^-+/, '')
  if (isAddress(given)) return misplaced('there is no such option')
  const same = elsewhere[given]
  const near = same && names.includes(same.split(' ')[0]!) ? same : nearest(given, names)
  return new Usage(
    `unknown option '${raw}'`,
    `${near ? `did you mean --${near}? ` : ''}\`counterfoil ${command} --help\` says what there is`,
  )
}

/** What other tools call an option, and what it is here. */
const elsewhere: Readonly<Record<string, string | undefined>> = Object.assign(Object.create(null), {
  json: 'format json',
  sarif: 'format sarif',
  github: 'format github',
  output: 'format',
  'env-file': 'dotenv',
  env: 'dotenv',
  database: 'url',
  'database-url': 'url',
  db: 'url',
  'connection-string': 'url',
  'migrations-dir': 'dir',
  path: 'dir',
  folder: 'dir',
  'migrations-table': 'table',
  force: 'yes',
  'non-interactive': 'yes',
  'auto-approve': 'yes',
  count: 'steps',
})

const meant = (given: string, known: readonly string[]) => {
  const near = nearest(given, known)
  return near ? `: did you mean ${near}?` : ''
}
