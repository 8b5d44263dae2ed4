// A trap in PGlite's WebAssembly: the answer just ends, and every later one is empty. What it has not confirmed is not done.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { migrate, plan, ready, rollback } from 'counterfoil/pglite'
import { fails } from './support/errors.mjs'
import { manifestOf } from './support/manifest.mjs'
import { freshPGlite, makeDataDir } from './support/pglite.mjs'

/** Calls itself until the stack of WebAssembly is full, which no check of PostgreSQL's sees. */
const trap = `create function public.deep(int) returns int language sql as 'select 1';
create or replace function public.deep(int) returns int language plpgsql as $$ begin return public.deep($1 + 1); end $$;
insert into notes values (1);
select public.deep(1);
insert into notes values (2);`
const files = {
  '001_notes.sql': '-- migrate:up\ncreate table notes (id int);\n',
  '002_deep.sql': `-- migrate:up\n${trap}\n`,
  '003_last.sql': '-- migrate:up\ncreate table last ();\n',
}
const stopped = {
  code: 'connection-lost',
  message: 'PGlite has stopped in the middle of an answer',
  help: 'this instance cannot be used any more: open the database again, and run again: the ledger knows what was done',
}

for (const [kind, made] of [
  ['with its protocol', (db) => db],
  // As a PGliteWorker.
  [
    'with no more than exec',
    (db) => Object.fromEntries(['query', 'exec', 'transaction'].map((name) => [name, (...args) => db[name](...args)])),
  ],
]) {
  test(`a migration at which PGlite stops is not done, ${kind}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'counterfoil-trap-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const dataDir = join(folder, 'data')
    await makeDataDir(dataDir)
    const db = made(await PGlite.create({ dataDir }))
    await fails(migrate(db, files), { ...stopped, applied: ['001'] })
    // Nor can anything else be done with it.
    for (const work of [migrate, plan, ready, rollback]) await fails(work(db, files), stopped)
    await fails(migrate(db, manifestOf(files)), stopped)
    // As the help says.
    const again = await PGlite.create({ dataDir })
    assert.deepEqual((await again.query('select version, state from schema_migrations')).rows, [
      { version: '001', state: 'applied' },
    ])
    assert.deepEqual((await again.query('select * from notes')).rows, [])
    const { applied } = await migrate(again, { ...files, '002_deep.sql': '-- migrate:up\nselect 1;\n' })
    assert.equal(applied.length, 2)
    await again.close()
  })

  test(`a step alone at which PGlite stops is not done, ${kind}`, async (t) => {
    const inner = await freshPGlite()
    // PostgreSQL's timer may be running, and would keep the process from its end.
    t.after(() => inner.close())
    const db = made(inner)
    await migrate(db, { '001_notes.sql': files['001_notes.sql'] })
    const set = {
      '001_notes.sql': files['001_notes.sql'],
      '002_deep.sql':
        `-- migrate:up transaction:false\n${trap.split('\n').slice(0, 3).join('\n')}\ncreate index concurrently i on notes (public.deep(id));\n`.replaceAll(
          'returns int language',
          'returns int immutable language',
        ),
    }
    await fails(migrate(db, set), { ...stopped, applied: [] })
  })
}

test('an answer with fewer ends than statements is not believed, though it has its own', async () => {
  const inner = await freshPGlite()
  let short = false
  const db = new Proxy(inner, {
    get(target, name) {
      if (name !== 'execProtocolRaw')
        return typeof target[name] === 'function' ? target[name].bind(target) : target[name]
      return async (...args) => {
        const answer = await target.execProtocolRaw(...args)
        // CommandComplete of the last statement, before ReadyForQuery: https://www.postgresql.org/docs/current/protocol-message-formats.html
        const last = Buffer.from(answer).lastIndexOf('C', answer.length - 7)
        return short ? Buffer.concat([answer.slice(0, last), answer.slice(-6)]) : answer
      }
    },
  })
  await migrate(db, { '001_notes.sql': files['001_notes.sql'] })
  short = true
  await fails(migrate(db, { '001_notes.sql': files['001_notes.sql'], '003_last.sql': files['003_last.sql'] }), stopped)
  await inner.close()
})
