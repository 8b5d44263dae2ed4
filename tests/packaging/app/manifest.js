// Manifests and ledgers that the package has no part in: made with the runtime's own SHA-256.
const encoder = new TextEncoder()

async function sha256(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A manifest of `count` migrations: `00001_m.sql`, … */
export async function manifestOf(count) {
  const files = []
  for (let n = 1; n <= count; n += 1) {
    const sql = `create table m${n} (id int primary key);\n`
    files.push({ path: `${String(n).padStart(5, '0')}_m.sql`, sql, checksum: `sha256:${await sha256(sql)}` })
  }
  const rows = files.map(({ path, checksum }) => ({ version: path.slice(0, 5), checksum }))
  const digest = await sha256(rows.map(({ version, checksum }) => `${version}\t${checksum}\tapplied\n`).join(''))
  return { manifest: { manifest: 1, convention: 'plain', digest, newest: rows.at(-1).version, count, files }, rows }
}

/** The statements that make a ledger of these rows. */
export const ledgerOf = (rows) => `drop table if exists schema_migrations;
  create table schema_migrations (version varchar(128) primary key, name text, checksum text, fingerprint text,
    applied_at timestamptz default now(), duration_ms integer, state text default 'applied', steps_done integer,
    steps_total integer, claimed_until timestamptz, claimed_by text, origin text default 'applied', replaced_by text);
  insert into schema_migrations (version, name, checksum, fingerprint)
    values ${rows.map(({ version, checksum }) => `('${version}', 'm', '${checksum}', 'none')`).join(', ')}`
