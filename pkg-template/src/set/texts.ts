// Texts that are not well-formed Unicode, found before they are handed on.
import { MigrationError } from '../shared/errors.js'
import { endOf } from '../shared/texts.js'

/**
 * The value as it is, if all of its texts are well-formed Unicode.
 *
 * @throws MigrationError `invalid-text` for a text with a lone surrogate, with line and column, and with its path: its key
 *   in the object that holds it, or the `path` beside it
 * @internal
 */
export function wellFormed<T>(value: T, name = 'text'): T {
  if (typeof value === 'string') {
    // With the flag `u` half a pair is a character of its own.
    const at = value.search(/\p{Surrogate}/u)
    if (at >= 0) throw lone(value, at, name)
  } else if (Array.isArray(value)) {
    for (const item of value) wellFormed(item, name)
  } else if (typeof value === 'object' && value !== null) {
    const path = (value as { path?: unknown }).path
    for (const [key, item] of Object.entries(value)) {
      wellFormed(key, 'a path')
      wellFormed(item, typeof path === 'string' ? path : key)
    }
  }
  return value
}

function lone(text: string, at: number, path: string): MigrationError {
  return new MigrationError({
    code: 'invalid-text',
    message: 'the text is not well-formed Unicode: it holds a lone surrogate',
    help: 'read the file as UTF-8, and do not cut a text in the middle of a character',
    at: { path, ...endOf(text.slice(0, at)) },
  })
}
