// Compiled, not run: what a user writes against the real drivers' types, and what the types must refuse.
/// <reference types="vite/client" />
import { createServer } from 'node:http'
import { PGlite } from '@electric-sql/pglite'
import { live } from '@electric-sql/pglite/live'
import type { PGliteWorker } from '@electric-sql/pglite/worker'
import { Client, neon, Pool } from '@neondatabase/serverless'
import pg from 'pg'
import postgresJs from 'postgres'
import * as pure from 'counterfoil'
import * as inline from 'counterfoil/inline'
import { lint, rules, type LintResult, type Rule } from 'counterfoil/lint'
import * as serverless from 'counterfoil/neon'
import { embed, renderManifest, type Manifest } from 'counterfoil/embed'
import { alembicReady, readinessHandler, type ReadinessAnswer } from 'counterfoil/health'
import { readAlembicHeads, readMigrations, snapshotsInFolder } from 'counterfoil/node'
import { readChange } from 'counterfoil/git'
import { check } from 'counterfoil/guard'
import * as postgres from 'counterfoil/pg'
import * as pglite from 'counterfoil/pglite'
import * as slim from 'counterfoil/slim'
import * as js from 'counterfoil/postgres'
import * as bun from 'counterfoil/bun'

const migrations = await readMigrations(new URL('./migrations', import.meta.url))

const db = await PGlite.create('memory://')
const result: pglite.MigrateResult = await pglite.migrate(db, migrations, {
  when: 'wait',
  policy: { 'edited-semantic': 'warning' },
  table: { schema: 'ops', name: 'applied' },
  signal: AbortSignal.timeout(1_000),
  onProgress: ({ kind, done, total, path }) => console.log(kind, done / total, path),
})
const versions: string[] = result.applied.map(({ version }) => version)
const status: 'current' | 'migrated' | 'partial' | 'rolled-back' = result.status
declare const worker: PGliteWorker
await pglite.migrate(worker, migrations)

const manifest: Manifest = embed(migrations, { convention: 'dbmate' })
const module: string = renderManifest(manifest, { typescript: true })
await pglite.migrate(db, manifest)
const booted: { db: PGlite } = await pglite.boot(PGlite, migrations, {
  snapshots: snapshotsInFolder('snapshots'),
  pglite: { debug: 1 },
  table: 'ops',
})
const inMap = await pglite.boot((options) => PGlite.create({ ...options, extensions: { live } }), migrations, {
  snapshots: new Map(),
})
await inMap.db.live.query('select 1')
const used: string | null = inMap.snapshot.used
// @ts-expect-error: a boot applies what is pending
await pglite.boot(PGlite, migrations, { when: 'wait' })

const readiness = await pglite.ready(db, migrations)
const httpStatus: number = readiness.httpStatus

await postgres.migrate(new pg.Pool(), migrations)
await postgres.migrate(new pg.Client(), migrations)
await postgres.migrate(await new pg.Pool().connect(), migrations)
await postgres.rollback(new pg.Pool(), migrations, { steps: 2, allowDestructive: ['001'] })
const { decisions, digest } = await postgres.plan(new pg.Pool(), migrations)
await postgres.migrate(new pg.Pool(), migrations, { expect: digest })

await serverless.migrate(neon('postgres://user:password@host/db'), migrations)
await serverless.migrate(neon('postgres://user:password@host/db', { arrayMode: true, fullResults: true }), migrations)
await serverless.migrate(new Pool(), migrations)
await serverless.ready(new Client('postgres://host/db'), migrations)

const sql = postgresJs('postgres://host/db')
await js.migrate(sql, migrations)
await js.migrate(postgresJs({ types: { bigint: postgresJs.BigInt }, transform: postgresJs.camel }), migrations)
await js.rollback(await sql.reserve(), migrations)

// As `sql.d.ts` of bun-types has them, which no other program of this repository needs.
interface BunQuery<T> extends Promise<T & { count: number | null; command: string | null }> {
  active: boolean
  simple(): BunQuery<T>
  execute(): BunQuery<T>
  raw(): BunQuery<T>
}
interface BunSQL {
  options: { adapter?: 'postgres'; max?: number } | { adapter?: 'mysql' | 'mariadb' } | { adapter?: 'sqlite' }
  <T = any>(strings: TemplateStringsArray, ...values: unknown[]): BunQuery<T>
  reserve(): Promise<BunReservedSQL>
  unsafe<T = any>(string: string, values?: any[] | Record<string, any>): BunQuery<T>
}
interface BunReservedSQL extends BunSQL {
  release(): Promise<void>
}
declare const ofBun: BunSQL
await bun.migrate(ofBun, migrations)
await bun.rollback(await ofBun.reserve(), migrations)
// @ts-expect-error: an address is no database
await bun.ready('postgres://host/db', migrations)

