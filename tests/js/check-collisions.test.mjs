// Two branches that take one version: told before they merge, and given a free one by `--renumber`.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { plan, readSet } from 'counterfoil'
import { readMigrations } from 'counterfoil/node'
import { brief, counterfoil, verdict } from './support/check.mjs'
import { readCorpus, skip } from './support/corpora.mjs'
import { git, removeRepositories, repository } from './support/history.mjs'

after(removeRepositories)
const dir = 'db/migrations'
const at = (files) => Object.fromEntries(Object.entries(files).map(([name, text]) => [`${dir}/${name}`, text]))
const up = (text) => `-- migrate:up\n${text}\n`
const status = (top) =>
  git(top, 'status', '--porcelain', '--untracked-files=all')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replaceAll(`${dir}/`, ''))
    .sort()

/** Renumbers, commits, and merges what came first: then the check has nothing to say, and the set can be planned. */
async function renumberAndMerge(top, convention) {
  const { status: code, stderr } = counterfoil(top, [
    '--renumber',
    '--yes',
    '--base=main',
    `--convention=${convention}`,
  ])
  assert.equal(code, 0, stderr)
  git(top, 'add', '--all')
  git(top, 'commit', '--quiet', '--message', 'Renumber')
  assert.deepEqual(verdict(top, ['--base=main', `--convention=${convention}`]).findings, [])
  git(top, 'merge', '--quiet', '--message', 'Merge', 'main')
  assert.deepEqual(verdict(top, ['--base=main', `--convention=${convention}`]).findings, [])
  const files = await readMigrations(join(top, dir))
  return { files, decisions: plan(files, [], { convention }).decisions }
}

/** Of each incident: the file that kept its version, and the one that was moved in the end. */
const incidents = [
  {
    name: 'lobu-20260427160000',
    convention: 'dbmate',
    kept: '20260427160000_drop_dead_schema.sql',
    moved: '20260427160000_market_founder_to_member.sql',
  },
  {
    name: 'lobu-20260622000030',
    convention: 'dbmate',
    kept: '20260622000030_feeds_app_install_issues_uniq.sql',
    moved: '20260622000030_app_installations_slack_install_id_index.sql',
  },
  {
    name: 'lobu-20260626000000',
    convention: 'dbmate',
    kept: '20260626000000_drop_watcher_condensation_columns.sql',
    moved: '20260626000000_feeds_virtual_flag.sql',
  },
  {
    name: 'minder-000065',
    convention: 'golang-migrate',
    kept: '000065_rule_instance_project_id.up.sql',
    moved: '000065_repo_reminder.up.sql',
  },
  {
    name: 'marquez-V20',
    convention: 'flyway',
    kept: 'V20__drop_lineage_pk.sql',
    moved: 'V20__alter_jobs_to_add_namespace_name.sql',
  },
]

