// Step-by-step migrations whose runners are killed, whose sessions are ended, whose server stops, and whose files are edited in
// between: no step is lost, none happens twice, and none is stuck without a command that resolves it.
//
// COUNTERFOIL_ROUNDS=200 node --test tests/js/steps-faults.test.mjs    for a long run
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as api from 'counterfoil/pg'
import { startPostgres } from './support/postgres.mjs'
import { startProcess } from './support/processes.mjs'
import { random } from './support/random.mjs'
import { stampsOf } from './support/stamps.mjs'

const seed = Number(process.env.COUNTERFOIL_SEED ?? Date.now() % 1_000_000)
const rounds = Number(process.env.COUNTERFOIL_ROUNDS ?? 30)

const setUp = `create table big (id int);
insert into big select generate_series(1, 5000);
create table log (step text);
create table parts (step text);
create procedure batches(step text) language plpgsql as $$
begin
  for i in 1..3 loop
    insert into parts values (step);
    commit;
    perform pg_sleep(0.01);
  end loop;
  insert into log values (step);
end $$;
`

/** What a step is, by its kind; `label` tells it from every other one, of older texts too. */
const kinds = {
  insert: (label) => `insert into log values ('${label}')`,
  slow: (label) => `insert into log select '${label}' from pg_sleep(0.02)`,
  call: (label) => `call batches('${label}')`,
  block: (label) =>
    `do $$ begin insert into parts values ('${label}'); commit; perform pg_sleep(0.01); insert into log values ('${label}'); end $$`,
  index: (label) => `create index concurrently "i_${label}" on big (id)`,
  vacuum: () => 'vacuum log',
  typo: (label) => `insert into missing values ('${label}')`,
}
/** How many parts each commits before its end. */
const partsOf = { call: 3, block: 1 }
const lasting = ['insert', 'slow', 'call', 'call', 'block', 'index', 'vacuum']

for (const [title, share, lanes, servers, faults] of [
  ['processes that are killed and sessions that are ended', 0.7, 6, 1, ['kill', 'end']],
  // Who stops it has it alone.
  ['a server that stops', 0.3, 3, 3, ['stop', 'kill']],
])
  test(`${title}, with edits in between`, { timeout: 3_600_000 }, async (t) => {
    // What is confirmed outlives the server's processes.
    const started = await Promise.all(
      Array.from({ length: servers }, () => startPostgres({ synchronous_commit: 'on' })),
    )
    t.after(() => Promise.all(started.map((server) => server.stop())))
    const count = Math.round(rounds * share)
    const seen = { runs: 0, edits: 0, stamps: 0, mended: 0, back: 0 }
    const next = random(seed)
    const seeds = Array.from({ length: count }, () => Math.floor(next() * 2 ** 32))
    const lane = async (server) => {
      for (let own = seeds.pop(); own !== undefined; own = seeds.pop()) await round(server, own, faults, seen)
    }
    await Promise.all(Array.from({ length: lanes }, (_, at) => lane(started[at % servers])))
    t.diagnostic(
      `seed ${seed}; ${count} rounds: ${seen.runs} runs, ${seen.edits} edits, ${seen.mended} typos mended, ${seen.stamps} stamps, ${seen.back} texts put back`,
    )
    // In a long run all of that has happened; a step that is done behind one's back is rare.
    const { back: _, ...usual } = seen
    if (rounds >= 100)
      for (const [what, number] of Object.entries(usual)) assert.ok(number > 0, `there were no ${what}`)
  })

