// What drizzle-kit writes for programs that have no folder: `migrations.js` beside the migrations, an object of texts. Its form
// is that of drizzle-kit's `embeddedMigrations`; drizzle-orm reads it in `expo-sqlite/migrator.ts`. Before 1.0 a text goes by the
// `idx` of its entry in the journal; from 1.0 on there is no journal, and it goes by the name of its folder.
import { failure } from '../shared/errors.js'

/** The default export of the `migrations.js` that drizzle-kit writes. */
export interface DrizzleBundle<Source> {
  /** What is in `meta/_journal.json`. None from Drizzle 1.0 on. */
  readonly journal?: { readonly entries: readonly { readonly idx: number; readonly tag: string }[] }
  /** `m0000` and so on: `m` and the entry's `idx`, of four digits. From Drizzle 1.0 on: the name of the migration's folder. */
  readonly migrations: { readonly [name: string]: Source }
}

/**
 * The files that such an object was made of; undefined if it is none.
 *
 * @throws MigrationError `invalid-input` for a text that is in no entry of the journal @internal
 */
export function filesOfBundle(set: object): [path: string, source: unknown][] | undefined {
  const names = Object.keys(set)
  const { journal, migrations } = set as { journal?: unknown; migrations?: unknown }
  if (!names.includes('migrations') || !names.every((name) => name === 'journal' || name === 'migrations'))
    return undefined
  if (typeof migrations !== 'object' || migrations === null) return undefined
  const texts = Object.entries(migrations)
  if (!names.includes('journal')) {
    // A file of that name, as a module with its text.
    if (typeof (migrations as { default?: unknown }).default === 'string') return undefined
    return texts.map(([name, source]) => [`${name}/migration.sql`, source])
  }
  const tags = new Map(entriesOf(journal).map(({ idx, tag }) => [`m${String(idx).padStart(4, '0')}`, tag]))
  return [
    // As drizzle-kit writes it: a place in it is one in that file.
    ['meta/_journal.json', JSON.stringify(journal, null, 2) ?? ''],
    ...texts.map(([name, source]): [string, unknown] => {
      const tag = tags.get(name)
      if (tag === undefined)
        throw failure(
          'invalid-input',
          `migrations.${name} is in no entry of the journal`,
          'write the file again with `drizzle-kit generate`',
        )
      return [`${tag}.sql`, source]
    }),
  ]
}

/** What else is wrong with the journal is said where journals are read. */
function entriesOf(journal: unknown): { idx: unknown; tag: string }[] {
  const { entries } = Object(journal) as { entries?: unknown }
  return Array.isArray(entries) ? entries.filter((entry) => typeof Object(entry).tag === 'string') : []
}
