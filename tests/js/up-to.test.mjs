// Up to a version, gaps that are errors, and files that were empty when they were applied: the package and the command line.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { init, plan as planOf } from 'counterfoil'
import { boot, migrate, plan, ready } from 'counterfoil/pglite'
import { embed } from 'counterfoil/embed'
import { fails } from './support/errors.mjs'
import { migration, project } from './support/cli.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'

const set = {
  '001_a.sql': migration('create table a ();', 'drop table a;'),
  '002_b.sql': migration('create table b ();', 'drop table b;'),
  '003_c.sql': migration('create table c ();', 'drop table c;'),
}
const versions = (list) => list.map(({ version }) => version)

describe('the package', () => {
  let db
  before(async () => (db = await freshPGlite()))
  after(() => db.close())
  const tables = async () =>
    (await db.query("select tablename as name from pg_tables where schemaname = 'public' order by 1")).rows
      .map(({ name }) => name)
      .filter((name) => name !== 'schema_migrations')

  const on = (title, work) =>
    test(title, async () => {
      await db.exec('drop schema public cascade; create schema public')
      await work()
    })

  on('what comes after the version stays pending, and the result says so', async () => {
    const first = await migrate(db, set, { to: '2' })
    assert.deepEqual(versions(first.applied), ['001', '002'])
    assert.deepEqual(await tables(), ['a', 'b'])
    assert.equal(first.status, 'partial')
    assert.deepEqual(
      first.decisions.filter(({ code }) => code === 'beyond').map(({ action, version }) => [action, version]),
      [['skip', '003']],
    )
    // A database that is as far as it was to go is not current.
    const again = await migrate(db, set, { to: '002' })
    assert.deepEqual([again.status, again.applied, again.skipped], ['partial', [], 2])
    assert.equal((await ready(db, set)).message, 'drift: db=002 expected=003 pending=003')
    await fails(migrate(db, set, { when: 'refuse' }), { code: 'pending' })
    assert.equal((await migrate(db, set, { to: '2', when: 'refuse' })).status, 'partial')
    assert.equal((await migrate(db, set, { to: '2', when: 'wait' })).status, 'partial')
    const rest = await migrate(db, set, { to: '3' })
    assert.deepEqual([rest.status, versions(rest.applied)], ['migrated', ['003']])
    assert.equal((await migrate(db, set, { to: '1' })).status, 'current')
  })

  on('a version that there is not is named before anything is asked of the database', async () => {
    const wrong = {
      code: 'invalid-input',
      message: 'no migration has the version 9, up to which this was to go',
      help: 'give a version of the set with the option `to`: the nearest are 003; nothing was run',
    }
    await fails(migrate(db, set, { to: '9' }), wrong)
    await fails(plan(db, set, { to: '9' }), wrong)
    assert.deepEqual(await tables(), [])
    await fails(migrate(db, set, { to: 2 }), {
      code: 'invalid-input',
      message: /option to is not a version, as a string/,
    })
    await fails(ready(db, set, { to: '2' }), { code: 'invalid-input', message: /no option to/ })
    await init()
    assert.throws(() => planOf(set, [], { to: '9' }), wrong)
    assert.deepEqual(
      planOf(set, [{ version: '1' }], { to: '2' }).decisions.map(({ code }) => code),
      ['unverified', 'pending', 'beyond'],
    )
  })

  on('a manifest that is current does not hide a version that there is not', async () => {
    const manifest = embed(set)
    await migrate(db, manifest)
    await fails(migrate(db, manifest, { to: '9' }), {
      code: 'invalid-input',
      message: /no migration has the version 9/,
    })
    assert.equal((await migrate(db, manifest, { to: '2' })).status, 'current')
    await db.exec("delete from schema_migrations where version = '003'; drop table c")
    assert.equal((await migrate(db, manifest, { to: '2' })).status, 'partial')
  })

  on('a reviewed plan holds the version', async () => {
    const reviewed = await plan(db, set, { to: '2' })
    await fails(migrate(db, set, { expect: reviewed.digest }), { code: 'plan-changed' })
    await fails(migrate(db, set, { expect: reviewed.digest, to: '1' }), { code: 'plan-changed' })
    assert.deepEqual(await tables(), [])
    // What is added beyond it is another matter.
    const more = { ...set, '004_d.sql': migration('create table d ();') }
    const { applied } = await migrate(db, more, { expect: reviewed.digest, to: '002' })
    assert.deepEqual(versions(applied), ['001', '002'])
  })

  on('repeatable migrations of Flyway run in any case, as with its own target', async () => {
    const flyway = {
      'V1__a.sql': 'create table a ();',
      'V1.1__b.sql': 'create table b ();',
      'R__v.sql': 'create view v as select 1 as one;',
    }
    const { applied, status } = await migrate(db, flyway, { to: '1.0' })
    assert.deepEqual([versions(applied), status], [['1', 'R__v'], 'partial'])
  })

  on('a gap that is an error refuses the whole plan, and the help leads out', async () => {
    await migrate(db, { '001_a.sql': set['001_a.sql'], '003_c.sql': set['003_c.sql'] })
    const policy = { gap: 'error' }
    const error = await fails(migrate(db, set, { policy }), {
      code: 'plan-refused',
      message: 'nothing was run: 002_b.sql is a gap: version 003 comes later and is already applied',
      help: 'give it a version after all that are applied, such as 004',
    })
    assert.deepEqual(await tables(), ['a', 'c'])
    assert.equal((await ready(db, set, { policy })).status, 'drifted')
    const [, next] = /such as (\d+)/.exec(error.help)
    const { '002_b.sql': b, ...others } = set
    assert.deepEqual(versions((await migrate(db, { ...others, [`${next}_b.sql`]: b }, { policy })).applied), ['004'])
  })

  on('without a policy a gap is applied and reported, as ever', async () => {
    await migrate(db, { '003_c.sql': set['003_c.sql'] })
    const { applied, decisions } = await migrate(db, set)
    assert.deepEqual(versions(applied), ['001', '002'])
    assert.deepEqual(
      decisions.map(({ gap = false, severity = null }) => [gap, severity]),
      [
        [true, null],
        [true, null],
        [false, null],
      ],
    )
  })

  on('a snapshot is of the whole set', async () => {
    const { PGlite } = await import('@electric-sql/pglite')
    await fails(boot(PGlite, set, { to: '2' }), { code: 'invalid-input', message: /no option to/ })
  })
})

