// What a squash changes on the disk: all of it or nothing, and the way back.
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, lstat, mkdir, readFile, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { isJournal, tagsIn } from '../../set/drizzle-journal.js'
import { createOutput, writeOutput } from '../../shared/output.js'
import { failure, MigrationError } from '../../shared/errors.js'
import { visible } from '../../shared/printed.js'
import type { Squashed } from '../../squash/public.js'
import { say } from '../text/print.js'

const help = 'nothing was changed'

/** What takes back what was done so far. */
type Undo = (() => Promise<unknown>)[]

/**
 * Does it: if a part fails, what was done before is taken back.
 *
 * @throws MigrationError `invalid-input` if the folder does not allow it
 */
async function wholly(top: string, work: (undo: Undo) => Promise<void>): Promise<void> {
  const undo: Undo = []
  try {
    await work(undo)
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => {})
    if (error instanceof MigrationError) throw error
    throw failure('invalid-input', `the files cannot be changed: ${(error as Error).message}`, help, error)
  } finally {
    await withoutEmpty(join(top, '.counterfoil'))
  }
}

/**
 * Carries a squash out. The replaced files are in the archive before the baseline is there, and gone after it: whenever it is
 * killed, the folder is as before, or has a baseline whose list is there and the files that it replaces beside it.
 */
export async function carriedOut(dir: string, { files, moves }: Pick<Squashed, 'files' | 'moves'>): Promise<void> {
  const made = files.filter(({ changed }) => !changed)
  for (const path of [...made.map(({ path }) => path), ...moves.map(({ to }) => to)])
    if (await lstat(join(dir, path)).catch(() => undefined))
      throw failure(
        'invalid-input',
        `${join(dir, path)} is there already`,
        `${help}; move it away, or name the baseline otherwise`,
      )
  const archive = archiveOf(moves)
  await wholly(dir, async (undo) => {
    const copies = files.filter(({ changed }) => changed).map(({ path }) => ({ path, to: `${archive}/${path}` }))
    for (const { path, to } of [...moves, ...copies]) await copied(dir, path, to, undo)
    for (const { path, text } of made) {
      undo.push(() => withoutEmptyAbove(dir, path))
      await createOutput(join(dir, path), text, { help })
      undo.push(() => rm(join(dir, path)))
    }
    for (const { path, text, changed } of files) {
      if (!changed) continue
      const before = await readFile(join(dir, path), 'utf8')
      await writeOutput(join(dir, path), text, { help })
      undo.push(() => writeOutput(join(dir, path), before, { help }))
    }
    for (const { path, to } of moves) {
      await rm(join(dir, path))
      undo.push(() => copyFile(join(dir, to), join(dir, path)))
    }
  })
  for (const { path } of moves) await withoutEmptyAbove(dir, path)
}

const archiveOf = (moves: Squashed['moves']) => /^.*?\.counterfoil\/archive\/[^/]+/.exec(moves[0]?.to ?? '')?.[0] ?? ''

async function copied(dir: string, path: string, to: string, undo: Undo): Promise<void> {
  await mkdir(dirname(join(dir, to)), { recursive: true })
  await copyFile(join(dir, path), join(dir, to), constants.COPYFILE_EXCL)
  undo.push(() => rm(join(dir, to)))
}

/** The files in the archive of a baseline: path in the folder of the archive to text. Empty if there is none. */
export async function archived(dir: string, folder: string, stem: string): Promise<Record<string, string>> {
  const root = join(dir, folder, '.counterfoil/archive', stem)
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
  const files: Record<string, string> = Object.create(null)
  for (const entry of entries.filter((entry) => entry.isFile())) {
    const path = join(entry.parentPath ?? entry.path, entry.name)
    files[relative(root, path).split(sep).join('/')] = await readFile(path, 'utf8')
  }
  return files
}

