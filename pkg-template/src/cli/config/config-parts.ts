// The settings that a configuration file may have, each with its check. `lint` and `check` bring their own.
import { policies, severities } from '../../options/options.js'
import { checkPart } from './check-config.js'
import { lintPart } from './lint-config.js'
import { type Check, text, oneOf, list, map, object } from './checks.js'

/** The settings in a configuration file. A check throws {@link Wrong}; it does not repeat the value. */
export const parts: Readonly<Record<string, Check>> = {
  dir: text,
  url: text,
  table: text,
  schema: (value, keys) => (Array.isArray(value) ? list(text) : text)(value, keys),
  convention: text,
  policy: object(Object.fromEntries(policies.map((code) => [code, oneOf(...severities)]))),
  pglite: object({ extensions: map(text) }),
  lint: lintPart,
  check: checkPart,
}
