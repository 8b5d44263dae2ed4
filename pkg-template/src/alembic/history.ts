// Alembic's revision files: what they are called, what comes after what, and which come last.
// https://alembic.sqlalchemy.org/en/latest/branches.html; alembic/script/base.py and revision.py.
import { MigrationError, failure } from '../shared/errors.js'
import type { AlembicRevision, AlembicRevisions } from './public.js'
import { bindings } from './python.js'

interface Read {
  path: string
  revision: string
  down: string[]
  depends: string[]
  labels: string[]
}

/** Whether Alembic takes a file of this name for a revision. @internal */
export const isRevisionFile = (name: string) =>
  name.endsWith('.py') && !name.startsWith('.#') && !name.startsWith('__init__')

/** Names of the files that have no name of their own in them: Alembic before 0.2. */
const early = /^[a-f0-9]+(?=\.py$)/

/**
 * The revisions of these files.
 *
 * @param files path to text
 * @throws MigrationError `invalid-input` if a file has no revision, or one that is not written out; `alembic-duplicate` if
 *   two files have one revision; `alembic-missing-parent` if a file follows one that is not there; `alembic-cycle` if
 *   revisions follow each other in a circle @internal
 */
export function historyOf(files: Readonly<Record<string, string>>): AlembicRevisions {
  const byName = new Map<string, Read>()
  const read = Object.keys(files)
    .sort()
    .map((path) => readFile(path, files[path]!))
  for (const each of read) {
    const other = byName.get(each.revision)
    if (other)
      throw failure(
        'alembic-duplicate',
        `${other.path} and ${each.path} are both the revision ${each.revision}`,
        'give one of them another revision',
      )
    byName.set(each.revision, each)
  }
  const labelled = new Map(byName)
  for (const each of read)
    for (const label of each.labels) {
      const other = labelled.get(label)
      if (other)
        throw failure(
          'alembic-duplicate',
          `${other.path} and ${each.path} both go by the name ${label}`,
          'give one of them another label',
        )
      labelled.set(label, each)
    }
  const parentsOf = new Map(
    read.map((each) => [each, [...parents(each, each.down, byName), ...parents(each, each.depends, labelled)]]),
  )
  const followed = new Set(read.flatMap(({ down }) => down))
  return {
    heads: read
      .map(({ revision }) => revision)
      .filter((revision) => !followed.has(revision))
      .sort(),
    revisions: inOrder(read, parentsOf),
  }
}

function readFile(path: string, text: string): Read {
  const found = bindings(path, text, ['revision', 'down_revision', 'branch_labels', 'depends_on'])
  const own = found.get('revision')
  const revision = own ? (own.single ? own.values[0] : undefined) : early.exec(path.split('/').at(-1)!)?.[0]
  if (!revision)
    throw failure(
      'invalid-input',
      `${path} does not say which revision it is`,
      'set `revision` to a string at the top of the file, or move the file elsewhere',
    )
  const list = (name: string) => [...new Set(found.get(name)?.values ?? [])]
  return { path, revision, down: list('down_revision'), depends: list('depends_on'), labels: list('branch_labels') }
}

function parents(of: Read, names: readonly string[], known: ReadonlyMap<string, Read>): Read[] {
  return names.map((name) => {
    const parent = known.get(name)
    if (!parent)
      throw failure(
        'alembic-missing-parent',
        `${of.path} follows the revision ${name}, which is not there`,
        'bring its file back, or let the file follow another one',
      )
    return parent
  })
}

/** Every revision after its parents. */
function inOrder(read: readonly Read[], parentsOf: ReadonlyMap<Read, readonly Read[]>): AlembicRevision[] {
  const children = new Map<Read, Read[]>(read.map((each) => [each, []]))
  const waiting = new Map<Read, number>()
  for (const [each, parents] of parentsOf) {
    waiting.set(each, new Set(parents).size)
    for (const parent of new Set(parents)) children.get(parent)!.push(each)
  }
  const order = read.filter((each) => waiting.get(each) === 0)
  // It grows while it is gone through.
  for (const each of order)
    for (const child of children.get(each)!) {
      const left = waiting.get(child)! - 1
      waiting.set(child, left)
      if (left === 0) order.push(child)
    }
  if (order.length < read.length)
    throw cycle(
      read.filter((each) => waiting.get(each)! > 0),
      parentsOf,
      waiting,
    )
  return order.map((each) => ({
    revision: each.revision,
    parents: [...new Set(parentsOf.get(each)!.map(({ revision }) => revision))].sort(),
  }))
}

/** Names one circle: whoever waits, waits for one that waits too. */
function cycle(
  stuck: readonly Read[],
  parentsOf: ReadonlyMap<Read, readonly Read[]>,
  waiting: ReadonlyMap<Read, number>,
): MigrationError {
  const way: Read[] = []
  const seen = new Map<Read, number>()
  for (let each = stuck[0]!; ; each = parentsOf.get(each)!.find((parent) => waiting.get(parent)! > 0)!) {
    const from = seen.get(each)
    if (from !== undefined) {
      const names = [...way.slice(from), each].map(({ revision }) => revision)
      return failure(
        'alembic-cycle',
        `revisions follow each other in a circle: ${names.join(' follows ')}`,
        `see down_revision and depends_on of ${each.path}`,
      )
    }
    seen.set(each, way.push(each) - 1)
  }
}
