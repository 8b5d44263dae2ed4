// Opens a database that only one may have open: the lock is taken before PGlite reads it, and kept until it is closed.
import { up } from '../run/actions.js'
import type { Driver } from '../run/driver.js'
import { refusal } from '../run/wrong-database.js'
import { Watch } from '../run/watch.js'
import { nodeDataDir, storageName } from '../drivers/pglite-dir.js'
import { holdUntilClosed, inUse } from '../drivers/pglite-hold.js'
import { failure, MigrationError } from '../shared/errors.js'
import { invalid, theOption } from '../shared/mentions.js'
import { allowed, isText, settings, type AnyOptions, type Names } from '../options/options.js'
import { mustBeRight, unreadable } from '../options/wrong-options.js'
import type { AnyMigrations, MigrateResult } from '../options/public.js'
import { notOpened } from './not-opened.js'
import type { OpenablePGlite, Opened, OpenOptions } from './public.js'
import { Turn } from './turn.js'

const names: Names = allowed.migrating.filter((name) => name !== 'when')
const own = {
  dataDir: [isText, 'where PGlite keeps the data, such as idb://app'],
  when: [(value: unknown) => value === 'apply' || value === 'refuse', 'one of apply, refuse'],
} as const

/** Magic and version: https://webassembly.github.io/spec/core/binary/modules.html */
const emptyModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)

/** See `open` of `counterfoil/pglite`. @internal */
export async function open<Db extends OpenablePGlite>(
  driver: Driver<OpenablePGlite>,
  make: () => Db | Promise<Db>,
  migrations: AnyMigrations,
  options: OpenOptions,
): Promise<Opened<Db>> {
  const begin = performance.now()
  const { dataDir, when, ...rest } = checked(make, options)
  const chosen = settings(rest, names)!
  const watch = new Watch(chosen, begin)
  const turn = new Turn(chosen, watch, when === 'refuse', rest.waitTimeout)
  let db: Db | undefined
  try {
    if (dataDir === undefined) await turn.anyOfOrigin()
    else await turn.of(dataDir)
    db = await opened(driver, make)
    if (dataDir === undefined) {
      const { dataDir: found } = db
      if (storageName(found) === undefined && nodeDataDir(found) === undefined) turn.end()
      else if (!(await turn.of(found!, true))) {
        // Somebody has it who has not asked for the lock of all. What was read here may be old by the time that it is free.
        await close(db)
        db = undefined
        if (nodeDataDir(found) !== undefined) throw inUse(found)
        await turn.of(found!)
        db = await opened(driver, make)
      }
    } else mustBeThere(db, dataDir)
    holdUntilClosed(db, () => turn.end())
    const result = await up(driver, db, migrations, rest as AnyOptions)
    return { db, result: noted(watch, result) }
  } catch (error) {
    if (db) await close(db)
    turn.end()
    throw error
  }
}

function checked(make: unknown, given: OpenOptions): OpenOptions {
  let options
  try {
    mustBeRight(given, names, own)
    options = { ...given }
  } catch (error) {
    throw error instanceof MigrationError ? error : unreadable(error)
  }
  if (typeof make !== 'function' || 'create' in make)
    throw failure(
      'invalid-input',
      `the first argument of open is ${typeof make === 'function' ? 'a class' : 'no function'}`,
      "pass a function that opens the database, since the lock is taken before: () => PGlite.create('idb://app')",
    )
  return options
}

async function opened<Db extends OpenablePGlite>(
  driver: Driver<OpenablePGlite>,
  make: () => Db | Promise<Db>,
): Promise<Db> {
  let db
  try {
    // Where a page's policy forbids it, PGlite would neither open nor fail.
    await WebAssembly.compile(emptyModule)
    db = await make()
    await Object(db).waitReady
  } catch (cause) {
    throw cause instanceof MigrationError ? cause : notOpened(cause)
  }
  if (!driver.takes(Object(db)) || typeof db.close !== 'function') throw refusal(db, driver.entry, {}, names)
  if ('onLeaderChange' in db) {
    await close(db)
    throw failure(
      'invalid-input',
      'what open was to open is a PGliteWorker, which several tabs share',
      'call `migrate` with it, or `open` in the `init` of its worker',
    )
  }
  return db
}

/** The lock is good for nothing if it is another's. */
function mustBeThere(db: OpenablePGlite, dataDir: string): void {
  const plain = (given: string) => storageName(given) ?? nodeDataDir(given)?.replace(/\/+$/, '') ?? given
  if (db.dataDir === undefined || plain(db.dataDir) === plain(dataDir)) return
  throw invalid(
    `the option dataDir is ${dataDir}, and the database that was opened is ${db.dataDir}`,
    'name the same one',
    [theOption('dataDir')],
  )
}

/** The result, with a finding if `onProgress` failed while nothing was run yet. */
function noted(watch: Watch, result: MigrateResult): MigrateResult {
  const isNoted = result.findings.some(({ code }) => code === 'progress-failed')
  return isNoted ? result : (watch.noted(result) as MigrateResult)
}

async function close(db: OpenablePGlite): Promise<void> {
  try {
    await db.close()
  } catch {
    // It could not be used anyway.
  }
}
