with
-- Names in what PostgreSQL spells out are qualified under an empty search_path, and other settings say how dates, bytes and
-- names are written. Everything below reads from this.
spelling as materialized (
  select s.name, s.value, pg_catalog.current_setting(s.name) as before from (values
    ('search_path', ''), ('timezone', 'UTC'), ('datestyle', 'ISO, MDY'), ('intervalstyle', 'postgres'), ('bytea_output', 'hex'),
    ('quote_all_identifiers', 'off'), ('standard_conforming_strings', 'on'), ('extra_float_digits', '1')
  ) s(name, value)
),
path as materialized (
  select pg_catalog.count(pg_catalog.set_config(s.name, s.value, true)) as path, pg_catalog.current_setting('server_version_num')::int as version from spelling s
),
-- What belongs to extensions.
member as materialized (select d.classid, d.objid from path, pg_catalog.pg_depend d where d.deptype = 'e'),
ns as materialized (
  select n.oid, n.nspname, pg_catalog.quote_ident(n.nspname) as name, n.nspowner, n.nspacl
  from path, pg_catalog.pg_namespace n
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select from member m where m.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and m.objid = n.oid)
    -- Where something was put aside.
    and not exists (
      select from pg_catalog.pg_class r
      where r.relnamespace = n.oid and r.relname = /*record*/'' and pg_catalog.obj_description(r.oid, 'pg_class') = /*its comment*/''
    )
),
everything as materialized (
  select c.*, c.oid::pg_catalog.regclass::text as name,
    pg_catalog.jsonb_build_array(n.nspname, c.relname) = any (/*ledgers*/array[]::pg_catalog.jsonb[]) or c.relname = any (/*usual*/array[]::pg_catalog.text[])
      -- One of ours, whatever it is called.
      or c.relkind in ('r', 'p') and array(
        select a.attname::pg_catalog.text from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      ) @> /*ours*/array[]::pg_catalog.text[] as is_ledger
  from ns n join pg_catalog.pg_class c on c.relnamespace = n.oid
  where not exists (select from member m where m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and m.objid = c.oid) and /*relations*/true
),
rel as materialized (
  select c.*,
    case c.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view' when 'm' then 'materialized view'
      when 'f' then 'foreign table' when 'S' then 'sequence' when 'c' then 'type' else 'index' end as kind
  from everything c
  where not c.is_ledger and not exists (
    select from pg_catalog.pg_depend d join everything l on l.oid = d.refobjid and l.is_ledger
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype in ('a', 'i')
  )
),
schema as materialized (
  select n.* from ns n
  where not exists (select from everything c where c.relnamespace = n.oid and c.is_ledger and c.relkind = 'r')
    or exists (select from rel c where c.relnamespace = n.oid and c.relkind <> 'i') or n.nspname = 'public'
),
-- Whoever owns most is the owner: what somebody else owns is named.
owner as materialized (
  select coalesce(
    (select relowner from rel where relkind <> 'i' group by relowner order by pg_catalog.count(*) desc, relowner limit 1),
    (select r.oid from pg_catalog.pg_roles r where r.rolname = current_user)
  ) as oid
  from path
),
func as materialized (
  select p.*, p.oid::pg_catalog.regprocedure::text as name,
    case p.prokind when 'a' then 'aggregate' when 'p' then 'procedure' else 'function' end as kind
  from ns n join pg_catalog.pg_proc p on p.pronamespace = n.oid
  where not exists (select from member m where m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and m.objid = p.oid)
    -- Made with a range type.
    and not exists (
      select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'i'
        and d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
    )
),
typ as materialized (
  select t.*, t.oid::pg_catalog.regtype::text as name, case t.typtype when 'd' then 'domain' else 'type' end as kind
  from ns n join pg_catalog.pg_type t on t.typnamespace = n.oid
  where t.typtype in ('d', 'e', 'r', 'b', 'p')
    and not exists (select from pg_catalog.pg_type e where e.typarray = t.oid)
    and not exists (select from member m where m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and m.objid = t.oid)
),
con as materialized (
  select k.*, coalesce(r.name, t.name) || '.' || pg_catalog.quote_ident(k.conname) as name
  from path, pg_catalog.pg_constraint k left join rel r on r.oid = k.conrelid left join typ t on t.oid = k.contypid
  where (r.oid is not null or t.oid is not null)
    and not exists (select from member m where m.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and m.objid = k.oid)
),
trg as materialized (
  select t.*, r.name || '.' || pg_catalog.quote_ident(t.tgname) as name
  from rel r join pg_catalog.pg_trigger t on t.tgrelid = r.oid where not t.tgisinternal
),
-- What bears privileges: its kind, name, owner, list, and the letter of its default.
granted as materialized (
  select r.kind, r.name, r.relowner as owner, r.relacl as acl,
    (case r.relkind when 'S' then 's' else 'r' end)::"char" as letter, r.relkind <> 'S' as always
  from rel r where r.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all select 'schema', s.name, s.nspowner, s.nspacl, 'n', false from schema s
  union all select f.kind, f.name, f.proowner, f.proacl, 'f', false from func f
  union all select t.kind, t.name, t.typowner, t.typacl, 'T', false from typ t
  union all select 'type', r.name, r.relowner, t.typacl, 'T', false from rel r join pg_catalog.pg_type t on t.oid = r.reltype where r.relkind = 'c'
  union all select 'foreign-data wrapper', pg_catalog.quote_ident(w.fdwname), w.fdwowner, w.fdwacl, 'F', false
    from path, pg_catalog.pg_foreign_data_wrapper w
    where not exists (select from member m where m.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass and m.objid = w.oid)
  union all select 'server', pg_catalog.quote_ident(s.srvname), s.srvowner, s.srvacl, 'S', false from path, pg_catalog.pg_foreign_server s
  union all select 'language', pg_catalog.quote_ident(l.lanname), l.lanowner, l.lanacl, 'l', false
    from path, pg_catalog.pg_language l
),
grantee as materialized (
  select g.kind, g.name, e.privilege_type || case when e.is_grantable then ' with grant option' else '' end as privilege,
    case e.grantee when 0 then 'public' when g.owner then '<owner>' else pg_catalog.pg_get_userbyid(e.grantee)::text end as to_whom,
    e.is_default
  from granted g, lateral (
    select grantee, privilege_type, is_grantable, false as is_default from pg_catalog.aclexplode(coalesce(g.acl, pg_catalog.acldefault(g.letter, g.owner)))
    union all
    select grantee, privilege_type, is_grantable, true from pg_catalog.aclexplode(pg_catalog.acldefault(g.letter, g.owner))
  ) e
),
-- Who has more than by default, or less.
deviation as materialized (
  select kind, name, to_whom, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'more', pg_catalog.jsonb_agg(privilege order by privilege) filter (where not is_default and not by_default),
    'less', pg_catalog.jsonb_agg(privilege order by privilege) filter (where is_default and not granted)
  )) as what
  from (
    select kind, name, to_whom, privilege, is_default,
      pg_catalog.bool_or(is_default) over w as by_default, pg_catalog.bool_or(not is_default) over w as granted
    from grantee window w as (partition by kind, name, to_whom, privilege)
  ) g
  where not (by_default and granted)
  group by kind, name, to_whom
),
database as materialized (select d.oid from path, pg_catalog.pg_database d where d.datname = pg_catalog.current_database()),
-- What may bear a comment.
commented as materialized (
  select 'pg_catalog.pg_namespace'::pg_catalog.regclass::oid as classid, s.oid as objid, 'schema' as kind, s.name from schema s
  union all select 'pg_catalog.pg_class'::pg_catalog.regclass, r.oid, r.kind, r.name from rel r
  union all select 'pg_catalog.pg_proc'::pg_catalog.regclass, f.oid, f.kind, f.name from func f
  union all select 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, t.kind, t.name from typ t
  union all select 'pg_catalog.pg_type'::pg_catalog.regclass, r.reltype, 'type', r.name from rel r where r.relkind = 'c'
  union all select 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, 'constraint', k.name from con k
  union all select 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid, 'trigger', t.name from trg t
  union all select 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid, 'policy', r.name || '.' || pg_catalog.quote_ident(p.polname) from rel r join pg_catalog.pg_policy p on p.polrelid = r.oid
  union all select 'pg_catalog.pg_rewrite'::pg_catalog.regclass, w.oid, 'rule', r.name || '.' || pg_catalog.quote_ident(w.rulename) from rel r join pg_catalog.pg_rewrite w on w.ev_class = r.oid
  union all select 'pg_catalog.pg_collation'::pg_catalog.regclass, c.oid, 'collation', n.name || '.' || pg_catalog.quote_ident(c.collname) from ns n join pg_catalog.pg_collation c on c.collnamespace = n.oid
  union all select 'pg_catalog.pg_conversion'::pg_catalog.regclass, c.oid, 'conversion', n.name || '.' || pg_catalog.quote_ident(c.conname) from ns n join pg_catalog.pg_conversion c on c.connamespace = n.oid
  union all select 'pg_catalog.pg_operator'::pg_catalog.regclass, o.oid, 'operator', o.oid::pg_catalog.regoperator::text from ns n join pg_catalog.pg_operator o on o.oprnamespace = n.oid
  union all select 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid, 'statistics', n.name || '.' || pg_catalog.quote_ident(s.stxname) from ns n join pg_catalog.pg_statistic_ext s on s.stxnamespace = n.oid
  union all select 'pg_catalog.pg_ts_config'::pg_catalog.regclass, c.oid, 'text search configuration', n.name || '.' || pg_catalog.quote_ident(c.cfgname) from ns n join pg_catalog.pg_ts_config c on c.cfgnamespace = n.oid
  union all select 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, d.oid, 'text search dictionary', n.name || '.' || pg_catalog.quote_ident(d.dictname) from ns n join pg_catalog.pg_ts_dict d on d.dictnamespace = n.oid
  union all select 'pg_catalog.pg_publication'::pg_catalog.regclass, p.oid, 'publication', pg_catalog.quote_ident(p.pubname) from path, pg_catalog.pg_publication p
  union all select 'pg_catalog.pg_event_trigger'::pg_catalog.regclass, e.oid, 'event trigger', pg_catalog.quote_ident(e.evtname) from path, pg_catalog.pg_event_trigger e
  union all select 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, s.oid, 'server', pg_catalog.quote_ident(s.srvname) from path, pg_catalog.pg_foreign_server s
  union all select c.* from (
    select 'pg_catalog.pg_cast'::pg_catalog.regclass as classid, c.oid as objid, 'cast', pg_catalog.format('%s as %s', c.castsource::pg_catalog.regtype, c.casttarget::pg_catalog.regtype)
    from path, pg_catalog.pg_cast c where c.oid >= 16384
    union all select 'pg_catalog.pg_transform'::pg_catalog.regclass, t.oid, 'transform', pg_catalog.format('%s for %s', t.trftype::pg_catalog.regtype, l.lanname)
    from path, pg_catalog.pg_transform t join pg_catalog.pg_language l on l.oid = t.trflang
    union all select 'pg_catalog.pg_language'::pg_catalog.regclass, l.oid, 'language', pg_catalog.quote_ident(l.lanname) from path, pg_catalog.pg_language l where l.lanispl
    union all select 'pg_catalog.pg_am'::pg_catalog.regclass, a.oid, 'access method', pg_catalog.quote_ident(a.amname) from path, pg_catalog.pg_am a where a.oid >= 16384
    union all select 'pg_catalog.pg_opfamily'::pg_catalog.regclass, f.oid, 'operator family', n.name || '.' || pg_catalog.quote_ident(f.opfname) || ' using ' || pg_catalog.quote_ident(a.amname)
    from ns n join pg_catalog.pg_opfamily f on f.opfnamespace = n.oid join pg_catalog.pg_am a on a.oid = f.opfmethod
    union all select 'pg_catalog.pg_opclass'::pg_catalog.regclass, o.oid, 'operator class', n.name || '.' || pg_catalog.quote_ident(o.opcname) || ' using ' || pg_catalog.quote_ident(a.amname)
    from ns n join pg_catalog.pg_opclass o on o.opcnamespace = n.oid join pg_catalog.pg_am a on a.oid = o.opcmethod
    union all select 'pg_catalog.pg_ts_parser'::pg_catalog.regclass, p.oid, 'text search parser', n.name || '.' || pg_catalog.quote_ident(p.prsname) from ns n join pg_catalog.pg_ts_parser p on p.prsnamespace = n.oid
    union all select 'pg_catalog.pg_ts_template'::pg_catalog.regclass, t.oid, 'text search template', n.name || '.' || pg_catalog.quote_ident(t.tmplname) from ns n join pg_catalog.pg_ts_template t on t.tmplnamespace = n.oid
    union all select 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, w.oid, 'foreign-data wrapper', pg_catalog.quote_ident(w.fdwname) from path, pg_catalog.pg_foreign_data_wrapper w
  ) c where not exists (select from member m where m.classid = c.classid and m.objid = c.objid)
  union all select 'pg_catalog.pg_subscription'::pg_catalog.regclass, s.oid, 'subscription', pg_catalog.quote_ident(s.subname)
    from database d, lateral (select s.oid, s.subname from pg_catalog.pg_subscription s where s.subdbid = d.oid) s
),
-- Security labels of all that may bear one.
labelled as materialized (
  select c.kind || ' ' || c.name as name, l.provider, l.label from commented c join pg_catalog.pg_seclabel l on l.classoid = c.classid and l.objoid = c.objid and l.objsubid = 0
  union all select 'column ' || r.name || '.' || pg_catalog.quote_ident(a.attname), l.provider, l.label
    from rel r join pg_catalog.pg_seclabel l on l.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and l.objoid = r.oid and l.objsubid > 0
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum = l.objsubid
  union all select 'database', l.provider, l.label
    from database d join pg_catalog.pg_shseclabel l on l.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass and l.objoid = d.oid
),
fact (kind, name, owner, data) as (

select 'schema', s.name, s.nspowner, '{}'::pg_catalog.jsonb from schema s

union all
select 'extension', pg_catalog.quote_ident(e.extname), null, pg_catalog.jsonb_build_object('schema', e.extnamespace::pg_catalog.regnamespace::text, 'version', e.extversion)
from path, pg_catalog.pg_extension e where e.extname <> 'plpgsql'

union all
select r.kind, r.name, r.relowner, pg_catalog.jsonb_build_object(
  'definition', case when r.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(r.oid) end,
  'uses', case when r.relkind in ('v', 'm') then (
    select pg_catalog.jsonb_agg(distinct d.refobjid::pg_catalog.regclass::text || '.' || pg_catalog.quote_ident(a.attname))
    from pg_catalog.pg_rewrite w join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where w.ev_class = r.oid and w.rulename = '_RETURN' and d.refobjsubid > 0
  ) end,
  'persistence', case r.relpersistence when 'u' then 'unlogged' end,
  'options', pg_catalog.to_jsonb(r.reloptions),
  'toast options', (select pg_catalog.to_jsonb(o.reloptions) from pg_catalog.pg_class o where o.oid = r.reltoastrelid),
  'without data', case when not r.relispopulated then true end,
  'access method', (select am.amname from pg_catalog.pg_am am where am.oid = r.relam and am.amname <> 'heap'),
  'of type', case when r.reloftype <> 0 then r.reloftype::pg_catalog.regtype::text end,
  'row security', case when r.relrowsecurity then true end,
  'row security forced', case when r.relforcerowsecurity then true end,
  'replica identity', case r.relreplident when 'f' then 'full' when 'n' then 'nothing'
    when 'i' then (select i.indexrelid::pg_catalog.regclass::text from pg_catalog.pg_index i where i.indrelid = r.oid and i.indisreplident) end,
  'partitioned by', case when r.relkind = 'p' then pg_catalog.pg_get_partkeydef(r.oid) end,
  'bound', pg_catalog.pg_get_expr(r.relpartbound, r.oid),
  -- Whether it may be one that a migration makes for the day on which it runs: the name has a date, and of when.
  'dated', case when r.relispartition then (
    select case when d.day between pg_catalog.to_char(pg_catalog.now() - '62 days'::pg_catalog.interval, 'YYYYMM') and pg_catalog.to_char(pg_catalog.now() + '400 days'::pg_catalog.interval, 'YYYYMMDD') then 'near'
      when d.day < pg_catalog.to_char(pg_catalog.now(), 'YYYYMMDD') then 'past' end
    from pg_catalog.translate(pg_catalog.substring(r.relname, '20[0-9]{2}[_-]*[01][0-9](?:[_-]*[0-3][0-9])?'), '_-', '') d(day)
  ) end,
  'inherits', (select pg_catalog.jsonb_agg(i.inhparent::pg_catalog.regclass::text order by i.inhseqno) from pg_catalog.pg_inherits i where i.inhrelid = r.oid),
  'being detached', case when r.relispartition then (select true from pg_catalog.pg_inherits i where i.inhrelid = r.oid and i.inhdetachpending) end,
  'clustered on', (select i.indexrelid::pg_catalog.regclass::text from pg_catalog.pg_index i where i.indrelid = r.oid and i.indisclustered),
  'server', (select pg_catalog.quote_ident(s.srvname) from pg_catalog.pg_foreign_table t join pg_catalog.pg_foreign_server s on s.oid = t.ftserver where t.ftrelid = r.oid),
  'server options digest', (select /*digest*/('foreign table ' || r.name || pg_catalog.chr(1) || pg_catalog.array_to_string(t.ftoptions, pg_catalog.chr(1)))/*digested*/ from pg_catalog.pg_foreign_table t where t.ftrelid = r.oid),
  'tablespace', (select pg_catalog.quote_ident(s.spcname) from pg_catalog.pg_tablespace s where s.oid = r.reltablespace)
)
from rel r where r.relkind in ('r', 'p', 'v', 'm', 'f', 'c')

union all
select 'column', r.name || '.' || pg_catalog.quote_ident(a.attname), null, pg_catalog.jsonb_build_object(
  'of', r.name,
  'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
  'collation', case when a.attcollation <> t.typcollation and a.attcollation <> 0 then a.attcollation::pg_catalog.regcollation::text end,
  'not null', case when a.attnotnull then coalesce((
    select pg_catalog.to_jsonb(pg_catalog.concat_ws(', ', case when not k.convalidated then 'not valid' end, case when k.connoinherit then 'no inherit' end))
    from pg_catalog.pg_constraint k where k.conrelid = r.oid and k.contype = 'n' and k.conkey[1] = a.attnum and (not k.convalidated or k.connoinherit)
  ), 'true') end,
  'not null constraint', (
    select pg_catalog.jsonb_build_object('name', pg_catalog.quote_ident(k.conname))
    from pg_catalog.pg_constraint k where k.conrelid = r.oid and k.contype = 'n' and k.conkey[1] = a.attnum
  ),
  'default', case when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
  'generated', case when a.attgenerated <> '' then
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) || case a.attgenerated when 's' then ' stored' else ' virtual' end end,
  'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
  'inherited', case when a.attinhcount > 0 then case when a.attislocal then 'and local' else 'only' end end,
  -- PGlite keeps a number of its own there since 0.5.17, another one in every database; ALTER TABLE neither sets nor resets it.
  'options', case when a.attoptions is not null then pg_catalog.to_jsonb(nullif(
    array(select o from pg_catalog.unnest(a.attoptions) o where not pg_catalog.starts_with(o, 'pg_attver=')), '{}')) end,
  'server options digest', /*digest*/('column ' || r.name || pg_catalog.chr(1) || a.attname || pg_catalog.chr(1) || pg_catalog.array_to_string(a.attfdwoptions, pg_catalog.chr(1)))/*digested*/,
  'storage', case when a.attstorage <> t.typstorage then
    case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end,
  'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
  'statistics target', case when coalesce(a.attstattarget, -1) >= 0 then a.attstattarget end,
  'position', case when r.relkind in ('r', 'p', 'f', 'c') then
    pg_catalog.row_number() over (partition by a.attrelid order by a.attnum) end
)
from rel r join pg_catalog.pg_attribute a on a.attrelid = r.oid join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where r.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and a.attnum > 0 and not a.attisdropped

