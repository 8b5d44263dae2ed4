// Folders and texts out of git's object store, many at a time.
import { isOfSet, isPassedOver } from '../set/companions.js'
import { failure } from '../shared/errors.js'
import { git, parts, type Repository } from './repository.js'

/** A file as a tree has it: its text's object id. `link`: it is a symbolic link that could not be followed. */
export interface Entry {
  oid: string
  problem?: string
}

/** A text, or why there is none. */
export type Text = { text: string } | { problem: string }

/** Texts that are longer are not read, in bytes. Far above every migration there is a reason for. */
export const longest = 16 * 1024 * 1024

/**
 * The files of a set, at several commits or trees: path from the root to what is there. A folder that is not there is
 * empty. Symbolic links are followed, as `readMigrations` does, as long as they stay in the repository.
 *
 * @param dir the folder, relative to the root, without a slash at the end; empty for the root
 */
export async function listings(
  repository: Repository,
  trees: readonly string[],
  dir: string,
): Promise<Map<string, Map<string, Entry>>> {
  if (/[\n\r\0]/.test(dir))
    throw failure('invalid-input', `the folder ${JSON.stringify(dir)} has a line break in its name`, 'rename it')
  const unique = [...new Set(trees)]
  const folders = await resolved(
    repository,
    unique.map((tree) => `${tree}:${dir}`),
  )
  // Most branches have the same folder, and it needs to be listed once.
  const listed = new Map<string, Promise<Map<string, Entry>>>()
  const all = await several(unique.entries(), async ([index, tree]): Promise<[string, Map<string, Entry>]> => {
    const folder = folders[index]
    if (folder?.type !== 'tree') return [tree, new Map()]
    const files = listed.get(folder.oid) ?? listing(repository, tree, folder.oid, dir)
    listed.set(folder.oid, files)
    return [tree, await files]
  })
  return new Map(all)
}

async function listing(repository: Repository, tree: string, folder: string, dir: string): Promise<Map<string, Entry>> {
  const files = new Map<string, Entry>()
  const links: string[] = []
  const add = async (oid: string, below: string, follow: boolean) => {
    for (const { mode, oid: file, path } of await treeEntries(repository, oid)) {
      const inSet = below === '' ? path : `${below}/${path}`
      if (inSet.split('/').slice(0, -1).some(isPassedOver)) continue
      if (mode === '120000' && follow) links.push(inSet)
      else if (mode === '160000')
        files.set(inside(dir, inSet), {
          oid: file,
          problem: 'it is a submodule, whose files are not in this repository',
        })
      else if (isOfSet(inSet))
        files.set(
          inside(dir, inSet),
          mode === '120000' ? { oid: file, problem: 'it is a symbolic link behind another one' } : { oid: file },
        )
    }
  }
  await add(folder, '', true)
  const targets = await resolved(
    repository,
    links.map((path) => `${tree}:${inside(dir, path)}`),
  )
  for (const [index, path] of links.entries()) {
    const target = targets[index]
    if (target?.type === 'tree') await add(target.oid, path, false)
    else if (!isOfSet(path)) continue
    else
      files.set(
        inside(dir, path),
        target?.type === 'blob'
          ? { oid: target.oid }
          : { oid: '', problem: 'it is a symbolic link to a file that is not in the repository' },
      )
  }
  return files
}

/** A path in a folder; an empty one is the root. */
export const inside = (dir: string, path: string): string => (dir === '' ? path : `${dir}/${path}`)

/** Every file below these folders (from the root; an empty one is the root) of a tree, whatever it is: path to object. */
export async function filesBelow(
  repository: Repository,
  tree: string,
  folders: readonly string[],
): Promise<Map<string, string>> {
  const isBelow = (path: string) =>
    folders.some((folder) => folder === '' || path === folder || path.startsWith(`${folder}/`))
  const entries = folders.length === 0 ? [] : await treeEntries(repository, tree)
  return new Map(
    entries.filter(({ mode, path }) => mode !== '160000' && isBelow(path)).map(({ path, oid }) => [path, oid]),
  )
}

/** What a tree holds, with its subfolders. */
async function treeEntries(
  repository: Repository,
  tree: string,
): Promise<{ mode: string; oid: string; path: string }[]> {
  const { stdout } = await git(repository, ['ls-tree', '-r', '-z', '--full-tree', tree])
  return parts(stdout).map((entry) => {
    const tab = entry.indexOf('\t')
    const [mode = '', , oid = ''] = entry.slice(0, tab).split(' ')
    return { mode, oid, path: entry.slice(tab + 1) }
  })
}

