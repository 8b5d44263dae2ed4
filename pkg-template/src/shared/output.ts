// Where output goes that a caller has named a place for. Only a regular file is replaced, and in one go: who reads it
// meanwhile finds the old one or the new one. What is not a file keeps being what it is: a terminal, a pipe and
// `/dev/null` are written to, and whatever else has a name is refused.
import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { constants, access, chmod, chown, lstat, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { failure, type MigrationError } from './errors.js'

/** What a caller of {@link writeOutput} may choose. @internal */
export interface OutputOptions {
  /** What somebody can do who cannot use this place. */
  help: string
  /** The folder that a link may not lead out of. Default: {@link projectOf} the working directory. */
  project?: string
  /** Whether only a file will do: nobody waits for what is written to a device or a pipe. */
  onlyFile?: boolean
  /** How files end that are being written, for those who look for what a dead process has left. */
  draftEnding?: string
  /** Done to a file before it is put in place. */
  finish?: (draft: string) => Promise<void>
}

/** What is at a path: a file that may be replaced, or something that takes what is written to it, or nothing yet. */
interface Place {
  path: string
  file?: Stats
  through?: Stats
}

/**
 * Writes a file, or to what stands in its place. If it fails, the old file is whole and nothing is left behind.
 *
 * A symbolic link stays one: what it leads to is written, if that is a regular file and both are in the project.
 *
 * @throws MigrationError `invalid-input` if the place cannot be written to @internal
 */
export async function writeOutput(path: string, data: string | Uint8Array, options: OutputOptions): Promise<void> {
  const place = await placeOf(path, options)
  try {
    if (place.through) await writeThrough(path, place.through, data)
    else await replace(place, data, options)
  } catch (error) {
    throw unwritable(path, error, options)
  }
}

/**
 * Makes a file that is not there yet. If it fails, nothing is left behind.
 *
 * @throws MigrationError `invalid-input` if there is something by that name, or it cannot be made @internal
 */
export async function createOutput(path: string, text: string, options: Pick<OutputOptions, 'help'>): Promise<void> {
  let made = false
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(path, 'wx')
    made = true
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (made) await rm(path, { force: true })
    if (codeOf(error) === 'EEXIST') throw failure('invalid-input', `${path} is there already`, options.help, error)
    throw unwritable(path, error, options)
  }
}

/**
 * Adds to the end of a file, or writes to what stands in its place. If it fails, the file is as it was.
 *
 * @throws MigrationError `invalid-input` if the place cannot be written to @internal
 */
export async function appendOutput(path: string, text: string, options: OutputOptions): Promise<void> {
  const place = await placeOf(path, options)
  try {
    if (place.through) return await writeThrough(path, place.through, text)
    const file = await open(place.path, 'a')
    try {
      const { size } = await file.stat()
      await file.appendFile(text).catch(async (error) => {
        await file.truncate(size)
        throw error
      })
    } finally {
      await file.close()
    }
  } catch (error) {
    throw unwritable(path, error, options)
  }
}

/** The text of the file that {@link writeOutput} would replace; undefined if it would replace none. @internal */
export async function replacedText(path: string, options: OutputOptions): Promise<string | undefined> {
  const place = await placeOf(path, options)
  if (!place.file) return undefined
  try {
    const file = await open(place.path)
    try {
      return await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    throw failure('invalid-input', `${path} cannot be read: ${(error as Error).message}`, options.help, error)
  }
}

/** The folder that the project of a folder is in: the repository, or the folder itself where there is none. @internal */
export async function projectOf(folder: string): Promise<string> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (await lstat(join(at, '.git')).catch(() => undefined)) return at
    if (at === dirname(at)) return resolve(folder)
  }
}

async function placeOf(path: string, options: OutputOptions): Promise<Place> {
  const refused = (what: string) => failure('invalid-input', `${path} ${what}`, options.help)
  const there = await lstat(path).catch((error) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw unwritable(path, error, options)
  })
  if (!there) return { path }
  const linked = there.isSymbolicLink()
  const what = linked ? await stat(path).catch(() => undefined) : there
  const is = linked ? 'is a symbolic link to' : 'is'
  if (!what) throw refused(`${is} something that is not there`)
  if (what.isDirectory()) throw refused(`${is} a folder`)
  if (what.isSocket()) throw refused(`${is} a socket`)
  if (what.isBlockDevice()) throw refused(`${is} a block device`)
  if (!what.isFile() && options.onlyFile) throw refused(`${is} no regular file`)
  if (!what.isFile()) return { path, through: what }
  if (!linked) return { path, file: what }
  const project = await realpath(options.project ?? (await projectOf('.')))
  // The link as well: `/dev/stdout` is one, to a file that somebody else has open.
  const link = join(await realpath(dirname(path)), basename(path))
  const target = await realpath(path)
  for (const end of [link, target])
    if (!end.startsWith(join(project, sep)))
      throw refused(`is a symbolic link to ${target}: not both are in ${project}`)
  return { path: target, file: what }
}

async function replace({ path, file }: Place, data: string | Uint8Array, options: OutputOptions): Promise<void> {
  const folder = dirname(path)
  const draft = join(folder, `.${randomUUID()}${options.draftEnding ?? '.draft'}`)
  // A file that may not be written stays: that its folder may be is no permission.
  if (file) await access(path, constants.W_OK)
  else await mkdir(folder, { recursive: true })
  try {
    const written = await open(draft, 'wx')
    try {
      await written.writeFile(data)
    } finally {
      await written.close()
    }
    if (file) await keepOwner(draft, file)
    await options.finish?.(draft)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** Who may read and write a file stays as it was, as far as we may say so. */
async function keepOwner(draft: string, { uid, gid, mode }: Stats): Promise<void> {
  const { uid: ours, gid: group } = await stat(draft)
  if (ours !== uid || group !== gid) await chown(draft, uid, gid).catch(() => {})
  await chmod(draft, mode & 0o777)
}

/** How often one looks again whether a pipe has a reader, or room, in milliseconds. */
const pause = 20

/** Never waits inside a call of the system: a program that does cannot be ended by `process.exit`. */
async function writeThrough(path: string, what: Stats, data: string | Uint8Array): Promise<void> {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  const opened = () => open(path, constants.O_WRONLY | (constants.O_NONBLOCK ?? 0))
  // A pipe that nobody reads yet is waited for, as a shell does.
  const file = await (what.isFIFO() ? patiently('ENXIO', opened) : opened())
  try {
    for (let at = 0; at < bytes.length;)
      at += (await patiently('EAGAIN', () => file.write(bytes, at, bytes.length - at))).bytesWritten
  } finally {
    await file.close()
  }
}

async function patiently<T>(code: string, work: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await work()
    } catch (error) {
      if (codeOf(error) !== code) throw error
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

function unwritable(path: string, error: unknown, { help }: Pick<OutputOptions, 'help'>): MigrationError {
  return failure('invalid-input', `${path} cannot be written: ${(error as Error).message}`, help, error)
}
