// The verdicts on real histories: from the command line, from the GitHub Action, and from the pure function.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import Ajv from 'ajv'
import formats from 'ajv-formats'
import { parse } from 'yaml'
import { readChange } from 'counterfoil/git'
import { check } from 'counterfoil/guard'
import { action, runAction } from './support/action.mjs'
import { block } from './support/docs.mjs'
import { brief, counterfoil, pkg, verdict } from './support/check.mjs'
import { environment, folder, git, removeRepositories, repository } from './support/history.mjs'
import { expected, history, tracks } from './support/tracks.mjs'

after(removeRepositories)
const dir = 'db/migrations'
const at = (files) => Object.fromEntries(Object.entries(files).map(([name, text]) => [`${dir}/${name}`, text]))
const up = (text) => `-- migrate:up\n${text}\n`

describe('tracks', () => {
  let top
  before(() => {
    top = repository(history, { checkout: 'main' })
  })

  for (const { branch, base = 'main', at, lacks } of expected)
    test(`${branch}: ${at ? `fails at ${at.path}:${at.line}` : 'passes'}, wherever it is asked`, async () => {
      git(top, 'checkout', '--quiet', branch)
      const { change } = await readChange({
        cwd: top,
        head: 'HEAD',
        base: { ref: base, why: '--base' },
        sets: [],
        tracks,
        env: environment,
      })
      const pure = await check(change, { tracks })
      if (at) {
        const [finding, ...rest] = pure.findings
        assert.deepEqual([finding.code, finding.severity, finding.at, rest], ['track-parity', 'error', at, []])
        assert.ok(finding.message.includes(lacks), finding.message)
      } else assert.deepEqual(pure.findings, [])
      assert.equal(pure.ok, !at)

      const cli = verdict(top, ['--base', base])
      assert.deepEqual([cli.ok, cli.findings, cli.renumber], [pure.ok, pure.findings, pure.renumber])

      const { status, outputs, stdout, summary, stderr } = await runAction(top, { base, version: pkg })
      assert.deepEqual([status, outputs.verdict, outputs.count], at ? [1, 'fail', '1'] : [0, 'pass', '0'], stderr)
      assert.deepEqual(JSON.parse(outputs.findings), pure.findings)
      const annotations = stdout.split('\n').filter((line) => line.startsWith('::'))
      assert.equal(annotations.length, at ? 1 : 0)
      if (at)
        assert.ok(
          annotations[0].startsWith(
            `::error file=${at.path},line=${at.line},col=${at.column},title=counterfoil%3A track-parity::`,
          ),
          annotations[0],
        )
      assert.ok(summary.startsWith(`### counterfoil check: ${at ? '❌ failed' : '✅ passed'}\n`), summary)
    })
})

test('a file of a track that is no text is an error if it was changed', () => {
  const config = JSON.stringify({
    check: {
      tracks: {
        lite: { files: ['app/*.py'], registers: { line: '^add' } },
        pg: { files: ['pg/*.sql'], registers: 'file' },
      },
    },
  })
  const latin = (text) => Buffer.from(text, 'latin1')
  const top = repository([
    {
      files: {
        'counterfoil.config.json': config,
        'app/a.py': latin('# ü'),
        'app/b.py': latin('# ü'),
        'app/logo.png': 'a\0',
        'pg/1.sql': '',
      },
    },
    {
      on: 'topic',
      from: 'main',
      files: {
        'app/a.py': latin('# ü\nadd("alter table t add c int")\n'),
        'app/b.py': null,
        'app/moved.py': latin('# ü'),
        'app/logo.png': 'b\0',
      },
    },
  ])
  assert.deepEqual(
    verdict(top).findings.map(({ severity, code, message }) => [severity, code, message]),
    [
      [
        'error',
        'unreadable-file',
        'app/a.py of the track "lite" cannot be judged, and it was changed: it is not UTF-8',
      ],
    ],
  )
})

