// A change of a git repository, read for the guards.
import { readChange as read } from './git/change.js'
import type { ChangeRequest, ReadChange } from './git/types.js'

export { MigrationError, type Location } from './shared/errors.js'
export type { Change } from './guard.js'
export type { ChangeRequest, ReadChange }

/**
 * Reads a change of a git repository: the folders of migrations where base and head parted, at the head, at the base as
 * it is now and at other branches; what its commits say; and what it does to the files of the tracks. It is what `check`
 * of `counterfoil/guard` takes. Uses the `git` command, and writes nothing to the repository.
 *
 * @throws MigrationError `git-missing`, `not-a-repository`, `ref-unknown`, `no-base`, `no-merge-base` (a shallow clone, or
 *   histories that have nothing in common), `merge-conflict`, `invalid-input` (a folder that is nowhere), `git-failed`
 *
 * @example
 * ```js
 * const { change } = await readChange({ cwd: '.', sets: [{ dir: 'db/migrations' }] })
 * const { ok, findings } = await check(change)
 * ```
 */
export async function readChange(request: ChangeRequest): Promise<ReadChange> {
  const { change, base, mergeBase, head, against, findings } = await read(request)
  return { change, base, mergeBase, head, against, findings }
}
