// What the commands of the command line share.

/** A command of the command line. */
export interface Command {
  /** What `--help` prints. */
  readonly usage: string
  /** Runs it. @returns the exit code */
  run(args: string[]): Promise<number>
}

/** Exit codes: all is well; something was found; it was called in a wrong way. */
export const [fine, found, misused] = [0, 1, 2]

/** The command was called in a wrong way. */
export class Usage extends Error {
  constructor(message: string, readonly help = '') {
    super(message)
  }
}

/** Prints a line, and below it what to do. Talk goes to stderr: stdout is for what was asked for. */
export function say(line: string, help = ''): void {
  process.stderr.write(help ? `${line}\n  ${help}\n` : `${line}\n`)
}

/** Runs `parseArgs` of Node; what it throws becomes {@link Usage}. */
export function parsed<T>(command: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new Usage(lowerFirst((error as Error).message.split(/\.(?: |$)/)[0] ?? ''), `\`counterfoil ${command} --help\` says what there is`)
  }
}

const lowerFirst = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1)