union all
select 'constraint', k.name, null, pg_catalog.jsonb_build_object(
  'definition', pg_catalog.pg_get_constraintdef(k.oid),
  'inherited', case when k.coninhcount > 0 then case when k.conislocal then 'and local' else 'only' end end,
  'triggers', (
    select pg_catalog.jsonb_agg(distinct case t.tgenabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end)
    from pg_catalog.pg_trigger t where t.tgconstraint = k.oid and t.tgenabled <> 'O'
  ),
  'index', (
    select nullif(pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
      'invalid', case when not i.indisvalid then true end,
      'not ready', case when not i.indisready then true end,
      'options', pg_catalog.to_jsonb(c.reloptions),
      'name', case when c.relname <> k.conname then pg_catalog.quote_ident(c.relname) end,
      'tablespace', (select pg_catalog.quote_ident(s.spcname) from pg_catalog.pg_tablespace s where s.oid = c.reltablespace)
    )), '{}') from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
    where k.contype in ('p', 'u', 'x') and i.indexrelid = k.conindid
  )
)
from con k where k.contype in ('c', 'f', 'p', 'u', 'x')

union all
select 'index', i.indexrelid::pg_catalog.regclass::text, null, pg_catalog.jsonb_build_object(
  'definition', pg_catalog.pg_get_indexdef(i.indexrelid),
  'invalid', case when not i.indisvalid then true end,
  'not ready', case when not i.indisready then true end,
  'of', i.indrelid::pg_catalog.regclass::text,
  'inherits', (select h.inhparent::pg_catalog.regclass::text from pg_catalog.pg_inherits h where h.inhrelid = i.indexrelid),
  'tablespace', (select pg_catalog.quote_ident(s.spcname) from pg_catalog.pg_class c join pg_catalog.pg_tablespace s on s.oid = c.reltablespace where c.oid = i.indexrelid),
  'statistics target', (
    select pg_catalog.jsonb_object_agg(a.attnum, a.attstattarget) from pg_catalog.pg_attribute a
    where a.attrelid = i.indexrelid and coalesce(a.attstattarget, -1) >= 0
  )
)
from rel r join pg_catalog.pg_index i on i.indrelid = r.oid
where not exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))

