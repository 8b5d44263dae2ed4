// A symbolic link that leads out of the project is followed, and whoever follows it says so.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { rollup } from 'rollup'
import counterfoil from 'counterfoil/rollup'
import { migration, project } from './support/cli.mjs'

const windows = process.platform === 'win32' && 'to make a link takes rights there'
const sql = migration('create table shows (id int);', 'drop table shows;')
const name = '20260105090000_shows.sql'

/** A project, and a folder beside it; `link` makes a link in the project. */
function place(t, files = {}) {
  const it = project(t, files)
  const outside = realpathSync(mkdtempSync(join(tmpdir(), 'counterfoil-outside-')))
  t.after(() => rmSync(outside, { recursive: true, force: true }))
  const link = (path, target) => {
    mkdirSync(join(it.folder, path, '..'), { recursive: true })
    symlinkSync(target, join(it.folder, path))
  }
  return { ...it, outside, link }
}

const warnings = ({ stderr }) => stderr.split('\n').filter((line) => /^warning: .*symbolic link/.test(line))

describe('links that lead out of the project', { skip: windows }, () => {
  test('the folder of migrations, for every command that reads it', async (t) => {
    const { run, outside, link } = place(t)
    writeFileSync(join(outside, name), sql)
    link('db/migrations', outside)
    const said = [`warning: db/migrations leads out of the project through a symbolic link, to ${outside}`]
    const memory = ['--url', 'pglite:memory']
    for (const args of [
      ['plan', ...memory],
      ['status', ...memory],
      ['ready', ...memory],
      ['up', ...memory],
      ['lint'],
      ['embed'],
      ['new', 'a'],
    ])
      assert.deepEqual(warnings(await run(args)), said, args[0])
  })

  test('files and folders in it', async (t) => {
    const { run, outside, link } = place(t, {
      'db/migrations/20260104090000_a.sql': migration('select 1;', 'select 2;'),
    })
    writeFileSync(join(outside, name), sql)
    link(`db/migrations/${name}`, join(outside, name))
    assert.deepEqual(warnings(await run(['embed'])), [
      `warning: a symbolic link leads out of the project: db/migrations/${name} leads to ${join(outside, name)}`,
    ])
    mkdirSync(join(outside, 'more'))
    link('db/migrations/more', join(outside, 'more'))
    assert.deepEqual(warnings(await run(['embed'])), [
      `warning: 2 symbolic links lead out of the project: db/migrations/${name} leads to ${join(outside, name)}, and so on`,
    ])
  })

  test('the configuration, the variables, a plan and the folder of a PGlite', async (t) => {
    const { run, outside, link } = place(t, { [`db/migrations/${name}`]: sql })
    for (const [path, text] of Object.entries({
      'counterfoil.config.json': '{}',
      '.env': 'A=1\n',
      'plan.json': '{}',
    })) {
      writeFileSync(join(outside, path), text)
      link(path, join(outside, path))
    }
    mkdirSync(join(outside, 'data'))
    link('data', join(outside, 'data'))
    const to = (path) => `warning: ${path} leads out of the project through a symbolic link, to ${join(outside, path)}`
    assert.deepEqual(warnings(await run(['up', '--url', 'pglite:memory', '--plan', 'plan.json'])), [
      to('.env'),
      to('counterfoil.config.json'),
      to('plan.json'),
    ])
    assert.deepEqual(warnings(await run(['up', '--url', 'pglite:./data'])), [
      to('.env'),
      to('counterfoil.config.json'),
      to('./data').replace('/./', '/'),
    ])
  })

  test('the folder of a file that is written', async (t) => {
    const { run, outside, link } = place(t, { [`db/migrations/${name}`]: sql })
    link('src', outside)
    const said = [`warning: src leads out of the project through a symbolic link, to ${outside}`]
    assert.deepEqual(warnings(await run(['embed', '--out', 'src/migrations.js'])), said)
    assert.match(readFileSync(join(outside, 'migrations.js'), 'utf8'), /shows/)
    assert.deepEqual(warnings(await run(['plan', '--url', 'pglite:memory', '--out', 'src/plan.json'])), said)
    assert.deepEqual(warnings(await run(['new', 'a', '--dir', 'src/db/migrations'])), [
      `warning: src/db/migrations leads out of the project through a symbolic link, to ${outside}/db/migrations`,
    ])
  })

  test('a plugin of a bundler', async (t) => {
    const { outside, link, folder, write } = place(t, { 'main.js': "export { default } from 'virtual:counterfoil'\n" })
    write({ [`db/migrations/20260104090000_a.sql`]: migration('select 1;', 'select 2;') })
    writeFileSync(join(outside, name), sql)
    link(`db/migrations/${name}`, join(outside, name))
    const said = []
    const dir = join(folder, 'db/migrations')
    const bundle = await rollup({
      input: join(folder, 'main.js'),
      plugins: [counterfoil({ dir })],
      onwarn: ({ message }) => said.push(message),
    })
    await bundle.close()
    assert.equal(said.length, 1)
    assert.match(said[0], /a symbolic link leads out of the project: .*_shows\.sql leads to .*_shows\.sql$/)
  })
})

describe('links that do not', { skip: windows }, () => {
  test('those within the project, and a folder elsewhere that is named as it is', async (t) => {
    const { run, outside, link, write, folder } = place(t, { [`other/${name}`]: sql })
    link('db/migrations', '../other')
    assert.deepEqual(warnings(await run(['embed'])), [])
    writeFileSync(join(outside, name), sql)
    mkdirSync(join(outside, 'more'))
    symlinkSync('..', join(outside, 'more/up'))
    symlinkSync(`../${name}`, join(outside, 'more/20260106090000_again.sql'))
    assert.deepEqual(warnings(await run(['embed', '--dir', outside])), [])
    // The project is the repository: that a command runs in a part of it changes nothing.
    write({ '.git/HEAD': '', 'app/main.js': '' })
    link('app/migrations', '../other')
    assert.deepEqual(warnings(await run(['embed', '--dir', 'migrations'], { cwd: join(folder, 'app') })), [])
  })
})
