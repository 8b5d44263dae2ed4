// Which migrations have run, by the schema: a counter that has passed one over, SQL that was pasted by hand, a file half-way.
// What each schema is, was made by other statements than the files'.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as pg from 'counterfoil/pg'
import * as pglite from 'counterfoil/pglite'
import { MigrationError } from 'counterfoil'
import { freshPGlite } from './support/pglite.mjs'
import { startPostgres } from './support/postgres.mjs'

const replay = () => freshPGlite()
const table = 'counterfoil_migrations'

/** 103 was merged after 105. */
const files = {
  '102_tasks.up.sql':
    "create table tasks (id int primary key, state text not null constraint tasks_state_check check (state in ('new', 'done')));",
  '102_tasks.down.sql': 'drop table tasks;',
  '103_owner.up.sql': `alter table tasks add owner text, add priority int not null default 0;
    alter table tasks drop constraint tasks_state_check, add constraint tasks_state_check check (state in ('new', 'done', 'stuck'));`,
  '103_owner.down.sql': `alter table tasks drop constraint tasks_state_check, add constraint tasks_state_check check (state in ('new', 'done'));
    alter table tasks drop owner, drop priority;`,
  '104_index.up.sql': 'create index tasks_state on tasks (state);',
  '104_index.down.sql': 'drop index tasks_state;',
  '105_first.up.sql': "insert into tasks (id, state) values (1, 'new');",
  '105_first.down.sql': 'delete from tasks where id = 1;',
  '106_notes.up.sql': 'create table notes (task int references tasks, text text);',
  '106_notes.down.sql': 'drop table notes;',
}

/** The ledger of golang-migrate, `database/postgres/postgres.go`. */
const counter = (version, dirty = false) =>
  `create table schema_migrations (version bigint not null primary key, dirty boolean not null);
   insert into schema_migrations values (${version}, ${dirty})`

/** All but 103. */
const passedOver = `create table tasks (id int primary key, state text not null constraint tasks_state_check check (state in ('new', 'done')));
  create index tasks_state on tasks (state);
  insert into tasks (id, state) values (1, 'new');
  create table notes (task int references tasks, text text)`

const columns = 'alter table tasks add owner text; alter table tasks add priority int not null default 0'
const check = `alter table tasks drop constraint tasks_state_check, add constraint tasks_state_check check (state in ('new', 'done', 'stuck'))`

const versions = (rows) => rows.map(({ version }) => version)
const codes = ({ findings }) => findings.map(({ code }) => code)

