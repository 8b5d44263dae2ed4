// What is read of a git repository for the guards: real repositories, and what can be odd about them.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, chownSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { readChange } from 'counterfoil/git'
import { environment, folder, git, removeRepositories, repository } from './support/history.mjs'

after(removeRepositories)
Object.assign(process.env, environment)
for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name]

const dir = 'db/migrations'
const at = (files) => Object.fromEntries(Object.entries(files).map(([name, text]) => [`${dir}/${name}`, text]))
const read = (cwd, request = {}) => readChange({ cwd, sets: [{ dir }], ...request })
const names = (files) =>
  Object.keys(files)
    .map((path) => path.slice(dir.length + 1))
    .sort()
const fails = async (promise, code, message, help) => {
  const error = await promise.then(
    () => assert.fail('it did not fail'),
    (error) => error,
  )
  assert.equal(error.name, 'MigrationError', error.stack)
  assert.equal(error.code, code)
  assert.match(error.message, message)
  assert.match(error.help, help)
}

/** A base that has gone on, and a branch with two commits. */
const diverged = [
  { files: at({ '001_a.sql': 'a', '002_b.sql': 'b' }) },
  { on: 'topic', from: 'main', message: 'first', files: at({ '003_c.sql': 'c', '002_b.sql': null }) },
  { files: at({ '004_d.sql': 'd' }) },
  { on: 'topic', message: 'second\n\nwith more to say', files: { 'README.md': 'x' } },
]

