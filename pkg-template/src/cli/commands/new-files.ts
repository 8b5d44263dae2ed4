// The files of a new migration, in each convention.
import { posix } from 'node:path'
import { isJournal, withEntry } from '../../set/drizzle-journal.js'
import { failure } from '../../shared/errors.js'
import { review } from '../../wasm/review.js'

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
export async function newFiles({ convention, paths, files }: Known, name: string, now: Date): Promise<NewFiles> {
  const slug = slugOf(name)
  const text = texts[convention] ?? ''
  const journal = convention === 'drizzle' ? Object.keys(files).find(isJournal) : undefined
  const inFolder = convention === 'prisma' || convention === 'diesel' || (convention === 'drizzle' && !journal)
  const known = { convention, migrations: paths, files: Object.keys(files), now: now.toISOString() }
  const next = (await review()).next(known) as { newest: string; start: string } | null
  // Beside the newest one, wherever in the set that is.
  const newest = next?.newest ?? paths.at(-1)
  const folder =
    newest === undefined
      ? journal
        ? posix.join(posix.dirname(journal), '..')
        : ''
      : posix.dirname(inFolder ? posix.dirname(newest) : newest)
  const at = (path: string) => posix.join(folder, path)
  const stem = `${next?.start ?? first(convention, now, inFolder)}${slug}`

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

/** How the first name of a set starts, as the convention's own tool has it. */
function first(convention: string, now: Date, inFolder: boolean): string {
  const [date = '', time = ''] = now.toISOString().slice(0, 19).replaceAll(':', '').split('T')
  if (convention === 'flyway') return 'V1__'
  if (convention === 'golang-migrate') return '000001_'
  if (convention === 'drizzle' && !inFolder) return '0000_'
  if (convention === 'diesel') return `${date}-${time}_`
  return `${date.replaceAll('-', '')}${time}${convention === 'sql-migrate' ? '-' : '_'}`
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