describe('histories of real incidents', { skip }, () => {
  const tree = (name, when) => readCorpus('collisions', join(name, when))
  const of = (files, name) =>
    Object.fromEntries(
      Object.entries(files).filter(
        ([path]) => path.replace(/\.(up|down)\.sql$/, '') === name.replace(/\.(up|down)\.sql$/, ''),
      ),
    )

  for (const { name, convention, kept, moved } of incidents) {
    test(`${name}: the second branch is told when the first is merged, and when it is still open`, async () => {
      const files = await tree(name, 'before')
      const top = repository([
        { files: { 'README.md': 'x' } },
        { on: 'first', from: 'main', files: at(of(files, kept)) },
        { on: 'second', from: 'main', files: at(of(files, moved)) },
      ])
      const args = ['--base=main', `--convention=${convention}`]
      assert.deepEqual(brief(verdict(top, args)), [])
      const open = verdict(top, [...args, '--against=fir*'])
      assert.deepEqual(brief(open), [`error version-collision-elsewhere ${moved}`])
      assert.ok(open.findings[0].message.includes('on the branch first'), open.findings[0].message)

      git(top, 'branch', '--force', 'main', 'first')
      const merged = verdict(top, args)
      assert.deepEqual(brief(merged), [`error version-collision ${moved}`])
      for (const file of [kept, moved]) assert.ok(merged.findings[0].message.includes(file), merged.findings[0].message)

      // One of each convention: the others are like it.
      if (incidents.find((incident) => incident.convention === convention).name !== name) return
      const { decisions } = await renumberAndMerge(top, convention)
      assert.deepEqual(
        decisions.map(({ action, code, name }) => [action, code, kept.includes(name)]),
        [
          ['apply', 'pending', true],
          ['apply', 'pending', false],
        ],
      )
    })

    test(`${name}: the fix of what had been merged is told for what it is, and is no error`, async () => {
      const [before, fixed] = [await tree(name, 'before'), await tree(name, 'after')]
      const top = repository([
        { files: at(before) },
        { on: 'fix', from: 'main', all: true, message: 'Give it a version of its own', files: at(fixed) },
      ])
      const result = verdict(top, ['--base=main', `--convention=${convention}`])
      assert.equal(result.ok, true)
      const [finding, ...rest] = result.findings
      assert.deepEqual([finding.code, finding.severity, rest], ['collision-resolved', 'warning', []])
      for (const path of [kept, moved]) assert.ok(finding.message.includes(path), finding.message)
    })
  }

  test('langfuse: two folders of one number are two migrations: a note; to rename one that has shipped is an error', async () => {
    const files = await tree('langfuse-20260106120000', 'before')
    const [first, second] = ['encrypt', 'inline'].map((word) =>
      Object.fromEntries(Object.entries(files).filter(([path]) => path.includes(word))),
    )
    const top = repository([
      { files: { 'README.md': 'x' } },
      { files: at(first) },
      { on: 'second', from: 'main', files: at(second) },
    ])
    assert.deepEqual(
      verdict(top, ['--convention=prisma']).findings.map(({ severity, code }) => [severity, code]),
      [['note', 'version-shared']],
    )
    const fixed = await tree('langfuse-20260106120000', 'after')
    const fix = repository([{ files: at(files) }, { on: 'fix', from: 'main', all: true, files: at(fixed) }])
    assert.deepEqual(
      verdict(fix, ['--convention=prisma'])
        .findings.filter(({ severity }) => severity === 'error')
        .map(({ code, at }) => [code, at.path]),
      [['shipped-renamed', `${dir}/20260106130000_add_inline_comment_columns/migration.sql`]],
    )
  })

  test('lobu: the squash of 82 files into one is refused, unless it was reviewed', async () => {
    const [before, after] = await Promise.all(['lobu-pre908', 'lobu-baseline908'].map((name) => readCorpus(name)))
    const [[path, baseline]] = Object.entries(after)
    const squashed = (message, files) => {
      const { ok, findings } = verdict(
        repository([{ files: at(before) }, { on: 'squash', from: 'main', all: true, message, files: at(files) }]),
      )
      return [ok, findings.filter(({ severity }) => severity !== 'warning').map(({ code }) => code)]
    }
    assert.equal(Object.keys(before).length, 82)
    // As it was done: the first file was edited to hold everything, and the other 81 went.
    assert.deepEqual(squashed('Squash', after), [false, ['shipped-edited', ...Array(81).fill('shipped-deleted')]])
    assert.deepEqual(squashed('Squash\n\n[squash-baseline]', after), [true, ['squash-reviewed']])
    // As a file of its own that lists what it replaces, with the checksums that a ledger has.
    const replaces = readSet(before).migrations.map(({ version, checksum }) => ({ version, checksum }))
    const own = (list) => ({
      '20991231000000_baseline.sql': baseline,
      '.counterfoil/20991231000000_baseline.json': JSON.stringify({ replaces: list }),
    })
    assert.deepEqual(squashed('Squash', own(replaces)), [true, ['squash-reviewed']])
    assert.deepEqual(squashed('Squash', own(replaces.slice(1))), [false, ['shipped-deleted', 'squash-reviewed']])
    assert.ok(!(path in own(replaces)))
  })

  test('sim: a file that the journal hides is told when it comes', async () => {
    const files = await tree('sim-0077', 'before')
    const hidden = '0077_missing_doc_processing.sql'
    // The tree has only the files in question.
    for (const { tag } of JSON.parse(files['meta/_journal.json']).entries) files[`${tag}.sql`] ??= `select '${tag}';`
    const { [hidden]: text, ...listed } = files
    const top = repository([{ files: at(listed) }, { on: 'topic', from: 'main', files: at({ [hidden]: text }) }])
    const { findings, ok } = verdict(top)
    assert.deepEqual(
      [ok, findings.map(({ code, at }) => [code, at.path])],
      [false, [['version-collision', `${dir}/${hidden}`]]],
    )
    assert.match(
      findings[0].message,
      /0077_rapid_chimera\.sql have one number, 0077, and the journal lists the latter only/,
    )
  })
})

