// pg_dump in WebAssembly, of the project that calls: the package @electric-sql/pglite-tools.
import { MigrationError } from '../shared/errors.js'
import { theOption } from '../shared/mentions.js'
import type { SquashPGlite } from './public.js'

/**
 * The package. It asks for one version of PGlite (0.5.8), and npm refuses it beside any other unless `overrides` say that each
 * will do; with `--legacy-peer-deps` the next `npm install` would refuse.
 */
const tools = '@electric-sql/pglite-tools'
/** @internal */
export const install = `npm pkg set overrides.${tools}.@electric-sql/pglite=x && npm install --save-dev ${tools}@0.4.8`

type PgDump = (options: { pg: unknown; args: string[] }) => Promise<{ text(): Promise<string> }>

/**
 * What pg_dump writes of a schema. PGlite is left as it was.
 *
 * @throws MigrationError `driver-missing`, `squash-failed` @internal
 */
export async function dumped(db: SquashPGlite, ledger: { schema: string; name: string }): Promise<string> {
  const pgDump = await load()
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
  // It puts the path back as it found it, and an empty one is no statement.
  const [{ path }] = (await db.query(`select current_setting('search_path') as path`)).rows as [{ path: string }]
  if (path.trim() === '') await db.exec('set search_path to default')
  try {
    const args = ['--schema-only', `--exclude-table=${quoted(ledger.schema)}.${quoted(ledger.name)}`]
    const text = await (await pgDump({ pg: db, args })).text()
    if (text.trim() !== '') return text
    throw new Error('pg_dump wrote nothing')
  } catch (cause) {
    throw new MigrationError(
      {
        code: 'squash-failed',
        message: `pg_dump failed: ${cause instanceof Error ? cause.message.trim() : String(cause)}`,
        help: 'write the dump with a real pg_dump, and hand it in: the option dump',
        options: [theOption('dump')],
      },
      { cause },
    )
  } finally {
    // It reads in a transaction, and need not have ended it.
    await db.exec(`rollback; select set_config('search_path', '${path.replaceAll("'", "''")}', false)`)
  }
}

async function load(): Promise<PgDump> {
  const { createRequire } = await import('node:module')
  const { join } = await import('node:path')
  const { pathToFileURL } = await import('node:url')
  const places = [join(process.cwd(), 'counterfoil.js'), import.meta.url]
  for (const [index, from] of places.entries())
    try {
      const path = createRequire(from).resolve(`${tools}/pg_dump`)
      // Beside it lies the same for `import`.
      const module = (await import(pathToFileURL(path.replace(/\.cjs$/, '.js')).href)) as { pgDump: PgDump }
      return module.pgDump
    } catch (cause) {
      if (index < places.length - 1) continue
      throw new MigrationError(
        {
          code: 'driver-missing',
          message: `${tools} is not installed in this project: it brings the pg_dump that writes a baseline`,
          help: `${install}; or hand in what a real pg_dump has written: the option dump`,
          options: [theOption('dump')],
        },
        { cause },
      )
    }
  throw new Error('unreachable')
}
