// Flyway's configuration above a folder of migrations. Flyway reads `flyway.toml` and `flyway.conf` of the directory that it is
// run in, whose `sql` is where migrations lie by default, and `migrations` in its projects (`ConfigUtils.java`,
// `loadDefaultConfigurationFiles`; https://documentation.red-gate.com/fd/flyway-projects-271585108.html).
import { readFile, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** A migration of Flyway's. */
const flyways = /(^|\/)[VR][^/]*__[^/]*\.sql$/

/**
 * What such a configuration says of placeholders: path, as seen from the folder, and text, with an empty line for whatever
 * else it says. That may be a password, and a set may become part of a program.
 * @internal
 */
export async function configurationAbove(folder: string, paths: readonly string[]): Promise<[string, string][]> {
  if (!paths.some((path) => flyways.test(path))) return []
  const real = await realpath(folder)
  if (!['sql', 'migrations'].includes(basename(real))) return []
  const found: [string, string][] = []
  for (const name of ['flyway.conf', 'flyway.toml']) {
    const text = await readFile(join(dirname(real), name), 'utf8').catch(() => undefined)
    if (text !== undefined) found.push([`../${name}`, ofPlaceholders(text)])
  }
  return found
}

function ofPlaceholders(text: string): string {
  let table = ''
  let isKept = false
  let before = ''
  const kept = text.split(/\r?\n/).map((line) => {
    const header = /^\s*\[([^\]]*)\]\s*(#.*)?$/.exec(line)
    if (header) table = (header[1] ?? '').replace(/["'\s]/g, '')
    // As the core reads it: src/convention/placeholders.rs.
    const goesOn = /\\\s*$/.test(before) && line.trim() !== '' && !/^\s*flyway\..*=/.test(line)
    before = line
    isKept = Boolean(header) || table === 'flyway.placeholders' || named.test(line) || (isKept && goesOn)
    return isKept ? line : ''
  })
  return kept.join('\n')
}

/** A setting of placeholders. */
const named = /^\s*["']?(flyway["']?\s*\.\s*["']?)?placeholder/
