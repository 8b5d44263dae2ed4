// The folder of a PGlite: what may stand in it, and who may open it. It belongs to one process at a time, also for
// reading: PGlite opens a database for writing whatever it is for, and of two that have it open one loses its work.
import { lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import { lockDataDir } from '../../drivers/pglite-lock.js'
import { failure } from '../../shared/errors.js'
import { unreachable } from './opened.js'
import type { Target } from './target.js'

const lockFile = 'counterfoil.lock'
/** Stands in the folder while PGlite fills it. */
const marker = 'counterfoil.making'
/** What may be in a folder that counts as empty. */
const unimportant = /^(?:counterfoil\.lock.*|\.git(?:keep|ignore)|lost\+found)$/
/** How often the lock shows that its owner lives, in milliseconds. */
const pulse = 60_000

/** A folder that nobody else has open. @internal */
export interface Held {
  readonly touch: () => void
  /** Lets the next one in. What was filled half-way is taken out again. */
  readonly release: () => void
  /** Fills an empty folder. */
  fill<T>(work: () => Promise<T>): Promise<T>
  readonly empty: boolean
}

/**
 * What is in the folder: nothing, a database, or a lock, which says nothing yet of what there is.
 *
 * @throws MigrationError `connection-failed` if it is something else
 */
export function contents(target: Target, folder: string): 'absent' | 'empty' | 'locked' | 'database' {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return 'absent'
    throw unreachable(
      target,
      code === 'ENOTDIR' ? 'that is a file, or in one' : `the folder cannot be read: ${message}`,
      'name a folder; the path is relative to where you are',
      cause,
    )
  }
  if (names.includes('PG_VERSION')) return 'database'
  if (names.includes(lockFile) || names.includes(marker)) return 'locked'
  if (names.every((name) => unimportant.test(name))) return 'empty'
  throw unreachable(target, 'the folder holds other things, and no database', 'name a new or an empty folder')
}

/** Takes the folder; one that is not there is made. @throws MigrationError `data-dir-locked`, `connection-failed` */
export function holdFolder(target: Target, folder: string): Held {
  const made = makeFolder(target, folder)
  const lock = lockDataDir(folder)
  let before: string[] | undefined
  const timer = setInterval(() => lock.touch(), pulse).unref()
  const release = () => {
    clearInterval(timer)
    process.off('exit', release)
    if (before)
      for (const name of readdirSync(folder))
        if (!before.includes(name)) rmSync(join(folder, name), { recursive: true, force: true })
    lock.release()
    if (before && made) rmdirSync(folder)
  }
  // Ctrl-C ends a process that is still opening it.
  process.on('exit', release)
  const names = readdirSync(folder)
  if (names.includes(marker)) {
    release()
    throw unreachable(
      target,
      'it is half-made: the process that was making it has died',
      'nothing was in it yet: delete the folder, and `counterfoil up` makes it again',
    )
  }
  return {
    empty: !names.includes('PG_VERSION'),
    touch: () => lock.touch(),
    release,
    async fill(work) {
      before = names
      writeFileSync(join(folder, marker), '')
      const filled = await work()
      before = undefined
      rmSync(join(folder, marker), { force: true })
      return filled
    },
  }
}

function makeFolder(target: Target, folder: string): boolean {
  try {
    return mkdirSync(folder, { recursive: true }) !== undefined
  } catch (cause) {
    throw unreachable(target, `the folder cannot be made: ${(cause as Error).message}`, 'name another folder', cause)
  }
}

/** What PostgreSQL, PGlite and counterfoil write into such a folder. */
const known =
  /^(?:PG_VERSION|base|global|pg_\w+|pg_\w+\.conf|postgresql(?:\.auto)?\.conf|postmaster\.(?:pid|opts)|current_logfiles|counterfoil\..*|\.git(?:keep|ignore)|\.DS_Store|lost\+found)$/

/**
 * Sees that a folder is a PGlite's and nothing else.
 *
 * @throws MigrationError `invalid-target` for a link, and where other things lie in it
 */
export function mustBePlain(target: Target, folder: string): void {
  if (lstatSync(folder).isSymbolicLink())
    throw failure(
      'invalid-target',
      `${target.shown} is a symbolic link: what it leads to is not dropped`,
      `name the folder itself, ${readlinkSync(folder)}; nothing was dropped`,
    )
  const others = readdirSync(folder).filter((name) => !known.test(name))
  if (others.length > 0)
    throw failure(
      'invalid-target',
      `${target.shown} holds other things besides: ${others.slice(0, 3).join(', ')}${others.length > 3 ? `, and ${others.length - 3} more` : ''}`,
      'move them elsewhere first; nothing was dropped',
    )
}

/**
 * Takes a folder away with all that is in it, while nobody has it open.
 *
 * @throws MigrationError `data-dir-locked`, `database-in-use`
 */
export function removeFolder(target: Target, folder: string): void {
  const gone = putAside(target, folder)
  rmSync(gone, { recursive: true, force: true })
}

/**
 * Puts another folder in the place of one that nobody has open, and takes that one away.
 *
 * @throws MigrationError `data-dir-locked`, `database-in-use`; then both are as they were
 */
export function replaceFolder(target: Target, folder: string, other: string): void {
  const gone = putAside(target, folder)
  try {
    renameSync(other, folder)
  } catch (error) {
    renameSync(gone, folder)
    rmSync(join(folder, lockFile), { force: true })
    throw error
  }
  rmSync(gone, { recursive: true, force: true })
}

/** Renames it, so that whoever looks meanwhile finds all of it or nothing. What links lead to stays. */
function putAside(target: Target, folder: string): string {
  const lock = lockDataDir(folder)
  const gone = join(folder, '..', `.${basename(folder)}.${process.pid}.dropped`)
  try {
    mustBeUnused(target, folder)
    mustBePlain(target, folder)
    renameSync(folder, gone)
  } catch (error) {
    lock.release()
    throw error
  }
  return gone
}

/** Sees that no other process has it open. @throws MigrationError `database-in-use` */
export function mustBeUnused(target: Target, folder: string): void {
  const pids = holders(folder)
  if (pids.length > 0)
    throw failure(
      'database-in-use',
      `${target.shown} is in use: ${pids.length === 1 ? 'process' : 'processes'} ${pids.join(', ')} ${pids.length === 1 ? 'has' : 'have'} it open`,
      'end what has it open and try again; nothing was dropped',
    )
}

/** Other processes that have a file of the folder open, where the system says: they need not know of the lock. */
function holders(folder: string): string[] {
  const listed = (path: string): string[] => {
    try {
      return readdirSync(path)
    } catch {
      return []
    }
  }
  return listed('/proc')
    .filter((pid) => /^\d+$/.test(pid) && pid !== String(process.pid))
    .filter((pid) =>
      listed(`/proc/${pid}/fd`).some((fd) => {
        try {
          return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith(join(folder, sep))
        } catch {
          return false
        }
      }),
    )
}