function incident({ migrate, plan, rollback, verify, importLedger }, open) {
  test('what a counter has passed over is pending after the import, is applied, and can be taken back', async (t) => {
    const { db, exec } = await open(t)
    await exec(passedOver)
    await exec(counter(106))
    const looked = await importLedger(db, files, { table, replay, dryRun: true })
    assert.deepEqual(versions(looked.changes).sort(), ['102', '104', '105', '106'])
    const finding = looked.findings.find(({ code }) => code === 'imported-pending')
    assert.equal(
      finding.message,
      '103 has not run: column public.tasks.owner, column public.tasks.priority and CHECK public.tasks.tasks_state_check are not there as it makes it',
    )
    const unseen = looked.findings.find(({ code }) => code === 'imported-unseen')
    assert.match(unseen.message, /^1 file changes rows only, of which a schema tells nothing; golang-migrate says/)
    await importLedger(db, files, { table, replay, expect: looked.digest })
    const { decisions, findings } = await plan(db, files, { table })
    assert.deepEqual(versions(decisions.filter(({ action }) => action === 'apply')), ['103'])
    assert.equal(
      findings.some(({ code }) => code === 'assumed'),
      false,
    )
    assert.deepEqual(versions((await migrate(db, files, { table })).applied), ['103'])
    assert.equal((await verify(db, files, { table, replay })).status, 'same')
    const { reverted } = await rollback(db, files, { table, steps: 1 })
    assert.deepEqual(versions(reverted), ['103'])
    assert.equal((await verify(db, files, { table, replay })).status, 'same')
  })

  test('what was pasted by hand is not pending, and what was assumed is seen', async (t) => {
    const { db, exec } = await open(t)
    await exec(`${passedOver}; ${columns}; ${check}`)
    await exec(counter(106))
    await importLedger(db, files, { table, assume: { all: 'applied' } })
    assert.ok(codes(await plan(db, files, { table })).includes('assumed'))
    const { changes } = await importLedger(db, files, { table, replay })
    assert.deepEqual(
      changes.map(({ kind, version, after }) => [kind, version, after.origin]),
      [
        ['update', '102', 'imported'],
        ['update', '103', 'imported'],
        ['update', '104', 'imported'],
        ['update', '105', 'imported'],
      ],
    )
    const { decisions, findings } = await plan(db, files, { table })
    assert.deepEqual(new Set(decisions.map(({ action }) => action)), new Set(['skip']))
    assert.equal(
      findings.some(({ code }) => code === 'assumed'),
      false,
    )
  })

  test('what is there in part is refused, and named', async (t) => {
    const { db, exec } = await open(t)
    await exec(`${passedOver}; ${columns}`)
    await exec(counter(106))
    const error = await importLedger(db, files, { table, replay }).then(assert.fail, (error) => error)
    assert.ok(error instanceof MigrationError)
    assert.equal(error.code, 'plan-refused')
    assert.equal(
      error.message,
      'nothing was written: 103 is there in part: column public.tasks.owner and column public.tasks.priority are there, CHECK public.tasks.tasks_state_check is not',
    )
    assert.equal(
      error.help,
      "make by hand what is not there (CHECK public.tasks.tasks_state_check), or take back what is (column public.tasks.owner and column public.tasks.priority), and run this again; or say what it has come to: assume: { '103': 'applied' } if it is finished, assume: { '103': 'pending' } if it is undone",
    )
    // Both ways out of the help.
    const { changes } = await importLedger(db, files, { table, replay, assume: { 103: 'applied' }, dryRun: true })
    assert.ok(versions(changes).includes('103'))
    await exec(check)
    const { changes: all } = await importLedger(db, files, { table, replay })
    assert.deepEqual(versions(all).sort(), ['102', '103', '104', '105', '106'])
  })

  test('the schema is asked of the version at which a counter stands, too', async (t) => {
    const { db, exec } = await open(t)
    const whole = `${passedOver}; ${columns}; ${check}`
    await exec(`${whole}; drop table notes`)
    await exec(counter(106))
    const says = (options) => importLedger(db, files, { table, replay, ...options }).then(assert.fail, (error) => error)
    const absent = await says()
    assert.equal(absent.code, 'plan-refused')
    assert.equal(
      absent.message,
      'nothing was written: golang-migrate says 106, and the schema says otherwise: 106 has not run: table public.notes is not there as it makes it',
    )
    assert.match(absent.help, /pending.*applied/)
    // Once: nothing was written.
    assert.equal(`${absent.message} ${absent.help}`.match(/nothing was written/g).length, 1)
    // Both ways out of the help.
    const dry = { table, replay, dryRun: true }
    const pending = await importLedger(db, files, { ...dry, assume: { 106: 'pending' } })
    assert.deepEqual(versions(pending.changes), ['102', '103', '104', '105'])
    const applied = await importLedger(db, files, { ...dry, assume: { 106: 'applied' } })
    assert.deepEqual(versions(applied.changes), ['102', '103', '104', '105', '106'])

    await exec('create table notes (task int references tasks)')
    const partly = await says()
    assert.equal(partly.code, 'plan-refused')
    assert.match(partly.message, /^nothing was written: 106 is there in part: .*column public\.notes\.text is not$/)
    await exec('alter table notes add text text')
    const { changes, findings } = await importLedger(db, files, dry)
    assert.deepEqual(versions(changes), ['102', '103', '104', '105', '106'])
    assert.deepEqual(
      findings.filter(({ severity }) => severity !== 'note'),
      [],
    )
  })

  test('what is said of one file says nothing of the others, where the schema can tell', async (t) => {
    const { db, exec } = await open(t)
    await exec(passedOver)
    await exec(counter(106))
    const said = { table, assume: { 105: 'pending' }, dryRun: true }
    // 103 is not there, and nobody has named it.
    const asked = await importLedger(db, files, { ...said, replay })
    assert.deepEqual(versions(asked.changes), ['102', '104', '106'])
    assert.ok(asked.changes.every(({ message }) => !/taken for applied/.test(message)))
    assert.ok(codes(asked).includes('imported-pending') && !codes(asked).includes('assumed'))
    const { changes } = await importLedger(db, files, said)
    assert.deepEqual(versions(changes), ['102', '103', '104', '106'])
    assert.match(changes[1].message, /^taken for applied, since it is not among those that are named as pending$/)
  })

  test('of a file that did not come to its end the statements are named that are there', async (t) => {
    const { db, exec } = await open(t)
    await exec(`${passedOver}; drop table notes; ${columns}; ${check}`)
    await exec(counter(107, true))
    const set = {
      ...files,
      '107_more.up.sql': `create table notices (id int);
        alter table notes add pinned boolean;
        update tasks set state = 'done';
        create index notices_id on notices (id);`,
    }
    await exec('create table notes (task int references tasks, text text); create table notices (id int)')
    const error = await importLedger(db, set, { table, replay }).then(assert.fail, (error) => error)
    assert.equal(error.code, 'plan-refused')
    assert.equal(
      error.message,
      'nothing was written: 107 has begun under golang-migrate and did not come to its end: of 107_more.up.sql, statement 1 is there, statements 2 and 4 are not there, statement 3 is without a trace in the schema',
    )
  })

  // Most that did not come to their end have a statement that fails.
  for (const [texts, there, told] of [
    [
      ['create table notices (id int)', 'alter table nobody add pinned int', 'create index notices_id on notices (id)'],
      'create table notices (id int)',
      'statement 1 is there, statement 2 fails when it is replayed (relation "nobody" does not exist), of statement 3, which comes after it, nothing is known',
    ],
    [
      // Inside of a transaction of its own: the first is gone as well.
      ['begin', 'create table notices (id int)', 'select 1 / 0', 'create table more ()', 'commit'],
      '',
      'statement 2 is not there, statement 1 is without a trace in the schema, statement 3 fails when it is replayed (division by zero), of statements 4 and 5, which come after it, nothing is known',
    ],
  ])
    test(`of a file in which "${texts.find((text) => /nobody|1 . 0/.test(text))}" fails all before it is told of`, async (t) => {
      const { db, exec } = await open(t)
      await exec(`${passedOver}; ${columns}; ${check}; ${there}`)
      await exec(counter(107, true))
      const set = { ...files, '107_more.up.sql': texts.map((text) => `${text};\n`).join('') }
      const error = await importLedger(db, set, { table, replay }).then(assert.fail, (error) => error)
      assert.ok(error instanceof MigrationError, error.stack)
      assert.equal(error.code, 'plan-refused')
      assert.equal(
        error.message,
        `nothing was written: 107 has begun under golang-migrate and did not come to its end: of 107_more.up.sql, ${told}`,
      )
    })
}