union all
select 'sequence', r.name, r.relowner, pg_catalog.jsonb_build_object(
  'type', s.seqtypid::pg_catalog.regtype::text, 'start', s.seqstart::text, 'increment', s.seqincrement::text, 'minimum', s.seqmin::text,
  'maximum', s.seqmax::text, 'cache', s.seqcache::text, 'cycle', case when s.seqcycle then true end,
  'persistence', case r.relpersistence when 'u' then 'unlogged' end,
  'owned by', (
    select d.refobjid::pg_catalog.regclass::text || '.' || pg_catalog.quote_ident(a.attname)
    from pg_catalog.pg_depend d join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = r.oid and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype in ('a', 'i')
  )
)
from rel r join pg_catalog.pg_sequence s on s.seqrelid = r.oid

union all
select f.kind, f.name, f.proowner, case when f.prokind = 'a' then (
  select pg_catalog.jsonb_build_object(
    'returns', f.prorettype::pg_catalog.regtype::text, 'kind', a.aggkind, 'direct arguments', a.aggnumdirectargs,
    'parallel', f.proparallel, 'variadic', case when f.provariadic <> 0 then true end,
    'transition space', nullif(a.aggtransspace, 0), 'moving transition space', nullif(a.aggmtransspace, 0),
    'state function', a.aggtransfn::pg_catalog.regprocedure::text, 'state type', a.aggtranstype::pg_catalog.regtype::text,
    'final function', nullif(a.aggfinalfn, 0)::pg_catalog.regprocedure::text, 'final extra', a.aggfinalextra, 'final modify', a.aggfinalmodify,
    'combine function', nullif(a.aggcombinefn, 0)::pg_catalog.regprocedure::text,
    'serialise function', nullif(a.aggserialfn, 0)::pg_catalog.regprocedure::text, 'deserialise function', nullif(a.aggdeserialfn, 0)::pg_catalog.regprocedure::text,
    'moving state function', nullif(a.aggmtransfn, 0)::pg_catalog.regprocedure::text, 'moving inverse function', nullif(a.aggminvtransfn, 0)::pg_catalog.regprocedure::text,
    'moving final function', nullif(a.aggmfinalfn, 0)::pg_catalog.regprocedure::text, 'moving final extra', a.aggmfinalextra,
    'moving final modify', a.aggmfinalmodify, 'moving state type', nullif(a.aggmtranstype, 0)::pg_catalog.regtype::text,
    'sort operator', nullif(a.aggsortop, 0)::pg_catalog.regoperator::text, 'initial', a.agginitval, 'moving initial', a.aggminitval
  ) from pg_catalog.pg_aggregate a where a.aggfnoid = f.oid
) else pg_catalog.jsonb_build_object('definition', case when exists (
  select from pg_catalog.unnest(f.proconfig) c where pg_catalog.split_part(c, '=', 1) like '%.%'
) then (
  with recursive masked (place, text) as (
    select 0, pg_catalog.pg_get_functiondef(f.oid)
    union all
    -- As `simple_quote_literal` of ruleutils.c has it, with standard_conforming_strings on and off.
    select m.place + 1, case when c.name like '%.%' then pg_catalog.replace(
      pg_catalog.replace(m.text, c.before || c.value || '''', c.shown), c.before || pg_catalog.replace(c.value, pg_catalog.chr(92), pg_catalog.repeat(pg_catalog.chr(92), 2)) || '''', c.shown
    ) else m.text end
    from masked m, lateral (
      select s.name, pg_catalog.replace(s.value, '''', '''''') as value, pg_catalog.format(' SET %I TO ''', s.name) as before,
        pg_catalog.format(' SET %I TO digest %s', s.name, /*digest*/(s.name || '=' || s.value)/*digested*/) as shown
      from (
        select pg_catalog.split_part(c.config, '=', 1) as name, pg_catalog.substr(c.config, pg_catalog.strpos(c.config, '=') + 1) as value
        from (select f.proconfig[m.place + 1] collate pg_catalog."default" as config) c
      ) s
    ) c where m.place < pg_catalog.cardinality(f.proconfig)
  ) select text from masked order by place desc limit 1
) else pg_catalog.pg_get_functiondef(f.oid) end) end
from func f

union all
select 'trigger', t.name, null, pg_catalog.jsonb_build_object(
  'definition', pg_catalog.pg_get_triggerdef(t.oid),
  'enabled', case t.tgenabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end,
  'of parent', case when t.tgparentid <> 0 then true end
)
from trg t

union all
select 'rule', r.name || '.' || pg_catalog.quote_ident(w.rulename), null, pg_catalog.jsonb_build_object(
  'definition', pg_catalog.pg_get_ruledef(w.oid),
  'enabled', case w.ev_enabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end
)
from rel r join pg_catalog.pg_rewrite w on w.ev_class = r.oid where w.rulename <> '_RETURN'

union all
select 'policy', r.name || '.' || pg_catalog.quote_ident(p.polname), null, pg_catalog.jsonb_build_object(
  'for', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
  'restrictive', case when not p.polpermissive then true end,
  'to', (
    select pg_catalog.jsonb_agg(who order by who)
    from pg_catalog.unnest(p.polroles) o(oid), lateral (select case o.oid when 0 then 'public' else pg_catalog.pg_get_userbyid(o.oid)::text end) w(who)
  ),
  'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
)
from rel r join pg_catalog.pg_policy p on p.polrelid = r.oid

union all
select t.kind, t.name, t.typowner, case t.typtype
  when 'e' then pg_catalog.jsonb_build_object('labels', (select pg_catalog.jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid))
  when 'd' then pg_catalog.jsonb_build_object(
    'type', pg_catalog.format_type(t.typbasetype, t.typtypmod), 'not null', case when t.typnotnull then true end, 'default', t.typdefault,
    'collation', (select t.typcollation::pg_catalog.regcollation::text from pg_catalog.pg_type b where b.oid = t.typbasetype and b.typcollation <> t.typcollation)
  )
  when 'r' then (
    select pg_catalog.jsonb_build_object(
      'subtype', g.rngsubtype::pg_catalog.regtype::text, 'collation', nullif(g.rngcollation, 0)::pg_catalog.regcollation::text,
      'operator class', (select o.opcnamespace::pg_catalog.regnamespace::text || '.' || pg_catalog.quote_ident(o.opcname) from pg_catalog.pg_opclass o where o.oid = g.rngsubopc),
      'canonical', nullif(g.rngcanonical, 0)::pg_catalog.regprocedure::text, 'difference', nullif(g.rngsubdiff, 0)::pg_catalog.regprocedure::text,
      'multirange', g.rngmultitypid::pg_catalog.regtype::text
    ) from pg_catalog.pg_range g where g.rngtypid = t.oid
  )
  else pg_catalog.jsonb_build_object(
    'shell', case when not t.typisdefined then true end, 'input', nullif(t.typinput, 0)::pg_catalog.regproc::text, 'output', nullif(t.typoutput, 0)::pg_catalog.regproc::text,
    'default', t.typdefault, 'length', t.typlen, 'by value', t.typbyval, 'alignment', t.typalign, 'storage', t.typstorage, 'category', t.typcategory
  )
end
from typ t

union all
select 'collation', n.name || '.' || pg_catalog.quote_ident(c.collname), c.collowner, pg_catalog.jsonb_build_object(
  'provider', c.collprovider, 'deterministic', c.collisdeterministic, 'collate', c.collcollate, 'ctype', c.collctype,
  'locale', coalesce(pg_catalog.to_jsonb(c) ->> 'colllocale', pg_catalog.to_jsonb(c) ->> 'colliculocale'), 'rules', pg_catalog.to_jsonb(c) ->> 'collicurules'
)
from ns n join pg_catalog.pg_collation c on c.collnamespace = n.oid
where not exists (select from member m where m.classid = 'pg_catalog.pg_collation'::pg_catalog.regclass and m.objid = c.oid)

union all
select 'conversion', n.name || '.' || pg_catalog.quote_ident(c.conname), c.conowner, pg_catalog.jsonb_build_object(
  'from', pg_catalog.pg_encoding_to_char(c.conforencoding), 'to', pg_catalog.pg_encoding_to_char(c.contoencoding), 'function', c.conproc::pg_catalog.regproc::text,
  'default', c.condefault
)
from ns n join pg_catalog.pg_conversion c on c.connamespace = n.oid
where not exists (select from member m where m.classid = 'pg_catalog.pg_conversion'::pg_catalog.regclass and m.objid = c.oid)

union all
select 'operator', o.oid::pg_catalog.regoperator::text, o.oprowner, pg_catalog.jsonb_build_object(
  'function', nullif(o.oprcode, 0)::pg_catalog.regprocedure::text, 'result', o.oprresult::pg_catalog.regtype::text, 'commutator', nullif(o.oprcom, 0)::pg_catalog.regoperator::text,
  'negator', nullif(o.oprnegate, 0)::pg_catalog.regoperator::text, 'restrict', nullif(o.oprrest, 0)::pg_catalog.regproc::text, 'join', nullif(o.oprjoin, 0)::pg_catalog.regproc::text,
  'hashes', o.oprcanhash, 'merges', o.oprcanmerge
)
from ns n join pg_catalog.pg_operator o on o.oprnamespace = n.oid
where not exists (select from member m where m.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass and m.objid = o.oid)

union all
select 'operator family', n.name || '.' || pg_catalog.quote_ident(f.opfname) || ' using ' || pg_catalog.quote_ident(am.amname), f.opfowner, pg_catalog.jsonb_build_object(
  'operators', (
    select pg_catalog.jsonb_agg(array[o.amopstrategy::text, o.amopopr::pg_catalog.regoperator::text, o.amoppurpose::text] order by o.amopopr::pg_catalog.regoperator::text, o.amopstrategy)
    from pg_catalog.pg_amop o where o.amopfamily = f.oid
  ),
  'functions', (
    select pg_catalog.jsonb_agg(array[p.amprocnum::text, p.amproclefttype::pg_catalog.regtype::text, p.amprocrighttype::pg_catalog.regtype::text, p.amproc::pg_catalog.regprocedure::text]
      order by p.amprocnum, p.amproclefttype::pg_catalog.regtype::text, p.amprocrighttype::pg_catalog.regtype::text)
    from pg_catalog.pg_amproc p where p.amprocfamily = f.oid
  )
)
from ns n join pg_catalog.pg_opfamily f on f.opfnamespace = n.oid join pg_catalog.pg_am am on am.oid = f.opfmethod
where not exists (select from member m where m.classid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass and m.objid = f.oid)

union all
select 'operator class', n.name || '.' || pg_catalog.quote_ident(o.opcname) || ' using ' || pg_catalog.quote_ident(am.amname), o.opcowner, pg_catalog.jsonb_build_object(
  'type', o.opcintype::pg_catalog.regtype::text, 'default', o.opcdefault, 'storage', nullif(o.opckeytype, 0)::pg_catalog.regtype::text,
  'family', (select f.opfnamespace::pg_catalog.regnamespace::text || '.' || pg_catalog.quote_ident(f.opfname) from pg_catalog.pg_opfamily f where f.oid = o.opcfamily)
)
from ns n join pg_catalog.pg_opclass o on o.opcnamespace = n.oid join pg_catalog.pg_am am on am.oid = o.opcmethod
where not exists (select from member m where m.classid = 'pg_catalog.pg_opclass'::pg_catalog.regclass and m.objid = o.oid)

union all
select 'cast', pg_catalog.format('%s as %s', c.castsource::pg_catalog.regtype, c.casttarget::pg_catalog.regtype), null, pg_catalog.jsonb_build_object(
  'function', nullif(c.castfunc, 0)::pg_catalog.regprocedure::text, 'method', c.castmethod, 'context', c.castcontext
)
from path, pg_catalog.pg_cast c
where c.oid >= 16384 and not exists (
  -- An extension's, or one that came with a range type.
  select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass and d.objid = c.oid and d.deptype in ('e', 'i')
)

union all
select 'transform', pg_catalog.format('%s for %s', t.trftype::pg_catalog.regtype, l.lanname), null, pg_catalog.jsonb_build_object(
  'from', nullif(t.trffromsql, 0)::pg_catalog.regprocedure::text, 'to', nullif(t.trftosql, 0)::pg_catalog.regprocedure::text
)
from path, pg_catalog.pg_transform t join pg_catalog.pg_language l on l.oid = t.trflang
where not exists (select from member m where m.classid = 'pg_catalog.pg_transform'::pg_catalog.regclass and m.objid = t.oid)

union all
select 'language', pg_catalog.quote_ident(l.lanname), l.lanowner, pg_catalog.jsonb_build_object(
  'trusted', l.lanpltrusted, 'handler', nullif(l.lanplcallfoid, 0)::pg_catalog.regproc::text, 'inline', nullif(l.laninline, 0)::pg_catalog.regproc::text,
  'validator', nullif(l.lanvalidator, 0)::pg_catalog.regproc::text
)
from path, pg_catalog.pg_language l
where l.lanispl and l.lanname <> 'plpgsql' and not exists (select from member m where m.classid = 'pg_catalog.pg_language'::pg_catalog.regclass and m.objid = l.oid)

union all
select 'access method', pg_catalog.quote_ident(a.amname), null, pg_catalog.jsonb_build_object('handler', a.amhandler::pg_catalog.regproc::text, 'type', a.amtype)
from path, pg_catalog.pg_am a
where a.oid >= 16384 and not exists (select from member m where m.classid = 'pg_catalog.pg_am'::pg_catalog.regclass and m.objid = a.oid)

union all
select 'statistics', n.name || '.' || pg_catalog.quote_ident(s.stxname), s.stxowner, pg_catalog.jsonb_build_object(
  'definition', pg_catalog.pg_get_statisticsobjdef(s.oid), 'statistics target', case when coalesce(s.stxstattarget, -1) >= 0 then s.stxstattarget end
)
from ns n join pg_catalog.pg_statistic_ext s on s.stxnamespace = n.oid

union all
select 'text search configuration', n.name || '.' || pg_catalog.quote_ident(c.cfgname), c.cfgowner, pg_catalog.jsonb_build_object(
  'parser', (select p.prsnamespace::pg_catalog.regnamespace::text || '.' || pg_catalog.quote_ident(p.prsname) from pg_catalog.pg_ts_parser p where p.oid = c.cfgparser),
  'mappings', (
    select pg_catalog.jsonb_object_agg(m.alias, m.dictionaries) from (
      select t.alias, pg_catalog.jsonb_agg(m.mapdict::pg_catalog.regdictionary::text order by m.mapseqno) as dictionaries
      from pg_catalog.pg_ts_config_map m join lateral pg_catalog.ts_token_type(c.cfgparser) t on t.tokid = m.maptokentype
      where m.mapcfg = c.oid group by t.alias
    ) m
  )
)
from ns n join pg_catalog.pg_ts_config c on c.cfgnamespace = n.oid
where not exists (select from member m where m.classid = 'pg_catalog.pg_ts_config'::pg_catalog.regclass and m.objid = c.oid)

union all
select 'text search dictionary', n.name || '.' || pg_catalog.quote_ident(d.dictname), d.dictowner, pg_catalog.jsonb_build_object(
  'template', (select t.tmplnamespace::pg_catalog.regnamespace::text || '.' || pg_catalog.quote_ident(t.tmplname) from pg_catalog.pg_ts_template t where t.oid = d.dicttemplate),
  'options', d.dictinitoption
)
from ns n join pg_catalog.pg_ts_dict d on d.dictnamespace = n.oid
where not exists (select from member m where m.classid = 'pg_catalog.pg_ts_dict'::pg_catalog.regclass and m.objid = d.oid)

union all
select 'text search parser', n.name || '.' || pg_catalog.quote_ident(p.prsname), null, pg_catalog.jsonb_build_object(
  'start', p.prsstart::pg_catalog.regproc::text, 'token', p.prstoken::pg_catalog.regproc::text, 'end', p.prsend::pg_catalog.regproc::text, 'types', p.prslextype::pg_catalog.regproc::text,
  'headline', nullif(p.prsheadline, 0)::pg_catalog.regproc::text
)
from ns n join pg_catalog.pg_ts_parser p on p.prsnamespace = n.oid
where not exists (select from member m where m.classid = 'pg_catalog.pg_ts_parser'::pg_catalog.regclass and m.objid = p.oid)

union all
select 'text search template', n.name || '.' || pg_catalog.quote_ident(t.tmplname), null, pg_catalog.jsonb_build_object(
  'init', nullif(t.tmplinit, 0)::pg_catalog.regproc::text, 'lexize', t.tmpllexize::pg_catalog.regproc::text
)
from ns n join pg_catalog.pg_ts_template t on t.tmplnamespace = n.oid
where not exists (select from member m where m.classid = 'pg_catalog.pg_ts_template'::pg_catalog.regclass and m.objid = t.oid)

union all
select 'publication', pg_catalog.quote_ident(p.pubname), p.pubowner, pg_catalog.jsonb_build_object(
  'all tables', case when p.puballtables then true end,
  'insert', p.pubinsert, 'update', p.pubupdate, 'delete', p.pubdelete, 'truncate', p.pubtruncate,
  'via root', case when p.pubviaroot then true end,
  'generated columns', nullif(pg_catalog.to_jsonb(p) ->> 'pubgencols', 'n'),
  'schemas', (
    select pg_catalog.jsonb_agg(s.pnnspid::pg_catalog.regnamespace::text order by s.pnnspid::pg_catalog.regnamespace::text)
    from pg_catalog.pg_publication_namespace s where s.pnpubid = p.oid
  ),
  'tables', (
    select pg_catalog.jsonb_object_agg(t.prrelid::pg_catalog.regclass::text, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
      'columns', (
        select pg_catalog.jsonb_agg(a.attname order by a.attname) from pg_catalog.pg_attribute a where a.attrelid = t.prrelid and a.attnum = any (t.prattrs)
      ),
      'where', pg_catalog.pg_get_expr(t.prqual, t.prrelid)
    ))) from pg_catalog.pg_publication_rel t where t.prpubid = p.oid
  )
)
from path, pg_catalog.pg_publication p

