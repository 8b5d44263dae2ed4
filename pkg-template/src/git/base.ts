// Which commit a change is compared with, where nobody said.
import { readFile } from 'node:fs/promises'
import { failure } from '../shared/errors.js'
import { commitIfAny, commitOf, git, withoutNewline, type Repository } from './repository.js'
import type { Base, Environment } from './types.js'

/**
 * The base of a change: what was asked for; in GitHub Actions what the event is about; otherwise the branch that the
 * remote calls its default, `main` or `master`. What an event names must be there: anything else in its place could be
 * the head itself, and nothing would be found. `itself`: the base counts as it is, not where the head parted from it.
 *
 * @throws MigrationError `ref-unknown`, `no-base`
 */
export async function baseOf(
  repository: Repository,
  asked: { ref: string; why: string } | undefined,
  env: Environment,
): Promise<Base & { itself?: boolean }> {
  if (asked) return { ...asked, commit: await commitOf(repository, asked.ref, 'commit or branch') }
  const inActions = Boolean(env['GITHUB_ACTIONS'])
  const event = inActions ? await readEvent(env['GITHUB_EVENT_PATH']) : {}
  const into = inActions ? env['GITHUB_BASE_REF'] : undefined
  if (into) {
    const found = await first(repository, [
      { ref: `origin/${into}`, why: 'GITHUB_BASE_REF' },
      { ref: text(event, 'pull_request', 'base', 'sha'), why: 'the pull request' },
    ])
    // What a pull request is to be merged into must not be taken for something else.
    return (
      found ?? { ref: into, commit: await commitOf(repository, `origin/${into}`, 'branch'), why: 'GITHUB_BASE_REF' }
    )
  }
  const queue = text(event, 'merge_group', 'base_sha')
  if (queue !== undefined)
    return { ref: queue, commit: await commitOf(repository, queue, 'commit'), why: 'the merge queue' }
  const [before, pushed, branch] = [
    text(event, 'before'),
    text(event, 'ref'),
    text(event, 'repository', 'default_branch'),
  ]
  // What was pushed to a branch before is not merged yet, and may be changed still.
  if (
    before !== undefined &&
    branch !== undefined &&
    pushed?.startsWith('refs/heads/') &&
    pushed !== `refs/heads/${branch}`
  )
    return {
      ref: `origin/${branch}`,
      commit: await commitOf(repository, `origin/${branch}`, 'branch'),
      why: 'the default branch',
    }
  // A new branch has nothing but zeros before it. A forced push may leave it out of the history: it was there all the same.
  if (before !== undefined && !/^0+$/.test(before))
    return {
      ref: before,
      commit: await commitOf(repository, before, 'commit'),
      why: 'what was there before the push',
      itself: true,
    }
  const found = await first(repository, [
    { ref: branch && `origin/${branch}`, why: 'the default branch' },
    { ref: await defaultOfRemote(repository), why: 'origin/HEAD' },
    ...['origin/main', 'origin/master', 'main', 'master'].map((ref) => ({ ref, why: 'by its name' })),
  ])
  if (found) return found
  throw failure(
    'no-base',
    'there is no branch to compare with: none of origin/HEAD, origin/main, origin/master, main and master is there',
    'name one with --base, or fetch it (`git fetch origin main`)',
  )
}

/** The first that is there. */
async function first(
  repository: Repository,
  candidates: { ref: string | undefined; why: string }[],
): Promise<Base | undefined> {
  for (const { ref, why } of candidates) {
    const commit = ref === undefined ? undefined : await commitIfAny(repository, ref)
    if (ref !== undefined && commit !== undefined) return { ref, commit, why }
  }
  return undefined
}

async function defaultOfRemote(repository: Repository): Promise<string | undefined> {
  const { code, stdout } = await git(repository, ['symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD'], {
    also: [1, 128],
  })
  return code === 0 ? withoutNewline(stdout) : undefined
}

/** What GitHub says about the event: https://docs.github.com/en/webhooks/webhook-events-and-payloads */
async function readEvent(path: string | undefined): Promise<unknown> {
  if (!path) return {}
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    // It only helps to guess, and a wrong guess is told by the line that names the base.
    return {}
  }
}

function text(value: unknown, ...keys: string[]): string | undefined {
  for (const key of keys)
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}
