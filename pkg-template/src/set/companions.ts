// Which files of a folder belong to a migration set.
import { isJournal } from './drizzle-journal.js'

/** Endings of code that a migration may be written in. The core has the same list, `src/convention/code.rs`. @internal */
export const codeEndings: readonly string[] = [
  'bash',
  'bat',
  'cjs',
  'clj',
  'cmd',
  'cr',
  'cs',
  'cts',
  'dart',
  'ex',
  'exs',
  'fs',
  'go',
  'groovy',
  'java',
  'js',
  'jsx',
  'kt',
  'kts',
  'mjs',
  'mts',
  'php',
  'pl',
  'ps1',
  'py',
  'rb',
  'rs',
  'scala',
  'sh',
  'swift',
  'ts',
  'tsx',
]

/** Endings of what lies beside migrations under their names and is none. The core has the same list. @internal */
export const otherEndings: readonly string[] = [
  'adoc',
  'bak',
  'conf',
  'csv',
  'disabled',
  'html',
  'jpg',
  'json',
  'md',
  'mdx',
  'old',
  'orig',
  'pdf',
  'png',
  'rej',
  'rst',
  'svg',
  'swp',
  'tmp',
  'toml',
  'tsv',
  'txt',
]

/** The folder of the lists of what baselines replace. In the core it is `convention::LISTS`. */
const lists = '.counterfoil'

/** What baselines have replaced, and the scripts of a squash: nothing there is run. */
const archived = new RegExp(`(^|/)\\${lists}/([^/]+/|[^/]*\\.sql$)`)

/** Files that are no migrations but say something about them, and migrations that are not in SQL. */
const companions = [
  new RegExp(`(^|/)\\${lists}/[^/]+\\.json$`), // what a baseline replaces
  /(^|\/)metadata\.toml$/, // Diesel
  /(^|\/)migration_lock\.toml$/, // Prisma
  /\.sql\.conf$/, // Flyway
  /(^|\/)flyway\.(conf|toml)$/,
  /(^|\/)\d+_[^/]*\.(up|down)\.[^/.]+$/, // golang-migrate, which takes any ending
  /(^|\/)atlas\.sum$/, // Atlas
  // Written in code, or a callback of Flyway's that is: reported, not run. Which of them are migrations the core says.
  new RegExp(`(^|/)\\d[^/]*/((up|mod)\\.(${codeEndings.join('|')})|(up|down)\\.yaml)$`), // Diesel, Hasura, folders
  new RegExp(`(^|/)(\\d+([_.-][^/]*)?|[VRUB][^/]*__[^/]*|(before|after)[A-Z][^/]*)\\.(${codeEndings.join('|')})$`),
]

/** What is named like a migration, and what it ends in otherwise. */
const named = /(^|\/)(\d+([_.-][^/]*)?|[VRUB][^/]*__[^/]*)$/
const others = new RegExp(`(\\.(${otherEndings.join('|')})|~)$`, 'i')

/**
 * Whether a file is named like a migration and does not end in `.sql`: it is never run, so its text is not read. Whether
 * it lies where migrations do, the core says.
 * @internal
 */
export const isUnread = (path: string): boolean =>
  isCode(path) || (!/\.sql$/i.test(path) && named.test(path) && !others.test(path))

/** Whether a file is part of a set. The path is relative to the set's folder and uses `/`. */
export const isOfSet = (path: string): boolean =>
  !archived.test(path) &&
  (/\.sql$/i.test(path) ||
    (isUnread(path) && !isCode(path)) ||
    isJournal(path) ||
    companions.some((pattern) => pattern.test(path)))

/** Whether a file is written in code: a set with it reports it and has no use for its text. @internal */
export const isCode = (path: string): boolean => codeEndings.some((ending) => path.endsWith(`.${ending}`))

/** Whether a folder of that name is left out, with all that is in it. */
export const isPassedOver = (folder: string): boolean =>
  folder === 'node_modules' || (folder.startsWith('.') && folder !== lists)
