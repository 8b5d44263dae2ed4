// A ledger of this set that was made where the schema of an address was passed over.
import { conventionOf } from '../../set/manifest.js'
import { filesNow } from '../../set/files.js'
import { tableOf } from '../../options/options.js'
import { identifier, literal } from '../../shared/quote.js'
import { coreNow } from '../../wasm/start.js'
import { init } from '../../wasm/init.js'
import { translated } from '../../wasm/translated.js'
import { MigrationError, type Mention } from '../../shared/errors.js'
import type { ReadOptions } from '../../options/public.js'
import type { Opened } from './opened.js'

/** A set, and where it is to go. */
interface Place extends Pick<Opened, 'driver' | 'db'> {
  readonly files: Readonly<Record<string, string>>
  readonly options: ReadOptions
}

/**
 * Looks for one, if there is no ledger in the schema that the address leads to: in `public`, and where the session creates
 * tables.
 *
 * @throws MigrationError `ledger-elsewhere` if it has a migration of this set, as its file is
 */
export async function refuseElsewhere({ driver, db, files, options }: Place, schema: readonly string[]): Promise<void> {
  // Of a name that cannot be the core knows more.
  if (schema.some((name) => name.includes('\0') || /^(pg_.*|information_schema|\$user|)$/s.test(name))) return
  const { schema: home, name } = tableOf(options.table, schema[0])
  const connection = driver.connect(db)
  let failed = true
  try {
    const found = await connection.query(
      `select n.nspname::text as schema from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ('public', pg_catalog.current_schema()) and n.nspname <> ${literal(home)}
       and c.relname = ${literal(name)} and c.relkind in ('r', 'p') and pg_catalog.has_schema_privilege(n.oid, 'usage')
       and pg_catalog.has_table_privilege(c.oid, 'select') and (select count(*) from pg_catalog.pg_attribute
       where attrelid = c.oid and attname in ('version', 'checksum', 'fingerprint') and not attisdropped) = 3
       and not exists (select 1 from pg_catalog.pg_class o join pg_catalog.pg_namespace s on s.oid = o.relnamespace
       where s.nspname = ${literal(home)} and o.relname = ${literal(name)})`,
    )
    for (const { schema: there } of found) {
      const table = `${identifier(there!)}.${identifier(name)}`
      const rows = await connection.query(`select version::text as version, checksum::text as checksum from ${table}`)
      const own = await checksums(files, options.convention)
      if (rows.some(({ version, checksum }) => checksum !== null && own.get(version!) === checksum))
        throw elsewhere(home, schema, there!, table)
    }
    failed = false
  } finally {
    connection.close?.(failed)
  }
}

/** Of each version of the set. */
async function checksums(set: Place['files'], chosen: ReadOptions['convention']): Promise<Map<string, string>> {
  await init()
  const { paths, sqls } = filesNow(set)
  const { migrations } = translated(() => coreNow().readSet(paths, sqls, conventionOf(set, chosen)))
  return new Map(migrations.map(({ version, checksum }) => [version, checksum]))
}

function elsewhere(home: string, schema: readonly string[], there: string, table: string): MigrationError {
  const option = (names: readonly string[]): Mention => {
    const texts = names.map((name) => `'${name.replaceAll(/['\\]/g, '\\$&')}'`).join(', ')
    return { option: 'schema', values: [...names], text: `schema: ${names.length > 1 ? `[${texts}]` : texts}` }
  }
  const [stay, go] = [option([there]), option(schema)]
  return new MigrationError({
    code: 'ledger-elsewhere',
    message: `the address leads to the schema ${identifier(home)}, where there is no ledger, and migrations of this set are recorded in ${table}`,
    help: `nothing was run; to go on there, take the schema out of the address, or say ${stay.text}; if they are to run once more, in the schema of the address, say ${go.text}`,
    options: [stay, go],
  })
}
