// A repository, asked through the `git` command.
//
// No shell is involved, nothing that was typed is ever where git looks for an option (names are resolved to object ids
// first), and nothing here writes to the repository. What git prints is taken apart by NUL bytes and sizes, since a
// file's name may hold anything else.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { failure, MigrationError } from '../shared/errors.js'

/** What a call of git gave. */
export interface Given {
  code: number
  stdout: Buffer
  stderr: string
}

/** What goes into a call besides its arguments. */
export interface Call {
  input?: string | Buffer
  /** Exit codes that are an answer rather than a failure. */
  also?: readonly number[]
  /** Gets the output part by part; `stdout` stays empty. */
  onData?: (part: Buffer) => void
}

/** A repository on this machine. */
export interface Repository {
  /** The root of the work tree; the repository's own folder if it is bare. */
  readonly top: string
  /** Where the working directory is below the root: `packages/db/`, or empty. */
  readonly prefix: string
  readonly bare: boolean
  /** Whether its history was cut off when it was cloned. */
  readonly shallow: boolean
  /** The file of the index. */
  readonly index: string
  /** The folder of the objects. */
  readonly objects: string
  readonly env: NodeJS.ProcessEnv
}

/** An object id in full: SHA-1 or SHA-256. */
const objectId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/**
 * Finds the repository that a folder is in.
 *
 * @throws MigrationError `git-missing`, `not-a-repository`
 */
export async function openRepository(cwd: string): Promise<Repository> {
  if (!existsSync(cwd))
    throw failure('not-a-repository', `the folder ${cwd} does not exist`, 'run this in the repository')
  const env = environment()
  const ask = async (...args: string[]) => {
    const { code, stdout, stderr } = await call(cwd, env, ['rev-parse', ...args])
    if (code !== 0) throw noRepository(cwd, stderr)
    return withoutNewline(stdout)
  }
  const [bareness = 'false', shallow] = (await ask('--is-bare-repository', '--is-shallow-repository')).split('\n')
  const bare = bareness === 'true'
  const [folder, prefix, index, objects, top] = await Promise.all([
    ask('--absolute-git-dir'),
    ask('--show-prefix'),
    ask('--git-path', 'index'),
    ask('--git-path', 'objects'),
    bare ? undefined : ask('--show-toplevel'),
  ])
  // A hook is told where things are relative to the folder that it starts in: from here on it is said in full.
  const inFull: NodeJS.ProcessEnv = { ...env, GIT_DIR: folder, GIT_INDEX_FILE: resolve(cwd, index) }
  if (top !== undefined) inFull['GIT_WORK_TREE'] = top
  return {
    top: top ?? folder,
    prefix,
    bare,
    shallow: shallow === 'true',
    index: resolve(cwd, index),
    objects: resolve(cwd, objects),
    env: inFull,
  }
}

/**
 * Runs git and gives what it printed.
 *
 * @throws MigrationError `git-failed`, with what git said
 */
export async function git(repository: Repository, args: readonly string[], options: Call = {}): Promise<Given> {
  const given = await call(repository.top, repository.env, args, options)
  if (given.code === 0 || options.also?.includes(given.code)) return given
  throw failure(
    'git-failed',
    `\`git ${args[0]}\` failed with ${given.code}: ${firstLine(given.stderr) || 'it did not say why'}`,
    'run `git fsck` if this is not about something that you asked for',
  )
}

/**
 * The commit that a name stands for.
 *
 * @throws MigrationError `ref-unknown`
 */
export async function commitOf(repository: Repository, ref: string, what: string): Promise<string> {
  const commit = await commitIfAny(repository, ref)
  if (commit === undefined) throw unknownRef(repository, ref, what)
  return commit
}

/** The commit that a name stands for, if there is one. */
export async function commitIfAny(repository: Repository, ref: string): Promise<string | undefined> {
  // No branch or tag may be called so (git-check-ref-format), and git would read an option.
  if (ref === '' || ref.startsWith('-') || ref.includes('\0')) return undefined
  const { code, stdout } = await git(repository, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], {
    also: [1, 128],
  })
  const found = withoutNewline(stdout)
  // `^main` is something that git can verify too, and no commit.
  return code === 0 && objectId.test(found) ? found : undefined
}

/** Whether no commit has been made yet on the branch that is checked out. */
export async function isUnborn(repository: Repository): Promise<boolean> {
  const { code } = await git(repository, ['symbolic-ref', '--quiet', 'HEAD'], { also: [1] })
  return code === 0 && (await commitIfAny(repository, 'HEAD')) === undefined
}

