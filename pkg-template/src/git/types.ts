// What is asked of a git repository, and what comes back. No types of Node's: a user may have none.
import type { Change, GuardOptions } from '../guard.js'
import type { Convention, Finding } from '../options/public.js'

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What is asked of a repository. */
export interface ChangeRequest {
  /** A folder in the repository; the folders of `sets` are relative to it. */
  cwd: string
  /** What it is compared with, and who says so. Default: what GitHub Actions says, otherwise origin/HEAD, main or master. */
  base?: { ref: string; why: string }
  /** The commit that is looked at. Default: the work tree if it differs from HEAD in what is looked at, otherwise HEAD. */
  head?: string
  /** What is in the index, as in a hook before a commit. */
  staged?: boolean
  /** The folders of migrations. `optional`: nobody named it, so it need not be there. */
  sets: { dir: string; convention?: Convention; optional?: boolean }[]
  /** Other branches: refs, or patterns such as `origin/*`. */
  against?: readonly string[]
  /** The tracks whose files are read. */
  tracks?: NonNullable<GuardOptions['tracks']>
  /** The environment, for what a service says about the change. Default: that of the process. */
  env?: Environment
}

/** A change, and how it was found. */
export interface ReadChange {
  /** What `check` of `counterfoil/guard` takes. */
  change: Change
  base: Base
  /** Where base and head parted; one of the commits, if there are several. On a push, what was there before it. */
  mergeBase: string
  /** `HEAD`, `the index`, `the work tree` or what was asked for; the commit below it; whether it is more than that. */
  head: { name: string; commit: string; live: boolean }
  against: Ref[]
  /** Files that could not be read. */
  findings: Finding<'unreadable-file'>[]
}

/** What a change is compared with. */
export interface Base {
  /** As a person would name it. */
  ref: string
  commit: string
  /** Where the name came from: `--base`, `GITHUB_BASE_REF`, … */
  why: string
}

/** A ref and its commit. */
export interface Ref {
  name: string
  commit: string
}
