// Git repositories for tests: real ones, written in one go with `git fast-import`.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'

/** The environment of a machine on which nobody has set anything, at a time that is always the same. */
export const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(GIT_|GITHUB_|CI$|NODE_TEST)/.test(name))),
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_AUTHOR_DATE: '2026-03-01T10:00:00Z',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
  GIT_COMMITTER_DATE: '2026-03-01T10:00:00Z',
}

const folders = []
/** Removes every repository that was made. */
export const removeRepositories = () =>
  folders.forEach((folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))

/** An empty folder. */
export function folder(name = 'repository') {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `counterfoil-${name}-`)))
  folders.push(path)
  return path
}

/** Runs git; gives what it printed. */
export function git(cwd, ...args) {
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    cwd,
    env: environment,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  assert.equal(status, 0, `git ${args.join(' ')}: ${error ?? stderr}`)
  return stdout
}

/**
 * Makes a repository. Each step is a commit: `on` a branch (`main`), which begins at the tip of another one (`from`) if it
 * is new; `files` are paths with their texts, null for a file that goes; `merge` names a branch that becomes a second parent.
 * `all` begins with an empty tree. A link is `{ link: target }`, a submodule `{ submodule: commit }`.
 *
 * @returns the path of its work tree, in which the branch of the last step is checked out
 */
export function repository(steps, { checkout } = {}) {
  const top = folder()
  git(top, 'init', '--quiet', '--initial-branch=main')
  const input = []
  const data = (content) => {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content)
    input.push(Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n'))
  }
  const line = (text) => input.push(Buffer.from(`${text}\n`))
  const tips = new Set()
  let time = Date.parse('2026-03-01T10:00:00Z') / 1000
  for (const { on = 'main', from, message = 'a change', files = {}, all = false, merge } of steps) {
    line(`commit refs/heads/${on}`)
    line(`committer Ada <ada@example.com> ${(time += 60)} +0000`)
    data(message)
    if (!tips.has(on) && from !== undefined) line(`from refs/heads/${from}`)
    if (merge) line(`merge refs/heads/${merge}`)
    if (all) line('deleteall')
    for (const [path, content] of Object.entries(files)) {
      const quoted = `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
      if (content === null) line(`D ${quoted}`)
      else if (content.submodule) line(`M 160000 ${content.submodule} ${quoted}`)
      else {
        const isLink = typeof content === 'object' && 'link' in content
        line(`M ${isLink ? '120000' : '100644'} inline ${quoted}`)
        data(isLink ? content.link : content)
      }
    }
    line('')
    tips.add(on)
  }
  const { status, stderr } = spawnSync('git', ['fast-import', '--quiet', '--date-format=raw'], {
    cwd: top,
    env: environment,
    input: Buffer.concat(input),
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  if (checkout !== false) git(top, 'checkout', '--quiet', checkout ?? steps.at(-1).on ?? 'main')
  return top
}