// Health checks, of every driver and of Alembic's databases.
const revisions = await readAlembicHeads(['alembic/versions', new URL('./more', import.meta.url)], { recursive: true })
const health = readinessHandler((signal) => pglite.ready(db, migrations, { signal }), {
  cache: 500,
  log: (line, level) => console.log(level, line),
})
readinessHandler({
  one: () => postgres.ready(new pg.Pool(), migrations),
  two: () => js.ready(sql, migrations),
  three: () => serverless.ready(new Pool(), migrations),
  four: () => alembicReady(new pg.Pool(), revisions),
  five: () => alembicReady(sql, { heads: ['a'] }),
  six: () => alembicReady(neon('postgres://user:password@host/db'), revisions),
  seven: () => alembicReady(db, { ...revisions, table: 'ops.alembic_version' }),
  eight: () => alembicReady((text) => new pg.Pool().query(text), revisions),
})
createServer(health.connect)
const answered: Promise<Response> = health.fetch(new Request('http://localhost/health/ready'))
const routed: Promise<Response> | undefined = health.route(new Request('http://localhost/'), {}, { waitUntil() {} })
const answer: ReadinessAnswer = await health.check()
// @ts-expect-error a typing error in an option
readinessHandler(() => pglite.ready(db, migrations), { timout: 1 })
// @ts-expect-error a check gives readiness
readinessHandler(() => pglite.plan(db, migrations))

// What bundlers' globs give.
await pglite.migrate(db, { './001_a.sql': 'select 1' } as Record<string, string>)
await pglite.migrate(db, { './001_a.sql': { default: 'select 1' } } as Record<string, { default: string }>)
await pglite.migrate(db, { './001_a.sql': async () => 'select 1' } as Record<string, () => Promise<string>>)
await pglite.migrate(db, { './001_a.sql': async () => ({ default: 'select 1' }) })
await pglite.migrate(db, [{ path: '001_a.sql', sql: 'select 1' }])
const eager = import.meta.glob('./m/**', { query: '?raw', import: 'default', eager: true, exhaustive: true })
const lazy = import.meta.glob('./m/**', { query: '?raw', import: 'default', exhaustive: true })
await pglite.migrate(db, pure.fromGlob(eager))
await pglite.migrate(db, pure.fromGlob(lazy))
await pglite.migrate(db, lazy)
await pglite.migrate(db, import.meta.glob('./m/*.sql', { query: '?raw' }))
await pglite.migrate(db, import.meta.glob<string>('./m/*.sql', { query: '?raw', import: 'default', eager: true }))
await lint(pure.fromGlob(lazy))
pure.plan(pure.fromGlob(eager))
// @ts-expect-error a glob without `eager` has yet to be loaded
pure.plan(pure.fromGlob(lazy))
await pglite.migrate(db, eager)
// What the types of Vite 5 to 7 say of the same.
declare const texts: Record<string, unknown>
declare const loads: Record<string, () => Promise<unknown>>
await pglite.migrate(db, pure.fromGlob(texts))
await pglite.migrate(db, pure.fromGlob(loads))
await pglite.migrate(db, loads)
// @ts-expect-error nothing says that these are texts
await pglite.migrate(db, texts)
// @ts-expect-error a pattern is no glob
pure.fromGlob('./m/*.sql')

// What drizzle-kit writes as migrations.js.
const journal = {
  version: '7',
  dialect: 'postgresql',
  entries: [{ idx: 0, when: 1, tag: '0000_a', breakpoints: true }],
}
await pglite.migrate(db, { journal, migrations: { m0000: 'select 1' } })
await pglite.migrate(db, { migrations: { '20260101000000_a': 'select 1' } })
embed({ journal, migrations: { m0000: 'select 1' } })
// @ts-expect-error the texts are missing
embed({ journal })

for (const { action, code, message } of pure.plan(migrations, [{ version: '001', checksum: 'sha256:…' }]).decisions) {
  if (action === 'drift' && code === 'edited') console.log(message?.length)
}
const statements: pure.Statement[] = pure.splitStatements('select 1')
await pure.init(fetch('/core.wasm'))

