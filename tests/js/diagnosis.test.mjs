// Which statement of a batch failed, where the driver cannot tell: what PostgreSQL says when it is asked once more.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { splitStatements } from 'counterfoil'
import { migrate, rollback } from 'counterfoil/neon'
import { readCorpus, skip } from './support/corpora.mjs'
import { fails } from './support/errors.mjs'
import { startPostgres } from './support/postgres.mjs'

let server
before(async () => (server = await startPostgres()))
after(() => server.stop())

/**
 * A new database behind what `neon()` gives: one statement per query, in the extended protocol, a batch in one
 * transaction, and of an error what PostgreSQL itself says.
 */
async function open(t) {
  const client = await server.connect(await server.createDatabase())
  t.after(() => client.end())
  const sent = []
  const run = async (text) => (await client.query({ text, queryMode: 'extended' })).rows
  const query = (text) => ({
    text,
    then: (done, failed) => {
      sent.push(text)
      return run(text).then(done, failed)
    },
  })
  const db = {
    query,
    async transaction(queries) {
      sent.push(queries.map(({ text }) => text))
      await run('begin isolation level read committed')
      try {
        for (const { text } of queries) await run(text)
        await run('commit')
      } catch (error) {
        await run('rollback')
        throw error
      }
    },
  }
  return { db, sent, query: run, exec: (sql) => client.query(sql) }
}

/** The place of `mark` in a text, counted as an editor does. */
function placeOf(path, text, mark) {
  const before = text.replaceAll('\r\n', '\n').split(mark)[0].split('\n')
  return { path, line: before.length, column: [...before.at(-1)].length + 1 }
}

const good = {
  '001_good.sql': '-- migrate:up\ncreate table good (id int primary key, parent int);\ninsert into good values (1);\n',
}
const trials = (sent) =>
  sent.filter((request) => Array.isArray(request) && request.at(-1).startsWith('do $counterfoil$')).length

/** A file that fails at `mark`; it begins with a table that must not be kept. */
function failing(title, { head = '', text, mark, says, statement }) {
  test(title, async (t) => {
    const { db, sent, query } = await open(t)
    const path = '002_bad.sql'
    const whole = `-- migrate:up\n${head}create table kept ();\n${text}`
    const error = await fails(migrate(db, { ...good, [path]: whole }), {
      code: 'statement-failed',
      at: placeOf(path, whole, mark),
      message: says,
      applied: ['001'],
    })
    if (statement) assert.equal(error.statement, statement)
    assert.equal(trials(sent), 1)
    assert.deepEqual(await query(`select count(*)::int as n from pg_tables where tablename = 'kept'`), [{ n: 0 }])
    assert.deepEqual(await query('select version from schema_migrations'), [{ version: '001' }])
    // Nothing that the file has set is left in the session.
    assert.deepEqual(
      await query(
        `select current_setting('search_path') as path, current_setting('standard_conforming_strings') as strings, current_user::text as role`,
      ),
      [{ path: '"$user", public', strings: 'on', role: 'postgres' }],
    )
  })
}

