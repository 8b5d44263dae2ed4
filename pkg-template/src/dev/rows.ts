// Rows that no migration has put there: what is lost with them is somebody's.
import type { Connection, TextRow } from '../run/database.js'
import type { Driver } from '../run/driver.js'
import { literal } from '../shared/quote.js'
import type { LostRows } from './public.js'

/** A database that can be asked. @internal */
export interface Asked<Db extends object = object> {
  readonly driver: Driver<Db>
  readonly db: Db
}

/** A table with rows, or without. @internal */
export interface Table {
  readonly name: string
  readonly rows: number
  /** Row security may keep some of them from us. */
  readonly hidden: boolean
  /** Another one as soon as the table is made once more, or all of it is written once more. */
  readonly identity: string
  /** Each, whether its default gives something else each time, and its number, which no other column gets. */
  readonly columns: readonly (readonly [name: string, changing: boolean, number: number])[]
}

// Of partitioned tables the partitions have the rows. A temporary one is its session's.
const tables = (ledger: {
  schema: string
  name: string
}) => `select pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
  pg_catalog.row_security_active(c.oid)::pg_catalog.text as hidden, pg_catalog.format('%s %s', c.oid, c.relfilenode) as identity,
  coalesce((select pg_catalog.json_agg(pg_catalog.json_build_array(pg_catalog.quote_ident(a.attname),
      a.attidentity <> '' or (a.attgenerated = '' and coalesce(pg_catalog.regexp_replace(pg_catalog.pg_get_expr(d.adbin, d.adrelid),
        '''(?:[^'']|'''')*''|::[a-z_ ."]+[(][0-9, ]+[)]', '', 'gi') ~* '[(]|current_|localtime', false)), a.attnum) order by a.attnum)
    from pg_catalog.pg_attribute a left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]')::pg_catalog.text as columns
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not (n.nspname = ${literal(ledger.schema)} and c.relname = ${literal(ledger.name)})
    and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')`

const objects = 'large objects'

/** Asks, over a connection of its own. @internal */
export async function asking<Db extends object, T>(
  { driver, db }: Asked<Db>,
  work: (ask: (sql: string) => Promise<readonly TextRow[]>) => Promise<T>,
): Promise<T> {
  const connection: Connection = driver.connect(db)
  let failed = true
  try {
    const came = await work((sql) => connection.query(sql))
    failed = false
    return came
  } finally {
    connection.close?.(failed)
  }
}

/** All tables but the ledger. @internal */
export const tablesOf = <Db extends object>(
  of: Asked<Db>,
  ledger: { schema: string; name: string },
): Promise<Table[]> =>
  asking(of, async (ask) => {
    // A driver may take an answer without a row for a broken one.
    const all = await ask(`${tables(ledger)} union all select null, null, null, null`)
    const listed = all.filter(({ name }) => name !== null).sort((a, b) => (a['name']! < b['name']! ? -1 : 1))
    const counts = listed.map(
      ({ name }, at) =>
        `select ${at}::pg_catalog.text as at, pg_catalog.count(*)::pg_catalog.text as rows from only ${name}`,
    )
    const large = `select '-1' as at, pg_catalog.count(*)::pg_catalog.text as rows from pg_catalog.pg_largeobject_metadata`
    const counted = new Map(
      (await ask([large, ...counts].join(' union all '))).map(({ at, rows }) => [at, Number(rows)]),
    )
    const found = listed.map(({ name, hidden, identity, columns }, at) => ({
      name: name!,
      rows: counted.get(String(at)) ?? 0,
      hidden: hidden === 'true',
      identity: identity!,
      columns: JSON.parse(columns!) as [string, boolean, number][],
    }))
    const rest = counted.get('-1') ?? 0
    return rest > 0 ? [...found, { name: objects, rows: rest, hidden: false, identity: objects, columns: [] }] : found
  })

/**
 * The rows that no migration has put there. `made`: a database that nothing but the migrations has filled; without it all of them. @internal
 */
export async function rowsOfOthers<Db extends object, Made extends object>(
  mine: Asked<Db> & { readonly tables: readonly Table[] },
  made: (Asked<Made> & { readonly tables: readonly Table[] }) | undefined,
): Promise<LostRows[]> {
  const lost: LostRows[] = []
  for (const table of mine.tables) {
    const own = made?.tables.find(({ name }) => name === table.name)
    if (table.hidden) lost.push({ table: table.name })
    else if (table.rows > (own?.rows ?? 0)) lost.push({ table: table.name, rows: table.rows - (own?.rows ?? 0) })
    else if (table.rows > 0 && made && own) {
      // Who has changed one of them has made it theirs.
      const columns = stableOf(table, own)
      const known = await sums(made, table.name, columns)
      let rows = 0
      for (const [sum, count] of await sums(mine, table.name, columns))
        rows += Math.max(0, count - (known.get(sum) ?? 0))
      if (rows > 0) lost.push({ table: table.name, rows })
    }
  }
  return lost
}

/** The columns whose values are the same each time the migrations run. */
const stableOf = (table: Table, own: Table): string[] =>
  table.columns.flatMap(([name, changing]) =>
    !changing && own.columns.some(([other, also]) => other === name && !also) ? [name] : [],
  )

/** How often each row is there. */
async function sums<Db extends object>(
  of: Asked<Db>,
  table: string,
  columns: readonly string[],
): Promise<Map<string | null, number>> {
  const row = `row(${columns.map((name) => `t.${name}`).join(', ')})`
  const found = await asking(of, (ask) =>
    ask(
      `select pg_catalog.md5(${columns.length > 0 ? `${row}::pg_catalog.text` : "''"}) as sum, pg_catalog.count(*)::pg_catalog.text as rows from only ${table} t group by 1`,
    ),
  )
  return new Map(found.map(({ sum, rows }) => [sum ?? null, Number(rows)]))
}

/** Rows in words. @internal */
export const rowsInWords = (lost: readonly LostRows[]): string =>
  lost
    .map(({ table, rows }) =>
      table === objects
        ? `${rows} ${objects}`
        : `${table} (${rows === undefined ? 'row security hides how many' : rows === 1 ? '1 row' : `${rows} rows`})`,
    )
    .join(', ')
