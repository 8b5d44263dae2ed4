// A set without a migration: mostly a wrong folder or pattern, and "current" would be the wrong answer.
import type { Catalog } from '../core/core.js'
import { isCode, isUnread } from '../set/companions.js'
import { MigrationError, type Mention } from '../shared/errors.js'
import { allowEmpty, convention as conventionIs, theFolder } from '../shared/mentions.js'
import type { Files } from '../set/files.js'
import { translated } from '../wasm/translated.js'
import { conventionOf, manifestOf } from '../set/manifest.js'
import { origins } from '../set/origin.js'
import type { Convention } from '../options/public.js'
import { coreNow } from '../wasm/start.js'

/** How many files are named. */
const few = 3

/** What tells a migration by its name: a number. */
const numbered = /(^|\/)([VRU]?\d|[^/]*\d{3})[^/]*$/

/** @throws MigrationError `no-migrations` if the catalog of the set has none, with what is there instead @internal */
export function refuseEmpty(set: object, files: Files, convention: Convention | undefined, catalog: Catalog): void {
  const error = emptiness(set, files, convention, catalog)
  if (error) throw error
}

/** The error `no-migrations`, if the catalog of the set has none. The core has been started. @internal */
export function emptiness(
  set: object,
  files: Files,
  convention: Convention | undefined,
  { count }: Catalog,
): MigrationError | undefined {
  if (count > 0) return undefined
  const origin = origins.get(set)
  const [seen, help, more = []] = looked(set, files, convention)
  const where = origin ? ` in ${origin.folder}` : ''
  const options = [allowEmpty, ...more]
  const message = `there are no migrations${where}${seen && `: ${seen}`}`
  return new MigrationError({ code: 'no-migrations', message, help: `${help}; ${allowed}`, options })
}

const allowed = `a set that may have none is allowed with ${allowEmpty.text}`

/** What is there, what to do, and the options that this speaks of. */
type Looked = readonly [seen: string, help: string, options?: readonly Mention[] | undefined]

function looked(set: object, { paths, sqls }: Files, convention: Convention | undefined): Looked {
  const { others = [], folder } = origins.get(set) ?? {}
  if (paths.length === 0) return others.length > 0 ? passedOver(others) : nothing(set, folder)
  const read = (convention: Convention | undefined) => translated(() => coreNow().readSet(paths, sqls, convention))
  if (paths.every(isUnread)) return passedOver(paths.concat(others))
  const forced = conventionOf(set, convention)
  const otherwise = forced === undefined ? undefined : attempted(() => read(undefined))
  if (otherwise && otherwise.migrations.length > 0)
    return [
      `as ${forced} this set has none, and as ${otherwise.convention} it has ${otherwise.migrations.length}`,
      `say convention: '${otherwise.convention}', or leave it out`,
      [conventionIs(otherwise.convention)],
    ]
  const [finding] = read(forced).findings
  if (finding) return [finding.message + more(paths.length - 1), finding.help, finding.options]
  const journal = paths.find((path) => /(^|\/)meta\/_journal\.json$/.test(path))
  if (journal !== undefined)
    return [`${journal} lists none`, 'write the first one with `drizzle-kit generate`, and take its folder as a whole']
  return passedOver(paths.concat(others))
}

function nothing(set: object, folder: string | undefined): Looked {
  if (folder !== undefined)
    return [
      '',
      'see that the folder is the right one, or write its first migration with `counterfoil new <name>`',
      [theFolder],
    ]
  if (manifestOf(set))
    return ['the manifest is empty', 'see that it was made of the right folder, and run `counterfoil embed` again']
  return ['the set is empty', 'see that the folder is the right one, or that the pattern of the glob matches its files']
}

function passedOver(paths: readonly string[]): Looked {
  const written = paths.filter((path) => isCode(path) && numbered.test(path))
  if (written.length > 0)
    return [
      `${named(written)} ${written.length === 1 ? 'is' : 'are'} written in code, and only SQL files are run`,
      'write them in SQL, or run them with their own tool',
    ]
  return [
    `${named(paths)} ${paths.length === 1 ? 'is no migration' : 'are no migrations'}`,
    'see that the folder is the right one: migrations are files that end in .sql',
    [theFolder],
  ]
}

function named(paths: readonly string[]): string {
  const list = paths.slice(0, few).join(', ')
  return list + more(paths.length - few)
}

const more = (count: number) => (count > 0 ? ` (and ${count} more)` : '')

/** What comes of it; nothing if the set cannot be read that way. */
function attempted<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof MigrationError) return undefined
    throw error
  }
}
