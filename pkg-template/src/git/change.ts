// A change of a git repository, as the guards take it.
import { lstatSync, realpathSync } from 'node:fs'
import { isAbsolute, join, posix, relative, sep } from 'node:path'
import { failure } from '../shared/errors.js'
import type { Change } from '../guard.js'
import type { Finding } from '../options/public.js'
import { baseOf } from './base.js'
import { edits, oldFolder } from './edits.js'
import { inside, listings, submoduleOn, texts, type Entry } from './objects.js'
import { ownNames, refsOf } from './refs.js'
import { commitOf, git, isUnborn, mergeBases, openRepository, withoutNewline, type Repository } from './repository.js'
import { isDirty, snapshot } from './snapshot.js'
import { trackedFiles } from './tracked.js'
import type { Base, ChangeRequest, Environment, ReadChange } from './types.js'

/** A change with its repository, for what is done next. */
export interface OpenChange extends ReadChange {
  repository: Repository
}

/**
 * Reads a change: the folders of migrations where base and head parted, at the head, at the base as it is now and at
 * other branches; what the commits say; and what was done to the files of the tracks.
 *
 * @throws MigrationError `git-missing`, `not-a-repository`, `ref-unknown`, `no-base`, `no-merge-base`, `merge-conflict`,
 *   `invalid-input` for a folder that is nowhere or a track that cannot be followed, `git-failed`, `review-unavailable`
 *   where there are tracks
 */
export async function readChange(request: ChangeRequest): Promise<OpenChange> {
  const env = request.env ?? process.env
  const repository = await openRepository(request.cwd)
  const sets = request.sets.map((set) => ({ ...set, dir: fromRoot(repository, set.dir) }))
  const tracked = [...new Set(Object.values(request.tracks ?? {}).flatMap(({ files }) => files.map(folderOfGlob)))]
  const below = [...new Set([...sets.flatMap(({ dir }) => [dir, ...linked(repository, dir)]), ...tracked])]

  const named = request.head ?? 'HEAD'
  const { base, commit, parted, unborn } = await ends(repository, request, named, env)
  const live = await whatIsLive(repository, request, commit, below)
  const against = unborn
    ? []
    : await refsOf(repository, request.against ?? [], {
        target: base.commit,
        head: commit,
        own: await ownNames(repository, env),
      })

  const taken = live === undefined ? undefined : await snapshot(repository, live, below)
  try {
    const [inside, head] = [taken?.repository ?? repository, taken?.tree ?? commit]
    const name = live === undefined ? named : `the ${live}`
    const reading = new Reading()
    const read: { set: (typeof sets)[number]; trees: Map<string, Map<string, Entry>> }[] = []
    for (const set of sets) {
      const trees = await listings(inside, [...parted, head, base.commit, ...against.map((ref) => ref.commit)], set.dir)
      if (![...parted, head, base.commit].some((tree) => trees.get(tree)?.size)) {
        if (!set.optional || tracked.length === 0)
          await nowhere(inside, set.dir, { [base.ref]: base.commit, [name]: head })
        continue
      }
      if (!parted.some((tree) => trees.get(tree)?.size))
        await moved(
          inside,
          trees,
          [...parted, base.commit, ...against.map((ref) => ref.commit)],
          parted[0],
          head,
          set.dir,
        )
      read.push({ set, trees })
      for (const files of trees.values()) reading.want(files)
    }
    await reading.run(inside)
    const change: Change = {
      name: `${base.ref}...${name}`,
      sets: read.map(({ set: { dir, convention }, trees }) => {
        const at = (tree: string) => trees.get(tree) ?? new Map<string, Entry>()
        const known = new Set([...parted, base.commit, head].flatMap((tree) => [...at(tree).keys()]))
        return {
          dir,
          ...(convention === undefined ? {} : { convention }),
          base: reading.texts(shipped(parted.map(at), at(base.commit), at(head))),
          head: reading.texts(at(head)),
          target: reading.texts(at(base.commit)),
          // A branch without a file of its own has nothing that could collide.
          against: against
            .filter(
              (ref) =>
                [...at(ref.commit).keys()].some((path) => !known.has(path)) ||
                sharesNew(at(ref.commit), at(head), at(base.commit)),
            )
            .map((ref) => ({ name: ref.name, files: reading.texts(at(ref.commit)) })),
        }
      }),
      messages: unborn ? [] : await messages(repository, base.commit, commit),
      edits: await edits(inside, parted[0], head, tracked),
      ...(request.tracks &&
        tracked.length > 0 && {
          tracked: await trackedFiles(inside, { base: unborn ? undefined : parted[0], head }, request.tracks, tracked),
        }),
    }
    const findings = read.flatMap(({ trees }) => {
      const at = (tree: string) => trees.get(tree) ?? new Map<string, Entry>()
      return reading.findings(shipped(parted.map(at), at(base.commit), at(head)), at(head))
    })
    return {
      change,
      repository,
      base,
      mergeBase: parted[0],
      head: { name, commit, live: live !== undefined },
      against,
      findings,
    }
  } finally {
    await taken?.forget()
  }
}

