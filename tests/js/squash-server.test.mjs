// A squash of what a server's own pg_dump has written, carried to that server.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { migrate, snapshot } from 'counterfoil/pg'
import { diffSchemas } from 'counterfoil/schema'
import { squash } from 'counterfoil/squash'
import { migration } from './support/cli.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { freePort, serverUser, startPostgres } from './support/postgres.mjs'
import { squashed } from './support/squash.mjs'

const chain = Object.fromEntries(
  [
    `create schema app; create table app.people (id serial primary key, name text not null check (name <> ''), made timestamptz not null default now());
     insert into app.people (name) values ('one'), ('two');`,
    `create view app.names as select p.name from app.people p where p.id > 0;
     create function app.count_people() returns bigint language sql as $$ select count(*) from app.people $$;`,
    `create role squash_server_reader; grant usage on schema app to squash_server_reader; grant select on all tables in schema app to squash_server_reader;
     create index on app.people (lower(name)); comment on table app.people is 'who';`,
  ].map((text, index) => [`00${index + 1}_m.sql`, migration(text)]),
)

const debian = '/usr/lib/postgresql/15/bin'

/** PostgreSQL 15, in a folder that is thrown away. */
async function start15(t) {
  const [user, port] = [serverUser(), await freePort()]
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-postgres15-'))
  if (user) chownSync(folder, user.uid, user.gid)
  const run = (name, args) => {
    const { status, stderr } = spawnSync(join(debian, name), args, {
      ...user,
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    assert.equal(status, 0, stderr)
  }
  const data = join(folder, 'data')
  run('initdb', ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'])
  run('pg_ctl', [
    '-D',
    data,
    '-w',
    '-l',
    join(folder, 'log'),
    '-o',
    `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c jit=off`,
    'start',
  ])
  t.after(() => {
    run('pg_ctl', ['-D', data, '-m', 'immediate', 'stop'])
    rmSync(folder, { recursive: true, force: true })
  })
  return (database) => `postgres://postgres@127.0.0.1:${port}/${database}`
}

async function carried(t, url, dump) {
  const admin = new pg.Client(url('postgres'))
  admin.on('error', () => {})
  await admin.connect()
  const open = async (name) => {
    await admin.query(`create database ${name}`)
    const client = new pg.Client(url(name))
    // The server may be gone first.
    client.on('error', () => {})
    await client.connect()
    t.after(() => client.end())
    return client
  }
  t.after(() => admin.end())
  const old = await open('squash_old')
  await migrate(old, chain)
  const it = await squash(freshPGlite, chain, dump && { dump: dump('squash_old') })
  const after = squashed(chain, it)
  const fresh = await open('squash_fresh')
  assert.equal((await migrate(fresh, after)).applied.length, 1)
  const adopted = await migrate(old, after)
  assert.deepEqual([adopted.applied.length, adopted.adopted.length], [0, 1])
  const { differences, notes } = await diffSchemas(await snapshot(old), await snapshot(fresh))
  assert.deepEqual([differences, notes], [[], []])
  assert.deepEqual((await fresh.query('select id, name from app.people order by id')).rows, [
    { id: 1, name: 'one' },
    { id: 2, name: 'two' },
  ])
  assert.equal((await fresh.query(`insert into app.people (name) values ('x') returning id`)).rows[0].id, 3)
  return it
}

const skip = existsSync(debian) ? false : `skipped: there is no PostgreSQL 15 in ${debian}`
test('what pg_dump of PostgreSQL 15 has written is proved here, and makes the same there', { skip }, async (t) => {
  const url = await start15(t)
  const dump = (database) =>
    execFileSync(join(debian, 'pg_dump'), ['--schema-only', '--exclude-table=schema_migrations', url(database)], {
      encoding: 'utf8',
    })
  const it = await carried(t, url, dump)
  assert.match(it.proof.tools.pg_dump, /^15\./)
})

test('a baseline of the pg_dump in WebAssembly makes the same on PostgreSQL 18', async (t) => {
  const server = await startPostgres()
  t.after(() => server.stop())
  const it = await carried(t, server.url)
  assert.match(it.proof.tools.pg_dump, /^18\./)
})
