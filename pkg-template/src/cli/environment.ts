// `.env`: variables that the environment does not have.
//
// Which lines there are, quotes, comments and escapes are Node's own rules: https://nodejs.org/api/util.html#utilparseenvcontent.
// `${NAME}` is what dbmate and docker compose make of it: https://docs.docker.com/reference/compose-file/interpolation/.
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { failure, type MigrationError } from '../shared/errors.js'
import { withLineFeeds, withoutMark } from '../shared/texts.js'
import { keepSecret, keepSecretsOf } from './text/secrets.js'

type Variables = Readonly<Record<string, string | undefined>>

/** What files of variables come to. */
export interface Loaded {
  /** What the files that were named say. */
  readonly named: Variables
  /** What is wrong with a variable that names another one which nobody has. Whoever uses it has to say so. */
  readonly incomplete: ReadonlyMap<string, MigrationError>
}

export const nothingLoaded: Loaded = { named: {}, incomplete: new Map() }

/**
 * Adds what stands in `.env`: what the environment has already stays. Files that were named say it louder than either, the
 * last one loudest.
 *
 * @throws MigrationError `invalid-config` if a file that was named is not there or cannot be read
 */
export function loadEnvironment(paths: readonly string[]): Loaded {
  const named = paths.length > 0
  const found: Record<string, string> = {}
  const incomplete = new Map<string, MigrationError>()
  const meaning = (name: string) => (named ? (found[name] ?? process.env[name]) : (process.env[name] ?? found[name]))
  for (const path of named ? paths : ['.env'])
    for (const [name, value, missing] of entries(textOf(path, named), meaning)) {
      found[name] = value
      if (missing === undefined) incomplete.delete(name)
      else
        incomplete.set(
          name,
          failure(
            'invalid-config',
            `${path}: ${name} names \${${missing}}, and there is no such variable`,
            `set ${missing} in the environment or above it, or write \\\${${missing}} if that is what it says`,
          ),
        )
    }
  for (const [name, value] of Object.entries(found))
    if (named || process.env[name] === undefined) process.env[name] = value
    else incomplete.delete(name)
  // What is in the environment may turn up in an error, whether it is used or not.
  for (const [name, value] of Object.entries({ ...found, ...process.env })) {
    if (/^(PGPASSWORD|PGSSLPASSWORD)$/.test(name)) keepSecret(value)
    else if (value && /:\/\/[^\s]*@|password\s*=/i.test(value)) keepSecretsOf(value)
  }
  return { named: named ? found : {}, incomplete }
}

function textOf(path: string, named: boolean): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    // A folder may be called that: a virtual environment of Python's.
    if (!named) return ''
    const { code, message } = cause as NodeJS.ErrnoException
    throw failure(
      'invalid-config',
      code === 'ENOENT' ? `the file ${path} does not exist` : `${path} cannot be read: ${message}`,
      'name another file with --dotenv',
    )
  }
  // A shell of Windows writes that with `>`: read as UTF-8 it would have no variable at all.
  if (/^(?:fffe|feff)/.test(bytes.toString('hex', 0, 2)))
    throw failure('invalid-config', `${path} is UTF-16`, 'save it as UTF-8')
  return withLineFeeds(withoutMark(bytes.toString('utf8')))
}

/** The variables, each with its value and the name of what it needs and nobody knows. */
function* entries(
  text: string,
  meaning: (name: string) => string | undefined,
): Generator<readonly [name: string, value: string, missing: string | undefined]> {
  // One after the other, since what Node gives does not say any more how a value was quoted.
  for (const [entry, quoted] of text.matchAll(
    /^[^\S\n]*(?:export[^\S\n]+)?[\w.-]+[^\S\n]*=[^\S\n]*('[^']*'|"[^"]*"|`[^`]*`)?[^\n]*/gm,
  ))
    for (const [name, value] of Object.entries(parseEnv(entry))) {
      if (value === undefined) continue
      let missing: string | undefined
      const expanded = quoted?.startsWith("'")
        ? value
        : value.replace(/\\\$|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g, (_, inner?: string, otherwise?: string) => {
            if (inner === undefined) return '$'
            // An empty variable is none, as in a shell's ${NAME:-…}.
            if (otherwise !== undefined) return meaning(inner) || otherwise
            const known = meaning(inner)
            if (known === undefined) missing ??= inner
            return known ?? ''
          })
      yield [name, expanded, missing]
    }
}
