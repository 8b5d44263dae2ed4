// `counterfoil import`, as a script calls it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { project } from './support/cli.mjs'
import { bodies, effects, tools } from './support/foreign-ledgers.mjs'
import { startPostgres } from './support/postgres.mjs'

let server
before(async () => (server = await startPostgres()))
after(() => server.stop())

/** A project with a set, and a database that has been given `sql`. */
async function place(t, set, sql) {
  const database = await server.createDatabase()
  const db = await server.connect(database)
  t.after(() => db.end())
  await db.query(sql)
  const it = project(t, Object.fromEntries(Object.entries(set).map(([path, text]) => [`db/migrations/${path}`, text])))
  return { db, run: (...args) => it.run(args, { env: { DATABASE_URL: server.url(database) } }) }
}

const digest = /^digest (sha256:[0-9a-f]{64})$/m
const { goose, 'golang-migrate': counter } = tools

test('what the refusal names is what takes the ledger over', async (t) => {
  const { db, run } = await place(t, goose.set, `${goose.ddl}; ${goose.rows}; ${effects}`)
  const refused = await run('up')
  assert.equal(refused.status, 1)
  assert.match(refused.stderr.replaceAll(/\s+/g, ' '), /to go on from there, take it over: counterfoil import;/)

  const dry = await run('import', '--dry-run')
  assert.deepEqual(
    [dry.status, dry.stdout.replace(digest, 'digest')],
    [
      0,
      `  +  00001  accounts  applied by goose, and the file counts as it is now
  +  00002  cents  applied by goose, and the file counts as it is now
2 rows would be written to the ledger
digest
`,
    ],
  )
  assert.match(
    dry.stderr,
    /note\[imported-unchecked\]: nothing is on record of what goose ran: 2 files count as they are now/,
  )

  const [, expected] = digest.exec(dry.stdout)
  await db.query('insert into goose_db_version (version_id, is_applied) values (3, true)')
  const moved = await run('import', '--expect', expected)
  assert.deepEqual([moved.status, moved.stdout], [1, ''])
  assert.match(moved.stderr, /the plan is sha256:[0-9a-f]+, and the one that was reviewed is sha256:/)
  await db.query('delete from goose_db_version where version_id = 3')

  const done = await run('import', '--expect', expected)
  assert.equal(done.status, 0, done.stderr)
  assert.match(done.stdout, /\nimported: 2 rows written to the ledger \(\d+(\.\d+)? m?s\)\n$/)
  const again = await run('import')
  assert.match(again.stdout, / {2}= {2}00001 {2}the ledger has it already\n[^]*unchanged: the ledger has all of it\n$/)
  assert.match((await run('up')).stdout, /00003/)
  assert.equal((await db.query('select cents from accounts')).rows[0].cents, '10000')
})

test('as JSON it is the result of the function', async (t) => {
  const { run } = await place(t, goose.set, `${goose.ddl}; ${goose.rows}; ${effects}`)
  const { status, stdout } = await run('import', '--format', 'json')
  const { changes, status: what } = JSON.parse(stdout)
  assert.deepEqual(
    [status, what, changes.map(({ kind, version, after }) => [kind, version, after.origin])],
    [
      0,
      'changed',
      [
        ['insert', '00001', 'imported'],
        ['insert', '00002', 'imported'],
      ],
    ],
  )
})

test('a counter: what the schema has is taken over, and nobody has to say it', async (t) => {
  const { run } = await place(t, counter.set, `${counter.ddl}; ${counter.rows}; ${effects}`)
  assert.equal((await run('import', '--table', 'mine')).status, 0)
  const { stdout } = await run('plan', '--table', 'mine', '--format', 'json')
  const { decisions, findings } = JSON.parse(stdout)
  const pending = decisions.filter(({ action }) => action === 'apply').map(({ version }) => version)
  assert.deepEqual([pending, findings], [['000003'], []])
})

test('a counter whose files cannot be replayed: each way on that the help names is taken', async (t) => {
  const sql = `${counter.ddl}; ${counter.rows}; ${effects}`
  const [first] = Object.keys(counter.set)
  const set = { ...counter.set, [first]: 'create extension nobody_has_it;' }
  for (const [way, left] of [
    ['--assume all=applied', ['000003']],
    ['--assume 000001=pending', ['000001', '000003']],
  ]) {
    const { db, run } = await place(t, set, sql)
    const named = await run('import')
    assert.equal(named.status, 1)
    const [, table] = /--table (\S+)/.exec(named.stderr.replaceAll(/\s+/g, ' '))
    const refused = await run('import', '--table', table)
    assert.equal(refused.status, 1)
    assert.ok(refused.stderr.replaceAll(/\s+/g, ' ').includes(way), refused.stderr)
    assert.equal((await run('import', '--table', table, ...way.split(' '))).status, 0)
    const { stdout } = await run('plan', '--table', table, '--format', 'json')
    const { decisions, findings } = JSON.parse(stdout)
    const pending = decisions.filter(({ action }) => action === 'apply').map(({ version }) => version)
    assert.deepEqual(pending, left)
    assert.deepEqual(
      findings.map(({ code }) => code),
      way.endsWith('applied') ? ['assumed'] : [],
    )
    assert.deepEqual((await db.query('select * from schema_migrations')).rows, [{ version: '2', dirty: false }])
  }
})