/** Base and head, and where they parted. */
async function ends(
  repository: Repository,
  request: ChangeRequest,
  named: string,
  env: Environment,
): Promise<{ base: Base; commit: string; parted: [string, ...string[]]; unborn: boolean }> {
  if (request.head === undefined && request.base === undefined && (await isUnborn(repository))) {
    // Before the first commit nothing can have shipped. git knows the empty tree without having it.
    const nothing = withoutNewline(
      (await git(repository, ['hash-object', '-t', 'tree', '--stdin'], { input: '' })).stdout,
    )
    return {
      base: { ref: 'nothing', commit: nothing, why: 'there is no commit yet' },
      commit: nothing,
      parted: [nothing],
      unborn: true,
    }
  }
  const { itself = false, ...base } = await baseOf(repository, request.base, env)
  const commit = await commitOf(repository, named, 'commit or branch')
  return {
    base,
    commit,
    parted: itself ? [base.commit] : await mergeBases(repository, base, { ref: named, commit }),
    unborn: false,
  }
}

/**
 * What any of the commits has at which the histories parted. One of them alone may lack a file that another one brought.
 * Where they differ, what the base has now counts; what neither base nor head has any more is no matter of this change.
 */
function shipped(
  [first = new Map(), ...others]: Map<string, Entry>[],
  target: Map<string, Entry>,
  head: Map<string, Entry>,
): Map<string, Entry> {
  if (others.length === 0) return first
  const out = new Map<string, Entry>()
  for (const files of [first, ...others])
    for (const [path, entry] of files)
      if ((target.has(path) || head.has(path)) && (!out.has(path) || target.get(path)?.oid === entry.oid))
        out.set(path, entry)
  return out
}

/**
 * A folder that the change has moved: what was in the old one counts as if it had been in the new one, or every edit would
 * be hidden.
 */
async function moved(
  repository: Repository,
  trees: Map<string, Map<string, Entry>>,
  before: readonly string[],
  parted: string,
  head: string,
  dir: string,
): Promise<void> {
  const old = await oldFolder(repository, parted, head, dir)
  if (old === undefined) return
  const there = await listings(repository, before, old)
  for (const tree of before) {
    if (trees.get(tree)?.size) continue
    trees.set(
      tree,
      new Map(
        [...(there.get(tree) ?? [])].map(([path, entry]) => [
          inside(dir, path.slice(old === '' ? 0 : old.length + 1)),
          entry,
        ]),
      ),
    )
  }
}

/** Whether a branch has a file that this change adds too, with another text: one of them will have to go. */
function sharesNew(other: Map<string, Entry>, head: Map<string, Entry>, target: Map<string, Entry>): boolean {
  return [...head].some(([path, { oid }]) => !target.has(path) && other.has(path) && other.get(path)?.oid !== oid)
}

async function whatIsLive(
  repository: Repository,
  { staged, head }: ChangeRequest,
  commit: string,
  below: readonly string[],
): Promise<'index' | 'work tree' | undefined> {
  if (repository.bare || (head !== undefined && !staged)) return undefined
  if (staged) return 'index'
  return (await isDirty(repository, commit, below)) ? 'work tree' : undefined
}

/** Texts of files, read once for all trees. */
class Reading {
  #wanted = new Set<string>()
  #found: Awaited<ReturnType<typeof texts>> = new Map()

  want(files: Map<string, Entry>): void {
    for (const { oid, problem } of files.values()) if (problem === undefined) this.#wanted.add(oid)
  }

