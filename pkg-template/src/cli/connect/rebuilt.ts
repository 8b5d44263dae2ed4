// Makes a database anew: another one is made beside it and filled, and takes its place when it is whole. Until then nothing has
// changed, whatever fails; nobody is disconnected.
import { basename, join, resolve } from 'node:path'
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { failure } from '../../shared/errors.js'
import { open } from './connect.js'
import type { Opened, OpenOptions } from './opened.js'
import type { Target } from './target.js'

type PostgresTarget = Target & { kind: 'postgres' }
type FolderTarget = Target & { kind: 'pglite' }

/** What is done with one that was made anew. */
export interface Filling<T> {
  /** Fills it. */
  fill(opened: Opened): Promise<T>
  /** Asks whether the old one is still what was looked at; throws if it is not. */
  unchanged(opened: Opened): Promise<void>
}

/**
 * Makes it anew.
 *
 * @returns what came of filling it, and what is left to be said
 * @throws MigrationError `database-in-use`, `data-dir-locked`, `plan-changed`, `database-failed`, and what `fill` throws; then nothing has changed
 */
export const rebuilt = <T>(target: Target, options: OpenOptions, filling: Filling<T>): Promise<T> =>
  target.kind === 'postgres' ? onServer(target, options, filling) : inFolder(target, options, filling)

