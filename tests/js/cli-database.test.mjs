// The commands on real databases, piped: what scripts and CI get. `tests/js/cli-terminal.test.mjs` is the same for people.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync, readdirSync } from 'node:fs'
import { connect as connectTo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { resolveBinary } from 'dbmate'
import { environment, main, migration, project, root } from './support/cli.mjs'
import { block } from './support/docs.mjs'
import { freePort, startPostgres } from './support/postgres.mjs'

const shows = '20260105090000_shows.sql'
const prices = '20260112101500_prices.sql'
const seats = '20260203143000_seats.sql'
const files = {
  [`db/migrations/${shows}`]: migration('create table shows (id int primary key, title text);', 'drop table shows;'),
  [`db/migrations/${prices}`]: migration(
    'alter table shows add column price int;',
    'alter table shows drop column price;',
  ),
  [`db/migrations/${seats}`]: migration(
    'create table seats (id int);\ncreate index concurrently seats_id on seats (id);',
    'drop table seats;',
  ),
}

let server
before(async () => (server = await startPostgres()))
after(() => server.stop())

/** A project and a database of its own on the server. */
async function place(t, set = files) {
  const database = await server.createDatabase()
  const db = await server.connect(database)
  t.after(() => db.end())
  const it = project(t, set)
  const url = server.url(database)
  return {
    ...it,
    db,
    url,
    database,
    run: (args, { env, ...rest } = {}) => it.run(args, { env: { DATABASE_URL: url, ...env }, ...rest }),
  }
}

/** Nothing that only a terminal understands. */
function plain({ stdout, stderr }) {
  assert.doesNotMatch(stdout + stderr, /[\x1b\r]/)
}

const untimed = (text) =>
  text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '2026-01-01 00:00:00').replaceAll(/\d+(\.\d+)? m?s\b/g, '1 ms')

