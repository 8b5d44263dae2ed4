// The command line on a PGlite in a folder: one process at a time, whatever it does with it.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import { migrate } from 'counterfoil/pglite'
import { migration, project } from './support/cli.mjs'
import { fails } from './support/errors.mjs'
import { makeDataDir } from './support/pglite.mjs'

const url = ['--url', 'pglite:./data']
const notes = 'db/migrations/001_notes.sql'
const slow = 'db/migrations/002_slow.sql'
const files = {
  [notes]: migration("create table notes (text text);\ninsert into notes select 'note ' || n from generate_series(1, 5000) n;"),
  // It goes on when there is a file `go` in the data directory; after minutes it fails.
  [slow]: migration(`create table more (n int);
insert into more select generate_series(1, 5000);
do $$ begin
  for attempt in 1..2400 loop
    if pg_stat_file('go', true) is not null then return; end if;
    perform pg_sleep(0.1);
  end loop;
  raise 'nobody said go';
end $$;`),
}

/** Waits until something is so. */
async function until(what, limit = 120_000) {
  for (const end = Date.now() + limit; Date.now() < end; await sleep(20)) if (what()) return
  assert.fail('it did not come to that')
}

/** What is in the database, read by PGlite alone. */
async function rowsOf(dataDir) {
  const db = await PGlite.create(dataDir)
  try {
    const { rows } = await db.query('select (select count(*)::int from notes) as notes, (select count(*)::int from more) as more, (select count(*)::int from schema_migrations) as ledger')
    return rows[0]
  } finally {
    await db.close()
  }
}

describe('a folder of PGlite', () => {
  for (const there of [false, true])
    test(`that up ${there ? 'has open' : 'makes'} is refused to every other command, and loses nothing`, { timeout: 240_000 }, async (t) => {
      const it = project(t, files)
      const data = join(it.folder, 'data')
      const lock = join(data, 'counterfoil.lock')
      if (there) {
        await makeDataDir(data)
        const db = await PGlite.create(data)
        await migrate(db, { '001_notes.sql': files[notes] }, { convention: 'dbmate' })
        await db.close()
      }
      let over = false
      const first = it.run(['up', ...url]).finally(() => (over = true))
      await until(() => existsSync(lock) || over)
      const pid = JSON.parse(readFileSync(lock, 'utf8')).pid
      const others = [['status'], ['plan'], ['ready'], ['up', '--dry-run'], ['up'], ['down', '--yes']]
      await Promise.all(others.map(async (args) => {
        const got = await it.run([...args, ...url, '--format', 'json'])
        assert.equal(got.status, 2, `${args.join(' ')}: ${got.stdout}${got.stderr}`)
        const { error } = JSON.parse(got.stdout)
        assert.equal(error.code, 'data-dir-locked', args.join(' '))
        assert.match(error.message, new RegExp(`^process ${pid} has had this data directory open since `))
      }))
      // While it is made, a foreign file would be in the way.
      await until(() => over || (existsSync(join(data, 'PG_VERSION')) && !existsSync(join(data, 'counterfoil.making'))))
      assert.ok(!over, 'the first is still at work')
      writeFileSync(join(data, 'go'), '')
      const { status, stdout, stderr } = await first
      assert.equal(status, 0, stdout + stderr)
      assert.deepEqual(readdirSync(data).filter((name) => name.startsWith('counterfoil')), [])
      assert.deepEqual(await rowsOf(data), { notes: 5000, more: 5000, ledger: 2 })
    })
})
