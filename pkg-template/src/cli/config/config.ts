// The configuration file: `counterfoil.config.json`, `.js` or `.mjs` in the working directory, or what `--config` names.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ParseError } from 'jsonc-parser'
import { MigrationError } from '../../shared/errors.js'
import { endOf, withoutMark } from '../../shared/texts.js'
import type { Convention, Severity } from '../../options/public.js'
import { sayLed } from '../text/links.js'
import { nearest } from '../text/nearest.js'
import type { CheckConfig } from './check-config.js'
import { parts } from './config-parts.js'
import { Wrong } from './checks.js'
import { keepSecretsOf } from '../text/secrets.js'

/** What a configuration file may say. Flags win over it, and it wins over the environment. */
export interface Config {
  /** The migrations, relative to the configuration file. */
  readonly dir?: string
  /** The target: `postgres://…`, `pglite:./dir` (relative to the configuration file) or `pglite:memory`. */
  readonly url?: string
  /** The ledger: `name` or `schema.name`. */
  readonly table?: string
  /** Where ledger and objects live: a schema, or several. It wins over that of an address. */
  readonly schema?: string | readonly string[]
  readonly convention?: Convention
  /** How bad each kind of drift is, where that differs from the default. */
  readonly policy?: Readonly<Record<string, Severity>>
  /** What a PGlite is made with: extensions by name, each with the module that exports it. */
  readonly pglite?: { readonly extensions?: Readonly<Record<string, string>> }
  /** Of `counterfoil lint`. */
  readonly lint?: unknown
  /** Of `counterfoil check`. */
  readonly check?: CheckConfig
}

/** Its names, in the working directory. */
export const names: readonly string[] = ['counterfoil.config.json', 'counterfoil.config.js', 'counterfoil.config.mjs']

/**
 * Reads the configuration; `{}` if there is none.
 *
 * @param path what `--config` says
 * @throws MigrationError `invalid-config`, with file and place
 */
export async function loadConfig(path?: string): Promise<Config> {
  const there = path === undefined ? names.filter((name) => existsSync(name)) : [path]
  if (there.length > 1)
    throw invalid(there[0]!, `there is also a ${there[1]}`, 'keep one of them, or name one with --config')
  const [file] = there
  if (file === undefined) return {}
  await sayLed(file)
  const { value, locate } = /\.[cm]?js$/.test(file) ? await moduleOf(file) : await jsonOf(file)
  // Before anything else is said of it.
  const url = (value as { url?: unknown } | null)?.url
  if (typeof url === 'string') keepSecretsOf(url)
  try {
    validate(value)
  } catch (error) {
    if (!(error instanceof Wrong)) throw error
    throw invalid(file, error.message, error.help, locate(error.keys))
  }
  return placed(value as Config, dirname(file))
}

/** What another version of a configuration file in JSON said, as far as it can be read: no more than `{}` if it was wrong. */
export async function configOf(text: string, file: string): Promise<Config> {
  const { parse } = await import('jsonc-parser')
  const value: unknown = parse(blankMark(text), [], { allowTrailingComma: true })
  try {
    validate(value)
  } catch (error) {
    if (error instanceof Wrong) return {}
    throw error
  }
  return placed(value as Config, dirname(file))
}

/** With a blank where a byte order mark was: places in it stay. */
const blankMark = (text: string) => withoutMark(text).padStart(text.length)

/** Paths are relative to the file, wherever that is. */
function placed(config: Config, folder: string): Config {
  const from = (path: string) => relative('', resolve(folder, path)) || '.'
  const directory = config.url?.match(/^pglite:(?!memory$)(?!\/\/)(.+)$/s)?.[1]
  return {
    ...config,
    ...(config.dir !== undefined && { dir: from(config.dir) }),
    ...(config.check?.dirs && {
      check: {
        ...config.check,
        dirs: config.check.dirs.map((entry) =>
          typeof entry === 'string' ? from(entry) : { ...entry, dir: from(entry.dir) },
        ),
      },
    }),
    ...(directory !== undefined && { url: `pglite:${resolve(folder, directory)}` }),
  }
}

/** Checks keys and types. Values are not repeated: one may be an address with a password. @throws Wrong */
function validate(value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Wrong([], 'the configuration is not an object', 'write { "dir": "db/migrations" }')
  for (const [key, part] of Object.entries(value)) {
    const check = Object.hasOwn(parts, key) ? parts[key] : undefined
    if (!check) {
      const near = nearest(key, Object.keys(parts))
      throw new Wrong(
        [key],
        `there is no setting ${key}`,
        near ? `did you mean ${near}?` : `the settings are: ${Object.keys(parts).join(', ')}`,
      )
    }
    if (part !== undefined) check(part, [key])
  }
}

interface Loaded {
  value: unknown
  /** Where a part stands. */
  locate(keys: readonly (string | number)[]): { line: number; column: number } | undefined
}

async function jsonOf(file: string): Promise<Loaded> {
  const { findNodeAtLocation, getNodeValue, parseTree, printParseErrorCode } = await import('jsonc-parser')
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw invalid(
      file,
      cause.code === 'ENOENT' ? 'the file does not exist' : `it cannot be read: ${cause.message}`,
      'name another file with --config',
    )
  })
  const at = (offset: number) => endOf(text.slice(0, offset))
  const errors: ParseError[] = []
  const tree = parseTree(blankMark(text), errors, { allowTrailingComma: true })
  const [error] = errors
  if (error || !tree)
    throw invalid(
      file,
      `it is not JSON: ${error ? words(printParseErrorCode(error.error)) : 'it is empty'}`,
      'comments and commas at the end are fine',
      at(error?.offset ?? 0),
    )
  return {
    value: getNodeValue(tree),
    locate(keys) {
      const node = findNodeAtLocation(tree, [...keys])
      if (!node) return undefined
      // The key, where there is one: that is what somebody looks for.
      return at(node.parent?.type === 'property' ? node.parent.offset : node.offset)
    },
  }
}

/** `PropertyNameExpected`: "property name expected". */
const words = (name: string) => name.replace(/(?<!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase()

async function moduleOf(file: string): Promise<Loaded> {
  try {
    const loaded = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown }
    return { value: loaded.default, locate: () => undefined }
  } catch (cause) {
    const missing = !existsSync(file)
    throw invalid(
      file,
      missing
        ? 'the file does not exist'
        : `it cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      missing ? 'name another file with --config' : 'its default export is the configuration',
    )
  }
}

function invalid(
  path: string,
  message: string,
  help: string,
  place?: { line: number; column: number },
): MigrationError {
  return place
    ? new MigrationError({ code: 'invalid-config', message, help, at: { path, ...place } })
    : new MigrationError({ code: 'invalid-config', message: `${path}: ${message}`, help })
}
