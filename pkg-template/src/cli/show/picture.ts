// The picture of a place in a file: its line, and a caret under the column.
import { eastAsianWidth } from 'get-east-asian-width'
import { visible } from '../../shared/printed.js'
import { type Style } from '../text/style.js'

/** A place: line and column are 1-based, the column counts code points. */
export interface Place {
  readonly path: string
  readonly line: number
  readonly column: number
}

/** A tab is shown as spaces up to the next multiple of this. */
const tab = 4

/**
 * The lines of the picture:
 *
 *       --> db/migrations/20260104_email.sql:3:20
 *        |
 *      3 | update members set emial = lower(name);
 *        |                    ^
 *
 * A long line is cut around the caret. Without the text, or if it has no such line, only the first is given.
 */
export function picture({ path, line, column }: Place, text: string | undefined, style: Style): string[] {
  const where = `${style.blue('-->')} ${visible(path)}:${line}:${column}`
  const source = text?.split(/\r\n|\n|\r(?!\n)/)[line - 1]
  if (source === undefined) return [`  ${where}`]
  const margin = ' '.repeat(String(line).length)
  const bar = style.blue('|')
  const { shown, caret } = cut(source, column, style.width - margin.length - 4)
  return [
    ` ${margin}${where}`,
    ` ${margin} ${bar}`,
    ` ${style.blue(String(line))} ${bar} ${shown}`.trimEnd(),
    ` ${margin} ${bar} ${' '.repeat(caret)}${style.red('^')}`,
  ]
}

/** The part of a line around a column that fits, and how many columns stand before the caret. */
function cut(source: string, column: number, width: number): { shown: string; caret: number } {
  const pieces = cells(source)
  let at = pieces.findIndex(({ from, to }) => from <= column - 1 && column - 1 < to)
  if (at < 0) at = pieces.length
  const total = (list: typeof pieces) => list.reduce((sum, { width: wide }) => sum + wide, 0)
  let [first, last] = [0, pieces.length]
  if (total(pieces) > width) {
    // A third before the caret, the rest behind it; each end that is cut needs a column for the dots.
    let before = 0
    first = at
    while (first > 0 && before + pieces[first - 1]!.width <= width / 3) before += pieces[--first]!.width
    let room = width - before - 2
    last = at
    while (last < pieces.length && pieces[last]!.width <= room) room -= pieces[last++]!.width
    // At the end of the line there is room before.
    while (first > 0 && pieces[first - 1]!.width <= room) room -= pieces[--first]!.width
  }
  const [dotsBefore, dotsAfter] = [first > 0 ? '…' : '', last < pieces.length ? '…' : '']
  return {
    shown:
      dotsBefore +
      pieces
        .slice(first, last)
        .map(({ text }) => text)
        .join('') +
      dotsAfter,
    caret: dotsBefore.length + total(pieces.slice(first, at)),
  }
}

/** What is drawn as one, with the code points that it is made of and the columns that it takes. */
function cells(source: string): { text: string; from: number; to: number; width: number }[] {
  let [from, drawn] = [0, 0]
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
  return Array.from(graphemes.segment(source), ({ segment }) => {
    const to = from + [...segment].length
    const text = segment === '\t' ? ' '.repeat(tab - (drawn % tab)) : visible(segment)
    // What is drawn as one takes the columns of its first character: the others are marks on it.
    const width = text === segment ? eastAsianWidth(text.codePointAt(0) ?? 32) : text.length
    const cell = { text, from, to, width }
    from = to
    drawn += cell.width
    return cell
  })
}
