// Other open branches: which refs they are.
import { commitOf, git, type Repository } from './repository.js'
import type { Environment, Ref } from './types.js'

/** What the refs are seen from. */
export interface Seen {
  /** The tip of the base. */
  target: string
  /** The commit whose change is looked at. */
  head: string
  /** The names that this branch has itself elsewhere: `origin/topic`. */
  own: readonly string[]
}

/**
 * The refs that are meant: a name means itself, and must be there; a pattern (`origin/*`, where `*` stands for anything,
 * slashes too) means the branches that it fits and that are still open: not merged into the base, not part of this change,
 * and not this branch itself on its remote.
 *
 * @throws MigrationError `ref-unknown` for a name that is not there
 */
export async function refsOf(repository: Repository, asked: readonly string[], seen: Seen): Promise<Ref[]> {
  const out = new Map<string, Ref>()
  const patterns = asked.filter((ref) => /[*?]/.test(ref))
  for (const name of asked.filter((ref) => !patterns.includes(ref)))
    out.set(name, { name, commit: await commitOf(repository, name, 'branch') })
  if (patterns.length > 0) {
    const fits = patterns.map(matcher)
    for (const { full, short, commit } of await openRefs(repository, seen)) {
      const names = [full, full.replace(/^refs\//, ''), short]
      if (seen.own.includes(short) || !fits.some((fit) => names.some((name) => fit.test(name)))) continue
      if (!out.has(short)) out.set(short, { name: short, commit })
    }
  }
  return [...out.values()]
}

/** All refs whose commits are part of neither the base nor this change. A symbolic one stands for another. */
async function openRefs(
  repository: Repository,
  { target, head }: Seen,
): Promise<{ full: string; short: string; commit: string }[]> {
  const format = '%(refname)%00%(refname:short)%00%(symref)%00%(objecttype)%00%(objectname)'
  const { stdout } = await git(repository, [
    'for-each-ref',
    `--format=${format}`,
    `--no-merged=${target}`,
    `--no-merged=${head}`,
    'refs/heads',
    'refs/remotes',
  ])
  return stdout
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\0'))
    .filter(([, , symref, type]) => symref === '' && type === 'commit')
    .map(([full = '', short = '', , , commit = '']) => ({ full, short, commit }))
}

/** The names under which the current branch may stand elsewhere. */
export async function ownNames(repository: Repository, env: Environment): Promise<string[]> {
  const [branch, upstream] = await Promise.all([
    git(repository, ['symbolic-ref', '--quiet', '--short', 'HEAD'], { also: [1, 128] }),
    git(repository, ['rev-parse', '--abbrev-ref', '--symbolic-full-name', '@{upstream}'], { also: [128] }),
  ])
  const name = branch.stdout.toString().trim()
  const inActions = env['GITHUB_ACTIONS'] ? env['GITHUB_HEAD_REF'] : undefined
  return [
    name,
    upstream.code === 0 ? upstream.stdout.toString().trim() : '',
    ...[name, inActions].map((own) => (own ? `origin/${own}` : '')),
  ].filter(Boolean)
}

function matcher(pattern: string): RegExp {
  const source = [...pattern]
    .map((character) =>
      character === '*' ? '.*' : character === '?' ? '.' : character.replace(/[.+^${}()|[\]\\]/, '\\$&'),
    )
    .join('')
  return new RegExp(`^${source}$`, 's')
}
