// `counterfoil lint`, as it is called: what is printed in each format, and the exit code.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { block } from './support/docs.mjs'
import { environment, folder, git, removeRepositories, repository } from './support/history.mjs'

after(removeRepositories)
const main = fileURLToPath(new URL('../../pkg/cli/main.js', import.meta.url))

const baseline = `-- migrate:up
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.shows (id bigint PRIMARY KEY, title text);
CREATE TABLE tickets (show bigint);
-- migrate:down
DROP SCHEMA shop CASCADE;
`
const index = '-- migrate:up\nCREATE INDEX shows_by_title ON public.shows (title);\n'

function at(files) {
  const base = folder('lint')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, path)), { recursive: true })
    writeFileSync(join(base, path), text)
  }
  return base
}

/** Runs it; gives the exit code and what was printed. */
function run(cwd, ...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'lint', ...args], {
    cwd,
    env: environment,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

const example = at({
  'db/migrations/20260105090000_baseline.sql': baseline,
  'db/migrations/20260112101500_titles.sql': index,
})

test('a finding is shown with its line, as the documentation has it', () => {
  const shown = block('lint').replace('$ counterfoil lint\n', '')
  const { status, stdout, stderr } = run(example)
  assert.deepEqual([status, stderr], [1, ''])
  assert.equal(stdout, shown)
})

test('JSON has everything, with paths from the working directory', () => {
  const { status, stdout } = run(example, '--format', 'json')
  const { findings, ok, counts, files } = JSON.parse(stdout)
  assert.deepEqual([status, ok, counts, files], [1, false, { error: 1, warning: 3, note: 0 }, 2])
  assert.deepEqual(
    findings.map(({ code, at }) => `${at.path}:${at.line}:${at.column} ${code}`),
    [
      'db/migrations/20260105090000_baseline.sql:2:19 session-search-path',
      'db/migrations/20260105090000_baseline.sql:4:14 unqualified-name',
      'db/migrations/20260105090000_baseline.sql:6:1 destructive-down',
      'db/migrations/20260112101500_titles.sql:2:1 require-concurrent-index-creation',
    ],
  )
})

test('annotations and SARIF name the same places', () => {
  const github = run(example, '--format', 'github').stdout
  assert.match(
    github,
    /^::error file=db\/migrations\/20260105090000_baseline\.sql,line=4,col=14,title=counterfoil%3A unqualified-name::tickets has no schema, /m,
  )
  const { runs } = JSON.parse(run(example, '--format', 'sarif').stdout)
  const places = runs[0].results.map(
    ({
      ruleId,
      locations: [
        {
          physicalLocation: { artifactLocation, region },
        },
      ],
    }) => `${ruleId} ${artifactLocation.uri}:${region.startLine}:${region.startColumn}`,
  )
  assert.ok(places.includes('destructive-down db/migrations/20260105090000_baseline.sql:6:1'), places.join('\n'))
  assert.equal(places.length, 4)
})

test('levels come from the command line, then from the configuration', () => {
  const config = {
    lint: { rules: { 'unqualified-name': 'warning', 'session-search-path': 'off', 'destructive-down': 'error' } },
  }
  const base = at({
    'db/migrations/20260105090000_baseline.sql': baseline,
    'counterfoil.config.json': JSON.stringify(config),
  })
  const levels = (...args) =>
    Object.fromEntries(
      JSON.parse(run(base, '--format', 'json', ...args).stdout).findings.map(({ code, severity }) => [code, severity]),
    )
  assert.deepEqual(levels(), { 'unqualified-name': 'warning', 'destructive-down': 'error' })
  assert.deepEqual(levels('--rule', 'destructive-down=note', '--rule', 'unqualified-name=off'), {
    'destructive-down': 'note',
  })
  const quiet = ['--rule', 'destructive-down=off']
  assert.equal(run(base, ...quiet).status, 0)
  assert.equal(run(base, ...quiet, '--strict').status, 1)
})

test('only some files are reported on: by name, and since a commit', () => {
  const paths = (cwd, ...args) => {
    const { status, stdout, stderr } = run(cwd, '--format', 'json', ...args)
    assert.notEqual(status, 2, stderr)
    return [...new Set(JSON.parse(stdout).findings.map(({ at }) => at.path))]
  }
  const titles = 'db/migrations/20260112101500_titles.sql'
  assert.deepEqual(paths(example, titles), [titles])
  assert.deepEqual(paths(join(example, 'db'), '--dir', 'migrations', 'migrations/20260112101500_titles.sql'), [
    'migrations/20260112101500_titles.sql',
  ])

  const top = repository(
    [
      { files: { 'db/migrations/20260105090000_baseline.sql': baseline } },
      { on: 'topic', from: 'main', files: { [titles]: index } },
      { on: 'main', files: { 'README.md': 'gone on' } },
    ],
    { checkout: 'topic' },
  )
  assert.deepEqual(paths(top, '--since', 'main'), [titles])
  // What is not committed counts, and so does what git does not know yet.
  writeFileSync(
    join(top, 'db/migrations/20260113000000_more.sql'),
    index.replaceAll('shows_by_title', 'shows_by_title_again'),
  )
  assert.deepEqual(paths(top, '--since', 'main'), [titles, 'db/migrations/20260113000000_more.sql'])
  assert.deepEqual(
    paths(join(top, 'db'), '--dir', 'migrations', '--since', 'main').map((path) => join('db', path)),
    [titles, 'db/migrations/20260113000000_more.sql'].map((path) => join(path)),
  )
  git(top, 'add', '-A')
  assert.deepEqual(paths(top, '--since', 'main', 'db/migrations/20260113000000_more.sql'), [
    'db/migrations/20260113000000_more.sql',
  ])
})

test('rules are listed and explained', () => {
  const { status, stdout } = run(example, '--list')
  assert.equal(status, 0)
  assert.match(
    stdout,
    /^ {2}session-search-path +warning +search_path is changed for the whole session and not put back$/m,
  )
  assert.match(stdout, /^ {2}prefer-text-field +off /m)
  const explained = run(example, '--explain', 'session-search-path')
  assert.equal(explained.status, 0)
  assert.match(
    explained.stdout,
    /^session-search-path \(warning\): .*\n\nA tool that runs several[\s\S]*\nBad:\n\n {4}SELECT pg_catalog\.set_config/,
  )
})

test('what is wrong with the call ends with 2, and says what to do', () => {
  for (const [args, message] of [
    [
      ['--explain', 'sesion-search-path'],
      'there is no rule sesion-search-path\n  help: did you mean session-search-path?',
    ],
    [['--rule', 'x'], "--rule cannot be 'x'\n"],
    [['--rule', 'ban-drop-table=fatal'], "--rule cannot be 'ban-drop-table=fatal'\n"],
    [['db/none.sql'], 'db/none.sql is no migration of db/migrations\n'],
  ]) {
    const { status, stdout, stderr } = run(example, ...args)
    assert.deepEqual([status, stdout], [2, ''], stderr)
    assert.ok(stderr.startsWith(`error: ${message}`), stderr)
  }
  const unknown = run(example, '--rule', 'no-such=off')
  assert.notEqual(unknown.status, 0)
  assert.match(unknown.stderr, /there is no rule "no-such"/)
  const base = at({ 'db/migrations/1_a.sql': 'select 1;', 'counterfoil.config.json': '{ "lint": { "rule": {} } }' })
  assert.match(run(base).stderr, /there is no setting lint\.rule\n[\s\S]*did you mean (lint\.)?rules\?/)
})
