// The packed package in Node (ES modules and CommonJS), Deno and Bun, without a bundler.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkFast, checkPure, expectedHealth } from './support/expected.mjs'
import { install, printed } from './support/packed.mjs'
import { bun, deno } from './support/runtimes.mjs'

const links = ['@electric-sql/pglite']
const print = 'console.log(JSON.stringify({ pure: await pure(), health: await health(), sync: checksum("abc") }))'
const app = install({
  links,
  watched: true,
  files: {
    'pure-main.js': `import { checksum } from 'counterfoil'\nimport { health } from './health.js'\nimport { pure } from './pure.js'\n${print}\n`,
    // Before anything was awaited.
    'sync-main.js': `import { checksum } from 'counterfoil'\nconsole.log(JSON.stringify(checksum('abc')))\n`,
    'fast-main.js': `import { fast } from './fast.js'\nconsole.log(JSON.stringify(await fast()))\n`,
    'review-main.js': `import { check } from 'counterfoil/guard'
import { lint, MigrationError, rules } from 'counterfoil/lint'
const { findings } = await lint({ '1_a.sql': "set search_path = '';" })
const { ok } = await check({ sets: [{ dir: 'db', base: {}, head: { 'db/1_a.sql': 'select 1;' } }], messages: [], edits: [] })
const error = await lint({ '1_a.sql': 'select 1' }, { rules: { none: 'off' } }).catch((error) => error instanceof MigrationError && error.code)
console.log(JSON.stringify({ codes: findings.map(({ code }) => code), ok, error, rules: (await rules()).length > 50 }))
`,
    'main.cjs': `const { checksum, plan } = require('counterfoil')
const { migrate, ready, MigrationError } = require('counterfoil/pglite')
const drivers = ['pg', 'neon', 'postgres', 'bun', 'node', 'slim', 'inline', 'health'].map((name) => typeof require('counterfoil/' + name).MigrationError)
const { PGlite } = require('@electric-sql/pglite')
async function main() {
  const db = await PGlite.create()
  const files = { '1_a.sql': 'create table a ();' }
  const first = await migrate(db, files)
  const second = await migrate(db, files)
  const { status } = await ready(db, files)
  const error = await migrate(db, 7).catch((error) => error instanceof MigrationError)
  console.log(JSON.stringify({ checksum: checksum('abc'), codes: plan(files).decisions.map(({ code }) => code), first: first.applied.length, second: second.status, status, error, drivers }))
}
main()
`,
  },
})
after(app.remove)

const abc = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const runtimes = {
  Node: { command: process.execPath, args: [] },
  Deno: { command: deno, args: ['run', '--allow-all', '--node-modules-dir=manual', '--no-lock'] },
  Bun: { command: bun, args: ['run'] },
}

for (const [name, { command, args }] of Object.entries(runtimes)) {
  const options = { skip: command === undefined && `${name} has no build for this system` }
  const run = (file) => printed(command, [...args, file], app.base, { DENO_DIR: join(app.base, '.deno') })

  test(`${name}: the core is there at once`, options, () => assert.equal(run('sync-main.js'), abc))

  test(`${name}: plans without a database, and answers for its health`, options, () => {
    const { pure, health, sync } = run('pure-main.js')
    checkPure(pure)
    assert.deepEqual(health, expectedHealth)
    assert.equal(sync, abc)
  })

  test(`${name}: lint and guards are in a module of their own`, options, () => {
    assert.deepEqual(run('review-main.js'), {
      codes: ['session-search-path'],
      ok: true,
      error: 'invalid-input',
      rules: true,
    })
  })

  test(`${name}: one query and no core if PGlite is current, the core if it is not`, options, () =>
    checkFast(run('fast-main.js')),
  )
}

for (const name of ['Node', 'Bun']) {
  const { command, args } = runtimes[name]
  test(`${name}: require`, { skip: command === undefined && `${name} has no build for this system` }, () => {
    const expected = {
      checksum: abc,
      codes: ['pending'],
      first: 1,
      second: 'current',
      status: 'ready',
      error: true,
      drivers: Array(8).fill('function'),
    }
    assert.deepEqual(printed(command, [...args, 'main.cjs'], app.base), expected)
  })
}
