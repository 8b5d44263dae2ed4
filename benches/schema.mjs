// Reading and comparing schemas of 100, 300 and 1,000 tables.
import { gzipSync } from 'node:zlib'
import { diffSchemas } from 'counterfoil/schema'
import { snapshot } from 'counterfoil/pg'
import { startPostgres } from '../tests/js/support/postgres.mjs'
import { clock, inTurn, line, median, ms, native, ratio, time, title } from './measure.mjs'

const sizes = [100, 300, 1_000]
const runs = 9

export async function schema() {
  const server = await startPostgres()
  try {
    const clients = []
    for (const size of sizes) {
      const client = await server.connect(await server.createDatabase())
      await client.query(tables(size))
      clients.push(client)
    }
    const taken = []
    for (const client of clients) taken.push(await snapshot(client))
    title('schemas: reading', `PostgreSQL 18, by the clock, medians of ${runs} runs in turn`)
    const works = clients.map((client) => () => clock(() => snapshot(client)))
    const read = await inTurn(runs, ...works)
    for (const [at, size] of sizes.entries()) {
      const text = JSON.stringify(taken[at])
      line(
        `${size} tables: snapshot`,
        ms(read.times[at]),
        `${taken[at].facts.length} facts, ${(text.length / 1e6).toFixed(2)} MB, ${(gzipSync(text).length / 1e3).toFixed(0)} KB after gzip`,
      )
    }
    line('ratio, 1,000 to 300 tables', ratio(read.times[2] / read.times[1]), 'aim: at most 4')
    await comparing(taken)
    for (const client of clients) await client.end()
  } finally {
    await server.stop()
  }
}

async function comparing(taken) {
  title('schemas: comparing', `processor time, medians of ${runs} runs; every tenth column is otherwise`)
  const pairs = taken.map((expected) => ({ expected, actual: otherwise(expected) }))
  const job = pairs.map((pair) => JSON.stringify(pair)).join('\n')
  const natively = JSON.parse(await native('counterfoil-review', 'schema', job)).map(median)
  const here = []
  for (const { expected, actual } of pairs) {
    await diffSchemas(expected, actual)
    const times = []
    for (let run = 0; run < runs; run += 1) times.push(await time(() => diffSchemas(expected, actual)))
    here.push(median(times))
  }
  for (const [at, size] of sizes.entries()) {
    const perFact = (milliseconds) => `${((milliseconds * 1e3) / taken[at].facts.length).toFixed(1)} µs a fact`
    line(`${size} tables: native`, ms(natively[at]), perFact(natively[at]))
    line(`${size} tables: WebAssembly, objects in and out`, ms(here[at]), perFact(here[at]))
    line('ratio, WebAssembly to native', ratio(here[at] / natively[at]), 'aim: at most 2')
  }
}

/** The schema with every tenth column of another type. */
function otherwise({ facts, ...rest }) {
  let columns = 0
  const changed = facts.map(([kind, name, data]) =>
    kind === 'column' && ++columns % 10 === 0 ? [kind, name, { ...data, type: 'inet' }] : [kind, name, data],
  )
  return { ...rest, facts: changed }
}

/** So many tables of ten columns, each with a key, a foreign key, a check, an index and a view. */
function tables(count) {
  return Array.from(
    { length: count },
    (_, at) => `create table t${at} (
        id bigint generated always as identity primary key, parent bigint references t${Math.max(0, at - 1)}, name text not null,
        note text default 'none', amount numeric(10, 2) check (amount >= 0), tags text[], made timestamptz default now(),
        state text not null default 'new', extra jsonb, flag boolean);
      create index t${at}_name on t${at} (lower(name), made desc);
      create view v${at} as select id, name, amount from t${at} where flag and amount > 1;`,
  ).join('\n')
}
