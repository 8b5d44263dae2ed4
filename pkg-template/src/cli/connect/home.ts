// Where libpq keeps the files of a user: https://www.postgresql.org/docs/current/libpq-pgpass.html and its neighbours.
import { homedir } from 'node:os'
import { join } from 'node:path'

const windows = process.platform === 'win32'

/** A file of a user's, such as `.pgpass`; on Windows all are in one folder, and have names of their own. */
export const homeFile = (name: string, onWindows = name): string =>
  windows ? join(process.env['APPDATA'] ?? homedir(), 'postgresql', onWindows) : join(homedir(), name)

/** A file that belongs to TLS, such as `root.crt`. */
export const tlsFile = (name: string): string => homeFile(join('.postgresql', name), name)
