// The proof of a baseline: what it makes against what the chain makes.
import { diffSchemas } from '../schema/read.js'
import type { SchemaDifference, Snapshot } from '../schema/public.js'
import { failure } from '../shared/errors.js'
import { first } from '../shared/first.js'
import { review } from '../wasm/review.js'
import { coreNow } from '../wasm/start.js'
import { translated } from '../wasm/translated.js'
import type { Contents, Surroundings } from './contents.js'
import type { SquashProof } from './public.js'
import type { Replayed } from './replay.js'

/**
 * What belongs to the whole server is a note where databases are compared, and so are owners; a chain and its baseline must
 * agree in them.
 */
const ofServer = ['setting', 'parameter', 'user mapping', 'large objects']

/** The tools that had a part in it. @internal */
export function toolsOf(dump: string | undefined, { server }: Snapshot): Record<string, string> {
  const [, pgDump] = /^-- Dumped by pg_dump version (.+)$/m.exec(dump ?? '') ?? []
  const postgres = `${Math.floor(server.version / 10_000)}.${server.version % 10_000}`
  return { postgres, ...(pgDump !== undefined && { pg_dump: pgDump.trim() }) }
}

/** Compares. `rows`: whether rows are compared, too. @internal */
export async function compared(
  tools: Record<string, string>,
  chain: Pick<Replayed, 'schema' | 'after'> & { contents: Contents; again: Contents },
  baseline: Replayed,
  rows: boolean,
): Promise<SquashProof> {
  const { differences, notes, notCompared } = await diffSchemas(chain.schema, baseline.schema)
  const counts = ({ kind, properties }: SchemaDifference) =>
    ofServer.includes(kind) || properties?.some(({ property }) => property === 'owner') === true
  const { contents, again } = chain
  const { rowDifferences } = await review()
  return {
    tools,
    facts: chain.schema.facts.length,
    rows: rows ? contents.tables.reduce((sum, { rows }) => sum + rows.length, 0) : 0,
    differences: [...differences, ...notes.filter(counts), ...membershipsThatDiffer(chain.after, baseline.after)],
    rowDifferences: rows
      ? (rowDifferences({ chain: contents, again, baseline: await baseline.contents() }) as string[])
      : [],
    notes: notes.filter((note) => !counts(note)),
    notCompared,
    snapshot: translated(() => coreNow().checksum(JSON.stringify(chain.schema))),
  }
}

/** Who is a member of which role, and with what. */
function membershipsThatDiffer(chain: Surroundings, baseline: Surroundings): SchemaDifference[] {
  const named = ({ memberships }: Surroundings) =>
    new Map(memberships.map(({ role, member, with: how }) => [`${member} in ${role}`, how.join(', ')]))
  const [expected, actual] = [named(chain), named(baseline)]
  const told = (how: string) => how || 'nothing more'
  return [...new Set([...expected.keys(), ...actual.keys()])].flatMap((name): SchemaDifference[] => {
    const [wanted, there] = [expected.get(name), actual.get(name)]
    if (wanted === there) return []
    const change = there === undefined ? 'missing' : wanted === undefined ? 'extra' : 'changed'
    const said = {
      missing: 'is not there',
      extra: 'is there, and not expected',
      changed: `has ${told(there ?? '')}, expected ${told(wanted ?? '')}`,
    }[change]
    return [{ kind: 'membership', name, change, message: `membership ${name}: ${said}` }]
  })
}

/** @throws MigrationError `squash-differs` if it is no proof @internal */
export function provedOr({ differences, rowDifferences, notCompared }: SquashProof): void {
  const all = [
    ...differences.map(({ message }) => message),
    ...rowDifferences,
    ...notCompared.map((what) => `not compared: ${what}`),
  ]
  if (all.length === 0) return
  throw failure(
    'squash-differs',
    `the baseline does not make what the chain makes: ${first(all)}`,
    'nothing was written: squash up to the migration before the one that makes this, or write that part by hand and prove it with `proveSquash` (`squash --prove` of the command)',
  )
}
