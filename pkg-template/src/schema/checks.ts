// What the options of this room may be.
import type { Checked } from '../options/wrong-options.js'

const kinds = ['privileges', 'owners']
/** @internal */
export const ignore: Checked = [
  (value) => Array.isArray(value) && value.every((kind) => kinds.includes(kind)),
  'an array of privileges, owners',
]
/** @internal */
export const explain: Checked = [(value) => typeof value === 'boolean', 'true or false']
/** @internal */
export const replay: Checked = [(value) => typeof value === 'function', 'a function that makes a PGlite']
