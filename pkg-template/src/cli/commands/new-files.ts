// The files of a new migration, in each convention.
import { createHash } from 'node:crypto'
import { basename, posix, resolve } from 'node:path'
import { isJournal, withEntry } from '../../set/drizzle-journal.js'
import { failure } from '../../shared/errors.js'
import { review } from '../../wasm/review.js'

/** What is known of the set. */
export interface Known {
  /** The folder of the set. */
  readonly dir: string
  readonly convention: string
  /** The paths of the migrations, in the order in which they are applied; repeatable ones left out. */
  readonly paths: readonly string[]
  /** All files of the set. */
  readonly files: Readonly<Record<string, string>>
}

/** Files to be made, and a file that has to say so too. */
export interface NewFiles {
  readonly made: readonly { readonly path: string; readonly text: string }[]
  /** Drizzle's journal, Atlas's hashes. */
  readonly changed?: { readonly path: string; readonly text: string }
}

const dbmate = '-- migrate:up\n\n\n-- migrate:down\n\n'
const goose = '-- +goose Up\n\n\n-- +goose Down\n\n'
const sqlMigrate = '-- +migrate Up\n\n\n-- +migrate Down\n\n'
const tern = '\n\n---- create above / drop below ----\n\n'
const nodePgMigrate = '-- Up Migration\n\n\n-- Down Migration\n\n'

/** What stands in a file of each convention; where there are no markers it is empty, as its own tool leaves it. */
const texts: Readonly<Record<string, string>> = {
  dbmate,
  goose,
  'sql-migrate': sqlMigrate,
  'node-pg-migrate': nodePgMigrate,
  tern,
}

/** The files of a migration of this name. `now` is the time. */
export async function newFiles({ dir, convention, paths, files }: Known, name: string, now: Date): Promise<NewFiles> {
  const slug = slugIn(convention, name)
  const journal = convention === 'drizzle' ? Object.keys(files).find(isJournal) : undefined
  const bothWays = convention === 'diesel' || convention === 'hasura' || convention === 'folders'
  const inFolder = convention === 'prisma' || bothWays || (convention === 'drizzle' && !journal)
  const known = { convention, migrations: paths, files: Object.keys(files), now: now.toISOString() }
  const next = (await review()).next(known) as { newest: string; start: string } | null
  // Beside the newest one, wherever in the set that is.
  const newest = next?.newest ?? paths.at(-1)
  const folder =
    newest === undefined
      ? journal
        ? posix.join(posix.dirname(journal), '..')
        : convention === 'graphile-migrate' && basename(resolve(dir)) !== 'committed'
          ? 'committed'
          : ''
      : posix.dirname(inFolder ? posix.dirname(newest) : newest)
  const at = (path: string) => posix.join(folder, path)
  const text = convention === 'graphile-migrate' ? headAfter(files[newest ?? '']) : (texts[convention] ?? '')
  const stem = `${next?.start ?? first(convention, now, inFolder)}${slug}`

  if (journal)
    return {
      made: [{ path: at(`${stem}.sql`), text }],
      changed: { path: journal, text: withEntry(journal, files[journal] ?? '', stem, now) },
    }
  if (bothWays) return { made: ['up.sql', 'down.sql'].map((file) => ({ path: at(`${stem}/${file}`), text })) }
  if (inFolder) return { made: [{ path: at(`${stem}/migration.sql`), text }] }
  const paired = convention === 'golang-migrate' || (newest !== undefined && newest.endsWith('.up.sql'))
  // Of a set for several databases it is PostgreSQL's file.
  const database = /\.(pg|pgsql|postgres|postgresql)(?=\.sql$)/.exec(newest ?? '')?.[0] ?? ''
  const endings = paired ? ['.up.sql', '.down.sql'] : [`${database}.sql`]
  const made = endings.map((ending) => ({ path: at(stem + ending), text }))
  const sum = at('atlas.sum')
  if (convention !== 'atlas' || files[sum] === undefined) return { made }
  return { made, changed: { path: sum, text: hashes({ ...files, [made[0]!.path]: text }, folder) } }
}

/** `atlas.sum` of a folder: a hash of each file that goes on from that of the file before, above them one of all. */
function hashes(files: Readonly<Record<string, string>>, folder: string): string {
  const inFolder = (path: string) => posix.join(posix.dirname(path), '.') === posix.join(folder, '.')
  const paths = Object.keys(files).filter((path) => path.endsWith('.sql') && inFolder(path))
  const all = createHash('sha256')
  const lines: [name: string, hash: string][] = []
  for (const path of paths.sort()) {
    const [name, text] = [posix.basename(path), files[path] ?? '']
    all.update(name)
    if (/^.*atlas:sum ignore *\r?$/m.test(text.split('\n', 1)[0] ?? '')) continue
    lines.push([name, all.update(text).copy().digest('base64')])
  }
  const sum = createHash('sha256').update(lines.flat().join('')).digest('base64')
  return [`h1:${sum}`, ...lines.map(([name, hash]) => `${name} h1:${hash}`), ''].join('\n')
}

/** How the first name of a set starts, as the convention's own tool has it. */
function first(convention: string, now: Date, inFolder: boolean): string {
  const [date = '', time = ''] = now.toISOString().slice(0, 19).replaceAll(':', '').split('T')
  if (convention === 'flyway' || convention === 'refinery') return 'V1__'
  if (convention === 'node-pg-migrate' || convention === 'hasura') return `${now.getTime()}_`
  if (convention === 'tern') return '001_'
  if (convention === 'folders') return '0001_'
  if (convention === 'graphile-migrate') return '000001-'
  if (convention === 'golang-migrate') return '000001_'
  if (convention === 'drizzle' && !inFolder) return '0000_'
  if (convention === 'diesel') return `${date}-${time}_`
  return `${date.replaceAll('-', '')}${time}${convention === 'sql-migrate' ? '-' : '_'}`
}

/**
 * What graphile-migrate reads above a migration that comes after `newest`. The hash is that of an empty body, which no
 * other migration has; what is written below has another one, which the last line allows.
 */
function headAfter(newest: string | undefined): string {
  const previous = newest && /^--! Hash: *(\S+)/m.exec(newest)?.[1]
  const hash = createHash('sha1')
    .update(`${previous ?? ''}\n`)
    .digest('hex')
  return `--! Previous: ${previous ?? '-'}\n--! Hash: sha1:${hash}\n--! AllowInvalidHash\n\n`
}

/** A name as the convention's own tool reads it. */
function slugIn(convention: string, name: string): string {
  const slug = slugOf(name)
  if (convention === 'refinery') return slug.replaceAll('-', '_')
  if (convention !== 'graphile-migrate') return slug
  const ascii = slug.replace(/[^\w-]+/g, '_')
  if (/^[_-]*$/.test(ascii))
    throw failure('usage', 'graphile-migrate reads a to z, 0 to 9, _ and - in names', 'name it with those')
  return ascii
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
