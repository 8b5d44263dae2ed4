// What an option comes to: the command line, then the configuration, then the environment, then the default.
import type { Given } from './arguments.js'
import { optionsOf } from './arguments.js'
import type { Command, Options, Values } from './command.js'
import type { Config } from './config.js'

/** Fills in what was not given. */
export function filled<O extends Options>(command: Command<O>, { values }: Given, config: Config, env: Readonly<Record<string, string | undefined>>): Values<O> {
  const filled: Record<string, unknown> = Object.create(null)
  for (const [name, { type, multiple, config: key, env: variables, default: fallback }] of Object.entries(optionsOf(command as Command))) {
    // An empty variable is none, as in a shell's ${NAME:-…}.
    const variable = variables?.map((variable) => env[variable]).find((value) => value)
    filled[name] = values[name] ?? (key && config[key]) ?? variable ?? fallback ?? (multiple ? [] : type === 'boolean' ? false : undefined)
  }
  return filled as Values<O>
}
