// What a caller may hand in as migrations, made into one form.
import { failure, type MigrationError } from './errors.js'
import { manifestOf, type Manifest } from './manifest.js'

/** A file's text, a module whose default export is the text, or a function that loads either. */
export type SqlSource = string | { readonly default: string }

/** A file, where functions that return a promise may load it. */
export type LazySqlSource = SqlSource | (() => Promise<SqlSource> | SqlSource)

/**
 * A migration set: paths and texts. Paths use `/`; order does not matter.
 *
 * This is what `import.meta.glob('./migrations/**', { query: '?raw', eager: true })` and `readMigrations` give, or a
 * {@link Manifest}, with which a database that is current is told by one query.
 */
export type Migrations<Source = SqlSource> =
  { readonly [path: string]: Source } | readonly { readonly path: string; readonly sql: Source }[] | Manifest

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
export async function loadFiles(migrations: Migrations<LazySqlSource>): Promise<Files> {
  const list = entries(migrations)
  if (!list.some(([, source]) => typeof source === 'function'))
    return { paths: list.map(([path]) => path), sqls: list.map(([path, source]) => text(path, source)) }
  const all = await Promise.all(
    list.map(async ([path, source]): Promise<[string, string]> => {
      if (typeof source !== 'function') return [path, text(path, source)]
      try {
        return [path, text(path, await source())]
      } catch (cause) {
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
  const manifest = manifestOf(migrations)
  if (manifest) return Array.from(manifest.files, (file, index) => entry(file, index, 'files'))
  if (Array.isArray(migrations)) return Array.from(migrations, (file, index) => entry(file, index))
  if (typeof migrations !== 'object' || migrations === null || migrations instanceof Map)
    throw wrong('migrations', migrations, 'pass an object of path to SQL text, or an array of { path, sql }')
  return Object.keys(migrations).map((path) => [path, read(migrations, path, path)])
}

function entry(file: unknown, index: number, name = 'migrations'): [path: string, source: unknown] {
  const place = `${name}[${index}]`
  if (typeof file !== 'object' || file === null) throw wrong(place, file, 'pass { path, sql }')
  const path = read(file, 'path', `${place}.path`)
  if (typeof path !== 'string') throw wrong(`${place}.path`, path, 'pass the path of the file as a string')
  return [path, read(file, 'sql', `${place}.sql`)]
}

/** An own property: what a polluted prototype holds is none of ours. */
function read(object: object, key: string, place: string): unknown {
  try {
    return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined
  } catch (cause) {
    throw failure(
      'invalid-input',
      `${place} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      '',
      cause,
    )
  }
}

function text(path: string, source: unknown): string {
  // A module's own `default`; modules have no prototype to inherit one from.
  const sql = typeof source === 'object' && source !== null ? read(source, 'default', path) : source
  if (typeof sql !== 'string')
    throw wrong(path, sql ?? source, 'pass the text of the file; with import.meta.glob, pass `query: "?raw"`')
  return sql
}

function wrong(place: string, value: unknown, help: string): MigrationError {
  const kind =
    value === null ? 'null' : Array.isArray(value) ? 'an array' : value instanceof Map ? 'a Map' : typeof value
  const article = /^(an? |null|undefined)/.test(kind) ? kind : /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`
  return failure('invalid-input', `${place} is ${article}`, help)
}
