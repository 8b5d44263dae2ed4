// The files of tracks at two moments, touched or not: whether a track looks at anything.
import type { GuardOptions, Tracked } from '../guard.js'
import { review } from '../wasm/review.js'
import { filesBelow, texts } from './objects.js'
import type { Repository } from './repository.js'

/**
 * The files that the globs of tracks match. Which those are the guards say; texts are read where a line registers.
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
  const read = async (tree: string): Promise<Record<string, string | null>> => {
    const files = await filesBelow(repository, tree, below)
    const matched = tracked({ tracks, paths: [...files.keys()] }) as Record<string, string[]>
    const wanted = new Set(
      Object.entries(matched).flatMap(([name, paths]) => (tracks[name]?.registers === 'file' ? [] : paths)),
    )
    const found = await texts(
      repository,
      [...wanted].map((path) => files.get(path) ?? ''),
    )
    const textOf = (path: string) => {
      const given = wanted.has(path) ? found.get(files.get(path) ?? '') : undefined
      return given && 'text' in given ? given.text : null
    }
    // Without a prototype: a file may be called anything.
    return Object.assign(
      Object.create(null),
      Object.fromEntries(
        Object.values(matched)
          .flat()
          .map((path) => [path, textOf(path)]),
      ),
    )
  }
  return { ...(base !== undefined && { base: await read(base) }), head: await read(head) }
}
