// Real incidents: two files under one version, files that were given a new number, a journal that hides a file.
// The trees hold only the files in question, so what came before is not run: the ledger's rows are written by hand.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { migrate, plan } from 'counterfoil/pglite'
import { readCorpus, skip } from './support/corpora.mjs'
import { freshPGlite } from './support/pglite.mjs'

/** Where one file keeps the version, and the other was given a new one. Versions and names as the ledger has them. */
const renumbered = [
  {
    name: 'lobu-20260427160000',
    kept: { file: '20260427160000_drop_dead_schema.sql', version: '20260427160000', name: 'drop_dead_schema' },
    moved: {
      file: '20260427160000_market_founder_to_member.sql',
      to: '20260427170000_market_founder_to_member.sql',
      from: '20260427160000',
      version: '20260427170000',
      name: 'market_founder_to_member',
    },
  },
  {
    name: 'lobu-20260622000030',
    kept: {
      file: '20260622000030_feeds_app_install_issues_uniq.sql',
      version: '20260622000030',
      name: 'feeds_app_install_issues_uniq',
    },
    moved: {
      file: '20260622000030_app_installations_slack_install_id_index.sql',
      to: '20260622000031_app_installations_slack_install_id_index.sql',
      from: '20260622000030',
      version: '20260622000031',
      name: 'app_installations_slack_install_id_index',
    },
  },
  {
    name: 'lobu-20260626000000',
    kept: {
      file: '20260626000000_drop_watcher_condensation_columns.sql',
      version: '20260626000000',
      name: 'drop_watcher_condensation_columns',
    },
    moved: {
      file: '20260626000000_feeds_virtual_flag.sql',
      to: '20260626000001_feeds_virtual_flag.sql',
      from: '20260626000000',
      version: '20260626000001',
      name: 'feeds_virtual_flag',
    },
  },
  {
    name: 'minder-000065',
    kept: { file: '000065_rule_instance_project_id.up.sql', version: '000065', name: 'rule_instance_project_id' },
    moved: {
      file: '000065_repo_reminder.up.sql',
      to: '000066_repo_reminder.up.sql',
      from: '000065',
      version: '000066',
      name: 'repo_reminder',
    },
    added: ['000067'],
  },
  {
    name: 'marquez-V20',
    kept: { file: 'V20__drop_lineage_pk.sql', version: '20', name: 'drop_lineage_pk' },
    moved: {
      file: 'V20__alter_jobs_to_add_namespace_name.sql',
      to: 'V21__alter_jobs_to_add_namespace_name.sql',
      from: '20',
      version: '21',
      name: 'alter_jobs_to_add_namespace_name',
    },
    added: ['22'],
  },
]

/** Where the whole name is the identity: two folders of one number are two migrations, and both were run. */
const named = [
  'langfuse-20240512155021',
  'langfuse-20260106120000',
  'langfuse-20260612000000',
  'langfuse-20260619120000',
]

