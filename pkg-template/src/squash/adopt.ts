// Dead tables and columns: the scripts that put them aside, and bring them back.
import type { Snapshot } from '../schema/public.js'
import { mustBeRight, type Checked } from '../options/wrong-options.js'
import { failure } from '../shared/errors.js'
import { review } from '../wasm/review.js'
import type { AdoptOptions, AdoptScripts, Aside } from './public.js'

const isText = (value: unknown) => typeof value === 'string' && value !== ''
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0

/** What says what is dead, and where it goes. @internal */
export const asides = {
  drop: [
    (value: unknown) => Array.isArray(value) && value.every(isText),
    'an array of texts: table app.t, column app.t.c',
  ],
  keep: [(value: unknown) => value === 'schema' || value === 'suffix', 'one of schema, suffix'],
  kept: [isText, 'a text: kept_20260131'],
  ledger: [(value: unknown) => value === 'dbmate', 'dbmate'],
  counted: [
    (value: unknown) => typeof value === 'object' && value !== null && Object.values(value).every(isCount),
    'numbers of rows by table, and of values by column',
  ],
} as const satisfies Record<string, Checked>

const own = {
  ...asides,
  baseline: [isText, 'the version of the baseline'],
  file: [isText, 'a text'],
  table: [isText, 'the name of a table'],
  schema: [isText, 'the name of a schema'],
} as const satisfies Record<string, Checked>

/** What stops it, as the review module has it. */
interface Stopped {
  readonly stops: readonly { readonly message: string; readonly help: string }[]
}

/** `kept_20260131`: the day in UTC. @internal */
export const keptToday = (now: Date): string => `kept_${now.toISOString().slice(0, 10).replaceAll('-', '')}`

/** Writes both scripts from two schemas. @internal */
export async function adoptScripts(chain: Snapshot, wanted: Snapshot, options: AdoptOptions): Promise<AdoptScripts> {
  mustBeRight(options, [], own)
  const {
    drop,
    keep = 'schema',
    kept = keptToday(new Date()),
    baseline,
    file = baseline,
    ledger,
    counted = {},
  } = options
  const { stops, ...scripts } = (await review()).squashAside({
    chain,
    wanted,
    drop,
    keep,
    kept,
    baseline,
    file,
    ledger: [options.schema ?? 'public', options.table ?? 'schema_migrations'],
    dbmate: ledger === 'dbmate',
    rows: counted,
  }) as AdoptScripts & Stopped
  refuseStopped(stops)
  return scripts
}

/** The statements that take what is dead out of a replay. @internal */
export async function dropsOf(chain: Snapshot, drop: readonly string[]): Promise<readonly string[]> {
  const { statements, stops } = (await review()).squashDrops({ chain, drop }) as Stopped & {
    readonly statements: readonly string[]
  }
  refuseStopped(stops)
  return statements
}

/** What is told of both scripts; they themselves are files. @internal */
export const toldOf = ({ commands, moves, uses }: AdoptScripts): Aside => ({ commands, moves, uses })

function refuseStopped(stops: Stopped['stops']): void {
  if (stops.length === 0) return
  const helps = [...new Set(stops.map(({ help }) => help))]
  throw failure(
    'squash-refused',
    `what is named cannot be put aside: ${stops.map(({ message }) => message).join('; ')}`,
    helps.join('; '),
  )
}
