// `counterfoil down` of a migration whose file was edited after it ran: what is said of it, and which way back is used.
import { posix } from 'node:path'
import { down } from '../../run/actions.js'
import { catalogOf } from '../../run/catalogs.js'
import { filesNow } from '../../set/files.js'
import { failure, MigrationError } from '../../shared/errors.js'
import { visible } from '../../shared/printed.js'
import { changedSince, commitWith, folderAt } from '../../git/earlier.js'
import type { Convention, MigrateResult, RollbackOptions } from '../../options/public.js'
import { plan, readSet } from '../../pure.js'
import { isCode, type Session } from '../connect/session.js'
import { showLinesOf } from '../show/failures.js'
import type { Style } from '../text/style.js'

type Files = Session['files']

/** A migration that is to be taken back, and whose file is not what ran. */
export interface Edited {
  /** The row's version. */
  readonly version: string
  readonly path: string
  readonly error: MigrationError
  /** The commit that has what ran, if the repository has one. */
  readonly ran?: string
  /** What has changed since: the hunks of a diff. */
  readonly lines: readonly string[]
}

/** What would be taken back, and by what. */
export interface Back {
  readonly reverted: MigrateResult['reverted']
  /** The set whose ways back are used. */
  readonly files: Files
  /** Paths of those that are as they were at the ref. */
  readonly earlier: ReadonlySet<string>
  readonly edited: readonly Edited[]
}

/** The versions that an error is about, if they were edited. */
const editedIn = (error: unknown): string | undefined =>
  isCode(error, 'plan-refused')
    ? error.options?.find(({ option }) => option === 'acceptEdited')?.values?.[0]
    : undefined

/**
 * What would be taken back. `from`: a ref at which the files are what ran.
 *
 * @throws MigrationError `plan-refused` if at that ref a file is not what ran
 */
export async function back(
  session: Session,
  chosen: RollbackOptions,
  { from, convention }: { from: string | undefined; convention: Convention | undefined },
): Promise<Back> {
  const { driver, db, dir } = session
  const dry = (files: Files, acceptEdited: readonly string[]) =>
    down(driver, db, files, { ...chosen, acceptEdited: [...acceptEdited], dryRun: true })
  if (from !== undefined) return backFrom(session, from, convention, (files) => dry(files, []))
  const errors: { version: string; error: MigrationError }[] = []
  for (;;) {
    const all = errors.map(({ version }) => version)
    try {
      const { reverted } = await dry(session.files, all)
      const edited = await Promise.all(errors.map((each) => withHistory(session, each, reverted, convention)))
      return { reverted, files: session.files, earlier: new Set(), edited }
    } catch (error) {
      const version = editedIn(error)
      // Each is told of once.
      if (version === undefined || all.includes(version)) throw error
      showLinesOf(dir, session.files)
      errors.push({ version, error: error as MigrationError })
    }
  }
}

async function backFrom(
  session: Session,
  from: string,
  convention: Convention | undefined,
  dry: (files: Files) => Promise<MigrateResult>,
): Promise<Back> {
  const { dir, files } = session
  const then = await folderAt(dir, from)
  // To have the rows. What is wrong is said of the set that comes of them.
  await dry(files).catch(() => {})
  const rows = (session.rows() ?? []).map(({ version, name, checksum }) => ({
    version: version ?? '',
    name: name ?? null,
    checksum: checksum ?? null,
  })) as Parameters<typeof plan>[1]
  const as = convention === undefined ? {} : { convention }
  const pathsByRow = (set: Files) =>
    new Map(plan(set, rows, as).decisions.flatMap(({ row, path }) => (row && path ? [[row, path] as const] : [])))
  const now = pathsByRow(files)
  const merged: Record<string, string> = Object.assign(Object.create(null), files)
  const earlier = new Set<string>()
  for (const { code, row, path } of plan(then.files, rows, as).decisions) {
    // Only of these the checksum is that of the row.
    if ((code !== 'applied' && code !== 'renamed') || row === undefined || path === undefined) continue
    const replaced = now.get(row)
    if (replaced !== undefined) for (const old of belonging(files, replaced)) delete merged[old]
    for (const file of belonging(then.files, path)) merged[file] = then.files[file]!
    earlier.add(path)
  }
  showLinesOf(dir, merged)
  const reverted = await dry(merged)
    .then(({ reverted }) => reverted)
    .catch(async (error: unknown) => {
      const version = editedIn(error)
      if (version === undefined) throw error
      const { ran } = await withHistory(session, { version, error: error as MigrationError }, [], convention)
      const { message, help, options } = error as MigrationError
      throw new MigrationError({
        code: 'plan-refused',
        message: `${message}; and at ${from} it is not what ran either`,
        help:
          ran === undefined
            ? `no commit of this branch has what ran; ${help}`
            : `it ran as it was at ${short(ran)}: write --from ${short(ran)}`,
        ...(ran === undefined && options && { options: [...options] }),
      })
    })
  for (const { version, path } of reverted) {
    if (earlier.has(path) || rows!.find((row) => row.version === version)?.checksum) continue
    throw failure(
      'plan-refused',
      `nothing was run: no checksum of ${version} is on record, so nobody can tell whether it ran as it was at ${from}`,
      'leave out --from: then the way back is that of the file as it is now',
    )
  }
  return { reverted, files: merged, earlier, edited: [] }
}