describe('a track that looks at nothing', () => {
  const list = (...names) => `MIGRATIONS = [\n${names.map((name) => `    ("${name}", _${name}),\n`).join('')}]\n`
  const revision = 'revision = "a"\ndown_revision = None\n\n\ndef upgrade():\n    op.create_table("a")\n'
  const tracks = {
    sqlite: { files: ['app/sqlite.py'], registers: { line: '^    \\("' } },
    postgres: { files: ['versions/*.py'], registers: 'file' },
  }
  const files = { 'app/sqlite.py': list('a'), 'versions/a.py': revision, ...at({ '1.sql': up('create table a ();') }) }
  const config = (check) => ({ 'counterfoil.config.json': JSON.stringify({ check }) })
  const sqlite = (track) => ({ tracks: { ...tracks, sqlite: { ...tracks.sqlite, ...track } } })
  /** The findings of a change from one tree to another, in short words. */
  const judged = (before, after, args) =>
    verdict(repository([{ files: before }, { on: 'topic', from: 'main', files: after }]), args).findings.map(
      ({ severity, code, message, at }) =>
        code === 'track-empty' ? `${severity} ${message}${at ? ' with a place' : ''}` : `${severity} ${code}`,
    )
  const b = { 'app/sqlite.py': `${list('a', 'b')}\n\ndef _b(c):\n    c.execute("CREATE TABLE b (id INTEGER)")\n` }

  test('is an error, whichever way it came to that', () => {
    assert.deepEqual(judged({ ...files, ...config({ tracks }) }, b), ['error track-parity'])
    const slip = sqlite({ files: ['app/sqlight.py'] })
    assert.deepEqual(judged({ ...files, ...config(slip) }, b), [
      'error the globs of the track "sqlite" match no file at the merge base and at the head: app/sqlight.py',
    ])
    const expression = sqlite({ registers: { line: '^    \\(\\d+,' } })
    assert.deepEqual(judged({ ...files, ...config(expression) }, b), [
      'error the expression of the track "sqlite" matches no entry at the merge base and at the head: ^    \\(\\d+, in app/sqlite.py',
    ])
    // The change moves the file away; from then on nothing is there.
    const moved = { 'app/sqlite.py': null, 'app/moved.py': list('a') }
    assert.deepEqual(judged({ ...files, ...config({ tracks }) }, moved), [
      'error the globs of the track "sqlite" match no file at the head: app/sqlite.py',
    ])
    const since = { 'app/moved.py': list('a'), 'versions/a.py': revision, ...config({ tracks }) }
    assert.deepEqual(judged(since, { 'app/moved.py': list('a', 'b') }), [
      'error the globs of the track "sqlite" match no file at the merge base and at the head: app/sqlite.py',
    ])
    // A change that touches no file of a track is judged, too.
    assert.deepEqual(judged(since, { 'README.md': 'x' }), [
      'error the globs of the track "sqlite" match no file at the merge base and at the head: app/sqlite.py',
    ])
  })

  test('is mended by a change that says where the files are, as the help says', () => {
    const moved = { 'app/sqlite.py': null, 'app/moved.py': list('a') }
    const mended = config(sqlite({ files: ['app/moved.py'] }))
    assert.deepEqual(judged({ ...files, ...config({ tracks }) }, { ...moved, ...mended }), [
      'warning check-config-changed',
    ])
    const slip = config(sqlite({ files: ['app/sqlight.py'] }))
    assert.deepEqual(judged({ ...files, ...slip }, config({ tracks })), ['warning check-config-changed'])
    // Tracks that come with their first files.
    assert.deepEqual(judged({ 'README.md': 'x' }, { ...files, ...config({ tracks }) }), [])
  })

  test('is not made less bad by the change itself', () => {
    const off = { 'track-empty': 'off' }
    const moved = { 'app/sqlite.py': null, 'app/moved.py': list('a') }
    const before = { ...files, ...config({ tracks }) }
    assert.deepEqual(judged(before, { ...moved, ...config({ tracks, severities: off }) }), [
      'warning check-config-changed',
      'error the globs of the track "sqlite" match no file at the head: app/sqlite.py',
    ])
    // Level and track both, so that nothing of before is there to compare with.
    const both = config({ ...sqlite({ files: ['app/sqlight.py'] }), severities: off })
    assert.deepEqual(judged(before, both), [
      'warning check-config-changed',
      'error the globs of the track "sqlite" match no file at the head: app/sqlight.py',
    ])
    // Nor does it go with its files.
    assert.deepEqual(judged(before, { ...moved, ...config({}) }), [
      'warning check-config-changed',
      'error the track "sqlite" is taken out of the configuration, and what it looked at goes with it: app/sqlite.py',
    ])
    // From the next change on the level counts.
    assert.deepEqual(judged({ ...files, ...config({ ...sqlite({ files: ['x.py'] }), severities: off }) }, b), [])
  })

  test('is told before the first commit of what is there, and in the work tree', () => {
    const top = folder()
    git(top, 'init', '--quiet')
    const slip = config(sqlite({ files: ['app/sqlight.py'] }))
    for (const [path, text] of Object.entries({ ...files, ...slip })) {
      mkdirSync(join(top, path, '..'), { recursive: true })
      writeFileSync(join(top, path), text)
    }
    const messages = () =>
      verdict(top)
        .findings.filter(({ code }) => code === 'track-empty')
        .map(({ message }) => message)
    assert.deepEqual(messages(), ['the globs of the track "sqlite" match no file at the head: app/sqlight.py'])
    writeFileSync(join(top, 'app/sqlight.py'), list('a'))
    assert.deepEqual(messages(), [])
  })
})

