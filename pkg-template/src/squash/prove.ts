// `proveSquash`: a baseline that somebody else has written, against the chain that it replaces. Loaded when it is called.
import type { AnyMigrations } from '../set/files.js'
import { isFlag } from '../options/options.js'
import { mustBeRight, type Checked } from '../options/wrong-options.js'
import { failure } from '../shared/errors.js'
import { parsed } from '../shared/parsed.js'
import { init } from '../wasm/init.js'
import type { Snapshot } from '../schema/public.js'
import { asides, dropsOf } from './adopt.js'
import { baselineIn, stemOf } from './place.js'
import { compared, toolsOf } from './proof.js'
import type { MakePGlite, ProveOptions, SquashProof } from './public.js'
import { replayed, replaying, type Replayed } from './replay.js'
import { filesIn, readSet } from './squash.js'

const checks = { rows: [isFlag, 'true or false'], drop: asides.drop } as const satisfies Record<string, Checked>

/** An entry of a list of what is replaced. */
interface Replaced {
  readonly version: string
  readonly checksum: string
}

/** Replays both and compares. @internal */
export async function proveSquash(
  make: MakePGlite,
  migrations: AnyMigrations,
  baseline: string,
  chain: AnyMigrations,
  options: ProveOptions = {},
): Promise<SquashProof> {
  mustBeRight(options, replaying, checks)
  const { rows = true, drop, ...others } = options
  await init()
  const [files, before] = [await filesIn(migrations), await filesIn(chain)]
  const set = readSet(files, others)
  const found = baselineIn(set, baseline)
  if (found === undefined)
    throw failure(
      'invalid-input',
      `there is no baseline ${baseline} in this set`,
      'name one by its version: it has a list of what it replaces, .counterfoil/<its name>.json',
    )
  const reading = { ...others, convention: set.convention }
  const old = readSet(before, reading)
  const { folder, stem } = stemOf(found.path)
  const path = `${folder}.counterfoil/${stem}.json`
  const list = parsed(path, files[path]!, 'make the baseline anew') as { replaces: Replaced[] }
  const known = new Map(old.migrations.map(({ version, checksum }) => [version, checksum]))
  const other = list.replaces.filter(({ version, checksum }) => known.get(version) !== checksum)
  if (other.length > 0)
    throw failure(
      'invalid-input',
      `these files are not those that ${found.version} replaces: ${other.map(({ version }) => `${version} ${known.has(version) ? 'has another checksum' : 'is not there'}`).join('; ')}`,
      'hand in the files as they were before the squash',
    )
  const replaced = new Set(found.replaces)
  const without = old.migrations.filter(({ version }) => !replaced.has(version)).map(({ version }) => version)
  let whole: Snapshot | undefined
  const aside = drop && (async (schema: () => Promise<Snapshot>) => dropsOf((whole ??= await schema()), drop))
  const ofChain = <T>(read: (chain: Replayed) => Promise<T>) => replayed(make, before, reading, without, read, aside)
  const made = await ofChain(async (chain) => ({
    schema: chain.schema,
    after: chain.after,
    contents: await chain.contents(),
  }))
  const again = rows ? await ofChain((again) => again.contents()) : made.contents
  const rest = set.migrations.filter(({ version }) => version !== found.version && !replaced.has(version))
  return replayed(
    make,
    files,
    reading,
    rest.map(({ version }) => version),
    async (baseline) => compared(toolsOf(files[found.path], made.schema), { ...made, again }, baseline, rows),
  )
}
