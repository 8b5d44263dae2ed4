#!/usr/bin/env node
// `counterfoil <command>`: finds the command, and turns what it throws into lines and an exit code.
import { MigrationError } from '../errors.js'
import { Usage, fine, misused, say, type Command } from './command.js'

/** One file per command; loaded when it is asked for. */
const commands: Readonly<Record<string, { about: string; load: () => Promise<{ command: Command }> }>> = {
  embed: { about: 'write an ES module that holds a folder of migrations', load: () => import('./embed.js') },
}

const overview = () => `Usage: counterfoil <command> [options]

Commands:
${Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(10)}${about}`).join('\n')}

\`counterfoil <command> --help\` says more.
`

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    if (name === undefined) say(overview())
    else process.stdout.write(overview())
    return name === undefined ? misused : fine
  }
  const found = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!found) throw new Usage(`there is no command ${name}`, `the commands are: ${Object.keys(commands).join(', ')}`)
  const { command } = await found.load()
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(command.usage)
    return fine
  }
  return command.run(args)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Usage || error instanceof MigrationError)) throw error
  say(`error: ${error.message}`, error.help)
  process.exitCode = error instanceof Usage ? misused : 1
}
