// Other tools themselves, applying migrations to a PostgreSQL: each leaves its own ledger.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'

const run = promisify(execFile)
const require = createRequire(import.meta.url)
const home = fileURLToPath(new URL('../../..', import.meta.url))

/** The bodies of three migrations: the first two are applied by the tool. */
export const bodies = [
  'create table accounts (id int primary key, cents bigint not null);\ninsert into accounts values (1, 100);',
  'update accounts set cents = cents * 100;',
  'alter table accounts add column note text;',
]

const names = ['20240101000000_accounts', '20240102000000_cents', '20240103000000_note']

/** Writes files under `folder`. */
function write(folder, files) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

const plain = (wrap = (body) => `${body}\n`, count = 3) =>
  Object.fromEntries(names.slice(0, count).map((name, index) => [`${name}.sql`, wrap(bodies[index])]))

/** A program of the repository's packages. */
const program = (name) => join(home, 'node_modules/.bin', name)

/** A pool for a tool, ended when it is done. */
async function withPool(url, work) {
  const pool = new pg.Pool({ connectionString: url })
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}

const journal = (count) =>
  JSON.stringify({
    version: '7',
    dialect: 'postgresql',
    entries: names
      .slice(0, count)
      .map((tag, idx) => ({ idx, version: '7', when: 1_704_067_200_000 + idx * 86_400_000, tag, breakpoints: true })),
  })

/** Drizzle, by its package. */
const drizzle = (name, files) => ({
  table: 'drizzle.__drizzle_migrations',
  set: files(3),
  options: { convention: 'drizzle' },
  async apply({ folder, url }) {
    write(folder, files(2))
    const { drizzle } = await import(`${name}/node-postgres`)
    const { migrate } = await import(`${name}/node-postgres/migrator`)
    await withPool(url, (pool) => migrate(drizzle({ client: pool }), { migrationsFolder: folder }))
  },
})

/**
 * By the word for the tool: the whole `set` as we read it, `options` for that, the `table` that the tool keeps, and
 * `apply({ folder, url, server })`, which has the tool apply the first two.
 */
export const realTools = {
  dbmate: {
    table: 'public.schema_migrations',
    options: { table: 'counterfoil_migrations' },
    set: plain((body) => `-- migrate:up\n${body}\n-- migrate:down\nselect 1;\n`),
    async apply({ folder, url }) {
      write(
        folder,
        plain((body) => `-- migrate:up\n${body}\n-- migrate:down\nselect 1;\n`, 2),
      )
      await run(program('dbmate'), ['--no-dump-schema', '-d', folder, '-u', `${url}?sslmode=disable`, 'up'])
    },
  },
  drizzle: drizzle('drizzle-orm', (count) => ({
    ...plain((body) => body.replace(';\n', ';--> statement-breakpoint\r\n'), count),
    'meta/_journal.json': journal(count),
  })),
  'drizzle 1.0': drizzle('drizzle-orm-1', (count) =>
    Object.fromEntries(names.slice(0, count).map((name, index) => [`${name}/migration.sql`, bodies[index]])),
  ),
  kysely: {
    table: 'public.kysely_migration',
    set: plain(),
    options: { convention: 'plain' },
    async apply({ url }) {
      const { Kysely, Migrator, PostgresDialect, sql } = await import('kysely')
      const migrations = Object.fromEntries(
        names.slice(0, 2).map((name, index) => [name, { up: (db) => sql.raw(bodies[index]).execute(db) }]),
      )
      const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }) })
      const { error } = await new Migrator({
        db,
        provider: { getMigrations: async () => migrations },
      }).migrateToLatest()
      await db.destroy()
      if (error) throw error
    },
  },
  knex: {
    table: 'public.knex_migrations',
    set: plain(),
    options: { convention: 'plain' },
    async apply({ folder, url }) {
      for (const [index, name] of names.slice(0, 2).entries())
        write(folder, {
          [`${name}.cjs`]: `exports.up = (knex) => knex.raw(${JSON.stringify(bodies[index])})\nexports.down = () => {}\n`,
        })
      const { default: knex } = await import('knex')
      const db = knex({ client: 'pg', connection: url })
      await db.migrate.latest({ directory: folder, loadExtensions: ['.cjs'] })
      await db.destroy()
    },
  },
  'node-pg-migrate': {
    table: 'public.pgmigrations',
    set: plain((body) => `-- Up Migration\n${body}\n`),
    async apply({ folder, url }) {
      write(
        folder,
        plain((body) => `-- Up Migration\n${body}\n`, 2),
      )
      const { runner } = await import('node-pg-migrate')
      await runner({
        databaseUrl: url,
        dir: folder,
        direction: 'up',
        migrationsTable: 'pgmigrations',
        log() {},
      })
    },
  },
  'graphile-migrate': {
    table: 'graphile_migrate.migrations',
    // Their headers are written by the tool: the set is what it leaves.
    async apply({ folder, url, server }) {
      const shadow = server.url(await server.createDatabase())
      const root = server.url('postgres')
      const settings = { connectionString: url, shadowConnectionString: shadow, rootConnectionString: root }
      write(folder, { '.gmrc': JSON.stringify(settings) })
      const env = { ...process.env, DATABASE_URL: url, SHADOW_DATABASE_URL: shadow, ROOT_DATABASE_URL: root }
      const cli = require.resolve('graphile-migrate/dist/cli.js')
      for (const body of bodies.slice(0, 2)) {
        write(folder, { 'migrations/current.sql': `${body}\n` })
        await run(process.execPath, [cli, 'commit'], { cwd: folder, env })
      }
    },
    folder: 'migrations/committed',
    more: (last) => ({
      '000003-note.sql': `--! Previous: ${last}\n--! Hash: sha1:0\n\n${bodies[2]}\n`,
    }),
  },
}

