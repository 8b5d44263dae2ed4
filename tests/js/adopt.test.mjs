// Dead tables and columns are put aside and brought back without losing a row. What rows there were is asked of the database
// before, and what differs of the judge.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { neon } from '@neondatabase/serverless'
import * as pg from 'counterfoil/pg'
import { diffSchemas } from 'counterfoil/schema'
import { chain, change, clerk, contents, drop, longest, rows, scriptsOf, sent } from './support/adopt.mjs'
import { onEachDatabase } from './support/databases.mjs'
import { fails } from './support/errors.mjs'
import { freshPGlite } from './support/pglite.mjs'
import { otherServers } from './support/versions.mjs'
import { driver as overHttp } from '../../pkg/drivers/neon.js'
import { runScript } from '../../pkg/squash/run-script.js'

/** Where schemas are made that are rolled back again. */
let lab
before(async () => {
  lab = await freshPGlite()
  await lab.exec(clerk)
})
after(() => lab.close())

const notKept = (differences) =>
  differences.filter(({ name }) => !name.includes('kept_20261127')).map(({ message }) => message)
const ledger = `create table schema_migrations (version varchar(128) primary key); insert into schema_migrations values ('001'), ('002');`

/** The same on every database, and for the whole story on PostgreSQL 15 as well. */
function story({ api: { snapshot }, open }) {
  for (const keep of ['schema', 'suffix'])
    test(`what is dead goes aside and comes back as it was (${keep})`, async (t) => {
      const { db, exec, query } = await open(t)
      const made = await scriptsOf(lab, chain, change, { drop, keep, ledger: 'dbmate' })
      for (const sql of [clerk, ledger, chain, rows]) await exec(sql)
      const [schema, full] = [await snapshot(db), await contents(query)]
      const seen = await query(`select jsonb_agg(to_jsonb(l))::text as rows from schema_migrations l`)

      assert.deepEqual(await sent(db, made.adopt), [])
      const adopted = await snapshot(db)
      assert.deepEqual(notKept((await diffSchemas(made.wanted, adopted)).differences), [])
      const at = (schema, name) =>
        keep === 'schema' ? `kept_20261127.${name}` : `${schema}.${`${name}`.slice(0, 49)}_kept_20261127`
      const kept = await query(
        `select organization_id, id, domains::text, "retryDelay"::text from ${at('app', 'agents')} order by 1, 2`,
      )
      assert.deepEqual(
        kept.map((row) => Object.values(row).map(String)),
        [
          ['o1', 'same', '["o1"]', '5'],
          ['o2', 'other', 'null', '3'],
          ['o2', 'same', '["o2"]', '7'],
        ],
      )
      assert.deepEqual(await query(`select text from ${at('app', longest)}`), [{ text: 'kept' }])
      const record = at('public', 'counterfoil_adoption')
      const [{ ledger: copy, ledger_digest: digest }] = await query(`select ledger::text, ledger_digest from ${record}`)
      assert.equal(copy, seen[0].rows)
      assert.equal(digest, createHash('sha256').update(copy).digest('hex'))
      assert.deepEqual(await query('select version from schema_migrations order by 1'), [
        { version: '001' },
        { version: '002' },
        { version: '20260101000000' },
      ])

      // Once more: nothing.
      const again = await sent(db, made.adopt)
      assert.equal(again.length, 3)
      for (const line of again) assert.match(line, /^NOTICE .* put aside already$/)
      assert.deepEqual(await diffSchemas(adopted, await snapshot(db)), { differences: [], notes: [], notCompared: [] })
      assert.deepEqual(await query(`select count(*)::text as n from ${record}`), [{ n: '1' }])

      assert.deepEqual(await sent(db, made.restore), [])
      const back = await diffSchemas(schema, await snapshot(db))
      assert.deepEqual(notKept(back.differences), [])
      // What was dropped stands last: nothing else.
      assert.deepEqual(
        back.notes.map(({ name, properties }) => [name, ...properties.map(({ property }) => property)]),
        [['app.agents', 'order of columns']],
      )
      assert.deepEqual(await contents(query), full)
      for (const line of await sent(db, made.restore)) assert.match(line, /^NOTICE .* back already$/)

      // And aside again: the record has a second line.
      assert.deepEqual(await sent(db, made.adopt), [])
      assert.deepEqual(await query(`select count(*)::text as n from ${record}`), [{ n: '2' }])
    })

  test('rows that went with their parent stay aside, and what they belong to is said', async (t) => {
    const { db, exec, query } = await open(t)
    const made = await scriptsOf(lab, chain, change, { drop })
    for (const sql of [clerk, chain, rows, `update app.notes set url = null, again = null`]) await exec(sql)
    await sent(db, made.adopt)
    await exec(`delete from app.organization where id = 'o1'`)
    assert.deepEqual(await query('select organization_id as o, body from kept_20261127.links order by 1'), [
      { o: 'o1', body: 'b1' },
      { o: 'o2', body: null },
    ])
    await exec(
      `insert into app.organization values ('o3'); insert into app.agents (organization_id, id) values ('o3', 'new')`,
    )
    const said = await sent(db, made.restore)
    assert.equal(said.length, 2)
    assert.match(said[0], /^WARNING 1 rows of kept_20261127\.agents have no row in app\.agents any more: it stays$/)
    assert.match(said[1], /^WARNING constraint app\.links\.links_organization_id_fkey stays NOT VALID: /)
    const agents = await query(
      `select organization_id as o, domains::text as d, "retryDelay"::text as r, twice::text as t from app.agents order by 1, id`,
    )
    assert.deepEqual(agents, [
      { o: 'o2', d: null, r: '3', t: '6' },
      { o: 'o2', d: '["o2"]', r: '7', t: '14' },
      // It has come since, and took the defaults.
      { o: 'o3', d: '[]', r: '3', t: '6' },
    ])
    assert.deepEqual(await query(`select domains::text as d from kept_20261127.agents where organization_id = 'o1'`), [
      { d: '["o1"]' },
    ])
    const error = await fails(sent(db, made.adopt), { code: 'squash-refused' })
    assert.match(error.message, /they are there, and so is kept_20261127\.agents$/)
    assert.equal(
      error.help,
      'rename the second, or drop it if nobody needs it, and run this again; nothing was changed',
    )
    await exec('drop table kept_20261127.agents')
    assert.deepEqual(await sent(db, made.adopt), [])
  })
}