describe('what is compared', () => {
  test('the folder where the branches parted, at the head, and at the base as it is now', async () => {
    const { change, base, head, mergeBase } = await read(repository(diverged))
    const [set] = change.sets
    assert.deepEqual(
      [names(set.base), names(set.head), names(set.target)],
      [
        ['001_a.sql', '002_b.sql'],
        ['001_a.sql', '003_c.sql'],
        ['001_a.sql', '002_b.sql', '004_d.sql'],
      ],
    )
    assert.equal(set.head[`${dir}/003_c.sql`], 'c')
    assert.deepEqual(
      change.messages.map((message) => message.trim()),
      ['second\n\nwith more to say', 'first'],
    )
    assert.deepEqual(
      [change.name, base.ref, base.why, head.name, head.live],
      ['main...HEAD', 'main', 'by its name', 'HEAD', false],
    )
    assert.notEqual(mergeBase, base.commit)
  })

  test('what is not committed is looked at, as long as it is not ignored; the repository stays as it is', async () => {
    const top = repository(diverged)
    writeFileSync(join(top, dir, '005_new.sql'), 'new')
    writeFileSync(join(top, dir, '006_ignored.sql'), 'ignored')
    appendFileSync(join(top, '.git/info/exclude'), '006*\n')
    appendFileSync(join(top, dir, '001_a.sql'), 'changed')
    rmSync(join(top, dir, '003_c.sql'))
    const state = () => [
      readFileSync(join(top, '.git/index')),
      readdirSync(join(top, '.git')).sort(),
      readdirSync(join(top, '.git/objects')).sort(),
    ]
    const before = state()
    const { change, head } = await read(top)
    assert.deepEqual(
      [change.name, head.live, names(change.sets[0].head)],
      ['main...the work tree', true, ['001_a.sql', '005_new.sql']],
    )
    assert.equal(change.sets[0].head[`${dir}/001_a.sql`], 'achanged')
    assert.deepEqual(state(), before)
    // A commit that is named is looked at, whatever there is beside it.
    assert.deepEqual(names((await read(top, { head: 'HEAD' })).change.sets[0].head), ['001_a.sql', '003_c.sql'])
  })

  test('changes elsewhere in the work tree make no difference', async () => {
    const top = repository(diverged)
    writeFileSync(join(top, 'notes.txt'), 'x')
    assert.equal((await read(top)).change.name, 'main...HEAD')
  })

  test('what is staged is what the next commit would have', async () => {
    const top = repository(diverged)
    writeFileSync(join(top, dir, '005_new.sql'), 'staged')
    git(top, 'add', '.')
    writeFileSync(join(top, dir, '005_new.sql'), 'not staged')
    writeFileSync(join(top, dir, '006_new.sql'), 'not staged')
    const { change } = await read(top, { staged: true })
    assert.equal(change.name, 'main...the index')
    assert.deepEqual(names(change.sets[0].head), ['001_a.sql', '003_c.sql', '005_new.sql'])
    assert.equal(change.sets[0].head[`${dir}/005_new.sql`], 'staged')
  })

  test('the index of a hook is the one that git names, and paths are relative to where it starts', async () => {
    const top = repository(diverged)
    writeFileSync(join(top, dir, '005_new.sql'), 'committed')
    mkdirSync(join(top, 'hooks'))
    const script = `import { readChange } from ${JSON.stringify(import.meta.resolve('counterfoil/git'))}
      const { change } = await readChange({ cwd: process.cwd(), staged: true, sets: [{ dir: ${JSON.stringify(dir)} }] })
      console.log(JSON.stringify(Object.keys(change.sets[0].head)))`
    writeFileSync(join(top, 'hooks/check.mjs'), script)
    writeFileSync(
      join(top, 'hooks/pre-commit'),
      `#!/bin/sh\nexec "${process.execPath}" hooks/check.mjs > hooks/output\n`,
      { mode: 0o755 },
    )
    git(top, 'config', 'core.hooksPath', 'hooks')
    git(top, 'add', '--intent-to-add', join(dir, '005_new.sql'))
    // With a path, git commits from an index that is made for it.
    git(top, 'commit', '--quiet', '--message', 'x', '--', join(dir, '005_new.sql'))
    assert.deepEqual(
      JSON.parse(readFileSync(join(top, 'hooks/output'), 'utf8')),
      ['001_a.sql', '003_c.sql', '005_new.sql'].map((name) => `${dir}/${name}`),
    )
  })

  test('folders are relative to the working directory; the root can be one; several are read at once', async () => {
    const top = repository([
      { files: { 'packages/one/sql/1.sql': 'one', 'packages/two/sql/1.sql': 'two', '9.sql': 'root' } },
      { on: 'topic', from: 'main', files: { 'packages/one/sql/2.sql': 'x' } },
    ])
    const { change } = await read(join(top, 'packages/one'), {
      sets: [
        { dir: 'sql' },
        { dir: '../two/sql/', convention: 'plain' },
        { dir: join(top, 'packages/two') },
        { dir: '../..' },
      ],
    })
    assert.deepEqual(
      change.sets.map(({ dir, convention, head }) => [dir, convention, Object.keys(head)]),
      [
        ['packages/one/sql', undefined, ['packages/one/sql/1.sql', 'packages/one/sql/2.sql']],
        ['packages/two/sql', 'plain', ['packages/two/sql/1.sql']],
        ['packages/two', undefined, ['packages/two/sql/1.sql']],
        ['', undefined, ['9.sql', 'packages/one/sql/1.sql', 'packages/one/sql/2.sql', 'packages/two/sql/1.sql']],
      ],
    )
    await fails(read(top, { sets: [{ dir: '../elsewhere' }] }), 'invalid-input', /outside of the repository/, /--dir/)
  })

  test('the same files belong to a set as when a folder is read', async () => {
    const files = at({
      '1.sql': '',
      'meta/_journal.json': '',
      'meta/0_snapshot.json': '',
      '.counterfoil/b.json': '',
      '.hidden/2.sql': '',
      'node_modules/x/3.sql': '',
      'README.md': '',
      'sub/4.sql': '',
      '00004_x.go': '',
    })
    const { change } = await read(repository([{ files }, { on: 'topic', from: 'main' }]))
    assert.deepEqual(names(change.sets[0].head), [
      '.counterfoil/b.json',
      '00004_x.go',
      '1.sql',
      'meta/_journal.json',
      'sub/4.sql',
    ])
  })

  test('before the first commit nothing has shipped', async () => {
    const top = folder()
    git(top, 'init', '--quiet')
    mkdirSync(join(top, dir), { recursive: true })
    writeFileSync(join(top, dir, '1.sql'), 'x')
    const { change, base } = await read(top)
    assert.deepEqual([names(change.sets[0].base), names(change.sets[0].head), base.ref], [[], ['1.sql'], 'nothing'])
  })

  test('a merge of the base into the branch changes what is compared, and a detached head is as good as a branch', async () => {
    const top = repository([
      ...diverged,
      { on: 'topic', merge: 'main', message: 'Merge main', files: at({ '004_d.sql': 'd' }) },
    ])
    git(top, 'checkout', '--quiet', '--detach')
    const { change } = await read(top)
    assert.deepEqual(
      [names(change.sets[0].base), names(change.sets[0].head)],
      [
        ['001_a.sql', '002_b.sql', '004_d.sql'],
        ['001_a.sql', '003_c.sql', '004_d.sql'],
      ],
    )
    assert.equal(change.messages.length, 3)
  })

  test('where each branch was merged into the other, what shipped on either side has shipped', async () => {
    const top = repository([
      { files: at({ '001_a.sql': 'a' }) },
      { on: 'topic', from: 'main', message: 'on topic', files: at({ '002_b.sql': 'b', '004_d.sql': 'old' }) },
      { on: 'main', message: 'on main', files: at({ '003_c.sql': 'c', '001_a.sql': 'changed' }) },
      { on: 'was', from: 'main' },
      { on: 'main', merge: 'topic', files: at({ '002_b.sql': 'b', '004_d.sql': 'new' }) },
      { on: 'topic', merge: 'was', files: at({ '003_c.sql': 'c', '001_a.sql': 'changed', '004_d.sql': 'old' }) },
      { on: 'topic', message: 'the change', files: at({ '002_b.sql': null, '003_c.sql': null }) },
    ])
    assert.equal(git(top, 'merge-base', '--all', 'main', 'topic').trim().split('\n').length, 2)
    const { change } = await read(top)
    assert.deepEqual(
      { ...change.sets[0].base },
      at({ '001_a.sql': 'changed', '002_b.sql': 'b', '003_c.sql': 'c', '004_d.sql': 'old' }),
    )
    assert.ok(!change.messages.some((message) => message.startsWith('on ')), String(change.messages))
  })

  test('a bare repository has commits to look at', async () => {
    const bare = folder()
    git(bare, 'clone', '--quiet', '--bare', repository(diverged), '.')
    const { change } = await read(bare, { base: { ref: 'main', why: '--base' }, head: 'topic' })
    assert.deepEqual(names(change.sets[0].head), ['001_a.sql', '003_c.sql'])
  })

  test('a second work tree of a repository is one of its own', async () => {
    const [top, other] = [repository(diverged), join(folder(), 'tree')]
    git(top, 'worktree', 'add', '--quiet', '--detach', other, 'main')
    writeFileSync(join(other, dir, '009_z.sql'), 'z')
    assert.deepEqual(names((await read(other)).change.sets[0].head), [
      '001_a.sql',
      '002_b.sql',
      '004_d.sql',
      '009_z.sql',
    ])
  })
})

