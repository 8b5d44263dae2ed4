// `counterfoil embed`: a folder of migrations as an ES module.
import { readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { renderExpected, renderManifest } from '../../embed.js'
import { MigrationError } from '../../shared/errors.js'
import { examine, type EmbedOptions, type Examined } from '../../embedding/examine.js'
import type { Migrations } from '../../set/files.js'
import { replacedText, writeOutput } from '../../shared/output.js'
import { withLineFeeds } from '../../shared/texts.js'
import type { Finding } from '../../options/public.js'
import { Usage, counted, databaseOptions, define, fine, found, setOptions } from '../frame/command.js'
import { emptyPGlite } from '../connect/connect-pglite.js'
import { filled, filling } from '../connect/session.js'
import { replayed } from '../../schema/read.js'
import type { AnyOptions } from '../../options/options.js'
import { readFolder, sayLed } from '../text/links.js'
import { emit, say } from '../text/print.js'
import { asOptions } from '../show/wording.js'

export const command = define({
  about: `Writes an ES module whose default export is a manifest of the migrations: their files, checksums and digest. Hand it to \`migrate\`, \`plan\`, \`ready\` and \`rollback\` in place of a folder.`,
  options: {
    ...setOptions,
    out: {
      type: 'string',
      value: '<file>',
      about: 'where to write; .ts and .mts get TypeScript (default: standard output)',
      completes: 'file',
      short: 'o',
    },
    'allow-empty': { type: 'boolean', about: 'the folder may hold no migration yet' },
    check: { type: 'boolean', about: 'write nothing; end with 1 if the file is not what would be written' },
    expected: {
      type: 'boolean',
      about: 'write the schema that the migrations make beside it, for `verify`: they are replayed in an empty PGlite',
    },
    table: databaseOptions.table,
    schema: databaseOptions.schema,
    ...filling,
  },
  examples: [
    ['embed --out src/migrations.js', 'write the module'],
    ['embed --out src/migrations.js --check', 'in CI: has somebody forgotten to?'],
    ['embed --expected --out src/migrations.js', 'and the schema, in src/migrations.expected.js'],
    ['embed --dir tenant/migrations --out src/tenant.ts', 'another folder, as TypeScript'],
  ],
  async run({ values, config, signal }) {
    const { dir, out, convention, check, expected, table, schema, 'allow-empty': allowEmpty } = values
    if (check && out === undefined) throw new Usage('--check needs --out', 'name the file that is to be checked')
    if (expected && out === undefined)
      throw new Usage('--expected needs --out', 'name the file of the manifest: the schema is written beside it')
    const files = await readFolder(dir)
    const options = { ...(convention !== undefined && { convention }), ...(config.policy && { policy: config.policy }) }
    const { manifest, problems, findings, empty } = examined(files, options)
    for (const finding of findings)
      say(`${finding.severity}: ${placed(finding, dir)}`, asOptions(finding.help, finding.options))
    for (const { at, message, help, options } of problems)
      say(`error: ${at ? join(dir, message) : message}`, asOptions(help, options))
    if (!manifest || problems.length > 0) return found
    if (empty && !allowEmpty) {
      say(`error: ${empty.message}`, asOptions(empty.help, empty.options))
      return found
    }

    const about = `${counted(manifest.count, 'migration')} of ${dir} (${manifest.convention})`
    const how = { by: '`counterfoil embed`', typescript: /\.[mc]?ts$/.test(out ?? '') }
    if (out === undefined) {
      emit(renderManifest(manifest, how))
      return fine
    }
    await sayLed(dirname(out))
    if (!expected) return put(out, renderManifest(manifest, how), about, check)
    const replay: AnyOptions = {
      ...options,
      ...filled(values),
      signal,
      ...(table !== undefined && { table }),
      ...(schema.length > 0 && { schema }),
      ...(allowEmpty && { allowEmpty }),
    }
    const snapshot = await replayed(files, replay, [], () => emptyPGlite(config))
    const beside = join(
      dirname(out),
      `${basename(out).replace(/\.[^.]*$/, '')}.expected${/\.[^.]*$/.exec(out)?.[0] ?? ''}`,
    )
    // The module itself is named last: it is whole when it is there.
    const second = await put(beside, renderExpected(manifest, snapshot, how), `the schema of ${about}`, check)
    const first = await put(
      out,
      renderManifest(manifest, { ...how, expected: `./${basename(beside).replace(/ts$/, 'js')}` }),
      about,
      check,
    )
    return first === fine ? second : first
  },
})

/** Writes a file, or says whether it is what would be written. */
async function put(out: string, text: string, about: string, check: boolean): Promise<typeof fine | typeof found> {
  const help = 'name another file with --out'
  // As it would be checked out with LF.
  const there = await replacedText(out, { help })
  const before = there === undefined ? undefined : withLineFeeds(there)
  if (check && before !== text) {
    say(
      `error: ${out} ${before === undefined ? 'does not exist' : `is not what ${about} would give`}`,
      'run `counterfoil embed` again, without --check',
    )
    return found
  }
  if (before !== text) {
    await writeOutput(out, text, { help })
    const scope = out.endsWith('.js') ? await packageOf(dirname(resolve(out))) : undefined
    if (scope && scope.type !== 'module')
      say(
        `note: ${out} is an ES module, and ${scope.path} does not say so of files in .js`,
        'call it .mjs, or write "type": "module" there, unless a bundler takes it',
      )
  }
  say(`${out}: ${about}${before === text ? ', unchanged' : ''}`)
  return fine
}

/** The package.json that counts for the files of a folder, and its `type`; none if there is none, or nobody can read it. */
async function packageOf(folder: string): Promise<{ path: string; type: unknown } | undefined> {
  const path = join(folder, 'package.json')
  try {
    const { type } = JSON.parse(await readFile(path, 'utf8')) as { type?: unknown }
    return { path: relative('.', path), type }
  } catch (error) {
    const above = dirname(folder)
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return missing && above !== folder ? packageOf(above) : undefined
  }
}

/** What cannot even be read is a problem like the others. */
function examined(
  files: Migrations,
  options: EmbedOptions,
): Partial<Examined> & Pick<Examined, 'problems' | 'findings'> {
  try {
    return examine(files, options)
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error
    return { problems: [error], findings: [] }
  }
}

function placed({ at, message }: Finding<string>, dir: string): string {
  return at ? `${join(dir, at.path)}:${at.line}:${at.column}: ${message}` : message
}
