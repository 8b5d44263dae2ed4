// Drizzle's journal, `meta/_journal.json`: read and written here and nowhere else. Its fields are those of drizzle-orm's
// `MigrationMeta` (`migrator.ts`) and of drizzle-kit's `journal`. Its `entries` are run in the order of the list, and `when`
// has to grow, since Drizzle's own migrator goes by it.

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

/** The journal with one more entry, at its end. @throws SyntaxError if it is not JSON */
export function withEntry(text: string, tag: string, now: Date): string {
  const journal = JSON.parse(text) as Journal
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

/** The journal with entries renamed: each goes to the end. @throws SyntaxError if it is not JSON */
export function withRenamed(text: string, renamed: ReadonlyMap<string, string>): string {
  const journal = JSON.parse(text) as Journal
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
 * @throws SyntaxError if it is not JSON
 */
export function withReplaced(text: string, replaced: ReadonlySet<string>, tag: string): string {
  const journal = JSON.parse(text) as Journal
  const entries = journal.entries ?? []
  const last = entries.findLast((entry) => replaced.has(entry.tag))
  const kept = entries.flatMap((entry) =>
    entry === last ? [{ ...entry, tag }] : replaced.has(entry.tag) ? [] : [entry],
  )
  return written(text, { ...journal, entries: kept })
}

/** A journal as text, in the form that it had: indentation, ends of lines, and whether the last line has one. */
function written(before: string, journal: Journal): string {
  const indent = /^[ \t]+/m.exec(before)?.[0] ?? '  '
  const ends = before.includes('\r\n') ? '\r\n' : '\n'
  return JSON.stringify(journal, null, indent).replaceAll('\n', ends) + (before.endsWith('\n') ? ends : '')
}
