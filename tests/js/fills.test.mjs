// What is filled in before a file is run: goose's variables of the environment, Flyway's placeholders.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { checksum } from 'counterfoil'
import { embed } from 'counterfoil/embed'
import { project } from './support/cli.mjs'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'

const up = (text) => `-- +goose Up\n-- +goose ENVSUB ON\n${text}`
const secret = "it''s; -- a $$ secret"

onEachDatabase(
  ({ kind, api: { migrate, plan, rollback }, open }) => {
    // `internal/sqlparser/testdata/envsub` of goose: input.sql and the golden files.
    test('goose: it is filled in as goose does', async (t) => {
      const { db, query } = await open(t)
      const set = {
        '1_post.sql': `-- +goose Up

-- +goose ENVSUB ON
CREATE TABLE \${REGION}post (
	id int NOT NULL,
	$GOOSE_ENV_NAME text,
	\${GOOSE_ENV_NAME}title3 text,
	\${ANOTHER_VAR:-default}title4 text,
	\${EMPTY-default}title5 text
);
-- +goose ENVSUB OFF

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION test_func()
RETURNS void AS $$
-- +goose ENVSUB ON
BEGIN
	RAISE NOTICE '\${GOOSE_ENV_NAME} \\$GOOSE_ENV_NAME \\$GOOSE_ENV_NAME';
END;
-- +goose ENVSUB OFF
$$ LANGUAGE plpgsql;
-- +goose StatementEnd
-- +goose Down
-- +goose ENVSUB ON
DROP TABLE \${REGION}post;
`,
      }
      const env = { REGION: 'us_east_', GOOSE_ENV_NAME: 'foo', ANOTHER_VAR: undefined, EMPTY: '' }
      await migrate(db, set, { env })
      const columns = await query(
        "select attname from pg_attribute where attrelid = 'us_east_post'::regclass and attnum > 0 order by attnum",
      )
      assert.deepEqual(
        columns.map(({ attname }) => attname),
        ['id', 'foo', 'footitle3', 'defaulttitle4', 'title5'],
      )
      const [{ prosrc }] = await query("select prosrc from pg_proc where proname = 'test_func'")
      assert.match(prosrc, /RAISE NOTICE 'foo \$GOOSE_ENV_NAME \$GOOSE_ENV_NAME';/)
      const [{ checksum: recorded }] = await query('select checksum from schema_migrations')
      const section = set['1_post.sql'].split('-- +goose Down')[0]
      assert.equal(recorded, `sha256:${createHash('sha256').update(section).digest('hex')}`)
      assert.equal(recorded, checksum(section))
      assert.equal((await migrate(db, set)).status, 'current')
      await fails(rollback(db, set), { code: 'unsupported' })
      assert.equal((await rollback(db, set, { env })).reverted.length, 1)
    })

    test('a variable that is not named is refused before anything runs, and a plan needs no value', async (t) => {
      const { db, query } = await open(t)
      const set = {
        '1_a.sql': '-- +goose Up\ncreate table a ();\n',
        '2_b.sql': up("select '$HOME',\n  ${PATH:-$USER};\n"),
      }
      const error = await fails(migrate(db, set), { code: 'plan-refused', at: { path: '2_b.sql', line: 3, column: 9 } })
      assert.match(error.message, /the environment variable HOME, which this run has not been given/)
      assert.equal(error.help, "give it a value with env: { HOME: '…' }; none but these are ever read")
      assert.deepEqual(error.options, [{ option: 'env', values: ['HOME'], text: "env: { HOME: '…' }" }])
      assert.deepEqual(await query("select to_regclass('a') as a"), [{ a: null }])
      const env = { HOME: undefined, PATH: undefined, USER: undefined }
      const { findings, decisions } = await plan(db, set, { env })
      assert.deepEqual([findings, decisions.map(({ action }) => action)], [[], ['apply', 'apply']])
      // Named and without a value, where goose would put nothing.
      const unset = await fails(migrate(db, set, { env }), {
        code: 'unsupported',
        at: { path: '2_b.sql', line: 3, column: 9 },
      })
      assert.match(unset.message, /the environment variable HOME is not set/)
      assert.deepEqual(await query("select to_regclass('a') as a"), [{ a: null }])
      await fails(migrate(db, set, { env: { HOME: 1 } }), { code: 'invalid-input' })
    })

    test('a value with quotes, semicolons and dashes is put in as it is, and no error tells it', async (t) => {
      const { db, query } = await open(t)
      const set = {
        '1_a.sql': up("create table a (n text default '${SECRET}');\nselect 1; select\n  '${SECRET}'::int;\n"),
      }
      const env = { SECRET: secret }
      const error = await fails(migrate(db, set, { env }), {
        code: 'statement-failed',
        statement: "select\n  '${SECRET}'::int",
      })
      // PostgreSQL points at the literal, or says nothing of where it is.
      assert.deepEqual(error.at, {
        path: '1_a.sql',
        line: 5,
        column: 3,
      })
      for (const text of [
        error.message,
        error.help,
        error.cause?.message,
        error.cause?.stack,
        JSON.stringify(error.cause),
        error.stack,
      ])
        assert.ok(!/it's|a \$\$/i.test(String(text)), text)
      const ok = { '1_a.sql': up("create table a (n text default '${SECRET}');\n${MORE}\n") }
      await migrate(db, ok, { env: { ...env, MORE: "insert into a values ('x'); insert into a values ('y');" } })
      await query('insert into a default values')
      assert.deepEqual(await query('select n from a order by n'), [
        { n: "it's; -- a $$ secret" },
        { n: 'x' },
        { n: 'y' },
      ])
      const rows = JSON.stringify(await query('select * from schema_migrations'))
      assert.ok(!rows.includes('secret'), rows)
    })

    test('of a value that PostgreSQL cuts or writes in another way no error tells a part', async (t) => {
      const token = 'A1b2C3d4'.repeat(12)
      const wide = `x${'äöü'.repeat(20)}`
      for (const [sql, value, state] of [
        ["create table a (t text, n int not null); insert into a values ('$TOKEN', null)", token, '23502'],
        ["create table a (t bytea, n int not null); insert into a values ('$TOKEN', null)", token, '23502'],
        ['select * from $TOKEN', token, '42P01'],
        ['select * from the_log_of_all_that_has_happened_in_$TOKEN', token, '42P01'],
        ['select * from "$TOKEN"', wide, '42P01'],
        ["create table a (t text, n int not null); insert into a values ('$TOKEN', null)", wide, '23502'],
        ["do $$$$ begin raise '%', quote_literal('$TOKEN'); end $$$$", "it''s\\''quoted''\\so", 'P0001'],
        ["do $$$$ begin raise '%', quote_ident('$TOKEN'); end $$$$", 'Na"me"With"Quotes', 'P0001'],
      ]) {
        const { db } = await open(t)
        const set = { '1_a.sql': up(`${sql};\n`) }
        const error = await fails(migrate(db, set, { env: { TOKEN: value } }), { code: 'statement-failed' })
        assert.ok(error.message.includes('${TOKEN}') && error.message.includes(`(${state})`), error.message)
        const told = JSON.stringify([error.message, error.help, error.stack, error.cause, error.cause?.message])
        const all = [told, told.replace(/['"\\]/g, '')].map((text) => text.toLowerCase())
        const hex = Buffer.from(value).toString('hex')
        for (const known of [value, value.replace(/['"\\]/g, ''), hex])
          for (let at = 0; at + 8 <= known.length; at += 1)
            for (const text of all) assert.ok(!text.includes(known.slice(at, at + 8).toLowerCase()), `${sql}: ${text}`)
      }
    })

    test('a value that opens a quote is refused before anything runs', async (t) => {
      const { db, query } = await open(t)
      const set = { '1_a.sql': '-- +goose Up\ncreate table a ();\n', '2_b.sql': up('select 1,\n  $OPEN;\nselect 2;\n') }
      await fails(migrate(db, set, { env: { OPEN: "'never" } }), { at: { path: '2_b.sql', line: 4, column: 3 } })
      assert.deepEqual(await query("select to_regclass('a') as a"), [{ a: null }])
    })

    test('a value that makes other steps of a file that runs step by step is refused, and a block is one step', async (t) => {
      const { db, query } = await open(t)
      const file = (text) => ({
        '1_a.sql': '-- +goose Up\ncreate table a (n int);\n',
        '2_b.sql': `-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose ENVSUB ON\n${text}vacuum a;\n`,
      })
      const [one, many] = ['insert into a values (1)', 'insert into a values (2); insert into a values (3)']
      for (const [text, value] of [
        ['$MORE;\n', many],
        ['$MORE\n', `${one};`],
        ['$MORE;', `${one} --`],
      ]) {
        const error = await fails(migrate(db, file(text), { env: { MORE: value } }), {
          code: 'unsupported',
          at: { path: '2_b.sql', line: 4, column: 1 },
          message:
            '2_b.sql:4:1: what is filled in from the environment makes other steps of this migration, which runs step by step',
        })
        assert.ok(!JSON.stringify(error).includes('values'))
      }
      assert.deepEqual(await query("select to_regclass('a') as a"), [{ a: null }])
      const block = file('-- +goose StatementBegin\n$MORE;\n-- +goose StatementEnd\n')
      await migrate(db, block, { env: { MORE: many } })
      assert.deepEqual(await query('select n from a order by n'), [{ n: 2 }, { n: 3 }])
      assert.deepEqual(
        await query("select steps_done as done, steps_total as total from schema_migrations where version = '2'"),
        [{ done: 2, total: 2 }],
      )
    })

    if (kind !== 'HTTP')
      test('a notice has no value in it', async (t) => {
        const { db } = await open(t)
        const set = { '1_a.sql': up("do $$$$ begin raise notice 'the % is $SECRET', 'word'; end $$$$;\n") }
        const events = []
        await migrate(db, set, { env: { SECRET: 'hush-hush' }, onProgress: (event) => events.push(event) })
        const notices = events.filter(({ kind }) => kind === 'notice').map(({ message }) => message)
        assert.deepEqual(notices, ['the word is ${SECRET}'])
        assert.ok(!JSON.stringify(events).includes('hush'))
      })

    test('Flyway: its own placeholders and those of its configuration are filled in', async (t) => {
      const { db, query } = await open(t)
      const set = {
        'V1__a.sql': `-- \${owner}
create table \${flyway:defaultSchema}.a (u text, d text, t timestamp, f text, l text, o text, p text);
insert into a values ('\${flyway:user}', '\${flyway:database}', '\${flyway:timestamp}', '\${flyway:filename}', '\${flyway:table}', '\${owner}', '\${path}');
`,
        'flyway.conf': 'flyway.placeholders.owner=me; myself\n',
        'flyway.toml': "[flyway.placeholders]\npath = 'a\\b'\n",
      }
      await migrate(db, embed(set))
      const [row] = await query(
        'select u = current_user as u, d = current_database() as d, abs(extract(epoch from now()::timestamp - t)) < 100 as t, f, l, o, p from a',
      )
      assert.deepEqual(row, {
        u: true,
        d: true,
        t: true,
        f: 'V1__a.sql',
        l: 'schema_migrations',
        o: 'me; myself',
        p: 'a\\b',
      })
      const [{ checksum: recorded }] = await query('select checksum from schema_migrations')
      assert.equal(recorded, `sha256:${createHash('sha256').update(set['V1__a.sql']).digest('hex')}`)
      const more = { ...set, 'V2__b.sql': "select '${owner}',\n  ${flyway:user}::nope;\n" }
      await fails(migrate(db, more), {
        code: 'statement-failed',
        statement: "select '${owner}',\n  ${flyway:user}::nope",
      })
      await fails(migrate(db, { ...set, 'V2__b.sql': "select '${flyway:environment}'" }), {
        code: 'plan-refused',
        at: { path: 'V2__b.sql', line: 1, column: 9 },
      })
    })

    // PlaceholderReplacingReader.java, CaseInsensitiveMap.
    test('Flyway: the case of a name does not matter', async (t) => {
      const { db, query } = await open(t)
      const set = {
        'V1__a.sql': "create table ${flyway:defaultschema}.${Name} (f text default '${Flyway:FileName}')",
        'flyway.conf': 'flyway.placeholders.name=a\n',
      }
      await migrate(db, set)
      await query('insert into a default values')
      assert.deepEqual(await query('select f from a'), [{ f: 'V1__a.sql' }])
    })

    test('Flyway: the default schema is that of the run', async (t) => {
      const { db, query } = await open(t)
      const set = { 'V1__a.sql': 'create table ${flyway:defaultSchema}.a ()' }
      await migrate(db, set, { schema: 'tenant' })
      assert.deepEqual(await query("select schemaname from pg_tables where tablename = 'a'"), [
        { schemaname: 'tenant' },
      ])
    })
  },
  ['HTTP'],
)

test('the command line takes the names, and the values from the environment', async (t) => {
  const it = project(t, {
    'db/migrations/1_a.sql': up("create table ${REGION}post (n int default 1);\nselect '$TOKEN'::int;\n"),
  })
  const url = ['--url', 'pglite:./data']
  const env = { REGION: 'us_', TOKEN: 'hush-hush' }
  const without = await it.run(['up', ...url], { env })
  assert.equal(without.status, 1)
  assert.match(without.stderr, /give it a value with --env REGION/)
  assert.equal((await it.run(['status', ...url, '--env', 'REGION', '--env', 'TOKEN'])).status, 1)
  const failed = await it.run(['up', ...url, '--env', 'REGION', '--env', 'TOKEN'], { env })
  assert.equal(failed.status, 1, failed.stderr)
  assert.match(failed.stderr, /invalid input syntax for type integer: "\$\{TOKEN\}"/)
  assert.ok(!`${failed.stdout}${failed.stderr}`.includes('hush'))
  const value = await it.run(['up', ...url, '--env', 'TOKEN=hush-hush'])
  assert.equal(value.status, 2)
  assert.match(value.stderr, /--env takes a name/)
  assert.ok(!value.stderr.includes('hush'))
  it.write({ 'db/migrations/1_a.sql': up('create table ${REGION}post (n int default 1);\n') })
  const done = await it.run(['up', ...url, '--env', 'REGION'], { env })
  assert.equal(done.status, 0, done.stderr)
  assert.equal((await it.run(['status', ...url])).status, 0)
})

test('Flyway: a configuration beside the folder gives placeholders their values, and nothing else of it is read', async (t) => {
  const secret = 'hush-hush'
  const it = project(t, {
    'db/flyway.toml': `[flyway]\nplaceholderReplacement = true\n[environments.live]\npassword = "${secret}"\n[flyway."placeholders"] # all\n"owner" = "root"\nplace = "above"\n`,
    'db/flyway.conf': `flyway.password=\\\n${secret}\nflyway.placeholders.kind=co\\\n  nf\nflyway.user=${secret}\n`,
    'db/migrations/flyway.conf': 'flyway.placeholders.place=beside\n',
    'db/migrations/V1__a.sql': "create table a (n text default '${owner} ${place} ${kind}');\n",
  })
  const url = ['--url', 'pglite:./data']
  const { status, stderr } = await it.run(['up', ...url])
  assert.equal(status, 0, stderr)
  const { PGlite } = await import('@electric-sql/pglite')
  const db = await PGlite.create(join(it.folder, 'data'))
  const { rows } = await db.query('insert into a default values returning n')
  await db.close()
  assert.deepEqual(rows, [{ n: 'root beside conf' }])
  const embedded = await it.run(['embed'])
  assert.equal(embedded.status, 0, embedded.stderr)
  assert.match(embedded.stdout, /owner/)
  assert.ok(!embedded.stdout.includes(secret), embedded.stdout)
  // Where Flyway would not look, nor in a folder of another tool.
  const elsewhere = project(t, {
    'db/flyway.conf': 'flyway.placeholders.owner=root\n',
    'db/changes/V1__a.sql': "select '${owner}';\n",
  })
  const refused = await elsewhere.run(['up', ...url, '--dir', 'db/changes'])
  assert.match(refused.stderr, /Flyway would fill in the placeholder \$\{owner\}/)
})
