// Why a PGlite did not open, and what to do.
import { allowed, isForbidden } from '../shared/csp.js'
import { failure, type MigrationError } from '../shared/errors.js'

type Reason = readonly [test: (name: string, message: string) => boolean, help: string]

/** By the name of a browser's error: https://webidl.spec.whatwg.org/#idl-DOMException-error-names. The first that fits counts. */
const reasons: readonly Reason[] = [
  [(_, message) => isForbidden(message), allowed],
  [
    (name, message) => name === 'QuotaExceededError' || /quota|no space|ENOSPC/i.test(message),
    'the storage of this site is full: free some, or ask the user to; nothing was migrated',
  ],
  [
    (name, message) =>
      ['SecurityError', 'InvalidStateError', 'UnknownError'].includes(name) || /indexeddb/i.test(message),
    'this browser lets the page store nothing: in a private window, or with cookies blocked. Let the user allow it, or use a PGlite in memory',
  ],
]

/** The error about a database that did not open. @internal */
export function notOpened(cause: unknown): MigrationError {
  const { name, message } = Object(cause) as { name?: unknown; message?: unknown }
  const said = typeof message === 'string' && message !== '' ? message : String(cause)
  const kind = typeof name === 'string' ? name : ''
  const [, help] = reasons.find(([test]) => test(kind, said)) ?? [
    undefined,
    'see the cause; nothing was migrated, and the next one can open it',
  ]
  const what = kind !== '' && kind !== 'Error' ? `${kind}: ${said}` : said
  return failure('database-unavailable', `PGlite could not open the database: ${what}`, help, cause)
}