describe('the base', () => {
  const cloned = (steps = diverged) => {
    const top = folder()
    git(top, 'clone', '--quiet', repository(steps, { checkout: 'main' }), '.')
    git(top, 'checkout', '--quiet', 'topic')
    return top
  }
  const baseOf = async (top, env) => {
    const { base } = await read(top, { env })
    return [base.ref, base.why]
  }
  const event = (payload) => {
    const path = join(folder(), 'event.json')
    writeFileSync(path, JSON.stringify(payload))
    return { GITHUB_ACTIONS: 'true', GITHUB_EVENT_PATH: path }
  }

  test('is what the remote calls its default, then main, then master', async () => {
    const top = cloned()
    assert.deepEqual(await baseOf(top, {}), ['origin/main', 'origin/HEAD'])
    git(top, 'remote', 'set-head', 'origin', '--delete')
    assert.deepEqual(await baseOf(top, {}), ['origin/main', 'by its name'])
    const old = repository(diverged)
    git(old, 'branch', '--move', 'main', 'master')
    assert.deepEqual(await baseOf(old, {}), ['master', 'by its name'])
    git(old, 'branch', '--delete', '--force', 'master')
    await fails(read(old), 'no-base', /none of origin\/HEAD, origin\/main/, /--base.*git fetch origin main/)
  })

  test('is in GitHub Actions what the event says', async () => {
    const top = cloned()
    const commit = git(top, 'rev-parse', 'origin/main').trim()
    assert.deepEqual(await baseOf(top, { ...event({}), GITHUB_BASE_REF: 'main' }), ['origin/main', 'GITHUB_BASE_REF'])
    assert.deepEqual(
      await baseOf(top, { ...event({ pull_request: { base: { sha: commit } } }), GITHUB_BASE_REF: 'gone' }),
      [commit, 'the pull request'],
    )
    assert.deepEqual(await baseOf(top, event({ before: commit })), [commit, 'what was there before the push'])
    const pushed = (ref) => ({ before: commit, ref, repository: { default_branch: 'main' } })
    assert.deepEqual(await baseOf(top, event(pushed('refs/heads/main'))), [commit, 'what was there before the push'])
    assert.deepEqual(await baseOf(top, event(pushed('refs/heads/feature'))), ['origin/main', 'the default branch'])
    assert.deepEqual(await baseOf(top, event({ before: '0'.repeat(40), repository: { default_branch: 'main' } })), [
      'origin/main',
      'the default branch',
    ])
    assert.deepEqual(await baseOf(top, event({ merge_group: { base_sha: commit } })), [commit, 'the merge queue'])
    // Elsewhere these variables mean nothing.
    assert.deepEqual(await baseOf(top, { GITHUB_BASE_REF: 'topic' }), ['origin/main', 'origin/HEAD'])
  })

  test('that an event names and that is not in the clone is an error, not another base', async () => {
    const origin = repository(diverged, { checkout: 'main' })
    const top = folder()
    git(top, 'clone', '--quiet', '--depth=1', `file://${origin}`, '.')
    const before = git(origin, 'rev-parse', 'main~1').trim()
    for (const payload of [{ before, repository: { default_branch: 'main' } }, { merge_group: { base_sha: before } }])
      await fails(
        read(top, { env: event(payload) }),
        'ref-unknown',
        new RegExp(`no commit "${before}"`),
        new RegExp(`git fetch origin ${before}.*fetch-depth: 0`),
      )
  })

  test('of a push is what was there before, even where the push was forced', async () => {
    const top = repository(diverged)
    const before = git(top, 'rev-parse', 'main').trim()
    const { change, mergeBase } = await read(top, { env: event({ before }) })
    assert.deepEqual([names(change.sets[0].base), mergeBase], [['001_a.sql', '002_b.sql', '004_d.sql'], before])
  })

  test('of a pull request whose branch is gone is not taken for another one', async () => {
    await fails(
      read(cloned(), { env: { ...event({}), GITHUB_BASE_REF: 'release/1' } }),
      'ref-unknown',
      /no branch "origin\/release\/1"/,
      /git fetch origin release\/1/,
    )
  })

  test('that is not there is an error that says how to get it', async () => {
    await fails(
      read(cloned(), { base: { ref: 'origin/nope', why: '--base' } }),
      'ref-unknown',
      /no commit or branch "origin\/nope"/,
      /git fetch origin nope/,
    )
  })

  test('names that git would take for options, or for something else, are names that are not there', async () => {
    const top = repository(diverged)
    for (const ref of [
      '--upload-pack=touch pwned',
      '--output=pwned',
      '-h',
      '',
      '^main',
      'main..topic',
      'main\0x',
      'a\nb',
      'HEAD:db',
      '$(touch pwned)',
      '`touch pwned`; touch pwned',
    ])
      for (const request of [{ base: { ref, why: '--base' } }, { head: ref }, { against: [ref] }])
        await fails(read(top, request), 'ref-unknown', /^there is no /, /fetch/)
    assert.ok(!readdirSync(top).includes('pwned'))
  })

  test('that has nothing in common with the head is an error', async () => {
    const top = repository([{ files: at({ '1.sql': 'x' }) }, { on: 'other', files: at({ '1.sql': 'x' }) }], {
      checkout: 'other',
    })
    await fails(read(top), 'no-merge-base', /main and HEAD have no commit in common/, /--base/)
  })

  test('of a shallow clone may be out of sight: that is said', async () => {
    const top = folder()
    git(
      top,
      'clone',
      '--quiet',
      '--depth=1',
      '--no-single-branch',
      `file://${repository(diverged, { checkout: 'topic' })}`,
      '.',
    )
    await fails(
      read(top, { base: { ref: 'origin/main', why: '--base' } }),
      'no-merge-base',
      /the clone is shallow/,
      /--unshallow.*fetch-depth: 0/,
    )
  })

  test('a folder without a repository, and a machine without git', async () => {
    await fails(read(folder()), 'not-a-repository', /is not in the work tree of a git repository/, /clone/)
    await fails(read('/nonexistent/folder'), 'not-a-repository', /does not exist/, /repository/)
    const script = `import { readChange } from ${JSON.stringify(import.meta.resolve('counterfoil/git'))}; await readChange({ cwd: process.cwd(), sets: [] }).catch(({ code, help }) => console.log(code, help))`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...environment, PATH: folder() },
      encoding: 'utf8',
    })
    assert.equal(stdout, 'git-missing install git, or put it on the PATH\n')
  })
})

