// `.env`: variables that the environment does not have.
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { failure } from '../shared/errors.js'
import { keepSecret, keepSecretsOf } from './text/secrets.js'

/**
 * Adds what stands in `.env`: what the environment has already stays. A file that was named says it louder than either.
 *
 * @returns what a file that was named says
 * @throws MigrationError `invalid-config` if a file that was named is not there
 */
export function loadEnvironment(path?: string): Readonly<Record<string, string | undefined>> {
  let text: string | undefined
  try {
    text = readFileSync(path ?? '.env', 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    // A folder may be called that: a virtual environment of Python's.
    if (path !== undefined)
      throw failure(
        'invalid-config',
        code === 'ENOENT' ? `the file ${path} does not exist` : `${path} cannot be read: ${message}`,
        'name another file with --dotenv',
      )
  }
  const found = text === undefined ? {} : parseEnv(text)
  for (const [name, value] of Object.entries(found))
    if (path !== undefined || process.env[name] === undefined) process.env[name] = value
  // What is in the environment may turn up in an error, whether it is used or not.
  for (const [name, value] of Object.entries({ ...found, ...process.env })) {
    if (/^(PGPASSWORD|PGSSLPASSWORD)$/.test(name)) keepSecret(value)
    else if (value && /:\/\/[^\s]*@|password\s*=/i.test(value)) keepSecretsOf(value)
  }
  return path === undefined ? {} : found
}
