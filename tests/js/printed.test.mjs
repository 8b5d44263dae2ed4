// Names, SQL, rows and messages that somebody else wrote are printed as what they are: nothing in them moves a cursor, turns
// a line around, begins a line, or is an order to the service that reads the log.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readinessHandler } from 'counterfoil/health'
import { migrate, ready } from 'counterfoil/pg'
import { embed, renderManifest } from 'counterfoil/embed'
import { json, visible } from '../../pkg/shared/printed.js'
import { review } from '../../pkg/wasm/review.js'
import { main, migration, project, root } from './support/cli.mjs'
import { environment, folder, removeRepositories, repository } from './support/history.mjs'
import { startPostgres } from './support/postgres.mjs'

/** What Unicode calls a control, a control of direction, or a separator of lines. */
const unfit = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff]/gu
const evil =
  'a\x1b[2J\x9b31m\u202eb\u2066\u200f\x7f\u2028c\n::stop-commands::x\r::add-mask::y\n##[add-mask]z %0A::error::q'
const files = {
  'db/migrations/20260105090000_shows.sql': migration('create table shows (id int);', 'drop table shows;'),
}

let server
before(async () => (server = await startPostgres()))
after(() => server.stop())

/** What the runner of GitHub Actions would take for a command: `ActionCommand.cs` of actions/runner, both syntaxes. */
const commandsIn = (text) =>
  text.split(/\r\n|\r|\n/).filter((line) => line.trimStart().startsWith('::') || /##(?:\w+)?\[/.test(line))

/** Nothing of that is in what was printed, apart from the ends of lines, and from commands of ours. */
function fit({ stdout, stderr }, { format, coloured = false } = {}) {
  for (const printed of [stdout, stderr]) {
    const text = coloured ? printed.replace(/\x1b\[\d+m/g, '') : printed
    assert.deepEqual(text.replaceAll('\n', '').match(unfit) ?? [], [], JSON.stringify(text))
    const ours =
      format === 'github' && printed === stdout
        ? /^::(error|warning|notice) [^:]*title=counterfoil%3A [a-z-]+::/
        : /(?!)/
    assert.deepEqual(
      commandsIn(text).filter((line) => !ours.test(line)),
      [],
    )
  }
}

async function place(t, set = files) {
  const database = await server.createDatabase()
  const db = await server.connect(database)
  t.after(() => db.end())
  const it = project(t, set)
  const env = { DATABASE_URL: server.url(database) }
  return { ...it, db, run: (args, more = {}) => it.run(args, { env: { ...env, ...more } }) }
}

const formats = ['text', 'json', 'github', 'sarif']
const quoted = (text) =>
  `E'${text.replace(/[^ -&(-[\]-~]/gu, (c) => `\\U${c.codePointAt(0).toString(16).padStart(8, '0')}`)}'`

describe('on a terminal, in a log and in a file', () => {
  test('rows that another tool has written to the ledger', async (t) => {
    const { run, db } = await place(t)
    assert.equal((await run(['up'])).status, 0)
    await db.query('insert into schema_migrations (version, name) values ($1, $2)', [`20260101000000${evil}`, evil])
    for (const format of formats) {
      for (const command of ['status', 'plan', 'ready']) {
        if (command === 'ready' && format === 'sarif') continue
        const said = await run([command, '--format', format])
        fit(said, { format })
        if (command !== 'ready' && format !== 'sarif')
          assert.ok(said.stdout.includes(format === 'json' ? '\\u202e' : '\\u{202e}'), said.stdout)
      }
    }
    const { decisions } = JSON.parse((await run(['status', '--format', 'json'])).stdout)
    assert.ok(decisions.some(({ version }) => version === `20260101000000${evil}`))
    const results = JSON.parse((await run(['status', '--format', 'sarif'])).stdout).runs[0].results
    assert.ok(results.some(({ message }) => message.text.includes('\u202e')))
    for (const args of [
      ['plan', '--all'],
      ['plan', '--mermaid'],
      ['plan', '--out', '-'],
      ['up', '--dry-run'],
      ['up'],
      ['down'],
    ])
      fit(await run(args))
    fit(await run(['status'], { FORCE_COLOR: '1' }), { coloured: true })
  })

  test('what the database says', async (t) => {
    const { run, write } = await place(t)
    const raised = `begin raise exception using message = ${quoted(evil)}, detail = ${quoted(evil)}, hint = ${quoted(evil)}; end`
    write({ 'db/migrations/20260106090000_raise.sql': migration(`do $$${raised}$$;`) })
    for (const format of ['text', 'json', 'github']) {
      const said = await run(['up', '--format', format])
      assert.equal(said.status, 1)
      fit(said, { format })
      assert.match(said.stderr, /^error: a\\u\{1b\}\[2J\\u\{9b\}31m\\u\{202e\}b.*\\u\{a\}::stop-commands::x/m)
    }
    const { error } = JSON.parse((await run(['up', '--format', 'json'])).stdout)
    assert.equal(error.database.message, evil)
    fit(await run(['up'], { FORCE_COLOR: '1' }), { coloured: true })
  })

  test('names of files, and lines of SQL', async (t) => {
    const name = evil.replaceAll('/', '')
    const { run } = await place(t, {
      ...files,
      [`db/migrations/20260106090000_${name}.sql`]: migration(
        `/* \x1b[2J\u202e */ drop table shows cascade, "x\u2066\x9b";\rset search_path = '';`,
      ),
    })
    for (const format of formats)
      for (const command of ['plan', 'lint', 'status', 'up', 'down']) {
        if (format === 'sarif' && (command === 'up' || command === 'down')) continue
        const said = await run([command, '--format', format])
        fit(said, { format })
        if (format === 'json' && said.stdout) JSON.parse(said.stdout)
      }
    for (const args of [
      ['embed'],
      ['plan', '--mermaid'],
      ['up', '--dry-run'],
      ['lint', `db/${name}`],
      [name],
      ['plan', `--${name}`],
    ])
      fit(await run(args))
    fit(await run(['lint'], { FORCE_COLOR: '1' }), { coloured: true })
  })

  test('a line of SQL is shown under its caret', async (t) => {
    const { run } = await place(t, { 'db/migrations/20260106090000_a.sql': migration('select \u202e1 from nowhere;') })
    const { stderr } = await run(['up'])
    assert.match(stderr, /\n 2 \| select \\u\{202e\}1 from nowhere;\n {3}\| {23}\^\n/)
  })

  test('a folder, a configuration and an address', async (t) => {
    const { run, write } = project(t, files)
    write({ 'evil.json': `{ "${JSON.stringify(evil).slice(1, -1)}": 1 }` })
    for (const args of [
      ['plan', '--dir', evil],
      ['plan', '--config', 'evil.json'],
      ['plan', '--url', `postgres://u:p@127.0.0.1:1/${encodeURIComponent(evil)}`],
      ['plan', '--table', evil, '--url', 'pglite:memory'],
      ['status', '--dotenv', evil],
      ['new', evil, '--dir', `x${evil}`.replaceAll('/', '')],
    ])
      fit(await run(args))
  })
})

test('the summary of a step of GitHub Actions, and its outputs', (t) => {
  t.after(removeRepositories)
  const name = `db/migrations/20260106090000_${evil}.sql`
  const top = repository([
    { files },
    { files: { [name]: migration('select 1;'), 'db/migrations/20260106090000_b.sql': '' } },
  ])
  const [summary, output] = ['summary', 'output'].map((name) => join(folder(), name))
  const env = { ...environment, GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output }
  const said = spawnSync(process.execPath, [main, 'check', '--base', 'HEAD~1', '--format', 'github'], {
    cwd: top,
    env,
    encoding: 'utf8',
  })
  fit(said, { format: 'github' })
  const [text, lines] = [summary, output].map((path) => readFileSync(path, 'utf8'))
  for (const written of [text, lines]) assert.deepEqual(written.replaceAll('\n', '').match(unfit), null)
  const [verdict, count, findings, ...more] = lines.trimEnd().split('\n')
  assert.deepEqual([verdict, count, more], ['verdict=fail', 'count=2', []])
  assert.ok(findings.startsWith('findings=['))
  assert.ok(JSON.stringify(JSON.parse(findings.slice('findings='.length))).includes(JSON.stringify(evil).slice(1, -1)))
})

describe('readiness', () => {
  test('the message of `ready` is one line, and so are the log and the body over HTTP', async (t) => {
    const { db } = await place(t)
    // The version of a migration of Prisma's is the whole name of its folder.
    const version = `20260105090000_${evil}`
    const set = { [`${version}/migration.sql`]: 'select 1;' }
    await migrate(db, set)
    const { message, database } = await ready(db, set)
    assert.equal(message, `ready: db=${visible(version)} expected=${visible(version)}`)
    assert.equal(database, version)
    const lines = []
    const health = readinessHandler(
      {
        [`db${evil}`]: () => ready(db, set),
        lost: () => Promise.reject(new Error(evil)),
        behind: () => ({ status: 'behind', httpStatus: 503, message: evil, database: '1' }),
      },
      { detail: true, log: (line) => lines.push(line) },
    )
    const body = await (await health.fetch(new Request('http://localhost/health/ready'))).text()
    assert.deepEqual(body.trimEnd().match(unfit), null)
    assert.equal(JSON.parse(body).checks.lost.detail, evil)
    assert.equal(JSON.parse(body).checks[`db${evil}`].database, version)
    assert.equal(lines.length, 2)
    for (const line of lines) assert.deepEqual(line.match(unfit), null)
  })
})

test('a module of migrations has the same texts, and none of it in its own', async () => {
  const sql = `select '${evil.replaceAll('\x9b', '')}';`
  const text = renderManifest(embed({ '001_a.sql': sql }))
  assert.deepEqual(text.replaceAll('\n', '').match(unfit), null)
  const { default: manifest } = await import(`data:text/javascript,${encodeURIComponent(text)}`)
  assert.equal(manifest.files[0].sql, sql)
})

describe('one rule', () => {
  const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(
    (c) => !/[\ud800-\udfff]/.test(c),
  )

  test('every control, separator and mark of direction is shown, and nothing else is changed', () => {
    const changed = all.filter((c) => visible(c) !== c)
    assert.deepEqual(
      changed,
      all.filter((c) => c.match(unfit)),
    )
    assert.equal(visible('\u202e'), '\\u{202e}')
    assert.equal(visible('\n'), '\\u{a}')
    assert.deepEqual(JSON.parse(json(all.join(''))), all.join(''))
    assert.deepEqual(json(all.join('')).match(unfit), null)
  })

  test('plans in words have the same one', async () => {
    const { explain } = await review()
    const decision = {
      version: '1',
      name: `<${all.join('')}>`,
      action: 'skip',
      code: 'applied',
      gap: false,
      transactional: true,
    }
    const shown = explain({ plan: { decisions: [decision], findings: [], digest: '' }, form: 'mermaid' })
    // The codes that Mermaid has for what means something in its own syntax.
    const text = shown.replace(/#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    assert.ok(text.includes(`<${visible(all.join(''))}>`))
  })

  test('nothing is printed or logged anywhere else', () => {
    const source = join(root, 'pkg-template/src')
    const writers = readdirSync(source, { recursive: true })
      .filter((file) => file.endsWith('.ts'))
      .filter((file) =>
        /process\.std(out|err)\.write|\bstream\.write|\bconsole[[.]\w/.test(
          readFileSync(join(source, file), 'utf8').replace(/^ *(\/\/|\*).*$|\/\*\*.*\*\//gm, ''),
        ),
      )
    assert.deepEqual(writers.map((file) => file.replaceAll('\\', '/')).sort(), ['cli/text/print.ts', 'health/log.ts'])
  })
})
