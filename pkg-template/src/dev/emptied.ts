// A PGlite made as empty as it was at first, by the one who has it open: its data stays where it is kept, and the handle good. It is one
// transaction; what it cannot take away, it names, and then takes nothing.
import type { PGliteLike } from '../drivers/pglite-like.js'
import { failure } from '../shared/errors.js'

/** Everything that is made later than initdb has a number from 16384: FirstNormalObjectId. */
const first = 16384

const empties = `do $counterfoil$
declare
  it record;
  found bigint;
begin
  perform pg_catalog.set_config('search_path', 'pg_catalog', true);
  for it in select evtname as name from pg_event_trigger loop execute format('drop event trigger %I cascade', it.name); end loop;
  for it in select pubname as name from pg_publication loop execute format('drop publication %I cascade', it.name); end loop;
  for it in select extname as name from pg_extension where oid >= ${first} loop
    execute format('drop extension if exists %I cascade', it.name);
  end loop;
  for it in select fdwname as name from pg_foreign_data_wrapper loop execute format('drop foreign data wrapper if exists %I cascade', it.name); end loop;
  for it in select nspname as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
    execute format('drop schema if exists %I cascade', it.name);
  end loop;
  for it in select oid from pg_largeobject_metadata loop perform lo_unlink(it.oid); end loop;
  for it in select rolname as name from pg_roles where oid >= ${first} loop
    execute format('drop owned by %I cascade', it.name);
  end loop;
  for it in select rolname as name from pg_roles where oid >= ${first} loop execute format('drop role %I', it.name); end loop;
  for it in select r.rolname as name, s.setdatabase from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole loop
    if it.name is null then execute format('alter database %I reset all', current_database());
    elsif it.setdatabase = 0 then execute format('alter role %I reset all', it.name);
    else execute format('alter role %I in database %I reset all', it.name, current_database());
    end if;
  end loop;
  -- As initdb makes it.
  create schema public authorization pg_database_owner;
  grant usage on schema public to public;
  comment on schema public is 'standard public schema';
  for it in
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'oid'
    where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r'
  loop
    execute format('select count(*) from %I where oid >= ${first}', it.name)
      || case it.name when 'pg_namespace' then ' and nspname <> ''public'' and nspname !~ ''^pg_(toast_)?temp_''' else '' end into found;
    if found > 0 then raise exception 'left: % of %', found, it.name using errcode = 'P0CF0'; end if;
  end loop;
end
$counterfoil$`

/** Empties it. @throws MigrationError `unsupported`, and nothing has changed then @internal */
export async function emptied(db: PGliteLike): Promise<void> {
  try {
    await db.exec('discard temp')
    await db.exec(empties)
  } catch (cause) {
    throw failure(
      'unsupported',
      `the database could not be emptied: ${cause instanceof Error ? cause.message : String(cause)}`,
      'nothing was taken away; delete the database, and open a new one',
      cause,
    )
  }
}
