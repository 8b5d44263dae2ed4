// Runs the steps of `action.yml` as GitHub's runner does with a composite action: inputs are filled in, `run` is a script
// for bash, and what it writes to the files that the environment names is read.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { environment, folder as emptyFolder } from './history.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))
export const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'))

// What npx remembers of packages, for this run only.
let npx
const cache = () => (npx ??= emptyFolder('npm'))

/**
 * @param cwd the repository, as actions/checkout left it
 * @param inputs what a workflow gives the action
 * @param env what GitHub says about the event: GITHUB_BASE_REF and others
 */
export async function runAction(cwd, inputs = {}, env = {}) {
  for (const name of Object.keys(inputs)) assert.ok(name in action.inputs, name)
  const given = Object.fromEntries(
    Object.entries(action.inputs).map(([name, { default: value }]) => [name, inputs[name] ?? value]),
  )
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-action-'))
  const [summary, output] = ['summary', 'output'].map((name) => join(folder, name))
  for (const file of [summary, output]) writeFileSync(file, '')
  const filled = (text, steps) =>
    text.replace(/\$\{\{\s*(?:inputs\.([\w-]+)|steps\.(\w+)\.outputs\.(\w+))\s*\}\}/g, (_, input, step, name) =>
      input === undefined ? (steps[step]?.[name] ?? '') : given[input],
    )
  try {
    const [steps, logs] = [{}, []]
    let status = 0
    for (const step of action.runs.steps) {
      assert.equal(step.shell, 'bash')
      // What is filled in here becomes a part of the script, whoever chose it.
      assert.doesNotMatch(step.run, /\$\{\{/)
      writeFileSync(join(folder, 'script.sh'), step.run)
      const own = Object.fromEntries(
        Object.entries(step.env ?? {}).map(([name, value]) => [name, filled(value, steps)]),
      )
      const result = await bash(join(folder, 'script.sh'), join(cwd, filled(step['working-directory'] ?? '.', steps)), {
        ...environment,
        CI: 'true',
        GITHUB_ACTIONS: 'true',
        GITHUB_STEP_SUMMARY: summary,
        GITHUB_OUTPUT: output,
        npm_config_offline: 'true',
        npm_config_cache: cache(),
        ...env,
        ...own,
      })
      status = result.status
      logs.push(result)
      steps[step.id] = Object.fromEntries(
        readFileSync(output, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      )
      if (status !== 0) break
    }
    const outputs = Object.fromEntries(
      Object.entries(action.outputs).map(([name, { value }]) => [name, filled(value, steps)]),
    )
    return {
      status,
      outputs,
      summary: readFileSync(summary, 'utf8'),
      stdout: logs.map(({ stdout }) => stdout).join(''),
      stderr: logs.map(({ stderr }) => stderr).join(''),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** As the runner calls it: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell */
function bash(script, cwd, env) {
  return new Promise((done, failed) => {
    const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', script], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (part) => (stdout += part))
    child.stderr.setEncoding('utf8').on('data', (part) => (stderr += part))
    child.on('error', failed)
    child.on('close', (status) => done({ status, stdout, stderr }))
  })
}
