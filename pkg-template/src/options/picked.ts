// Some of the options of a call: those that another one takes.
import type { AnyOptions, Names } from './options.js'

/** Those of these names that are there. @internal */
export const picked = (options: AnyOptions, names: Names): AnyOptions =>
  Object.fromEntries(names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])))
