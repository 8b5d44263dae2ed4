// Where a repository names files that are about to go, and how a folder was before a file came.
import { relative, resolve, sep } from 'node:path'
import { inside, listings, texts } from './objects.js'
import { commitIfAny, git, openRepository, parts, type Repository } from './repository.js'

/** A line that names one of them. */
export interface Named {
  /** From the root of the repository. */
  readonly path: string
  readonly line: number
}

/** The repository of the working directory, and a path in it from its root; undefined where there is none. */
async function within(path: string): Promise<{ repository: Repository; inRoot: string } | undefined> {
  const repository = await openRepository(process.cwd()).catch(() => undefined)
  if (repository === undefined || repository.bare) return undefined
  const inRoot = relative(repository.top, resolve(path)).split(sep).join('/')
  return inRoot.startsWith('../') ? undefined : { repository, inRoot }
}

/** The lines of tracked files that have one of these names, outside the folder of the files themselves. */
export async function namedIn(names: readonly string[], dir: string): Promise<Named[]> {
  const place = await within(dir)
  if (place === undefined || names.length === 0) return []
  const patterns = names.flatMap((name) => ['-e', name])
  const { stdout } = await git(place.repository, ['grep', '-z', '-n', '-I', '-F', ...patterns], { also: [1] })
  // Path, NUL, line, NUL, text.
  const found = stdout
    .toString('utf8')
    .split('\n')
    .map((record) => record.split('\0'))
  return found.flatMap(([path = '', line]) =>
    line === undefined || path.startsWith(inside(place.inRoot, '')) ? [] : [{ path, line: Number(line) }],
  )
}

/** The files of a set at the commit before a file of it was added: path in the set to text. Undefined if no commit added it. */
export async function filesBefore(dir: string, path: string): Promise<Record<string, string> | undefined> {
  const place = await within(dir)
  if (place === undefined) return undefined
  const { repository, inRoot } = place
  const args = ['log', '-z', '--diff-filter=A', '--format=%H', '-1', '--', inside(inRoot, path)]
  const [added = ''] = parts(Buffer.concat([(await git(repository, args, { also: [128] })).stdout, Buffer.of(0)]))
  const commit = added === '' ? undefined : await commitIfAny(repository, `${added}^`)
  if (commit === undefined) return undefined
  const entries = (await listings(repository, [commit], inRoot)).get(commit) ?? new Map()
  const found = await texts(
    repository,
    [...entries.values()].map(({ oid }: { oid: string }) => oid),
  )
  const files: Record<string, string> = Object.create(null)
  for (const [name, { oid }] of entries) {
    const text = found.get(oid)
    if (text && 'text' in text) files[name.slice(inside(inRoot, '').length)] = text.text
  }
  return files
}