test('an edited file is accepted by the option that the help names', async (t) => {
  const { sqlx } = tools
  const [, path] = Object.keys(sqlx.set)
  const set = { ...sqlx.set, [path]: `${bodies[1]} -- edited\n` }
  const { run } = await place(t, set, `${sqlx.ddl}; ${sqlx.rows}; ${effects}`)
  const refused = await run('import', '--convention', 'sqlx')
  assert.equal(refused.status, 1)
  const help = refused.stderr.replaceAll(/\s+/g, ' ')
  const [, option, version] = /accept the file: (--accept-edited) (\d+) $/.exec(help) ?? assert.fail(help)
  assert.equal((await run('import', '--convention', 'sqlx', option, version)).status, 0)
  assert.equal((await run('up', '--convention', 'sqlx')).status, 0)
})

test('two ledgers, and one that lies elsewhere, are named with --from', async (t) => {
  const { knex } = tools
  const { run } = await place(t, goose.set, `${goose.ddl}; ${goose.rows}; ${knex.ddl}; ${knex.rows}; ${effects}`)
  const refused = await run('import')
  assert.equal(refused.status, 1)
  const help = refused.stderr.replaceAll(/\s+/g, ' ')
  const [, from] = /say which of them counts: --from (goose=\S+), or --from knex=/.exec(help) ?? assert.fail(help)
  assert.equal((await run('import', '--from', from)).status, 0)
})

for (const [schema, home] of [
  ["it's; a", "it's; a."],
  // The first dot of a table's name ends its schema.
  ['a.b', ''],
])
  test(`names that a shell or an option reads otherwise are handed on as they are: ${schema}`, async (t) => {
    const { knex } = tools
    const here = `create schema "${schema}"; set search_path = "${schema}"`
    /** The words of a command, as a shell takes them. */
    const words = (help, command) => {
      const [, text] = command.exec(help.replaceAll(/\s+/g, ' ')) ?? assert.fail(help)
      return execFileSync('sh', ['-c', `printf '%s\\n' ${text}`], { encoding: 'utf8' })
        .trimEnd()
        .split('\n')
    }
    const one = await place(t, counter.set, `${here}; ${counter.ddl}; ${counter.rows}; ${effects}`)
    const foreign = await one.run('up', '--schema', schema)
    const named = words(foreign.stderr, /take it over: counterfoil (import .*?); for that/)
    assert.deepEqual(named, ['import', '--schema', schema, '--table', 'counterfoil_migrations'])
    const done = await one.run(...named, '--assume', 'all=applied')
    assert.equal(done.status, 0, done.stderr)
    const again = await one.run('import', '--schema', schema)
    const option = words(again.stderr, /in every run: (--table \S+)/)
    assert.deepEqual(option, ['--table', 'counterfoil_migrations'])

    const two = await place(t, goose.set, `${here}; ${goose.ddl}; ${goose.rows}; ${knex.ddl}; ${knex.rows}; ${effects}`)
    const refused = await two.run('import', '--schema', schema)
    const from = words(refused.stderr, /say which of them counts: (--from .*?), or --from '?knex=/)
    assert.deepEqual(from, ['--from', `goose=${home}goose_db_version`])
    const came = await two.run('import', '--schema', schema, ...from)
    assert.equal(came.status, 0, came.stderr)
  })

test('what is written in a wrong way is usage', async (t) => {
  const { run } = await place(t, goose.set, 'select 1')
  const { status, stderr } = await run('import', '--assume', '103')
  assert.deepEqual([status, stderr.includes("--assume cannot be '103'")], [2, true])
  const none = await run('import')
  assert.match(none.stderr, /there is no ledger of another tool here/)
  assert.match(none.stderr.replaceAll(/\s+/g, ' '), /name it: --from goose=schema\.table;/)
})

test('a tool that is still run is told by plan and ready', async (t) => {
  const { db, run } = await place(t, goose.set, `${goose.ddl}; ${goose.rows}; ${effects}`)
  await run('import')
  await db.query('insert into goose_db_version (version_id, is_applied) values (4, true)')
  const { stdout, stderr } = await run('plan')
  assert.match(
    `${stdout}${stderr}`.replaceAll(/\s+/g, ' '),
    /foreign-ledger-moved.*take over the rest: counterfoil import/,
  )
  const ready = await run('ready')
  assert.equal(ready.status, 1)
  assert.match(ready.stdout, /^drift: db=00002 expected=00003 pending=00003 foreign-ledger-moved=goose$/m)
})
