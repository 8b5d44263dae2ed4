// Which files of a folder belong to a migration set.

/** Files that are no migrations but say something about them. */
const companions = [
  /(^|\/)\.counterfoil\/[^/]+\.json$/, // what a baseline replaces
  /(^|\/)meta\/_journal\.json$/, // Drizzle
  /(^|\/)metadata\.toml$/, // Diesel
  /(^|\/)migration_lock\.toml$/, // Prisma
  /\.sql\.conf$/, // Flyway
  /(^|\/)(\d+|[VRU][^/]*_)_[^/]*\.(go|[cm]?[jt]s|py|rb|php|java|kt|rs|exs)$/, // written in code: reported, not run
]

/** Whether a file is part of a set. The path is relative to the set's folder and uses `/`. */
export const isOfSet = (path: string): boolean =>
  path.endsWith('.sql') || companions.some((pattern) => pattern.test(path))

/** Whether a folder of that name is left out, with all that is in it. */
export const isPassedOver = (folder: string): boolean =>
  folder === 'node_modules' || (folder.startsWith('.') && folder !== '.counterfoil')
