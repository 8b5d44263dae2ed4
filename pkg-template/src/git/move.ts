// Files moved in the work tree and in the index, as `git mv` does it: all of them or none.
import { randomUUID } from 'node:crypto'
import { lstat, mkdir, readFile, rename, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { failure } from '../shared/errors.js'
import { writeOutput } from '../shared/output.js'
import { git, parts, type Repository } from './repository.js'

/** A file, and where it goes. Paths from the root. */
export interface Move {
  from: string
  to: string
}

/** A file that gets another text with the moves: what names the others, such as a journal. */
export interface Rewrite {
  path: string
  before: string
  after: string
}

/**
 * Moves files. What is in the index moves there too, as it is staged; what git does not know moves in the work tree only.
 * If anything fails, everything is where it was.
 *
 * @throws MigrationError `cannot-move`: a file is not there, or another one is where it should go
 */
export async function moveFiles(
  repository: Repository,
  moves: readonly Move[],
  rewrites: readonly Rewrite[] = [],
): Promise<void> {
  const at = (path: string) => join(repository.top, path)
  const write = (path: string, text: string) =>
    writeOutput(at(path), text, { help: 'nothing was moved', project: repository.top })
  const leaving = new Set(moves.map(({ from }) => from))
  if (new Set(moves.map(({ to }) => to)).size < moves.length)
    throw failure('cannot-move', 'two files would get one name')
  for (const { from, to } of moves) {
    const [source, target] = await Promise.all([there(at(from)), there(at(to))])
    if (!source?.isFile())
      throw failure(
        'cannot-move',
        `${from} is ${source ? 'not a plain file' : 'not in the work tree'}`,
        'check out the branch whose files are to be renumbered',
      )
    if (target && !leaving.has(to))
      throw failure(
        'cannot-move',
        `${from} cannot become ${to}: there is such a file already`,
        'move it away, or give the file its new name by hand',
      )
  }
  const staged = await inIndex(repository, moves)
  const clean = await unchanged(repository, rewrites)

  const undo: (() => Promise<void>)[] = []
  try {
    // In two steps: the place that a file goes to may be one that another leaves.
    const drafts = moves.map(({ from, to }) => ({ from, to, draft: `${to}.${randomUUID()}` }))
    for (const { from, draft } of drafts) {
      await mkdir(dirname(at(draft)), { recursive: true })
      await rename(at(from), at(draft))
      undo.push(() => rename(at(draft), at(from)))
    }
    for (const { to, draft } of drafts) {
      await rename(at(draft), at(to))
      undo.push(() => rename(at(to), at(draft)))
    }
    for (const { path, before, after } of rewrites) {
      await write(path, after)
      undo.push(() => write(path, before))
    }
    // One write of the index: git puts it in place in one go.
    const info = staged.map(({ entry, from, to }) =>
      `0 ${'0'.repeat(entry.oid.length)}\t${from}\0`.concat(`${entry.mode} ${entry.oid} 0\t${to}\0`),
    )
    if (info.length > 0) await git(repository, ['update-index', '-z', '--index-info'], { input: removalsFirst(info) })
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => {})
    await Promise.all(moves.map(({ to }) => removeEmpty(repository, to)))
    throw error
  }
  if (clean.length > 0)
    await git(repository, ['update-index', '-z', '--stdin'], { input: clean.map((path) => `${path}\0`).join('') })
  await Promise.all(moves.map(({ from }) => removeEmpty(repository, from)))
}

/** A place that one file leaves may be where another goes to, so what leaves comes first. */
function removalsFirst(info: readonly string[]): string {
  const records = info.flatMap((pair) => pair.split('\0').filter(Boolean))
  const leave = records.filter((record) => record.startsWith('0 '))
  return [...leave, ...records.filter((record) => !record.startsWith('0 '))].map((record) => `${record}\0`).join('')
}

async function inIndex(repository: Repository, moves: readonly Move[]) {
  const { stdout } = await git(repository, ['ls-files', '-s', '-z', '--', ...moves.map(({ from }) => from)])
  const to = new Map(moves.map((move) => [move.from, move.to]))
  return parts(stdout).flatMap((line) => {
    const [mode = '', oid = '', stage] = line.slice(0, line.indexOf('\t')).split(' ')
    const from = line.slice(line.indexOf('\t') + 1)
    if (stage !== '0')
      throw failure(
        'cannot-move',
        `${from} has a merge conflict that is not resolved`,
        'resolve it and `git add` the file',
      )
    return [{ from, to: to.get(from) ?? from, entry: { mode, oid } }]
  })
}

/** Those that git has as they are: they are staged again afterwards, so that the index has all of it. */
async function unchanged(repository: Repository, rewrites: readonly Rewrite[]): Promise<string[]> {
  if (rewrites.length === 0) return []
  const paths = rewrites.map(({ path }) => path)
  const [known, changed] = await Promise.all([
    git(repository, ['ls-files', '-z', '--', ...paths]),
    git(repository, ['ls-files', '-z', '--modified', '--', ...paths]),
  ])
  const differ = parts(changed.stdout)
  return parts(known.stdout).filter((path) => !differ.includes(path))
}

/** Removes the folders that a file leaves empty. */
async function removeEmpty(repository: Repository, path: string): Promise<void> {
  for (let folder = dirname(path); folder !== '.' && folder !== '/'; folder = dirname(folder))
    if (
      !(await rmdir(join(repository.top, folder)).then(
        () => true,
        () => false,
      ))
    )
      return
}

const there = (path: string) => lstat(path).catch(() => undefined)

/** The text of a file of the work tree; undefined if there is none. */
export const textOf = (repository: Repository, path: string): Promise<string | undefined> =>
  readFile(join(repository.top, path), 'utf8').catch(() => undefined)