/** Python with Alembic and Django, and Ruby with Active Record, where they are installed. */
const python = process.env.COUNTERFOIL_PYTHON ?? ''
const hasRuby =
  existsSync('/usr/lib/ruby/vendor_ruby/active_record.rb') || existsSync('/usr/share/rubygems-integration')

export const systemTools = {
  rails: {
    skip: !hasRuby && 'skipped: no Active Record',
    table: 'public.schema_migrations',
    set: plain(),
    options: { convention: 'plain', table: 'counterfoil_migrations' },
    async apply({ folder, url }) {
      const classOf = (name) => name.slice(15)[0].toUpperCase() + name.slice(16)
      for (const [index, name] of names.slice(0, 2).entries())
        write(folder, {
          [`${name}.rb`]: `class ${classOf(name)} < ActiveRecord::Migration[6.0]\n  def up\n    execute(<<~SQL)\n${bodies[index]}\nSQL\n  end\nend\n`,
        })
      const script = `require 'active_record'; ActiveRecord::Base.establish_connection(ENV['URL']); ActiveRecord::Migration.verbose = false
context = ActiveRecord::MigrationContext
context = context.instance_method(:initialize).arity.abs == 1 ? context.new(ARGV[0]) : context.new(ARGV[0], ActiveRecord::SchemaMigration)
context.migrate`
      await run('ruby', ['-e', script, folder], { env: { ...process.env, URL: url } })
    },
  },
  alembic: {
    skip: !python && 'skipped: COUNTERFOIL_PYTHON names no Python with Alembic and Django',
    table: 'public.alembic_version',
    set: plain(),
    options: { convention: 'plain' },
    besides: { assume: { [names[2].slice(0, 14)]: 'pending' } },
    async apply({ folder, url }) {
      write(folder, {
        'env.py': `from alembic import context
from sqlalchemy import create_engine
with create_engine(${JSON.stringify(url.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:'))}).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
`,
        'versions/one.py': `from alembic import op\nrevision = 'ae1027a6acf'\ndown_revision = None\ndef upgrade():\n    op.execute(${JSON.stringify(bodies[0])})\n`,
        'versions/two.py': `from alembic import op\nrevision = 'b2f0c5d1e3a'\ndown_revision = 'ae1027a6acf'\ndef upgrade():\n    op.execute(${JSON.stringify(bodies[1])})\n`,
      })
      const script = `import sys\nfrom alembic.config import Config\nfrom alembic import command\nc = Config()\nc.set_main_option('script_location', sys.argv[1])\ncommand.upgrade(c, 'head')`
      await run(python, ['-c', script, folder])
    },
  },
  django: {
    skip: !python && 'skipped: COUNTERFOIL_PYTHON names no Python with Alembic and Django',
    table: 'public.django_migrations',
    set: plain(),
    options: { convention: 'plain' },
    besides: { assume: { [names[2].slice(0, 14)]: 'pending' } },
    async apply({ folder, url }) {
      const { hostname, port, username, password, pathname } = new URL(url)
      const database = {
        ENGINE: 'django.db.backends.postgresql',
        NAME: pathname.slice(1),
        USER: username,
        PASSWORD: password,
        HOST: hostname,
        PORT: port,
      }
      const migration = (body, before) =>
        `from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = [${before ? `('shop', '${before}')` : ''}]\n    operations = [migrations.RunSQL(${JSON.stringify(body)})]\n`
      write(folder, {
        'shop/__init__.py': '',
        'shop/migrations/__init__.py': '',
        'shop/migrations/0001_accounts.py': migration(bodies[0]),
        'shop/migrations/0002_cents.py': migration(bodies[1], '0001_accounts'),
      })
      const script = `import django\nfrom django.conf import settings\nfrom django.core.management import call_command\nsettings.configure(INSTALLED_APPS=['shop'], DATABASES={'default': ${JSON.stringify(database)}})\ndjango.setup()\ncall_command('migrate', verbosity=0)`
      await run(python, ['-c', script], { cwd: folder })
    },
  },
}
