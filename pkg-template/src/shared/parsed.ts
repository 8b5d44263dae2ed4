// JSON that somebody else has written.
import { failure } from './errors.js'
import { withoutMark } from './texts.js'

/**
 * What a file holds. A byte order mark in front of it is no part of it.
 *
 * @throws MigrationError `invalid-input` if it is not JSON @internal
 */
export function parsed(path: string, text: string, help: string): unknown {
  try {
    return JSON.parse(withoutMark(text))
  } catch (cause) {
    throw failure('invalid-input', `${path} is not JSON: ${(cause as Error).message}`, help, cause)
  }
}
