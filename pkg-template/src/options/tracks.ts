// The tracks of the guards, in the one form that the review module takes.

/** The same tracks, each with a list of what counts as DDL. */
export const withLists = <T extends { readonly ddl?: unknown }>(
  tracks: Readonly<Record<string, T>>,
): Record<string, T> =>
  Object.fromEntries(
    Object.entries(tracks).map(([name, track]) => [
      name,
      track?.ddl === undefined || Array.isArray(track.ddl) ? track : { ...track, ddl: [track.ddl] },
    ]),
  )
