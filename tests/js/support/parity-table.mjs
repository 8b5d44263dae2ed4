// Forty changes of a program that keeps its schema on two tracks: a Python list of SQLite migrations with SQLAlchemy tables
// beside it, and Alembic revisions for PostgreSQL. What each verdict has to be was decided from what the change means: does
// one database get a change of its schema that the other does not?

const list = 'app/migrations.py'
const tables = 'app/tables.py'
const versions = 'alembic/versions'

/** The list, with functions and entries behind those that have shipped. */
const migrations = ({ head = '', functions = '', entries = '', shipped } = {}) => `"""SQLite migrations, in order.

A migration such as CREATE TABLE stands in a function, and is registered below.
"""
import logging
${head}
from app.tables import metadata, users

logger = logging.getLogger(__name__)


${
  shipped?.users ??
  `def _m_users(conn):
    conn.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT)")
`
}

def _m_orders(conn):
    conn.execute(
        """
        CREATE TABLE orders (
            id INTEGER PRIMARY KEY,
            total INTEGER
        )
        """
    )

${functions}
MIGRATIONS = [
${
  shipped?.entries ??
  `    ("users", _m_users),
    ("orders", _m_orders),
`
}${entries}]


def migrate(conn, done):
    for name, run in MIGRATIONS:
        if name not in done:
            run(conn)
`

const declared = (more = '') => `from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, Table, Text

metadata = MetaData()

users = Table("users", metadata, Column("id", Integer, primary_key=True), Column("email", Text))
orders = Table("orders", metadata, Column("id", Integer, primary_key=True), Column("total", Integer))
${more}`

const revision = (id, before, up, down = 'pass') => `"""${id}

Revision ID: ${id}
"""
from alembic import op
import sqlalchemy as sa

revision = "${id}"
down_revision = ${Array.isArray(before) ? `(${before.map((one) => `"${one}"`).join(', ')})` : before ? `"${before}"` : 'None'}


def upgrade() -> None:
    ${up.split('\n').join('\n    ')}


def downgrade() -> None:
    ${down.split('\n').join('\n    ')}
`

const usersRevision =
  'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.Text()))'
const ordersRevision = 'op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))'

const main = (config) => ({
  'counterfoil.config.json': config,
  [list]: migrations(),
  [tables]: declared(),
  [`${versions}/0001_users.py`]: revision('0001', undefined, usersRevision, 'op.drop_table("users")'),
  [`${versions}/0002_orders.py`]: revision('0002', '0001', ordersRevision),
})

/** A function of the list, one statement per line. */
const run = (name, ...lines) => `
def _m_${name}(conn):
${lines.map((line) => `    ${line}\n`).join('')}
`
const sql = (text) => `conn.execute("${text}")`
const entry = (name) => `    ("${name}", _m_${name}),\n`
const phone = run('phone', sql('ALTER TABLE users ADD COLUMN phone TEXT'))
const addPhone = 'op.add_column("users", sa.Column("phone", sa.Text()))'
const notes = run('notes', sql('CREATE TABLE notes (id INTEGER PRIMARY KEY)'))
const addNotes = 'op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))'
const third = (up, down) => ({ [`${versions}/0003_next.py`]: revision('0003', '0002', up, down) })
const lite = (functions, entries, more) => ({ [list]: migrations({ functions, entries, ...more }) })
const only = 'PostgreSQL only'
const allowed = 'A change\n\n[counterfoil-allow track-parity]'

/**
 * `[what, where it fails, files, message of the commit, what it begins from]`: the track that lacks something, or nothing if the
 * change is fine.
 */
