// The guards: whether a change keeps a database's history.
import type { Convention, ErrorCode, Finding, Level, Severity } from './options/public.js'
import type { GuardCode } from './review/review.js'
import { review } from './wasm/review.js'
import { withLists } from './options/tracks.js'
import { wellFormed } from './set/texts.js'

export { MigrationError, type Location } from './shared/errors.js'
export type { Convention, ErrorCode, Finding, GuardCode, Level, Severity }

/** Files of one moment: path from the root of the repository, with `/`, to text. */
export type Tree = Readonly<Record<string, string>>

/** A folder of migrations that is guarded, as it is in the branches concerned. */
export interface GuardedSet {
  /** The folder, from the root of the repository. */
  dir: string
  /** The naming convention, if it cannot be told from the files. */
  convention?: Convention
  /** All files of the folder where the change began (the merge base; of several, every file that any of them has). */
  base: Tree
  /** All files of the folder with the change. */
  head: Tree
  /** All files of the folder in the base branch as it is now. Default: `base`. */
  target?: Tree
  /** The folder in other open branches, for versions that are taken there. */
  against?: readonly { name: string; files: Tree }[]
}

/** A file that the change touches. */
export interface Edit {
  /** The path with the change; for a deleted file the path that it had. */
  path: string
  /** The path before, if it was renamed. */
  from?: string
  /** The text before; null if the file is new. */
  base: string | null
  /** The text with the change; null if the file is deleted. */
  head: string | null
  /** Added lines of `head`: first line, counted from 1, and how many, as `git diff -U0` says. Of a new file all are. */
  added: readonly (readonly [line: number, count: number])[]
  /** Why one of the texts, which is then null, cannot be read though it is there, such as `it is not UTF-8`. */
  unreadable?: string
}

/** A change, such as a pull request. */
export interface Change {
  /** What it is called, such as `origin/main...HEAD`: for whoever keeps changes. No guard reads it. */
  name?: string
  /** The folders of migrations that are guarded. */
  sets: readonly GuardedSet[]
  /**
   * The messages of its commits, newest first: the word `[squash-baseline]` in one of them allows a squash, and
   * `[counterfoil-allow <code>]` says that the exceptions that the change brings were looked at.
   */
  messages: readonly string[]
  /** The files that it touches, as far as they belong to a track. */
  edits: readonly Edit[]
  /** The files of the tracks, touched or not. Without it nobody can tell whether a track looks at nothing. */
  tracked?: Tracked
}

/** Files that the globs of tracks match: path to text, null where the text cannot be read. */
export interface Tracked {
  /** Where the change began. Without it nothing has shipped yet. */
  base?: Readonly<Record<string, string | null>>
  /** With the change. */
  head: Readonly<Record<string, string | null>>
}

/** One of several tracks that must get the same changes, such as SQLite beside PostgreSQL. */
export interface Track {
  /** Globs of its files, from the root of the repository. */
  files: readonly string[]
  /** Globs of files that do not belong to it after all. */
  ignore?: readonly string[]
  /**
   * What registers a migration: a new file with anything to run (of a kind that can be a migration, or whose ending a glob
   * names), or an entry: what a regular expression (of Rust's regex-lite) matches outside of comments, over several lines
   * too; `^` and `$` are the ends of a line. What was there before and has only moved does not count: a file is known again
   * by its content, an entry by the group `(?<name>…)`, or else by all that the expression matches, or by the rest.
   */
  registers: 'file' | { line: string }
  /** What counts as DDL in it. Default: `sql`, `sqlalchemy` and `builders`. */
  ddl?: Ddl | readonly Ddl[]
}

/**
 * What counts as DDL: `sql`; `sqlalchemy`, with Alembic's operations; `builders`, those of Knex, TypeORM, Kysely and Django, in
 * migrations; what a regular expression matches; or `any`: whatever a migration does.
 */
export type Ddl = 'sql' | 'sqlalchemy' | 'builders' | 'any' | { line: string }

/** A deliberate exception: a shipped migration that may become what it is with the change. */
export interface Allow {
  /** Its path with the change; for a deleted file the path that it had. */
  path: string
  /** The checksum that it had, as ledgers have it; of its down section, where that alone is in question. */
  old?: string | null
  /** The checksum that it has with the change; none if it is gone. */
  new?: string | null
  /** Why. */
  reason: string
}

/** Options of `check`. */
export interface GuardOptions {
  /** How bad each finding is, by its code, where that differs from the default. */
  severities?: { readonly [code in GuardCode]?: Level }
  /** The tracks, by name. */
  tracks?: Readonly<Record<string, Track>>
  /**
   * The tracks as they were where the change began, if it changes how it is judged. One that the change brings or alters
   * need not have found anything before.
   */
  earlierTracks?: Readonly<Record<string, Track>>
  /** Exceptions for shipped migrations. `allow` of a verdict has the entries for what was found. */
  allow?: readonly Allow[]
  /**
   * The exceptions as they were where the change began, if it changes how it is judged. One that the change brings counts
   * only with `[counterfoil-allow <code>]` in a commit message.
   */
  earlierAllow?: readonly Allow[]
  /**
   * The time, such as `2026-01-31T12:00:00Z`, from which a new version that is a time is proposed. Without it the newest
   * version is counted up.
   */
  now?: string
}

/** What the guards say. */
export interface Verdict {
  /** What was found, with path, line and column. */
  findings: Finding<GuardCode>[]
  /** Whether none of it is an error. */
  ok: boolean
  /**
   * Where files could move whose version is taken or lower than the newest of the target, and new ones that have to stay
   * behind such a file. The last migration comes first: done in this order, no step meets a file that is still there.
   */
  renumber: { path: string; to: string; version: string }[]
  /** Entries that would allow what was found of shipped migrations, without their reasons; none if there is nothing. */
  allow?: Allow[]
  /** What each track sees with the change, if `tracked` was given: files that its globs match, and migrations in them. */
  tracks?: { name: string; files: number; entries: number }[]
}

/**
 * Says whether a change keeps the history of the databases that have run its migrations: nothing shipped is edited,
 * deleted or renamed, no version is taken twice, and every track gets what the others get. Pure: the caller reads git.
 *
 * @throws MigrationError `invalid-input` if the change has another form; `invalid-text`, with path, line and column, if a
 *   text is not well-formed Unicode; `review-unavailable` if the module cannot be loaded
 */
export async function check(change: Change, options: GuardOptions = {}): Promise<Verdict> {
  const { tracks, earlierTracks } = options
  const listed = {
    ...options,
    ...(tracks && { tracks: withLists(tracks) }),
    ...(earlierTracks && { earlierTracks: withLists(earlierTracks) }),
  }
  const value = wellFormed({ change, options: listed })
  return (await review()).check(value) as Verdict
}
