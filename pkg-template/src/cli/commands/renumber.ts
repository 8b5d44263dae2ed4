// `counterfoil check --renumber`: the new files of a change under versions that are free.
import { readdir } from 'node:fs/promises'
import { join, posix, relative, sep } from 'node:path'
import { isJournal, withRenamed } from '../../set/drizzle-journal.js'
import { failure } from '../../shared/errors.js'
import type { OpenChange } from '../../git/change.js'
import { textOf, type Move, type Rewrite } from '../../git/move.js'
import { git, type Repository } from '../../git/repository.js'
import type { Verdict } from '../../guard.js'

/** What is going to be done. */
export interface Renumbering {
  moves: Move[]
  rewrites: Rewrite[]
}

/**
 * What has to be moved so that every file gets the version that was proposed for it: those files, what else lies in the
 * folder of a migration, and what a journal says of them.
 *
 * @throws MigrationError `cannot-move` for a file that has shipped: its version is in somebody's ledger
 */
export async function renumbering(read: OpenChange, proposed: Verdict['renumber']): Promise<Renumbering> {
  const { change, repository } = read
  const shipped = new Set(change.sets.flatMap(({ base }) => Object.keys(base)))
  const moves = new Map(proposed.map(({ path, to }) => [path, to]))
  for (const { path, to } of proposed) {
    if (shipped.has(path))
      throw failure('cannot-move', `${path} has shipped: it keeps its version`, 'renumber the other file')
    const [folder, other] = [posix.dirname(path), posix.dirname(to)]
    // The folder is the migration, whatever a tool keeps in it.
    if (folder !== other)
      for (const beside of await filesIn(repository, folder))
        if (!moves.has(beside)) moves.set(beside, other + beside.slice(folder.length))
  }
  const list = [...moves].map(([from, to]) => ({ from, to })).filter(({ from, to }) => from !== to)
  const rewrites: Rewrite[] = []
  const journals = change.sets.flatMap(({ head }) => Object.keys(head)).filter(isJournal)
  for (const journal of new Set(journals)) {
    const [before, folder] = [await textOf(repository, journal), posix.dirname(posix.dirname(journal))]
    const after = before === undefined ? undefined : journalWith(before, folder, list)
    if (before === undefined || after === undefined || after === before) continue
    rewrites.push({ path: journal, before, after })
    list.push(...(await snapshots(read, folder, list)))
  }
  return { moves: list, rewrites }
}

/** The files of a folder of the work tree, with its subfolders. */
async function filesIn({ top }: Repository, folder: string): Promise<string[]> {
  const entries = await readdir(join(top, folder), { withFileTypes: true, recursive: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      posix.join(
        folder,
        relative(join(top, folder), join(entry.parentPath ?? entry.path, entry.name))
          .split(sep)
          .join('/'),
      ),
    )
}

/** drizzle-kit's snapshots of the schema, which have the number of their migration: those that are new too. */
async function snapshots(
  { repository, mergeBase }: OpenChange,
  folder: string,
  moves: readonly Move[],
): Promise<Move[]> {
  const number = (path: string) => /^\d+/.exec(posix.basename(path))?.[0]
  const out: Move[] = []
  for (const { from, to } of moves.filter((move) => posix.dirname(move.from) === folder)) {
    const [old, fresh] = [from, to].map((path) => posix.join(folder, 'meta', `${number(path)}_snapshot.json`)) as [
      string,
      string,
    ]
    if (old === fresh || (await textOf(repository, old)) === undefined) continue
    const { stdout } = await git(repository, ['ls-tree', '-z', '--full-tree', mergeBase, '--', old])
    if (stdout.length === 0) out.push({ from: old, to: fresh })
  }
  return out
}

/** Drizzle's journal with the new names. */
function journalWith(text: string, folder: string, moves: readonly Move[]): string {
  const tag = (path: string) => posix.basename(path).replace(/\.sql$/, '')
  const renamed = new Map(
    moves
      .filter(({ from }) => posix.dirname(from) === folder && from.endsWith('.sql'))
      .map(({ from, to }) => [tag(from), tag(to)]),
  )
  if (renamed.size === 0) return text
  try {
    return withRenamed(`${folder}/meta/_journal.json`, text, renamed)
  } catch (cause) {
    throw failure('cannot-move', (cause as Error).message, 'resolve its conflicts first', cause)
  }
}
