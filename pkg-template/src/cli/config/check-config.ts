// The part `check` of the configuration file.
import type { GuardOptions } from '../../guard.js'
import { levels } from '../../options/levels.js'
import type { Convention, Level } from '../../options/public.js'
import { Wrong, list, map, object, oneOf, text } from './checks.js'

/** What the configuration may say to `counterfoil check`. */
export interface CheckConfig {
  /** What a change is compared with: a branch or commit. */
  readonly base?: string
  /** Other branches: refs, or patterns such as `origin/*`. */
  readonly against?: readonly string[]
  /** Folders of migrations, relative to the configuration file; with its convention where that cannot be told. */
  readonly dirs?: readonly (string | { readonly dir: string; readonly convention?: Convention })[]
  /** How bad each kind of finding is, where that differs from the default. */
  readonly severities?: Readonly<Record<string, Level>>
  /** Named tracks that have to move together. Globs are from the repository's root. */
  readonly tracks?: NonNullable<GuardOptions['tracks']>
  /** Exceptions for shipped migrations: paths are from the repository's root. */
  readonly allow?: NonNullable<GuardOptions['allow']>
}

type Keys = readonly (string | number)[]

/** Checks the form. What the guards know of (codes, patterns) they check themselves. @throws Wrong naming the key */
export function checkPart(value: unknown, keys: Keys): void {
  object({
    base: text,
    against: list(text),
    dirs: list(folder),
    severities: map(oneOf(...levels)),
    tracks: map(track),
    allow: list(exception),
  })(value, keys)
}

function folder(value: unknown, keys: Keys): void {
  if (typeof value === 'string') return text(value, keys)
  object({ dir: text, convention: text })(value, keys)
  needs(value as object, 'dir', keys)
}

function exception(value: unknown, keys: Keys): void {
  const checksum = (given: unknown, at: Keys) => given === null || text(given, at)
  object({ path: text, old: checksum, new: checksum, reason: text })(value, keys)
  needs(value as object, 'path', keys)
  needs(value as object, 'reason', keys)
}

function track(value: unknown, keys: Keys): void {
  object({ files: list(text), ignore: list(text), registers, ddl })(value, keys)
  needs(value as object, 'files', keys)
  needs(value as object, 'registers', keys)
}

function registers(value: unknown, keys: Keys): void {
  if (value === 'file') return
  if (typeof value !== 'object' || value === null)
    throw new Wrong(
      keys,
      `${keys.join('.')} is neither "file" nor { "line": … }`,
      'a migration is registered by a new file, or by a new entry that a regular expression matches',
    )
  object({ line: text })(value, keys)
  needs(value, 'line', keys)
}

function ddl(value: unknown, keys: Keys): void {
  if (Array.isArray(value)) return list(ddl)(value, keys)
  if (typeof value !== 'object' || value === null) return oneOf('sql', 'sqlalchemy', 'builders', 'any')(value, keys)
  object({ line: text })(value, keys)
  needs(value, 'line', keys)
}

function needs(value: object, key: string, keys: Keys): void {
  if (!Object.hasOwn(value, key))
    throw new Wrong(keys, `${keys.join('.')} has no ${key}`, `add ${[...keys, key].join('.')}`)
}
