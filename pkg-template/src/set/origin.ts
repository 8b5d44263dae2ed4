// Where a set was read from: an error about the set as a whole can say so.

/** The folder of a set. @internal */
export interface Origin {
  /** As the caller names it. */
  readonly folder: string
  /** Some of the files in it that are no part of the set. */
  readonly others: readonly string[]
  /** The folders in it that were looked into, from the folder. */
  readonly folders: readonly string[]
  /** What in it is a symbolic link and is followed, from the folder. */
  readonly links: readonly string[]
}

/** By the object that was handed out: it is forgotten with it. @internal */
export const origins = new WeakMap<object, Origin>()