test(
  "somebody else's repository is not trusted, and the way out is named",
  { skip: process.getuid?.() !== 0 && 'skipped: only root can give a folder away' },
  async () => {
    const top = repository(diverged)
    chownSync(top, 65_534, 65_534)
    await fails(
      read(join(top, 'db')),
      'not-a-repository',
      /does not trust the repository at .*: it belongs to somebody else/,
      new RegExp(`safe\\.directory "${top}"`),
    )
  },
)

describe('other branches', () => {
  const steps = [
    ...diverged,
    { on: 'feature/one', from: 'main', files: at({ '005_one.sql': '1' }) },
    { on: 'two', from: 'main', files: at({ '005_two.sql': '2' }) },
    { on: 'docs', from: 'main', files: { 'docs.md': 'x' } },
    { on: 'merged', from: 'main' },
    { on: 'main', merge: 'merged' },
  ]
  const seen = async (top, against) =>
    (await read(top, { against })).change.sets[0].against.map(({ name, files }) => [name, names(files)])

  test('a pattern means those that are open and have a migration of their own; slashes are no border', async () => {
    const origin = repository(steps, { checkout: 'main' })
    const top = folder()
    git(top, 'clone', '--quiet', origin, '.')
    git(top, 'checkout', '--quiet', 'topic')
    const all = ['001_a.sql', '002_b.sql', '004_d.sql']
    assert.deepEqual(await seen(top, ['origin/*']), [
      ['origin/feature/one', [...all, '005_one.sql']],
      ['origin/two', [...all, '005_two.sql']],
    ])
    assert.deepEqual(await seen(top, ['origin/t*']), [['origin/two', [...all, '005_two.sql']]])
    assert.deepEqual(await seen(top, ['origin/feature/one', 'refs/remotes/origin/tw?']), [
      ['origin/feature/one', [...all, '005_one.sql']],
      ['origin/two', [...all, '005_two.sql']],
    ])
    await fails(
      read(top, { against: ['origin/three'] }),
      'ref-unknown',
      /no branch "origin\/three"/,
      /git fetch origin three/,
    )
  })

  test('what this branch was on its remote before it was changed is no other branch', async () => {
    const origin = repository(steps, { checkout: 'main' })
    const top = folder()
    git(top, 'clone', '--quiet', origin, '.')
    git(top, 'checkout', '--quiet', 'two')
    git(top, 'mv', join(dir, '005_two.sql'), join(dir, '006_two.sql'))
    git(top, 'commit', '--quiet', '--amend', '--no-edit')
    assert.deepEqual(
      (await seen(top, ['origin/*'])).map(([name]) => name),
      ['origin/feature/one', 'origin/topic'],
    )
    // The head of a pull request is checked out without a branch.
    git(top, 'checkout', '--quiet', '--detach')
    const { against } = await read(top, {
      against: ['origin/*'],
      env: { GITHUB_ACTIONS: 'true', GITHUB_HEAD_REF: 'two' },
    })
    assert.deepEqual(
      against.map(({ name }) => name),
      ['origin/docs', 'origin/feature/one', 'origin/topic'],
    )
  })
})

