// Why the run's own statements failed, or what stopped a migration: the database is asked. Loaded when that has happened.
import type { DatabaseFailure, Failure } from '../core/core.js'
import type { Settings } from '../options/options.js'
import type { Connection } from './database.js'
import { identifier, literal } from '../shared/quote.js'

/** How long an explanation may take, in milliseconds. */
const most = 5_000

/** What the database says of itself, of the role and of the ledger. */
interface Facts {
  role: string
  database: string
  standby: boolean
  /** Of the schema that the ledger is in, or is to be in. */
  schema: { there: boolean; usage: boolean; create: boolean }
  /** Whether the role may make schemas. */
  schemas: boolean
  /** Nothing if there is no ledger. */
  table?: {
    owner: string
    owns: boolean
    secured: boolean
    lacks: string[]
    triggers: string[]
    /** `generated`: how, as `attgenerated` of `pg_attribute`; empty if it is not. */
    columns: { name: string; type: string; required: boolean; generated: '' | 's' | 'v' }[]
  }
  /** Settings that are no default: value, and where it comes from (`pg_settings.source`). */
  settings: { name: string; value: string; source: string }[]
}

/** The failure, with what the database can tell of its cause. @internal */
export async function explained(
  connection: Connection,
  settings: Settings,
  failure: Failure,
  said: DatabaseFailure,
): Promise<Failure> {
  const { table } = settings.core
  const facts = await ask(connection, question(table)).catch(() => undefined)
  if (!facts) return failure
  const found = failure.code === 'statement-failed' ? stopped(facts) : cause(facts, named(table), said, settings.writes)
  if (!found) return failure
  const { what, help, kept } = found
  return {
    ...failure,
    message: what ? `${failure.message}; ${what}` : failure.message,
    help: kept ? `${help}; ${failure.help}` : help,
    ...(!kept && { options: [] }),
  }
}

async function ask(connection: Connection, sql: string): Promise<Facts> {
  let timer
  const late = new Promise<never>((_, reject) => (timer = setTimeout(reject, most)))
  try {
    const [row] = await Promise.race([connection.query(sql), late])
    return JSON.parse(row!['facts']!) as Facts
  } finally {
    clearTimeout(timer)
  }
}

const named = ({ schema, name }: { schema: string; name: string }) => `${identifier(schema)}.${identifier(name)}`
const list = (words: readonly string[]) => words.join(', ')

/** Our columns, and the types that they may have. */
const types: readonly (readonly [pattern: RegExp, wanted: string, ...columns: string[]])[] = [
  [
    /^(text|character varying.*)$/,
    'text',
    'name',
    'checksum',
    'fingerprint',
    'state',
    'claimed_by',
    'origin',
    'replaced_by',
  ],
  [/^timestamp(\(\d\))? with time zone$/, 'timestamptz', 'applied_at', 'claimed_until'],
  [/^(integer|bigint)$/, 'integer', 'duration_ms', 'steps_done', 'steps_total'],
]
const ours = ['version', ...types.flatMap(([, , ...columns]) => columns)]

/** What makes a generated column one that can be written. Of what is virtual nothing is kept that could stay. */
const plain = ({ name, type, generated }: { name: string; type: string; generated: string }) =>
  generated === 'v'
    ? [`drop column ${identifier(name)}`, `add column ${identifier(name)} ${type}`]
    : [`alter column ${identifier(name)} drop expression`]

interface Found {
  /** What is so. */
  what?: string
  help: string
  /** Whether the help that was there is still of use. */
  kept?: boolean
}

/** Why a statement on the ledger failed. */
function cause(facts: Facts, ledger: string, { sqlstate }: DatabaseFailure, writes: boolean): Found | undefined {
  const role = identifier(facts.role)
  const { table } = facts
  if (sqlstate === '25006')
    return facts.standby
      ? { what: 'this server is a standby', help: 'connect to its primary, or use plan or ready' }
      : readOnly(facts)
  if (sqlstate === '42501') return rights(facts, ledger, role, writes)
  if (!table) return undefined
  const { columns } = table
  const alter = (changes: readonly string[]) => `alter table ${ledger} ${list(changes)}`
  const generated = columns.filter((column) => ours.includes(column.name) && column.generated !== '')
  if (sqlstate === '428C9' && generated.length > 0)
    return {
      what: `a column of the ledger is generated: ${list(generated.map(({ name }) => name))}`,
      help: `let its owner run: ${alter(generated.flatMap(plain))}`,
    }
  const required = columns.filter(({ name, required }) => required && !ours.includes(name))
  if (sqlstate === '23502' && required.length > 0)
    return {
      what: `the ledger has a column that no migration fills: ${list(required.map(({ name }) => name))}`,
      help: `let its owner run: ${alter(required.map(({ name }) => `alter column ${identifier(name)} drop not null`))}; or give it a default`,
    }
  const wrong = types.flatMap(([pattern, wanted, ...names]) =>
    columns
      .filter(({ name, type }) => names.includes(name) && !pattern.test(type))
      .map((column) => ({ ...column, wanted })),
  )
  if (wrong.length > 0)
    return {
      what: `a column of the ledger has another type than it should: ${list(wrong.map(({ name, type }) => `${name} ${type}`))}`,
      help: `let its owner run: ${alter(wrong.map(({ name, wanted }) => `alter column ${identifier(name)} type ${wanted} using ${identifier(name)}::${wanted}`))}`,
    }
  if (table.triggers.length > 0)
    return { what: `the ledger has a trigger: ${list(table.triggers)}`, help: 'see what it does', kept: true }
  return undefined
}

