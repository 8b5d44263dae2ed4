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
 * those back as flat ones. A partition's default of NULL is none.
 */
export function flat(text) {
  const open = [[]]
  for (const part of text
    .replaceAll(/ DEFAULT NULL(?:::[\w ]+?)?(?=,?$| CONSTRAINT| NOT NULL)/gm, '')
    .split(/([()])/)) {
    if (part === '(') open.push([])
    else if (part === ')' && open.length > 1) open.at(-2).push(lists(open.pop()))
    else if (part !== '') open.at(-1).push(part)
  }
  return open.map(written).join('(')
}

/** The word that joins the parts of a list, if it is a list of AND or OR. */
const joinOf = (parts) => {
  const words = new Set(parts.filter((_, index) => index % 2 === 1))
  const groups = parts.every((part, index) => Array.isArray(part) === (index % 2 === 0))
  return groups && words.size === 1 ? [' AND ', ' OR '].find((word) => words.has(word)) : undefined
}

const lists = (parts) => {
  const word = joinOf(parts)
  return word ? parts.flatMap((part) => (Array.isArray(part) && joinOf(part) === word ? part : [part])) : parts
}

const written = (parts) => parts.map((part) => (Array.isArray(part) ? `(${written(part)})` : part)).join('')

/** What differs as `@supabase/pg-delta` sees it. */
export async function deltas(chain, baseline, ledger = 'schema_migrations') {
  const facts = async (db) => (await extract(pool(db))).factBase
  const found = diff(await facts(chain), await facts(baseline))
  const same = ({ from, to }) => typeof from === 'string' && typeof to === 'string' && flat(from) === flat(to)
  return found
    .filter((delta) => !same(delta))
    .map((delta) => JSON.stringify(delta, plain))
    .filter((delta) => !delta.includes(ledger))
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