describe('files', () => {
  test('names of every kind', async () => {
    const odd = [
      'a b.sql',
      'tab\there.sql',
      'line\nbreak.sql',
      'say "what".sql',
      "o'clock.sql",
      'back\\slash.sql',
      'größe-日本.sql',
      '-rf.sql',
      '*.sql',
      ':(glob)x.sql',
      '%0A::error::.sql',
      '__proto__.sql',
      '$(touch pwned).sql',
      '🎟.sql',
    ]
    const steps = [
      { files: at({ '1.sql': 'x' }) },
      {
        on: 'topic',
        from: 'main',
        files: { ...at(Object.fromEntries(odd.map((name) => [name, name]))), [`tracks/${odd[2]}`]: 'one\ntwo\n' },
      },
    ]
    const { change } = await read(repository(steps), { tracks: { all: { files: ['tracks/**'], registers: 'file' } } })
    assert.deepEqual(
      change.sets[0].head,
      Object.assign(Object.create(null), at({ '1.sql': 'x' }), at(Object.fromEntries(odd.map((name) => [name, name])))),
    )
    assert.deepEqual(change.edits, [{ path: `tracks/${odd[2]}`, base: null, head: 'one\ntwo\n', added: [[1, 2]] }])
    // The same names in the work tree.
    const top = repository(steps.slice(0, 1))
    for (const name of odd) writeFileSync(join(top, dir, name), name)
    assert.deepEqual(names((await read(top)).change.sets[0].head), ['1.sql', ...odd].sort())
  })

  test('symbolic links are followed inside of the repository', async () => {
    const files = {
      'common/1.sql': 'common',
      'common/more/2.sql': 'more',
      [`${dir}/1.sql`]: { link: '../../common/1.sql' },
      [`${dir}/more`]: { link: '../../common/more' },
      [`${dir}/out.sql`]: { link: '/etc/hostname' },
      [`${dir}/gone.sql`]: { link: 'nothing.sql' },
      linked: { link: 'db/migrations' },
    }
    const top = repository([{ files }, { on: 'topic', from: 'main' }])
    const { change, findings } = await read(top)
    assert.deepEqual({ ...change.sets[0].head }, at({ '1.sql': 'common', 'more/2.sql': 'more' }))
    assert.deepEqual(
      findings.map(({ code, severity, at }) => [code, severity, at.path]),
      [
        ['unreadable-file', 'note', `${dir}/gone.sql`],
        ['unreadable-file', 'note', `${dir}/out.sql`],
      ],
    )
    assert.deepEqual(Object.keys((await read(top, { sets: [{ dir: 'linked' }] })).change.sets[0].head), [
      'linked/1.sql',
      'linked/more/2.sql',
    ])
  })

  test('what is no text is told, and is an error where it has changed', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4'.repeat(64)}\nsize 12345\n`
    const files = { 'zero.sql': 'a\0b', 'latin.sql': Buffer.from([0x66, 0xfc, 0x72]), 'lfs.sql': pointer }
    const steps = [
      { files: at({ ...files, 'same.sql': pointer, '1.sql': '\uFEFFselect 1;\r\n' }) },
      {
        on: 'topic',
        from: 'main',
        files: at({
          'zero.sql': 'a\0c',
          'latin.sql': null,
          'lfs.sql': pointer.replace('4', '5'),
          'new.sql': Buffer.alloc(17 * 1024 * 1024, 32),
        }),
      },
    ]
    const { change, findings } = await read(repository(steps))
    // A byte order mark and line ends are for the guards to judge.
    assert.deepEqual({ ...change.sets[0].head }, at({ '1.sql': '\uFEFFselect 1;\r\n' }))
    assert.deepEqual(
      findings.map(({ severity, message }) => `${severity}: ${message.slice(dir.length + 1)}`),
      [
        'error: latin.sql cannot be judged, and it was changed: it is not UTF-8',
        'error: lfs.sql cannot be judged, and it was changed: it is a pointer of Git LFS, and its text is kept elsewhere',
        'error: new.sql cannot be judged, and it was changed: it has 17825792 bytes, and texts of more than 16777216 are not read',
        'note: same.sql cannot be judged: it is a pointer of Git LFS, and its text is kept elsewhere',
        'error: zero.sql cannot be judged, and it was changed: it is binary: it has a NUL byte',
      ],
    )
  })

  test('a submodule is named; a folder that is nowhere is an error', async () => {
    const top = repository([
      {
        files: {
          ...at({ '1.sql': 'x' }),
          [`${dir}/vendor`]: { submodule: '1'.repeat(40) },
          db2: { submodule: '2'.repeat(40) },
        },
      },
      { on: 'topic', from: 'main' },
    ])
    assert.deepEqual(
      (await read(top)).findings.map(({ message }) => message),
      [`${dir}/vendor cannot be judged: it is a submodule, whose files are not in this repository`],
    )
    await fails(
      read(top, { sets: [{ dir: 'db2/migrations' }] }),
      'invalid-input',
      /db2\/migrations is in the submodule db2/,
      /submodule/,
    )
    await fails(
      read(top, { sets: [{ dir: 'db/migration' }] }),
      'invalid-input',
      /no migrations in db\/migration, neither at main nor at HEAD/,
      /--dir/,
    )
  })

  test('a conflict in the index is an error', async () => {
    const top = repository(
      [
        { files: at({ '1.sql': 'x\n' }) },
        { on: 'topic', from: 'main', files: at({ '1.sql': 'y\n' }) },
        { files: at({ '1.sql': 'z\n' }) },
      ],
      { checkout: 'topic' },
    )
    spawnSync('git', ['merge', 'main'], { cwd: top, env: environment })
    await fails(
      read(top, { staged: true }),
      'merge-conflict',
      new RegExp(`${dir}/1.sql has a merge conflict`),
      /git add/,
    )
    // The file as it lies there has its markers, which the guards will see.
    assert.match((await read(top)).change.sets[0].head[`${dir}/1.sql`], /<<<<<<</)
  })

  test('line ends that git turns around in the work tree are no edit', async () => {
    const top = repository([
      { files: { ...at({ '1.sql': 'one\ntwo\n' }), '.gitattributes': '*.sql text eol=crlf\n' } },
      { on: 'topic', from: 'main' },
    ])
    assert.equal(readFileSync(join(top, dir, '1.sql'), 'utf8'), 'one\r\ntwo\r\n')
    writeFileSync(join(top, dir, '2.sql'), 'three\r\n')
    const { change } = await read(top, { tracks: { sql: { files: ['db/**/*.sql'], registers: 'file' } } })
    assert.deepEqual({ ...change.sets[0].head }, at({ '1.sql': 'one\ntwo\n', '2.sql': 'three\n' }))
    assert.deepEqual(change.edits, [{ path: `${dir}/2.sql`, base: null, head: 'three\n', added: [[1, 1]] }])
  })

  test('ten thousand files', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [
        `${dir}/${String(index).padStart(6, '0')}_x.sql`,
        `select ${index};\n`,
      ]),
    )
    const steps = [
      { files },
      { on: 'other', from: 'main', files: at({ '999998_o.sql': 'o' }) },
      { on: 'topic', from: 'main', files: at({ '999999_y.sql': 'y' }) },
    ]
    const { change } = await read(repository(steps, { checkout: false }), { head: 'topic', against: ['oth*'] })
    assert.deepEqual(
      [change.sets[0].base, change.sets[0].head, change.sets[0].against[0].files].map(
        (files) => Object.keys(files).length,
      ),
      [10_000, 10_001, 10_001],
    )
    assert.equal(change.sets[0].head[`${dir}/004321_x.sql`], 'select 4321;\n')
  })
})