/** The part of a folder's path that is a submodule, if one is. */
export async function submoduleOn(repository: Repository, tree: string, dir: string): Promise<string | undefined> {
  const steps = dir.split('/').map((_, index, all) => all.slice(0, index + 1).join('/'))
  const { stdout } = await git(repository, ['ls-tree', '-z', '--full-tree', tree, '--', ...steps])
  return parts(stdout)
    .find((entry) => entry.startsWith('160000 '))
    ?.split('\t')[1]
}

/**
 * The texts of objects, in one process. What is no text is told apart: too long, not UTF-8, a pointer of Git LFS.
 */
export async function texts(repository: Repository, oids: Iterable<string>): Promise<Map<string, Text>> {
  const unique = [...new Set(oids)].filter((oid) => oid !== '')
  const out = new Map<string, Text>()
  const found = await resolved(repository, unique)
  const wanted = unique.filter((oid, index) => {
    const { type, size } = found[index] ?? { type: 'missing', size: 0 }
    if (type !== 'blob') out.set(oid, { problem: 'its text is not in the repository' })
    else if (size > longest)
      out.set(oid, { problem: `it has ${size} bytes, and texts of more than ${longest} are not read` })
    return type === 'blob' && size <= longest
  })
  if (wanted.length === 0) return out
  const { stdout } = await git(repository, ['cat-file', '--batch'], { input: lines(wanted) })
  for (const { oid, content } of answers(stdout, true)) out.set(oid, textOf(content))
  return out
}

function textOf(content: Buffer): Text {
  if (content.includes(0)) return { problem: 'it is binary: it has a NUL byte' }
  let text: string
  try {
    // A byte order mark stays: whether it counts is for the core to say.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    return { problem: 'it is not UTF-8' }
  }
  // https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: a pointer begins with its version.
  if (text.length < 1024 && /^version https:\/\/(?:git-lfs\.github\.com|hawser\.github\.com)\/spec\//.test(text))
    return { problem: 'it is a pointer of Git LFS, and its text is kept elsewhere' }
  return { text }
}

interface Answer {
  oid: string
  /** `blob`, `tree`, … or `missing`. */
  type: string
  size: number
  content: Buffer
}

/** What these names stand for, links followed; in the order of the names. */
async function resolved(repository: Repository, names: readonly string[]): Promise<Answer[]> {
  // A name is a line for git; one that is not cannot be asked for.
  const askable = names.filter((name) => !/[\n\r]/.test(name))
  if (askable.length === 0) return names.map(() => nothing)
  const { stdout } = await git(repository, ['cat-file', '--batch-check', '--follow-symlinks'], {
    input: lines(askable),
  })
  const given = answers(stdout, false)
  let at = 0
  return names.map((name) => (/[\n\r]/.test(name) ? nothing : (given[at++] ?? nothing)))
}

const nothing: Answer = { oid: '', type: 'missing', size: 0, content: Buffer.alloc(0) }
const lines = (names: readonly string[]) => names.map((name) => `${name}\n`).join('')

/** Takes apart what `git cat-file --batch` and `--batch-check` print (git-cat-file(1), BATCH OUTPUT). */
function answers(output: Buffer, contents: boolean): Answer[] {
  const all: Answer[] = []
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(10, at)
    const line = output.toString('utf8', at, end)
    at = end + 1
    const [, link, skip] = /^(dangling|loop|notdir|symlink) (\d+)$/.exec(line) ?? []
    const [, oid, type, size] = /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(line) ?? []
    if (link !== undefined) {
      at += Number(skip) + 1
      all.push(nothing)
    } else if (oid !== undefined && type !== undefined) {
      const content = contents ? output.subarray(at, at + Number(size)) : nothing.content
      if (contents) at += Number(size) + 1
      all.push({ oid, type, size: Number(size), content })
    } else all.push(nothing)
  }
  return all
}

/** Some at a time: each is a process. */
async function several<T, R>(items: Iterable<T>, work: (item: T) => Promise<R>): Promise<R[]> {
  const [list, out] = [[...items], [] as R[]]
  for (let at = 0; at < list.length; at += 8) out.push(...(await Promise.all(list.slice(at, at + 8).map(work))))
  return out
}
