// Files with several pairs of ways up and back: what dbmate makes of them, before and since 2.29, and what is made of them here.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { importLedger, migrate, plan, ready, rollback } from 'counterfoil/pg'
import { readMigrations } from 'counterfoil/node'
import { resolveBinary } from 'dbmate'
import { counterfoil } from './support/cli.mjs'
import { fails } from './support/errors.mjs'
import { startPostgres } from './support/postgres.mjs'

const pairs = `-- migrate:up
create table users (id int);

-- migrate:down
drop table users;

-- migrate:up
alter table users add column email text;
comment on column users.email is 'as it was
typed';

-- migrate:down
alter table users drop column email;
`
const version = '20260101090000'
const path = `${version}_users.sql`

const newer = fileURLToPath(new URL('../../node_modules/dbmate-new/bin/dbmate', import.meta.url))
for (const [release, binary] of [
  ['2.24', resolveBinary()],
  ['2.36', newer],
])
  describe(
    `several pairs in a file, and dbmate ${release}`,
    { skip: !existsSync(binary) && 'its package is for Linux on x64 only' },
    () => {
      let server
      before(async () => (server = await startPostgres()))
      after(() => server.stop())

      /** A database and a folder with one file. */
      async function place(t, text = pairs) {
        const folder = mkdtempSync(join(tmpdir(), 'counterfoil-pairs-'))
        const database = await server.createDatabase()
        const db = await server.connect(database)
        t.after(async () => {
          await db.end()
          rmSync(folder, { recursive: true, force: true })
        })
        const write = (name, content) => {
          mkdirSync(dirname(join(folder, name)), { recursive: true })
          writeFileSync(join(folder, name), content)
        }
        write(path, text)
        const url = server.url(database)
        const dbmate = (...args) => {
          const { status, stdout, stderr } = spawnSync(
            binary,
            ['--no-dump-schema', '--migrations-dir', folder, '--url', `${url}?sslmode=disable`, ...args],
            { encoding: 'utf8' },
          )
          return { status, said: stdout + stderr }
        }
        const columns = async () => {
          const { rows } = await db.query(
            "select column_name as name from information_schema.columns where table_name = 'users' order by ordinal_position",
          )
          return rows.map(({ name }) => name)
        }
        const rows = async (table = 'schema_migrations') => (await db.query(`select * from ${table}`)).rows
        return { db, url, folder, dbmate, write, columns, rows, set: () => readMigrations(folder) }
      }

      test('dbmate writes the row and runs the first pair only: that is said until somebody has looked', async (t) => {
        const { db, url, folder, dbmate, columns, rows, set } = await place(t)
        const { status, said } = dbmate('up')
        if (release === '2.24') assert.equal(status, 0, said)
        else assert.match(said, /duplicate key value violates unique constraint "schema_migrations_pkey"/)
        assert.deepEqual(await columns(), ['id'])
        assert.match(dbmate('status').said, /\[X\] 20260101090000_users\.sql/)

        const message =
          `dbmate has applied ${path}, of which it runs the first pair only, until 2.36: these may never have run: ` +
          "alter table users add column email text and comment on column users.email is 'as it was typed'"
        const { decisions, findings } = await plan(db, await set())
        assert.deepEqual(
          findings.map(({ code, severity, message, at }) => [code, severity, message, `${at.path}:${at.line}`]),
          [['several-pairs', 'warning', message, `${path}:7`]],
        )
        assert.deepEqual([decisions[0].action, decisions[0].code, decisions[0].settled], ['skip', 'unverified', true])
        assert.deepEqual((await ready(db, await set())).findings, findings)
        assert.equal((await ready(db, await set())).status, 'ready')
        // Neither once nor twice is it taken for what ran.
        for (const _ of [1, 2]) assert.deepEqual((await migrate(db, await set())).findings, findings)
        assert.deepEqual(
          (await rows()).map(({ checksum }) => checksum ?? null),
          [null],
        )

        const told = await counterfoil(['status', '--dir', folder, '--url', url])
        assert.match(told.stdout, /these may never have run:\s+alter\s+table\s+users\s+add\s+column\s+email\s+text/)
        assert.match(told.stdout, /and then say so: counterfoil\s+stamp 20260101090000/)

        // What the help says.
        await db.query("alter table users add column email text; comment on column users.email is 'as it was\ntyped'")
        const stamped = await counterfoil(['stamp', version, '--yes', '--dir', folder, '--url', url])
        assert.equal(stamped.status, 0, stamped.stderr)
        assert.deepEqual((await plan(db, await set())).findings, [])
        assert.equal((await ready(db, await set())).findings, undefined)
        const [{ checksum }] = await rows()
        assert.match(checksum, /^sha256:/)
        await rollback(db, await set())
        assert.deepEqual([await columns(), await rows()], [[], []])
      })

      test('here the ways up run in order, the ways back in reverse, and dbmate sees one row', async (t) => {
        const { db, dbmate, columns, rows, set } = await place(t)
        const { applied, findings } = await migrate(db, await set())
        assert.deepEqual(
          [applied.length, findings.map(({ code, severity }) => [code, severity])],
          [1, [['several-pairs', 'note']]],
        )
        assert.deepEqual(await columns(), ['id', 'email'])
        assert.equal((await rows()).length, 1)
        assert.match(dbmate('status').said, /Pending: 0/)
        assert.deepEqual((await plan(db, await set())).findings, [])
        await rollback(db, await set())
        assert.deepEqual([await columns(), await rows()], [[], []])
      })

      test('an import of its ledger records no checksum of such a file', async (t) => {
        const { db, dbmate, columns, rows, set, write } = await place(t)
        write('20260102090000_posts.sql', '-- migrate:up\ncreate table posts ();\n-- migrate:down\ndrop table posts;\n')
        dbmate('--migrations-table', 'theirs', 'up')
        // 2.36 has stopped at the second pair.
        if (release === '2.36') dbmate('--migrations-table', 'theirs', 'up')
        assert.deepEqual(await columns(), ['id'])
        const { changes } = await importLedger(db, await set(), { from: 'dbmate=theirs' })
        assert.deepEqual(
          changes.map(({ version, message }) => [version, message]),
          [
            [version, 'applied by dbmate, which may have run its first pair only: it has no checksum'],
            ['20260102090000', 'applied by dbmate, and the file counts as it is now'],
          ],
        )
        const { findings } = await migrate(db, await set())
        assert.deepEqual(
          findings.map(({ code, severity }) => [code, severity]),
          [['several-pairs', 'warning']],
        )
        assert.deepEqual(
          (await rows()).map(({ origin, checksum }) => [origin, checksum !== null]),
          [
            ['imported', false],
            ['imported', true],
          ],
        )
      })

      test('a statement that fails in a later piece has its own line', async (t) => {
        const { db, set } = await place(
          t,
          `${pairs}\n-- migrate:up\n\n  alter table nowhere add column a int\n-- migrate:down\nselect 1;\n`,
        )
        const error = await fails(migrate(db, await set()), { code: 'statement-failed' })
        assert.deepEqual(
          [error.at, error.statement],
          [{ path, line: 17, column: 3 }, 'alter table nowhere add column a int'],
        )
      })

      test('a second up marker below an empty first is a comment', async (t) => {
        const text =
          '-- migrate:up\n\n-- migrate:up\ncreate table users (id int);\n-- migrate:down\ndrop table users;\n'
        const theirs = await place(t, text)
        const { status, said } = theirs.dbmate('up')
        // Since 2.29 it wants a way back for each.
        if (release === '2.36') assert.match(said, /requires each migration to define a down block/)
        else assert.deepEqual([status, await theirs.columns()], [0, ['id']])
        const ours = await place(t, text)
        const { findings } = await migrate(ours.db, await ours.set())
        assert.deepEqual([await ours.columns(), findings], [['id'], []])
        await rollback(ours.db, await ours.set())
        assert.deepEqual(await ours.columns(), [])
      })

      test('what dbmate refuses since 2.29 is refused here', async (t) => {
        for (const [text, theirs, ours] of [
          [
            `${pairs}-- migrate:up\nselect 1;\n`,
            /requires each migration to define a down block/,
            '14:1: a `-- migrate:up` without its `-- migrate:down`',
          ],
          [
            '-- migrate:up\nselect 1;\n-- migrate:up\nselect 2;\n-- migrate:down\n',
            /requires each migration to define a down block/,
            '3:1: a second `-- migrate:up`',
          ],
          [
            '-- migrate:up\n-- migrate:down\n-- migrate:down\n',
            /requires every '-- migrate:down' to be preceded by a '-- migrate:up'/,
            '3:1: a second `-- migrate:down`',
          ],
        ]) {
          const { db, dbmate, set } = await place(t, text)
          if (release === '2.36') assert.match(dbmate('up').said, theirs)
          await fails(migrate(db, await set()), { code: 'invalid-marker', message: `${path}:${ours}` })
        }
      })
    },
  )
