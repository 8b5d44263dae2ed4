// Boots a database in memory: from the snapshot that has most of the migrations, or from nothing; then the rest of them.
import { up } from '../run/actions.js'
import type { Driver } from '../run/driver.js'
import { failure } from '../shared/errors.js'
import { manifestOf } from '../set/manifest.js'
import { allowed } from '../options/options.js'
import { checkedOptions } from '../options/wrong-options.js'
import type { AnyMigrations, Convention, Finding } from '../options/public.js'
import type { SnapshotStore } from '../snapshots.js'
import type { BootablePGlite, BootOptions, Booted, CreatePGlite, PGliteClass } from './public.js'
import { hasDigest, isPristine, runtimeOf, settle, unlogged } from './questions.js'
import { keyOf, labelOf, seal, short, unseal, type Label } from './seal.js'

/** How many snapshots are tried before the database starts from nothing. */
const attempts = 3

/** What PGlites answered when they were asked, by what makes them and the options it was given. */
const runtimes = new WeakMap<object, Map<string, string>>()

/** See `boot` of `counterfoil/pglite`. @internal */
export async function boot<Db extends BootablePGlite>(
  driver: Driver<BootablePGlite>,
  maker: PGliteClass<Db> | CreatePGlite<Db>,
  migrations: AnyMigrations,
  options: BootOptions,
): Promise<Booted<Db>> {
  const begin = performance.now()
  const { snapshots, pglite: given = {}, ...rest } = Object(options) as BootOptions
  const pglite = given as Record<string, unknown>
  const chosen = checkedOptions(
    rest,
    allowed.migrating.filter((name) => name !== 'when' && name !== 'expect' && name !== 'to'),
  )
  const create = creator<Db>(maker, pglite)
  const session = snapshots && new Session<Db>(checked(snapshots), maker, chosen.core.table, chosen.core.schema, pglite)
  // Before anything is made: what is wrong with the files is said at once.
  const found = session ? await session.find(migrations, chosen.convention, create) : undefined
  const db = found?.db ?? (await create({}))
  try {
    const worthSaving = session && !found?.whole && (found !== undefined || (await session.isPristine(db)))
    const result = await up(driver, db, migrations, rest)
    // Before anybody else has the database: nothing but the migrations' own work gets into the snapshot.
    const saved = worthSaving ? await session.save(db) : undefined
    const findings = [...result.findings, ...(session?.findings ?? [])]
    const elapsedMs = Math.round(performance.now() - begin)
    return {
      db,
      result: { ...result, findings, elapsedMs },
      snapshot: { used: found?.key ?? null, migrations: found?.migrations ?? 0, saved: saved ?? null },
    }
  } catch (error) {
    await close(db)
    throw error
  }
}

function creator<Db extends BootablePGlite>(
  maker: PGliteClass<Db> | CreatePGlite<Db>,
  pglite: Record<string, unknown>,
): CreatePGlite<Db> {
  if (pglite['fs'] !== undefined || !/^(memory:\/\/|undefined$)/.test(String(pglite['dataDir'])))
    throw failure(
      'invalid-input',
      'boot makes databases in memory, and `pglite` says where to keep one',
      'a database that is kept needs no snapshot: open it, and call `migrate`',
    )
  if (pglite['loadDataDir'] !== undefined || pglite['noInitDb'])
    throw failure(
      'invalid-input',
      '`pglite` says what to start from, and so does boot',
      'leave out `loadDataDir` and `noInitDb`, or open the database and call `migrate`',
    )
  const made = (given: object): Promise<unknown> => {
    const all = { ...pglite, ...given }
    if ('create' in Object(maker)) return (maker as PGliteClass<Db>).create(all)
    if (typeof maker === 'function') return maker(all)
    throw failure(
      'invalid-input',
      'the first argument of boot is neither PGlite nor a function',
      'pass the class PGlite, or a function that makes one with the options it is given',
    )
  }
  return async (given) => {
    const db = (await made(given)) as Db
    if (typeof Object(db).dumpDataDir !== 'function')
      throw failure(
        'invalid-input',
        'what boot was to make is not a PGlite',
        'pass a function that resolves to a PGlite; a worker of one cannot be booted',
      )
    return db
  }
}

