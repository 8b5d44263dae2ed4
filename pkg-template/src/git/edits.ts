// What a change does to files: which were renamed, and which lines were added.
import type { Edit } from '../guard.js'
import { inside, texts } from './objects.js'
import { git, parts, type Repository } from './repository.js'

interface Changed {
  path: string
  from?: string
  before: string
  after: string
}

const none = /^0+$/

/**
 * The files below these folders (from the root; an empty one is the root) that differ between two trees.
 *
 * Line ends alone make no line an added one, so that a checkout of Windows does not look like a new file.
 */
export async function edits(
  repository: Repository,
  base: string,
  head: string,
  below: readonly string[],
): Promise<Edit[]> {
  if (below.length === 0) return []
  const isBelow = (path: string) =>
    below.some((folder) => folder === '' || path === folder || path.startsWith(`${folder}/`))
  const changed = (await changedFiles(repository, base, head)).filter(
    ({ path, from }) => isBelow(path) || (from !== undefined && isBelow(from)),
  )
  const found = await texts(
    repository,
    changed.flatMap(({ before, after }) => [before, after]).filter((oid) => !none.test(oid)),
  )
  const textOf = (oid: string) => {
    const given = found.get(oid)
    return given && 'text' in given ? given.text : null
  }
  const problemOf = (oid: string) => {
    const given = found.get(oid)
    return given && 'problem' in given ? given.problem : undefined
  }
  const ranges = changed.some(({ before, after }) => !none.test(before) && !none.test(after) && before !== after)
    ? await addedRanges(repository, base, head)
    : new Map()
  return changed.map(({ path, from, before, after }) => {
    const text = textOf(after)
    const added = none.test(before) ? everyLine(text) : (ranges.get(`${before}..${after}`) ?? [])
    // One that only moved says nothing new.
    const unreadable = before === after ? undefined : (problemOf(after) ?? problemOf(before))
    return {
      path,
      ...(from === undefined ? {} : { from }),
      base: textOf(before),
      head: text,
      added,
      ...(unreadable === undefined ? {} : { unreadable }),
    }
  })
}

/**
 * The folder that most files of `dir` come from, if the change moved them there: those that left it have the same path below
 * both, whatever was done to their texts.
 */
export async function oldFolder(
  repository: Repository,
  base: string,
  head: string,
  dir: string,
): Promise<string | undefined> {
  const below = inside(dir, '')
  const changed = await changedFiles(repository, base, head, ['--no-renames'])
  const come = new Set(
    changed
      .filter(({ path, before }) => none.test(before) && path.startsWith(below))
      .map(({ path }) => path.slice(below.length)),
  )
  const votes = new Map<string, number>()
  for (const { path, after } of changed) {
    if (!none.test(after)) continue
    const steps = path.split('/')
    for (let at = 0; at < steps.length; at += 1) {
      if (!come.has(steps.slice(at).join('/'))) continue
      const folder = steps.slice(0, at).join('/')
      votes.set(folder, (votes.get(folder) ?? 0) + 1)
    }
  }
  return [...votes].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0]
}

const everyLine = (text: string | null): [number, number][] => {
  const lines = text === null ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  return lines === 0 || text === '' ? [] : [[1, lines]]
}

/** No setting of the user's may change what is seen: a limit for renames, drivers for texts, folders. */
const diff = [
  'diff-tree',
  '-r',
  '-M',
  '-l1000',
  '--no-ext-diff',
  '--no-textconv',
  '--no-relative',
  '--full-index',
  '--no-color',
  '--ignore-submodules=none',
]

/** Raw output: `:<mode> <mode> <object> <object> <status>`, then one path or, where it was renamed, two (git-diff-tree(1)). */
async function changedFiles(
  repository: Repository,
  base: string,
  head: string,
  options: readonly string[] = [],
): Promise<Changed[]> {
  const { stdout } = await git(repository, [...diff, ...options, '--raw', '-z', base, head])
  const fields = parts(stdout)
  const out: Changed[] = []
  for (let at = 0; at < fields.length;) {
    const [, , before = '', after = '', status = ''] = (fields[at++] ?? '').split(' ')
    const [first = '', second] =
      status.startsWith('R') || status.startsWith('C') ? [fields[at++], fields[at++]] : [fields[at++]]
    out.push({ path: second ?? first, ...(second === undefined ? {} : { from: first }), before, after })
  }
  return out
}

/** The added lines of every changed text, by the two objects: a patch names files in ways that are hard to read. */
async function addedRanges(
  repository: Repository,
  base: string,
  head: string,
): Promise<Map<string, [number, number][]>> {
  const out = new Map<string, [number, number][]>()
  let current: [number, number][] = []
  const read = (line: string) => {
    // Without context, lines of the files themselves begin with +, - or \.
    const [, objects] = /^index ([0-9a-f]+\.\.[0-9a-f]+)/.exec(line) ?? []
    const [, start, count = '1'] = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
    if (objects !== undefined) out.set(objects, (current = []))
    else if (start !== undefined && count !== '0') current.push([Number(start), Number(count)])
  }
  let rest = ''
  const onData = (part: Buffer) => {
    const lines = (rest + part.toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(read)
  }
  await git(repository, [...diff, '-p', '-U0', '--text', '--diff-algorithm=myers', '--ignore-cr-at-eol', base, head], {
    onData,
  })
  read(rest)
  return out
}
