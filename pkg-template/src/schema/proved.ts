// `stamp --proved`: which migrations have made a schema that no ledger speaks of. Loaded when it is asked for.
import type { Driver } from '../run/driver.js'
import { amending } from '../run/amend.js'
import { stamp } from '../run/stamp.js'
import type { AnyOptions } from '../options/options.js'
import { picked } from '../options/picked.js'
import type { Assumed } from '../options/public.js'
import { loadFiles, type AnyMigrations } from '../set/files.js'
import { conventionOf } from '../set/manifest.js'
import { MigrationError, type Mention } from '../shared/errors.js'
import { first } from '../shared/first.js'
import { theOption } from '../shared/mentions.js'
import { coreNow } from '../wasm/start.js'
import { translated } from '../wasm/translated.js'
import { evidenceOf, replaying } from './evidence.js'
import type { Evidence } from './public.js'
import type { MakePGlite } from './replay.js'
import { unseen } from './unseen.js'

/** What somebody says of a migration of which no schema can tell. @internal */
export type Assumptions = Readonly<Record<string, Assumed>>

/**
 * The versions that have no row and have made the schema, in order; none if all have a row. `options` are those of a change to the ledger, and what a
 * replay takes.
 *
 * @throws MigrationError `not-proved` if the schema is not what some of the migrations make, or nobody can tell @internal
 */
export async function proved<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  set: AnyMigrations,
  options: AnyOptions,
  assume: Assumptions,
  make: MakePGlite,
): Promise<readonly string[] | undefined> {
  const { changes, unchanged } = await stamp(driver, db, set, undefined, {
    ...picked(options, amending),
    dryRun: true,
  })
  const begun = changes.filter(({ kind }) => kind !== 'insert').map(({ version }) => version)
  if (begun.length > 0)
    throw refused(
      `the ledger has rows that say otherwise: ${begun.join(', ')}`,
      'see what they say first: look at the plan',
    )
  const all = changes.map(({ version }) => version)
  if (all.length === 0) return undefined
  const [applied, pending] = (['applied', 'pending'] as const).map(
    (said) => new Set(all.filter((version) => assume[version] === said)),
  ) as [Set<string>, Set<string>]
  const open = all.filter((version) => !applied.has(version) && !pending.has(version))
  const told = [...unchanged.map(({ version }) => version), ...applied]
  const evidence = await evidenceOf(driver, db, set, options, { told, open }, make)
  refuse(evidence)
  const absent = new Set(evidence.files.filter(({ verdict }) => verdict === 'absent').map(({ version }) => version))
  const made = all.filter((version) => !pending.has(version) && !absent.has(version))
  if (made.length === 0) throw refused('none of these migrations has made the schema that is there', 'run them: `up`')
  // Whatever is before one that has left a trace, has run.
  const sure = new Set([...told, ...made])
  const run = (await inOrder(set, options)).filter((version) => sure.has(version))
  const without = all.filter((version) => !sure.has(version))
  const asked = new Set(made.filter((version) => open.includes(version)))
  const silent = (await unseen(set, picked(options, replaying), run, without, make)).filter((version) =>
    asked.has(version),
  )
  if (silent.length > 0)
    throw refused(
      `no schema tells whether these have run, since it is the same without them: ${silent.join(', ')}`,
      'look at the rows, and say of each what is so, applied or pending, with the option assume',
      [theOption('assume')],
    )
  return made
}

/** The versions of a set in the order in which they run. */
async function inOrder(set: AnyMigrations, { convention }: AnyOptions): Promise<readonly string[]> {
  const { paths, sqls } = await loadFiles(set)
  const read = translated(() => coreNow().readSet(paths, sqls, conventionOf(set, convention)))
  return read.migrations.map(({ version }) => version)
}

function refuse({ status, files, byHand, failed }: Evidence): void {
  if (status === 'not-replayed')
    throw refused(
      `the migrations cannot be replayed, so there is nothing to compare with: ${failed}`,
      'record what has run by version, if you know it: `stamp <version>`',
    )
  const open = files.filter(({ verdict }) => verdict === 'partly' || verdict === 'undecided')
  const all = [...open.map(({ message }) => message), ...byHand]
  if (all.length === 0 && status !== 'undecided') return
  throw refused(
    `the schema is not what some of the migrations make: ${first(all)}`,
    'bring the schema in line with a prefix of the migrations and ask again; or record what has run by version (`stamp <version>`), and the rest is compared',
  )
}

const refused = (message: string, help: string, options: Mention[] = []): MigrationError =>
  new MigrationError({ code: 'not-proved', message, help: `nothing was written; ${help}`, options })
