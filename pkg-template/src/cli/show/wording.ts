// Options and functions, as they are called on a command line.
import type { Mention } from '../../shared/errors.js'
import { word } from '../text/shell.js'

/** How each is called whose name is not that of JavaScript with dashes. */
const flags: Readonly<Record<string, string>> = {
  session: '--no-session',
  version: '--as',
  expect: '--plan',
  'expect:digest': '--expect',
}

/** Values that say themselves what they are; a flag has none. */
const inFront: Readonly<Record<string, string>> = { existing: 'ignore:' }

/** A message or help, with the options that it speaks of as they are called on a command line. */
export const asOptions = (text: string, options: readonly Mention[] = []): string =>
  options.reduce((text, option) => text.replace(option.text, () => written(option)), text)

/** A command, with what stands behind the values. */
function call(option: string): readonly [command: string, behind?: string] | undefined {
  const [name, mark] = option.split(':')
  if (name !== 'stamp') return undefined
  return mark ? ['stamp', `--${mark.replace('step-', 'step ')}`] : ['stamp']
}

/** The options that lead to the database, the ledger and the folder, as they were given. */
let led: readonly (readonly [option: string, value: string])[] = []

/** What is proposed leads where the command itself does. `values`: what was given on the command line. */
export function proposeWith(values: Readonly<Record<string, unknown>>): void {
  led = ['dir', 'url', 'dotenv', 'config', 'table', 'schema', 'convention'].flatMap((option) =>
    [values[option] ?? []].flat().map((value) => [option, String(value)] as const),
  )
}

/** A proposed command, with those options; `own`: what it says of the ledger itself. */
export const proposed = (words: readonly string[], own: readonly string[] = []) =>
  [
    'counterfoil',
    ...words,
    ...led
      .filter(([option]) => option !== 'table' || own.length === 0)
      .map(([option, value]) => `--${option} ${word(value)}`),
    ...own.map((table) => `--table ${word(table)}`),
  ].join(' ')

function written({ option, values = [] }: Mention): string {
  const called = call(option)
  if (called) {
    const [command, behind] = called
    const given = values.length > 0 ? values.map(word) : ['<version>…']
    return proposed([command, ...given, ...(behind ? [behind] : [])])
  }
  if (option === 'importLedger') return proposed(['import'], values)
  const flag = flags[option] ?? `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  const given = values.filter((value) => value !== 'true' && value !== 'false')
  if (given.length === 0) return flag
  if (option !== 'convention')
    return given.map((value) => `${flag} ${word(`${inFront[option] ?? ''}${value}`)}`).join(' ')
  // One of these.
  return given.length > 3
    ? `${flag} <name>, which is one of ${given.join(', ')}`
    : given.map((value) => `${flag} ${value}`).join(' or ')
}
