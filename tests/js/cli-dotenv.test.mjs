// Files of variables. What a value means was asked of the programs that read the same file: dbmate, which is run here, and a
// shell. `embed` prints which folder a variable led to.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { resolveBinary } from 'dbmate'
import { environment, migration, project } from './support/cli.mjs'

const files = {
  'one/001_one.sql': migration('select 1;'),
  'two/002_two.sql': migration('select 2;'),
  '$X/003_dollar.sql': migration('select 3;'),
  '${X}/004_braces.sql': migration('select 4;'),
}

/** The only file of the folder that was found, or what was said instead. */
async function led(it, args = [], env = {}) {
  const { status, stdout, stderr } = await it.run(['embed', ...args], { env })
  return status === 0 ? /\d{3}_\w+\.sql/.exec(stdout)?.[0] : stderr
}

/** The folder that dbmate reads under this `.env`: it names the folder that it does not find. */
function theirs(it, env = {}) {
  const { stderr } = spawnSync(resolveBinary(), ['--no-dump-schema', '--url', 'sqlite:x.sqlite3', 'migrate'], {
    cwd: it.folder,
    env: environment(env),
    encoding: 'utf8',
  })
  return /could not find migrations directory `(.*)`/.exec(stderr)?.[1]
}

describe('.env', () => {
  test('a byte order mark is no part of the first name', async (t) => {
    const it = project(t, { ...files, '.env': '\uFEFFDBMATE_MIGRATIONS_DIR=two\r\n' })
    assert.equal(await led(it), '002_two.sql')
  })

  test('UTF-16, which would hold no variable, is refused', async (t) => {
    const it = project(t, files)
    it.write({ 'windows.env': Buffer.from('\uFEFFDBMATE_MIGRATIONS_DIR=two\r\n', 'utf16le') })
    assert.equal(await led(it, ['--dotenv', 'windows.env']), 'error: windows.env is UTF-16\n  help: save it as UTF-8\n')
  })

  test('${NAME} is the variable outside single quotes, and \\$ is a dollar', async (t) => {
    const it = project(t, files)
    for (const [line, file] of [
      ['DBMATE_MIGRATIONS_DIR=${X}', '002_two.sql'],
      ['DBMATE_MIGRATIONS_DIR="${X}"', '002_two.sql'],
      ["DBMATE_MIGRATIONS_DIR='${X}'", '004_braces.sql'],
      ["export DBMATE_MIGRATIONS_DIR = '${X}' # where they are", '004_braces.sql'],
      ['DBMATE_MIGRATIONS_DIR="\\${X}"', '004_braces.sql'],
      ['DBMATE_MIGRATIONS_DIR=\\$X', '003_dollar.sql'],
      ['DBMATE_MIGRATIONS_DIR=$X', '003_dollar.sql'],
      ['DBMATE_MIGRATIONS_DIR=${Y:-one}', '001_one.sql'],
      ['Y=\nDBMATE_MIGRATIONS_DIR=${Y:-one}', '001_one.sql'],
      ['DBMATE_MIGRATIONS_DIR=${X:-one}', '002_two.sql'],
      ['MANY="1\nDBMATE_MIGRATIONS_DIR=one\n"\nDBMATE_MIGRATIONS_DIR=${X}', '002_two.sql'],
    ]) {
      it.write({ '.env': `X=two\n${line}\n` })
      assert.equal(await led(it), file, line)
    }
  })

  test('dbmate reads the same folder out of it', (t) => {
    const it = project(t)
    for (const [line, folder] of [
      ['DBMATE_MIGRATIONS_DIR=${X}', 'two'],
      ['DBMATE_MIGRATIONS_DIR="${X}/deep"', 'two/deep'],
      ["DBMATE_MIGRATIONS_DIR='${X}'", '${X}'],
      ['DBMATE_MIGRATIONS_DIR="\\${X}"', '${X}'],
    ]) {
      it.write({ '.env': `X=two\n${line}\n` })
      assert.equal(theirs(it), folder, line)
    }
  })

  test('a variable of the environment is what it is there, and one of a named file wins', async (t) => {
    const it = project(t, { ...files, '.env': 'X=two\nDBMATE_MIGRATIONS_DIR=${X}\n' })
    assert.equal(await led(it, [], { X: 'one' }), '001_one.sql')
    assert.equal(await led(it, ['--dotenv', '.env'], { X: 'one' }), '002_two.sql')
    it.write({ '.env': 'DBMATE_MIGRATIONS_DIR=${X}\n' })
    assert.equal(await led(it, ['--dotenv', '.env'], { X: 'one' }), '001_one.sql')
  })

  test('a variable that nobody has is an error where it is used, with its name and no value', async (t) => {
    const it = project(t, { ...files, '.env': 'DATABASE_URL=postgres://app:Qmark${SECRET}@127.0.0.1:1/app\n' })
    const said =
      'error: .env: DATABASE_URL names ${SECRET}, and there is no such variable\n' +
      '  help: set SECRET in the environment or above it, or write \\${SECRET} if that is what it says\n'
    const status = async (args, env) => (await it.run(['status', '--dir', 'one', ...args], { env })).stderr
    assert.equal(await status([]), said)
    // Who names a database does not need it, and neither does a command without one.
    assert.match(await status(['--url', 'pglite:./none']), /the folder does not exist/)
    assert.match(await status([], { DATABASE_URL: 'pglite:./none' }), /the folder does not exist/)
    assert.equal(await led(it, ['--dir', 'one']), '001_one.sql')
    it.write({ '.env': 'DATABASE_URL=${SECRET}\nDATABASE_URL=pglite:./none\n' })
    assert.match(await status([]), /the folder does not exist/)
  })

  test('of several files that are named the last one wins, and sees those before it', async (t) => {
    const it = project(t, {
      ...files,
      'base.env': 'X=one\nDBMATE_MIGRATIONS_DIR=one\n',
      'over.env': 'X=two\n',
      'last.env': 'DBMATE_MIGRATIONS_DIR=${X}\n',
      '.env': 'DBMATE_MIGRATIONS_DIR=nowhere\n',
    })
    const named = (...names) => names.flatMap((name) => ['--dotenv', `${name}.env`])
    assert.equal(await led(it, named('base', 'over')), '001_one.sql')
    assert.equal(await led(it, named('base', 'over', 'last')), '002_two.sql')
    assert.equal(await led(it, named('base', 'last', 'over')), '001_one.sql')
    assert.equal(
      await led(it, named('base', 'none')),
      'error: the file none.env does not exist\n  help: name another file with --dotenv\n',
    )
  })
})
