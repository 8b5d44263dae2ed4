// The question that tells, in one round trip and without the core, whether there is nothing to do.
import { literal } from '../shared/quote.js'

/**
 * One row: `same`, whether the digest of the ledger is `expected`, null if it cannot be read; and where it is asked for
 * `open`, whether the session was in a transaction before. The same text as the core's (`statements::digest`), so that the core can take the
 * answer for its own. @internal
 */
export function digestQuery(table: { schema: string; name: string }, expected: string, open = false): string {
  return (
    "select (select (pg_catalog.strpos(pg_catalog.query_to_xml('select pg_catalog.encode(pg_catalog.sha256(" +
    "pg_catalog.convert_to(coalesce(pg_catalog.string_agg(version || pg_catalog.chr(9) || coalesce(checksum, '''') " +
    "|| pg_catalog.chr(9) || coalesce(claimed_by, state, ''applied'') || pg_catalog.chr(10), '''' " +
    "order by version collate \"C\"), ''''), ''UTF8'')), ''hex'') from ' || c.oid::pg_catalog.regclass " +
    `|| ' where replaced_by is null', true, true, '')::text, '${expected}') > 0)::text from pg_catalog.pg_class c ` +
    'join pg_catalog.pg_namespace n on n.oid = c.relnamespace ' +
    `where n.nspname = ${literal(table.schema)} and c.relname = ${literal(table.name)} and c.relkind in ('r', 'p') ` +
    'and (select count(*) from pg_catalog.pg_attribute where attrelid = c.oid and atttypid in (25, 1043) ' +
    "and attname in ('version', 'checksum', 'state', 'replaced_by', 'claimed_by')) = 5 " +
    "and (not c.relrowsecurity or pg_catalog.current_setting('row_security') = 'on') " +
    "and pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select') " +
    "and pg_catalog.has_function_privilege('pg_catalog.sha256(bytea)', 'execute')) " +
    'as same' +
    (open ? ', (pg_catalog.transaction_timestamp() <> pg_catalog.statement_timestamp())::text as open' : '')
  )
}