function unknownRef(repository: Repository, ref: string, what: string): MigrationError {
  const [, remote, branch] = /^(?:refs\/remotes\/)?([\w.-]+)\/(.+)$/.exec(ref) ?? []
  const fetch = objectId.test(ref)
    ? `fetch it (\`git fetch origin ${ref}\`)`
    : remote !== undefined && !ref.startsWith('-')
      ? `fetch it (\`git fetch ${remote} ${branch}\`)`
      : 'check its name, or fetch it'
  return failure(
    'ref-unknown',
    `there is no ${what} ${JSON.stringify(ref)} in this repository`,
    `${fetch}${inActions('; ', repository.shallow)}`,
  )
}

/**
 * The commits at which two histories parted: more than one where each was merged into the other.
 *
 * @throws MigrationError `no-merge-base`
 */
export async function mergeBases(
  repository: Repository,
  base: { ref: string; commit: string },
  head: { ref: string; commit: string },
): Promise<[string, ...string[]]> {
  const { code, stdout } = await git(repository, ['merge-base', '--all', base.commit, head.commit], { also: [1] })
  if (code === 0) return withoutNewline(stdout).split('\n') as [string, ...string[]]
  const names = `${base.ref} and ${head.ref}`
  if (repository.shallow)
    throw failure(
      'no-merge-base',
      `where ${names} parted is not known: the clone is shallow`,
      `fetch the rest (\`git fetch --unshallow\`)${inActions('; ', true)}`,
    )
  throw failure(
    'no-merge-base',
    `${names} have no commit in common`,
    'name a base that this branch came from with --base',
  )
}

/** What a workflow has to say so that its clone has all that is needed. */
function inActions(before: string, needed: boolean): string {
  return needed || process.env['GITHUB_ACTIONS']
    ? `${before}in a workflow, give actions/checkout \`fetch-depth: 0\``
    : ''
}

/** Without its last line break, but with all others: a path may have some. */
export const withoutNewline = (output: Buffer): string => output.toString().replace(/\r?\n$/, '')

/** The parts of an output that a NUL byte ends. */
export const parts = (output: Buffer): string[] => output.toString().split('\0').slice(0, -1)

function environment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // Messages that are the same everywhere; no questions; no writing to refresh the index; a path is a path.
    LC_ALL: 'C',
    LANGUAGE: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LITERAL_PATHSPECS: '1',
  }
}

function call(
  cwd: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  { input, onData }: Call = {},
): Promise<Given> {
  return new Promise((done, failed) => {
    const child = spawn('git', ['--no-pager', '-c', 'core.quotePath=false', '-c', 'core.fsmonitor=false', ...args], {
      cwd,
      env,
      shell: false,
      windowsHide: true,
    })
    const [out, err]: Buffer[][] = [[], []]
    child.stdout.on('data', onData ?? ((part: Buffer) => out?.push(part)))
    child.stderr.on('data', (part: Buffer) => err?.push(part))
    child.on('error', (error: NodeJS.ErrnoException) =>
      failed(
        error.code === 'ENOENT'
          ? missing(error)
          : failure('git-failed', `git could not be started: ${error.message}`, '', error),
      ),
    )
    child.on('close', (code, signal) =>
      done({
        code: code ?? -1,
        stdout: Buffer.concat(out ?? []),
        stderr: signal ? `ended by ${signal}` : Buffer.concat(err ?? []).toString(),
      }),
    )
    // Git may end before it has read everything; its exit code then says why.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

function missing(cause: unknown): MigrationError {
  return failure('git-missing', 'there is no `git` command', 'install git, or put it on the PATH', cause)
}

function noRepository(cwd: string, stderr: string): MigrationError {
  const said = firstLine(stderr)
  if (said.includes('dubious ownership')) {
    const [, place = cwd] = /repository at '(.*)'/.exec(said) ?? []
    return failure(
      'not-a-repository',
      `git does not trust the repository at ${place}: it belongs to somebody else`,
      `if you do: \`git config --global --add safe.directory ${JSON.stringify(place)}\``,
    )
  }
  return failure(
    'not-a-repository',
    `${cwd} is not in the work tree of a git repository${said && !said.startsWith('not a git repository') ? `: ${said}` : ''}`,
    'run this in a clone of the repository',
  )
}

const firstLine = (text: string) =>
  (text.split('\n').find((line) => line.trim() !== '') ?? '').replace(/^(?:fatal|error): /, '').trim()
