// The files of a new migration, in each convention.
import { posix } from 'node:path'
import { isJournal, withEntry } from '../../set/drizzle-journal.js'
import { failure } from '../../shared/errors.js'
import { dashed, styleOf, timestamp } from './versions.js'

/** What is known of the set. */
export interface Known {
  readonly convention: string
  /** The paths of the migrations, in the order in which they are applied; repeatable ones left out. */
  readonly paths: readonly string[]
  /** All files of the set. */
  readonly files: Readonly<Record<string, string>>
}

/** Files to be made, and a file that has to say so too. */
export interface NewFiles {
  readonly made: readonly { readonly path: string; readonly text: string }[]
  /** Drizzle's journal. */
  readonly changed?: { readonly path: string; readonly text: string }
}

const dbmate = '-- migrate:up\n\n\n-- migrate:down\n\n'
const goose = '-- +goose Up\n\n\n-- +goose Down\n\n'
const sqlMigrate = '-- +migrate Up\n\n\n-- +migrate Down\n\n'

/** What stands in a file of each convention; where there are no markers it is empty, as its own tool leaves it. */
const texts: Readonly<Record<string, string>> = { dbmate, goose, 'sql-migrate': sqlMigrate }

/** The files of a migration of this name. `now` is the time. */
export function newFiles({ convention, paths, files }: Known, name: string, now: Date): NewFiles {
  const slug = slugOf(name)
  const text = texts[convention] ?? ''
  const journal = convention === 'drizzle' ? Object.keys(files).find(isJournal) : undefined
  const inFolder = convention === 'prisma' || convention === 'diesel' || (convention === 'drizzle' && !journal)
  // Beside the newest one, wherever in the set that is.
  const newest = paths.findLast((path) => versionIn(convention, path, inFolder)) ?? paths.at(-1)
  const folder =
    newest === undefined
      ? journal
        ? posix.join(posix.dirname(journal), '..')
        : ''
      : posix.dirname(inFolder ? posix.dirname(newest) : newest)
  const at = (path: string) => posix.join(folder, path)
  const { version, separator } = nextVersion(convention, newest, inFolder, now, Object.keys(files))
  const stem = `${version}${separator}${slug}`

  if (journal)
    return {
      made: [{ path: at(`${stem}.sql`), text }],
      changed: { path: journal, text: withEntry(files[journal] ?? '', stem, now) },
    }
  if (convention === 'diesel')
    return { made: ['up.sql', 'down.sql'].map((file) => ({ path: at(`${stem}/${file}`), text })) }
  if (inFolder) return { made: [{ path: at(`${stem}/migration.sql`), text }] }
  const paired = convention === 'golang-migrate' || (newest !== undefined && newest.endsWith('.up.sql'))
  return { made: (paired ? ['.up.sql', '.down.sql'] : ['.sql']).map((ending) => ({ path: at(stem + ending), text })) }
}

/** What stands before the name in a path: `V`, the version, and what separates them from the name. */
function versionIn(
  convention: string,
  path: string,
  inFolder: boolean,
): { prefix: string; digits: string; separator: string } | undefined {
  const base = posix.basename(inFolder ? posix.dirname(path) : path)
  const [, prefix = '', digits, separator] =
    (convention === 'flyway' ? /^(V)(\d+(?:[._]\d+)*?)(__)/ : /^()(\d{4}-\d\d-\d\d-\d{6}|\d+)([_-])?/).exec(base) ?? []
  return digits === undefined ? undefined : { prefix, digits, separator: separator ?? '_' }
}

function nextVersion(
  convention: string,
  newest: string | undefined,
  inFolder: boolean,
  now: Date,
  all: readonly string[],
): { version: string; separator: string } {
  const found = newest === undefined ? undefined : versionIn(convention, newest, inFolder)
  if (!found) {
    const first = { flyway: 'V1', 'golang-migrate': '000001', drizzle: inFolder ? undefined : '0000' }[convention]
    const separator = convention === 'flyway' ? '__' : convention === 'sql-migrate' ? '-' : '_'
    return { version: first ?? (convention === 'diesel' ? dashed : timestamp).next(now, undefined), separator }
  }
  // A migration in another language has a version too. Flyway looks into every folder.
  const highest = all.reduce((high, path) => {
    const counts = convention === 'flyway' || posix.dirname(path) === posix.dirname(newest!)
    const digits = counts ? versionIn(convention, path, inFolder)?.digits : undefined
    return digits !== undefined && isAbove(digits, high) ? digits : high
  }, found.digits)
  return { version: found.prefix + styleOf(highest).next(now, highest), separator: found.separator }
}

/** Whether a version is above another one: number by number. */
function isAbove(one: string, other: string): boolean {
  const [left, right] = [one, other].map((version) => version.split(/[._-]/).map(BigInt)) as [bigint[], bigint[]]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [a, b] = [left[at] ?? 0n, right[at] ?? 0n]
    if (a !== b) return a > b
  }
  return false
}

/** A name as it stands in a path. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFC')
    .trim()
    .replace(/\.sql$/i, '')
    .replace(/[^\p{L}\p{N}\p{M}-]+/gu, '_')
    .replace(/^[_-]+|[_-]+$/g, '')
  if (slug === '')
    throw failure('usage', 'the name has no letter or digit', 'say what the migration does: counterfoil new add_users')
  if (Buffer.byteLength(slug) > 150) throw failure('usage', 'the name is too long for a file', 'say it shorter')
  return slug
}