failing('a name that is not there: line and column', {
  text: "/* ünï 😀 */ select 'é😀',\n  missing from good;\nselect 1;\n",
  mark: 'missing',
  says: /column "missing" does not exist \(42703\)/,
  statement: "select 'é😀',\n  missing from good",
})
failing('a syntax error', {
  text: 'select 1;\nselect 1 frm x;\n',
  mark: 'x;',
  says: /syntax error at or near "x" \(42601\)/,
})
failing('a violated constraint, which has no position', {
  text: 'insert into good values (2);\n\n  insert into good\n    values (1);\nselect 1;\n',
  mark: 'insert into good\n    values',
  says: /duplicate key value violates unique constraint "good_pkey" \(23505\); Key \(id\)=\(1\) already exists/,
})
failing('statements of many lines, with literals, comments and carriage returns', {
  text: "select '\n\n',\r\n 'it''s', E'\\n\\'', $$\n\n$$;\n-- a comment\n\nselect 1; select\n /* \n */ 1 / 0;\nselect 1;\n",
  mark: 'select\n /*',
  says: /division by zero \(22012\)/,
})
failing('the delimiter of the trial itself in the file', {
  text: 'do $counterfoil$ begin null; end $counterfoil$;\nselect 1 / 0;\n',
  mark: 'select 1 / 0',
  says: /division by zero/,
})
failing('strings in which a backslash escapes', {
  text: "set standard_conforming_strings = off;\nselect '\\\\', 'a$counterfoil$';\nselect 'a\\nb', 1 / 0;\n",
  mark: "select 'a",
  says: /division by zero/,
})
failing('a function and what it raises', {
  text: "create function f() returns int language plpgsql as $f$\nbegin\n\n  raise exception 'no; not that';\nend $f$;\nselect 1;\nselect\n  f();\n",
  mark: 'select\n  f()',
  says: /no; not that \(P0001\)/,
})
failing('a block inside the file, whose lines are not those of the trial', {
  text: 'do $$\nbegin\n\n\n\n\n  perform 1 / 0;\nend $$;\n',
  mark: 'do $$',
  says: /division by zero/,
})
failing('a fault that stands in a block', {
  text: 'do $$ begin\n  perform missing from good;\nend $$;\nselect 1;\n',
  mark: 'do $$',
  says: /column "missing" does not exist/,
})
failing('an isolation level, which a trial cannot set', {
  head: 'set transaction isolation level serializable;\n',
  text: 'select 1 / 0;\n',
  mark: 'select 1 / 0',
  says: /division by zero/,
})
failing('a wrapper with an isolation level', {
  head: 'begin isolation level repeatable read;\n',
  text: 'select 1 / 0;\ncommit;\n',
  mark: 'select 1 / 0',
  says: /division by zero/,
})
failing('settings and a role of its own', {
  text: 'create schema app;\nset search_path = app;\ncreate table only_here ();\ncreate role someone;\nset role someone;\nselect * from public.good;\n',
  mark: 'select * from',
  says: /permission denied for table good/,
})
failing('settings that it resets itself', {
  text: 'set search_path = nowhere;\nreset all;\nset time zone 7;\nselect 1 / 0;\n',
  mark: 'select 1 / 0',
  says: /division by zero/,
})
failing('a file that looks at its own row', {
  text: "do $$ begin if not exists (select 1 from schema_migrations where version = '002') then raise 'no row'; end if; end $$;\nselect 1 / 0;\n",
  mark: 'select 1 / 0',
  says: /division by zero/,
})
/** A file of which PostgreSQL cannot be asked again: that one of its statements failed is all that is said. */
function unplaced(title, text, says) {
  test(title, async (t) => {
    const { db, query } = await open(t)
    const error = await fails(
      migrate(db, { ...good, '002_bad.sql': `-- migrate:up\ncreate table kept ();\n${text}` }),
      { code: 'statement-failed', message: says, applied: ['001'] },
    )
    assert.match(error.message, /^002_bad\.sql:1:1: one of its statements failed: /)
    assert.equal(error.statement, undefined)
    assert.match(error.cause.message, says, 'the cause is the first error, not that of the trial')
    assert.deepEqual(await query(`select count(*)::int as n from pg_tables where tablename = 'kept'`), [{ n: 0 }])
  })
}

unplaced('savepoints', 'savepoint a;\nselect 1 / 0;\n', /division by zero/)
unplaced('a statement that a block cannot run', 'select 1 as x into other;\nselect 1 / 0;\n', /division by zero/)
unplaced(
  'a constraint that is checked at the end',
  'alter table good add foreign key (parent) references good deferrable initially deferred;\ninsert into good values (2, 7);\n',
  /violates foreign key constraint/,
)
unplaced(
  'an error that is another one each time',
  "do $$ begin raise exception '%', clock_timestamp(); end $$;\n",
  /\d\d:\d\d/,
)

test('a step of several statements: the place, and the step is given back', async (t) => {
  const { db, sent, query, exec } = await open(t)
  const text =
    '-- migrate:up\nbegin;\ninsert into good values (2);\ncommit;\nvacuum good;\nbegin;\ninsert into good values (3);\ninsert into good values (1);\ncommit;\nselect 1;\n'
  const set = { ...good, '002_steps.sql': text }
  const error = await fails(migrate(db, set), {
    code: 'statement-failed',
    at: placeOf('002_steps.sql', text, 'insert into good values (1)'),
    message: /duplicate key/,
  })
  assert.match(error.help, /it goes on at step 3 of 4 \(steps kept: 2\)/)
  assert.equal(trials(sent), 1)
  assert.deepEqual(await query('select id from good order by id'), [{ id: 1 }, { id: 2 }])
  assert.deepEqual(await query(`select state, steps_done, claimed_by from schema_migrations where version = '002'`), [
    { state: 'running', steps_done: 2, claimed_by: null },
  ])
  await exec('delete from good where id = 1')
  assert.deepEqual(
    (await migrate(db, set)).applied.map(({ version }) => version),
    ['002'],
  )
})

