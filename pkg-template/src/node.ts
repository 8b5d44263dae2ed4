// A folder of migrations, read.
import { readFile, readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isOfSet, isPassedOver, isUnread } from './set/companions.js'
import { configurationAbove } from './set/flyway-above.js'
import { MigrationError, failure } from './shared/errors.js'
import { invalid, theFolder } from './shared/mentions.js'
import { endOf } from './shared/texts.js'
import { origins } from './set/origin.js'

export { MigrationError, type Location } from './shared/errors.js'
export { readAlembicHeads } from './alembic/folder.js'
export type * from './alembic/public.js'
export { snapshotsInFolder } from './boot/snapshot-folder.js'

const rightOne = 'see that the folder is the one that holds the migrations'

/**
 * Reads a folder of migrations, with its subfolders: every `.sql` file, and the files beside them that a convention
 * knows (`meta/_journal.json`, `metadata.toml`, `migration_lock.toml`, `*.sql.conf`, `.counterfoil/*.json`), and
 * migrations that are written in a programming language, which are reported and not run.
 * Other hidden folders and `node_modules` are left out; symbolic links are followed,
 * also out of the folder. Of a `flyway.conf` or `flyway.toml` beside a folder `sql` or `migrations` of Flyway's, what it says of
 * placeholders is read, too, as `../flyway.conf`.
 *
 * @param directory a path, relative to the working directory, or a `file:` URL
 * @returns path to text. Paths are relative to the folder and use `/` on every system; the texts are as in the files
 * @throws MigrationError `invalid-input` if the folder is not there or a file cannot be read;
 *   `invalid-text`, with line and column, if a file is not UTF-8
 */
export async function readMigrations(directory: string | URL): Promise<Record<string, string>> {
  const base = directory instanceof URL ? fileURLToPath(directory) : directory
  if (typeof base !== 'string')
    throw failure('invalid-input', 'the folder is not a string or a URL', 'pass the path of the folder')
  const there = await stat(base).catch((cause) => {
    const missing = cause.code === 'ENOENT'
    const message = missing
      ? `the folder ${base} does not exist`
      : `the folder ${base} cannot be read: ${cause.message}`
    throw invalid(message, rightOne, [theFolder], cause)
  })
  if (!there.isDirectory()) throw invalid(`${base} is not a folder`, rightOne, [theFolder])

  const found: Found = { paths: [], others: [], folders: [], links: [] }
  await walk(base, '', [await realpath(base)], found)
  const { paths, others, folders, links } = found
  // Without a prototype: a file may be called anything.
  const files: Record<string, string> = Object.create(null)
  // What lies in the folder itself comes later, and counts.
  Object.assign(files, Object.fromEntries(await configurationAbove(base, paths)))
  const texts = await inParts(paths, async (path) => (isUnread(path) ? '' : read(base, path)))
  paths.forEach((path, index) => (files[path] = texts[index] ?? ''))
  origins.set(files, { folder: base, others, folders, links })
  return files
}

/** How many files that are no part of a set are remembered. */
const remembered = 20

/** What {@link walk} finds. */
interface Found {
  paths: string[]
  others: string[]
  folders: string[]
  links: string[]
}

async function walk(base: string, folder: string, above: string[], found: Found): Promise<void> {
  const { paths, others, folders, links } = found
  const entries = await readdir(join(base, folder), { withFileTypes: true }).catch((cause) => {
    throw failure('invalid-input', `the folder ${join(base, folder)} cannot be read: ${cause.message}`, '', cause)
  })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    const wanted = isOfSet(path)
    let isFolder = entry.isDirectory()
    let isFile = entry.isFile()
    if (entry.isSymbolicLink()) {
      const target = await stat(join(base, path)).catch(() => undefined)
      if (!target && wanted)
        throw failure(
          'invalid-input',
          `${path} is a symbolic link to a file that is not there`,
          'mend the link or remove it',
        )
      isFolder = target?.isDirectory() ?? false
      isFile = target?.isFile() ?? false
    }
    const followed = isFile ? wanted : isFolder && !isPassedOver(entry.name)
    if (followed && entry.isSymbolicLink()) links.push(path)
    if (isFile && wanted) paths.push(path)
    else if (isFile && others.length < remembered && !entry.name.startsWith('.')) others.push(path)
    if (!isFolder || isPassedOver(entry.name)) continue
    folders.push(path)
    const real = await realpath(join(base, path))
    // A link to a folder above would never end.
    if (!above.includes(real)) await walk(base, path, [...above, real], found)
  }
}

/** Some at a time: a process may only have so many files open. */
async function inParts<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const out: R[] = []
  for (let at = 0; at < items.length; at += 64) out.push(...(await Promise.all(items.slice(at, at + 64).map(work))))
  return out
}

async function read(base: string, path: string): Promise<string> {
  const bytes = await readFile(join(base, path)).catch((cause) => {
    throw failure('invalid-input', `${path} cannot be read: ${cause.message}`, '', cause)
  })
  try {
    return decoder().decode(bytes)
  } catch {
    throw notUtf8(path, bytes)
  } finally {
    giveBack(bytes)
  }
}

/**
 * Gives the bytes of a large file back at once. Left to the collector of garbage they stay until the file has been sent, for
 * they do not lie where it counts.
 */
function giveBack({ buffer, byteLength }: Uint8Array<ArrayBuffer>): void {
  if (byteLength < 1 << 20 || byteLength !== buffer.byteLength) return
  const { port1, port2 } = new MessageChannel()
  port1.postMessage(undefined, [buffer])
  port1.close()
  port2.close()
}

// A byte order mark stays: whether it counts is for the core to say.
const decoder = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function notUtf8(path: string, bytes: Uint8Array): MigrationError {
  const decodes = (length: number, stream: boolean) => {
    try {
      decoder().decode(bytes.subarray(0, length), { stream })
      return true
    } catch {
      return false
    }
  }
  // The longest start that more bytes could still make UTF-8 …
  let [good, bad] = [0, bytes.length + 1]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (decodes(middle, true)) good = middle
    else bad = middle
  }
  // … without the character that it breaks off in, which has at most four bytes.
  while (!decodes(good, false)) good -= 1
  return new MigrationError({
    code: 'invalid-text',
    message: `the file is not UTF-8: byte ${good} is 0x${(bytes[good] ?? 0).toString(16).padStart(2, '0')}`,
    help: 'save the file as UTF-8',
    at: { path, ...endOf(new TextDecoder().decode(bytes.subarray(0, good))) },
  })
}