describe('collisions', { skip }, () => {
  let db
  before(async () => (db = await freshPGlite()))
  after(() => db.close())

  const tree = (name, when) => readCorpus('collisions', join(name, when))
  /** An empty database, but for the rows of a ledger. */
  async function ledger(rows) {
    await db.exec('drop schema public cascade; create schema public')
    await db.exec(`create table public.schema_migrations (version varchar(128) primary key, name text, checksum text, fingerprint text,
      applied_at timestamptz default now(), duration_ms integer, state text default 'applied', steps_done integer, steps_total integer,
      claimed_until timestamptz, origin text default 'applied', replaced_by text)`)
    for (const { version, name, sql } of rows)
      await db.query('insert into public.schema_migrations (version, name, checksum) values ($1, $2, $3)', [
        version,
        name,
        checksum(sql),
      ])
  }
  const rows = async () =>
    (await db.query('select version, name, checksum from public.schema_migrations order by version')).rows
  const tables = async () =>
    (
      await db.query(
        `select count(*)::int as n from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
      )
    ).rows[0].n
  const said = ({ decisions }) => decisions.map(({ action, code, version }) => `${action} ${code} ${version}`)
  const refusal = (files) =>
    migrate(db, files).then(
      () => assert.fail('it was not refused'),
      (error) => error,
    )

  for (const { name, kept, moved, added = [] } of renumbered) {
    test(`${name}, before: the two files are named, and nothing runs`, async () => {
      const files = await tree(name, 'before')
      await db.exec('drop schema public cascade; create schema public')
      const seen = await plan(db, files)
      assert.deepEqual(
        seen.decisions.map(({ action, code, severity }) => `${action} ${code} ${severity}`),
        ['drift duplicate error', 'drift duplicate error'],
      )
      for (const decision of seen.decisions)
        for (const path of [kept.file, moved.file]) assert.ok(decision.message.includes(path), decision.message)
      const error = await refusal(files)
      assert.equal(error.code, 'plan-refused')
      for (const path of [kept.file, moved.file]) assert.ok(error.message.includes(path), error.message)
      assert.equal(await tables(), 0)
    })

    test(`${name}, before, with one of the two applied: it says which`, async () => {
      const files = await tree(name, 'before')
      for (const [applied, other] of [
        [kept, moved],
        [moved, kept],
      ]) {
        await ledger([{ version: kept.version, name: applied.name, sql: files[applied.file] }])
        const { message, help } = await refusal(files)
        for (const path of [kept.file, moved.file]) assert.ok(message.includes(path), message)
        assert.ok(help.startsWith(`${applied.file} is applied: give ${other.file} a version of its own`), help)
      }
    })

    test(`${name}, after, where the file that kept its version is applied: the other is run`, async () => {
      const files = await tree(name, 'after')
      await ledger([{ version: kept.version, name: kept.name, sql: files[kept.file] }])
      assert.deepEqual(said(await plan(db, files)), [
        `skip applied ${kept.version}`,
        `apply pending ${moved.version}`,
        ...added.map((version) => `apply pending ${version}`),
      ])
    })

    test(`${name}, after, where the file that was renumbered is applied: its row is re-keyed, and it is not run again`, async () => {
      const [files, old] = [await tree(name, 'after'), await tree(name, 'before')]
      assert.equal(files[moved.to], old[moved.file])
      await ledger([{ version: moved.from, name: moved.name, sql: old[moved.file] }])
      const seen = await plan(db, files)
      assert.deepEqual(said(seen), [
        `apply pending ${kept.version}`,
        `drift renumbered ${moved.version}`,
        ...added.map((version) => `apply pending ${version}`),
      ])
      assert.equal(seen.decisions[1].row, moved.from)

      // What it works on is not here, so the file that kept its version fails: after the row has its new version.
      const error = await refusal(files)
      assert.equal(error.code, 'statement-failed')
      assert.equal(error.at.path, kept.file)
      const row = (await rows()).find(({ version }) => version === moved.version)
      assert.deepEqual(row, { version: moved.version, name: moved.name, checksum: checksum(files[moved.to]) })
      const [again, ...rest] = said(await plan(db, files))
      // One of them cannot run in a transaction: its row is there, with no step done.
      assert.match(again, new RegExp(`^apply (pending|resume) ${kept.version}$`))
      assert.deepEqual(rest, [`skip applied ${moved.version}`, ...added.map((version) => `apply pending ${version}`)])
    })
  }

  for (const name of named)
    test(`${name}, before: two folders of one number are two migrations, and no finding`, async () => {
      await db.exec('drop schema public cascade; create schema public')
      const files = await tree(name, 'before')
      const seen = await plan(db, files)
      assert.deepEqual(
        said(seen),
        Object.keys(files)
          .map((path) => `apply pending ${path.split('/')[0]}`)
          .sort(),
      )
      assert.deepEqual(
        seen.findings.filter(({ severity }) => severity !== 'note'),
        [],
      )
    })

  test('langfuse-20260106120000, after: the folder that was renumbered is re-keyed, and not run again', async () => {
    const [files, old] = [
      await tree('langfuse-20260106120000', 'after'),
      await tree('langfuse-20260106120000', 'before'),
    ]
    const [kept, from, to] = [
      '20260106120000_add_encrypt_blob_storage_secrets_background_migration',
      '20260106120000_add_inline_comment_columns',
      '20260106130000_add_inline_comment_columns',
    ]
    const sql = (set, folder) => set[`${folder}/migration.sql`]
    assert.equal(sql(files, to), sql(old, from))
    // Two older folders are in this tree only; they have long been run.
    const older = Object.keys(files)
      .map((path) => path.split('/')[0])
      .filter((folder) => ![kept, to].includes(folder))
      .sort()
    const row = (set, folder) => ({ version: folder, name: folder.replace(/^\d+_/, ''), sql: sql(set, folder) })
    await ledger([...older.map((folder) => row(files, folder)), row(old, kept), row(old, from)])
    assert.deepEqual(said(await plan(db, files)), [
      ...older.map((folder) => `skip applied ${folder}`),
      `skip applied ${kept}`,
      `drift renumbered ${to}`,
    ])
    const result = await migrate(db, files)
    assert.deepEqual([result.status, result.applied], ['migrated', []])
    assert.deepEqual(
      (await rows()).map(({ version }) => version),
      [...older, kept, to],
    )
    assert.equal((await rows()).at(-1).checksum, checksum(sql(files, to)))
    assert.equal(await tables(), 1)
    assert.equal((await migrate(db, files)).status, 'current')
  })

  /** The files of a Drizzle tree, with something to run in place of those that are not here. */
  async function whole(when) {
    const files = await tree('sim-0077', when)
    const { entries } = JSON.parse(files['meta/_journal.json'])
    for (const { tag } of entries) files[`${tag}.sql`] ??= `select '${tag}';`
    return { files, tags: entries.map(({ tag }) => tag) }
  }
  const hiddenIn = ({ findings }) =>
    findings
      .filter(({ code }) => code === 'not-in-journal')
      .map(({ severity, at, message }) => [severity, at.path, message])

  test('sim-0077, before: the file that the journal hides is named, with the one that has its place', async () => {
    const { files, tags } = await whole('before')
    await db.exec('drop schema public cascade; create schema public')
    const seen = await plan(db, files)
    assert.deepEqual(
      seen.decisions.map(({ version }) => version),
      tags,
    )
    const hidden = '0077_missing_doc_processing.sql'
    assert.deepEqual(hiddenIn(seen), [
      [
        'warning',
        hidden,
        `${hidden} is not run: the journal does not list it, but 0077_rapid_chimera.sql, which has its number`,
      ],
    ])
  })

  test('sim-0077, after: what the journal has is run; that the file is hidden under its new number too is said', async () => {
    const [old, { files, tags }] = [await whole('before'), await whole('after')]
    await ledger(old.tags.map((tag) => ({ version: tag, name: tag.slice(5), sql: old.files[`${tag}.sql`] })))
    const seen = await plan(db, files)
    const fresh = tags.filter((tag) => !old.tags.includes(tag))
    assert.deepEqual(said(seen), [
      ...old.tags.map((tag) => `skip applied ${tag}`),
      ...fresh.map((tag) => `apply pending ${tag}`),
    ])
    assert.deepEqual(
      seen.decisions.filter(({ gap }) => gap),
      [],
    )
    assert.deepEqual(hiddenIn(seen), [
      [
        'warning',
        '0091_backfill_user_stats.sql',
        '0091_backfill_user_stats.sql is not run: the journal does not list it, but 0091_amusing_iron_lad.sql, which has its number',
      ],
      [
        'warning',
        '0101_missing_doc_processing.sql',
        '0101_missing_doc_processing.sql is not run: the journal does not list it',
      ],
    ])
  })
})

/** Of the canonical up section: of the whole file where the convention has no markers. */
function checksum(text) {
  const canonical = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  const up = canonical.search(/^-- migrate:up/m)
  const down = canonical.search(/^-- migrate:down/m)
  const section = up < 0 ? canonical : canonical.slice(up, down < 0 ? undefined : down)
  return `sha256:${createHash('sha256').update(section).digest('hex')}`
}
