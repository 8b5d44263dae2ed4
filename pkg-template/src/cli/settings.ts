// What an option comes to: the command line, a file of variables that it names, the configuration, the environment, the
// default.
import type { Given } from './frame/arguments.js'
import { misplaced, optionsOf } from './frame/arguments.js'
import type { Command, Options, Values } from './frame/command.js'
import type { Config } from './config/config.js'
import { byVariables, naming } from './connect/parameters.js'
import type { Loaded } from './environment.js'
import { isAddress } from './text/secrets.js'

type Variables = Readonly<Record<string, string | undefined>>

/** Fills in what was not given. */
export function filled<O extends Options>(
  command: Command<O>,
  { values }: Given,
  { named, incomplete }: Loaded,
  config: Config,
  env: Variables,
): Values<O> {
  const filled: Record<string, unknown> = Object.create(null)
  for (const [name, { type, multiple, config: key, env: variables, default: fallback }] of Object.entries(
    optionsOf(command as Command),
  )) {
    // An empty variable is none, as in a shell's ${NAME:-…}.
    const from = (environment: Variables) => {
      const variable = variables?.find((variable) => environment[variable])
      const value = variable && environment[variable]
      const wrong = variable && incomplete.get(variable)
      if (wrong) throw wrong
      if (value && key !== 'url' && isAddress(value)) throw misplaced(`${variable} is for --${name}`)
      // Which database is to go is said by nobody but who names it.
      return value ?? (key === 'url' && variables && naming(environment).length > 0 ? byVariables : undefined)
    }
    const value = values[name] ?? from(named) ?? (key && config[key]) ?? from(env) ?? fallback
    filled[name] = multiple ? [value ?? []].flat() : (value ?? (type === 'boolean' ? false : undefined))
  }
  // Any of them may be a part of the address.
  const wrong = /^postgres/i.test(String(filled['url'])) && [...incomplete].find(([name]) => name.startsWith('PG'))
  if (wrong) throw wrong[1]
  return filled as Values<O>
}
