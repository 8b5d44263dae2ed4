// Colours and width: for a terminal only, unless somebody says otherwise.

/** How text may look on a stream. */
export interface Style {
  /** Whether colours are on. */
  readonly colours: boolean
  /** Whether a person is looking: a terminal that can be drawn on, not in CI. */
  readonly live: boolean
  /** Columns. 100 where there is no terminal. */
  readonly width: number
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  blue(text: string): string
}

type Stream = { readonly isTTY?: boolean; readonly columns?: number }
type Environment = Readonly<Record<string, string | undefined>>

/** What can be done on a stream. See https://no-color.org and https://force-color.org. */
export function styleOf(stream: Stream, env: Environment = process.env): Style {
  const terminal = stream.isTTY === true && env['TERM'] !== 'dumb'
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== ''
  const colours = env['NO_COLOR'] ? false : forced ? !['0', 'false'].includes(env['FORCE_COLOR']!) : terminal
  const code = (on: number, off: number) => (text: string) => (colours ? `\x1b[${on}m${text}\x1b[${off}m` : text)
  return {
    colours,
    live: terminal && !inCI(env),
    width: Math.max(40, (stream.isTTY && stream.columns) || 100),
    bold: code(1, 22),
    dim: code(2, 22),
    red: code(31, 39),
    green: code(32, 39),
    yellow: code(33, 39),
    blue: code(34, 39),
  }
}

/** Services for continuous integration set this; `CI=false` turns it off. */
export const inCI = (env: Environment = process.env) => !['', '0', 'false', undefined].includes(env['CI'])

/** The style of standard output and of standard error. */
export const out = () => styleOf(process.stdout)
export const err = () => styleOf(process.stderr)

/** The text in lines of at most that many characters. */
export function wrapped(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = ['']
    for (const word of paragraph.split(' ')) {
      const line = lines.at(-1)!
      if (line !== '' && line.length + 1 + word.length > width) lines.push(word)
      else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
    }
    return lines
  })
}
