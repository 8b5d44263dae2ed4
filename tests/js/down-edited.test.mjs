// Going back from a file that was edited after it ran: what is said, what is asked, and which way back is used.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { migrate, rollback } from 'counterfoil/pglite'
import { migration, project } from './support/cli.mjs'
import { fails } from './support/errors.mjs'
import { git } from './support/history.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'
import { noTerminal, openTerminal } from './support/terminal.mjs'

const ran = {
  '001_a.sql': migration('create table a ();', 'drop table a;'),
  '002_b.sql': migration('create table b ();', "drop table b;\ninsert into told values ('ran');"),
}
const now = migration('create table b (id int);', "drop table b;\ninsert into told values ('now');")
const edited = { ...ran, '002_b.sql': now }

test('the package takes an edited file back if its version is named, in any spelling', async () => {
  const db = await freshPGlite()
  await db.exec('create table told (what text)')
  await migrate(db, ran)
  const error = await fails(rollback(db, edited), {
    code: 'plan-refused',
    message: 'nothing was run: 002_b.sql was edited after it was applied: its statements have changed',
    help:
      'put the old text back, so that its way back is that of what ran; or, if the one that the file has now takes that ' +
      "back, say so: acceptEdited: ['002']",
  })
  assert.deepEqual(error.options, [{ option: 'acceptEdited', values: ['002'], text: "acceptEdited: ['002']" }])
  await fails(rollback(db, edited, { acceptEdited: ['001'] }), { code: 'plan-refused' })
  await fails(rollback(db, edited, { acceptEdited: '002' }), { code: 'invalid-input' })
  const { reverted } = await rollback(db, edited, { acceptEdited: ['2'] })
  assert.deepEqual(
    reverted.map(({ version }) => version),
    ['002'],
  )
  assert.deepEqual((await db.query('select what from told')).rows, [{ what: 'now' }])
  await db.close()
})