describe('renumbering', () => {
  test('two new files move on together, over each other, with what belongs to them', async () => {
    const top = repository(
      [
        { files: at({ '001_a.sql': up('create table a ();') }) },
        {
          on: 'topic',
          from: 'main',
          files: at({ '002_b.sql': up('create table b ();'), '003_c.sql': up('alter table b add x int;') }),
        },
        { files: at({ '002_other.sql': up('create table other ();') }) },
      ],
      { checkout: 'topic' },
    )
    const before = verdict(top)
    assert.deepEqual(brief(before), ['error version-collision 002_b.sql'])
    assert.deepEqual(counterfoil(top, ['--renumber', '--dry-run']).stderr.split('\n').slice(0, 3), [
      'these files would get another version:',
      `  ${dir}/003_c.sql → ${dir}/004_c.sql`,
      `  ${dir}/002_b.sql → ${dir}/003_b.sql`,
    ])
    assert.deepEqual(status(top), [])
    const { decisions } = await renumberAndMerge(top, 'dbmate')
    assert.deepEqual(
      decisions.map(({ version, name, code }) => `${version} ${name} ${code}`),
      ['001 a pending', '002 other pending', '003 b pending', '004 c pending'],
    )
  })

  test('nothing is renumbered without a yes, and a shipped file never', () => {
    const top = repository(
      [
        { files: at({ '001_a.sql': up('create table a ();'), '002_b.sql': up('create table b ();') }) },
        {
          on: 'topic',
          from: 'main',
          files: at({ '001_a.sql': up('create table changed ();'), '003_c.sql': up('create table c ();') }),
        },
        { files: at({ '003_other.sql': up('create table other ();') }) },
      ],
      { checkout: 'topic' },
    )
    const { status: code, stderr } = counterfoil(top, ['--renumber'])
    assert.equal(code, 2)
    assert.match(stderr, /1 file would be renamed, and there is no terminal to ask on\n {2}help: say yes with --yes/)
    assert.deepEqual(status(top), [])
    const after = verdict(top, ['--renumber', '--yes'])
    assert.deepEqual(
      [brief(after), after.renumbered],
      [['error shipped-edited 001_a.sql'], [{ from: `${dir}/003_c.sql`, to: `${dir}/004_c.sql` }]],
    )
    // Again there is nothing to do.
    assert.match(counterfoil(top, ['--renumber', '--yes']).stderr, /^no file has to be renumbered$/m)
  })

  test('what is staged moves in the index with what it has there; what git does not know moves alone', () => {
    const top = repository(
      [
        { files: at({ '001_a.sql': up('create table a ();') }) },
        { on: 'topic', from: 'main' },
        { files: at({ '002_other.sql': up('create table other ();'), '003_other.sql': up('create table more ();') }) },
      ],
      { checkout: 'topic' },
    )
    writeFileSync(join(top, dir, '002_staged.sql'), up('create table staged ();'))
    git(top, 'add', '.')
    writeFileSync(join(top, dir, '002_staged.sql'), up('create table staged (id int);'))
    writeFileSync(join(top, dir, '003_loose.sql'), up('create table loose ();'))
    assert.equal(counterfoil(top, ['--renumber', '--yes']).status, 0)
    assert.deepEqual(status(top), ['?? 005_loose.sql', 'AM 004_staged.sql'])
    assert.equal(git(top, 'show', `:${dir}/004_staged.sql`), up('create table staged ();'))
    assert.equal(readFileSync(join(top, dir, '004_staged.sql'), 'utf8'), up('create table staged (id int);'))
  })

  test('if one file cannot be moved, none is', () => {
    const steps = [
      { files: at({ '001_a.sql': up('create table a ();') }) },
      {
        on: 'topic',
        from: 'main',
        files: at({ '002_b.sql': up('create table b ();'), '003_c.sql': up('create table c ();') }),
      },
      { files: at({ '002_other.sql': up('create table other ();') }) },
    ]
    // A file that git ignores is in the way.
    const top = repository(steps, { checkout: 'topic' })
    writeFileSync(join(top, '.git/info/exclude'), '004_c.sql\n')
    writeFileSync(join(top, dir, '004_c.sql'), 'mine')
    const first = counterfoil(top, ['--renumber', '--yes'])
    assert.equal(first.status, 2)
    assert.match(first.stderr, /003_c\.sql cannot become db\/migrations\/004_c\.sql: there is such a file already/)
    assert.deepEqual([status(top), readFileSync(join(top, dir, '004_c.sql'), 'utf8')], [[], 'mine'])
    // Another git is at work: the files have moved already, and go back.
    rmSync(join(top, dir, '004_c.sql'))
    writeFileSync(join(top, '.git/index.lock'), '')
    const second = counterfoil(top, ['--renumber', '--yes'])
    assert.equal(second.status, 2)
    assert.match(second.stderr, /`git update-index` failed with 128: .*index\.lock/)
    assert.deepEqual(
      existsSync(join(top, dir, '002_b.sql')) &&
        existsSync(join(top, dir, '003_c.sql')) &&
        !existsSync(join(top, dir, '004_c.sql')),
      true,
    )
    rmSync(join(top, '.git/index.lock'))
    assert.deepEqual(status(top), [])
    assert.equal(counterfoil(top, ['--renumber', '--yes']).status, 0)
  })

  test('golang-migrate: the file and its way back', async () => {
    const top = repository(
      [
        { files: at({ '000001_a.up.sql': 'create table a ();', '000001_a.down.sql': 'drop table a;' }) },
        {
          on: 'topic',
          from: 'main',
          files: at({ '000002_b.up.sql': 'create table b ();', '000002_b.down.sql': 'drop table b;' }),
        },
        {
          files: at({ '000002_other.up.sql': 'create table other ();', '000002_other.down.sql': 'drop table other;' }),
        },
      ],
      { checkout: 'topic' },
    )
    const { files } = await renumberAndMerge(top, 'golang-migrate')
    assert.deepEqual(
      Object.keys(files).sort(),
      ['a', 'other', 'b'].flatMap((name, index) => ['down', 'up'].map((way) => `00000${index + 1}_${name}.${way}.sql`)),
    )
  })

  test('a folder that is a migration moves with everything in it', async () => {
    const top = repository(
      [
        {
          files: at({
            '2024-01-01-000000_a/up.sql': 'create table a ();',
            '2024-01-01-000000_a/down.sql': 'drop table a;',
          }),
        },
        {
          on: 'topic',
          from: 'main',
          files: at({
            '2024-01-02-000000_b/up.sql': 'create table b ();',
            '2024-01-02-000000_b/down.sql': 'drop table b;',
            '2024-01-02-000000_b/metadata.toml': 'run_in_transaction = true\n',
            '2024-01-02-000000_b/notes/why.md': 'because',
          }),
        },
        {
          files: at({
            '2024-01-02-000000_b/up.sql': 'create table other ();',
            '2024-01-02-000000_b/down.sql': 'drop table other;',
          }),
        },
      ],
      { checkout: 'topic' },
    )
    assert.deepEqual(
      brief(verdict(top, ['--convention=diesel'])).filter((line) => line.startsWith('error')),
      ['error version-collision 2024-01-02-000000_b/up.sql'],
    )
    const { status: code, stderr } = counterfoil(top, ['--renumber', '--yes', '--convention=diesel'])
    assert.equal(code, 0, stderr)
    const lines = status(top)
    const [, folder] = / -> ([^/]+)\/down\.sql$/m.exec(lines.join('\n'))
    assert.deepEqual(
      lines,
      ['down.sql', 'metadata.toml', 'notes/why.md', 'up.sql'].map(
        (name) => `R  2024-01-02-000000_b/${name} -> ${folder}/${name}`,
      ),
    )
    assert.equal(existsSync(join(top, dir, '2024-01-02-000000_b')), false)
  })

  test('Drizzle: the file, its snapshot and its entry in the journal, which goes last', async () => {
    const journal = (...entries) =>
      `${JSON.stringify({ version: '7', dialect: 'postgresql', entries: entries.map(([tag, when], idx) => ({ idx, version: '7', when, tag, breakpoints: true })) }, null, 2)}\n`
    const a = ['0000_a', 1000]
    const top = repository(
      [
        {
          files: at({
            '0000_a.sql': 'create table a ();',
            'meta/0000_snapshot.json': '{}',
            'meta/_journal.json': journal(a),
          }),
        },
        {
          on: 'topic',
          from: 'main',
          files: at({
            '0001_b.sql': 'create table b ();',
            'meta/0001_snapshot.json': '{"b":1}',
            'meta/_journal.json': journal(a, ['0001_b', 2000]),
          }),
        },
        {
          files: at({
            '0001_other.sql': 'create table other ();',
            'meta/0001_snapshot.json': '{"other":1}',
            'meta/_journal.json': journal(a, ['0001_other', 3000]),
          }),
        },
      ],
      { checkout: 'topic' },
    )
    assert.deepEqual(
      verdict(top).findings.map(({ code, at }) => [code, at.path]),
      [['version-collision', `${dir}/0001_b.sql`]],
    )
    const { status: code, stderr } = counterfoil(top, ['--renumber', '--yes'])
    assert.equal(code, 0, stderr)
    assert.deepEqual(status(top), [
      'M  meta/_journal.json',
      'R  0001_b.sql -> 0002_b.sql',
      'R  meta/0001_snapshot.json -> meta/0002_snapshot.json',
    ])
    assert.equal(readFileSync(join(top, dir, 'meta/_journal.json'), 'utf8'), journal(a, ['0002_b', 2000]))
  })

  test('a version behind the newest is a note, and is renumbered too', async () => {
    const top = repository(
      [
        { files: at({ '20240101000000_a.sql': up('create table a ();') }) },
        { on: 'topic', from: 'main', files: at({ '20240102000000_b.sql': up('create table b ();') }) },
        { files: at({ '20240103000000_c.sql': up('create table c ();') }) },
      ],
      { checkout: 'topic' },
    )
    const year = String(new Date().getUTCFullYear())
    const { ok, findings, renumber } = verdict(top)
    assert.deepEqual([ok, findings.map(({ code, severity }) => [code, severity])], [true, [['version-behind', 'note']]])
    // A version that is a time goes on from now.
    assert.ok(renumber[0].version > '20240103000000' && renumber[0].version >= year, renumber[0].version)
    const { decisions } = await renumberAndMerge(top, 'dbmate')
    assert.deepEqual(
      decisions.map(({ name }) => name),
      ['a', 'c', 'b'],
    )
  })

  test('only what is checked out can be renumbered', () => {
    const top = repository(
      [
        { files: at({ '001_a.sql': up('create table a ();') }) },
        { on: 'topic', from: 'main', files: at({ '002_b.sql': up('create table b ();') }) },
        { files: at({ '002_other.sql': up('create table other ();') }) },
      ],
      { checkout: 'main' },
    )
    for (const args of [['--head=topic'], ['--head=topic', '--staged']]) {
      const { status: code, stderr } = counterfoil(top, ['--renumber', '--yes', ...args])
      assert.equal(code, 2, stderr)
      assert.match(stderr, /exclude each other|topic is not checked out there/)
    }
    git(top, 'checkout', '--quiet', 'topic')
    mkdirSync(join(top, 'below'))
    // From a folder below the root too.
    assert.equal(counterfoil(join(top, 'below'), ['--renumber', '--yes', '--head=topic', `--dir=../${dir}`]).status, 1)
    assert.ok(existsSync(join(top, dir, '003_b.sql')))
  })
})
