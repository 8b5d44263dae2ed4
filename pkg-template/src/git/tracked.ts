// The files of tracks at two moments, touched or not: whether a track looks at anything.
import type { GuardOptions, Tracked } from '../guard.js'
import { withLists } from '../options/tracks.js'
import { review } from '../wasm/review.js'
import { filesBelow, texts } from './objects.js'
import type { Repository } from './repository.js'

/**
 * The files that the globs of tracks match, with their texts. Which those are the guards say.
 *
 * @param base where the change began; undefined before the first commit
 * @param below the folders that hold all that the globs can match, from the root
 */
export async function trackedFiles(
  repository: Repository,
  { base, head }: { base: string | undefined; head: string },
  tracks: NonNullable<GuardOptions['tracks']>,
  below: readonly string[],
): Promise<Tracked> {
  const { tracked } = await review()
  const list = async (tree: string) => {
    const files = await filesBelow(repository, tree, below)
    const matched = tracked({ tracks: withLists(tracks), paths: [...files.keys()] }) as Record<string, string[]>
    return [...new Set(Object.values(matched).flat())].map((path): [string, string] => [path, files.get(path) ?? ''])
  }
  const [before, after] = [base === undefined ? undefined : await list(base), await list(head)]
  const found = await texts(
    repository,
    [...(before ?? []), ...after].map(([, oid]) => oid),
  )
  const textOf = (oid: string) => {
    const given = found.get(oid)
    return given && 'text' in given ? given.text : null
  }
  // Without a prototype: a file may be called anything.
  const read = (files: readonly [string, string][]): Record<string, string | null> =>
    Object.assign(Object.create(null), Object.fromEntries(files.map(([path, oid]) => [path, textOf(oid)])))
  return { ...(before && { base: read(before) }), head: read(after) }
}
