// What a caller may hand in as migrations, made into one form.
import { failure, MigrationError } from '../shared/errors.js'
import { filesOfBundle, type DrizzleBundle } from './drizzle-bundle.js'
import { manifestOf, type Manifest } from './manifest.js'

export type { DrizzleBundle }

/** A file's text, a module whose default export is the text, or a function that loads either. */
export type SqlSource = string | { readonly default: string }

/**
 * A file, where functions that return a promise may load it. What they load is looked at when it is there: the types of
 * `import.meta.glob` say nothing of it.
 */
export type LazySqlSource = SqlSource | (() => Promise<unknown> | SqlSource)

/**
 * A migration set: paths and texts. Paths use `/`; order does not matter.
 *
 * This is what `readMigrations` gives, and `fromGlob` of what a bundler's glob has found, or a {@link Manifest}, with which a
 * database that is current is told by one query. The object that drizzle-kit writes in `migrations.js` is one, too.
 */
export type Migrations<Source = SqlSource> =
  | { readonly [path: string]: Source }
  | readonly { readonly path: string; readonly sql: Source }[]
  | DrizzleBundle<Source>
  | Manifest

/** A set as `migrate` and the others take it: some of its texts may have yet to be loaded. */
export type AnyMigrations = Migrations<LazySqlSource>

/** Paths, and the text that belongs to each. @internal */
export interface Files {
  paths: string[]
  sqls: string[]
}

/** Checks the set; texts that have yet to be loaded are an error. @internal */
export function filesNow(migrations: Migrations): Files {
  const files: Files = { paths: [], sqls: [] }
  for (const [path, source] of entries(migrations)) {
    if (typeof source === 'function')
      throw failure(
        'invalid-input',
        `${path} has yet to be loaded`,
        'load the files first: with import.meta.glob, pass `eager: true`',
      )
    files.paths.push(path)
    files.sqls.push(text(path, source))
  }
  return files
}

/** Checks the set and loads what has yet to be loaded. @internal */
export async function loadFiles(migrations: AnyMigrations): Promise<Files> {
  const list = entries(migrations)
  if (!list.some(([, source]) => typeof source === 'function'))
    return { paths: list.map(([path]) => path), sqls: list.map(([path, source]) => text(path, source)) }
  const all = await Promise.all(
    list.map(async ([path, source]): Promise<[string, string]> => {
      if (typeof source !== 'function') return [path, text(path, source)]
      try {
        return [path, text(path, await source())]
      } catch (cause) {
        if (cause instanceof MigrationError) throw cause
        throw failure(
          'invalid-input',
          `${path} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
          '',
          cause,
        )
      }
    }),
  )
  return { paths: all.map(([path]) => path), sqls: all.map(([, sql]) => sql) }
}

function entries(migrations: unknown): [path: string, source: unknown][] {
  try {
    return listed(migrations)
  } catch (error) {
    throw error instanceof MigrationError ? error : unreadable('migrations', error)
  }
}

function listed(migrations: unknown): [path: string, source: unknown][] {
  const manifest = manifestOf(migrations)
  if (manifest) return Array.from(manifest.files, (file, index) => entry(file, index, 'files'))
  if (Array.isArray(migrations)) return Array.from(migrations, (file, index) => entry(file, index))
  if (!isRecord(migrations)) throw wrong('migrations', migrations, instead(migrations))
  const bundle = filesOfBundle(migrations)
  if (bundle) return bundle.map(([path, source]) => [named(path, path), source])
  const paths = Object.keys(migrations)
  const [only] = paths
  if (paths.length === 1 && only === 'default' && !isText(read(migrations, only, only)))
    throw failure('invalid-input', 'migrations is a module', 'pass its default export: `import migrations from …`')
  return paths.map((path) => [named(path, path), read(migrations, path, path)])
}

function entry(file: unknown, index: number, name = 'migrations'): [path: string, source: unknown] {
  const place = `${name}[${index}]`
  if (typeof file !== 'object' || file === null) throw wrong(place, file, 'pass { path, sql }')
  const path = read(file, 'path', `${place}.path`)
  if (typeof path !== 'string') throw wrong(`${place}.path`, path, 'pass the path of the file as a string')
  return [named(path, `${place}.path`), read(file, 'sql', `${place}.sql`)]
}

/** Whether its properties may be files: an object, also one of another realm, or the namespace of a module. */
const isRecord = (value: unknown): value is object => {
  const tag = tagOf(value)
  return (
    (tag === 'Object' || tag === 'Module') &&
    typeof value === 'object' &&
    typeof (value as PromiseLike<unknown>).then !== 'function'
  )
}

const tagOf = (value: unknown) => Object.prototype.toString.call(value).slice('[object '.length, -1)

/** A text, or a module of one. */
const isText = (source: unknown) => typeof source !== 'object' || typeof Object(source).default === 'string'

/** What to do, by what is there in place of a set. */
function instead(value: unknown): string {
  if (typeof Object(value).then === 'function')
    return 'wait for it: put `await` before what makes it, as in `await readMigrations(folder)`'
  if (typeof value === 'string' || tagOf(value) === 'URL')
    return 'read the folder first, with `await readMigrations(folder)` of counterfoil/node, or `import.meta.glob`'
  if (typeof value === 'function') return 'pass what it returns; if that is a promise, wait for it'
  if (tagOf(value) === 'Map') return 'pass an object of path to SQL text: `Object.fromEntries(map)`'
  return 'pass an object of path to SQL text, or an array of { path, sql }'
}

/** The path. One with what a bundler writes behind it would be passed over: its ending is not that of a file. */
function named(path: string, place: string): string {
  if (/\.(sql|json|toml|conf)[?#]/i.test(path))
    throw failure(
      'invalid-input',
      `${place === path ? path : `${place}, ${path},`} ends in a query, and not as a file does`,
      "leave the query out of every path: `path.replace(/[?#].*$/, '')`",
    )
  return path
}

/** An own property: what a polluted prototype holds is none of ours. */
function read(object: object, key: string, place: string): unknown {
  try {
    return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined
  } catch (cause) {
    throw unreadable(place, cause)
  }
}

/** A getter has thrown, or a Proxy. */
function unreadable(place: string, cause: unknown): MigrationError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return failure('invalid-input', `${place} cannot be read: ${message}`, '', cause)
}

function text(path: string, source: unknown): string {
  // A module's own `default`; modules have no prototype to inherit one from.
  const sql = typeof source === 'object' && source !== null ? read(source, 'default', path) : source
  if (typeof sql !== 'string')
    throw wrong(path, sql ?? source, 'pass the text of the file; with import.meta.glob, pass `query: "?raw"`')
  return sql
}

function wrong(place: string, value: unknown, help: string): MigrationError {
  return failure('invalid-input', `${place} is ${kindOf(value)}`, help)
}

/** What a value is, with its article. @internal */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof Object(value).then === 'function') return 'a promise'
  const tag = tagOf(value)
  // Others are known by their names: a Map, a URL, a Blob.
  const kind = typeof value !== 'object' ? typeof value : tag === 'Array' || tag === 'Object' ? tag.toLowerCase() : tag
  return `${/^[aeio]/i.test(kind) ? 'an' : 'a'} ${kind}`
}
