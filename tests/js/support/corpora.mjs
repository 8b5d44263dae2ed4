// Real migration sets, where COUNTERFOIL_CORPORA says they are.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readMigrations } from 'counterfoil/node'

export const root = process.env.COUNTERFOIL_CORPORA

/** For `test(name, { skip }, …)`. */
export const skip = root ? false : 'skipped: COUNTERFOIL_CORPORA is not set'

/** Every set that can be applied: what to expect comes from the README beside the sets. */
export const corpora = [
  { name: 'lobu-pre908', convention: 'dbmate', files: 82, pgvector: true },
  { name: 'lobu-baseline908', convention: 'dbmate', files: 1, pgvector: true },
  { name: 'openmeter', convention: 'golang-migrate', files: 269 },
  { name: 'hatchet', convention: 'goose', files: 224 },
  { name: 'goalert', convention: 'sql-migrate', files: 280 },
  { name: 'langfuse', convention: 'prisma', files: 434 },
  { name: 'sim', convention: 'drizzle', files: 298, pgvector: true },
  { name: 'marquez', convention: 'flyway', files: 84 },
  { name: 'supabase-storage-tenant', convention: 'plain', files: 63, session: true },
  { name: 'supabase-storage-multitenant', convention: 'plain', files: 28, session: true },
]

/** What the supabase-storage sets want to find in the session. */
export const sessionSettings = `set storage.multitenant = 'true'; set storage.iceberg_shards = '{}'; set storage.iceberg_default_shard = '';`

/** A set as a user reads it. */
export function readCorpus(name, folder = 'migrations') {
  return readMigrations(join(root, name, folder))
}

/** The statements of each file, cut by PostgreSQL's own parser; `notx`: the file is not for a transaction. */
export function parsedStatements(name) {
  return lines(join(root, name, 'splits.jsonl')).map(({ id, bounds, notx }) => {
    const text = upSection(readFileSync(join(root, name, 'migrations', id)))
    return {
      id,
      notx,
      text: text.toString(),
      statements: bounds.map(([start, length]) => text.subarray(start, start + length).toString()),
    }
  })
}

/** From the line of the up marker to that of the down marker, where there are any: what the offsets of splits.jsonl count from. */
function upSection(bytes) {
  const text = bytes.toString('latin1')
  const up = /^-- *(migrate:up|\+goose Up|\+migrate Up)/m.exec(text)?.index ?? 0
  const down = /^-- *(migrate:down|\+goose Down|\+migrate Down)/m.exec(text)?.index
  return bytes.subarray(up, down > up ? down : undefined)
}

/** The lines of a JSON Lines file, read. */
export function lines(path) {
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** The files of {@link parsedStatements} in the order in which the set's own tool applies them. */
export function inOrder({ name, convention }, files) {
  if (convention === 'drizzle') {
    const { entries } = JSON.parse(readFileSync(join(root, name, 'migrations/meta/_journal.json'), 'utf8'))
    return entries.map(({ tag }) => files.find(({ id }) => id === `${tag}.sql`))
  }
  if (convention === 'prisma') return [...files].sort((a, b) => (a.id < b.id ? -1 : 1))
  const numbers = (id) =>
    (convention === 'flyway' ? (/^V([\d.]+)__/.exec(id)?.[1].split('.') ?? ['999999']) : [/^\d+/.exec(id)[0]]).map(
      BigInt,
    )
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
  return [...files].sort((a, b) => {
    const [left, right] = [numbers(a.id), numbers(b.id)]
    for (let part = 0; part < Math.max(left.length, right.length); part++) {
      const order = compare(left[part] ?? 0n, right[part] ?? 0n)
      if (order) return order
    }
    return compare(a.id, b.id)
  })
}

/**
 * Applies a set without Counterfoil, statement by statement as PostgreSQL's parser cuts them: each file in a
 * transaction, or where it cannot run in one, without. What the database is then is what Counterfoil has to reach.
 *
 * @param exec runs one statement on one session
 */
export async function applyPlainly(corpus, exec, { without = [] } = {}) {
  const refused = []
  for (const { id, notx, statements } of inOrder(corpus, parsedStatements(corpus.name))) {
    if (without.includes(id)) continue
    await exec('reset all')
    if (corpus.session) for (const set of sessionSettings.split(';').filter((text) => text.trim())) await exec(set)
    try {
      if (!notx) await exec('begin')
      for (const statement of statements) await exec(statement)
      if (!notx) await exec('commit')
    } catch (error) {
      if (!notx) await exec('rollback')
      // "cannot run inside a transaction block"
      if (error.code === '25001') for (const statement of statements) await exec(statement)
      else refused.push({ id, error })
    }
  }
  await exec('reset all')
  return refused
}
