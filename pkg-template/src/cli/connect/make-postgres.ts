// Makes and drops a database of a PostgreSQL, from another one of the same server, as createdb and dropdb do.
//
// The mark of what `create` has made is the database's comment, with what it is the comment of. Nothing is lost by it, since a
// new database has none, and whoever writes one of their own takes the mark away, which is the safe side. A setting of the
// database (ALTER DATABASE … SET) may be made by superusers only, and a table would be in every dump and every comparison of
// schemas: a dump of a database for tests, played into another one, would say that this one may be dropped. A comment is
// in no dump of what a database holds. `pg_dump --create` has it, and a copy of a server has it for all: so it names
// the database and the server, and means nothing where either is another one. What was adopted for development has the same
// with other words.
import type { Client } from 'pg'
import { failure, type MigrationError } from '../../shared/errors.js'
import { redacted } from '../text/secrets.js'
import { openPostgres } from './connect-postgres.js'
import { NoneOf } from './servers.js'
import type { Opened, OpenOptions } from './opened.js'
import { invalid } from './parameters.js'
import type { Target } from './target.js'

type PostgresTarget = Target & { kind: 'postgres' }

/** A database of the server. */
export interface Found {
  readonly oid: string
  readonly marked: boolean
  /** What somebody else has written of it. */
  readonly comment?: string
}

/** How long PostgreSQL's names may be, in bytes. A longer one is cut off, and is that of another database. */
const longest = 63

/** The name of the database. @throws MigrationError `invalid-target` */
export function nameOf({ address: { database } }: PostgresTarget): string {
  if (!database) throw invalid('the address names no database', 'write its name behind the host: …/name')
  const bytes = Buffer.byteLength(database)
  if (bytes > longest)
    throw invalid(
      `the name of the database has ${bytes} bytes: PostgreSQL cuts it off behind ${longest}`,
      'give it a shorter name',
    )
  return database
}

/** Whether what could not be opened failed because the database is not there. */
export function isMissing(error: unknown): boolean {
  const { cause } = Object(error) as { cause?: unknown }
  const last = cause instanceof NoneOf ? cause.each.at(-1)?.error : cause
  return (Object(last) as { code?: string }).code === '3D000'
}

/** Works on a server, by a database that is there: `postgres`, else `template1`. */
export async function onServer<T>(
  target: PostgresTarget,
  options: OpenOptions,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const opened = await openedBeside(target, options)
  try {
    return await work(opened.db as unknown as Client)
  } finally {
    await opened.close()
  }
}

async function openedBeside(target: PostgresTarget, options: OpenOptions): Promise<Opened> {
  const own = nameOf(target)
  const through = (database: string) => {
    const shown = `${database}${target.shown.slice(own.length)}`
    return openPostgres({ ...target, shown, address: { ...target.address, database, shown } }, options)
  }
  // The one that is to go cannot be the one to stand in.
  if (own === 'postgres') return through('template1')
  try {
    return await through('postgres')
  } catch (error) {
    if (!isMissing(error)) throw error
    return through('template1')
  }
}

/**
 * Makes the database, by the template and with the encoding that the server gives to one, and marks it.
 *
 * @returns whether it was made; if not, somebody else was first
 * @throws MigrationError `database-failed`, `connection-failed`, `invalid-target`
 */
export function makeDatabase(target: PostgresTarget, options: OpenOptions): Promise<boolean> {
  const name = nameOf(target)
  return onServer(target, options, async (client) => {
    try {
      await client.query(`create database ${client.escapeIdentifier(name)}`)
    } catch (error) {
      // The second code is that of two who are at it at once.
      if (['42P04', '23505'].includes(codeOf(error)!)) return false
      throw await refused(client, target, 'made', error)
    }
    await markMade(client, name)
    return true
  })
}

/** The database, if it is there. */
export async function findDatabase(client: Client, target: PostgresTarget): Promise<Found | undefined> {
  const found = await database(client, nameOf(target))
  return found && marked(client, found)
}

/** The database that a client is connected to. */
export async function findOwn(client: Client): Promise<Found & { readonly name: string }> {
  const { rows } = await client.query<{ name: string }>('select pg_catalog.current_database()::pg_catalog.text as name')
  const { name } = rows[0]!
  return { name, ...(await marked(client, (await database(client, name))!)) }
}

async function marked(client: Client, { oid, comment }: { oid: string; comment: string | null }): Promise<Found> {
  const marks = await Promise.all((['made', 'adopted'] as const).map((how) => markOf(client, oid, how)))
  const own = comment !== null && marks.includes(comment)
  return { oid, marked: own, ...(comment !== null && !own && { comment }) }
}

