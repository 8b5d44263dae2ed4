// `counterfoil embed`: a folder of migrations as an ES module.
import { dirname, join } from 'node:path'
import { renderManifest } from '../../embed.js'
import { MigrationError } from '../../shared/errors.js'
import { examine, type EmbedOptions, type Examined } from '../../embedding/examine.js'
import type { Migrations } from '../../set/files.js'
import { replacedText, writeOutput } from '../../shared/output.js'
import { withLineFeeds } from '../../shared/texts.js'
import type { Finding } from '../../options/public.js'
import { Usage, counted, define, fine, found, setOptions } from '../frame/command.js'
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
  },
  examples: [
    ['embed --out src/migrations.js', 'write the module'],
    ['embed --out src/migrations.js --check', 'in CI: has somebody forgotten to?'],
    ['embed --dir tenant/migrations --out src/tenant.ts', 'another folder, as TypeScript'],
  ],
  async run({ values: { dir, out, convention, check, 'allow-empty': allowEmpty }, config: { policy } }) {
    if (check && out === undefined) throw new Usage('--check needs --out', 'name the file that is to be checked')
    const files = await readFolder(dir)
    const { manifest, problems, findings, empty } = examined(files, {
      ...(convention !== undefined && { convention }),
      ...(policy && { policy }),
    })
    for (const finding of findings)
      say(`${finding.severity}: ${placed(finding, dir)}`, asOptions(finding.help, finding.options))
    for (const { at, message, help, options } of problems)
      say(`error: ${at ? join(dir, message) : message}`, asOptions(help, options))
    if (!manifest || problems.length > 0) return found
    if (empty && !allowEmpty) {
      say(`error: ${empty.message}`, asOptions(empty.help, empty.options))
      return found
    }

    const text = renderManifest(manifest, { by: '`counterfoil embed`', typescript: /\.[mc]?ts$/.test(out ?? '') })
    const about = `${counted(manifest.count, 'migration')} of ${dir} (${manifest.convention})`
    if (out === undefined) {
      emit(text)
      return fine
    }
    const help = 'name another file with --out'
    await sayLed(dirname(out))
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
    if (before !== text) await writeOutput(out, text, { help })
    say(`${out}: ${about}${before === text ? ', unchanged' : ''}`)
    return fine
  },
})

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