function checked(store: SnapshotStore): SnapshotStore {
  for (const method of ['keys', 'get', 'set', 'delete'] as const)
    if (typeof Object(store)[method] !== 'function')
      throw failure(
        'invalid-input',
        `the option snapshots has no method ${method}`,
        'pass snapshotsInMemory(), snapshotsInIndexedDB() or snapshotsInFolder(path)',
      )
  return store
}

interface Found<Db> {
  db: Db
  key: string
  migrations: number
  /** Whether nothing is left to do. */
  whole: boolean
}

/** One boot's dealings with a store. */
class Session<Db extends BootablePGlite> {
  readonly findings: Finding[] = []
  #runtime: string | undefined
  #options: string | undefined
  #digest: string | undefined
  #labels: Label[] = []
  #attempts = attempts

  constructor(
    private readonly store: SnapshotStore,
    private readonly maker: object,
    private readonly table: { schema: string; name: string },
    private readonly schema: readonly string[],
    private readonly pglite: Record<string, unknown>,
  ) {}

  /** A database from the snapshot that has most of the migrations. */
  async find(
    migrations: AnyMigrations,
    convention: Convention | undefined,
    create: CreatePGlite<Db>,
  ): Promise<Found<Db> | undefined> {
    this.#options = short(this.#aspects())
    this.#runtime = runtimes.get(this.maker)?.get(this.#options)
    const keys = await this.#try('the snapshots could not be listed', async () => [...(await this.store.keys())])
    this.#labels = (keys ?? []).map(labelOf).filter((label): label is Label => label?.options === this.#options)
    const manifest = manifestOf(migrations)
    // With a manifest and a snapshot of all of it, neither the core nor the files are needed.
    if (manifest?.digest) {
      this.#digest = manifest.digest
      const found = await this.#first(new Map([[manifest.digest, manifest.count]]), create)
      if (found) return found
    }
    const numbers = await (await import('./prefixes.js')).prefixesOf(migrations, convention)
    this.#digest = [...numbers.keys()].at(-1)
    return this.#first(numbers, create)
  }

  /** The first that can be used. Labels that were tried are tried no more. */
  async #first(numbers: ReadonlyMap<string, number>, create: CreatePGlite<Db>): Promise<Found<Db> | undefined> {
    for (; this.#attempts > 0; this.#attempts -= 1) {
      const fitting = this.#labels.filter(
        ({ digest, runtime }) => numbers.has(digest) && (this.#runtime ?? runtime) === runtime,
      )
      // The sort is stable: of those with as many migrations the one that was used last comes first.
      const [label] = fitting.sort((a, b) => numbers.get(b.digest)! - numbers.get(a.digest)!)
      if (!label) return undefined
      this.#labels = this.#labels.filter((other) => other !== label)
      const db = await this.#load(label, create)
      if (db)
        return { db, key: keyOf(label), migrations: numbers.get(label.digest)!, whole: label.digest === this.#digest }
    }
    return undefined
  }

