// Squashes, carried out and judged by others.
import { pgDump } from '@electric-sql/pglite-tools/pg_dump'
import { diff, extract } from '@supabase/pg-delta'

/** The set as it is after the squash. */
export function squashed(files, { files: written, moves }) {
  const gone = new Set(moves.map(({ path }) => path))
  const left = Object.entries(files).filter(([path]) => !gone.has(path))
  return { ...Object.fromEntries(left), ...Object.fromEntries(written.map(({ path, text }) => [path, text])) }
}

/**
 * A definition in one spelling: PostgreSQL writes `between` and comparisons of rows as nested lists of AND and OR, and reads
 * those back as flat ones.
 */
export function flat(text) {
  for (let before; before !== text;) {
    before = text
    text = text.replace(
      /\(\(((?:\([^()]*\)|\((?:[^()]|\([^()]*\))*\))(?: (AND|OR) (?:\([^()]*\)|\((?:[^()]|\([^()]*\))*\)))+)\) \2 /g,
      '($1 $2 ',
    )
  }
  // A partition's default of NULL is none.
  return text.replaceAll(/ DEFAULT NULL::[\w ]+(?=,?$| NOT NULL)/gm, '')
}

/** What differs as `@supabase/pg-delta` sees it. */
export async function deltas(chain, baseline, ledger = 'schema_migrations') {
  const facts = async (db) => (await extract(pool(db))).factBase
  const found = diff(await facts(chain), await facts(baseline)).map((delta) => JSON.stringify(delta, plain))
  return found.filter((delta) => !delta.includes(ledger))
}

const plain = (_, value) => (typeof value === 'bigint' ? `${value}` : value)

/** A PGlite as the pool of node-postgres that it asks for. */
function pool(db) {
  const client = {
    query: (text, values) => db.query(typeof text === 'string' ? text : text.text, values ?? text.values ?? []),
    release() {},
    on() {},
    off() {},
    removeListener() {},
  }
  return { ...client, connect: async () => client }
}

/** What pg_dump writes of a schema, in one spelling and without what stands in front. */
export async function dumpOf(db, ledger = 'schema_migrations') {
  const file = await pgDump({ pg: db, args: ['--schema-only', `--exclude-table=public.${ledger}`] })
  await db.exec('rollback')
  return flat(await file.text())
}