/** Which right is missing, and what gives it. */
function rights(
  { database, schema, schemas, table }: Facts,
  ledger: string,
  role: string,
  writes: boolean,
): Found | undefined {
  const grant = (right: string, on: string): Found => ({
    what: `the role ${role} lacks ${right} on ${on}`,
    help: `let its owner run: grant ${right} on ${on} to ${role}`,
  })
  const folder = `schema ${ledger.slice(0, ledger.indexOf('".') + 1)}`
  if (!schema.there) return schemas ? undefined : grant('create', `database ${identifier(database)}`)
  if (!schema.usage) return grant('usage', folder)
  if (!table) return schema.create ? undefined : grant('create', folder)
  const lacks = table.lacks.filter((right) => writes || right === 'select')
  if (lacks.length > 0) return grant(list(lacks), ledger)
  if (table.secured)
    return {
      what: `row security is active on the ledger for the role ${role}`,
      help: `let its owner run: create policy counterfoil on ${ledger} to ${role} using (true); or connect as its owner, or as a role with BYPASSRLS`,
    }
  // Columns are added by the owner alone.
  if (!table.owns)
    return {
      what: `the ledger lacks columns, which only its owner, ${identifier(table.owner)}, may add`,
      help: `run once as that role, or let it run: grant ${identifier(table.owner)} to ${role}`,
    }
  return undefined
}

const settingOf = ({ settings }: Facts, name: string) => settings.find((setting) => setting.name === name)

function readOnly(facts: Facts): Found {
  const setting = settingOf(facts, 'default_transaction_read_only')
  const from = setting && origin(facts, setting)
  return {
    what: `this session is read-only${from ? `: default_transaction_read_only is on${from.where}` : ''}`,
    help: `connect to the primary, or as a role that may write${from?.reset ? `, or let it be changed: ${from.reset} reset default_transaction_read_only` : ''}; plan and ready only read`,
  }
}

/** What stopped a migration that PostgreSQL says was cancelled. */
function stopped(facts: Facts): Found | undefined {
  const setting = settingOf(facts, 'statement_timeout')
  if (!setting || setting.value === '0') return undefined
  const { where, reset } = origin(facts, setting)
  const role = `alter role ${identifier(facts.role)} set statement_timeout = 0`
  return {
    what: `the statement_timeout of this session is ${setting.value}${where}`,
    help: `if that is what stopped it: begin the migration with set statement_timeout = 0, or run as a role without it (${reset ? `${reset} reset statement_timeout` : role})`,
    kept: true,
  }
}

/** Where a setting comes from, in words, and what takes it back there. */
function origin({ role, database }: Facts, { source }: { source: string }): { where: string; reset?: string } {
  const [user, base] = [`role ${identifier(role)}`, `database ${identifier(database)}`]
  if (source === 'user') return { where: `, set for the ${user}`, reset: `alter ${user}` }
  if (source === 'database') return { where: `, set for the ${base}`, reset: `alter ${base}` }
  if (source === 'database user')
    return { where: `, set for the ${user} in the ${base}`, reset: `alter ${user} in ${base}` }
  return { where: source === 'client' ? ', set by the address' : source === 'session' ? ', set in the session' : '' }
}

/** One row with one column, JSON. It needs no right on the ledger. */
function question({ schema, name }: { schema: string; name: string }): string {
  const right = (word: string) => `case when not pg_catalog.has_table_privilege(c.oid, '${word}') then '${word}' end`
  return `select pg_catalog.json_build_object(
  'role', current_user, 'database', pg_catalog.current_database(), 'standby', pg_catalog.pg_is_in_recovery(),
  'schema', pg_catalog.json_build_object('there', n.oid is not null,
    'usage', coalesce(pg_catalog.has_schema_privilege(n.oid, 'usage'), false),
    'create', coalesce(pg_catalog.has_schema_privilege(n.oid, 'create'), false)),
  'schemas', pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create'),
  'table', case when c.oid is not null then pg_catalog.json_build_object(
    'owner', pg_catalog.pg_get_userbyid(c.relowner), 'owns', pg_catalog.pg_has_role(c.relowner, 'usage'),
    'secured', pg_catalog.row_security_active(c.oid),
    'lacks', pg_catalog.array_remove(array[${['select', 'insert', 'update', 'delete'].map(right).join(', ')}], null),
    'triggers', array(select t.tgname from pg_catalog.pg_trigger t
      where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled <> 'D'),
    'columns', (select pg_catalog.json_agg(pg_catalog.json_build_object('name', a.attname,
      'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'generated', a.attgenerated::text,
      'required', a.attnotnull and not a.atthasdef and a.attidentity = '') order by a.attnum)
      from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)) end,
  'settings', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('name', s.name,
    'value', pg_catalog.current_setting(s.name), 'source', s.source)), '[]') from pg_catalog.pg_settings s
    where s.name in ('default_transaction_read_only', 'statement_timeout') and s.source <> 'default')
  )::text as facts
from (select 1) one left join pg_catalog.pg_namespace n on n.nspname = ${literal(schema)}
left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = ${literal(name)}`
}
