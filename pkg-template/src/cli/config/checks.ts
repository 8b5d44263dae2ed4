// What the checks of a configuration file are put together from.
import { nearest } from '../text/nearest.js'
import { isAddress } from '../text/secrets.js'

type Keys = readonly (string | number)[]

export type Check = (value: unknown, keys: Keys) => void

/** A part of the configuration is wrong: which, and why. `config.ts` adds the place in the file. */
export class Wrong extends Error {
  constructor(
    /** The keys that lead to it. */
    readonly keys: readonly (string | number)[],
    message: string,
    readonly help = '',
  ) {
    super(message)
  }
}

/** A text that is not empty. */
export function text(value: unknown, keys: Keys): void {
  if (typeof value !== 'string' || value === '')
    throw new Wrong(keys, `${keys.join('.')} is not a text`, 'write it in quotes')
  if (keys[0] !== 'url' && isAddress(value))
    throw new Wrong(keys, `${keys.join('.')} is an address of a database`, 'an address stands in `url`')
}

/** One of these. */
export function oneOf(...choices: string[]): Check {
  return (value, keys) => {
    if (!choices.includes(value as string)) throw new Wrong(keys, `${keys.join('.')} is none of ${choices.join(', ')}`)
  }
}

/** A list of what passes `check`. */
export function list(check: Check): Check {
  return (value, keys) => {
    if (!Array.isArray(value)) throw new Wrong(keys, `${keys.join('.')} is not a list`)
    value.forEach((item, index) => check(item, [...keys, index]))
  }
}

/** An object whose keys are free. */
export function map(check: Check): Check {
  return (value, keys) => {
    object()(value, keys)
    for (const [key, part] of Object.entries(value as object)) check(part, [...keys, key])
  }
}

/** An object with these keys; without `known`, any object. */
export function object(known?: Readonly<Record<string, Check>>): Check {
  return (value, keys) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Wrong(keys, `${keys.join('.')} is not an object`)
    if (!known) return
    for (const [key, part] of Object.entries(value)) {
      const check = Object.hasOwn(known, key) ? known[key] : undefined
      if (!check) {
        const near = nearest(key, Object.keys(known))
        throw new Wrong(
          [...keys, key],
          `there is no setting ${[...keys, key].join('.')}`,
          near ? `did you mean ${near}?` : `the settings of ${keys.join('.')} are: ${Object.keys(known).join(', ')}`,
        )
      }
      if (part !== undefined) check(part, [...keys, key])
    }
  }
}
