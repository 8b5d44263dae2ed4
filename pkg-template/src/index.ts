// The pure part: no database.
import { guarded } from './errors.js'
import { coreNow } from './init.js'

export { MigrationError, type Location } from './errors.js'
export { init, type CoreSource } from './init.js'
export type { LazySqlSource, Migrations, SqlSource } from './files.js'

/**
 * The checksum of a text: `sha256:` and 64 hex digits, of the UTF-8 bytes without a byte order mark and with CRLF
 * made LF. One text has one checksum on every system.
 *
 * @throws MigrationError `invalid-text` if the text holds a lone surrogate
 */
export function checksum(sql: string): string {
  return guarded(() => coreNow().checksum(sql))
}