onEachDatabase(({ kind, api, open }) => {
  story({ api, open })

  test('nobody reads what is aside who could read it before', async (t) => {
    const { db, exec } = await open(t)
    const made = await scriptsOf(lab, chain, change, { drop })
    for (const sql of [clerk, chain, rows]) await exec(sql)
    await exec('alter default privileges grant select on tables to public')
    await sent(db, made.adopt)
    await exec('alter default privileges revoke select on tables from public')
    for (const name of ['links', 'agents', 'counterfoil_adoption']) {
      await exec('begin; set local role clerk')
      await assert.rejects(exec(`select * from kept_20261127.${name}`), /permission denied for schema kept_20261127/)
      await exec('rollback')
    }
  })

  test('inside another transaction the script refuses, and nothing of either is kept', async (t) => {
    const { exec, query } = await open(t)
    const made = await scriptsOf(lab, chain, change, { drop })
    for (const sql of [clerk, chain, rows]) await exec(sql)
    for (const script of [made.adopt, made.restore]) {
      await exec('begin')
      await exec(`insert into app.notes values (9)`)
      await assert.rejects(exec(script), /it was started inside of another one/)
      // As psql goes on after an error.
      await exec('commit')
      assert.deepEqual(await query(`select count(*)::text as n from app.notes`), [{ n: '2' }])
      assert.deepEqual(await query(`select to_regnamespace('kept_20261127')::text as there`), [{ there: null }])
    }
  })

  test('a database that is another than expected is left as it is', async (t) => {
    const { db, exec, query } = await open(t)
    const counted = { 'app.links': 2, 'app.agents.domains': 2 }
    const made = await scriptsOf(lab, chain, change, { drop, counted })
    for (const sql of [clerk, chain, rows]) await exec(sql)
    const full = await contents(query)
    const refused = async (sql, message) => {
      await exec(sql)
      const other = await api.snapshot(db)
      const error = await fails(sent(db, made.adopt), { code: 'squash-refused', message })
      assert.match(error.help, /nothing was changed/)
      assert.deepEqual((await diffSchemas(other, await api.snapshot(db))).differences, [])
    }
    const back = []
    for (const [sql, undo, message] of [
      [
        'alter table app.links add extra int',
        'alter table app.links drop extra',
        /^the columns of table app\.links are not those/,
      ],
      [
        'alter table app.links alter body type varchar(90)',
        'alter table app.links alter body type text',
        /^the columns of table app\.links/,
      ],
      [
        'alter table app.links add unique (body)',
        'alter table app.links drop constraint links_body_key',
        /^the keys of table app\.links are not those/,
      ],
      [
        'alter table app.agents add unique (touched, organization_id, id)',
        'alter table app.agents drop constraint agents_touched_organization_id_id_key',
        /^the keys of table app\.agents/,
      ],
      [
        'alter table app.notes drop constraint notes_url_fkey',
        'alter table app.notes add foreign key (url) references app.links (url)',
        /^foreign key app\.notes\.notes_url_fkey is not what/,
      ],
      [
        'alter table app.organization add link text references app.links (url)',
        'alter table app.organization drop link',
        /^table app\.links is used by what no migration makes: constraint organization_link_fkey on table app\.organization$/,
      ],
      [
        'create view app.seen as select url from app.links',
        'drop view app.seen',
        /^table app\.links is used by what no migration makes: rule _RETURN on view app\.seen$/,
      ],
      [
        'create index by_hand on app.agents (domains)',
        'drop index app.by_hand',
        /^columns .* of table app\.agents is used by what no migration makes: index app\.by_hand$/,
      ],
      [
        `insert into app.links (organization_id, url) values ('x', 'u3')`.replace("'x'", "'o3'"),
        '',
        /^table app\.links has 3 rows, and had 2$/,
      ],
    ]) {
      if (sql.startsWith('insert')) await exec(`insert into app.organization values ('o3')`)
      await refused(sql, message)
      if (undo) await exec(undo)
      back.push(sql)
    }
    await exec(
      `delete from app.organization where id = 'o3'; update app.agents set domains = '[]' where domains is null; update app.agents set touched = 0`,
    )
    await refused('select 1', /^column app\.agents\.domains has 3 values, and had 2$/)
    assert.equal(back.length, 9)
    assert.deepEqual((await contents(query)).links, full.links)
  })

  if (kind === 'PostgreSQL') {
    test('what is written while the script waits for its locks is put aside too; what comes later fails', async (t) => {
      const { db, exec, query, session } = await open(t)
      const made = await scriptsOf(lab, chain, change, { drop })
      for (const sql of [clerk, chain, rows]) await exec(sql)
      const [writer, late] = [await session(), await session()]
      await writer.query(`begin; update app.agents set domains = '["late"]' where organization_id = 'o1'`)
      const running = sent(db, made.adopt)
      const waiting = async (count) => {
        for (;;) {
          const { rows } = await writer.query(`select count(*)::int as n from pg_locks where not granted`)
          if (rows[0].n >= count) return
        }
      }
      await waiting(1)
      const lost = late
        .query(`update app.agents set domains = '["lost"]' where organization_id = 'o2'`)
        .catch(({ code }) => code)
      await waiting(2)
      await writer.query('commit')
      await running
      assert.equal(await lost, '42703')
      assert.deepEqual(
        await query(`select domains::text as d from kept_20261127.agents where id = 'same' order by 1`),
        [{ d: '["late"]' }, { d: '["o2"]' }],
      )
    })

    test('a table that somebody holds is given up', async (t) => {
      const { db, exec, session } = await open(t)
      const made = await scriptsOf(lab, chain, change, { drop })
      for (const sql of [clerk, chain, rows]) await exec(sql)
      const holder = await session()
      await holder.query('begin; select * from app.links')
      assert.match(made.adopt, /^SET LOCAL lock_timeout = '5s';$/m)
      const error = await fails(sent(db, made.adopt.replace("'5s'", "'50ms'")), { code: 'database-failed' })
      assert.match(error.message, /canceling statement due to lock timeout/)
      await holder.query('commit')
      assert.deepEqual(await sent(db, made.adopt), [])
    })
  }
})

for (const server of otherServers)
  describe(server.name, { skip: server.skip }, () => {
    let running
    // Debian's compiles the judge's one long question first, which takes longer than to answer it.
    before(async () => (running = await server.start({ jit: 'off' })))
    after(() => running?.stop())
    story({
      api: pg,
      async open(t) {
        const db = await running.connect(await running.createDatabase())
        t.after(() => db.end())
        return { db, query: async (sql) => (await db.query(sql)).rows, exec: (sql) => db.query(sql) }
      },
    })
  })

test('a connection that cannot take a script is closed', async () => {
  const closed = []
  const alone = { entry: 'neon', connect: () => ({ close: (failed) => closed.push(failed) }) }
  await fails(runScript(alone, {}, 'select 1'), { code: 'unsupported' })
  assert.deepEqual(closed, [false])
})

test('over HTTP a script is refused, with the ways that there are', async () => {
  // Nothing is asked of it.
  await fails(runScript(overHttp, neon('postgresql://clerk:secret@127.0.0.1/none'), 'select 1'), {
    code: 'unsupported',
    message: 'over HTTP a script cannot be sent whole',
    help: 'run it with psql, or with an address of PostgreSQL itself',
  })
})