union all
select 'subscription', pg_catalog.quote_ident(s.subname), null, pg_catalog.jsonb_build_object('publications', pg_catalog.to_jsonb(s.subpublications), 'enabled', s.subenabled)
from database d, lateral (
  select s.subname, s.subpublications, s.subenabled from pg_catalog.pg_subscription s where s.subdbid = d.oid
) s

union all
select 'event trigger', pg_catalog.quote_ident(e.evtname), e.evtowner, pg_catalog.jsonb_build_object(
  'event', e.evtevent, 'function', e.evtfoid::pg_catalog.regprocedure::text, 'tags', pg_catalog.to_jsonb(e.evttags),
  'enabled', case e.evtenabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end
)
from path, pg_catalog.pg_event_trigger e
where not exists (select from member m where m.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass and m.objid = e.oid)

union all
select 'foreign-data wrapper', pg_catalog.quote_ident(w.fdwname), w.fdwowner, pg_catalog.jsonb_build_object(
  'handler', nullif(w.fdwhandler, 0)::pg_catalog.regproc::text, 'validator', nullif(w.fdwvalidator, 0)::pg_catalog.regproc::text,
  'options digest', /*digest*/('wrapper ' || w.fdwname || pg_catalog.chr(1) || pg_catalog.array_to_string(w.fdwoptions, pg_catalog.chr(1)))/*digested*/
)
from path, pg_catalog.pg_foreign_data_wrapper w
where not exists (select from member m where m.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass and m.objid = w.oid)

