// The command line on a PGlite in a folder: one process at a time, whatever it does with it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import { migrate } from 'counterfoil/pglite'
import { environment, main, migration, node, project } from './support/cli.mjs'
import { makeDataDir } from './support/pglite.mjs'

const url = ['--url', 'pglite:./data']
const notes = 'db/migrations/001_notes.sql'
const slow = 'db/migrations/002_slow.sql'
const files = {
  [notes]: migration(
    "create table notes (text text);\ninsert into notes select 'note ' || n from generate_series(1, 5000) n;",
  ),
  // It goes on when there is a file `go` in the data directory; after minutes it fails.
  [slow]: migration(`create table more (n int);
insert into more select generate_series(1, 5000);
do $$ begin
  for attempt in 1..2400 loop
    if (pg_stat_file('go', true)).size is not null then return; end if;
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
    const { rows } = await db.query(
      'select (select count(*)::int from notes) as notes, (select count(*)::int from more) as more, (select count(*)::int from schema_migrations) as ledger',
    )
    return rows[0]
  } finally {
    await db.close()
  }
}

describe('a folder of PGlite', () => {
  for (const there of [false, true])
    test(
      `that up ${there ? 'has open' : 'makes'} is refused to every other command, and loses nothing`,
      { timeout: 240_000 },
      async (t) => {
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
        await Promise.all(
          others.map(async (args) => {
            const got = await it.run([...args, ...url, '--format', 'json'])
            assert.equal(got.status, 2, `${args.join(' ')}: ${got.stdout}${got.stderr}`)
            const { error } = JSON.parse(got.stdout)
            assert.equal(error.code, 'data-dir-locked', args.join(' '))
            assert.match(error.message, new RegExp(`^process ${pid} has had this data directory open since `))
          }),
        )
        // While it is made, a foreign file would be in the way.
        await until(
          () => over || (existsSync(join(data, 'PG_VERSION')) && !existsSync(join(data, 'counterfoil.making'))),
        )
        assert.ok(!over, 'the first is still at work')
        writeFileSync(join(data, 'go'), '')
        const { status, stdout, stderr } = await first
        assert.equal(status, 0, stdout + stderr)
        assert.deepEqual(
          readdirSync(data).filter((name) => name.startsWith('counterfoil')),
          [],
        )
        assert.deepEqual(await rowsOf(data), { notes: 5000, more: 5000, ledger: 2 })
      },
    )

  test('is not made by what only looks, tries or waits, nor for files that are not there', async (t) => {
    const it = project(t, { [notes]: files[notes] })
    const cases = [
      [['up', '--dry-run'], 0, /001 +notes/],
      [['up', '--when', 'refuse'], 1, /^error: 1 migration pending/m],
      [['up', '--dir', 'nowhere'], 2, /^error: --dir nowhere does not exist/],
      ...[['up', '--when', 'wait'], ['status'], ['plan'], ['ready'], ['down', '--yes']].map((args) => [
        args,
        2,
        /^error: the PGlite in \.\/data cannot be reached: the folder does not exist/,
      ]),
    ]
    await Promise.all(
      cases.map(async ([args, status, said]) => {
        const got = await it.run([...args, ...url])
        assert.equal(got.status, status, `${args.join(' ')}: ${got.stdout}${got.stderr}`)
        assert.match(got.stdout + got.stderr, said, args.join(' '))
      }),
    )
    assert.ok(!existsSync(join(it.folder, 'data')))
  })

  test('is not one that holds other things, nor a file, nor what another version made', async (t) => {
    const it = project(t, { [notes]: files[notes], 'other/PG_VERSION': '9.6\n', 'half/counterfoil.making': '' })
    const cases = [
      ['db', /holds other things, and no database\n {2}help: name a new or an empty folder/],
      [notes, /that is a file, or in one\n/],
      [`${notes}/data`, /that is a file, or in one\n/],
      ['half', /half-made: the process that was making it has died\n {2}help: .*delete the folder/],
      ['other', /cannot be reached: (?!.*\[object)\S.*\n {2}help: see that/],
    ]
    for (const command of ['up', 'status'])
      await Promise.all(
        cases.map(async ([folder, said]) => {
          const got = await it.run([command, '--url', `pglite:${folder}`])
          assert.equal(got.status, 2, `${command} ${folder}: ${got.stdout}${got.stderr}`)
          assert.match(got.stderr, new RegExp(`^error: the PGlite in ${folder} cannot be reached: `))
          assert.match(got.stderr, said)
        }),
      )
    assert.deepEqual(
      readdirSync(it.folder, { recursive: true }).filter(
        (name) => /counterfoil\.lock/.test(name) && !name.includes('node_modules'),
      ),
      [],
    )
  })

  test('is left as it was if PGlite cannot fill it', async (t) => {
    // The project's own PGlite, which fails where the folder is to be filled.
    const it = project(t, { [notes]: files[notes] })
    unlinkSync(join(it.folder, 'node_modules'))
    it.write({
      'node_modules/@electric-sql/pglite/package.json':
        '{ "name": "@electric-sql/pglite", "type": "module", "exports": "./index.js" }',
      'node_modules/@electric-sql/pglite/index.js': `import { writeFileSync } from 'node:fs'
export const PGlite = { async create({ dataDir }) {
  if (!dataDir) return { dumpDataDir: async () => new Blob([]), close: async () => {} }
  writeFileSync(dataDir + '/PG_VERSION', '18')
  throw { name: 'ErrnoError', errno: 54 }
} }`,
      'empty/.gitkeep': '',
    })
    for (const folder of ['data', 'empty']) {
      const got = await it.run(['up', '--url', `pglite:${folder}`])
      assert.equal(got.status, 2, got.stderr)
      assert.match(got.stderr, /cannot be reached: ErrnoError 54\n/)
    }
    assert.ok(!existsSync(join(it.folder, 'data')))
    assert.deepEqual(readdirSync(join(it.folder, 'empty')), ['.gitkeep'])
  })

  test('is free again after a process that was killed, which Ctrl-C does while a statement runs', async (t) => {
    const it = project(t, {
      ...files,
      [slow]: files[slow].replace(
        'for ',
        "execute format('copy (select 1) to %L', current_setting('data_directory') || '/reached');\n  for ",
      ),
    })
    const data = join(it.folder, 'data')
    await makeDataDir(data)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL']) {
      const child = spawn(node[0], [...node.slice(1), main, 'up', ...url], {
        cwd: it.folder,
        env: environment(),
        stdio: 'ignore',
      })
      const ended = once(child, 'exit')
      let over = false
      ended.then(() => (over = true))
      await until(() => over || existsSync(join(data, 'reached')))
      child.kill(signal)
      assert.deepEqual(await ended, [null, signal])
      unlinkSync(join(data, 'reached'))
    }
    const status = JSON.parse((await it.run(['status', ...url, '--format', 'json'])).stdout)
    assert.deepEqual(
      status.decisions.map(({ action, version }) => `${action} ${version}`),
      ['skip 001', 'apply 002'],
    )
    writeFileSync(join(data, 'go'), '')
    const last = await it.run(['up', ...url])
    assert.equal(last.status, 0, last.stderr)
    assert.deepEqual(await rowsOf(data), { notes: 5000, more: 5000, ledger: 2 })
  })
})
