// Passwords do not appear in what is printed. What was learnt of them is taken out of every error and of all talk.
import { parameter, withoutPasswords } from '../../shared/passwords.js'
import { visible } from '../../shared/printed.js'

const secrets = new Set<string>()
let pattern: RegExp | undefined

/** Remembers a password, in every form in which it may turn up. */
export function keepSecret(value: string | undefined | null): void {
  if (!value) return
  const forms = [
    value,
    encodeURIComponent(value),
    encodeURI(value),
    JSON.stringify(value).slice(1, -1),
    visible(value),
    lowerEscapes(encodeURIComponent(value)),
  ]
  try {
    forms.push(decodeURIComponent(value), encodeURIComponent(decodeURIComponent(value)))
  } catch {
    // A `%` that begins nothing: then it is not encoded.
  }
  for (const form of forms) secrets.add(form)
  pattern = undefined
}

/**
 * Remembers the password of an address: between `user:` and the last `@`, or in a parameter. What is the user or the
 * database as well is not secret: half of all development databases have `postgres` for all three.
 */
export function keepSecretsOf(url: string | undefined): void {
  if (!url) return
  const [, user = '', password, rest = ''] = /^[a-z][a-z0-9+.-]*:(?:\/\/)?([^\s:@/?]*):(.*)@([^@]*)$/is.exec(url) ?? []
  const known = [user, ...rest.split(/[/:?&=]/)].filter((text) => text !== '')
  if (password !== undefined && !known.includes(password)) keepSecret(password)
  // In an address a `#` ends the value; in a connection string it is a part of it.
  for (const [, value = ''] of url.matchAll(parameter))
    for (const form of [value, value.replace(/#.*/s, '')]) if (!known.includes(form)) keepSecret(form)
}

/**
 * Whether a text is an address, or a connection string of libpq's: neither has any business where something else is
 * expected, and repeated there it would show its password.
 */
export const isAddress = (text: string): boolean =>
  /^[a-z][a-z0-9+.-]*:\/\/|(?:^|\s)(?:host|dbname|user|password)\s*=|^[^\s:@/]*:(?!\\)[^\s@]+@[^\s@]+$/i.test(text)

/** The text without passwords: those that are known, and what stands where an address has one. */
export function redacted(text: string): string {
  const masked = withoutPasswords(text)
  if (secrets.size === 0) return masked
  pattern ??= new RegExp(
    // The longest first: one may be a part of another. A short one counts as a word only, or nothing could be read.
    [...secrets]
      .sort((a, b) => b.length - a.length)
      .map((secret) => (secret.length < 6 ? word(secret) : escaped(secret)))
      .join('|'),
    'g',
  )
  return masked.replace(pattern, '***')
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
const lowerEscapes = (text: string) => text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())

function word(secret: string): string {
  const [before, after] = [/^\w/.test(secret) ? '(?<!\\w)' : '', /\w$/.test(secret) ? '(?!\\w)' : '']
  return before + escaped(secret) + after
}
