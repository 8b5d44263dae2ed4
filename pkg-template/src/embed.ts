// Migrations made ready at build time: no folder has to be read where they run.
import { examine, type EmbedOptions } from './embedding/examine.js'
import { generated, literal } from './embedding/literal.js'
import type { Migrations } from './set/files.js'
import type { Manifest } from './set/manifest.js'

export { MigrationError, type Location } from './shared/errors.js'
export { init, type CoreSource } from './wasm/init.js'
export { renderExpected, type ExpectedOptions } from './embedding/expected.js'
export type { Expected, Snapshot } from './schema/public.js'
export type { EmbedOptions, Manifest, Migrations }

/**
 * Makes a migration set ready to be built into a program: files, checksums, and the digest by which a database that is
 * current is recognised with one query. `migrate` and the other functions take what comes out wherever they take a set.
 *
 * Pure: the same files give the same manifest, in whatever order they come.
 *
 * @param migrations path to text: what `readMigrations` gives
 * @throws MigrationError what is wrong with the files, with file, line and column: a set that an empty database could
 *   not be brought up with is refused. `plan-refused` where two files have one version
 *
 * @example
 * ```js
 * const manifest = embed(await readMigrations('db/migrations'))
 * await writeFile('src/migrations.js', renderManifest(manifest))
 * ```
 */
export function embed(migrations: Migrations, options: EmbedOptions = {}): Manifest {
  const { manifest, problems } = examine(migrations, options)
  if (problems[0]) throw problems[0]
  return manifest
}

/** How {@link renderManifest} writes. */
export interface RenderOptions {
  /** What wrote it, for the comment at the top. Default: `counterfoil/embed`. */
  by?: string
  /** TypeScript instead of JavaScript with a type in a comment. Default: false. */
  typescript?: boolean
  /** The module that {@link renderExpected} has made, as this one imports it: `./migrations.expected.js`. Default: none. */
  expected?: string
}

/**
 * The text of an ES module that has the manifest as its default export. The same manifest gives the same text, and the
 * text may also stand in a `<script>` element.
 */
export function renderManifest(
  manifest: Manifest,
  { by = 'counterfoil/embed', typescript = false, expected }: RenderOptions = {},
): string {
  const { files, expected: _, ...rest } = manifest
  const lines = [
    ...generated(by, 'Manifest', typescript),
    `const manifest${typescript ? ': Manifest' : ''} = {`,
    ...Object.entries(rest).map(([name, value]) => `  ${name}: ${literal(value)},`),
    ...(expected === undefined ? [] : [`  expected: () => import(${literal(expected)}),`]),
    // Every file in a line of its own: an edit is one line of a diff.
    '  files: [',
    ...files.map(
      ({ path, sql, checksum }) =>
        `    { path: ${literal(path)}, checksum: ${literal(checksum)}, sql: ${literal(sql)} },`,
    ),
    '  ],',
    '}',
    'export default manifest',
    '',
  ]
  return lines.join('\n')
}