const table = [
  // On one track only.
  ['a column in the list', 'postgres', lite(phone, entry('phone'))],
  ['a column in a revision', 'sqlite', third(addPhone, 'op.drop_column("users", "phone")')],
  [
    'a column in the list, over several lines',
    'postgres',
    lite(phone, '    (\n        "phone",\n        _m_phone,\n    ),\n'),
  ],
  ['a table dropped in the list', 'postgres', lite(run('drop', sql('DROP TABLE orders')), entry('drop'))],
  ['an index dropped in a revision', 'sqlite', third('op.drop_index("ix_users_email", table_name="users")')],
  ['a constraint in a revision', 'sqlite', third('op.create_check_constraint("positive", "orders", "total > 0")')],
  [
    'a batch in a revision',
    'sqlite',
    third('with op.batch_alter_table("users") as batch:\n    batch.drop_column("email")'),
  ],
  ['row security in a revision', 'sqlite', third('op.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")')],
  [
    'a statement with the name of a table filled in',
    'postgres',
    lite(run('phone', 'conn.execute(f"ALTER TABLE {users.name} ADD COLUMN phone TEXT")'), entry('phone')),
  ],
  [
    'a statement kept outside of its function',
    'postgres',
    lite(
      `\n_PHONE = "ALTER TABLE users ADD COLUMN phone TEXT"\n\n${run('phone', 'conn.execute(_PHONE)')}`,
      entry('phone'),
    ),
  ],
  [
    'a declared table that an entry makes',
    'postgres',
    {
      ...lite(run('notes', 'ensure(conn, "notes")'), entry('notes')),
      [tables]: declared('notes = Table("notes", metadata, Column("id", Integer))\n'),
    },
  ],
  [
    'a declared index that an entry makes',
    'postgres',
    {
      ...lite(run('index', 'ensure(conn, "ix")'), entry('index')),
      [tables]: declared('ix = Index("ix_users_email", users.c.email)\n'),
    },
  ],
  [
    'a table built again, without a revision',
    'postgres',
    lite(
      run(
        'widen',
        sql('CREATE TABLE users_new (id INTEGER)'),
        sql('DROP TABLE users'),
        sql('ALTER TABLE users_new RENAME TO users'),
      ),
      entry('widen'),
    ),
  ],
  [
    'two entries, the first one of data',
    'postgres',
    lite(run('fill', sql('UPDATE users SET email = NULL')) + phone, entry('fill') + entry('phone')),
  ],
  // On both.
  ['a column on both', undefined, { ...lite(phone, entry('phone')), ...third(addPhone) }],
  [
    'a column on both, with the declared one',
    undefined,
    {
      ...lite(phone, entry('phone')),
      ...third(addPhone),
      [tables]: declared().replace('"email", Text)', '"email", Text), Column("phone", Text)'),
    },
  ],
  [
    'a table built again, beside an altered column',
    undefined,
    {
      ...lite(
        run(
          'widen',
          sql('CREATE TABLE users_new (id INTEGER)'),
          sql('DROP TABLE users'),
          sql('ALTER TABLE users_new RENAME TO users'),
        ),
        entry('widen'),
      ),
      ...third('op.alter_column("users", "id", type_=sa.BigInteger())'),
    },
  ],
  [
    'two on both',
    undefined,
    {
      ...lite(phone + notes, entry('phone') + entry('notes')),
      ...third(addPhone),
      [`${versions}/0004_notes.py`]: revision('0004', '0003', addNotes),
    },
  ],
  // It passes, since some revision is there: what each of several says is not compared.
  [
    'two in the list, and a revision for one of them',
    'postgres',
    { ...lite(phone + notes, entry('phone') + entry('notes')), ...third(addPhone) },
  ],
  // No change of a schema.
  ['data in the list', undefined, lite(run('fill', sql("UPDATE users SET email = 'create table x'")), entry('fill'))],
  ['data in a revision', undefined, third('op.execute("INSERT INTO users (email) VALUES (\'DROP TABLE users\')")')],
  [
    'a docstring of a migration of data',
    undefined,
    lite(
      run('fill', '"""CREATE TABLE users_new was not needed."""', sql('UPDATE users SET email = NULL')),
      entry('fill'),
    ),
  ],
  [
    'what is logged and raised',
    undefined,
    lite(
      run(
        'fill',
        'logger.info("create table users is done")',
        'if not users:',
        '    raise RuntimeError("drop table users first")',
        sql('DELETE FROM orders'),
      ),
      entry('fill'),
    ),
  ],
  [
    'what is asserted',
    undefined,
    lite(
      run('fill', 'assert users is not None, (', '    "alter table users was not run"', ')', sql('DELETE FROM orders')),
      entry('fill'),
    ),
  ],
  [
    'a temporary table in the list',
    undefined,
    lite(
      run(
        'fill',
        sql('CREATE TEMP TABLE ids AS SELECT id FROM users'),
        sql('CREATE INDEX ix_ids ON ids (id)'),
        sql('DELETE FROM orders WHERE id IN (SELECT id FROM ids)'),
        sql('DROP TABLE ids'),
      ),
      entry('fill'),
    ),
  ],
  [
    'a temporary table in a revision',
    undefined,
    third(
      'op.execute("CREATE TEMPORARY TABLE ids (id int)")\nop.execute("ALTER TABLE ids ADD COLUMN a int")\nop.execute("DROP TABLE ids")',
    ),
  ],
  ['a comment on a table', undefined, third('op.execute("COMMENT ON TABLE users IS \'create table\'")')],
  ['rights', undefined, third('op.execute("GRANT SELECT ON users TO reader")')],
  // No migration.
  ['an entry in a comment', undefined, lite('', '    # ("phone", _m_phone),\n')],
  [
    'a table built again by a helper that nothing registers',
    undefined,
    lite(
      `
def rebuild(conn):
    conn.execute("CREATE TABLE users_new (id INTEGER)")
    conn.execute("DROP TABLE users")
    conn.execute("ALTER TABLE users_new RENAME TO users")

`,
      '',
    ),
  ],
  [
    'entries written over several lines',
    undefined,
    lite('', '', {
      shipped: {
        entries:
          '    (\n        "users",\n        _m_users,\n    ),\n    (\n        "orders",\n        _m_orders,\n    ),\n',
      },
    }),
  ],
  ['a function with another name', undefined, { [list]: migrations().replaceAll('_m_users', '_m_first') }],
  [
    'what has shipped mended, beside a migration of data',
    undefined,
    lite(run('fill', sql('DELETE FROM orders')), entry('fill'), {
      shipped: {
        users:
          'def _m_users(conn):\n    conn.execute("CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, email TEXT)")\n    conn.execute("CREATE INDEX IF NOT EXISTS ix ON users (email)")\n',
      },
    }),
  ],
  ['a revision that merges heads', undefined, third('pass', 'op.drop_table("users")')],
  [
    'a way back for what has shipped',
    undefined,
    { [`${versions}/0002_orders.py`]: revision('0002', '0001', ordersRevision, 'op.drop_table("orders")') },
  ],
  [
    'a revision with another name',
    undefined,
    {
      [`${versions}/0002_orders.py`]: null,
      [`${versions}/0002_all_orders.py`]: revision('0002', '0001', ordersRevision),
    },
  ],
  // On purpose.
  [
    'on PostgreSQL only, and reviewed',
    undefined,
    third(
      `# counterfoil-allow track-parity: ${only}\nop.create_index("ix", "users", ["email"], postgresql_using="gin")`,
    ),
    allowed,
  ],
  [
    'on PostgreSQL only, and not reviewed',
    'sqlite',
    third(
      `# counterfoil-allow track-parity: ${only}\nop.create_index("ix", "users", ["email"], postgresql_using="gin")`,
    ),
  ],
  [
    'on SQLite only, and reviewed',
    undefined,
    lite(
      run('search', sql('CREATE VIRTUAL TABLE search USING fts5(email)')),
      '    ("search", _m_search),  # counterfoil-allow track-parity: SQLite only\n',
    ),
    allowed,
  ],
  // What was forgotten: the base has it on one track.
  ['the revision that was forgotten', undefined, third(addNotes), undefined, lite(notes, entry('notes'))],
]

/** How many there are, and one that is known to be judged wrongly: the guard counts migrations, it does not compare them. */
export const known = ['two in the list, and a revision for one of them']

export const changes = table.map(([what, lacks, files, message, begins], index) => ({
  what,
  lacks,
  files,
  message,
  begins,
  branch: `change-${index}`,
}))

/** Commits for `repository()`: a branch per change, and one for where it begins if that is not `main`. */
export const history = (config) => [
  { files: main(config) },
  ...changes.flatMap(({ branch, files, message, begins }) => [
    ...(begins ? [{ on: `${branch}-base`, from: 'main', files: begins }] : []),
    { on: branch, from: begins ? `${branch}-base` : 'main', files, ...(message && { message }) },
  ]),
]