describe('the command line', () => {
  let server
  before(async () => (server = await startPostgres()))
  after(() => server.stop())

  /** A repository in which the set was committed, applied, and then edited. `commits` come between. */
  async function place(t, { set = ran, file = '002_b.sql', text = now, commit = true } = {}) {
    const database = await server.createDatabase()
    const url = server.url(database)
    const db = await server.connect(database)
    t.after(() => db.end())
    await db.query('create table told (what text)')
    const it = project(t, Object.fromEntries(Object.entries(set).map(([path, sql]) => [`db/migrations/${path}`, sql])))
    const run = (...args) => it.run(args, { env: { DATABASE_URL: url } })
    const commits = (message) => {
      git(it.folder, 'add', 'db')
      git(it.folder, 'commit', '--quiet', '-m', message)
      return git(it.folder, 'rev-parse', 'HEAD').trim()
    }
    let first
    if (commit) {
      git(it.folder, 'init', '--quiet', '--initial-branch=main')
      first = commits('ran')
    }
    const up = await run('up')
    assert.equal(up.status, 0, up.stderr)
    const edit = (more) => writeFileSync(join(it.folder, 'db/migrations', file), more)
    edit(text)
    return {
      ...it,
      url,
      db,
      run,
      commits,
      first,
      edit,
      told: async () => (await db.query('select what from told')).rows.map(({ what }) => what),
      rows: async () =>
        (await db.query('select version from schema_migrations order by 1')).rows.map(({ version }) => version),
    }
  }
  const flat = (text) => text.replaceAll(/\s+/g, ' ')

  test('what has changed is shown, and --yes alone is no yes to it', async (t) => {
    const { run, first, told, rows } = await place(t)
    for (const args of [['--yes'], ['--dry-run'], []]) {
      const { status, stderr } = await run('down', ...args)
      assert.equal(status, 1, stderr)
      assert.match(stderr, /^edited: 002_b\.sql was edited after it was applied: its statements have changed$/m)
      assert.match(stderr, new RegExp(`^  it ran as it was at ${first.slice(0, 12)}; since then:$`, 'm'))
      // As `git diff` has it.
      assert.match(stderr, /^  -create table b \(\);\n  \+create table b \(id int\);$/m)
    }
    assert.deepEqual([await told(), await rows()], [[], ['001', '002']])
  })

  test('the help leads to the way back of what ran', async (t) => {
    const { run, told, rows, commits } = await place(t)
    commits('edited')
    const refused = await run('down', '--yes', '--format', 'json')
    const { error } = JSON.parse(refused.stdout)
    assert.equal(error.code, 'plan-refused')
    const [, ref] = /with --from ([0-9a-f]+) its way back/.exec(error.help) ?? assert.fail(error.help)
    const dry = await run('down', '--from', ref, '--dry-run')
    assert.equal(dry.stdout, `  -  002  b  as at ${ref}\n1 migration would be taken back\n`)
    const { status, stderr } = await run('down', '--from', ref, '--yes')
    assert.equal(status, 0, stderr)
    assert.deepEqual([await told(), await rows()], [['ran'], ['001']])
  })

  test('the help leads to the way back of the file as it is now', async (t) => {
    const { run, told, rows } = await place(t, { commit: false })
    const { error } = JSON.parse((await run('down', '--yes', '--format', 'json')).stdout)
    assert.match(error.help, /^where git has what ran, name a commit that has it with --from; or put the old text back/)
    const [, option, version] = /say so: (--accept-edited) (\d+)$/.exec(error.help) ?? assert.fail(error.help)
    const { status, stderr } = await run('down', option, version, '--yes')
    assert.equal(status, 0, stderr)
    // A log has to show it.
    assert.match(stderr, /^edited: 002_b\.sql was edited/m)
    assert.deepEqual([await told(), await rows()], [['now'], ['001']])
  })

  test('a commit at which the file was not what ran is refused, with the one at which it was', async (t) => {
    const { run, told, rows, commits } = await place(t)
    commits('edited')
    const { status, stderr } = await run('down', '--from', 'HEAD', '--yes')
    assert.equal(status, 1)
    assert.match(
      flat(stderr),
      /edited after it was applied: its statements have changed; and at HEAD it is not what ran/,
    )
    assert.deepEqual([await told(), await rows()], [[], ['001', '002']])
    const [, ref] = /write --from ([0-9a-f]+)/.exec(stderr) ?? assert.fail(stderr)
    assert.equal((await run('down', '--from', ref, '--yes')).status, 0)
    assert.deepEqual(await told(), ['ran'])
  })

  test('where no commit has what ran, that is said', async (t) => {
    const { run, rows, db } = await place(t)
    await db.query("update schema_migrations set checksum = 'sha256:of what nobody has' where version = '002'")
    const { status, stderr } = await run('down', '--from', 'HEAD', '--yes')
    assert.equal(status, 1)
    assert.match(flat(stderr), /at HEAD it is not what ran either .*no commit of this branch has what ran; put the old/)
    await db.query("update schema_migrations set checksum = null, fingerprint = null where version = '002'")
    const unknown = await run('down', '--from', 'HEAD', '--yes')
    assert.equal(unknown.status, 1)
    assert.match(flat(unknown.stderr), /no checksum of 002 is on record, so nobody can tell/)
    assert.deepEqual(await rows(), ['001', '002'])
    for (const [ref, what] of [
      ['nowhere', /there is no commit "nowhere"/],
      ['--upload-pack=x', /there is no commit "--upload-pack=x"/],
    ])
      assert.match((await run('down', `--from=${ref}`, '--yes')).stderr, what)
  })

  test('a pair of files is taken from the commit as a pair, and what is not in it from the folder', async (t) => {
    const pair = {
      '1_a.up.sql': 'create table a ();',
      '1_a.down.sql': "drop table a; insert into told values ('a');",
      '2_b.up.sql': 'create table b ();',
      '2_b.down.sql': "drop table b; insert into told values ('b');",
    }
    const { run, write, told, rows } = await place(t, {
      set: pair,
      file: '2_b.up.sql',
      text: 'create table b (id int);',
    })
    write({
      'db/migrations/2_b.down.sql': "drop table b; insert into told values ('b now');",
      'db/migrations/3_c.up.sql': 'create table c ();',
      'db/migrations/3_c.down.sql': "insert into told values ('c');",
    })
    // No run applies anything after the file that was edited.
    assert.equal((await run('stamp', '3', '--yes')).status, 0)
    const { status, stdout, stderr } = await run('down', '--from', 'HEAD', '--steps', '3', '--yes')
    assert.equal(status, 0, stdout + stderr)
    assert.deepEqual([await told(), await rows()], [['c', 'b', 'a'], []])
  })

  test('on a terminal it is asked, with the file whose way back it would be', { skip: noTerminal }, async (t) => {
    const { folder, url, told, rows } = await place(t)
    const terminal = openTerminal(t, { cwd: folder, env: { DATABASE_URL: url } })
    for (const [answer, status, left] of [
      ['n', 1, ['001', '002']],
      ['y', 0, ['001']],
    ]) {
      terminal.start('counterfoil down')
      await terminal.until(/take back 1 migration of .*by the way back that\s+002_b\.sql\s+has now\? \[y\/N\]/)
      terminal.type(answer)
      assert.equal(await terminal.ended(), status, terminal.screen())
      assert.deepEqual(await rows(), left)
    }
    assert.deepEqual(await told(), ['now'])
  })
})