  async run(repository: Repository): Promise<void> {
    this.#found = await texts(repository, this.#wanted)
  }

  texts(files: Map<string, Entry>): Record<string, string> {
    // Without a prototype: a file may be called anything.
    const out: Record<string, string> = Object.create(null)
    for (const [path, { oid, problem }] of files) {
      const given = problem === undefined ? this.#found.get(oid) : undefined
      if (given && 'text' in given) out[path] = given.text
    }
    return out
  }

  /** What is no text cannot be guarded, which matters where it has changed. */
  findings(base: Map<string, Entry>, head: Map<string, Entry>): Finding<'unreadable-file'>[] {
    const out: Finding<'unreadable-file'>[] = []
    for (const path of [...new Set([...base.keys(), ...head.keys()])].sort()) {
      const [before, after] = [base.get(path), head.get(path)]
      const problem = this.#problem(after) ?? this.#problem(before)
      if (problem === undefined) continue
      const same = before?.oid === after?.oid
      out.push({
        code: 'unreadable-file',
        severity: same ? 'note' : 'error',
        message: `${path} cannot be judged${same ? '' : ', and it was changed'}: ${problem}`,
        help: problem.includes('LFS')
          ? 'keep migrations out of Git LFS (`git lfs untrack`): they are short, and their history is what counts'
          : 'make it a file of its own, of UTF-8 text',
        at: { path, line: 1, column: 1 },
      })
    }
    return out
  }

  #problem(entry: Entry | undefined): string | undefined {
    if (!entry) return undefined
    if (entry.problem !== undefined) return entry.problem
    const given = this.#found.get(entry.oid)
    return given && 'problem' in given ? given.problem : undefined
  }
}

/** What the commits of the change say, the newest first. */
async function messages(repository: Repository, from: string, to: string): Promise<string[]> {
  const { stdout } = await git(repository, [
    'log',
    '-z',
    '--no-show-signature',
    '--encoding=UTF-8',
    '--format=%B',
    `${from}..${to}`,
  ])
  return stdout
    .toString()
    .split('\0')
    .filter((message) => message !== '')
}

/** A folder as the repository knows it: from its root, with `/`. */
function fromRoot(repository: Repository, dir: string): string {
  const slashed = (path: string) => path.split(sep).join('/')
  const path = isAbsolute(dir)
    ? slashed(relative(repository.top, real(dir)))
    : posix.normalize(posix.join(repository.prefix || '.', slashed(dir)))
  if (path === '..' || path.startsWith('../') || isAbsolute(path))
    throw failure(
      'invalid-input',
      `the folder ${dir} is outside of the repository at ${repository.top}`,
      'name a folder in the repository with --dir',
    )
  return path === '.' ? '' : path.replace(/^\.\//, '').replace(/\/+$/, '')
}

const real = (path: string) => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Where a folder really is, if it is a symbolic link in the work tree. */
function linked({ top, bare }: Repository, dir: string): string[] {
  const path = join(top, dir)
  if (bare || dir === '' || !lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return []
  const target = relative(top, real(path)).split(sep).join('/')
  return target.startsWith('..') ? [] : [target]
}

/** The folder that holds all that a glob can fit: `db/` of `db/*.sql`. */
function folderOfGlob(glob: string): string {
  const steps = glob.replace(/^\.\//, '').split('/')
  const wild = steps.findIndex((step) => /[*?[\]{}()!+@\\]/.test(step))
  return (wild < 0 ? steps : steps.slice(0, wild)).filter((step) => step !== '' && step !== '.').join('/')
}

async function nowhere(repository: Repository, dir: string, trees: Record<string, string>): Promise<never> {
  const shown = dir === '' ? 'the root' : dir
  for (const tree of Object.values(trees)) {
    const submodule = dir === '' ? undefined : await submoduleOn(repository, tree, dir)
    if (submodule !== undefined)
      throw failure(
        'invalid-input',
        `${shown} is in the submodule ${submodule}, whose history is not in this repository`,
        'run the check in the repository of the submodule',
      )
  }
  throw failure(
    'invalid-input',
    `there are no migrations in ${shown}, neither at ${Object.keys(trees).join(' nor at ')}`,
    'name the folder of the migrations with --dir',
  )
}
