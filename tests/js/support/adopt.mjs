// What the tests of dead tables and columns stand on: a schema in which much hangs on them, and what is to come of it.
import { snapshot } from 'counterfoil/pglite'
import { adoptScripts } from 'counterfoil/squash'
import { nodePostgres } from '../../../pkg/drivers/node-postgres.js'
import { pglite } from '../../../pkg/drivers/pglite-driver.js'
import { runScript } from '../../../pkg/squash/run-script.js'

/** A name as long as PostgreSQL's may be. */
export const longest = `a_table_with_a_name_that_is_as_long_as_any_may_be_${'x'.repeat(13)}`

/** A role of the whole server, which may be there from an earlier test. */
export const clerk = `do $$ begin create role clerk; exception when duplicate_object then null; end $$`

/** What the chain makes. */
export const chain = `
  create schema app;
  create table app.organization (id text primary key, name text default 'nobody');
  create table app.agents (
    organization_id text references app.organization on delete cascade, id text,
    domains jsonb default '[]', "retryDelay" int not null default 3 check ("retryDelay" > 0), number serial, code varchar(8) collate "C",
    twice int generated always as ("retryDelay" * 2) stored,
    touched int not null default 0,
    countdown int generated always as identity (increment by -2 minvalue -100 maxvalue -1 start with -5),
    primary key (organization_id, id), unique (organization_id, code)
  );
  create index agents_retry on app.agents ("retryDelay") where "retryDelay" > 1;
  create statistics app.agents_both on "retryDelay", number from app.agents;
  create function app.touch() returns trigger language plpgsql as $$ begin new.touched := old.touched + 1; return new; end $$;
  create trigger touch before update on app.agents for each row execute function app.touch();
  create table app.links (
    organization_id text primary key references app.organization on delete cascade,
    url text not null unique, at timestamptz not null default '2026-01-01', number serial, body text
  );
  create index links_at on app.links (at);
  create table app.notes (id int primary key, url text references app.links (url), again text references app.links (organization_id));
  create table app.${longest} (id int generated always as identity primary key, text text);
  comment on table app.links is 'it''s dead';
  comment on column app.agents.domains is 'domains
of an agent';
  comment on table app.organization is 'old';
  grant select, insert on app.links to clerk;
  grant select ("retryDelay") on app.agents to clerk;
  grant select on app.organization to clerk;
`

/** What is done to it in a baseline. */
export const change = `
  drop table app.links cascade;
  drop table app.${longest};
  alter table app.agents drop column twice;
  alter table app.agents drop column countdown;
  alter table app.agents drop column domains, drop column "retryDelay", drop column number, drop column code;
  comment on table app.organization is 'new';
  comment on table app.agents is 'agents';
  revoke select on app.organization from clerk;
  grant update on app.organization to clerk with grant option;
  alter table app.organization alter name drop default;
`

/** What is dead in it. */
export const drop = [
  'table app.links',
  `table app.${longest}`,
  'column app.agents.domains',
  'column app.agents."retryDelay"',
  'column app.agents.number',
  'column app.agents.code',
  'column app.agents.twice',
  'column app.agents.countdown',
]

/** Rows: one id in two organisations. */
export const rows = `
  insert into app.organization values ('o1', 'one'), ('o2', 'two');
  insert into app.agents (organization_id, id, domains, "retryDelay", code) values
    ('o1', 'same', '["o1"]', 5, 'x'), ('o2', 'same', '["o2"]', 7, null), ('o2', 'other', null, 3, 'y');
  insert into app.links (organization_id, url, body) values ('o1', 'u1', 'b1'), ('o2', 'u2', null);
  insert into app.notes values (1, 'u1', 'o1'), (2, null, null);
  insert into app.${longest} (text) values ('kept');
`

/** Every row of these tables, and where their sequences are. */
export async function contents(query) {
  const found = {}
  for (const [name, order] of [
    ['organization', 'id'],
    ['agents', 'organization_id, id'],
    ['links', 'organization_id'],
    ['notes', 'id'],
    [longest, 'id'],
  ]) {
    const [{ rows }] = await query(`select json_agg(to_jsonb(t) order by ${order})::text as rows from app.${name} t`)
    found[name] = JSON.parse(rows)
  }
  const sequences = await query(
    `select schemaname || '.' || sequencename as name, last_value::text as at from pg_sequences order by 1`,
  )
  return { ...found, sequences: sequences.map(({ name, at }) => `${name} ${at}`) }
}

/**
 * Two schemas on one database that stays as it is: of what `before` makes, and of what `after` makes of it.
 *
 * @param lab a PGlite
 */
export async function pair(lab, before, after) {
  await lab.exec('begin')
  try {
    await lab.exec(before)
    const chain = await snapshot(lab)
    await lab.exec(after)
    return { chain, wanted: await snapshot(lab) }
  } finally {
    await lab.exec('rollback')
  }
}

/** The scripts of a change, for a baseline. */
export async function scriptsOf(lab, before, after, options) {
  const { chain, wanted } = await pair(lab, before, after)
  const scripts = await adoptScripts(chain, wanted, { baseline: '20260101000000', kept: 'kept_20261127', ...options })
  return { chain, wanted, ...scripts }
}

/** Runs a script as the command does; gives what was said on the way. */
export async function sent(db, sql) {
  const said = []
  await runScript('exec' in db ? pglite : nodePostgres, db, sql, ({ severity, message }) =>
    said.push(`${severity} ${message}`),
  )
  return said
}