try {
  await pglite.migrate(db, migrations)
} catch (error) {
  if (error instanceof pglite.MigrationError) {
    console.log(error.help, error.at?.line, error.statement, error.applied)
    const refused: boolean = error.code === 'plan-refused' || error.code === 'no-migrations'
    // @ts-expect-error a typing error in a code
    console.log(refused, error.code === 'plan-refuse')
  }
}

// What may be in the database, and in the set.
await pglite.migrate(db, migrations, { existing: { ignore: ['goose', 'tables'] }, allowEmpty: true })
await postgres.ready(new pg.Pool(), migrations, { existing: { ignore: [] }, allowEmpty: false })
const known: postgres.ExistingName[] = ['node-pg-migrate', 'graphile-migrate', 'tables']
await js.plan(sql, migrations, { existing: { ignore: known } })
// @ts-expect-error no tool
await pglite.migrate(db, migrations, { existing: { ignore: ['gooze'] } })
// @ts-expect-error a list is wanted
await pglite.migrate(db, migrations, { existing: { ignore: 'goose' } })
// @ts-expect-error what to do with it has to be said
await pglite.migrate(db, migrations, { existing: ['goose'] })
// @ts-expect-error not true or false
await pglite.migrate(db, migrations, { allowEmpty: 'yes' })
// @ts-expect-error the pure functions take any set
pure.plan(migrations, [], { allowEmpty: true })

// Closed sets of words.
await pglite.migrate(db, migrations, { convention: 'golang-migrate', policy: { 'not-run': 'warning' } })
// @ts-expect-error no key of a policy
await pglite.migrate(db, migrations, { policy: { edited: 'warning' } })
// @ts-expect-error no severity
await pglite.migrate(db, migrations, { policy: { missing: 'warn' } })
// @ts-expect-error no convention
await pglite.migrate(db, migrations, { convention: 'goos' })
// @ts-expect-error no convention
embed(migrations, { convention: 'Dbmate' })
const convention: pure.Convention = pure.readSet(migrations).convention
const ofRun: pure.FindingCode = result.findings[0]!.code
// @ts-expect-error no code of a finding
console.log(convention, ofRun === 'existing-ignore')
const row: pure.Row = { version: '001', state: 'running', lease: 'over', origin: 'imported' }
// @ts-expect-error no state
const wrongRow: pure.Row = { version: '001', state: 'done' }
export { row, wrongRow }

// @ts-expect-error a typing error in an option
await pglite.migrate(db, migrations, { wen: 'apply' })
// @ts-expect-error an option of another function
await pglite.migrate(db, migrations, { steps: 1 })
// @ts-expect-error not a value of this option
await pglite.migrate(db, migrations, { when: 'later' })
// @ts-expect-error not a database
await pglite.migrate({}, migrations)
// @ts-expect-error a connection string is not a database
await postgres.migrate('postgres://localhost', migrations)
// @ts-expect-error a connection string is not a database
await serverless.migrate('postgres://host/db', migrations)
// @ts-expect-error another driver's
await js.migrate(neon('postgres://user:password@host/db'), migrations)
// @ts-expect-error a number is not a text
await pglite.migrate(db, { '001_a.sql': 1 })
// @ts-expect-error files must be loaded before the synchronous plan
pure.plan({ '001_a.sql': async () => 'select 1' })

export { answer, answered, decisions, httpStatus, routed, statements, status, versions }

// The core, handed over or inlined.
await slim.init(fetch('/core.wasm'))
declare const compiled: Promise<{ default: WebAssembly.Module }>
await slim.init(compiled)
// @ts-expect-error there is nothing to start it from
await slim.init()
await inline.init()

// A change of a git repository, judged.
const { change } = await readChange({
  cwd: '.',
  sets: [{ dir: 'db/migrations' }],
  against: ['origin/*'],
  env: process.env,
})
const verdict: { ok: boolean } = await check(change, { severities: { 'version-behind': 'error' } })
// @ts-expect-error not a level
await check(change, { severities: { 'version-behind': 'bad' } })
// @ts-expect-error no code of a guard
await check(change, { severities: { 'version-behin': 'error' } })
export { verdict }

const linted: LintResult = await lint(migrations, {
  rules: { 'ban-drop-column': 'off' },
  postgres: 16,
  only: ['001_a.sql'],
  table: 'ops.applied',
})
const errors: number = linted.counts.error
const all: Rule[] = await rules()
// @ts-expect-error: no such level
await lint(migrations, { rules: { 'ban-drop-column': 'fatal' } })
// @ts-expect-error: no such rule
await lint(migrations, { rules: { 'ban-drop-columns': 'off' } })
await lint(migrations, { rules: { 'session-search-path': 'off', 'journal-order': 'error' } })
