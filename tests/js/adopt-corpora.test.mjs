// A real squash: 82 files and the baseline that took their place. What differs was counted by hand in its files.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { migrate, snapshot } from 'counterfoil/pglite'
import { diffSchemas } from 'counterfoil/schema'
import { adoptScripts } from 'counterfoil/squash'
import { sent } from './support/adopt.mjs'
import { readCorpus, skip } from './support/corpora.mjs'
import { extensions, freshPGlite } from './support/pglite.mjs'

const dead = [
  'mcp_proxy_sessions',
  'organization_lobu_links',
  'migration_20260315300000_entity_type_org_backfill',
  'migration_20260316100000_created_entity_types',
  'migration_20260316100000_deleted_default_entity_types',
  'migration_20260316100000_events_kind_backup',
]

describe('a real baseline', { skip }, () => {
  test('is adopted without a difference, and taken back without a lost row', async (t) => {
    const open = async (name) => {
      const db = await freshPGlite({ extensions })
      t.after(() => db.close())
      await migrate(db, await readCorpus(name))
      return db
    }
    const db = await open('lobu-pre908')
    const [chain, wanted] = [await snapshot(db), await snapshot(await open('lobu-baseline908'))]
    const differing = async (expected) =>
      (await diffSchemas(expected, await snapshot(db))).differences
        .filter(({ name }) => !name.includes('kept_20260502'))
        .map(({ message }) => message)
    assert.equal((await differing(wanted)).length, 64)
    const scripts = (drop, keep) =>
      adoptScripts(chain, wanted, { drop, keep, baseline: '20260502000000', kept: 'kept_20260502', ledger: 'dbmate' })
    const drop = [...dead.map((name) => `table ${name}`), 'column agents.skill_auto_granted_domains']
    // The one that was alive after all: without it the rest is as if it had never been named.
    await assert.rejects(
      scripts(drop.slice(1)),
      /table public\.mcp_proxy_sessions is not expected: nothing that is named explains/,
    )

    await db.exec(`
      insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt") values ('u1', 'U', 'u@example.org', true, now(), now());
      insert into organization (id, name, slug, "createdAt") values ('o1', 'O1', 'o1', now()), ('o2', 'O2', 'o2', now());
      insert into agents (organization_id, id, name, skill_auto_granted_domains) values ('o1', 'same', 'a', '["o1"]'), ('o2', 'same', 'b', '["o2"]');
      insert into organization_lobu_links (organization_id, lobu_url, created_by) values ('o1', 'https://one', 'u1'), ('o2', 'https://two', null);
      insert into mcp_proxy_sessions (session_key, upstream_session_id, expires_at) values ('k', 's', now());
      insert into migration_20260316100000_events_kind_backup values (1, 'old');`)
    const all = async () => {
      const found = {}
      for (const name of [...dead, 'agents', 'organization'])
        found[name] = (await db.query(`select to_jsonb(t) as row from ${name} t order by to_jsonb(t)::text`)).rows
      return found
    }
    const before = await all()
    for (const keep of ['suffix', 'schema']) {
      const { adopt, restore } = await scripts(drop, keep)
      assert.deepEqual(await sent(db, adopt), [])
      assert.deepEqual(await differing(wanted), [])
      assert.deepEqual(await sent(db, restore), [])
      assert.deepEqual(await differing(chain), [])
      assert.deepEqual(await all(), before)
    }
    const { adopt, restore } = await scripts(drop, 'schema')
    await sent(db, adopt)
    await db.exec(`delete from organization where id = 'o1'`)
    const { rows } = await db.query('select organization_id as o from kept_20260502.organization_lobu_links order by 1')
    assert.deepEqual(rows, [{ o: 'o1' }, { o: 'o2' }])
    const [agents, ...said] = await sent(db, restore)
    assert.match(agents, /^WARNING 1 rows of kept_20260502\.agents have no row in public\.agents any more: it stays$/)
    assert.equal(said.length, 1)
    assert.match(said[0], /organization_lobu_links_organization_id_fkey stays NOT VALID/)
    const back = await db.query('select organization_id as o, skill_auto_granted_domains as d from agents')
    assert.deepEqual(back.rows, [{ o: 'o2', d: ['o2'] }])
  })
})
