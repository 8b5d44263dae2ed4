// What a bundler's glob gives, made into a set.
import { failure, MigrationError } from '../shared/errors.js'
import { isOfSet, isPassedOver, isUnread } from './companions.js'
import { isJournal } from './drizzle-journal.js'
import { kindOf, type SqlSource } from './files.js'

/** What comes of a glob: path to text, or to a function that loads it. */
export type GlobbedFiles<Source> = { readonly [path: string]: Source }

/** The line between two statements of Drizzle's. */
const breakpoint = /^[^\S\n]*--> statement-breakpoint/m
/** Drizzle 1.0 has no journal, and a folder for each migration. */
const inFolder = /\/migration\.sql$/

/**
 * Makes a set of what `import.meta.glob` gives, with or without `eager`: only the files that belong to one, by their paths without
 * `?raw`. So the pattern may be that of the whole folder, as for `readMigrations`; with `exhaustive` it gives folders whose name begins
 * with a dot too, where the list of what a baseline replaces lies.
 *
 * @throws MigrationError `invalid-input` for what no glob gives, for two files with one path, and for Drizzle's files without
 *   their journal: a pattern of `.sql` files leaves it out. Of files that have yet to be loaded, where they are
 *
 * @example
 * ```js
 * const files = import.meta.glob('./migrations/**', { query: '?raw', import: 'default', exhaustive: true })
 * await migrate(db, fromGlob(files))
 * ```
 */
export function fromGlob(files: {
  readonly [path: string]: () => Promise<unknown>
}): GlobbedFiles<() => Promise<SqlSource>>
export function fromGlob(files: { readonly [path: string]: unknown }): GlobbedFiles<SqlSource>
export function fromGlob(files: { readonly [path: string]: unknown }): GlobbedFiles<unknown> {
  if (Object.prototype.toString.call(files) !== '[object Object]')
    throw failure(
      'invalid-input',
      `what fromGlob was given is ${kindOf(files)}`,
      'pass what `import.meta.glob(pattern, { query: "?raw", import: "default" })` gives',
    )
  const all = new Map<string, unknown>()
  for (const [key, source] of Object.entries(files)) {
    const path = key.replace(/[?#].*$/, '')
    if (all.has(path))
      throw failure('invalid-input', `the glob gives ${path} twice`, 'give one pattern for each file, with one query')
    all.set(path, source)
  }
  const above = common([...all.keys()].map(folders))
  const set = [...all].filter(([path]) => isOfSet(path) && !folders(path).slice(above).some(isPassedOver))
  const hasJournal = set.some(([path]) => isJournal(path))
  const checked = (path: string, source: unknown) => {
    const sql = typeof source === 'object' && source !== null ? (source as { default?: unknown }).default : source
    if (hasJournal || inFolder.test(path) || typeof sql !== 'string' || !breakpoint.test(sql)) return source
    throw withoutJournal(path)
  }
  // If there is none of a set, what is there instead is said where it is read.
  const entries = (set.length > 0 ? set : [...all]).map(([path, source]): [string, unknown] => {
    if (isUnread(path)) return [path, '']
    if (typeof source !== 'function') return [path, checked(path, source)]
    return [path, async () => checked(path, await source())]
  })
  return Object.assign(Object.create(null), Object.fromEntries(entries))
}

const folders = (path: string) => path.split('/').slice(0, -1)

/** How many folders all of them begin with: those that the pattern names, whatever they are called. */
const common = (all: string[][]) =>
  Math.min(
    ...all.map((names) => {
      const other = names.findIndex((name, at) => name !== all[0]?.[at])
      return other < 0 ? names.length : other
    }),
  )

function withoutJournal(path: string): MigrationError {
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  return failure(
    'invalid-input',
    `${path} is of Drizzle, and its journal is not among the files of the glob`,
    `add the pattern '${folder}meta/_journal.json' to the glob, or give it the whole folder: '${folder}**'`,
  )
}