  /** What makes a database another before any migration has run. */
  #aspects(): string {
    const { extensions, ...others } = this.pglite
    // Where the code and its bytes come from is for `runtime` to tell; these are what initdb and the start are told.
    const told = ['username', 'database', 'startParams', 'initDbStartParams', 'postgresqlconf'].map(
      (name) => others[name] ?? null,
    )
    return JSON.stringify([
      this.table.schema,
      this.table.name,
      Object.keys(Object(extensions)).sort(),
      told,
      others['icuDataDir'] !== undefined,
      ...this.schema,
    ])
  }

  async #load(label: Label, create: CreatePGlite<Db>): Promise<Db | undefined> {
    const key = keyOf(label)
    const sealed = await this.#try(`the snapshot ${key} could not be read`, () => this.store.get(key))
    // Somebody may have thrown it away meanwhile.
    if (sealed === undefined) return undefined
    const archive = unseal(key, sealed)
    if (!archive) return this.#discard(key, 'it is damaged')
    let db: Db
    try {
      db = await create({ loadDataDir: archive })
    } catch (error) {
      return this.#discard(key, `PGlite could not load it: ${words(error)}`)
    }
    try {
      const runtime = await this.#ask(db)
      if (runtime === label.runtime && (await hasDigest(db, this.table, label.digest))) return db
      // Another version may use the same store: its snapshots are good for it.
      await (runtime === label.runtime
        ? this.#discard(key, 'its ledger is not the one that it was saved with')
        : this.#pass(
            key,
            `it is of another PGlite or other extensions (${label.runtime}, and this is ${runtime ?? 'a version that does not name itself'})`,
          ))
    } catch (error) {
      await this.#discard(key, `it could not be looked at: ${words(error)}`)
    }
    await close(db)
    return undefined
  }

  async #ask(db: Db): Promise<string | undefined> {
    const runtime = await runtimeOf(db)
    if (runtime !== undefined) {
      this.#runtime = runtime
      const known = runtimes.get(this.maker) ?? new Map<string, string>()
      runtimes.set(this.maker, known.set(this.#options ?? '', runtime))
    }
    return runtime
  }

  async isPristine(db: Db): Promise<boolean> {
    try {
      if (await isPristine(db)) return true
      this.#find(
        'snapshot-not-saved',
        'no snapshot was saved: the new database was not empty',
        'see that the function that makes the PGlite writes nothing',
      )
    } catch (error) {
      this.#find('snapshot-not-saved', `no snapshot was saved: ${words(error)}`)
    }
    return false
  }

  /** Saves a snapshot of a database that is current; gives its key. */
  async save(db: Db): Promise<string | undefined> {
    const digest = this.#digest
    try {
      // An empty set, or one that leads to no ledger that can be told by its digest.
      if (digest === undefined || this.#options === undefined || !(await hasDigest(db, this.table, digest)))
        return undefined
      const runtime = await this.#ask(db)
      if (runtime === undefined)
        return this.#find(
          'snapshot-not-saved',
          'no snapshot was saved: this PGlite does not say its version',
          'use a newer PGlite',
        )
      const volatile = await unlogged(db)
      if (volatile !== undefined)
        return this.#find(
          'snapshot-not-saved',
          `no snapshot was saved: the content of the unlogged ${volatile} would not be in it`,
          'make it an ordinary one, or fill it after the boot',
        )
      await settle(db)
      const key = keyOf({ options: this.#options, runtime, digest })
      const sealed = await seal(key, await db.dumpDataDir('none'))
      await this.store.set(key, sealed)
      return key
    } catch (error) {
      return this.#find('snapshot-not-saved', `no snapshot was saved: ${words(error)}`, 'the database is not affected')
    }
  }

  /** Throws a snapshot away. */
  async #discard(key: string, why: string): Promise<undefined> {
    this.#pass(key, why)
    await this.#try(`the snapshot ${key} could not be thrown away`, () => this.store.delete(key))
  }

  #pass(key: string, why: string): undefined {
    this.#find('snapshot-not-used', `the snapshot ${key} was not used: ${why}`)
  }

  #find(code: 'snapshot-not-used' | 'snapshot-not-saved', message: string, help = ''): undefined {
    this.findings.push({ code, severity: 'warning', message, help })
  }

  async #try<T>(what: string, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      return this.#find('snapshot-not-used', `${what}: ${words(error)}`, 'the database is not affected')
    }
  }
}

const words = (error: unknown) => (error instanceof Error ? error.message : String(error))

async function close(db: BootablePGlite): Promise<void> {
  try {
    await db.close()
  } catch {
    // It could not be used anyway.
  }
}
