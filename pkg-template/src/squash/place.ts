// Where a baseline lies and what its file looks like, in each convention.
import { isJournal, withReplaced } from '../set/drizzle-journal.js'
import type { MigrationSet } from '../core/core.js'
import type { Convention } from '../options/public.js'
import { failure } from '../shared/errors.js'
import type { SquashFile } from './public.js'

/** What stands around the statements. @internal */
interface Frame {
  readonly head?: string
  readonly between?: string
  readonly foot?: string
}

const block = (marker: string): Frame => ({
  head: `-- +${marker} Up\n-- +${marker} StatementBegin\n`,
  foot: `-- +${marker} StatementEnd\n`,
})

/** dbmate refuses a file without a way back. */
const noWayBack = "DO $$ BEGIN RAISE EXCEPTION 'there is no way back from a baseline'; END $$;"

/** Where a tool cuts a file at semicolons, all of it is one block. Without a way back: there is none from a baseline. */
const frames: { readonly [name in Convention]?: Frame } = {
  dbmate: { head: '-- migrate:up\n\n', foot: `\n-- migrate:down\n\n${noWayBack}\n` },
  goose: block('goose'),
  'sql-migrate': block('migrate'),
  'node-pg-migrate': { head: '-- Up Migration\n\n' },
  drizzle: { between: '\n--> statement-breakpoint\n' },
}

/** Conventions in which a migration is a folder. */
const folders = /\/(?:migration|up)\.sql$/

/** The text of a baseline. @internal */
export function textOf(convention: Convention, statements: readonly string[]): string {
  const { head = '', between = '\n\n', foot = '' } = frames[convention] ?? {}
  return `${head}${statements.map((statement) => `${statement};`).join(between)}\n${foot}`
}

/** Conventions whose files cannot be replaced one by one. */
const unsquashable: { readonly [name in Convention]?: string } = {
  'graphile-migrate': 'each of its files holds a hash of the one before',
  atlas: 'it has checkpoints of its own, which are read: `atlas migrate checkpoint`',
}

/** @throws MigrationError `unsupported` for a convention whose files cannot be squashed @internal */
export function mustBeSquashable(convention: Convention): void {
  const why = unsquashable[convention]
  if (why !== undefined)
    throw failure(
      'unsupported',
      `a set of ${convention} cannot be squashed here: ${why}`,
      'squash it with its own tool',
    )
}

/** The path of a baseline beside the last file that it replaces. `start`: what its name starts with. @internal */
export function pathOf(last: string, start: string, slug: string): string {
  const [folder] = folders.exec(last) ?? []
  const beside = (path: string) => path.slice(0, path.lastIndexOf('/') + 1)
  if (folder !== undefined && last.lastIndexOf('/') > 0)
    return `${beside(last.slice(0, -folder.length))}${start}${slug}${folder}`
  const [ending = '.sql'] = /(?:\.up)?(?:\.(?:pg|pgsql|postgres|postgresql))?\.sql$/.exec(last) ?? []
  return `${beside(last)}${start}${slug}${ending}`
}

/** The stem that a list of what is replaced goes by, and the folder that it lies in. @internal */
export function stemOf(baseline: string): { folder: string; stem: string } {
  const path = folders.test(baseline) ? baseline.replace(folders, '') : baseline.replace(/(?:\.up)?\.sql$/, '')
  const at = path.lastIndexOf('/') + 1
  return { folder: path.slice(0, at), stem: path.slice(at) }
}

/** The baseline of a set that goes by this version, or by this name in `.counterfoil`; undefined if there is none. @internal */
export const baselineIn = (
  { migrations }: MigrationSet,
  named: string,
): MigrationSet['migrations'][number] | undefined =>
  migrations.find(
    ({ version, path, replaces }) => replaces.length > 0 && (version === named || stemOf(path).stem === named),
  )

/** The files that belong to these migrations: the migration's own, its way back, and what lies in its folder. @internal */
export function filesOf(paths: readonly string[], files: readonly string[]): string[] {
  const own = new Set(paths)
  const stems = new Set(
    paths.filter((path) => path.endsWith('.up.sql')).map((path) => path.slice(0, -'.up.sql'.length)),
  )
  const inside = paths.filter((path) => folders.test(path)).map((path) => path.slice(0, path.lastIndexOf('/') + 1))
  return files.filter((path) => {
    const [, stem] = /^(.*)\.down\.sql$/.exec(path) ?? []
    const conf = path.endsWith('.conf') && own.has(path.slice(0, -'.conf'.length))
    return (
      own.has(path) ||
      conf ||
      (stem !== undefined && stems.has(stem)) ||
      inside.some((folder) => folder !== '' && path.startsWith(folder))
    )
  })
}

/** Drizzle's journal, with the baseline in place of what it replaces. @internal */
export function journalOf(
  files: Readonly<Record<string, string>>,
  replaced: readonly string[],
  baseline: string,
): SquashFile[] {
  const journal = Object.keys(files).find(isJournal)
  if (journal === undefined) return []
  const tag = (path: string) => path.slice(path.lastIndexOf('/') + 1).replace(/\.sql$/, '')
  return [
    {
      path: journal,
      text: withReplaced(journal, files[journal]!, new Set(replaced.map(tag)), tag(baseline)),
      changed: true,
    },
  ]
}