describe('edits', () => {
  const lines = (count) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`)

  test('added lines, renames and deletions, as git sees them', async () => {
    const old = lines(30)
    const changed = [...old.slice(0, 4), 'new\n', '@@ -1 +99 @@\n', ...old.slice(4, 20), '++ more\n', ...old.slice(22)]
    const top = repository([
      {
        files: {
          'py/changed.py': old.join(''),
          'py/moved.py': old.join(''),
          'py/same.py': lines(9).join(''),
          'py/gone.py': 'gone\n',
          'other/x.py': 'x',
          'py/mode.py': 'm',
        },
      },
      {
        on: 'topic',
        from: 'main',
        files: {
          'py/changed.py': changed.join(''),
          'py/moved.py': null,
          'py/to.py': old.join('') + 'end',
          'py/same.py': null,
          'py/same2.py': lines(9).join(''),
          'py/gone.py': null,
          'py/new.py': 'a\nb',
          'py/empty.py': '',
          'other/x.py': 'y',
        },
      },
    ])
    const { change } = await read(top, { sets: [], tracks: { py: { files: ['py/**/*.py'], registers: 'file' } } })
    assert.deepEqual(
      change.edits.map(({ path, from, base, head, added }) => [path, from, base === null, head === null, added]),
      [
        [
          'py/changed.py',
          undefined,
          false,
          false,
          [
            [5, 2],
            [23, 1],
          ],
        ],
        ['py/empty.py', undefined, true, false, []],
        ['py/gone.py', undefined, false, true, []],
        ['py/new.py', undefined, true, false, [[1, 2]]],
        ['py/same2.py', 'py/same.py', false, false, []],
        ['py/to.py', 'py/moved.py', false, false, [[31, 1]]],
      ],
    )
  })

  test('settings and attributes of the repository make no difference', async () => {
    const top = repository([
      {
        files: {
          'py/a.py': lines(5).join(''),
          'py/b.py': lines(20).join(''),
          '.gitattributes': '*.py -diff diff=odd\n',
        },
      },
      {
        on: 'topic',
        from: 'main',
        files: { 'py/a.py': `${lines(5).join('')}more\n`, 'py/b.py': null, 'py/c.py': lines(20).join('') },
      },
    ])
    for (const [name, value] of [
      ['diff.renames', 'false'],
      ['diff.external', '/bin/false'],
      ['diff.odd.textconv', '/bin/false'],
      ['diff.noprefix', 'true'],
      ['diff.relative', 'true'],
      ['color.ui', 'always'],
      ['log.showSignature', 'true'],
      ['core.quotePath', 'true'],
      ['diff.context', '9'],
      ['diff.interHunkContext', '9'],
      ['status.showUntrackedFiles', 'no'],
      ['core.pager', '/bin/false'],
    ])
      git(top, 'config', name, value)
    const { change } = await read(join(top, 'py'), { sets: [], tracks: { py: { files: ['py/*'], registers: 'file' } } })
    assert.deepEqual(
      change.edits.map(({ path, from, added }) => [path, from, added]),
      [
        ['py/a.py', undefined, [[6, 1]]],
        ['py/c.py', 'py/b.py', []],
      ],
    )
  })

  test('line ends alone make no line an added one', async () => {
    const top = repository([
      { files: { 'a.py': lines(5).join('') } },
      { on: 'topic', from: 'main', files: { 'a.py': `${lines(5).join('').replaceAll('\n', '\r\n')}more\r\n` } },
    ])
    const { change } = await read(top, { sets: [], tracks: { py: { files: ['*.py'], registers: 'file' } } })
    assert.deepEqual(
      change.edits.map(({ added }) => added),
      [[[6, 1]]],
    )
  })
})
