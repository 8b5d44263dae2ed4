// A folder of migrations as it was at a commit, which commit has the text that ran, and what has changed since.
import { relative, resolve, sep } from 'node:path'
import { failure } from '../shared/errors.js'
import { inside, listings, texts } from './objects.js'
import { commitOf, git, openRepository, type Repository } from './repository.js'

/** A folder at a commit. */
export interface Earlier {
  readonly commit: string
  /** Path in the folder to text. */
  readonly files: Readonly<Record<string, string>>
}

/** How many commits that touched a file are looked at. */
const most = 500

async function placeOf(dir: string): Promise<{ repository: Repository; inRoot: string }> {
  const repository = await openRepository(resolve(dir))
  return { repository, inRoot: relative(repository.top, resolve(dir)).split(sep).join('/') }
}

/**
 * The folder as it was at a ref.
 *
 * @throws MigrationError `ref-unknown`, `not-a-repository`, `git-missing`; `invalid-input` if there was no such folder, or a
 *   file in it is no text
 */
export async function folderAt(dir: string, ref: string): Promise<Earlier> {
  const { repository, inRoot } = await placeOf(dir)
  const commit = await commitOf(repository, ref, 'commit')
  const entries = [...((await listings(repository, [commit], inRoot)).get(commit) ?? [])]
  if (entries.length === 0)
    throw failure('invalid-input', `at ${ref} there is no migration in ${dir}`, 'name a commit that has the folder')
  const found = await texts(
    repository,
    entries.map(([, { oid }]) => oid),
  )
  const files: Record<string, string> = Object.create(null)
  for (const [name, { oid, problem }] of entries) {
    const text = found.get(oid)
    if (!text || !('text' in text))
      throw failure(
        'invalid-input',
        `at ${ref} ${name} cannot be read: ${problem ?? text?.problem ?? 'it is not there'}`,
      )
    files[name.slice(inside(inRoot, '').length)] = text.text
  }
  return { commit, files }
}

/** The newest commit, of those that touched a file of the folder, whose text is the one that is looked for. */
export async function commitWith(
  dir: string,
  path: string,
  isIt: (text: string) => boolean,
): Promise<string | undefined> {
  const { repository, inRoot } = await placeOf(dir)
  const args = ['log', `--max-count=${most}`, '--format=%H', '--raw', '--no-abbrev', '--no-renames']
  const { stdout } = await git(repository, [...args, 'HEAD', '--', inside(inRoot, path)], { also: [128] })
  const versions: { commit: string; oid: string }[] = []
  let commit = ''
  for (const line of stdout.toString().split('\n')) {
    const [, oid] = /^:\d+ \d+ [0-9a-f]+ ([0-9a-f]+) [AM]/.exec(line) ?? []
    if (oid !== undefined) versions.push({ commit, oid })
    else if (/^[0-9a-f]+$/.test(line)) commit = line
  }
  const found = await texts(
    repository,
    versions.map(({ oid }) => oid),
  )
  return versions.find(({ oid }) => {
    const text = found.get(oid)
    return text && 'text' in text && isIt(text.text)
  })?.commit
}

/** What a file of the folder has now that it had not at a commit, and the other way round: the hunks of a diff, in lines. */
export async function changedSince(
  dir: string,
  commit: string,
  { before, now }: { before: string; now: string },
): Promise<string[]> {
  const { repository, inRoot } = await placeOf(dir)
  const args = ['diff', '--no-ext-diff', '--no-textconv', '--no-color']
  const names = [`${commit}:${inside(inRoot, before)}`, inside(inRoot, now)]
  const lines = (await git(repository, [...args, ...names])).stdout.toString().split('\n')
  const first = lines.findIndex((line) => line.startsWith('@@'))
  return first < 0 ? [] : lines.slice(first, lines.at(-1) === '' ? -1 : undefined)
}
