// What a database holds besides its schema: rows, where sequences stand, which materialised views are filled. And what of a
// server pg_dump does not write: roles and settings.
import type { SquashPGlite } from './public.js'

/** A table with its rows, as the review module takes it. @internal */
export interface Table {
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly default?: string | null }[]
  readonly key: readonly number[]
  readonly identity: boolean
  readonly rows: readonly (readonly (string | null)[])[]
}

/** @internal */
export interface Contents {
  readonly tables: readonly Table[]
  readonly sequences: readonly { name: string; last: string; called: boolean; moved: boolean }[]
  readonly filled: readonly string[]
}

/** What there is on a server beside its schemas. @internal */
export interface Surroundings {
  readonly path: string
  readonly roles: readonly {
    name: string
    login: boolean
    inherits: boolean
    others: string | null
    comment: string | null
  }[]
  readonly memberships: readonly { role: string; member: string; with: readonly string[] }[]
  readonly settings: readonly { role: string | null; database: boolean; name: string; value: string }[]
  readonly largeObjects: number
  /** The database's comment. */
  readonly description: string | null
}

const ofUsers = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`

const relations = (kinds: string) =>
  `from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in (${kinds}) and ${ofUsers}`

const tables = `select format('%I.%I', n.nspname, c.relname) as name, n.nspname as schema, c.relname as table,
  exists (select from pg_attribute a where a.attrelid = c.oid and a.attidentity <> '' and not a.attisdropped) as identity,
  array(select quote_ident(a.attname) from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum) as columns,
  array(select coalesce(pg_get_expr(d.adbin, d.adrelid), '') from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum) as defaults,
  array(select quote_ident(a.attname) from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey::int2[])
    where i.indrelid = c.oid and i.indisprimary) as key
  ${relations("'r'")} order by 1`

interface Listed {
  name: string
  schema: string
  table: string
  identity: boolean
  columns: string[]
  defaults: string[]
  key: string[]
}

const sequences = `select format('%I.%I', n.nspname, c.relname) as name, s.seqstart::text as start
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_sequence s on s.seqrelid = c.oid where ${ofUsers} order by c.oid`

// Those that others read were made before them.
const filled = `select format('%I.%I', n.nspname, c.relname) as name ${relations("'m'")} and c.relispopulated order by c.oid`

const rowsOf = async <Row>(db: SquashPGlite, sql: string) => (await db.query(sql)).rows as Row[]

/**
 * Reads what is there. `ledger` is left out. Sequences come first: what a column's default gives is asked for as well, and to
 * ask changes them.
 * @internal
 */
export async function contentsOf(db: SquashPGlite, ledger: { schema: string; name: string }): Promise<Contents> {
  const stands = await rowsOf<{ name: string; start: string }>(db, sequences)
  const last = stands.map(
    ({ name, start }) =>
      `select '${name.replaceAll("'", "''")}' as name, last_value::text as last, is_called as called, is_called or last_value <> ${start} as moved from ${name}`,
  )
  const found = last.length > 0 ? await rowsOf<Contents['sequences'][number]>(db, last.join(' union all ')) : []
  const views = await rowsOf<{ name: string }>(db, filled)
  const listed = await rowsOf<Listed>(db, tables)
  const out: Table[] = []
  for (const table of listed.filter(({ schema, table }) => schema !== ledger.schema || table !== ledger.name))
    out.push(await tableOf(db, table))
  return { tables: out, sequences: found, filled: views.map(({ name }) => name) }
}

async function tableOf(db: SquashPGlite, { name, identity, columns, defaults, key }: Listed): Promise<Table> {
  const at = key.map((column) => columns.indexOf(column))
  const empty = { name, identity, key: at, columns: columns.map((column) => ({ name: column })), rows: [] }
  if (columns.length === 0) return empty
  // As its type writes it, which a cast need not do.
  const values = columns.map((column) => `case when ${column} is not null then format('%s', ${column}) end`)
  const rows = await rowsOf<{ row: (string | null)[] }>(
    db,
    `select array[${values.join(', ')}] as row from only ${name}`,
  )
  if (rows.length === 0) return empty
  const given = await Promise.all(defaults.map(async (text) => (text === '' ? null : valueOf(db, text))))
  return {
    ...empty,
    columns: columns.map((column, index) => ({ name: column, default: given[index] ?? null })),
    rows: rows.map(({ row }) => row),
  }
}

/** What a default gives now. One that cannot be asked for, gives nothing. */
async function valueOf(db: SquashPGlite, expression: string): Promise<string | null> {
  try {
    const [row] = await rowsOf<{ value: string | null }>(db, `select format('%s', ${expression}) as value`)
    return row?.value ?? null
  } catch {
    return null
  }
}

/** Reads what pg_dump does not write. @internal */
export async function surroundingsOf(db: SquashPGlite): Promise<Surroundings> {
  const [row] = await rowsOf<Surroundings>(
    db,
    `select current_setting('search_path') as path,
      (select count(*)::int from pg_largeobject_metadata) as "largeObjects",
      coalesce((select jsonb_agg(jsonb_build_object('name', r.rolname, 'login', r.rolcanlogin, 'inherits', r.rolinherit, 'comment', shobj_description(r.oid, 'pg_authid'),
        'others', nullif(concat_ws(' ', case when r.rolsuper then 'SUPERUSER' end, case when r.rolcreatedb then 'CREATEDB' end,
          case when r.rolcreaterole then 'CREATEROLE' end,
          case when r.rolbypassrls then 'BYPASSRLS' end, case when r.rolreplication then 'REPLICATION' end), '')
      ) order by r.oid) from pg_roles r where r.rolname !~ '^pg_'), '[]') as roles,
      coalesce((select jsonb_agg(jsonb_build_object('role', pg_get_userbyid(m.roleid), 'member', pg_get_userbyid(m.member),
        'with', array_remove(array[case when m.admin_option then 'ADMIN TRUE' end,
          case when m.inherit_option <> r.rolinherit then 'INHERIT ' || m.inherit_option end,
          case when not m.set_option then 'SET FALSE' end], null)) order by m.oid)
        from pg_auth_members m join pg_roles r on r.oid = m.member where m.roleid >= 16384 or m.member >= 16384), '[]') as memberships,
      coalesce((select jsonb_agg(jsonb_build_object('role', case when s.setrole <> 0 then pg_get_userbyid(s.setrole) end, 'database', s.setdatabase <> 0,
        'name', split_part(c, '=', 1), 'value', substr(c, strpos(c, '=') + 1)) order by s.setdatabase, s.setrole, c)
        from pg_db_role_setting s, unnest(s.setconfig) c
        where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))), '[]') as settings,
      (select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()) as description`,
  )
  return row!
}