test('a statement outside a transaction: the place, without asking again', async (t) => {
  const { db, sent } = await open(t)
  const text = '-- migrate:up\nselect 1;\n/* 😀 */ create index concurrently good_missing on good\n  (id) é;\n'
  await fails(migrate(db, { ...good, '002_steps.sql': text }), {
    code: 'statement-failed',
    at: placeOf('002_steps.sql', text, 'é;'),
    message: /syntax error at or near "é"/,
  })
  const twice = '-- migrate:up\nselect 1;\n create unique index concurrently good_one on good ((1));\n'
  await db.query("delete from schema_migrations where version = '002'")
  await db.query('insert into good values (7)')
  await fails(migrate(db, { ...good, '002_steps.sql': twice }), {
    code: 'statement-failed',
    at: placeOf('002_steps.sql', twice, 'create unique'),
    message: /could not create unique index/,
  })
  assert.equal(trials(sent), 0)
})

test('a way back: the place, and nothing is taken back', async (t) => {
  const { db, sent, query } = await open(t)
  const text = '-- migrate:up\ncreate table kept ();\n-- migrate:down\ndrop table kept;\ndrop table missing;\n'
  const set = { ...good, '002_bad.sql': text }
  await migrate(db, set)
  await fails(rollback(db, set), {
    code: 'statement-failed',
    at: placeOf('002_bad.sql', text, 'drop table missing'),
    message: /table "missing" does not exist/,
  })
  assert.equal(trials(sent), 1)
  assert.deepEqual(await query('select count(*)::int as n from kept'), [{ n: 0 }])
})

test('what a migration sets is not left to whoever gets the session next', async (t) => {
  const { db, query, exec } = await open(t)
  await exec('create role someone; create schema app; grant all on schema app, public to someone')
  const settings = () =>
    query(
      `select name, setting from pg_settings where setting is distinct from reset_val union select 'who', session_user || ' ' || current_user union select 'own', coalesce(current_setting('x.y', true), '')`,
    )
  const before = await settings()
  await migrate(db, {
    '001_a.sql': "-- migrate:up\nset search_path = app;\nset time zone 7;\nselect set_config('x.y', '1', false);\n",
    '002_b.sql': '-- migrate:up\nset role someone;\nset x.y = 1;\nreset all;\nset search_path = app;\nset x.y = 2;\n',
    '003_c.sql':
      '-- migrate:up transaction:false\nset search_path = app;\ncreate table t ();\nbegin;\nset role someone;\ncreate table u ();\ncommit;\n',
  })
  assert.deepEqual(await settings(), before)
  assert.deepEqual(await query(`select relname from pg_class where relnamespace = 'app'::regnamespace order by 1`), [
    { relname: 't' },
    { relname: 'u' },
  ])
})

test('temporary tables are not left to whoever gets the session next', async (t) => {
  const { db, query } = await open(t)
  await migrate(db, {
    '001_a.sql': '-- migrate:up\ncreate temp table schema_migrations (x int);\ncreate table pg_temp.t ();\n',
  })
  assert.deepEqual(await query(`select count(*)::int as n from pg_class where relnamespace = pg_my_temp_schema()`), [
    { n: 0 },
  ])
})

test('a fault put behind a statement of real migrations is found where it was put', { skip }, async (t) => {
  const { db } = await open(t)
  const files = await readCorpus('openmeter')
  const paths = Object.keys(files)
    .filter((path) => path.endsWith('.up.sql'))
    .sort()
  const before = {}
  for (const [index, path] of paths.entries()) {
    if (index % 8 === 7) {
      const statements = splitStatements(files[path])
      const { end } = statements[index % statements.length]
      const text = `${files[path].slice(0, end)};\n/* é */ select 'here', missing${files[path].slice(end)}`
      await fails(migrate(db, { ...before, [path]: text }), {
        code: 'statement-failed',
        at: placeOf(path, text, 'missing'),
        statement: "select 'here', missing",
      })
    }
    before[path] = files[path]
    if (index % 8 === 6) await migrate(db, before)
  }
})