async function inFolder<T>(target: FolderTarget, options: OpenOptions, { fill, unchanged }: Filling<T>): Promise<T> {
  const folder = resolve(target.folder!)
  const { mustBePlain, mustBeUnused, replaceFolder } = await import('./pglite-folder.js')
  mustBePlain(target, folder)
  mustBeUnused(target, folder)
  const beside = join(folder, '..', `.${basename(folder)}.${process.pid}.anew`)
  try {
    const made = await open({ ...target, folder: beside }, { ...options, create: true, make: true })
    const came = await closing(made, fill)
    await closing(await open(target, options), unchanged)
    replaceFolder(target, folder, beside)
    return came
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}

async function closing<T>(opened: Opened, work: (opened: Opened) => Promise<T>): Promise<T> {
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}

async function onServer<T>(target: PostgresTarget, options: OpenOptions, { fill, unchanged }: Filling<T>): Promise<T> {
  const server = await import('./make-postgres.js')
  const name = server.nameOf(target)
  const apart = `.${process.pid}.${Math.random().toString(36).slice(2, 6)}`
  const at = (database: string): PostgresTarget => ({ ...target, address: { ...target.address, database } })
  // PostgreSQL cuts off what is longer.
  const [beside, gone] = ['anew', 'gone'].map((what) => `${short(name)}${apart}.${what}`) as [string, string]
  return server.onServer(target, options, async (client) => {
    const there = await server.findDatabase(client, target)
    if (!there?.marked)
      throw failure(
        'plan-changed',
        `${target.shown} is not the database any more that was looked at`,
        'nothing was done',
      )
    // Our own session may be about to end.
    const idle = async (tries = 20): Promise<void> => {
      try {
        await server.mustBeIdle(client, target, there.oid)
      } catch (error) {
        if (tries === 0) throw error
        await sleep(100)
        await idle(tries - 1)
      }
    }
    await idle()
    const quoted = (text: string) => client.escapeIdentifier(text)
    const making = await likeness(client, target, there.oid)
    try {
      await client.query(`create database ${quoted(beside)} ${making}`)
    } catch (error) {
      throw await server.refused(client, target, 'made', error)
    }
    let came: T
    try {
      came = await closing(await open(at(beside), options), fill)
      try {
        await carried(client, name, beside)
        await server.markMade(client, beside)
      } catch (error) {
        throw await server.refused(client, target, 'made anew', error)
      }
      await closing(await open(target, options), unchanged)
      await idle()
      try {
        await client.query('begin')
        await client.query(`alter database ${quoted(name)} rename to ${quoted(gone)}`)
        await client.query(`alter database ${quoted(beside)} rename to ${quoted(name)}`)
        await client.query('commit')
      } catch (error) {
        await client.query('rollback').catch(() => {})
        if (server.codeOf(error) === '55006') await server.mustBeIdle(client, target, there.oid)
        throw await server.refused(client, target, 'made anew', error)
      }
    } catch (error) {
      await client.query(`drop database if exists ${quoted(beside)}`).catch(() => {})
      throw error
    }
    try {
      await client.query(`drop database ${quoted(gone)}`)
    } catch (error) {
      throw failure(
        'database-failed',
        `${target.shown} was made anew; what it was before could not be dropped, and is the database ${gone}: ${String((error as Error).message)}`,
        'drop it by hand',
        error,
      )
    }
    return came
  })
}

/** As much of a name as leaves room for what stands behind it. */
function short(name: string): string {
  let cut = name
  while (Buffer.byteLength(cut) > 40) cut = cut.slice(0, -1)
  return cut
}

/** What a new database has to be told to be as that one: its owner, encoding and locale. */
async function likeness(client: Client, target: PostgresTarget, oid: string): Promise<string> {
  const { rows } = await client.query<{ owner: string; same: boolean; mine: boolean; what: string }>(
    `select pg_catalog.pg_get_userbyid(d.datdba) as owner, d.datdba = (select oid from pg_catalog.pg_roles where rolname = current_user) as mine,
      (d.encoding, d.datcollate, d.datctype) is not distinct from (t.encoding, t.datcollate, t.datctype) as same,
      pg_catalog.format('%s, %s', pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate) as what
      from pg_catalog.pg_database d, pg_catalog.pg_database t where d.oid = $1 and t.datname = 'template1'`,
    [oid],
  )
  const { owner, same, mine, what } = rows[0]!
  if (!same)
    throw failure(
      'unsupported',
      `${target.shown} has another encoding or locale (${what}) than the server gives to a new database`,
      'drop it, make it by hand, and adopt it with --adopt; nothing was done',
    )
  return mine ? '' : `owner ${client.escapeIdentifier(owner)}`
}

/** Gives to a database the settings and rights that another has. */
async function carried(client: Client, from: string, to: string): Promise<void> {
  const quoted = client.escapeIdentifier(to)
  const { rows: settings } = await client.query<{ role: string | null; name: string; value: string }>(
    `select case when s.setrole <> 0 then pg_catalog.pg_get_userbyid(s.setrole) end as role,
      pg_catalog.split_part(c, '=', 1) as name, pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1) as value
      from pg_catalog.pg_db_role_setting s join pg_catalog.pg_database d on d.oid = s.setdatabase, pg_catalog.unnest(s.setconfig) c
      where d.datname = $1`,
    [from],
  )
  for (const { role, name, value } of settings) {
    const whose = role === null ? `database ${quoted}` : `role ${client.escapeIdentifier(role)} in database ${quoted}`
    // As it is kept, which for a list is not how it is written.
    await client.query('select pg_catalog.set_config($1, $2, false)', [name, value])
    await client.query(`alter ${whose} set ${client.escapeIdentifier(name).replaceAll('.', '"."')} from current`)
    await client.query(`reset ${client.escapeIdentifier(name).replaceAll('.', '"."')}`)
  }
  const { rows: rights } = await client.query<{ grantee: string | null; right: string; passes: boolean }>(
    `select case when a.grantee <> 0 then pg_catalog.pg_get_userbyid(a.grantee) end as grantee, a.privilege_type as right, a.is_grantable as passes
      from pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a where d.datname = $1`,
    [from],
  )
  if (rights.length === 0) return
  await client.query(`revoke all on database ${quoted} from public`)
  for (const { grantee, right, passes } of rights) {
    const who = grantee === null ? 'public' : client.escapeIdentifier(grantee)
    await client.query(`grant ${right} on database ${quoted} to ${who}${passes ? ' with grant option' : ''}`)
  }
}
