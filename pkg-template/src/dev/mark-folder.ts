// The mark in a folder of PGlite: a file with the number that the folder has in its file system, which a copy has not.

/** What `create` leaves in a folder that it has made. */
const made = 'counterfoil.created'

type Fs = typeof import('node:fs')

/** Leaves the mark. @internal */
export const markFolder = (folder: string): void => fs().writeFileSync(`${folder}/${made}`, `${numberOf(folder)}\n`)

/** Whether it bears the mark. @internal */
export function isMarkedFolder(folder: string): boolean {
  try {
    const path = `${folder}/${made}`
    return fs().lstatSync(path).isFile() && fs().readFileSync(path, 'utf8') === `${numberOf(folder)}\n`
  } catch {
    return false
  }
}

const numberOf = (folder: string): string => String(fs().statSync(folder, { bigint: true }).ino)

/** Without an import that a bundler for browsers would stumble over. */
const fs = (): Fs => globalThis.process.getBuiltinModule('node:fs')
