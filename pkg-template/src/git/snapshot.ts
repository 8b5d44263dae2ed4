// What is staged, or what is in the work tree, as a tree like that of a commit.
import { copyFile, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { failure } from '../shared/errors.js'
import { longest } from './objects.js'
import { git, parts, withoutNewline, type Repository } from './repository.js'

/** A tree, and the repository as it has to be asked for it: its objects lie beside those of the repository. */
export interface Snapshot {
  tree: string
  repository: Repository
  /** Removes it. */
  forget(): Promise<void>
}

/**
 * Makes a tree of the index or of the work tree, as a commit would have it: with line ends and filters as
 * `.gitattributes` says, without ignored files. Nothing is written to the repository: index and objects are copies that
 * are thrown away.
 *
 * @param below which folders of the work tree are looked at (from the root; an empty one is the root)
 * @throws MigrationError `merge-conflict` if files of the index wait for a decision
 */
export async function snapshot(
  repository: Repository,
  what: 'index' | 'work tree',
  below: readonly string[],
): Promise<Snapshot> {
  const folder = await mkdtemp(join(tmpdir(), 'counterfoil-check-'))
  const forget = () => rm(folder, { recursive: true, force: true })
  try {
    const [index, objects] = [join(folder, 'index'), join(folder, 'objects')]
    await mkdir(objects)
    // A repository without a commit has no index yet.
    await copyFile(repository.index, index).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
    const others = repository.env['GIT_ALTERNATE_OBJECT_DIRECTORIES']
    const own: Repository = {
      ...repository,
      env: {
        ...repository.env,
        GIT_INDEX_FILE: index,
        GIT_OBJECT_DIRECTORY: objects,
        // In quotes a path may hold the separator (git(1), environment variables).
        GIT_ALTERNATE_OBJECT_DIRECTORIES: [JSON.stringify(repository.objects), ...(others ? [others] : [])].join(
          delimiter,
        ),
      },
    }
    if (what === 'work tree' && below.length > 0) await takeWorkTree(own, below)
    const { code, stdout, stderr } = await git(own, ['write-tree'], { also: [128] })
    if (code !== 0) {
      const [, file] = /^(.*): unmerged \([0-9a-f]+\)$/m.exec(stderr) ?? []
      if (file === undefined) throw failure('git-failed', `the index cannot be read: ${stderr.split('\n')[0]}`)
      throw failure(
        'merge-conflict',
        `${file} has a merge conflict that is not resolved`,
        'resolve it and `git add` the file',
      )
    }
    return { tree: withoutNewline(stdout), repository: own, forget }
  } catch (error) {
    await forget()
    throw error
  }
}

/** Whether files below these folders differ from the index or are not in it, or the index differs from a commit. */
export async function isDirty(repository: Repository, commit: string, below: readonly string[]): Promise<boolean> {
  if (below.length === 0) return false
  const [staged, loose] = await Promise.all([
    git(repository, ['diff-index', '--cached', '--quiet', commit, '--', ...pathspecs(below)], { also: [1] }),
    changedPaths(repository, below),
  ])
  return staged.code === 1 || loose.length > 0
}

async function takeWorkTree(repository: Repository, below: readonly string[]): Promise<void> {
  const paths = await changedPaths(repository, below)
  if (paths.length > 0)
    await git(repository, ['update-index', '-z', '--add', '--remove', '--replace', '--stdin'], {
      input: paths.map((path) => `${path}\0`).join(''),
    })
}

/** Files that were changed, removed or made since the index was written; not those that are ignored. */
async function changedPaths(repository: Repository, below: readonly string[]): Promise<string[]> {
  const { stdout } = await git(repository, [
    'ls-files',
    '-z',
    '--modified',
    '--deleted',
    '--others',
    '--exclude-standard',
    '--',
    ...pathspecs(below),
  ])
  const out: string[] = []
  for (const path of new Set(parts(stdout))) {
    // A folder is a repository of its own, which a commit would not have either.
    if (path.endsWith('/')) continue
    const found = await lstat(join(repository.top, path)).catch(() => undefined)
    if (found && (found.isDirectory() || found.size > longest)) continue
    // A device or a socket is nothing that git keeps.
    if (found && !found.isFile() && !found.isSymbolicLink()) continue
    out.push(path)
  }
  return out
}

const pathspecs = (below: readonly string[]): string[] => (below.includes('') ? [] : [...below])