/** A commit, as a person writes it. */
const short = (commit: string) => commit.slice(0, 12)

/** What the repository knows of a file that was edited. */
async function withHistory(
  { dir, files, rows }: Session,
  { version, error }: { version: string; error: MigrationError },
  reverted: MigrateResult['reverted'],
  convention: Convention | undefined,
): Promise<Edited> {
  const [, path = ''] = /^nothing was run: (.*) was edited after it was applied/.exec(error.message) ?? []
  const is = reverted.find((each) => each.path === path) ?? { path }
  const checksum = rows()?.find((row) => row['version'] === version)?.['checksum']
  const known = catalogOf(files, filesNow(files), convention).convention
  // What says something of the set, and this one file.
  const others = Object.fromEntries(Object.entries(files).filter(([name]) => !/\.sql$/i.test(name)))
  const ranAs = (text: string) => {
    try {
      const { migrations } = readSet({ ...others, [is.path]: text }, { convention: known })
      return migrations.some((each) => each.path === is.path && each.checksum === checksum)
    } catch {
      return false
    }
  }
  // Without git, or outside a repository, it is not known.
  const ran = await commitWith(dir, is.path, ranAs).catch(() => undefined)
  const lines = ran === undefined ? [] : await changedSince(dir, ran, { before: is.path, now: is.path }).catch(() => [])
  return { version, path: is.path, error, ...(ran !== undefined && { ran }), lines }
}

/** How many lines of a difference are shown. */
const few = 60

/** What was edited, in lines. */
export function editedLines(edited: readonly Edited[], { yellow, dim, red, green }: Style): string[] {
  return edited.flatMap(({ error, ran, lines }) => {
    const what = visible(error.message.replace(/^nothing was run: /, ''))
    const hunks = lines.slice(0, few).map((line) => {
      const paint = line.startsWith('+') ? green : line.startsWith('-') ? red : dim
      return `  ${paint(visible(line))}`
    })
    return [
      `${yellow('edited')}: ${what}`,
      ...(ran === undefined ? [] : [`  it ran as it was at ${short(ran)}; since then:`]),
      ...hunks,
      ...(lines.length > few ? [`  ${lines.length - few} more lines`] : []),
    ]
  })
}

/** The error that refuses, with what else can be done. */
export function refusalOf({ error, ran }: Edited): MigrationError {
  const other =
    ran === undefined
      ? 'where git has what ran, name a commit that has it with --from'
      : `it ran as it was at ${short(ran)}: with --from ${short(ran)} its way back from there is used`
  return new MigrationError({
    code: 'plan-refused',
    message: error.message,
    help: `${other}; or ${error.help}`,
    ...(error.options && { options: [...error.options] }),
  })
}

/** The files of a migration: its own, and of its folder or of a pair the others. */
function belonging(files: Files, path: string): string[] {
  const [dir, base] = [posix.dirname(path), posix.basename(path)]
  const beside = Object.keys(files).filter((other) => other !== path && posix.dirname(other) === dir)
  const number = (name: string) => /^\D?(\d[\d.]*)/.exec(name)?.[1]
  const isWayBack = (name: string) =>
    (/\.down\.[^.]+$/.test(name) || /^U\d.*__/.test(name)) && number(name) === number(base)
  const others = /^(up|migration)\.sql$/.test(base)
    ? beside
    : beside.filter((other) => isWayBack(posix.basename(other)))
  return [path, ...others.filter((other) => other in files)]
}