describe('in a PGlite', () => {
  incident(pglite, async (t) => {
    const db = await freshPGlite()
    t.after(() => db.close())
    return { db, exec: (sql) => db.exec(sql) }
  })

  const set = (texts) =>
    Object.fromEntries(texts.map((text, at) => [`00${at + 1}_file.sql`, `-- migrate:up\n${text}\n`]))

  /** What `verify` explains of a database that `sql` made, and whose ledger says that all ran. */
  async function explained(t, texts, sql) {
    const db = await freshPGlite()
    t.after(() => db.close())
    const files = set(texts)
    await db.exec(sql)
    await pglite.stamp(
      db,
      files,
      Object.keys(files).map((path) => path.slice(0, 3)),
    )
    const { evidence } = await pglite.verify(db, files, { replay, explain: true })
    return { ...evidence, told: evidence.files.map(({ version, verdict }) => `${version} ${verdict}`) }
  }

  test('two that did not run are both found, and one that needs the other', async (t) => {
    const texts = [
      'create table a (id int);',
      'alter table a add b int;',
      'create table c (id int);',
      'create index c_id on c (id);',
      'create view v as select id from a;',
    ]
    const { told, byHand } = await explained(t, texts, 'create table a (id int); create view v as select id from a')
    assert.deepEqual(
      told.filter((line) => line.endsWith('absent')),
      ['002 absent', '003 absent', '004 absent'],
    )
    assert.deepEqual(byHand, [])
  })

  test('without which a later one fails, has run, and what is gone was taken by hand', async (t) => {
    const texts = [
      'create table a (id int);',
      'alter table a add b int;',
      'update a set b = id;',
      'create table d (id int);',
    ]
    const { told, byHand, rowsOnly, files } = await explained(
      t,
      texts,
      'create table a (id int); create table d (id int)',
    )
    assert.ok(told.includes('002 present'), told.join(', '))
    assert.match(
      files.find(({ version }) => version === '002').message,
      /^002 has run: 003 fails without it; column public\.a\.b is gone since$/,
    )
    assert.deepEqual(byHand, ['column public.a.b is not there'])
    assert.deepEqual(rowsOnly, ['003'])
  })

  test('drops that did not run, and what was written over since', async (t) => {
    const texts = [
      'create table a (id int, old int);',
      'alter table a alter id set default 1;',
      'alter table a drop old;',
      'alter table a alter id set default 2;',
    ]
    const { told, byHand } = await explained(t, texts, 'create table a (id int default 2, old int)')
    assert.deepEqual(told, ['001 present', '002 overwritten', '003 absent', '004 present'])
    assert.deepEqual(byHand, [])
  })

  test('what was added by hand is told from what did not run', async (t) => {
    const texts = ['create table a (id int);', 'alter table a add b int;']
    const { status, told, byHand } = await explained(
      t,
      texts,
      'create table a (id int); create index by_hand on a (id)',
    )
    assert.equal(status, 'explained')
    assert.deepEqual(
      told.filter((line) => !line.endsWith('present')),
      ['002 absent'],
    )
    assert.deepEqual(byHand, ['index public.by_hand is not expected'])
  })

  test('of two files in another order nobody can tell which of them ran', async (t) => {
    const texts = [
      'create table a (id int);',
      'alter table a alter id set default 1;',
      'alter table a alter id set default 2;',
    ]
    const { status, files } = await explained(t, texts, 'create table a (id int default 1)')
    assert.equal(status, 'undecided')
    assert.equal(
      files.find(({ verdict }) => verdict === 'undecided').message,
      'nobody can tell from the schema whether 003 ran: either 003 did not run, or 002 ran after it',
    )
  })

  test('one that ran late has run, and so has the one that it wrote over', async (t) => {
    const texts = [
      'create table a (id int);',
      'alter table a alter id set default 1;',
      'alter table a alter id set default 2, add b int;',
    ]
    const { told } = await explained(t, texts, 'create table a (id int default 1, b int)')
    assert.deepEqual(
      told.filter((line) => !line.endsWith('present')),
      [],
    )
  })

  test('what files have filled in is filled in where they are replayed', async (t) => {
    const db = await freshPGlite()
    t.after(() => db.close())
    await db.exec('create table north_notes (id int); create table last (id int)')
    await db.exec(counter(3))
    const set = {
      '1_a.sql': '-- +goose Up\n-- +goose ENVSUB ON\ncreate table ${REGION}_notes (id int);\n',
      '2_b.sql': '-- +goose Up\ncreate table others (id int);\n',
      '3_c.sql': '-- +goose Up\ncreate table last (id int);\n',
    }
    const env = { REGION: 'north' }
    const { changes, findings } = await pglite.importLedger(db, set, { table, replay, env, dryRun: true })
    assert.deepEqual(versions(changes).sort(), ['1', '3'])
    assert.match(findings.find(({ code }) => code === 'imported-pending').message, /^2 has not run: /)
  })

  test('a snapshot explains nothing', async () => {
    const snapshot = {
      counterfoil: 'snapshot',
      server: { version: 180004, roles: [] },
      facts: [['table', 'public.t', {}]],
    }
    const error = await pglite.verify({}, snapshot, { explain: true }).then(assert.fail, (error) => error)
    assert.equal(error.code, 'invalid-input')
    assert.match(error.message, /a snapshot does not say which migrations made it/)
  })

  test('files that cannot be replayed explain nothing, and the reason is said', async (t) => {
    const db = await freshPGlite()
    t.after(() => db.close())
    await db.exec(`create table a (id int); ${counter(2)}`)
    const files = { '1_a.up.sql': 'create table a (id int);', '2_b.up.sql': 'create extension nobody_has_it;' }
    const error = await pglite.importLedger(db, files, { table, replay }).then(assert.fail, (error) => error)
    assert.match(
      error.message,
      /nobody can tell from it whether 1 ran; the migrations could not be replayed: 2_b\.up\.sql/,
    )
    assert.match(error.help, /assume/)
  })
})

describe('in PostgreSQL 18', () => {
  let server
  before(async () => (server = await startPostgres()))
  after(() => server?.stop())
  incident(pg, async (t) => {
    const db = await server.connect(await server.createDatabase())
    t.after(() => db.end())
    return { db, exec: (sql) => db.query(sql) }
  })
})
