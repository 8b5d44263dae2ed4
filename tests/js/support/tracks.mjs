// A program that keeps its schema on two tracks, with real history: a list of SQLite migrations in a Python file, and
// Alembic revisions for PostgreSQL.

const list = 'app/migrations.py'
const versions = 'alembic/versions'

/** What `counterfoil.config.json` says about them. */
export const tracks = {
  sqlite: { files: [list], registers: { line: String.raw`^\s*\(\d+, "` } },
  postgres: { files: [`${versions}/*.py`], registers: 'file' },
}

const python = (entries, more = '') => `"""Migrations of the SQLite database, in order."""

MIGRATIONS = [
${entries.map((entry) => `    ${entry}\n`).join('')}]
${more}`

const revision = (id, before, up, down = 'pass') => `"""${id}"""
from alembic import op
import sqlalchemy as sa

revision = "${id}"
down_revision = ${JSON.stringify(before).replace('[', '(').replace(']', ')').replace('null', 'None')}


def upgrade():
    ${up}


def downgrade():
    ${down}
`

const shipped = [
  '(1, "users", "CREATE TABLE users (id INTEGER PRIMARY KEY)"),',
  '(2, "orders", "CREATE TABLE orders (id INTEGER PRIMARY KEY)"),',
]
const email = '(3, "email", "ALTER TABLE users ADD COLUMN email TEXT"),'
const addEmail = revision(
  '0003',
  '0002',
  'op.add_column("users", sa.Column("email", sa.Text()))',
  'op.drop_column("users", "email")',
)
const phone = '(4, "phone", "ALTER TABLE users ADD COLUMN phone TEXT"),'
const addPhone = revision('0004', '0002', 'op.add_column("users", sa.Column("phone", sa.Text()))')

const main = {
  'counterfoil.config.json': `${JSON.stringify({ check: { tracks } }, null, 2)}\n`,
  [list]: python(shipped),
  [`${versions}/0001_users.py`]: revision(
    '0001',
    null,
    'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))',
  ),
  [`${versions}/0002_orders.py`]: revision(
    '0002',
    '0001',
    'op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))',
  ),
}

const rebuild = `

def widen(connection):
    """SQLite cannot change a column: the table is built again. Called by hand, and registered nowhere."""
    connection.execute("CREATE TABLE users_new (id INTEGER PRIMARY KEY, name TEXT)")
    connection.execute("INSERT INTO users_new (id) SELECT id FROM users")
    connection.execute("DROP TABLE users")
    connection.execute("ALTER TABLE users_new RENAME TO users")
`

/** Commits for `repository()`: a branch per case. */
export const history = [
  { message: 'Two tracks', files: main },
  { on: 'sqlite-only', from: 'main', message: 'Add an address', files: { [list]: python([...shipped, email]) } },
  { on: 'postgres-only', from: 'main', message: 'Add an address', files: { [`${versions}/0003_email.py`]: addEmail } },
  {
    on: 'both',
    from: 'main',
    message: 'Add an address',
    files: { [list]: python([...shipped, email]), [`${versions}/0003_email.py`]: addEmail },
  },
  {
    on: 'comment',
    from: 'main',
    message: 'A remark',
    files: {
      [list]: python([...shipped, '# (3, "email", "ALTER TABLE users ADD COLUMN email TEXT"), is still to come']),
    },
  },
  {
    on: 'data',
    from: 'main',
    message: 'Fill in',
    files: { [list]: python([...shipped, '(3, "fill", "UPDATE users SET id = id WHERE id > 0"),']) },
  },
  {
    on: 'down',
    from: 'main',
    message: 'A way back',
    files: {
      [`${versions}/0002_orders.py`]: revision(
        '0002',
        '0001',
        'op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))',
        'op.drop_table("orders")',
      ),
    },
  },
  { on: 'rebuild', from: 'main', message: 'Widen a column', files: { [list]: python(shipped, rebuild) } },
  // Another branch with both tracks is merged first; this one has its commits before that, and its lines after.
  {
    on: 'late',
    from: 'main',
    message: 'Add a number',
    files: { [list]: python([...shipped, phone]), [`${versions}/0004_phone.py`]: addPhone },
  },
  { on: 'merged', from: 'both' },
  {
    on: 'late',
    merge: 'merged',
    message: 'Merge what came first',
    files: {
      [list]: python([...shipped, phone, email]),
      [`${versions}/0003_email.py`]: addEmail,
      [`${versions}/0005_heads.py`]: revision('0005', ['0003', '0004'], 'pass'),
    },
  },
]

/** What each branch has to get, with what it is compared with; and for an error the place of the DDL. */
export const expected = [
  { branch: 'sqlite-only', at: { path: list, line: 6, column: 19 }, lacks: 'postgres' },
  { branch: 'postgres-only', at: { path: `${versions}/0003_email.py`, line: 10, column: 8 }, lacks: 'sqlite' },
  { branch: 'both' },
  { branch: 'comment' },
  { branch: 'data' },
  { branch: 'down' },
  { branch: 'rebuild' },
  { branch: 'late', base: 'merged' },
]
