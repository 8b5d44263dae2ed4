// Who may write to the ledger, and who sees all of it: what is taken from others when it is made, what is said of the rest,
// and what the help comes to.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'

const up = (sql) => `-- migrate:up\n${sql}\n`
const one = { '001_notes.sql': up('create table notes (id int);\n-- migrate:down\ndrop table notes;') }
const two = { ...one, '002_tags.sql': up('create table tags (id int);') }
const table = '"public"."schema_migrations"'
const writing = ['insert', 'update', 'delete', 'truncate']

onEachDatabase(({ api: { migrate, plan, ready, rollback }, open }) => {
  /** Gives `work` a database and a server with these roles, which are gone afterwards. */
  async function withRoles(t, roles, work) {
    const place = await open(t)
    for (const role of roles) await place.exec(`create role ${role}`)
    const may = async (role, right) =>
      (await place.query(`select has_table_privilege('${role}', 'schema_migrations', '${right}') as it`))[0].it
    const writes = async (role) => {
      const rights = []
      for (const right of writing) if (await may(role, right)) rights.push(right)
      return rights
    }
    try {
      await work({ ...place, may, writes })
    } finally {
      await place.exec('reset role')
      for (const role of roles) await place.exec(`drop owned by ${role} cascade; drop role ${role}`)
    }
  }

  test('a new ledger is written by nobody whom default privileges let in with everybody, and read by all of them', async (t) => {
    await withRoles(t, ['anon', 'authenticated', 'stranger'], async ({ db, exec, may, writes }) => {
      await exec('alter default privileges in schema public grant all on tables to public, anon, authenticated')
      await migrate(db, one)
      for (const role of ['anon', 'authenticated', 'stranger']) {
        assert.deepEqual(await writes(role), [], role)
        assert.equal(await may(role, 'select'), true, role)
      }
      // What migrations make is theirs.
      assert.equal(
        (await plan(db, two)).findings.find(({ code }) => code === 'ledger-writable'),
        undefined,
      )
    })
  })

  test('one of the two roles is enough, and so is none', async (t) => {
    await withRoles(t, ['anon'], async ({ db, exec, writes }) => {
      await exec('alter default privileges in schema public grant all on tables to anon')
      await migrate(db, one)
      assert.deepEqual(await writes('anon'), [])
    })
  })

  test('what default privileges give to others stays, is said, and is taken back by the help', async (t) => {
    await withRoles(t, ['app', '"Odd ""one"""'], async ({ db, exec, query, writes, may }) => {
      await exec('alter default privileges in schema public grant all on tables to app, "Odd ""one"""')
      await migrate(db, one)
      assert.deepEqual(await writes('app'), writing)
      const expected = {
        code: 'ledger-writable',
        severity: 'warning',
        message: `"Odd ""one""", app may write to the ledger ${table}`,
        help:
          'unless that is wanted, run: ' +
          `revoke insert, update, delete, truncate on table ${table} from "Odd ""one""", app`,
      }
      const of = ({ findings }) => findings.filter(({ code }) => code === 'ledger-writable')
      assert.deepEqual(of(await plan(db, two)), [expected])
      const behind = await ready(db, two)
      assert.deepEqual([behind.status, behind.findings], ['behind', [expected]])
      assert.deepEqual(of(await rollback(db, one, { dryRun: true })), [expected])
      const told = await migrate(db, two)
      assert.deepEqual([told.status, of(told)], ['migrated', [expected]])
      // The digest is the answer: one question, and no other for this.
      const current = await ready(db, two)
      assert.deepEqual([current.status, 'findings' in current], ['ready', false])

      const [, cure] = expected.help.match(/run: (.*)$/)
      await exec(cure)
      assert.deepEqual(await writes('app'), [])
      assert.equal(await may('app', 'select'), true)
      assert.deepEqual(of(await plan(db, two)), [])
      assert.deepEqual(await query('select count(*)::int as n from schema_migrations'), [{ n: 2 }])
    })
  })

  test('the owner, its members and whoever asks are no others', async (t) => {
    await withRoles(t, ['owner', 'member', 'runner'], async ({ db, exec }) => {
      await migrate(db, one)
      await exec(`grant owner to member; alter table schema_migrations owner to owner;
      grant all on schema_migrations to owner, member, runner; grant usage on schema public to runner`)
      const codes = async () => (await plan(db, two)).findings.map(({ code, message }) => [code, message])
      assert.deepEqual(await codes(), [['ledger-writable', `runner may write to the ledger ${table}`]])
      await exec('set role runner')
      assert.deepEqual(await codes(), [])
    })
  })

  test('rows that row security hides are not taken for none, and the help shows them', async (t) => {
    await withRoles(t, ['probe', 'other'], async ({ db, exec }) => {
      await migrate(db, one)
      await exec(`grant usage on schema public to probe; grant select on schema_migrations to probe;
      alter table schema_migrations enable row level security`)
      await exec('set role probe')
      const expected = {
        code: 'database-failed',
        message: `row security may hide rows of the ledger ${table} from the role probe`,
      }
      const look = async () => [await fails(ready(db, one), expected), await fails(plan(db, one), expected)][0]
      const { help } = await look()
      await fails(migrate(db, two), expected)
      await exec('reset role')
      // Neither a policy for somebody else, nor one for some rows, nor one that another one takes back.
      await exec('create policy a on schema_migrations for select to other using (true)')
      await exec(`create policy b on schema_migrations for select using (version > '5')`)
      await exec('create policy c on schema_migrations for insert with check (true)')
      await exec('set role probe')
      await look()
      await exec('reset role')
      const [, cure] = help.match(/let its owner run: (create policy .*); nothing was run$/)
      await exec(cure)
      await exec('set role probe')
      assert.equal((await ready(db, one)).status, 'ready')
      assert.equal((await ready(db, two)).status, 'behind')
      assert.deepEqual(
        (await plan(db, two)).decisions.map(({ code }) => code),
        ['applied', 'pending'],
      )
      await exec('reset role')
      await exec(`create policy d on schema_migrations as restrictive for select using (version > '5')`)
      await exec('set role probe')
      await look()
    })
  })

  test('the owner is not kept out by row security that is not forced on it', async (t) => {
    await withRoles(t, [], async ({ db, exec }) => {
      await migrate(db, one)
      await exec('alter table schema_migrations enable row level security')
      assert.equal((await migrate(db, two)).status, 'migrated')
      assert.equal((await ready(db, two)).status, 'ready')
    })
  })
})
