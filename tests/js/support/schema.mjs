// What is in a database, as lines of text that can be compared. Column order is left out: it is not drift.

const parts = {
  schema: `select n.nspname::text from n`,

  extension: `select format('%s in %s', e.extname, s.nspname) from pg_extension e join pg_namespace s on s.oid = e.extnamespace
    where e.extname <> 'plpgsql'`,

  relation: `select format('%s.%s kind=%s persistence=%s rls=%s/%s options=%s partition=%s of=%s bound=%s',
      n.nspname, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
      case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end,
      (select string_agg(i.inhparent::regclass::text, ',' order by i.inhseqno) from pg_inherits i where i.inhrelid = c.oid),
      pg_get_expr(c.relpartbound, c.oid))
    from pg_class c join n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and not own('pg_class', c.oid)`,

  column: `select format('%s.%s.%s %s collation=%s notnull=%s identity=%s generated=%s default=%s',
      n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
      case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end,
      a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
    from pg_attribute a join pg_class c on c.oid = a.attrelid join n on n.oid = c.relnamespace
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and not own('pg_class', c.oid)`,

  // Not-null constraints are the column's notnull.
  constraint: `select format('%s on %s: %s valid=%s', k.conname, coalesce(nullif(k.conrelid, 0)::regclass::text, k.contypid::regtype::text),
      pg_get_constraintdef(k.oid), k.convalidated)
    from pg_constraint k join n on n.oid = k.connamespace
    where k.contype not in ('n', 't') and not own('pg_class', k.conrelid) and not own('pg_constraint', k.oid)`,

  index: `select format('%s valid=%s ready=%s replica=%s', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready, i.indisreplident)
    from pg_index i join pg_class c on c.oid = i.indexrelid join n on n.oid = c.relnamespace where not own('pg_class', i.indrelid)`,

  view: `select format('%s.%s: %s', n.nspname, c.relname, pg_get_viewdef(c.oid)) from pg_class c join n on n.oid = c.relnamespace
    where c.relkind in ('v', 'm') and not own('pg_class', c.oid)`,

  function: `select case when p.prokind = 'a' then format('aggregate %s', p.oid::regprocedure) else pg_get_functiondef(p.oid) end
    from pg_proc p join n on n.oid = p.pronamespace where not own('pg_proc', p.oid)`,

  trigger: `select format('%s enabled=%s', pg_get_triggerdef(t.oid), t.tgenabled)
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join n on n.oid = c.relnamespace where not t.tgisinternal`,

  rule: `select pg_get_ruledef(r.oid) from pg_rewrite r join pg_class c on c.oid = r.ev_class join n on n.oid = c.relnamespace
    where r.rulename <> '_RETURN' and not own('pg_class', c.oid)`,

  policy: `select format('%s on %s.%s: %s %s to %s using %s check %s', policyname, schemaname, tablename, permissive, cmd, roles, qual, with_check)
    from pg_policies`,

  enum: `select format('%s: %s', e.enumtypid::regtype, string_agg(e.enumlabel, ', ' order by e.enumsortorder))
    from pg_enum e join pg_type t on t.oid = e.enumtypid join n on n.oid = t.typnamespace where not own('pg_type', t.oid) group by e.enumtypid`,

  domain: `select format('%s: %s notnull=%s default=%s', t.oid::regtype, format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault)
    from pg_type t join n on n.oid = t.typnamespace where t.typtype = 'd' and not own('pg_type', t.oid)`,

  sequence: `select format('%s.%s %s start=%s by=%s min=%s max=%s cycle=%s owner=%s', n.nspname, c.relname, s.seqtypid::regtype, s.seqstart,
      s.seqincrement, s.seqmin, s.seqmax, s.seqcycle,
      (select format('%s.%s', d.refobjid::regclass, a.attname) from pg_depend d
        join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')))
    from pg_sequence s join pg_class c on c.oid = s.seqrelid join n on n.oid = c.relnamespace where not own('pg_class', c.oid)`,

  statistics: `select pg_get_statisticsobjdef(s.oid) from pg_statistic_ext s join n on n.oid = s.stxnamespace`,

  publication: `select format('%s: %s', p.pubname, p.puballtables) from pg_publication p`,

  comment: `select format('%s %s: %s', i.type, i.identity, d.description)
    from pg_description d cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i
    where d.objoid >= 16384 and i.type <> 'extension' and not own_class(d.classoid, d.objoid)`,
}

/** Whether an object belongs to an extension. Written out where it is used: a snapshot creates nothing. */
const own = (classid, oid) =>
  `exists (select from pg_depend x where x.classid = ${classid} and x.objid = ${oid} and x.deptype = 'e')`

const query = Object.entries(parts)
  .map(([kind, sql]) => {
    const text = sql
      .replace(/own\('(\w+)', ([\w.]+)\)/g, (_, table, oid) => own(`'pg_catalog.${table}'::regclass`, oid))
      .replace(/own_class\(([\w.]+), ([\w.]+)\)/g, (_, table, oid) => own(table, oid))
    return `select '${kind}' as kind, line from (${text}) part (line)`
  })
  .join('\nunion all\n')

/**
 * Everything that is in a database, as sorted lines `kind: definition`. The ledger is left out.
 *
 * @param db anything with `query(sql)` that gives `{ rows }`
 */
export async function snapshot(db, { ledger = 'schema_migrations' } = {}) {
  // Names come out qualified whatever the caller's search_path is.
  const {
    rows: [{ before }],
  } = await db.query(`select current_setting('search_path') as before`)
  await db.query(`select set_config('search_path', '', false)`)
  const { rows } = await db.query(`
    with n as (select oid, nspname from pg_namespace
      where nspname not in ('pg_catalog', 'information_schema') and nspname not like 'pg\\_toast%' and nspname not like 'pg\\_temp%')
    ${query}`)
  await db.query(`select set_config('search_path', '${before.replaceAll("'", "''")}', false)`)
  return rows
    .map(({ kind, line }) => `${kind}: ${line}`)
    .filter((line) => !new RegExp(`^(relation|column|constraint|index): .*\\b${ledger}\\b`).test(line))
    .sort()
}

/** The columns of each table in their order, as a Map of table to names. */
export async function columnOrder(db) {
  const { rows } = await db.query(`
    select c.oid::regclass::text as table, array_agg(a.attname::text order by a.attnum) as columns
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
    group by c.oid`)
  return new Map(rows.map(({ table, columns }) => [table, columns]))
}

/** What is in one snapshot and not in the other. */
export function difference(left, right) {
  const count = (lines) => lines.reduce((counts, line) => counts.set(line, (counts.get(line) ?? 0) + 1), new Map())
  const missing = (lines, others) => {
    const rest = count(others)
    return lines.filter((line) => {
      const left = rest.get(line) ?? 0
      rest.set(line, left - 1)
      return left <= 0
    })
  }
  return { onlyLeft: missing(left, right), onlyRight: missing(right, left) }
}