union all
select 'server', pg_catalog.quote_ident(s.srvname), s.srvowner, pg_catalog.jsonb_build_object(
  'wrapper', (select pg_catalog.quote_ident(w.fdwname) from pg_catalog.pg_foreign_data_wrapper w where w.oid = s.srvfdw), 'type', s.srvtype, 'version', s.srvversion,
  'options digest', /*digest*/('server ' || s.srvname || pg_catalog.chr(1) || pg_catalog.array_to_string(s.srvoptions, pg_catalog.chr(1)))/*digested*/
)
from path, pg_catalog.pg_foreign_server s
where not exists (select from member m where m.classid = 'pg_catalog.pg_foreign_server'::pg_catalog.regclass and m.objid = s.oid)

union all
select 'user mapping', u.usename || ' at ' || pg_catalog.quote_ident(u.srvname), null, pg_catalog.jsonb_build_object(
  'options digest', /*digest*/('user mapping ' || u.usename || ' at ' || u.srvname || pg_catalog.chr(1) || pg_catalog.array_to_string(u.umoptions, pg_catalog.chr(1)))/*digested*/,
  -- As the view decides it.
  'hidden', case when not (
    case u.umuser when 0 then pg_catalog.pg_has_role(s.srvowner, 'USAGE')
      else u.usename = current_user and (pg_catalog.pg_has_role(s.srvowner, 'USAGE') or pg_catalog.has_server_privilege(s.oid, 'USAGE')) end
    or (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user)
  ) then true end
)
from path, pg_catalog.pg_user_mappings u join pg_catalog.pg_foreign_server s on s.oid = u.srvid

