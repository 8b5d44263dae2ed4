// Runs `counterfoil check` as it is in the package.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environment } from './history.mjs'

/** The package. */
export const pkg = fileURLToPath(new URL('../../../pkg', import.meta.url))

/** What a run printed, and how it ended. */
export function counterfoil(cwd, args, env = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(pkg, 'cli/main.js'), 'check', ...args], {
    cwd,
    env: { ...environment, ...env },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  return { status, stdout, stderr }
}

/** Its verdict as JSON. */
export function verdict(cwd, args = [], env = {}) {
  const { status, stdout, stderr } = counterfoil(cwd, [...args, '--format=json'], env)
  assert.ok(status < 2, stderr)
  const result = JSON.parse(stdout)
  assert.equal(status, result.ok ? 0 : 1)
  return result
}

/** The findings in short words, with paths as they are in the folder. */
export const brief = ({ findings }, dir = 'db/migrations') =>
  findings.map(({ severity, code, at }) => `${severity} ${code} ${at?.path.slice(dir.length + 1)}`)
