// What is written to a place that somebody has named: a file is replaced in one go, and nothing else ever is.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { snapshotsInFolder } from 'counterfoil/node'
import { environment as cliEnvironment, main, migration, node, project } from './support/cli.mjs'
import { environment, git, removeRepositories, repository } from './support/history.mjs'
import { startPostgres } from './support/postgres.mjs'

let server
before(async () => (server = await startPostgres()))
after(() => server.stop())
after(removeRepositories)
const windows = process.platform === 'win32' && 'there are no devices and pipes with names there'
const files = { 'db/migrations/001_a.sql': migration('select 1;', 'select 2;') }

/** Every way to name a file that is written: the arguments, and the environment. What is written has `has` in it. */
const ways = {
  'embed --out': { has: /001_a\.sql/, args: (path) => ['embed', '--out', path] },
  'plan --out': { has: /"digest"/, args: (path) => ['plan', '--out', path] },
  GITHUB_STEP_SUMMARY: {
    has: /^### counterfoil check/m,
    args: () => ['check', '--base', 'HEAD', '--format', 'github'],
    env: (path) => ({ GITHUB_STEP_SUMMARY: path }),
    adds: true,
  },
  GITHUB_OUTPUT: {
    has: /^verdict=pass$/m,
    args: () => ['check', '--base', 'HEAD', '--format', 'github'],
    env: (path) => ({ GITHUB_OUTPUT: path }),
    adds: true,
  },
}

const environmentOf = (way, path) => ({
  ...environment,
  DATABASE_URL: server.url('postgres'),
  GITHUB_STEP_SUMMARY: '',
  GITHUB_OUTPUT: '',
  ...way.env?.(path),
})

/** A repository with migrations, in which a way can be gone. */
function place(t) {
  const it = project(t, files)
  rmSync(join(it.folder, 'node_modules'))
  git(it.folder, 'init', '--quiet')
  git(it.folder, 'add', '.')
  git(it.folder, 'commit', '--quiet', '--message', 'a')
  const at = (path) => join(it.folder, path)
  return { ...it, at, write: (way, path) => it.run(way.args(path), { env: environmentOf(way, path) }) }
}

/** The kind of device that is made: its numbers, as in `Documentation/admin-guide/devices.txt` of Linux. */
const devices = { null: ['c', '1', '3'], full: ['c', '1', '7'], loop: ['b', '7', '0'] }

/** Makes a device of our own. Only root may. @returns false, and says so, if it cannot be made */
function device(t, path, kind) {
  const { status } = spawnSync('mknod', [path, ...devices[kind]])
  if (status !== 0) t.skip('a device can only be made by root on Linux')
  return status === 0
}

/** Everything in the folder but what was there before and what is named. */
const left = (folder, ...known) =>
  readdirSync(folder).filter((name) => !['.git', 'db', 'data', ...known].includes(name))

const whole = 'what was there before\n'