union all
select 'privileges', g.kind || ' ' || g.name, null, coalesce(d.all_of_them, '{}')
from granted g
left join (select kind, name, pg_catalog.jsonb_object_agg(to_whom, what) as all_of_them from deviation group by kind, name) d
  on d.kind = g.kind and d.name = g.name
where g.always or d.kind is not null

union all
select 'privileges', 'column ' || r.name || '.' || pg_catalog.quote_ident(a.attname), null, (
  select pg_catalog.jsonb_object_agg(who, what) from (
    select case e.grantee when 0 then 'public' when r.relowner then '<owner>' else pg_catalog.pg_get_userbyid(e.grantee)::text end as who,
      pg_catalog.jsonb_build_object('more', pg_catalog.jsonb_agg(e.privilege_type || case when e.is_grantable then ' with grant option' else '' end order by e.privilege_type)) as what
    from pg_catalog.aclexplode(a.attacl) e group by 1
  ) e
)
from rel r join pg_catalog.pg_attribute a on a.attrelid = r.oid where a.attacl is not null and a.attnum > 0 and not a.attisdropped and a.attacl <> '{}'

union all
select 'default privileges', pg_catalog.format('%s%s', case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
  when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end, (select ' in schema ' || n.name from ns n where n.oid = d.defaclnamespace)), null,
  pg_catalog.jsonb_object_agg(case d.defaclrole when (select oid from owner) then '<owner>' else pg_catalog.pg_get_userbyid(d.defaclrole)::text end, (
    select coalesce(pg_catalog.jsonb_agg(g order by g), '["none"]') from (
      select case e.grantee when 0 then 'public' when d.defaclrole then '<owner>' else pg_catalog.pg_get_userbyid(e.grantee)::text end || ': ' || e.privilege_type
        || case when e.is_grantable then ' with grant option' else '' end as g
      from pg_catalog.aclexplode(d.defaclacl) e
    ) e
  ))
