// Manifests for tests, made without the code that they test: the digest is worked out here.
import { createHash } from 'node:crypto'
import { readSet } from 'counterfoil'

const sha256 = (text) => createHash('sha256').update(text).digest('hex')

/** The digest of a ledger that holds these versions and checksums, all of them applied. */
export function digestOf(pairs) {
  const bytes = (text) => Buffer.from(text)
  const lines = [...pairs]
    .sort(([a], [b]) => Buffer.compare(bytes(a), bytes(b)))
    .map(([version, checksum]) => `${version}\t${checksum}\tapplied\n`)
  return sha256(lines.join(''))
}

/** The manifest of a set, as `counterfoil embed` would write it. Migrations that a baseline replaces do not count. */
export function manifestOf(files, fields = {}) {
  const { convention, migrations } = readSet(files)
  const replaced = new Set(migrations.flatMap(({ replaces }) => replaces))
  const checksums = new Map(migrations.map(({ path, checksum }) => [path, checksum]))
  return {
    manifest: 1,
    convention,
    digest: digestOf(
      migrations.filter(({ version }) => !replaced.has(version)).map(({ version, checksum }) => [version, checksum]),
    ),
    newest: migrations.filter(({ repeatable }) => !repeatable).at(-1)?.version ?? null,
    count: migrations.length,
    files: Object.entries(files).map(([path, sql]) => ({ path, sql, checksum: checksums.get(path) ?? null })),
    ...fields,
  }
}
