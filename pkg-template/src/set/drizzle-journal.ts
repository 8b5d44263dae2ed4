// Drizzle's journal, `meta/_journal.json`: read and written here and nowhere else. Its fields are those of drizzle-orm's
// `MigrationMeta` (`migrator.ts`) and of drizzle-kit's `journal`. Its `entries` are run in the order of the list, and `when`
// has to grow, since Drizzle's own migrator goes by it.
import { failure } from '../shared/errors.js'
import { parsed } from '../shared/parsed.js'
import { withoutMark } from '../shared/texts.js'

interface Entry {
  idx?: number
  version?: string
  when?: number
  tag: string
  breakpoints?: boolean
}

interface Journal {
  version?: string
  entries?: Entry[]
}

/** Whether a file is a journal. The path uses `/`. */
export const isJournal = (path: string): boolean => /(^|\/)meta\/_journal\.json$/.test(path)

/** @throws MigrationError `invalid-input` if it is none */
function read(path: string, text: string): Journal {
  const help = 'see what has become of it: a merge may have left its marks in it'
  const journal = parsed(path, text, help) as Journal | null
  const { entries = [] } = Object(journal) as Journal
  if (Array.isArray(entries) && entries.every((entry) => typeof (entry as Entry | null)?.tag === 'string'))
    return Object(journal) as Journal
  throw failure('invalid-input', `${path} is no journal of Drizzle's: its entries are not a list of tags`, help)
}

/** The tags of its entries, in their order. @throws MigrationError `invalid-input` if it is none */
export const tagsIn = (path: string, text: string): string[] => (read(path, text).entries ?? []).map(({ tag }) => tag)

/** The journal with one more entry, at its end. @throws MigrationError `invalid-input` if it is none */
export function withEntry(path: string, text: string, tag: string, now: Date): string {
  const journal = read(path, text)
  const entries = journal.entries ?? []
  const last = entries.at(-1)
  const entry: Entry = {
    idx: (last?.idx ?? -1) + 1,
    version: last?.version ?? journal.version ?? '7',
    when: Math.max(now.getTime(), (last?.when ?? 0) + 1),
    tag,
    breakpoints: last?.breakpoints ?? true,
  }
  return written(text, { ...journal, entries: [...entries, entry] })
}

/** The journal with entries renamed: each goes to the end. @throws MigrationError `invalid-input` if it is none */
export function withRenamed(path: string, text: string, renamed: ReadonlyMap<string, string>): string {
  const journal = read(path, text)
  const entries = journal.entries ?? []
  const kept = entries.filter((entry) => !renamed.has(entry.tag))
  const moved = entries
    .filter((entry) => renamed.has(entry.tag))
    .map((entry) => ({ ...entry, tag: renamed.get(entry.tag) ?? entry.tag }))
  moved.sort((a, b) => a.tag.localeCompare(b.tag, 'en', { numeric: true }))
  for (const entry of moved) {
    const last = kept.at(-1)
    if (typeof entry.idx === 'number') entry.idx = (last?.idx ?? -1) + 1
    if (typeof entry.when === 'number' && last?.when !== undefined && entry.when <= last.when)
      entry.when = last.when + 1
    kept.push(entry)
  }
  return written(text, { ...journal, entries: kept })
}

/**
 * The journal with one entry in place of several. It has the time of the last of those: a database that ran that one is not
 * sent it by Drizzle's own migrator either.
 *
 * @throws MigrationError `invalid-input` if it is none
 */
export function withReplaced(path: string, text: string, replaced: ReadonlySet<string>, tag: string): string {
  const journal = read(path, text)
  const entries = journal.entries ?? []
  const last = entries.findLast((entry) => replaced.has(entry.tag))
  const kept = entries.flatMap((entry) =>
    entry === last ? [{ ...entry, tag }] : replaced.has(entry.tag) ? [] : [entry],
  )
  return written(text, { ...journal, entries: kept })
}

/** A journal as text, in the form that it had: byte order mark, indentation, ends of lines, and whether the last line has one. */
function written(before: string, journal: Journal): string {
  const indent = /^[ \t]+/m.exec(before)?.[0] ?? '  '
  const ends = before.includes('\r\n') ? '\r\n' : '\n'
  const mark = before === withoutMark(before) ? '' : '\uFEFF'
  return mark + JSON.stringify(journal, null, indent).replaceAll('\n', ends) + (before.endsWith('\n') ? ends : '')
}