/** One migration, up and down again, on a database of its own. */
async function round(server, own, faults, seen) {
  const next = random(own)
  const pick = (list) => list[Math.floor(next() * list.length)]
  const when = `seed ${own}`
  const database = await server.createDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-steps-'))
  const url = server.url(database)
  /** Every statement in a session of its own: the server may have been away. */
  const query = async (sql) => {
    const db = await server.connect(database)
    try {
      return (await db.query(sql)).rows
    } finally {
      await db.end()
    }
  }
  const make = (way) =>
    Array.from({ length: 3 + Math.floor(next() * 4) }, (_, at) => ({
      way,
      at,
      versions: [next() < 0.15 ? 'typo' : pick(lasting)],
    }))
  const steps = { up: make('u'), down: make('d') }
  const label = ({ way, at }, version) => `${way}${at}v${version}`
  const sql = (step) => kinds[step.versions.at(-1)](label(step, step.versions.length)) + ';\n'
  const files = () => ({
    '001_tables.sql': `-- migrate:up\n${setUp}`,
    '002_steps.sql': `-- migrate:up transaction:false\n${steps.up.map(sql).join('')}-- migrate:down transaction:false\n${steps.down.map(sql).join('')}`,
  })
  const write = () => {
    for (const [path, text] of Object.entries(files())) writeFileSync(join(folder, path), text)
  }
  /** Another text in a step's place. */
  const edit = (step) => {
    step.versions.push(pick(lasting))
    seen.edits += 1
  }
  const row = async () => (await query(`select * from schema_migrations where version = '002'`))[0]

  /** Whether a text of a step has happened, all of it. */
  async function happened(step, version) {
    const kind = step.versions[version - 1]
    const name = label(step, version)
    if (kind === 'index')
      return (
        (
          await query(
            `select 1 from pg_index join pg_class c on c.oid = indexrelid where relname = 'i_${name}' and indisvalid`,
          )
        ).length > 0
      )
    return (await query(`select 1 from log where step = '${name}'`)).length > 0
  }

  /** The newest text of a step that has happened; 0: none has, or it was VACUUM, of which nothing tells and which may be repeated. */
  async function newest(step) {
    let version = step.versions.length
    while (version > 0 && (step.versions[version - 1] === 'vacuum' || !(await happened(step, version)))) version -= 1
    return version
  }

  /** Somebody looks at the database, and does what the help says. */
  async function resolve(help, way) {
    const [done, not] = stampsOf(help, api)
    const step = steps[way][(await row()).steps_done]
    const version = await newest(step)
    if (version > 0) {
      step.versions.length = version
      return stampWith(done)
    }
    await query(`delete from parts where step like '${step.way}${step.at}v%'`)
    for (const { name } of await query(
      `select relname as name from pg_class where relname like 'i\\_${step.way}${step.at}v%' and relkind = 'i'`,
    ))
      await query(`drop index "${name}"`)
    return stampWith(not)
  }
  /** A step was done after its runner was killed, and then edited: the help says to put its text back. */
  async function putBack(way, done) {
    for (const step of steps[way].slice(0, done)) {
      step.versions.length = (await newest(step)) || step.versions.lastIndexOf('vacuum') + 1
    }
    seen.back += 1
  }

  async function stampWith(call) {
    seen.stamps += 1
    const db = await server.connect(database)
    try {
      await call(db, files())
    } finally {
      await db.end()
    }
  }

  /** One run, which is disturbed or not, at a moment after its first step has begun; what came of it. */
  async function run(way, fault) {
    seen.runs += 1
    const options = { lease: 300, waitTimeout: 20_000 }
    const isStep = ({ kind, version }) => kind === 'step' && version === '002'
    let begun, ended, kill
    if (fault === 'kill') {
      write()
      const child = await startProcess({ url, folder, back: way === 'down', options })
      begun = child.seen(isStep)
      ;({ ended, kill } = child)
      child.go()
    } else {
      const db = await server.connect(database)
      begun = new Promise((done) => (options.onProgress = (event) => isStep(event) && done()))
      ended = (way === 'up' ? api.migrate : api.rollback)(db, files(), options)
        .then(
          (result) => ({ result }),
          (error) => ({ error }),
        )
        .finally(() => db.end().catch(() => {}))
    }
    if (fault) {
      await Promise.race([begun.then(() => sleep(next() * 120)), ended])
      if (fault === 'kill') kill()
      if (fault === 'stop') await server.crash()
      if (fault === 'end')
        await query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}' and pid <> pg_backend_pid()`,
        )
    }
    return ended
  }

  for (const way of ['up', 'down']) {
    let over = false
    const story = []
    for (let tries = 0; !over; tries++) {
      assert.ok(tries < 25, `${when}: it is stuck: ${JSON.stringify(story)}`)
      const fault = tries < 4 && next() < 0.7 ? pick(faults) : undefined
      const end = await run(way, fault)
      const now = await query(`select to_regclass('schema_migrations') is not null as there`).then(([{ there }]) =>
        there ? row() : undefined,
      )
      story.push([fault, end.error?.code ?? end.signal ?? 'done', end.error?.message, now?.state, now?.steps_done])
      over = way === 'up' ? now?.state === 'applied' : now === undefined
      if (end.result) assert.ok(over, `${when}: ${JSON.stringify(story)}`)
      if (over || !now) continue
      const { code, help } = end.error ?? {}
      if (/was edited after it stopped|has other steps than the ones that were done/.test(end.error?.message)) {
        await putBack(way, now.steps_done)
      } else if (code && /stamp\(/.test(help)) {
        await resolve(help, way)
      } else if (code === 'statement-failed') {
        const step = steps[way][now.steps_done]
        assert.equal(step.versions.at(-1), 'typo', `${when}: ${JSON.stringify(story)}`)
        edit(step)
        seen.mended += 1
      } else if (code) {
        assert.ok(code === 'connection-lost', `${when}: ${JSON.stringify(story)}`)
      }
      // What is not done yet may be changed.
      const after = await row()
      const underway = after?.state === (way === 'up' ? 'running' : 'reverting')
      const rest = underway || (way === 'down' && after) ? steps[way].slice(underway ? after.steps_done : 0) : []
      if (rest.length > 0 && next() < 0.4) edit(pick(rest))
    }
    await agrees(way === 'up' ? [steps.up] : [steps.up, steps.down])
  }

  /** What has happened is what the files say now, and once. */
  async function agrees(ways) {
    const all = ways.flat().map((step) => [step.versions.at(-1), label(step, step.versions.length)])
    const of = (...some) => all.filter(([kind]) => some.includes(kind)).map(([, name]) => name)
    const sorted = (list) => [...list].sort()
    const rows = await query('select step from log')
    assert.deepEqual(sorted(rows.map(({ step }) => step)), sorted(of('insert', 'slow', 'call', 'block')), when)
    const parts = all.flatMap(([kind, name]) => Array.from({ length: partsOf[kind] ?? 0 }, () => name))
    assert.deepEqual(sorted((await query('select step from parts')).map(({ step }) => step)), sorted(parts), when)
    const indexes = await query(`select relname as name, indisvalid as valid from pg_index
      join pg_class c on c.oid = indexrelid where relname like 'i\\_%'`)
    assert.deepEqual(
      sorted(indexes.map(({ name, valid }) => `${name} ${valid}`)),
      sorted(of('index').map((name) => `i_${name} true`)),
      when,
    )
  }
  rmSync(folder, { recursive: true })
}
