// `counterfoil squash` in a project with a repository of its own.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { environment, main, migration, node, project } from './support/cli.mjs'

const dir = 'db/migrations'
const chain = {
  [`${dir}/20260101000000_a.sql`]: migration(
    `create table t (id serial primary key, name text); insert into t (name) values ('one')`,
    'drop table t;',
  ),
  [`${dir}/20260102000000_b.sql`]: migration('create view v as select name from t;', 'drop view v;'),
  [`${dir}/20260103000000_c.sql`]: migration('alter table t add more int;', 'alter table t drop more;'),
}
const baseline = `${dir}/20260102000001_baseline.sql`
const list = `${dir}/.counterfoil/20260102000001_baseline.json`
const archive = `${dir}/.counterfoil/archive/20260102000001_baseline`

/** Every file of the migrations: path to text. */
function tree(folder) {
  const entries = readdirSync(join(folder, dir), { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  return Object.fromEntries(files.sort().map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]))
}

function place(t, files = chain) {
  const it = project(t, { ...files, 'NOTES.md': 'first\nsee 20260102000000_b.sql\n' })
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: it.folder, encoding: 'utf8' })
  writeFileSync(join(it.folder, '.gitignore'), 'node_modules\n')
  git('init', '-q')
  git('add', '-A')
  git('commit', '-qm', 'before')
  return { ...it, git }
}

test('it is written with its proof, proved from its archive and from history, and taken back', async (t) => {
  const { folder, run, git } = place(t)
  const before = tree(folder)

  const dry = await run(['squash', '--through', '20260102000000', '--dry-run'])
  assert.equal(dry.status, 0, dry.stderr)
  assert.match(dry.stdout, /would replace 2 migrations: 20260101000000 to 20260102000000$/m)
  assert.deepEqual(tree(folder), before)

  const done = await run(['squash', '--through', '20260102000000'])
  assert.equal(done.status, 0, done.stderr)
  assert.match(done.stdout, /^proved: \d+ facts and 1 row are the same \(PostgreSQL [\d.]+, pg_dump [\d.]+\)$/m)
  assert.match(done.stdout, /^rows: public\.t \(1\)$/m)
  assert.match(done.stderr, /^NOTES\.md:2 names a file that is gone$/m)
  const after = tree(folder)
  assert.deepEqual(
    Object.keys(after),
    [
      `${archive}/20260101000000_a.sql`,
      `${archive}/20260102000000_b.sql`,
      list,
      baseline,
      `${dir}/20260103000000_c.sql`,
    ].sort(),
  )
  assert.equal(after[`${archive}/20260101000000_a.sql`], chain[`${dir}/20260101000000_a.sql`])

  const plan = await run(['plan', '--url', 'pglite:memory'])
  assert.match(plan.stdout, /^2 to apply/)
  const proved = await run(['squash', '--prove', '20260102000001'])
  assert.deepEqual([proved.status, /^proved: \d+ facts and 1 row/.test(proved.stdout)], [0, true])

  // Without its archive the commit before it has the files.
  git('add', '-A')
  git('commit', '-qm', 'squash')
  const kept = join(folder, archive)
  execFileSync('cp', ['-r', kept, join(folder, 'aside')])
  rmSync(kept, { recursive: true })
  const fromHistory = await run(['squash', '--prove', '20260102000001_baseline'])
  assert.deepEqual([fromHistory.status, fromHistory.stdout.startsWith('proved')], [0, true], fromHistory.stderr)

  writeFileSync(join(folder, baseline), after[baseline].replace('name text', 'name varchar'))
  const other = await run(['squash', '--prove', '20260102000001', '--chain', 'aside'])
  assert.equal(other.status, 1)
  assert.match(other.stdout, /^difference: column public\.t\.name: type is character varying, expected text$/m)

  const nothing = await run(['squash', '--undo', '20260102000001'])
  assert.equal(nothing.status, 2)
  assert.match(nothing.stderr, /no archive/)
  git('checkout', '-q', '.')
  const undone = await run(['squash', '--undo', '20260102000001'])
  assert.equal(undone.status, 0, undone.stderr)
  assert.deepEqual(tree(folder), before)
})

test('whatever is in the way, nothing is half done', async (t) => {
  const { folder, run, write } = place(t)
  write({ [`${archive}/20260102000000_b.sql`]: 'somebody put it there' })
  const before = tree(folder)
  const refused = await run(['squash', '--through', '20260102000000'])
  assert.equal(refused.status, 2)
  assert.match(refused.stderr, /20260102000000_b\.sql is there already/)
  assert.deepEqual(tree(folder), before)
  rmSync(join(folder, archive), { recursive: true })

  // A baseline without a proof is not written either.
  write({ 'other.sql': 'CREATE TABLE public.t (id integer);' })
  const unproved = await run(['squash', '--through', '20260102000000', '--dump', 'other.sql', '--rows', 'list'])
  assert.equal(unproved.status, 1)
  assert.match(unproved.stderr, /does not make what the chain makes/)
  assert.deepEqual(Object.keys(tree(folder)), Object.keys(chain).sort())
  assert.equal(existsSync(join(folder, list)), false)

  const wrong = await run(['squash', '--prove', '1', '--undo', '1'])
  assert.equal(wrong.status, 2)
})

