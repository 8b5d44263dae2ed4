// `counterfoil <command>`: finds the command, reads its options, runs it, and turns what it throws into lines and an exit code.
import { getEventListeners } from 'node:events'
import { cancelActive, listen } from './connect/active.js'
import { misplaced, parse } from './frame/arguments.js'
import { nearest } from './text/nearest.js'
import { Usage, fine, misused, type Call, type Command, type Format } from './frame/command.js'
import { sayLed } from './text/links.js'
import { linesOf, print, say } from './text/print.js'
import { commands, elsewhere } from './commands.js'
import { loadConfig } from './config/config.js'
import { loadEnvironment, nothingLoaded } from './environment.js'
import { exitOf, interrupted, printFailure } from './show/failures.js'
import { helpOf, overview } from './help.js'
import { proposeWith } from './show/wording.js'
import { isAddress, keepSecretsOf } from './text/secrets.js'
import { filled } from './settings.js'
import { version } from './text/version.js'

/** Runs the command line. @returns the exit code */
export async function program(args: readonly string[]): Promise<number> {
  // Whoever reads the output may stop reading: that is no reason to stop in the middle of a migration.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  // Node would print them with its own words around them. What node-postgres says of `sslmode` is about its next version.
  process.removeAllListeners('warning')
  process.on(
    'warning',
    ({ message }) => message.startsWith('SECURITY WARNING: The SSL modes') || say(`warning: ${message}`),
  )
  // Before anything can be said about them.
  for (const arg of args) keepSecretsOf(arg.replace(/^--?[a-z]+=?(?=[a-z]+:)/, ''))
  try {
    return await run(args)
  } catch (error) {
    printFailure(error, formatOf(args))
    return exitOf(error)
  }
}

async function run([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) {
    say(linesOf(overview(commands)))
    return misused
  }
  if (['--version', '-v', '-V', 'version'].includes(name)) {
    print(version())
    return fine
  }
  if (['--help', '-h', 'help'].includes(name)) {
    print(linesOf(args[0] === undefined ? overview(commands) : helpOf(args[0], await load(args[0]))))
    return fine
  }
  const command = await load(name)
  const given = parse(name, command, args)
  proposeWith(given.values)
  if (given.values['help'] === true) {
    print(linesOf(helpOf(name, command)))
    return fine
  }
  const dotenv = (given.values['dotenv'] ?? []) as string[]
  const unread = command.bare || (command.withoutEnvironmentFile && dotenv.length === 0)
  if (!unread) for (const file of dotenv.length > 0 ? dotenv : ['.env']) await sayLed(file)
  const loaded = unread ? nothingLoaded : loadEnvironment(dotenv)
  const config = command.bare ? {} : await loadConfig(given.values['config'] as string | undefined)
  const values = filled(command, given, loaded, config, process.env)
  const format = ((values as { format?: Format }).format ?? 'text') satisfies Format
  const call: Call = { values, operands: given.operands, format, config, commands, signal: interruption() }
  return command.run(call)
}

async function load(name: string): Promise<Command> {
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry) return (await entry.load()).command
  if (name.startsWith('-'))
    throw new Usage(`unknown option '${name}'`, 'options follow the command: counterfoil <command> [options]')
  if (isAddress(name)) throw misplaced('a command comes first')
  const near = elsewhere[name] ?? nearest(name, Object.keys(commands))
  throw new Usage(
    `there is no command ${name}`,
    `${near ? `did you mean ${near}? ` : ''}the commands are: ${Object.keys(commands).join(', ')}`,
  )
}

/** The format, as far as it can be told from a command line that may be wrong. */
function formatOf(args: readonly string[]): Format {
  const at = args.findIndex((arg) => arg === '--format' || arg.startsWith('--format='))
  const format = at < 0 ? 'text' : args[at]!.includes('=') ? args[at]!.slice('--format='.length) : args[at + 1]
  return format === 'json' || format === 'github' || format === 'sarif' ? format : 'text'
}

/**
 * A signal that Ctrl-C aborts. Who listens to it stops where nothing is half-done; where nobody listens, and at the second
 * time, the process ends at once.
 */
function interruption(): AbortSignal {
  const controller = new AbortController()
  const stop = (code: number) => () => {
    if (controller.signal.aborted) void cancelActive().finally(() => process.exit(code))
    else if (getEventListeners(controller.signal, 'abort').length === 0) process.exit(code)
    else controller.abort(code)
  }
  listen(stop, { SIGINT: interrupted, SIGTERM: 143 })
  return controller.signal
}
