// What the tests of the examples share: a copy of one, with its migrations embedded and its packages at hand.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Copies an example into a folder of its own, as somebody has it who has run `npm install`. */
export function example(name, { packages = [] } = {}) {
  const base = mkdtempSync(join(tmpdir(), `counterfoil-${name}-`))
  const folder = join(base, name)
  cpSync(join(root, 'examples', name), folder, { recursive: true })
  cpSync(join(root, 'examples/migrations'), join(base, 'migrations'), { recursive: true })
  for (const dependency of packages) {
    const link = join(folder, 'node_modules', dependency)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', dependency), link, 'junction')
  }
  // The package itself is copied: a link would have its imports looked up in this repository.
  cpSync(join(root, 'pkg'), join(folder, 'node_modules/counterfoil'), { recursive: true })
  return { folder, remove: () => rmSync(base, { recursive: true, force: true }) }
}

/** Runs the `embed` script of the example's package.json, or the same command where it has none. */
export function embed(folder, out) {
  execFileSync(
    process.execPath,
    [join(folder, 'node_modules/counterfoil/cli/main.js'), 'embed', '--dir', '../migrations', '--out', out],
    { cwd: folder },
  )
}

/** The text of a file, written into the folder. */
export function write(folder, name, text) {
  writeFileSync(join(folder, name), text)
}

/** The status and the body of a health check. On a busy machine it may say first that it has no answer in time. */
export async function probed(ask) {
  for (let tries = 0; ; tries += 1) {
    const response = await ask()
    const body = await response.json()
    if (body.status !== 'timeout' || tries === 60) return { status: response.status, body }
    await new Promise((done) => setTimeout(done, 500))
  }
}
