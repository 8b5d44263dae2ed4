// Options, as they are called on a command line.
import type { Mention } from '../../shared/errors.js'

/** How each is called whose name is not that of JavaScript with dashes. */
const flags: Readonly<Record<string, string>> = { session: '--no-session', expect: '--plan' }

/** Values that say themselves what they are; a flag has none. */
const inFront: Readonly<Record<string, string>> = { existing: 'ignore:' }

/** A message or help, with the options that it speaks of as they are called on a command line. */
export const asOptions = (text: string, options: readonly Mention[] = []): string =>
  options.reduce((text, option) => text.replace(option.text, () => written(option)), text)

function written({ option, values = [] }: Mention): string {
  const flag = flags[option] ?? `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  const given = values.filter((value) => value !== 'true' && value !== 'false')
  if (given.length === 0) return flag
  if (option !== 'convention') return given.map((value) => `${flag} ${inFront[option] ?? ''}${value}`).join(' ')
  // One of these.
  return given.length > 3
    ? `${flag} <name>, which is one of ${given.join(', ')}`
    : given.map((value) => `${flag} ${value}`).join(' or ')
}
