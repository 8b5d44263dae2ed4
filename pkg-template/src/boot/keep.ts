// How many snapshots a store keeps.

/** Options of the stores. */
export interface SnapshotStoreOptions {
  /** How many snapshots to keep: those used longest ago are thrown away. Default: 4. */
  keep?: number
}

/** How many snapshots a store keeps. @internal */
export const kept = ({ keep = 4 }: SnapshotStoreOptions): number => Math.max(1, Math.trunc(keep) || 1)