const entry = (idx, tag) => ({ idx, version: '7', when: 1000 + idx, tag, breakpoints: true })
const drizzle = {
  [`${dir}/0000_a.sql`]: 'create table a (id int primary key);--> statement-breakpoint\ncreate table b (id int);\n',
  [`${dir}/0001_b.sql`]: 'create table c (id int);\n',
  [`${dir}/0002_c.sql`]: 'create table d (id int);\n',
  [`${dir}/meta/_journal.json`]: JSON.stringify(
    { version: '7', dialect: 'postgresql', entries: [entry(0, '0000_a'), entry(1, '0001_b'), entry(2, '0002_c')] },
    null,
    2,
  ),
}

test('a folder of Drizzle keeps its journal right, and gets it back', async (t) => {
  const { folder, run } = place(t, drizzle)
  const before = tree(folder)
  const done = await run(['squash', '--through', '0001_b', '--format', 'json'])
  assert.equal(done.status, 0, done.stderr)
  const { version } = JSON.parse(done.stdout)
  const { entries } = JSON.parse(tree(folder)[`${dir}/meta/_journal.json`])
  // Drizzle's own migrator runs what is later than the newest that ran: the baseline is not.
  assert.deepEqual(
    entries.map(({ tag, when }) => [tag, when]),
    [
      [version, 1001],
      ['0002_c', 1002],
    ],
  )
  assert.equal((await run(['squash', '--undo', version])).status, 0)
  assert.deepEqual(tree(folder), before)
})

test('what fails half-way is taken back', async (t) => {
  const { folder, run } = place(t, drizzle)
  // It can be read and not be written: it lies in another project.
  const journal = join(folder, dir, 'meta/_journal.json')
  const elsewhere = mkdtempSync(join(tmpdir(), 'counterfoil-elsewhere-'))
  t.after(() => rmSync(elsewhere, { recursive: true, force: true }))
  renameSync(journal, join(elsewhere, '_journal.json'))
  symlinkSync(join(elsewhere, '_journal.json'), journal)
  const before = tree(folder)
  const failed = await run(['squash', '--through', '0001_b'])
  assert.equal(failed.status, 2)
  assert.match(failed.stderr, /_journal\.json is a symbolic link to/)
  assert.deepEqual(tree(folder), before)
  assert.equal(existsSync(join(folder, dir, '.counterfoil')), false)
  assert.equal(readFileSync(journal, 'utf8'), drizzle[`${dir}/meta/_journal.json`])
})

/** As somebody to whom the rights of files apply: root may do anything. */
function runWithRights(folder, args) {
  const own = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  const chown = (path) => {
    if (own.uid === undefined) return
    lchownSync(path, own.uid, own.gid)
    if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) chown(join(path, name))
  }
  chown(folder)
  return spawnSync(node[0], [...node.slice(1), main, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: environment({ HOME: folder }),
    ...own,
  })
}

const folders = {
  [`${dir}/1_a/up.sql`]: 'create table a (id int);\n',
  [`${dir}/2_b/up.sql`]: 'create table b (id int);\n',
}

test('what of an archive cannot be removed loses nothing', async (t) => {
  const { folder, run } = place(t, folders)
  const before = tree(folder)
  const done = await run(['squash', '--format', 'json'])
  assert.equal(done.status, 0, done.stderr)
  const { version } = JSON.parse(done.stdout)
  const kept = join(folder, dir, '.counterfoil/archive', `${version}_baseline`)
  chmodSync(join(kept, '2_b'), 0o555)
  const { status, stderr } = runWithRights(folder, ['squash', '--undo', version])
  const left = Object.entries(tree(folder)).filter(([path]) => !path.includes('.counterfoil'))
  for (const name of readdirSync(join(folder, dir, '.counterfoil/archive')))
    chmodSync(join(folder, dir, '.counterfoil/archive', name, '2_b'), 0o755)
  assert.equal(status, 0, stderr)
  assert.deepEqual(Object.fromEntries(left), before)
  assert.match(stderr, /^warning: .*\.counterfoil\/archive\/3_baseline\S* could not be removed: EACCES/m)
})

test('where the folder allows nothing, an error says so, and nothing is changed', async (t) => {
  const { folder, run } = place(t, folders)
  const done = await run(['squash', '--format', 'json'])
  assert.equal(done.status, 0, done.stderr)
  const { version } = JSON.parse(done.stdout)
  const before = tree(folder)
  for (const closed of [join(folder, dir, '.counterfoil/archive'), join(folder, dir)]) {
    chmodSync(closed, 0o555)
    const { status, stderr } = runWithRights(folder, ['squash', '--undo', version])
    chmodSync(closed, 0o755)
    assert.equal(status, 2, stderr)
    assert.match(stderr, /^error: .*EACCES/m)
    assert.doesNotMatch(stderr, /\n {4}at /)
    assert.deepEqual(tree(folder), before)
    assert.deepEqual(readdirSync(join(folder, dir)).sort(), ['.counterfoil', '3_baseline'])
  }
})
