// What is measured: real migration sets where COUNTERFOIL_CORPORA points to them, else a generated one.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readMigrations } from 'counterfoil/node'

const corpora = process.env.COUNTERFOIL_CORPORA

/** `{ name, files }`: openmeter's 269 migrations, or as many of ours. */
export async function realSet() {
  const folder = corpora && join(corpora, 'openmeter/migrations')
  if (folder && existsSync(folder)) return { name: 'openmeter', files: await readMigrations(folder) }
  console.log('COUNTERFOIL_CORPORA is not set: a generated set stands in for openmeter')
  return { name: 'generated set', files: generatedSet(269) }
}

/** The sets that databases are booted with: `{ name, files }[]`. */
export async function bootSets() {
  const names = ['lobu-pre908', 'openmeter'].filter((name) => corpora && existsSync(join(corpora, name, 'migrations')))
  if (names.length === 0) return [await realSet()]
  return Promise.all(
    names.map(async (name) => ({ name, files: await readMigrations(join(corpora, name, 'migrations')) })),
  )
}

/** The texts of several real sets, or of the generated one: `{ name, texts }`. */
export async function realTexts() {
  const names = ['openmeter', 'hatchet', 'goalert', 'langfuse', 'lobu-baseline908'].filter(
    (name) => corpora && existsSync(join(corpora, name, 'migrations')),
  )
  if (names.length === 0) return { name: 'generated set', texts: Object.values(generatedSet(5000)) }
  const sets = await Promise.all(names.map((name) => readMigrations(join(corpora, name, 'migrations'))))
  return {
    name: names.join(', '),
    texts: sets.flatMap((files) =>
      Object.entries(files)
        .filter(([path]) => path.endsWith('.sql'))
        .map(([, text]) => text),
    ),
  }
}

function generatedSet(count) {
  const files = {}
  for (let i = 1; i <= count; i++) {
    const name = `t${i}`
    const before = i > 1 ? `,\n  parent_id bigint references t${i - 1} (id)` : ''
    files[`${String(i).padStart(6, '0')}_${name}.sql`] = `-- migrate:up
create table ${name} (
  id bigint generated always as identity primary key,
  name text not null,
  amount numeric(12, 2) not null default 0 check (amount >= 0),
  created_at timestamptz not null default now()${before}
);
create index ${name}_name on ${name} (lower(name));
create function ${name}_touch() returns trigger language plpgsql as $$
begin
  new.created_at := now(); -- the database's clock
  return new;
end
$$;
create trigger ${name}_touch before insert on ${name} for each row execute function ${name}_touch();
comment on table ${name} is 'table; number ${i}';

-- migrate:down
drop table ${name};
`
  }
  return files
}

/** Small files of the dbmate convention: `[path, text][]`. */
export const smallFiles = (count) =>
  Array.from({ length: count }, (_, i) => [
    `${20260000000000 + i}_t${i}.sql`,
    `-- migrate:up\ncreate table t${i} (id bigint primary key, name text not null);\n`,
  ])

/** A lockfile-exact version, for the report. */
export const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version
