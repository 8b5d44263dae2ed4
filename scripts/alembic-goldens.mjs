// Writes tests/data/alembic/*/golden.json: what Alembic says of the revisions there, on a real PostgreSQL. By hand only:
//     PYTHON=venv/bin/python node scripts/alembic-goldens.mjs       (needs `pip install alembic psycopg[binary]`)
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../tests/js/support/postgres.mjs'
import { root } from './lib.mjs'

// Goes up to every revision on its own, then to all; each time, what is in the table and what Alembic would run next.
const program = `
import json, sys
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
folder, *urls = sys.argv[1:]
config = Config()
config.set_main_option("script_location", folder)
script = ScriptDirectory.from_config(config)
heads = sorted(script.get_heads())
names = sorted(r.revision for r in script.walk_revisions())
def state(url):
    with create_engine(url).connect() as connection:
        rows = sorted(MigrationContext.configure(connection).get_current_heads())
    return {"rows": rows, "pending": [step.revision.revision for step in script._upgrade_revs("heads", tuple(rows))]}
states = []
for target, url in zip(names + ["heads"], urls):
    config.set_main_option("sqlalchemy.url", url)
    command.upgrade(config, target)
    states.append({"upgrade": target, **state(url)})
print(json.dumps({"heads": heads, "revisions": names, "states": states}))
`
const env = `from alembic import context
from sqlalchemy import create_engine
with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
`

const data = join(root, 'tests/data/alembic')
const server = await startPostgres()
try {
  for (const { name } of readdirSync(data, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    const folder = mkdtempSync(join(tmpdir(), 'counterfoil-alembic-'))
    cpSync(join(data, name), join(folder, 'versions'), { recursive: true })
    writeFileSync(join(folder, 'env.py'), env)
    const urls = []
    for (let count = readdirSync(join(data, name)).length + 1; count > 0; count -= 1)
      urls.push(server.url(await server.createDatabase()).replace('postgres:', 'postgresql+psycopg:'))
    const { status, stdout, stderr } = spawnSync(process.env.PYTHON ?? 'python3', ['-c', program, folder, ...urls], {
      encoding: 'utf8',
    })
    rmSync(folder, { recursive: true })
    if (status !== 0) throw new Error(stderr)
    const { heads, revisions, states } = JSON.parse(stdout)
    const lines = states.map((state) => `    ${JSON.stringify(state)}`)
    writeFileSync(
      join(data, name, 'golden.json'),
      `{\n  "heads": ${JSON.stringify(heads)},\n  "revisions": ${JSON.stringify(revisions)},\n  "states": [\n${lines.join(',\n')}\n  ]\n}\n`,
    )
    console.log(name, heads.join(' '))
  }
} finally {
  await server.stop()
}