describe('the commands', () => {
  test('from nothing to current, and back, on PostgreSQL', async (t) => {
    const { run, database } = await place(t)
    const steps = [
      [['ready'], 1, /^drift: db=none expected=20260203143000 pending=20260105090000/],
      [['status'], 1, /^3 to apply\n/],
      [['plan'], 1, /^3 to apply\n\n {2}\+ {2}20260105090000 {2}shows {3}apply {2}1 statement, one transaction\n/],
      [['up', '--dry-run'], 0, /^3 to apply\n/],
      [
        ['up', '--when', 'refuse'],
        1,
        /^$/,
        /^error: 3 migrations pending, .*refuse.*\n {2}help: apply them first, or run with --when apply\n$/,
      ],
      [['status'], 1, /^3 to apply\n/],
      [
        ['up'],
        0,
        /^ {2}\+ {2}20260105090000 {2}shows {2}\d+ ms\n {2}\+ {2}20260112101500 {2}prices {2}\d+ ms\n {2}\+ {2}20260203143000 {2}seats {2}\d+ ms\nmigrated: 3 applied \(\d+ ms\)\n$/,
      ],
      [['up'], 0, /^current: 3 there before \(\d+ ms\)\n$/],
      [
        ['status'],
        0,
        /^3 there\n\n {5}version {9}name {4}state {4}applied \(UTC\) {8}took\n {2}= {2}20260105090000 {2}shows {3}applied {2}\d{4}-/,
      ],
      [['plan'], 0, /^3 there\n\n {2}= {2}20260105090000 {2}… 20260203143000 {2}applied {2}3 migrations\n$/],
      [['ready'], 0, /^ready: db=20260203143000 expected=20260203143000\n$/],
      [['down'], 2, /^$/, /^ {2}- {2}20260203143000 {2}seats\nerror: nobody can be asked/],
      [
        ['down', '--steps', '2', '--dry-run'],
        0,
        /^ {2}- {2}20260203143000 {2}seats\n {2}- {2}20260112101500 {2}prices\n2 migrations would be taken back\n$/,
      ],
      [
        ['down', '--to', '20260105090000', '--yes'],
        0,
        /seats {2}\d+ ms\n {2}- {2}20260112101500 {2}prices {2}\d+ ms\nrolled-back: 2 taken back \(\d+ ms\)\n$/,
      ],
      [['ready'], 1, /^drift: db=20260105090000 expected=20260203143000/],
      [['down', '--to', '1', '--yes'], 1, /^$/, /^error: version 1 is not in the ledger\n/],
    ]
    for (const [args, status, stdout, stderr = /^$/] of steps) {
      const got = await run(args)
      assert.equal(got.status, status, `${args.join(' ')}: ${got.stdout}${got.stderr}`)
      assert.match(got.stdout, stdout, args.join(' '))
      // Before anything else: which files, which database.
      const acted = args[0] === 'ready' ? '' : `db/migrations on ${database} at 127.0.0.1:${server.port}\n`
      assert.equal(got.stderr.slice(0, acted.length), acted, args.join(' '))
      assert.match(got.stderr.slice(acted.length), stderr, args.join(' '))
      plain(got)
    }
    const { stdout } = await run(['status', '--format', 'json'])
    const { status, database: shown, decisions } = JSON.parse(stdout)
    assert.deepEqual([status, shown], ['pending', `${database} at 127.0.0.1:${server.port}`])
    assert.deepEqual(
      decisions.map(({ action, version }) => `${action} ${version}`),
      ['skip 20260105090000', 'apply 20260112101500', 'apply 20260203143000'],
    )
    assert.match(decisions[0].appliedAt, /^\d{4}-\d\d-\d\dT/)
    assert.equal(typeof decisions[0].durationMs, 'number')
  })

  test('a folder without migrations is a mistake, not a database that is current', async (t) => {
    // A note, a lock of Prisma's and a journal of Drizzle's say something about migrations, and are none.
    const { run, db } = await place(t, {
      'db/migrations/.gitkeep': '',
      'src/index.js': '',
      'lock/migration_lock.toml': 'provider = "postgresql"\n',
      'drizzle/meta/_journal.json': '{ "version": "7", "dialect": "postgresql", "entries": [] }',
      'refinery/U1__users.sql': 'create table users ();',
      'code/1750000000000-Users.ts': 'export class Users {}',
    })
    const folder = 'name their folder with --dir, or write the first one with `counterfoil new <name>`'
    const said = {
      'db/migrations': ['', folder],
      src: [': index.js is no migration', `${folder}: migrations are files that end in .sql`],
      lock: [': migration_lock.toml is no migration', `${folder}: migrations are files that end in .sql`],
      drizzle: [
        ': meta/_journal.json lists none',
        'write the first one with `drizzle-kit generate`, and take its folder as a whole',
      ],
      refinery: [
        ': U1__users.sql is not run: there is no versioned migration that it undoes',
        "if it is refinery's, which runs it like the others, name it V1__users.sql; else add what it undoes",
      ],
      code: [
        ': 1750000000000-Users.ts is written in code, and only SQL files are run',
        'write them in SQL, or run them with their own tool',
      ],
    }
    for (const [dir, [seen, help]] of Object.entries(said))
      for (const command of [['up'], ['up', '--dry-run'], ['plan'], ['status'], ['ready'], ['down', '--yes']]) {
        const { status, stdout, stderr } = await run([...command, '--dir', dir])
        assert.deepEqual([status, stdout], [2, ''], `${command.join(' ')} ${dir}: ${stderr}`)
        assert.equal(
          stderr.replaceAll(/\s+/g, ' '),
          `error: there are no migrations in ${dir}${seen} help: ${help}; a set that may have none is allowed with --allow-empty `,
        )
      }
    assert.equal((await db.query(`select to_regclass('schema_migrations') as it`)).rows[0].it, null)
  })

  test('a folder that may be empty is allowed with --allow-empty; without it, nothing is made for it', async (t) => {
    const { run, db, folder } = await place(t, { 'db/migrations/.gitkeep': '' })
    for (const [args, status, stdout] of [
      [['status'], 0, /^nothing to do\n$/],
      [['plan'], 0, /./],
      [['ready'], 0, /^ready: db=none expected=none\n$/],
      [['up'], 0, /^current: nothing to do/],
      [['up', '--dry-run'], 0, /./],
      [['down', '--yes'], 1, /^$/],
    ]) {
      const got = await run([...args, '--allow-empty'])
      assert.equal(got.status, status, `${args.join(' ')}: ${got.stdout}${got.stderr}`)
      assert.match(got.stdout, stdout, args.join(' '))
    }
    assert.equal((await db.query(`select to_regclass('guests') as it`)).rows[0].it, null)
    const json = await run(['up', '--url', 'pglite:./data', '--format', 'json'])
    assert.deepEqual([json.status, JSON.parse(json.stdout).error.code], [2, 'no-migrations'])
    assert.deepEqual(readdirSync(folder).sort(), ['db', 'node_modules'])
    // What needs no database has its own ways with an empty folder.
    assert.equal((await run(['new', 'guests'])).status, 0)
    assert.equal((await run(['up'])).status, 0)
  })

  test('help speaks of the options of the command line', async (t) => {
    const { run, write, db } = await place(t, {
      'mixed/000001_a.up.sql': 'select 1;',
      'mixed/000001_a.down.sql': 'select 1;',
      'mixed/V2__b.sql': 'select 2;',
      'unknown/notes.sql': 'select 1;',
      ...files,
    })
    await db.query('create schema other; create table other.done (version bigint primary key, dirty boolean not null)')
    write({ 'touching/001_a.sql': migration('drop table schema_migrations;') })
    const cases = [
      [['up', '--dir', 'unknown'], /^say which one it is: --convention <name>, which is one of dbmate, /],
      [['up', '--dir', 'mixed'], /^say which one it is: --convention [\w-]+ or --convention [\w-]+$/],
      [['up', '--dir', 'nowhere'], /^name the folder that holds the migrations with --dir$/],
      [
        ['up', '--table', 'other.done'],
        /^keep counterfoil's ledger in another table with --table; what that one says is not taken over$/,
      ],
      [['up', '--when', 'refuse'], /--when apply/],
      [['down', '--steps', '1', '--to', '1', '--yes'], /nothing was run/, /^both --steps and --to are given$/],
    ]
    for (const [args, help, message = /./] of cases) {
      const { error } = JSON.parse((await run([...args, '--format', 'json'])).stdout)
      assert.match(error.help, help)
      assert.match(error.message, message)
    }
    for (const command of ['plan', 'status']) {
      const { stdout } = await run([command, '--dir', 'touching'])
      assert.match(stdout.replaceAll(/\s+/g, ' '), /keep the ledger elsewhere with --table/, command)
    }
  })

  test('a plan on standard output is that of the file; fewer steps than were asked for are named', async (t) => {
    const { run, write } = await place(t, { [`db/migrations/${shows}`]: files[`db/migrations/${shows}`] })
    const { status, stdout } = await run(['plan', '--out', '-'])
    assert.equal(status, 0)
    write({ 'plan.json': stdout })
    assert.equal((await run(['up', '--plan', 'plan.json'])).status, 0)
    const down = await run(['down', '--steps', '5', '--dry-run'])
    assert.equal(down.status, 0)
    assert.match(
      down.stderr,
      /^--steps is 5, but there is nothing before 20260105090000: 1 migration can be taken back$/m,
    )
    assert.doesNotMatch((await run(['down', '--steps', '1', '--dry-run'])).stderr, /--steps/)
  })

  test('an address in a file of variables that is named wins over the one of the environment', async (t) => {
    const [here, other] = [await place(t), await place(t)]
    here.write({ 'production.env': `DATABASE_URL=${other.url}\n` })
    const { status, stderr } = await here.run(['up', '--dotenv', 'production.env'])
    assert.equal(status, 0, stderr)
    assert.equal(stderr, `db/migrations on ${other.database} at 127.0.0.1:${server.port}\n`)
    const there = async ({ db }) => (await db.query(`select to_regclass('shows') as it`)).rows[0].it
    assert.deepEqual([await there(here), await there(other)], [null, 'shows'])
  })

  test('the same on a PGlite in a folder, and in memory', async (t) => {
    const it = project(t, files)
    const run = (...args) => it.run([...args, '--url', 'pglite:./data'])
    const steps = [
      [['up'], 0, /^migrated: 3 applied/m],
      [['status'], 0, /^ {2}= {2}20260203143000 {2}seats {3}applied {2}\d{4}-\d\d-\d\d/m],
      [['down', '--yes'], 0, /^rolled-back: 1 taken back/m],
      [['ready'], 1, /^drift: db=20260112101500 expected=20260203143000/],
    ]
    for (const [args, status, stdout] of steps) {
      const got = await run(...args)
      assert.equal(got.status, status, got.stdout + got.stderr)
      assert.match(got.stdout, stdout)
      plain(got)
    }
    const memory = await it.run(['up', '--format', 'json'], { env: { DATABASE_URL: 'pglite:memory' } })
    assert.equal(memory.status, 0, memory.stderr)
    assert.deepEqual(
      JSON.parse(memory.stdout).applied.map(({ path }) => path),
      [shows, prices, seats],
    )
    assert.match(memory.stderr, /^ {2}\+ {2}20260105090000 {2}shows/m, 'talk goes to stderr then')
  })

  test('a reviewed plan is applied exactly, or not at all', async (t) => {
    const { run, write, folder, db } = await place(t, { [`db/migrations/${shows}`]: files[`db/migrations/${shows}`] })
    const made = await run(['plan', '--out', 'plan.json'])
    assert.equal(made.status, 0, made.stderr)
    const file = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'))
    assert.match(made.stderr, new RegExp(`^plan\\.json: ${file.digest}$`, 'm'))
    write({ [`db/migrations/${prices}`]: files[`db/migrations/${prices}`] })
    for (const extra of [[], ['--dry-run']]) {
      const changed = await run(['up', '--plan', 'plan.json', ...extra])
      assert.equal(changed.status, 1)
      assert.match(
        changed.stderr,
        /^error: this is not the plan in plan\.json: 20260112101500 prices is not in it \(apply, pending\)\n {2}help: nothing was run; write the plan again/m,
      )
    }
    assert.equal((await db.query(`select to_regclass('shows') as it`)).rows[0].it, null)
    renameSync(join(folder, `db/migrations/${prices}`), join(folder, prices))
    assert.equal((await run(['up', '--plan', 'plan.json'])).status, 0)
    assert.match((await run(['up', '--plan', 'plan.json'])).stdout, /^current: 1 there before/)
    writeFileSync(join(folder, 'no.json'), '{}')
    for (const [path, message] of [
      ['no.json', 'is not a plan'],
      ['none.json', 'does not exist'],
    ]) {
      const { status, stderr } = await run(['up', '--plan', path])
      assert.equal(status, 2)
      assert.match(stderr, new RegExp(`^error: ${path} ${message}$`, 'm'))
    }
  })

  test('up --plan: what was reviewed is what the file says, on the database and the ledger that it names', async (t) => {
    const diesel = (name) => ({
      [`db/migrations/${name}/up.sql`]: `create table t${name.slice(0, 4)} (id int);\ncreate index on t${name.slice(0, 4)} (id);\n`,
      [`db/migrations/${name}/down.sql`]: `drop table t${name.slice(0, 4)};\n`,
    })
    const { run, write, folder, db, database } = await place(t, {
      ...diesel('2026-01-05-090000_shows'),
      ...diesel('2027-01-05-090000_seats'),
    })
    assert.equal((await run(['plan', '--out', 'plan.json'])).status, 0)
    const text = readFileSync(join(folder, 'plan.json'), 'utf8')
    const file = JSON.parse(text)
    assert.deepEqual(
      [file.database, file.table],
      [`${database} at 127.0.0.1:${server.port}`, 'public.schema_migrations'],
    )
    const refuses = async (message, args = [], extras = [[]]) => {
      for (const extra of extras) {
        const { status, stderr } = await run(['up', '--plan', 'plan.json', ...args, ...extra])
        assert.equal(status, 1, stderr)
        assert.match(stderr, message)
      }
      assert.equal((await db.query(`select to_regclass('t2026') as it`)).rows[0].it, null)
    }
    const edited = (change) => {
      const copy = JSON.parse(text)
      change(copy)
      write({ 'plan.json': JSON.stringify(copy) })
    }
    edited((plan) => plan.decisions.splice(0))
    await refuses(
      /^error: this is not the plan in plan\.json: \S+ shows is not in it \(apply, pending\); \S+ seats is not in it/m,
      [],
      [[], ['--dry-run'], ['--when', 'refuse']],
    )
    edited((plan) => (plan.decisions[0].statements = 1))
    await refuses(/^error: .*: \S+ shows: statements 1 in it, 2 now$/m)
    edited((plan) => plan.decisions.push({ ...plan.decisions[0], version: '9', name: 'nine' }))
    await refuses(/^error: .*: 9 nine has no file any more$/m)
    edited((plan) => (plan.database = 'other at db.example'))
    await refuses(new RegExp(`^error: .*: it is for other at db\\.example, and this is ${database} at `, 'm'))
    write({ 'plan.json': text })
    await refuses(/^error: .*: it is for the ledger public\.schema_migrations, and this is other\.ledger$/m, [
      '--table',
      'other.ledger',
    ])
    write({ 'db/migrations/2026-01-05-090000_shows/metadata.toml': 'run_in_transaction = false\n' })
    await refuses(/^error: .*: \S+ shows: one transaction in it, step by step now/m)
    write({
      'db/migrations/2026-01-05-090000_shows/metadata.toml': '',
      'db/migrations/2027-01-05-090000_seats/up.sql': 'create table t2027 (id text);\ncreate index on t2027 (id);\n',
    })
    await refuses(/^error: .*: 2027-01-05-090000_seats\/up\.sql has another text$/m)
    write(diesel('2027-01-05-090000_seats'))
    const { status, stderr } = await run(['up', '--plan', 'plan.json'])
    assert.equal(status, 0, stderr)
  })

  test('drift is shown with its reason in every format, and refuses the run', async (t) => {
    const { run, write } = await place(t, {
      [`db/migrations/${shows}`]: files[`db/migrations/${shows}`],
      [`db/migrations/${seats}`]: files[`db/migrations/${seats}`],
    })
    assert.equal((await run(['up'])).status, 0)
    write({ [`db/migrations/${prices}`]: files[`db/migrations/${prices}`] })
    const gap = await run(['status'])
    assert.equal(gap.status, 1)
    assert.match(gap.stdout, /^ {2}\+ {2}20260112101500 {2}prices {2}pending \(gap\)/m)
    write({ [`db/migrations/${shows}`]: migration('create table shows (id int primary key);') })
    const text = await run(['plan'])
    assert.equal(text.status, 1)
    assert.match(text.stdout, /^nothing is run: 1 error;/)
    const message = `${shows} was edited after it was applied: its statements have changed`
    assert.ok(text.stdout.includes(message))
    const refused = await run(['up', '--format', 'json'])
    assert.equal(refused.status, 1)
    assert.equal(JSON.parse(refused.stdout).error.code, 'plan-refused')

    const github = await run(['status', '--format', 'github'])
    assert.match(
      github.stdout,
      new RegExp(
        `^::error file=db/migrations/${shows},line=1,col=1,title=counterfoil%3A edited::${message}%0Aput the old text back`,
        'm',
      ),
    )
    const { runs, version } = JSON.parse((await run(['status', '--format', 'sarif'])).stdout)
    assert.equal(version, '2.1.0')
    const [{ results, tool }] = runs
    const edited = results.find(({ ruleId }) => ruleId === 'edited')
    assert.deepEqual(edited.locations[0].physicalLocation, {
      artifactLocation: { uri: `db/migrations/${shows}`, uriBaseId: '%SRCROOT%' },
      region: { startLine: 1, startColumn: 1 },
    })
    assert.equal(tool.driver.rules[edited.ruleIndex].id, 'edited')
    assert.equal(edited.level, 'error')
    assert.match((await run(['plan', '--mermaid'])).stdout, /^timeline\n/)
    // A policy of the configuration lets it through.
    write({ 'counterfoil.config.json': '{ "policy": { "edited-semantic": "warning" } }' })
    assert.equal((await run(['up'])).status, 0)
  })

  test('a migration that fails: the line, the place, what the database says, and what to do', async (t) => {
    const { run } = await place(t, {
      [`db/migrations/${shows}`]: files[`db/migrations/${shows}`],
      [`db/migrations/${prices}`]: migration(
        "alter table shows add column price int;\ncomment on column shows.price is 'in €'; update shows set price = 0 where pirce is null;",
      ),
    })
    const { status, stdout, stderr } = await run(['up'])
    assert.equal(status, 1)
    const shown = block('failing').replace('$ counterfoil up\n', '')
    const [acted, ...rest] = stderr.split('\n')
    const elsewhere = acted.replace(/ test_\w+ at 127\.0\.0\.1:\d+$/, ' app at localhost:5432')
    assert.equal(untimed(`${elsewhere}\n${stdout}${rest.join('\n')}`), untimed(shown))
    const github = await run(['up', '--format', 'github'])
    assert.match(
      github.stdout,
      new RegExp(
        `^::error file=db/migrations/${prices},line=3,col=75,title=counterfoil%3A statement-failed::column "pirce" does not exist`,
        'm',
      ),
    )
    const { error } = JSON.parse((await run(['up', '--format', 'json'])).stdout)
    assert.deepEqual(error.at, { path: `db/migrations/${prices}`, line: 3, column: 75 })
    assert.equal(error.database.sqlstate, '42703')
  })

  test('without a terminal only what takes a whole schema needs --yes', async (t) => {
    const { run, write, db } = await place(t, {
      [`db/migrations/${shows}`]: files[`db/migrations/${shows}`],
      [`db/migrations/${prices}`]: migration('drop table shows;'),
    })
    assert.equal((await run(['up'])).status, 0)
    await db.query('create schema app')
    write({ [`db/migrations/${seats}`]: migration('drop schema app cascade;') })
    const { status, stderr } = await run(['up'])
    assert.equal(status, 2)
    assert.match(
      stderr,
      /^ {2}! {2}drop schema app {2}db\/migrations\/20260203143000_seats\.sql:2:1\nerror: nobody can be asked/m,
    )
    assert.equal((await run(['up', '--yes'])).status, 0)
  })

  test('what would be lost is said in every format, and in the log of a run that nobody is asked about', async (t) => {
    const { run, write, folder, db } = await place(t, { [`db/migrations/${shows}`]: files[`db/migrations/${shows}`] })
    assert.equal((await run(['up'])).status, 0)
    write({
      [`db/migrations/${prices}`]: migration(
        "insert into shows values (1, 'x');\ndo $$ begin drop table shows; end $$;",
      ),
    })
    const at = { path: prices, line: 3, column: 1 }
    const said = `this throws data away:\n  !  drop table shows  db/migrations/${prices}:3:1\n`
    for (const command of [['plan'], ['up', '--dry-run']]) {
      assert.ok((await run(command)).stdout.endsWith(`\n\n${said}`), command.join(' '))
      assert.deepEqual(JSON.parse((await run([...command, '--format', 'json'])).stdout).losses, [
        { path: prices, at, what: 'drop table shows', whole: false },
      ])
      const { stdout } = await run([...command, '--format', 'github'])
      assert.match(
        stdout,
        new RegExp(
          `^::warning file=db/migrations/${prices},line=3,col=1,title=counterfoil%3A data-loss::this throws data away: drop table shows`,
          'm',
        ),
      )
    }
    assert.equal((await run(['plan', '--out', 'plan.json'])).status, 0)
    assert.deepEqual(JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')).losses, [
      { path: prices, at, what: 'drop table shows', whole: false },
    ])
    const { status, stderr } = await run(['up', '--plan', 'plan.json'])
    assert.equal(status, 0, stderr)
    assert.ok(stderr.includes(said), stderr)
    assert.equal((await db.query(`select to_regclass('shows') as it`)).rows[0].it, null)
    assert.deepEqual(JSON.parse((await run(['plan', '--format', 'json'])).stdout).losses, [])
  })

  test('rows that get another version or name, and rows without a file, are told by `up`', async (t) => {
    const { run, folder } = await place(t)
    assert.equal((await run(['up'])).status, 0)
    renameSync(join(folder, 'db/migrations', prices), join(folder, 'db/migrations/20260112101500_costs.sql'))
    rmSync(join(folder, 'db/migrations', seats))
    const { status, stdout, stderr } = await run(['up'])
    assert.equal(status, 0, stderr)
    assert.match(
      stderr,
      /^note\[renamed\]: version 20260112101500 is applied as "prices": its row takes the new name, "costs"$/m,
    )
    assert.match(stderr, /^warning\[(missing|ahead)\]: .*20260203143000/m)
    assert.match(stdout, /\(\d+ ms\)\n$/)
  })

  test('a long list of what is there says at its end too what it amounts to', async (t) => {
    const many = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [`db/migrations/${100 + at}_m.sql`, 'select 1;']),
    )
    const { run } = await place(t, many)
    assert.match((await run(['status'])).stdout, /^40 to apply\n\n[^]*\n\n40 to apply\n$/)
  })

  test('two at once: both end well, and everything runs once', async (t) => {
    const { run, db } = await place(t)
    const runs = await Promise.all([run(['up', '--format', 'json']), run(['up', '--format', 'json'])])
    for (const { status, stderr } of runs) assert.equal(status, 0, stderr)
    assert.deepEqual(runs.flatMap(({ stdout }) => JSON.parse(stdout).applied.map(({ version }) => version)).sort(), [
      '20260105090000',
      '20260112101500',
      '20260203143000',
    ])
    assert.equal((await db.query('select count(*)::int as n from schema_migrations')).rows[0].n, 3)
  })

  test('whoever stops reading does not stop the run', async (t) => {
    const { folder, url, db } = await place(t)
    const { stderr } = spawnSync('bash', ['-c', `'${process.execPath}' '${main}' up | true`], {
      cwd: folder,
      encoding: 'utf8',
      env: environment({ DATABASE_URL: url }),
    })
    assert.match(stderr, /^db\/migrations on .*\n$/)
    assert.equal((await db.query('select count(*)::int as n from schema_migrations')).rows[0].n, 3)
  })

  test('dbmate and counterfoil agree on what is there', async (t) => {
    const { run, folder, url } = await place(t)
    const dbmate = (...args) =>
      spawnSync(resolveBinary(), ['--no-dump-schema', '--migrations-dir', 'db/migrations', ...args], {
        cwd: folder,
        encoding: 'utf8',
        env: environment({ DATABASE_URL: `${url}?sslmode=disable` }),
      })
    // Its own way to say that a file has several statements of which one cannot be in a transaction.
    const path = join(folder, 'db/migrations', seats)
    writeFileSync(
      path,
      '-- migrate:up transaction:false\ncreate index concurrently shows_title on shows (title);\n\n-- migrate:down\ndrop index shows_title;\n',
    )
    const theirs = dbmate('up')
    assert.equal(theirs.status, 0, theirs.stderr)
    const seen = await run(['status'])
    assert.equal(seen.status, 0, seen.stdout)
    assert.match(seen.stdout, /^ {2}= {2}20260105090000 {2}shows {3}unverified$/m)
    const made = await run(['new', 'orders'])
    writeFileSync(join(folder, made.stdout.trim()), migration('create table orders ();', 'drop table orders;'))
    assert.equal((await run(['up'])).status, 0)
    assert.match((await run(['status'])).stdout, /^ {2}= {2}20260105090000 {2}shows {3}applied +stamped$/m)
    const list = dbmate('status')
    assert.match(list.stdout, /\[X\] \d{14}_orders\.sql\n\nApplied: 4\nPending: 0/)
    assert.equal((await run(['down', '--yes'])).status, 0)
    assert.match(dbmate('status').stdout, /\[ \] \d{14}_orders\.sql\n\nApplied: 3\nPending: 1/)
  })
})