for (const [name, way] of Object.entries(ways))
  describe(name, { skip: windows }, () => {
    test('a new file is made', async (t) => {
      const { at, folder, write } = place(t)
      const { status, stderr } = await write(way, 'made')
      assert.equal(status, 0, stderr)
      assert.match(readFileSync(at('made'), 'utf8'), way.has)
      assert.deepEqual(left(folder, 'made'), [])
    })

    test('a file keeps its mode', async (t) => {
      const { at, folder, write } = place(t)
      writeFileSync(at('made'), whole)
      chmodSync(at('made'), 0o640)
      assert.equal((await write(way, 'made')).status, 0)
      const text = readFileSync(at('made'), 'utf8')
      assert.match(text, way.has)
      assert.equal(text.startsWith(whole), way.adds === true)
      assert.equal(statSync(at('made')).mode & 0o777, 0o640)
      assert.deepEqual(left(folder, 'made'), [])
    })

    test('a device stays one, and takes what is written', async (t) => {
      const { at, folder, write } = place(t)
      if (!device(t, at('null'), 'null')) return
      const { status, stderr } = await write(way, 'null')
      assert.equal(status, 0, stderr)
      assert.ok(lstatSync(at('null')).isCharacterDevice())
      assert.deepEqual(left(folder, 'null'), [])
    })

    test('what a device does not take is an error', async (t) => {
      const { at, folder, write } = place(t)
      if (!device(t, at('full'), 'full')) return
      const { status, stderr } = await write(way, 'full')
      assert.equal(status, 2)
      assert.match(stderr, /^error: full cannot be written: ENOSPC/m)
      assert.ok(lstatSync(at('full')).isCharacterDevice())
      assert.deepEqual(left(folder, 'full'), [])
    })

    test('a block device is refused', async (t) => {
      const { at, folder, write } = place(t)
      // No such disk is there, so that a test that fails writes to none.
      if (!device(t, at('disk'), 'loop')) return
      const { status, stderr } = await write(way, 'disk')
      assert.equal(status, 2)
      assert.match(stderr, /^error: disk is a block device$/m)
      assert.ok(lstatSync(at('disk')).isBlockDevice())
      assert.deepEqual(left(folder, 'disk'), [])
    })

    test('a pipe stays one, and its reader gets everything, even if it comes late', { timeout: 60_000 }, async (t) => {
      const { at, folder, write } = place(t)
      assert.equal(spawnSync('mkfifo', [at('pipe')]).status, 0)
      const written = write(way, 'pipe')
      const reader = spawn('sh', ['-c', 'sleep 1; cat pipe'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
      t.after(() => reader.kill())
      let text = ''
      reader.stdout.setEncoding('utf8').on('data', (part) => (text += part))
      const read = new Promise((done) => reader.on('close', done))
      const [{ status, stderr }] = await Promise.all([written, read])
      assert.equal(status, 0, stderr)
      assert.match(text, way.has)
      assert.ok(lstatSync(at('pipe')).isFIFO())
      assert.deepEqual(left(folder, 'pipe'), [])
    })

    test('a socket is refused', async (t) => {
      const { at, folder, write } = place(t)
      const server = createServer()
      await new Promise((done) => server.listen(at('socket'), done))
      t.after(() => server.close())
      const { status, stderr } = await write(way, 'socket')
      assert.equal(status, 2)
      assert.match(stderr, /^error: socket is a socket$/m)
      assert.ok(lstatSync(at('socket')).isSocket())
      assert.deepEqual(left(folder, 'socket'), [])
    })

    test('a link to a file of the project stays one, and the file is written', async (t) => {
      const { at, folder, write } = place(t)
      writeFileSync(at('file'), whole)
      symlinkSync('file', at('link'))
      const { status, stderr } = await write(way, 'link')
      assert.equal(status, 0, stderr)
      assert.ok(lstatSync(at('link')).isSymbolicLink())
      assert.match(readFileSync(at('file'), 'utf8'), way.has)
      assert.deepEqual(left(folder, 'link', 'file'), [])
    })

    test('a link to anything else is refused', async (t) => {
      const { at, folder, write } = place(t)
      const elsewhere = mkdtempSync(join(tmpdir(), 'counterfoil-elsewhere-'))
      t.after(() => rmSync(elsewhere, { recursive: true }))
      writeFileSync(join(elsewhere, 'file'), whole)
      for (const [target, why] of [
        [join(elsewhere, 'file'), /^error: link is a symbolic link to .*: not both are in /m],
        ['nothing', /^error: link is a symbolic link to something that is not there$/m],
        ['db', /^error: link is a symbolic link to a folder$/m],
      ]) {
        symlinkSync(target, at('link'))
        const { status, stderr } = await write(way, 'link')
        assert.equal(status, 2)
        assert.match(stderr, why)
        assert.ok(lstatSync(at('link')).isSymbolicLink())
        assert.deepEqual(left(folder, 'link'), [])
        rmSync(at('link'))
      }
      assert.equal(readFileSync(join(elsewhere, 'file'), 'utf8'), whole)
      // A link elsewhere to a file of ours is none of ours either: /dev/stdout is one.
      writeFileSync(at('file'), whole)
      symlinkSync(at('file'), join(elsewhere, 'link'))
      const { status, stderr } = await write(way, join(elsewhere, 'link'))
      assert.equal(status, 2)
      assert.match(stderr, /not both are in /)
      assert.equal(readFileSync(at('file'), 'utf8'), whole)
    })

    test('a folder is refused', async (t) => {
      const { folder, write } = place(t)
      const { status, stderr } = await write(way, 'db')
      assert.equal(status, 2)
      assert.match(stderr, /^error: db is a folder$/m)
      assert.deepEqual(left(folder), [])
    })

    test('a write that fails half-way leaves the old file whole, and nothing else', async (t) => {
      const { at, folder, write } = place(t)
      for (let version = 100; version < 110; version += 1)
        writeFileSync(at(`db/migrations/${version}_b.sql`), migration(`select '${'b'.repeat(300)}';`, 'select 2;'))
      git(folder, 'add', '.')
      git(folder, 'commit', '--quiet', '--message', 'b')
      const long = `${whole.repeat(46)}\n`
      writeFileSync(at('made'), long)
      const { status, stderr } = inSpace(1, folder, way.args('made'), environmentOf(way, 'made'))
      assert.equal(status, 2, stderr)
      assert.match(stderr, /^error: made cannot be written: EFBIG/m)
      assert.equal(readFileSync(at('made'), 'utf8'), long)
      assert.deepEqual(left(folder, 'made'), [])
      // In the space that it needs it is done.
      assert.equal((await write(way, 'made')).status, 0)
    })
  })

/** Runs a command where no file may be longer than this, in KB: what is beyond fails to be written, as on a full disk. */
function inSpace(most, cwd, args, env = environment) {
  const command = ['-c', `ulimit -f ${most}; exec "$@"`, 'bash', ...node, main, ...args]
  return spawnSync('bash', command, { cwd, env: cliEnvironment(env), encoding: 'utf8' })
}

describe('embed', { skip: windows }, () => {
  test(
    'a file that may not be written stays',
    { skip: process.getuid?.() === 0 && 'root may write any file' },
    async (t) => {
      const { at, folder, write } = place(t)
      writeFileSync(at('made'), whole)
      chmodSync(at('made'), 0o444)
      const { status, stderr } = await write(ways['embed --out'], 'made')
      assert.equal(status, 2)
      assert.match(stderr, /^error: made cannot be written: EACCES/)
      assert.deepEqual([readFileSync(at('made'), 'utf8'), left(folder, 'made')], [whole, []])
    },
  )

  test('a link in the repository may lead to another folder of it', async (t) => {
    const { at, run } = place(t)
    mkdirSync(at('app'))
    mkdirSync(at('shared'))
    writeFileSync(at('shared/set.js'), whole)
    symlinkSync('../shared/set.js', at('app/set.js'))
    const args = ['embed', '--dir', '../db/migrations', '--out', 'set.js']
    const { status, stderr } = await run(args, { cwd: at('app') })
    assert.equal(status, 0, stderr)
    assert.match(readFileSync(at('shared/set.js'), 'utf8'), /001_a\.sql/)
    assert.ok(lstatSync(at('app/set.js')).isSymbolicLink())
  })

  test('a shell names a pipe as it likes, and the help of a refusal works', async (t) => {
    const { folder, at, run } = place(t)
    const call = `"${process.execPath}" "${main}" embed --out >(cat > got) && while [ ! -s got ]; do sleep 0.1; done`
    const { status, stderr } = spawnSync('bash', ['-c', call], { cwd: folder, encoding: 'utf8', timeout: 60_000 })
    assert.equal(status, 0, stderr)
    assert.match(readFileSync(at('got'), 'utf8'), /001_a\.sql/)
    const refused = await run(['embed', '--out', 'db'])
    assert.match(refused.stderr, /^ {2}help: name another file with --out$/m)
    assert.equal((await run(['embed', '--out', 'other'])).status, 0)
  })

  test('Ctrl-C ends it while it waits for a reader', { timeout: 60_000 }, async (t) => {
    const { at, folder } = place(t)
    assert.equal(spawnSync('mkfifo', [at('pipe')]).status, 0)
    const child = spawn(process.execPath, [main, 'embed', '--out', 'pipe'], { cwd: folder, stdio: 'ignore' })
    await new Promise((done) => setTimeout(done, 1_500))
    assert.equal(child.exitCode, null)
    child.kill('SIGINT')
    assert.equal(await new Promise((done) => child.on('close', (code, signal) => done(signal ?? code))), 130)
    assert.deepEqual(left(folder, 'pipe'), [])
  })

  test('--check reads nothing but a file', async (t) => {
    const { at, run } = place(t)
    assert.equal(spawnSync('mkfifo', [at('pipe')]).status, 0)
    const { status, stderr } = await run(['embed', '--out', 'pipe', '--check'])
    assert.equal(status, 1)
    assert.match(stderr, /^error: pipe does not exist/)
  })
})

const journal = (entries, more = {}) => JSON.stringify({ version: '7', dialect: 'postgresql', entries, ...more })
const entry = (idx, tag) => ({ idx, version: '7', when: idx + 1, tag, breakpoints: true })

describe('new', { skip: windows }, () => {
  test('a file that cannot be written is not there afterwards', async (t) => {
    const it = project(t, { 'm/001_a.sql': files['db/migrations/001_a.sql'] })
    const { status, stderr } = inSpace(0, it.folder, ['new', 'b', '--dir', 'm'])
    assert.equal(status, 2, stderr)
    assert.match(stderr, /^error: m\/.*b\.sql cannot be written: EFBIG/)
    assert.deepEqual(readdirSync(join(it.folder, 'm')), ['001_a.sql'])
    assert.equal((await it.run(['new', 'b', '--dir', 'm'])).status, 0)
  })

  test('a journal that cannot be written leaves no file that it does not name', async (t) => {
    const large = journal([entry(0, '0000_a')], { note: 'n'.repeat(3_000) })
    const it = project(t, { 'm/0000_a.sql': 'select 1;', 'm/meta/_journal.json': large })
    const before = inSpace(1, it.folder, ['new', 'b', '--dir', 'm'])
    assert.equal(before.status, 2, before.stderr)
    assert.match(before.stderr, /^error: m\/meta\/_journal\.json cannot be written: EFBIG/)
    assert.deepEqual(readdirSync(join(it.folder, 'm')), ['0000_a.sql', 'meta'])
    assert.deepEqual(readdirSync(join(it.folder, 'm/meta')), ['_journal.json'])
    assert.equal(readFileSync(join(it.folder, 'm/meta/_journal.json'), 'utf8'), large)
    assert.equal((await it.run(['new', 'b', '--dir', 'm'])).status, 0)
    assert.ok(existsSync(join(it.folder, 'm/0001_b.sql')))
  })
})

describe('renumbering', { skip: windows }, () => {
  test('a journal that cannot be written leaves every file where it was', () => {
    const more = { note: 'n'.repeat(9_000) }
    const dir = 'db/migrations'
    const set = (...tags) => ({
      ...Object.fromEntries(tags.map((tag) => [`${dir}/${tag}.sql`, `create table "${tag}" ();\n`])),
      [`${dir}/meta/_journal.json`]: journal(
        tags.map((tag, index) => entry(index, tag)),
        more,
      ),
    })
    const top = repository(
      [
        { files: set('0000_a') },
        { on: 'topic', from: 'main', files: set('0000_a', '0001_b') },
        { files: set('0000_a', '0001_other') },
      ],
      { checkout: 'topic' },
    )
    const args = ['check', '--base', 'main', '--renumber', '--yes']
    const { status, stderr } = inSpace(8, top, args)
    assert.equal(status, 2, stderr)
    assert.match(stderr, /^error: .*_journal\.json cannot be written: EFBIG/m)
    assert.equal(git(top, 'status', '--porcelain'), '')
    assert.deepEqual(readdirSync(join(top, dir, 'meta')), ['_journal.json'])
    inSpace(64, top, args)
    assert.ok(existsSync(join(top, dir, '0002_b.sql')))
  })
})

describe('snapshots in a folder', { skip: windows }, () => {
  const store = (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'counterfoil-output-'))
    t.after(() => rmSync(folder, { recursive: true }))
    return { folder, snapshots: snapshotsInFolder(folder) }
  }

  test('what is no file is never replaced', async (t) => {
    const { folder, snapshots } = store(t)
    assert.equal(spawnSync('mkfifo', [join(folder, 'a.snapshot')]).status, 0)
    symlinkSync('nothing', join(folder, 'b.snapshot'))
    mkdirSync(join(folder, 'c.snapshot'))
    for (const [key, message] of [
      ['a', /a\.snapshot is no regular file$/],
      ['b', /b\.snapshot is a symbolic link to something that is not there$/],
      ['c', /c\.snapshot is a folder$/],
    ])
      await assert.rejects(snapshots.set(key, new Uint8Array(3)), { code: 'invalid-input', message })
    assert.ok(lstatSync(join(folder, 'a.snapshot')).isFIFO())
    assert.ok(lstatSync(join(folder, 'b.snapshot')).isSymbolicLink())
    assert.deepEqual(readdirSync(folder).sort(), ['a.snapshot', 'b.snapshot', 'c.snapshot'])
  })
})

test('a lock that is no file is never replaced', { skip: windows }, async (t) => {
  const it = project(t, files)
  mkdirSync(join(it.folder, 'data'))
  const lock = join(it.folder, 'data/counterfoil.lock')
  assert.equal(spawnSync('mkfifo', [lock]).status, 0)
  const { status, stderr } = await it.run(['up', '--url', 'pglite:./data'])
  assert.equal(status, 2)
  assert.match(stderr, /counterfoil\.lock is not a file\n {2}help: move it away/)
  assert.ok(lstatSync(lock).isFIFO())
  // Moved away, it is no obstacle.
  rmSync(lock)
  assert.equal((await it.run(['up', '--url', 'pglite:./data'])).status, 0)
})