describe('what has shipped', () => {
  const base = {
    '001_a.sql': up('create table a ();'),
    '002_b.sql': `${up('create table b ();')}-- migrate:down\ndrop table b;\n`,
    '003_c.sql': up('create table c ();'),
  }
  const judged = (files, message = 'a change') =>
    verdict(repository([{ files: at(base) }, { on: 'topic', from: 'main', message, files: at(files) }]))

  test('stays: an edit, a deletion and a new name are errors, a comment is a warning', () => {
    assert.deepEqual(
      brief(
        judged({
          '001_a.sql': up('create table a (id int);'),
          '002_b.sql': null,
          '003_c.sql': null,
          '003_d.sql': base['003_c.sql'],
          '004_e.sql': up('select 1;'),
        }),
      ),
      [`error shipped-edited 001_a.sql`, `error shipped-deleted 002_b.sql`, `error shipped-renamed 003_d.sql`],
    )
    assert.deepEqual(brief(judged({ '001_a.sql': up('create table a (); -- with a comment') })), [
      'warning shipped-edited-cosmetic 001_a.sql',
    ])
    assert.deepEqual(
      brief(judged({ '004_d.sql': up('create table d ();'), '001_a.sql': base['001_a.sql'].replaceAll('\n', '\r\n') })),
      [],
    )
  })

  test('stays in a folder that is moved, too', () => {
    const moved = Object.fromEntries(Object.keys(at(base)).map((path) => [path, null]))
    const top = repository([
      { files: at(base) },
      {
        on: 'topic',
        from: 'main',
        files: { ...moved, 'db/sql/001_a.sql': up('drop table everything;'), 'db/sql/002_b.sql': base['002_b.sql'] },
      },
    ])
    assert.deepEqual(brief(verdict(top, ['--dir=db/sql']), 'db/sql'), [
      'error shipped-edited 001_a.sql',
      'error shipped-deleted 003_c.sql',
    ])
    const same = Object.fromEntries(Object.entries(base).map(([name, text]) => [`db/sql/${name}`, text]))
    assert.deepEqual(
      verdict(repository([{ files: at(base) }, { on: 'topic', from: 'main', files: { ...moved, ...same } }]), [
        '--dir=db/sql',
      ]).findings,
      [],
    )
  })

  const squash = {
    '001_a.sql': null,
    '002_b.sql': null,
    '003_c.sql': null,
    '004_baseline.sql': up('create table a (); create table b (); create table c ();'),
  }
  const sha256 = (text) => `sha256:${createHash('sha256').update(text).digest('hex')}`
  const replaces = (change = (checksum) => checksum) =>
    JSON.stringify({
      replaces: Object.entries(base).map(([name, text]) => ({
        version: name.slice(0, 3),
        checksum: change(sha256(text.split('-- migrate:down')[0])),
      })),
    })

  test('goes in a squash with the sentinel in a commit message of the range, and not without', () => {
    const refused = judged(squash, 'Squash')
    assert.equal(refused.ok, false)
    assert.deepEqual([...new Set(refused.findings.map(({ code }) => code))], ['shipped-deleted'])
    const allowed = judged(squash, 'Squash\n\n[squash-baseline]')
    assert.equal(allowed.ok, true, JSON.stringify(allowed.findings))
    assert.ok(allowed.findings.some(({ code, severity }) => code === 'squash-reviewed' && severity === 'note'))
    // The sentinel of the base is no sentinel of the change.
    const top = repository([
      { message: '[squash-baseline]', files: at(base) },
      { on: 'topic', from: 'main', files: at(squash) },
    ])
    assert.equal(verdict(top).ok, false)
  })

  test('goes in a squash whose baseline lists it with its checksum: no sentinel is needed', () => {
    const allowed = judged({ ...squash, '.counterfoil/004_baseline.json': replaces() })
    assert.deepEqual(
      [allowed.ok, [...new Set(allowed.findings.map(({ code }) => code))]],
      [true, ['squash-reviewed']],
      JSON.stringify(allowed.findings),
    )
    const wrong = judged({
      ...squash,
      '.counterfoil/004_baseline.json': replaces((checksum) => checksum.replace(/.{4}$/, '0000')),
    })
    assert.equal(wrong.ok, false)
  })
})

