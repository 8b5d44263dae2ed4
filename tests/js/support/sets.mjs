// A migration set that betrays a double or half application: every step leaves a row in `effects`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A dbmate set of `count` files; every `every`-th builds indexes CONCURRENTLY and so runs step by step.
 *
 * @param rows how many rows the table has that most of the files work on: more rows, longer builds
 * @returns `{ files, effects, indexes }`: path to text, the effects that there must be (`version/step`), index names
 */
export function makeSet({ count, every = 10, rows = 2000 }) {
  const files = {}
  const effects = []
  const indexes = []
  const version = (number) => `202601${String(number).padStart(8, '0')}`
  const effect = (number, step) => {
    effects.push(`${version(number)}/${step}`)
    return `insert into effects (version, step) values ('${version(number)}', ${step});`
  }
  const file = (number, name, lines, down = '') =>
    (files[`${version(number)}_${name}.sql`] = `-- migrate:up\n${lines.join('\n')}\n\n-- migrate:down\n${down}\n`)

  file(1, 'start', [
    'create table effects (version text not null, step integer not null, pid integer not null default pg_backend_pid());',
    'create table items (id bigint primary key, owner integer not null, title text not null, total numeric not null default 0);',
    effect(1, 1),
  ])
  for (let number = 2; number <= count; number++) {
    if (number % every === 0) {
      indexes.push(`items_a_${number}`, `items_b_${number}`)
      file(number, `indexes_${number}`, [
        effect(number, 1),
        `create index concurrently items_a_${number} on items (owner, (id % ${number}));`,
        effect(number, 2),
        `create unique index concurrently items_b_${number} on items (id, (title || '${number}'));`,
        effect(number, 3),
      ])
    } else if (number === 2) {
      file(2, 'items', [
        `insert into items select n, n % 97, 'item ' || n from generate_series(1, ${rows}) n;`,
        effect(2, 1),
      ])
    } else if (number % 3 === 0) {
      file(number, `table_${number}`, [
        `create table part_${number} (id bigint primary key references items, note text);`,
        effect(number, 1),
        `insert into part_${number} select id, title from items where id <= 50;`,
        effect(number, 2),
      ])
    } else if (number % 3 === 1) {
      file(number, `column_${number}`, [
        `alter table items add column extra_${number} integer not null default ${number};`,
        effect(number, 1),
        `-- not idempotent: twice would be seen in the sum`,
        `update items set total = total + 1 where id <= 20;`,
      ])
    } else {
      indexes.push(`items_c_${number}`)
      file(number, `index_${number}`, [effect(number, 1), `create index items_c_${number} on items (title, owner);`])
    }
  }
  return {
    files,
    effects,
    indexes,
    increments: Object.keys(files).filter((path) => path.includes('_column_')).length * Math.min(20, rows),
  }
}

/** Writes a set into a new folder, which the caller removes with `remove()`. */
export function writeSet(files) {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-set-'))
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/**
 * Where ledger and effects disagree, as sentences, in one look at the database: a row that says applied has all its
 * effects; one that runs may have done more steps than it has on record only where the step cannot be in a transaction
 * with the record; a migration without a row has no effects.
 */
export async function disagreements(db, { files, effects }, { complete }) {
  const exists = await db.query(
    `select to_regclass('public.schema_migrations') is not null as ledger, to_regclass('public.effects') is not null as effects`,
  )
  const there = exists.rows[0]
  const { rows } = await db.query(`
    select * from ${there.ledger ? `(select version, state, steps_done, steps_total from public.schema_migrations)` : `(select null::text as version, null::text as state, 0 as steps_done, 0 as steps_total limit 0)`} l
    full join ${there.effects ? `(select version as effect, array_agg(step order by step) as steps from effects group by version)` : `(select null::text as effect, null::int[] as steps limit 0)`} e
    on l.version = e.effect`)
  const expected = new Map()
  for (const [version, step] of effects.map((effect) => effect.split('/')))
    expected.set(version, [...(expected.get(version) ?? []), Number(step)])
  const wrong = []
  for (const { version, effect, state, steps, steps_done: done, steps_total: total } of rows) {
    const found = (steps ?? []).join()
    if (!version) wrong.push(`${effect} has effects ${found} and no row`)
    else if (state === 'applied' && found !== expected.get(version)?.join())
      wrong.push(`${version} is applied with effects ${found}`)
    else if (state === 'running') {
      // Steps: 1 effect, 2 index, 3 effect, 4 index, 5 effect. An effect is committed with the record of its step.
      const recorded = [1, 2, 3].slice(0, Math.ceil(done / 2)).join()
      if (found !== recorded) wrong.push(`${version} has ${done} of ${total} steps on record and effects ${found}`)
      if (complete) wrong.push(`${version} is still running`)
    }
  }
  if (complete && rows.length !== Object.keys(files).length)
    wrong.push(`${rows.length} rows for ${Object.keys(files).length} files`)
  return wrong
}

/** What is not as it must be once all is applied: indexes that are missing or invalid, sums. */
export async function leftovers(db, { indexes, increments }) {
  const { rows } = await db.query(`select c.relname as name, i.indisvalid and i.indisready as good from pg_index i
    join pg_class c on c.oid = i.indexrelid where i.indrelid = 'items'::regclass and not i.indisprimary`)
  const {
    rows: [{ total }],
  } = await db.query('select sum(total)::int as total from items')
  return {
    missing: indexes.filter((name) => !rows.some((row) => row.name === name)),
    surplus: rows.filter(({ name }) => !indexes.includes(name)).map(({ name }) => name),
    invalid: rows.filter(({ good }) => !good).map(({ name }) => name),
    increments: total - increments,
  }
}

/** What {@link leftovers} gives when all is well. */
export const nothing = { missing: [], surplus: [], invalid: [], increments: 0 }
