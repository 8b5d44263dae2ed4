// The real dbmate and Counterfoil take turns on one PostgreSQL database with one directory.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { migrate, plan, ready, rollback } from 'counterfoil/pg'
import { readMigrations } from 'counterfoil/node'
import { resolveBinary } from 'dbmate'
import { fails } from './support/errors.mjs'
import { startPostgres } from './support/postgres.mjs'

const files = {
  '20260101090000_members.sql':
    '-- migrate:up\ncreate table members (id int primary key, name text not null);\n\n-- migrate:down\ndrop table members;\n',
  '20260102090000_seed.sql':
    "-- migrate:up\ninsert into members values (1, 'Ada');\n\n-- migrate:down\ndelete from members;\n",
  '20260103090000_index.sql':
    '-- migrate:up transaction:false\ncreate index concurrently members_name on members (name);\n\n' +
    '-- migrate:down transaction:false\ndrop index concurrently members_name;\n',
  '20260104090000_email.sql':
    '-- migrate:up\nalter table members add column email text;\nupdate members set email = lower(name);\n\n' +
    '-- migrate:down\nalter table members drop column email;\n',
}
const versions = Object.keys(files).map((path) => path.split('_')[0])

/** From the up marker up to the down marker: what a row's checksum is of. */
const checksum = (text) =>
  `sha256:${createHash('sha256')
    .update(text.slice(0, text.indexOf('-- migrate:down')))
    .digest('hex')}`