describe('connecting', () => {
  test('what cannot be reached ends with 2, and says what to do', async (t) => {
    const it = project(t, files)
    const admin = await server.connect()
    t.after(() => admin.end())
    await admin.query(`create role locked login password 'right/one'`)
    const [{ hba_file }] = (await admin.query('show hba_file')).rows
    const rules = readFileSync(hba_file, 'utf8')
    writeFileSync(hba_file, `host all locked all scram-sha-256\n${rules}`)
    await admin.query('select pg_reload_conf()')
    const at = `127.0.0.1:${server.port}`
    const nobody = await freePort()
    const cases = [
      [
        `postgres://postgres@127.0.0.1:${nobody}/app`,
        /^error: app at 127\.0\.0\.1:\d+ cannot be reached: connect ECONNREFUSED/,
        /nothing listens there/,
      ],
      [
        'postgres://postgres@nowhere.invalid/app',
        /^error: app at nowhere\.invalid cannot be reached: getaddrinfo E/,
        /spelt right/,
      ],
      [`postgres://postgres@${at}/nothing`, /database "nothing" does not exist \(3D000\)/, /createdb/],
      [
        `postgres://locked:wrong%2Fone@${at}/postgres`,
        /password authentication failed for user "locked" \(28P01\)/,
        /user and password are right/,
      ],
      [`postgres://locked@${at}/postgres`, /cannot be reached: SASL/, /PGPASSWORD/],
      [`postgres://postgres@${at}/postgres?sslmode=require`, /does not support SSL/, /sslmode=disable/],
    ]
    for (const [url, message, help] of cases) {
      const got = await it.run(['ready', '--url', url])
      assert.equal(got.status, 2, got.stderr)
      assert.match(got.stderr, message)
      assert.match(got.stderr.replaceAll(/\s+/g, ' '), help)
      assert.doesNotMatch(got.stderr, /wrong|SECURITY/)
      plain(got)
    }
    assert.equal((await it.run(['ready', '--url', `postgres://locked:right%2Fone@${at}/postgres`])).status, 1)
  })

  test('--wait tries again until the database is there', async (t) => {
    const { run } = await place(t)
    let refused = 0
    const sockets = new Set()
    // A database that is not there the first time.
    const door = createServer((socket) => {
      if (refused++ === 0) return socket.destroy()
      const to = connectTo(server.port, '127.0.0.1')
      for (const end of [socket, to]) {
        sockets.add(end)
        end.on('error', () => {})
      }
      socket.pipe(to).pipe(socket)
    })
    await new Promise((done) => door.listen(0, '127.0.0.1', done))
    t.after(() => {
      for (const socket of sockets) socket.destroy()
      door.close()
    })
    const url = `postgres://postgres@127.0.0.1:${door.address().port}/postgres`
    const first = await run(['ready', '--url', url])
    assert.equal(first.status, 2, first.stderr)
    refused = 0
    const second = await run(['ready', '--url', url, '--wait'])
    assert.equal(second.status, 1, second.stderr)
    assert.ok(refused >= 2)
  })

  test('Ctrl-C while it connects ends it', async (t) => {
    const { folder } = await place(t)
    const silent = createServer(() => {})
    await new Promise((done) => silent.listen(0, '127.0.0.1', done))
    const sockets = new Set()
    t.after(() => {
      for (const socket of sockets) socket.destroy()
      silent.close()
    })
    const child = spawn(
      process.execPath,
      [main, 'ready', '--url', `postgres://postgres@127.0.0.1:${silent.address().port}/app`],
      { cwd: folder, env: environment(), stdio: 'ignore' },
    )
    const ended = new Promise((done) => child.once('close', (status) => done(status)))
    sockets.add(await new Promise((done) => silent.once('connection', done)))
    child.kill('SIGINT')
    assert.equal(await ended, 130)
  })

  test('without PGlite it says what to install; an extension that is not there is named', async (t) => {
    const it = project(t, {
      ...files,
      'counterfoil.config.json': '{ "pglite": { "extensions": { "vektor": "@electric-sql/pglite-pgvector" } } }',
    })
    const alone = mkdtempSync(join(tmpdir(), 'counterfoil-alone-'))
    t.after(() => rmSync(alone, { recursive: true, force: true }))
    cpSync(join(root, 'pkg'), join(alone, 'node_modules/counterfoil'), { recursive: true })
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        join(alone, 'node_modules/counterfoil/cli/main.js'),
        'up',
        '--dir',
        join(it.folder, 'db/migrations'),
        '--url',
        'pglite:memory',
      ],
      { cwd: alone, encoding: 'utf8', env: environment() },
    )
    assert.equal(status, 2)
    assert.match(
      stderr,
      /^error: @electric-sql\/pglite is not installed in this project\n {2}help: npm install @electric-sql\/pglite;/,
    )
    const wrong = await it.run(['up', '--url', 'pglite:memory'])
    assert.equal(wrong.status, 2)
    assert.match(wrong.stderr, /^error: @electric-sql\/pglite-pgvector has no extension vektor\n/)
  })
})