/** Leaves the mark in a database that was there before. @throws MigrationError `database-failed` if the role may not */
export async function adopt(
  client: Client,
  target: PostgresTarget,
  { oid, name }: Found & { readonly name: string },
): Promise<void> {
  try {
    await comment(client, name, await markOf(client, oid, 'adopted'))
  } catch (error) {
    throw await refused(client, target, 'adopted', error)
  }
}

/** Leaves the mark in a database that was just made. */
export async function markMade(client: Client, name: string): Promise<void> {
  await comment(client, name, await markOf(client, (await database(client, name))!.oid, 'made'))
}

const comment = (client: Client, name: string, text: string) =>
  client.query(`comment on database ${client.escapeIdentifier(name)} is ${client.escapeLiteral(text)}`)

/**
 * Drops the database, if it is the one that was looked at and nobody is connected to it.
 *
 * @throws MigrationError `database-in-use`, `database-failed`
 */
export async function dropFound(client: Client, target: PostgresTarget, { oid }: Found): Promise<void> {
  const name = nameOf(target)
  if ((await database(client, name))?.oid !== oid)
    throw failure(
      'database-failed',
      `${target.shown} is not the database any more that was looked at`,
      'nothing was dropped; look what it is now',
    )
  await mustBeIdle(client, target, oid)
  try {
    await client.query(`drop database ${client.escapeIdentifier(name)}`)
  } catch (error) {
    if (codeOf(error) === '3D000') return
    if (codeOf(error) === '55006') await mustBeIdle(client, target, oid)
    throw await refused(client, target, 'dropped', error)
  }
}

async function database(client: Client, name: string): Promise<{ oid: string; comment: string | null } | undefined> {
  const { rows } = await client.query<{ oid: string; comment: string | null }>(
    `select oid::pg_catalog.text as oid, pg_catalog.shobj_description(oid, 'pg_database') as comment
      from pg_catalog.pg_database where datname operator(pg_catalog.=) $1`,
    [name],
  )
  return rows[0]
}

const words = { made: 'made by counterfoil create', adopted: 'adopted by counterfoil --adopt' }

async function markOf(client: Client, oid: string, how: 'made' | 'adopted'): Promise<string> {
  const { rows } = await client.query<{ server: string }>(
    'select system_identifier::pg_catalog.text as server from pg_catalog.pg_control_system()',
  )
  return `${words[how]}: ${oid} of ${rows[0]!.server}`
}

/** How many of those who are connected are named. */
const few = 5

/** Sees that nobody is connected to a database. @throws MigrationError `database-in-use` */
export async function mustBeIdle(client: Client, target: PostgresTarget, oid: string): Promise<void> {
  const { rows } = await client.query<{
    pid: number
    who: string | null
    application: string | null
    at: string | null
  }>(
    `select pid, usename as who, application_name as application, pg_catalog.host(client_addr) as at
      from pg_catalog.pg_stat_activity
      where datid operator(pg_catalog.=) $1::pg_catalog.oid and backend_type is distinct from 'autovacuum worker'
      order by pid`,
    [oid],
  )
  if (rows.length === 0) return
  const each = rows.slice(0, few).map(({ pid, who, application, at }) => {
    const more = [application, at && `from ${at}`, `process ${pid}`].filter(Boolean).join(', ')
    return `${who ?? 'the server itself'} (${more})`
  })
  const others = rows.length > few ? ` and ${rows.length - few} more` : ''
  throw failure(
    'database-in-use',
    `${target.shown} is in use (55006): ${each.join('; ')}${others}`,
    'close what is connected to it and try again; nothing was dropped, and nobody was disconnected',
  )
}

/** What a server says of what it did not do. */
export async function refused(
  client: Client,
  target: PostgresTarget,
  done: string,
  error: unknown,
): Promise<MigrationError> {
  const { message = String(error), detail } = Object(error) as { message?: string; detail?: string }
  const code = codeOf(error)
  const what = `${message}${code ? ` (${code})` : ''}${detail ? `: ${detail}` : ''}`
  return failure(
    'database-failed',
    `${target.shown} was not ${done}: ${redacted(what)}`,
    await helpFor(client, code, done),
    error,
  )
}

async function helpFor(client: Client, code: string | undefined, done: string): Promise<string> {
  if (code !== '42501') return `the server says why; nothing was ${done}`
  const { rows } = await client.query<{ role: string }>('select current_user::pg_catalog.text as role')
  const role = client.escapeIdentifier(rows[0]!.role)
  return done === 'made'
    ? `the right is CREATEDB: ALTER ROLE ${role} CREATEDB, by a role that may; or let another role make it`
    : `only its owner may, and superusers: connect as that role, or let it say ALTER DATABASE … OWNER TO ${role}`
}

/** An error's SQLSTATE. */
export const codeOf = (error: unknown): string | undefined => (Object(error) as { code?: string }).code
