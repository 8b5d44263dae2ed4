// The question that tells, in one round trip and without the core, whether there is nothing to do.

/** An identifier, as PostgreSQL's quote_ident writes it. */
const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`

/**
 * One row with one column, `same`: whether the digest of the ledger is `expected`. The same text as the core's
 * (`statements::digest`), so that the core can take the answer for its own. @internal
 */
export function digestQuery(table: { schema: string; name: string }, expected: string): string {
  return (
    'select (pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(' +
    "version || E'\\t' || coalesce(checksum, '') || E'\\t' || coalesce(state, 'applied') || E'\\n', '' " +
    `order by version collate "C"), ''), 'UTF8')), 'hex') = '${expected}')::text as same ` +
    `from ${identifier(table.schema)}.${identifier(table.name)} where replaced_by is null`
  )
}