describe('the ways in which it is told', () => {
  // A name that ends a line, an option, a cell and a command, if it is let.
  const odd = '004_a:b,c%0A|<b>`x`\n::error::x.sql'
  const files = at({ [odd]: up('create table d (); -- with a comment'), '003_c.sql': up('create table other ();') })
  let top
  before(
    () =>
      (top = repository([
        { files: at({ [odd]: up('create table d ();'), '003_c.sql': up('create table c ();') }) },
        { on: 'topic', from: 'main', files },
      ])),
  )

  test('as text, with the line that it is about', () => {
    const { status, stdout, stderr } = counterfoil(top, [], { NO_COLOR: '1' })
    assert.equal(status, 1)
    assert.match(
      stdout,
      /^error\[shipped-edited\]: db\/migrations\/003_c\.sql has shipped, and its statements have changed\n {2}--> db\/migrations\/003_c\.sql:2:14\n/m,
    )
    assert.match(stdout, / 2 \| create table other \(\);\n {3}\| +\^\n {2}help: /)
    assert.match(stdout, /^this change must not be merged: 1 error, 1 warning$/m)
    assert.match(
      stderr,
      /^HEAD \([0-9a-f]{8}\) compared with main \([0-9a-f]{8}, by its name\); they parted at [0-9a-f]{8}\n$/,
    )
    // No name can write a line of its own.
    assert.doesNotMatch(stdout, /^::/m)
  })

  test('as annotations, one line each, escaped as GitHub does it', () => {
    const { status, stdout } = counterfoil(top, ['--format=github'])
    assert.equal(status, 1)
    const lines = stdout.split('\n').filter((line) => line.startsWith('::'))
    assert.equal(lines.length, 2)
    // `escapeProperty` and `escapeData` of packages/core/src/command.ts in actions/toolkit, taken back.
    const read = lines.map((line) => {
      const [, kind, properties, data] = /^::(\w+) (.*?)::(.*)$/.exec(line)
      const plain = (text) =>
        text
          .replaceAll('%0A', '\n')
          .replaceAll('%0D', '\r')
          .replaceAll('%3A', ':')
          .replaceAll('%2C', ',')
          .replaceAll('%25', '%')
      return {
        kind,
        ...Object.fromEntries(
          properties
            .split(',')
            .map((pair) => [pair.slice(0, pair.indexOf('=')), plain(pair.slice(pair.indexOf('=') + 1))]),
        ),
        message: plain(data).split('\n').slice(-2)[0],
      }
    })
    assert.deepEqual(
      read.map(({ kind, file, line, col, title }) => ({ kind, file, line, col, title })),
      [
        { kind: 'error', file: `${dir}/003_c.sql`, line: '2', col: '14', title: 'counterfoil: shipped-edited' },
        { kind: 'warning', file: `${dir}/${odd}`, line: '2', col: '19', title: 'counterfoil: shipped-edited-cosmetic' },
      ],
    )
  })

  test('as a summary of the step and as its outputs', () => {
    const [summary, output] = ['summary', 'output'].map((name) => join(folder(), name))
    const env = {
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_OUTPUT: output,
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'someone/something',
      GITHUB_SHA: '1'.repeat(40),
    }
    counterfoil(top, ['--format=github'], env)
    const text = readFileSync(summary, 'utf8')
    const rows = text.split('\n').filter((line) => line.startsWith('| '))
    assert.deepEqual(
      rows.map((row) => row.split('|').length),
      [5, 5, 5],
      text,
    )
    assert.ok(
      rows[1].includes(`](https://github.com/someone/something/blob/${'1'.repeat(40)}/db/migrations/003_c.sql#L2)`),
      rows[1],
    )
    assert.doesNotMatch(text, /<b>|`|^::/m)
    const lines = readFileSync(output, 'utf8').trimEnd().split('\n')
    assert.deepEqual(lines.slice(0, 2), ['verdict=fail', 'count=2'])
    assert.deepEqual(
      [lines.length, JSON.parse(lines[2].slice('findings='.length)).map(({ at }) => at.path)],
      [3, [`${dir}/003_c.sql`, `${dir}/${odd}`]],
    )
    // Elsewhere nothing is written, and in other formats neither.
    counterfoil(top, ['--format=json'], env)
    assert.equal(readFileSync(summary, 'utf8'), text)
  })

  test('as SARIF that its schema accepts', () => {
    const { status, stdout } = counterfoil(top, ['--format=sarif'])
    assert.equal(status, 1)
    // The schema of OASIS, as Microsoft's package has it.
    const { id: _, ...schema } = JSON.parse(
      readFileSync(
        new URL('../../node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json', import.meta.url),
        'utf8',
      ),
    )
    const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
    formats(ajv)
    const valid = ajv.compile({ ...schema, $schema: 'http://json-schema.org/draft-07/schema#' })
    const log = JSON.parse(stdout)
    assert.ok(valid(log), JSON.stringify(valid.errors))
    assert.ok(!valid({ ...log, version: '1' }))
    const [{ results }] = log.runs
    assert.deepEqual(
      results.map(
        ({
          ruleId,
          level,
          locations: [
            {
              physicalLocation: { artifactLocation, region },
            },
          ],
        }) => [ruleId, level, decodeURIComponent(artifactLocation.uri), region.startLine, region.startColumn],
      ),
      [
        ['shipped-edited', 'error', `${dir}/003_c.sql`, 2, 14],
        ['shipped-edited-cosmetic', 'warning', `${dir}/${odd}`, 2, 19],
      ],
    )
  })

  test('what is wrong with the call ends with 2 and says so', () => {
    for (const [args, message] of [
      [['--base=--upload-pack=x'], /there is no commit or branch "--upload-pack=x"/],
      [['--base=nope'], /there is no commit or branch "nope"/],
      [['--dir=nowhere'], /there are no migrations in nowhere/],
      [['--staged', '--head=HEAD'], /--staged and --head exclude each other/],
      [['--dry-run'], /--dry-run does nothing without --renumber/],
    ]) {
      const { status, stderr, stdout } = counterfoil(top, args)
      assert.deepEqual([status, stdout], [2, ''], stderr)
      assert.match(stderr, message)
      assert.match(stderr, /\n {2}help: /)
    }
    const { status, stderr } = counterfoil(folder(), [])
    assert.equal(status, 2)
    assert.match(stderr, /is not in the work tree of a git repository/)
  })
})

describe('the configuration', () => {
  const steps = [
    { files: { 'one/1.sql': 'select 1;', 'two/1.sql': 'select 1;', 'db/migrations/1.sql': 'select 1;' } },
    {
      on: 'topic',
      from: 'main',
      files: { 'one/1.sql': 'select 2;', 'two/1.sql': 'select 2;', 'db/migrations/1.sql': 'select 2;' },
    },
  ]
  const found = (config, args = []) => {
    const [first, ...rest] = steps
    const top = repository([
      { files: { ...first.files, 'counterfoil.config.json': JSON.stringify(config, null, 2) } },
      ...rest,
    ])
    return counterfoil(top, [...args, '--format=json'])
  }
  const paths = ({ stdout }) => JSON.parse(stdout).findings.map(({ severity, at }) => `${severity} ${at.path}`)

  test('says which folders and how bad each finding is; the command line wins', () => {
    const convention = 'plain'
    assert.deepEqual(paths(found({ convention })), ['error db/migrations/1.sql'])
    assert.deepEqual(paths(found({ dir: 'one', convention })), ['error one/1.sql'])
    const check = { dirs: ['one', { dir: 'two', convention }], severities: { 'shipped-edited': 'warning' } }
    assert.deepEqual(paths(found({ dir: 'db/migrations', convention, check })), [
      'warning one/1.sql',
      'warning two/1.sql',
    ])
    assert.deepEqual(paths(found({ check, convention }, ['--dir=db/migrations'])), ['warning db/migrations/1.sql'])
    assert.deepEqual(paths(found({ convention, check: { severities: { 'shipped-edited': 'off' } } })), [])
  })

  test('of the change itself makes nothing less bad; that it changed is said, by the levels of the base', () => {
    const tracks = { one: { files: ['one/*'], registers: 'file' }, two: { files: ['two/*'], registers: 'file' } }
    const judged = (before, after, files = steps[1].files) => {
      const file = (check) =>
        check ? { 'counterfoil.config.json': JSON.stringify({ convention: 'plain', check }) } : {}
      const top = repository([
        { files: { ...steps[0].files, ...file(before) } },
        { on: 'topic', from: 'main', files: { ...files, ...file(after) } },
      ])
      return verdict(top, after ? [] : ['--convention=plain']).findings.map(({ severity, code, message }) =>
        code === 'check-config-changed' ? `${severity}: ${message}` : `${severity} ${code}`,
      )
    }
    const said = 'the change also changes how it is judged:'
    const off = { severities: { 'shipped-edited': 'off' } }
    assert.deepEqual(judged({}, off), [
      `warning: ${said} shipped-edited is off instead of the default`,
      'error shipped-edited',
    ])
    assert.deepEqual(judged(undefined, off), [
      `warning: ${said} shipped-edited is off instead of the default`,
      'error shipped-edited',
    ])
    assert.deepEqual(
      judged(
        { severities: { 'check-config-changed': 'error' } },
        { severities: { 'check-config-changed': 'off' } },
        {},
      ),
      [`error: ${said} check-config-changed is off instead of error`],
    )
    assert.deepEqual(judged({ tracks }, {}, { 'one/2.sql': 'create table t ();' }), [
      `warning: ${said} the track one is gone; the track two is gone`,
      'error track-parity',
    ])
    assert.deepEqual(judged({ base: 'main', against: ['main'], dirs: ['one'] }, { base: 'HEAD', dirs: ['two'] }, {}), [
      `warning: ${said} the folder one is no longer looked at; it is compared with HEAD instead of main; it is no longer compared with main`,
    ])
    // What is stricter, or the same, needs no word.
    assert.deepEqual(judged(off, {}, {}), [])
    assert.deepEqual(judged({}, { tracks, dirs: ['one'], severities: { 'version-behind': 'error' } }, {}), [])
  })

  test('is not read from .env: that is a file of the change', () => {
    const top = repository(steps)
    writeFileSync(join(top, '.env'), 'DBMATE_MIGRATIONS_DIR=nowhere\n')
    assert.deepEqual(paths(counterfoil(top, ['--convention=plain', '--format=json'])), ['error db/migrations/1.sql'])
    assert.equal(counterfoil(top, ['--convention=plain', '--dotenv=.env']).status, 2)
  })

  test('that is wrong is told with the key', () => {
    for (const [check, message] of [
      [
        { bas: 'main' },
        /counterfoil\.config\.json:\d+:\d+\s[^]*there is no setting check\.bas|there is no setting check\.bas/,
      ],
      [
        { severities: { 'shipped-edited': 'bad' } },
        /check\.severities\.shipped-edited is none of off, note, warning, error/,
      ],
      [{ dirs: [{ convention: 'plain' }] }, /check\.dirs\.0 has no dir/],
      [{ tracks: { a: { files: ['x'], registers: 'line' } } }, /check\.tracks\.a\.registers is neither "file" nor/],
      [{ tracks: { a: { registers: 'file' } } }, /check\.tracks\.a has no files/],
      [{ severities: { 'shipped-edit': 'off' } }, /unknown code, "shipped-edit"/],
      [{ tracks: { a: { files: ['x'], registers: { line: '(' } }, b: { files: ['y'], registers: 'file' } } }, /\(/],
    ]) {
      const { status, stderr } = found({ convention: 'plain', check })
      assert.equal(status, 2, stderr)
      assert.match(stderr, message)
    }
  })
})

describe('the action', () => {
  const steps = [
    { files: at({ '001_a.sql': up('create table a ();') }) },
    { on: 'topic', from: 'main', files: at({ '001_a.sql': up('create table b ();') }) },
  ]

  test('takes the base of the pull request, and what the project has installed', async () => {
    const top = folder()
    git(top, 'clone', '--quiet', repository(steps, { checkout: 'main' }), '.')
    // What actions/checkout leaves of a pull request: a merge commit, and no branch.
    git(top, 'checkout', '--quiet', '--detach', 'origin/main')
    git(top, 'merge', '--quiet', '--no-ff', '--message', 'Merge 1 into 2', 'origin/topic')
    mkdirSync(join(top, 'node_modules/.bin'), { recursive: true })
    symlinkSync(pkg, join(top, 'node_modules/counterfoil'), 'junction')
    writeFileSync(
      join(top, 'node_modules/.bin/counterfoil'),
      `#!/bin/sh\nexec "${process.execPath}" "${pkg}/cli/main.js" "$@"\n`,
      { mode: 0o755 },
    )
    writeFileSync(
      join(top, 'package.json'),
      '{ "name": "a", "private": true, "dependencies": { "counterfoil": "*" } }\n',
    )
    const { status, outputs, stderr } = await runAction(top, {}, { GITHUB_BASE_REF: 'main', GITHUB_HEAD_REF: 'topic' })
    assert.deepEqual([status, outputs.verdict], [1, 'fail'], stderr)
    assert.match(stderr, /compared with origin\/main \([0-9a-f]{8}, GITHUB_BASE_REF\)/)
  })

  test('hands on what it is given, and runs none of it', async () => {
    const top = repository(steps)
    const bad = [
      '$(touch pwned)',
      '`touch pwned`',
      '"; touch pwned; "',
      "'; touch pwned; '",
      '--upload-pack=touch pwned',
      '%0A::set-output name=verdict::pass',
    ]
    for (const input of ['base', 'against', 'dir', 'config', 'args'])
      for (const value of input === 'base' ? bad.slice(0, 3) : [bad.join('\n')]) {
        const { status, outputs, stderr } = await runAction(top, { version: pkg, [input]: value })
        assert.deepEqual(
          [status, outputs.verdict, existsSync(join(top, 'pwned'))],
          [2, '', false],
          `${input}: ${stderr}`,
        )
      }
  })

  test('takes several folders and branches, and other arguments', async () => {
    const files = { 'one/1.sql': 'select 1;', 'a folder/1.sql': 'select 1;' }
    const top = repository(
      [
        { files },
        {
          on: 'topic',
          from: 'main',
          files: { 'one/1.sql': 'select 2;', 'a folder/1.sql': 'select 2;', 'one/2.sql': 'x' },
        },
        { on: 'other', from: 'main', files: { 'one/2_other.sql': 'y' } },
      ],
      { checkout: 'topic' },
    )
    const { outputs, stderr } = await runAction(top, {
      version: pkg,
      dir: 'one\r\na folder\n',
      against: 'oth*\n',
      args: '--convention\nplain',
    })
    assert.deepEqual(
      JSON.parse(outputs.findings || '[]').map(({ code, at }) => [code, at.path]),
      [
        ['shipped-edited', 'a folder/1.sql'],
        ['shipped-edited', 'one/1.sql'],
        ['version-collision-elsewhere', 'one/2.sql'],
      ],
      stderr,
    )
  })

  test('has outputs that the command sets, and no input that nothing takes', () => {
    const text = JSON.stringify(action.runs)
    for (const name of Object.keys(action.inputs)) assert.ok(text.includes(`{ inputs.${name} }`), name)
    assert.deepEqual(Object.keys(action.outputs), ['verdict', 'count', 'findings'])
  })
})