describe('the command line', () => {
  let server
  before(async () => (server = await startPostgres()))
  after(() => server.stop())

  async function place(t, files) {
    const url = server.url(await server.createDatabase())
    const it = project(
      t,
      Object.fromEntries(Object.entries(files).map(([path, sql]) => [`db/migrations/${path}`, sql])),
    )
    return { ...it, run: (...args) => it.run(args, { env: { DATABASE_URL: url } }) }
  }
  const untimed = (text) => text.replaceAll(/\d+(\.\d+)? m?s\b/g, '1 ms')

  test('up --to and plan --to stop at the version', async (t) => {
    const { run } = await place(t, set)
    const planned = await run('plan', '--to', '2')
    assert.equal(planned.status, 1)
    assert.equal(
      planned.stdout,
      '2 to apply, 1 beyond\n\n' +
        '  +  001  a  apply   1 statement, one transaction\n' +
        '  +  002  b  apply   1 statement, one transaction\n' +
        '  >  003  c  beyond\n',
    )
    const up = await run('up', '--to', '2')
    assert.equal(up.status, 0, up.stderr)
    assert.equal(
      untimed(up.stdout),
      '  +  001  a  1 ms\n  +  002  b  1 ms\npartial: 2 applied, 1 still pending (1 ms)\n',
    )
    assert.equal((await run('plan', '--to', '2')).status, 0)
    assert.equal((await run('status')).status, 1)
    const { status, stderr } = await run('up', '--to', '7')
    assert.equal(status, 2)
    assert.match(stderr.replaceAll(/\s+/g, ' '), /no migration has the version 7, .* with --to: the nearest are 003;/)
  })

  test('a plan that was reviewed goes up to its version, whoever forgets to say so', async (t) => {
    const { run, folder } = await place(t, set)
    assert.equal((await run('plan', '--to', '002', '--out', 'plan.json')).status, 0)
    assert.equal(JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')).to, '002')
    const other = await run('up', '--plan', 'plan.json', '--to', '3')
    assert.equal(other.status, 1)
    assert.match(other.stderr, /it goes up to 002, and --to is 3/)
    const { stdout } = await run('up', '--plan', 'plan.json')
    assert.match(stdout, /^partial: 2 applied, 1 still pending/m)
  })

  test('an empty new migration is a warning of up, plan and status; what is written later has a way in', async (t) => {
    const { run, write } = await place(t, { '001_a.sql': migration('', '') })
    for (const args of [['plan'], ['status'], ['up']]) {
      const { stdout, stderr } = await run(...args)
      assert.match((stdout + stderr).replaceAll(/\s+/g, ' '), /the migration has no statement: only its row is written/)
    }
    write({ 'db/migrations/001_a.sql': migration('create table a ();', 'drop table a;') })
    const { status, stdout } = await run('up', '--format', 'json')
    assert.equal(status, 1)
    const { error } = JSON.parse(stdout)
    assert.match(error.message, /001_a\.sql was edited after it was applied: it had no statement then/)
    const [, command] = /take its row away, counterfoil (stamp 001 --not-applied), and run again/.exec(error.help)
    assert.equal((await run(...command.split(' '), '--yes')).status, 0)
    assert.match((await run('up')).stdout, /^migrated: 1 applied/m)
  })

  test('a policy of the configuration makes a gap an error', async (t) => {
    const { run, write } = await place(t, { '001_a.sql': set['001_a.sql'], '003_c.sql': set['003_c.sql'] })
    assert.equal((await run('up')).status, 0)
    write({
      'db/migrations/002_b.sql': set['002_b.sql'],
      'counterfoil.config.json': JSON.stringify({ policy: { gap: 'error' } }),
    })
    const { status, stderr } = await run('up')
    assert.equal(status, 1)
    assert.match(stderr, /002_b\.sql is a gap: version 003 comes later and is already applied/)
    assert.match((await run('ready')).stdout, /^drift: db=003 expected=003 gap=002$/m)
  })
})