// Later releases give the version no length.
const newer = fileURLToPath(new URL('../../node_modules/dbmate-new/bin/dbmate', import.meta.url))
const releases = [
  ['2.24', resolveBinary(), 'varchar(128)'],
  ['2.36', newer, 'varchar'],
]
for (const [release, binary, type] of releases)
  describe(
    `dbmate ${release} and Counterfoil on one database`,
    { skip: !existsSync(binary) && 'its package is for Linux on x64 only' },
    () => {
      let server
      before(async () => (server = await startPostgres()))
      after(() => server.stop())

      /** A database, a directory with some of the files, and both tools on them. */
      async function place(t, paths = Object.keys(files)) {
        const folder = mkdtempSync(join(tmpdir(), 'counterfoil-dbmate-'))
        const database = await server.createDatabase()
        const db = await server.connect(database)
        t.after(async () => {
          await db.end()
          rmSync(folder, { recursive: true, force: true })
        })
        const add = (...more) => more.forEach((path) => writeFileSync(join(folder, path), files[path]))
        add(...paths)
        return {
          db,
          folder,
          add,
          set: () => readMigrations(folder),
          dbmate: (...args) => runDbmate(binary, `${server.url(database)}?sslmode=disable`, folder, args),
          rows: async () => (await db.query('select * from public.schema_migrations order by version')).rows,
        }
      }

      test('dbmate first: Counterfoil goes on where dbmate stopped, and dbmate sees it', async (t) => {
        const { db, add, set, dbmate, rows } = await place(t, Object.keys(files).slice(0, 2))
        assert.deepEqual((await dbmate('up')).applied, Object.keys(files).slice(0, 2))
        add(...Object.keys(files).slice(2))
        const column = await db.query(
          "select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = 'schema_migrations'::regclass and attnum > 0",
        )
        assert.deepEqual(column.rows, [{ type: type.replace('varchar', 'character varying') }])

        const seen = await plan(db, await set())
        assert.deepEqual(
          seen.decisions.map(({ action, code, version }) => `${action} ${code} ${version}`),
          [
            `skip unverified ${versions[0]}`,
            `skip unverified ${versions[1]}`,
            `apply pending ${versions[2]}`,
            `apply pending ${versions[3]}`,
          ],
        )
        assert.equal((await ready(db, await set())).status, 'behind')
        assert.deepEqual(
          (await migrate(db, await set())).applied.map(({ version }) => version),
          versions.slice(2),
        )
        assert.deepEqual(
          (await rows()).map(({ version, name, checksum, state, origin }) => ({
            version,
            name,
            checksum,
            state,
            origin,
          })),
          Object.entries(files).map(([path, text], index) => ({
            version: versions[index],
            name: path.slice(15, -4),
            checksum: checksum(text),
            state: 'applied',
            origin: index < 2 ? 'stamped' : 'applied',
          })),
        )

        assert.deepEqual(await dbmate('status'), { applied: Object.keys(files), pending: [] })
        assert.deepEqual((await dbmate('up')).applied, [])
        assert.deepEqual(await migrate(db, await set()).then(({ status, roundTrips }) => ({ status, roundTrips })), {
          status: 'current',
          roundTrips: 1,
        })
      })

      test('dbmate first: another name for the ledger is no way to run its migrations again', async (t) => {
        const { db, set, dbmate, rows } = await place(t)
        await dbmate('up')
        const error = await fails(migrate(db, await set(), { table: 'counterfoil' }), {
          code: 'foreign-ledger',
          message: /is the ledger of dbmate, and says that 4 migrations are applied, the last of them 20260104090000$/,
        })
        assert.match(error.help, /existing: \{ ignore: \['dbmate'\] \}/)
        assert.equal((await rows()).length, 4)
        assert.equal((await migrate(db, await set())).status, 'migrated')
      })

      test('Counterfoil first: dbmate goes on where Counterfoil stopped, and Counterfoil sees it', async (t) => {
        const { db, add, set, dbmate, rows } = await place(t, Object.keys(files).slice(0, 3))
        assert.equal((await migrate(db, await set())).applied.length, 3)
        assert.deepEqual(await dbmate('status'), { applied: Object.keys(files).slice(0, 3), pending: [] })

        add(Object.keys(files)[3])
        assert.deepEqual(await dbmate('status'), {
          applied: Object.keys(files).slice(0, 3),
          pending: [Object.keys(files)[3]],
        })
        assert.deepEqual((await dbmate('up')).applied, [Object.keys(files)[3]])
        const fourth = async () => (await rows())[3]
        assert.equal((await fourth()).checksum, null)
        assert.equal((await ready(db, await set())).status, 'ready')
        assert.deepEqual((await migrate(db, await set())).applied, [])
        assert.equal((await fourth()).checksum, checksum(files[Object.keys(files)[3]]))
        assert.equal((await fourth()).origin, 'stamped')
      })

      test('each takes back what the other applied', async (t) => {
        const { db, set, dbmate, rows } = await place(t)
        await migrate(db, await set())
        assert.deepEqual((await dbmate('rollback')).rolledBack, [Object.keys(files)[3]])
        assert.equal((await rows()).length, 3)
        assert.deepEqual((await plan(db, await set())).decisions.at(-1).code, 'pending')

        assert.deepEqual((await dbmate('rollback')).rolledBack, [Object.keys(files)[2]])
        assert.deepEqual((await dbmate('up')).applied, Object.keys(files).slice(2))
        // Rows of dbmate's have no time: the newest version goes first.
        assert.deepEqual(
          (await rollback(db, await set(), { steps: 2 })).reverted.map(({ version }) => version),
          versions.slice(2).reverse(),
        )
        assert.deepEqual(await dbmate('status'), {
          applied: Object.keys(files).slice(0, 2),
          pending: Object.keys(files).slice(2),
        })
        const { rows: columns } = await db.query(
          `select column_name from information_schema.columns where table_name = 'members' order by 1`,
        )
        assert.deepEqual(
          columns.map(({ column_name }) => column_name),
          ['id', 'name'],
        )
        assert.equal((await migrate(db, await set())).applied.length, 2)
        assert.deepEqual((await dbmate('up')).applied, [])
      })

      test('a file that was merged late is pending for both, and applied once', async (t) => {
        const late = Object.keys(files)[1]
        const { db, add, set, dbmate } = await place(
          t,
          Object.keys(files).filter((path) => path !== late),
        )
        await dbmate('up')
        add(late)
        const decision = (await plan(db, await set())).decisions.find(({ version }) => version === versions[1])
        assert.deepEqual([decision.action, decision.gap], ['apply', true])
        assert.deepEqual(
          (await migrate(db, await set())).applied.map(({ version }) => version),
          [versions[1]],
        )
        assert.deepEqual(await dbmate('status'), { applied: Object.keys(files), pending: [] })
        assert.equal((await db.query('select count(*)::int as n from members')).rows[0].n, 1)
      })

      test('a gap that is an error is refused where dbmate refuses with --strict', async (t) => {
        const some = ['01_a.sql', '02_b.sql', '03_c.sql']
        const text = (path) => `-- migrate:up\ncreate table t${path.slice(0, 2)} ();\n-- migrate:down\n`
        const strict = { policy: { gap: 'error' } }
        // What is applied when the others come, and the first of those that is refused.
        for (const [applied, gap] of [
          [['01_a.sql'], undefined],
          [['01_a.sql', '02_b.sql'], undefined],
          [['02_b.sql'], '01_a.sql'],
          [['01_a.sql', '03_c.sql'], '02_b.sql'],
          [['03_c.sql'], '01_a.sql'],
        ]) {
          const { db, folder, set, dbmate, rows } = await place(t, [])
          const add = (paths) => paths.forEach((path) => writeFileSync(join(folder, path), text(path)))
          add(applied)
          await dbmate('up')
          const before = await rows()
          add(some)
          const refused = await dbmate('up', '--strict').then(
            () => undefined,
            ({ message }) => /migration `(\d+)` is out of order with already applied/.exec(message)?.[1] ?? message,
          )
          assert.equal(refused, gap?.slice(0, 2))
          if (gap === undefined) {
            // Whoever is first applies the rest.
            assert.equal((await migrate(db, await set(), strict)).applied.length, 0)
            continue
          }
          await fails(migrate(db, await set(), strict), {
            code: 'plan-refused',
            message: new RegExp(`^nothing was run: ${gap} is a gap: `),
          })
          assert.deepEqual(await rows(), before)
        }
      })

      test('a row without a file makes a gap for Counterfoil alone', async (t) => {
        const { db, folder, set, dbmate, rows } = await place(t, [])
        writeFileSync(join(folder, '03_c.sql'), '-- migrate:up\nselect 3;\n-- migrate:down\n')
        await dbmate('up')
        rmSync(join(folder, '03_c.sql'))
        writeFileSync(join(folder, '02_b.sql'), '-- migrate:up\nselect 2;\n-- migrate:down\n')
        await fails(migrate(db, await set(), { policy: { gap: 'error' } }), {
          code: 'plan-refused',
          message: /02_b\.sql is a gap: version 03 comes later and is already applied/,
        })
        assert.deepEqual((await dbmate('up', '--strict')).applied, ['02_b.sql'])
        assert.equal((await rows()).length, 2)
      })

      test('dbmate makes the ledger while Counterfoil is about to: both go on', async (t) => {
        const { db, set, rows } = await place(t)
        // What dbmate does first, at the moment when Counterfoil has seen that there is no ledger.
        const query = db.query.bind(db)
        db.query = async (config, ...more) => {
          if (config.text.startsWith('create table '))
            await query(`create table public.schema_migrations (version ${type} primary key)`)
          return query(config, ...more)
        }
        const { applied } = await migrate(db, await set())
        db.query = query
        assert.deepEqual(
          applied.map(({ version }) => version),
          versions,
        )
        assert.deepEqual(
          (await rows()).map(({ state }) => state),
          versions.map(() => 'applied'),
        )
      })

      test('a baseline that Counterfoil adopts is there for dbmate, whose directory is the same', async (t) => {
        const { db, folder, set, dbmate, rows } = await place(t)
        await dbmate('up')
        await migrate(db, await set())
        const replaced = await rows()
        for (const path of Object.keys(files)) rmSync(join(folder, path))
        writeFileSync(
          join(folder, '20260201000000_baseline.sql'),
          '-- migrate:up\ncreate table members (id int primary key, name text, email text);\n-- migrate:down\n',
        )
        mkdirSync(join(folder, '.counterfoil'))
        writeFileSync(
          join(folder, '.counterfoil/20260201000000_baseline.json'),
          JSON.stringify({ replaces: replaced.map(({ version, checksum }) => ({ version, checksum })) }),
        )
        assert.deepEqual((await dbmate('status')).pending, ['20260201000000_baseline.sql'])
        const result = await migrate(db, await set())
        assert.deepEqual([result.applied, result.adopted.map(({ version }) => version)], [[], ['20260201000000']])
        assert.deepEqual((await dbmate('status')).pending, [])
        assert.deepEqual((await dbmate('up')).applied, [])
        assert.deepEqual(
          (await rows()).map(({ replaced_by }) => replaced_by),
          [...versions.map(() => '20260201000000'), null],
        )

        // A new database gets the baseline from either of them.
        const other = await server.createDatabase()
        const { applied } = await runDbmate(binary, `${server.url(other)}?sslmode=disable`, folder, ['up'])
        assert.deepEqual(applied, ['20260201000000_baseline.sql'])
      })
    },
  )

/** Runs dbmate, and reads what it says. Fails if it does. */
function runDbmate(binary, url, folder, args) {
  return new Promise((done, fail) => {
    const child = spawn(binary, ['--no-dump-schema', '--migrations-dir', folder, '--url', url, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
    child.on('error', fail)
    child.on('close', (code) => {
      const names = (pattern) => [...said.matchAll(pattern)].map((found) => found[1])
      if (code !== 0) fail(new Error(`dbmate ${args.join(' ')} ended with ${code}: ${said}`))
      else if (args[0] === 'status') done({ applied: names(/^\[X\] (\S+)$/gm), pending: names(/^\[ \] (\S+)$/gm) })
      else done({ applied: names(/^Applied: (\S+)/gm), rolledBack: names(/^Rolled back: (\S+)/gm) })
    })
  })
}
