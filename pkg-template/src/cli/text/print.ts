// All that the command line prints goes through here, so that nothing in it is an order to a terminal or to the service
// that reads the log, whoever wrote it. What was asked for goes to standard output, talk to standard error.
import { json, visible } from '../../shared/printed.js'
import { redacted } from './secrets.js'
import { styleOf } from './style.js'

/** One line, or several. What ends a line within one is shown, and does not end it. */
export type Lines = string | readonly string[]

/** The colours of `style.ts` and of the review module. */
const colour = /(\x1b\[(?:0|1|2|22|31|32|33|34|39)m)/
/**
 * `##[warning]` of GitHub, `##vso[…]` of Azure and `##teamcity[…]` are orders wherever they stand in a line; `::warning::`
 * where it begins, after spaces.
 */
const [anywhere, first] = [/#(?=#\w*\[)/g, /^(\s*):(?=:)/]

/** A line as it may be printed. With `colours`, those of ours stay. */
export function printed(line: string, colours: boolean): string {
  const text = colours
    ? line
        .split(colour)
        .map((part, index) => (index % 2 === 1 ? part : visible(part)))
        .join('')
    : visible(line)
  return text.replace(anywhere, '\\u{23}').replace(first, '$1\\u{3a}')
}

/** The lines of a text that has an end at each. */
export const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n')

function write(lines: Lines, stream: NodeJS.WriteStream): void {
  const { colours } = styleOf(stream)
  const all = typeof lines === 'string' ? [lines] : lines
  if (all.length > 0) stream.write(all.map((line) => `${printed(redacted(line), colours)}\n`).join(''))
}

/** Prints what was asked for. */
export const print = (lines: Lines): void => write(lines, process.stdout)

/** Prints talk, and below it what to do. */
export function say(lines: Lines, help = ''): void {
  write(lines, process.stderr)
  if (help)
    write(
      help.split('\n').map((line) => `  ${line}`),
      process.stderr,
    )
}

/** Prints what was asked for as JSON. */
export const printJson = (value: unknown): void => emit(`${json(value, 2)}\n`)

/** Prints workflow commands of GitHub Actions: in what they carry `%`, line ends and colons are escaped already. */
export const printCommands = (commands: readonly string[]): void =>
  emit(commands.map((command) => `${visible(redacted(command))}\n`).join(''))

/** Prints a text in a syntax of its own (JSON, a module, a script), which has escaped what is data in it. */
export function emit(text: string): void {
  if (text !== '') process.stdout.write(text.replace(anywhere, '\\u0023'))
}

/** Draws the line that the cursor is in once more; without a text it is taken away. */
export function redraw(line = ''): void {
  process.stderr.write(`\r\x1b[2K${printed(redacted(line), styleOf(process.stderr).colours)}`)
}

/** What a question is asked with. */
export const prompt = (line: string): string => printed(redacted(line), styleOf(process.stderr).colours)