from path, pg_catalog.pg_default_acl d
where d.defaclnamespace = 0 or exists (select from ns n where n.oid = d.defaclnamespace)
group by d.defaclobjtype, d.defaclnamespace

union all
select 'setting', case when s.setrole = 0 then '' else 'role ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(s.setrole)) || ' ' end
  || case when s.setdatabase = 0 then 'everywhere' else 'database' end, null,
  (
    select pg_catalog.jsonb_object_agg(c.name || case when c.own then ' digest' else '' end, case when c.own then /*digest*/(c.name || '=' || c.value)/*digested*/ else c.value end)
    from pg_catalog.unnest(s.setconfig) u(config), lateral (
      select pg_catalog.split_part(config, '=', 1) as name, pg_catalog.substr(config, pg_catalog.strpos(config, '=') + 1) as value, pg_catalog.split_part(config, '=', 1) like '%.%' as own
    ) c
  )
from path, pg_catalog.pg_db_role_setting s
where s.setdatabase in (0, (select d.oid from database d))

union all
-- Of what PostgreSQL itself has, where they are not as it was made.
select 'system privileges', c.name, null, (
  select pg_catalog.jsonb_object_agg(who, what) from (
    select case e.grantee when 0 then 'public' when c.owner then '<owner>' else pg_catalog.pg_get_userbyid(e.grantee)::text end as who,
      pg_catalog.jsonb_agg(e.privilege_type order by e.privilege_type) as what
    from pg_catalog.aclexplode(c.acl) e group by 1
  ) e
)
from (
  select 'function ' || p.oid::pg_catalog.regprocedure::text as name, p.proowner as owner, p.proacl as acl, p.oid, 'pg_catalog.pg_proc'::pg_catalog.regclass as classid
  from path, pg_catalog.pg_proc p where p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace and p.proacl is not null
  union all
  select 'relation ' || r.oid::pg_catalog.regclass::text, r.relowner, r.relacl, r.oid, 'pg_catalog.pg_class'::pg_catalog.regclass
  from path, pg_catalog.pg_class r where r.relnamespace = 'pg_catalog'::pg_catalog.regnamespace and r.relacl is not null
) c
where not exists (select from pg_catalog.pg_init_privs i where i.classoid = c.classid and i.objoid = c.oid and i.objsubid = 0 and i.initprivs = c.acl)
  and not exists (select from member m where m.classid = c.classid and m.objid = c.oid)