/**
 * Takes a squash back: the replaced files are where they were, and the baseline is gone.
 *
 * @returns the paths that are there again
 */
export async function takenBack(dir: string, baseline: string, folder: string, stem: string): Promise<string[]> {
  const files = await archived(dir, folder, stem)
  const root = join(dir, folder, '.counterfoil/archive', stem)
  const gone = `${root}.${randomUUID()}`
  const paths = Object.keys(files).map((path) => ({ path: `${folder}${path}`, text: files[path]! }))
  if (paths.length === 0)
    throw failure(
      'invalid-input',
      `there is no archive of ${stem} in ${join(dir, folder, '.counterfoil/archive')}`,
      `${help}; take the files out of the history of the repository`,
    )
  const journals = paths.filter(({ path }) => isJournal(path))
  for (const { path, text } of journals)
    refuseNewer(path, await textOf(join(dir, path), `${help}; put the journal back first`), text, stem)
  const back = paths.filter(({ path }) => !isJournal(path))
  for (const { path } of back)
    if (await lstat(join(dir, path)).catch(() => undefined))
      throw failure('invalid-input', `${join(dir, path)} is there already`, `${help}; move it away`)
  await wholly(dir, async (undo) => {
    for (const { path, text } of back) {
      undo.push(() => withoutEmptyAbove(dir, path))
      await createOutput(join(dir, path), text, { help })
      undo.push(() => rm(join(dir, path)))
    }
    for (const { path, text } of journals) {
      const before = await readFile(join(dir, path), 'utf8')
      await writeOutput(join(dir, path), text, { help })
      undo.push(() => writeOutput(join(dir, path), before, { help }))
    }
    // The baseline before its list: without the list it would be a migration like the others.
    const beside = ['.json', '.adopt.sql', '.restore.sql'].map((ending) => `${folder}.counterfoil/${stem}${ending}`)
    for (const path of [baseline, ...beside]) {
      const before = await readFile(join(dir, path), 'utf8').catch(unlessMissing)
      if (before === undefined) continue
      await rm(join(dir, path))
      undo.push(() => createOutput(join(dir, path), before, { help }))
    }
    // What is thrown away file by file cannot be put back: that comes when all else is done.
    await rename(root, gone)
    undo.push(() => rename(gone, root))
  })
  await rm(gone, { recursive: true }).catch((error: Error) =>
    say(`warning: ${visible(gone)} could not be removed: ${visible(error.message)}`, 'nobody needs it: remove it'),
  )
  await withoutEmpty(join(dir, '.counterfoil'))
  await withoutEmptyAbove(dir, baseline)
  return back.map(({ path }) => path)
}

/** Only a baseline that leaves something out has scripts. */
function unlessMissing(error: unknown): undefined {
  if ((error as { code?: unknown }).code !== 'ENOENT') throw error
}

/** A journal that has gone on since cannot be put back as it was. */
function refuseNewer(path: string, now: string, before: string, stem: string): void {
  const known = [...tagsIn(path, before), stem]
  const newer = tagsIn(path, now).filter((tag) => !known.includes(tag))
  if (newer.length > 0)
    throw failure(
      'invalid-input',
      `${path} has entries that came after the squash: ${newer.join(', ')}`,
      `${help}; put the journal right by hand`,
    )
}

async function withoutEmpty(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) if (entry.isDirectory()) await withoutEmpty(join(folder, entry.name))
  await rmdir(folder).catch(() => {})
}

/** Removes the folders that a file has left empty, up to that of the set. */
async function withoutEmptyAbove(dir: string, path: string): Promise<void> {
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder))
    if (
      !(await rmdir(join(dir, folder)).then(
        () => true,
        () => false,
      ))
    )
      return
}

/** The text of a file that is needed. `wanted`: what to do where it cannot be read. */
export async function textOf(path: string, wanted: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw failure('invalid-input', `${path} cannot be read: ${(cause as Error).message}`, wanted, cause)
  }
}
