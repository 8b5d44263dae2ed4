// The shapes that reading and judging Alembic's revisions share.

/** A revision of Alembic, and what has to be there before it. */
export interface AlembicRevision {
  readonly revision: string
  /** `down_revision` and `depends_on`, with labels of branches resolved. */
  readonly parents: readonly string[]
}

/** The revisions of a folder, as plain data: it can be written into a bundle as JSON. */
export interface AlembicRevisions {
  /** What `alembic heads` prints, sorted. */
  readonly heads: readonly string[]
  /** Every revision, after its parents. */
  readonly revisions: readonly AlembicRevision[]
}