describe('the documentation', () => {
  test('shows what the command prints', () => {
    const top = repository(
      [
        { files: at({ '001_users.sql': up('create table users (\n  id bigint primary key\n);') }) },
        {
          on: 'orders',
          from: 'main',
          files: at({
            '001_users.sql': up('create table users (\n  id bigint primary key,\n  email text\n);'),
            '002_orders.sql': up('create table orders (id bigint primary key);'),
          }),
        },
        { files: at({ '002_invoices.sql': up('create table invoices (id bigint primary key);') }) },
      ],
      { checkout: 'orders' },
    )
    assert.equal(counterfoil(top, []).stdout, block('check'))
  })

  test('has a workflow that gives the action what it takes, a hook that can be read, and a configuration that is right', () => {
    const { steps } = parse(block('workflow')).jobs.check
    assert.deepEqual(
      Object.keys(steps[2].with).filter((name) => !(name in action.inputs)),
      [],
    )
    assert.equal(
      parse(block('hook')).repos[0].hooks[0].entry,
      parse(readFileSync(new URL('../../.pre-commit-hooks.yaml', import.meta.url), 'utf8'))[0].entry.replace(
        'npx --yes ',
        'npx --no-install ',
      ),
    )
    const top = repository(
      [
        {
          files: {
            'db/migrations/1.sql': up('select 1;'),
            'db/tenant/1.sql': up('select 1;'),
            'app/migrations.py': 'MIGRATIONS = [\n    ("users", _m_users),\n]\n',
            'alembic/versions/0001.py': 'revision = "0001"\n',
            'counterfoil.config.json': block('config'),
          },
        },
        { on: 'topic', from: 'main', files: { 'db/tenant/2.sql': up('select 1;') } },
        { files: { 'db/tenant/3.sql': up('select 1;') } },
      ],
      { checkout: 'topic' },
    )
    assert.deepEqual(
      verdict(top, ['--base=main']).findings.map(({ severity, code }) => [severity, code]),
      [['error', 'version-behind']],
    )
  })
})
