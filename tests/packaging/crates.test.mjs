// The crates as they would be published: their own sources and texts, and nothing else that lies in the repository.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './support/packed.mjs'

/** What cargo writes itself; the first only where there is a git repository. */
const made = ['.cargo_vcs_info.json', 'Cargo.lock', 'Cargo.toml', 'Cargo.toml.orig']

for (const [crate, folder, texts] of [
  ['counterfoil', '.', ['CHANGELOG.md', 'LICENSE-APACHE', 'LICENSE-MIT', 'README.md']],
  ['counterfoil-review', 'review', []],
])
  test(`${crate} holds its sources and its texts`, () => {
    const list = ['package', '--list', '--quiet', '--allow-dirty', '-p', crate]
    const { status, stdout, stderr } = spawnSync('cargo', list, { cwd: root, encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    const found = stdout
      .trim()
      .split(/\r?\n/)
      .map((path) => path.replaceAll('\\', '/'))
    const sources = readdirSync(join(root, folder, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) =>
        join(parentPath, name)
          .slice(join(root, folder).length + 1)
          .replaceAll('\\', '/'),
      )
    assert.ok(sources.length > 30)
    assert.deepEqual(found.filter((path) => !made.includes(path)).sort(), [...sources, ...texts].sort())
  })
