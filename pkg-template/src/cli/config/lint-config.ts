// The part `lint` of the configuration file.
import type { LintOptions } from '../../lint.js'
import { levels } from '../../options/levels.js'
import { Wrong, map, object, oneOf, text } from './checks.js'

/** What the configuration may say to `counterfoil lint`. */
export type LintConfig = Pick<LintOptions, 'rules' | 'squawk' | 'postgres'>

type Keys = readonly (string | number)[]

/** Checks the form. Which rules there are is known where they are looked for. @throws Wrong naming the key */
export function lintPart(value: unknown, keys: Keys): void {
  object({ rules: map(oneOf(...levels)), squawk: truth, postgres: version })(value, keys)
}

function truth(value: unknown, keys: Keys): void {
  if (typeof value !== 'boolean') throw new Wrong(keys, `${keys.join('.')} is neither true nor false`)
}

function version(value: unknown, keys: Keys): void {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return
  text(value, keys)
}
