// `counterfoil check --renumber`: the new files of a change under versions that are free.
import { posix } from 'node:path'
import { failure } from '../errors.js'
import type { OpenChange } from '../git/change.js'
import { textOf, type Move, type Rewrite } from '../git/move.js'
import { git } from '../git/repository.js'
import type { Verdict } from '../guard.js'

/** What is going to be done. */
export interface Renumbering {
  moves: Move[]
  rewrites: Rewrite[]
}

/**
 * What has to be moved so that every file gets the version that was proposed for it: the files themselves, what lies beside
 * them under the same name, and the lines of a journal.
 *
 * @throws MigrationError `cannot-move` for a file that has shipped: its version is in somebody's ledger
 */
export async function renumbering(read: OpenChange, proposed: Verdict['renumber']): Promise<Renumbering> {
  const { change, repository } = read
  const shipped = new Set(change.sets.flatMap(({ base, target }) => [...Object.keys(base), ...Object.keys(target ?? {})]))
  const heads = new Set(change.sets.flatMap(({ head }) => Object.keys(head)))
  const moves = new Map<string, string>()
  for (const { path, to } of proposed) {
    if (shipped.has(path)) throw failure('cannot-move', `${path} has shipped: it keeps its version`, 'renumber the other file')
    moves.set(path, to)
    for (const beside of companions(path, to, heads)) if (!shipped.has(beside.from)) moves.set(beside.from, moves.get(beside.from) ?? beside.to)
  }
  const list = [...moves].map(([from, to]) => ({ from, to })).filter(({ from, to }) => from !== to)
  const rewrites: Rewrite[] = []
  for (const journal of [...heads].filter((path) => /(^|\/)meta\/_journal\.json$/.test(path))) {
    const [before, folder] = [await textOf(repository, journal), posix.dirname(posix.dirname(journal))]
    const after = before === undefined ? undefined : journalWith(before, folder, list)
    if (before === undefined || after === undefined || after === before) continue
    rewrites.push({ path: journal, before, after })
    list.push(...(await snapshots(read, folder, list)))
  }
  return { moves: list, rewrites }
}

/** Files of the same migration that no plan speaks of: a list of what it replaces, and what else lies in its own folder. */
function companions(path: string, to: string, heads: ReadonlySet<string>): Move[] {
  const [folder, newFolder] = [posix.dirname(path), posix.dirname(to)]
  if (folder !== newFolder)
    // The folder is the migration.
    return [...heads].filter((other) => other.startsWith(`${folder}/`) && other !== path).map((from) => ({ from, to: newFolder + from.slice(folder.length) }))
  const beside = (file: string) => posix.join(folder, '.counterfoil', `${posix.basename(file).replace(/\.sql$/, '')}.json`)
  const from = beside(path)
  return [
    ...(heads.has(from) ? [{ from, to: beside(to) }] : []),
    ...(heads.has(`${path}.conf`) ? [{ from: `${path}.conf`, to: `${to}.conf` }] : []),
  ]
}

/** drizzle-kit's snapshots of the schema, which have the number of their migration: those that are new too. */
async function snapshots({ repository, mergeBase }: OpenChange, folder: string, moves: readonly Move[]): Promise<Move[]> {
  const number = (path: string) => /^\d+/.exec(posix.basename(path))?.[0]
  const out: Move[] = []
  for (const { from, to } of moves.filter((move) => posix.dirname(move.from) === folder)) {
    const [old, fresh] = [from, to].map((path) => posix.join(folder, 'meta', `${number(path)}_snapshot.json`)) as [string, string]
    if (old === fresh || (await textOf(repository, old)) === undefined) continue
    const { stdout } = await git(repository, ['ls-tree', '-z', '--full-tree', mergeBase, '--', old])
    if (stdout.length === 0) out.push({ from: old, to: fresh })
  }
  return out
}

/**
 * Drizzle's journal with the new names (drizzle-orm, `migrator.ts`: `entries` are run in the order of the list, and `when` has
 * to grow): an entry that was renumbered goes to the end. Its form is kept.
 */
function journalWith(text: string, folder: string, moves: readonly Move[]): string {
  const tag = (path: string) => posix.basename(path).replace(/\.sql$/, '')
  const renamed = new Map(moves.filter(({ from }) => posix.dirname(from) === folder && from.endsWith('.sql')).map(({ from, to }) => [tag(from), tag(to)]))
  if (renamed.size === 0) return text
  let journal: { entries?: { idx?: number; when?: number; tag: string }[] }
  try {
    journal = JSON.parse(text)
  } catch (cause) {
    throw failure('cannot-move', `the journal in ${folder} is not JSON: ${(cause as Error).message}`, 'resolve its conflicts first', cause)
  }
  const entries = journal.entries ?? []
  const kept = entries.filter((entry) => !renamed.has(entry.tag))
  const moved = entries.filter((entry) => renamed.has(entry.tag)).map((entry) => ({ ...entry, tag: renamed.get(entry.tag) ?? entry.tag }))
  moved.sort((a, b) => a.tag.localeCompare(b.tag, 'en', { numeric: true }))
  for (const entry of moved) {
    const last = kept.at(-1)
    if (typeof entry.idx === 'number') entry.idx = (last?.idx ?? -1) + 1
    if (typeof entry.when === 'number' && last?.when !== undefined && entry.when <= last.when) entry.when = last.when + 1
    kept.push(entry)
  }
  const indent = /^[ \t]+/m.exec(text)?.[0] ?? '  '
  const ends = text.includes('\r\n') ? '\r\n' : '\n'
  return JSON.stringify({ ...journal, entries: kept }, null, indent).replaceAll('\n', ends) + (/\n$/.test(text) ? ends : '')
}