union all
select 'parameter', p.parname, null, (
  select pg_catalog.jsonb_object_agg(who, what) from (
    select case e.grantee when 0 then 'public' else pg_catalog.pg_get_userbyid(e.grantee)::text end as who, pg_catalog.jsonb_agg(e.privilege_type order by e.privilege_type) as what
    from pg_catalog.aclexplode(p.paracl) e group by 1
  ) e
)
from path, pg_catalog.pg_parameter_acl p

union all
select 'large objects', 'count', null, pg_catalog.jsonb_build_object('count', pg_catalog.count(*)) from path, pg_catalog.pg_largeobject_metadata having pg_catalog.count(*) > 0

union all
select 'comment', c.kind || ' ' || c.name, null, pg_catalog.jsonb_build_object('text', d.description)
from commented c join pg_catalog.pg_description d on d.classoid = c.classid and d.objoid = c.objid and d.objsubid = 0
where (c.kind, c.name, d.description) <> ('schema', 'public', 'standard public schema')

union all
-- Unless it came with the extension.
select 'comment', 'extension ' || pg_catalog.quote_ident(e.extname), null, pg_catalog.jsonb_build_object('text', pg_catalog.obj_description(e.oid, 'pg_extension'))
from path, pg_catalog.pg_extension e join pg_catalog.pg_available_extensions v on v.name = e.extname
where pg_catalog.obj_description(e.oid, 'pg_extension') is distinct from v.comment

union all
select 'comment', 'column ' || r.name || '.' || pg_catalog.quote_ident(a.attname), null, pg_catalog.jsonb_build_object('text', d.description)
from rel r join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objoid = r.oid and d.objsubid > 0
join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum = d.objsubid

union all
-- Those of initdb say nothing.
select 'comment', 'database', null, pg_catalog.jsonb_build_object('text', c.description)
from database d join pg_catalog.pg_shdescription c on c.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass and c.objoid = d.oid
where c.description not in ('default administrative connection database', 'default template for new databases', 'unmodifiable empty database')
  -- The mark of one that `create` or `dev` has made.
  and c.description not like 'made by counterfoil %' and c.description not like 'adopted by counterfoil %'

union all
select 'security label', l.name, null, pg_catalog.jsonb_object_agg(l.provider, l.label) from labelled l group by l.name
)
select kind, name, (pg_catalog.jsonb_strip_nulls(coalesce(data, '{}')) || case
  when owner is null then '{}' when owner = (select oid from owner) or pg_catalog.pg_get_userbyid(owner) = 'pg_database_owner' then '{"owner": "<owner>"}'
  else pg_catalog.jsonb_build_object('owner', pg_catalog.pg_get_userbyid(owner)) end)::text as data
from fact
union all
-- Last: whoever asks in a transaction finds the path as it was.
select 'server' || (select pg_catalog.left(pg_catalog.max(pg_catalog.set_config(s.name, s.before, true)), 0) from spelling s), '', pg_catalog.jsonb_build_object('version', version, 'owner', (
  select pg_catalog.pg_get_userbyid(o.oid) from owner o
), 'runner', coalesce((
  select pg_catalog.pg_get_userbyid(l.relowner) from everything l where l.is_ledger and l.relkind = 'r' order by l.name limit 1
), current_user), 'roles', (
  select pg_catalog.jsonb_agg(r.rolname order by r.rolname) from pg_catalog.pg_roles r where r.rolname !~ '^pg_'
), 'extensions', (
  select pg_catalog.jsonb_agg(pg_catalog.quote_ident(e.name) order by e.name) from pg_catalog.pg_available_extensions e
))::text from path
