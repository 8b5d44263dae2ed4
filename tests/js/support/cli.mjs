// Calls the command line as a shell would, with its output piped.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../..', import.meta.url))
export const main = join(root, 'pkg/cli/main.js')

/** How Node is called: V8's quick compiler is enough for a PGlite that lives for a second. */
export const node = [process.execPath, '--liftoff-only']

/** The environment of a test: nothing of the machine's may change what is printed. */
export function environment(extra = {}) {
  const { CI, NO_COLOR, FORCE_COLOR, DATABASE_URL, TERM, NODE_OPTIONS, ...rest } = process.env
  for (const name of Object.keys(rest)) if (/^(PG|DBMATE_)/.test(name)) delete rest[name]
  return { ...rest, TERM: 'xterm-256color', ...extra }
}

/** Runs it. Gives `{ status, stdout, stderr }`. */
export function counterfoil(args, { cwd, env = {}, input } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(node[0], [...node.slice(1), main, ...args], {
      cwd,
      env: environment(env),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (said[name] += text))
    if (input !== undefined) child.stdin.end(input)
    child.on('error', reject)
    child.on('close', (status, signal) => resolve({ status: status ?? signal, ...said }))
  })
}

/** A project in a folder of its own: files by path. Its node_modules are the repository's. */
export function project(t, files = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-cli-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  const write = (more) => {
    for (const [path, text] of Object.entries(more)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  }
  write(files)
  return {
    folder,
    write,
    copy: (from, to) => cpSync(from, join(folder, to), { recursive: true }),
    run: (args, options = {}) => counterfoil(args, { cwd: folder, ...options }),
  }
}

/** A file of dbmate's. */
export const migration = (up, down = '') => `-- migrate:up\n${up}\n\n-- migrate:down\n${down}\n`
