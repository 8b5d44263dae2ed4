// The lock on a PGlite data directory: two processes that migrate one directory would both write to it.
//
// The lock is a file, made by linking a finished one into place: whoever reads it sees all of it. A lock whose owner
// is dead is taken over by linking a file that is named after it (`counterfoil.lock.<its id>`), which only one can do,
// and renaming that into place. So of two that take over at once, one wins.
import type { Lock } from '../run/driver.js'
import { MigrationError, failure } from '../shared/errors.js'

/** How long an owner that cannot be asked may give no sign of life: one statement takes at most that, in milliseconds. */
const silence = 15 * 60_000

/** What is written in a lock file. */
interface Owner {
  /** Random. */
  id: string
  pid: number
  host: string
  /** When it was taken, ISO 8601. */
  started: string
  /** What tells this process from a later one with its pid, where the system says. */
  process?: string
  /** What tells this set of pids from another container's, where the system says. */
  namespace?: string
}

type Fs = typeof import('node:fs')
type Os = typeof import('node:os')

/** Takes the lock. @throws MigrationError `data-dir-locked` @internal */
export function lockDataDir(directory: string): Lock {
  const fs = builtin('node:fs') as Fs
  const os = builtin('node:os') as Os
  const path = `${directory}/counterfoil.lock`
  const mine: Owner = {
    id: `${process.pid}-${Math.random().toString(36).slice(2)}`,
    pid: process.pid,
    host: os.hostname(),
    started: new Date().toISOString(),
    ...identity(fs, process.pid),
  }
  const draft = `${path}.${mine.id}.new`
  fs.writeFileSync(draft, `${JSON.stringify(mine)}\n`)
  try {
    take(fs, path, draft, mine)
  } catch (error) {
    if (error instanceof MigrationError) throw error
    throw failure(
      'data-dir-locked',
      `no lock could be taken on ${path}: ${String(error)}`,
      'see that the data directory is writable',
      error,
    )
  } finally {
    fs.rmSync(draft, { force: true })
  }
  return {
    touch() {
      const now = new Date()
      try {
        fs.utimesSync(path, now, now)
      } catch {
        // The directory is gone: the database will say so.
      }
    },
    release() {
      if (read(fs, path)?.id === mine.id) fs.rmSync(path, { force: true })
    },
  }
}

function take(fs: Fs, path: string, draft: string, mine: Owner): void {
  for (;;) {
    if (create(fs, draft, path)) return
    const first = read(fs, path)
    if (!first) continue
    // Whoever died while taking over has left a link of its own, and so on to somebody who lives.
    let owner = first
    let link = path
    const links: string[] = []
    for (;;) {
      if (lives(fs, link, owner, mine)) throw locked(path, owner, mine)
      link = `${path}.${owner.id}`
      if (create(fs, draft, link)) break
      const next = read(fs, link)
      if (!next) break
      links.push(link)
      owner = next
    }
    if (read(fs, link)?.id !== mine.id) continue
    // Only who has the link may replace the lock that it is named after. If that lock is another by now, this link
    // was made too late.
    if (read(fs, path)?.id === first.id) {
      fs.renameSync(link, path)
      for (const left of links) fs.rmSync(left, { force: true })
      return
    }
    fs.rmSync(link, { force: true })
  }
}

/** Makes `path` the same file as `draft`; false if there is one already. */
function create(fs: Fs, draft: string, path: string): boolean {
  try {
    fs.linkSync(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    // A file system without links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error))) throw error
  }
  try {
    fs.copyFileSync(draft, path, fs.constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Who owns a lock; undefined if it is gone. */
function read(fs: Fs, path: string): Owner | undefined {
  let text: string
  let inode: number
  try {
    const found = fs.lstatSync(path)
    // It would be replaced.
    if (!found.isFile())
      throw failure('data-dir-locked', `${path} is not a file`, 'move it away: it is none of our locks')
    text = fs.readFileSync(path, 'utf8')
    inode = found.ino
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const owner = JSON.parse(text) as Owner
    if (typeof owner.id === 'string' && /^[\w-]+$/.test(owner.id) && Number.isSafeInteger(owner.pid)) return owner
  } catch {
    // Not JSON.
  }
  // A living owner's file is whole. What is not was cut short by a crash of the machine.
  return { id: `broken-${inode}`, pid: 0, host: '', started: '' }
}

function lives(fs: Fs, path: string, owner: Owner, mine: Owner): boolean {
  if (owner.pid <= 0) return false
  if (owner.host !== mine.host || owner.namespace !== mine.namespace) {
    const { mtimeMs } = fs.statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() }
    return Date.now() - mtimeMs < silence
  }
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // Of another user's process one only learns that it is there.
    return codeOf(error) !== 'ESRCH'
  }
  const now = identity(fs, owner.pid).process
  return owner.process === undefined || now === undefined || owner.process === now
}

/** From /proc, where there is one: see proc(5), fields starttime and ns/pid. */
function identity(fs: Fs, pid: number): { process?: string; namespace?: string } {
  try {
    // The second field is a name in parentheses that may hold anything; starttime is field 22.
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    return { process: `${boot}/${started}`, namespace: fs.readlinkSync('/proc/self/ns/pid') }
  } catch {
    return {}
  }
}

function locked(path: string, owner: Owner, mine: Owner): MigrationError {
  const who =
    owner.host !== mine.host
      ? `process ${owner.pid} on ${owner.host}`
      : owner.pid === mine.pid
        ? `this process (${owner.pid})`
        : `process ${owner.pid}`
  return failure(
    'data-dir-locked',
    `${who} has had this data directory open since ${owner.started} (${path})`,
    'wait until it has finished, or stop it; only one process may have a PGlite data directory open. If it is gone, delete the lock file',
  )
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

/** A module of Node's without an import that a bundler for browsers would stumble over. */
function builtin(name: 'node:fs' | 'node:os'): unknown {
  return globalThis.process?.getBuiltinModule?.(name)
}
