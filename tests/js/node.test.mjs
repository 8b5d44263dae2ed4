import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { readMigrations } from 'counterfoil/node'
import { fails } from './support/errors.mjs'

const base = mkdtempSync(join(tmpdir(), 'counterfoil-node-'))
after(() => rmSync(base, { recursive: true, force: true }))
let made = 0

/** A folder with these files; values are texts or bytes. */
function folder(files) {
  const directory = join(base, `set-${++made}`)
  mkdirSync(directory)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), content)
  }
  return directory
}

const pathsOf = async (files) => Object.keys(await readMigrations(folder(files)))

test('a folder becomes paths and texts, in order, byte for byte', async () => {
  const files = await readMigrations(folder({ '002_b.sql': 'b\r\n', '001_a.sql': '\ufeffa', '010_ü.sql': '' }))
  assert.deepEqual({ ...files }, { '001_a.sql': '\ufeffa', '002_b.sql': 'b\r\n', '010_ü.sql': '' })
  assert.deepEqual(Object.keys(files), ['001_a.sql', '002_b.sql', '010_ü.sql'])
  assert.equal(Object.getPrototypeOf(files), null)
})

test('the files that conventions keep beside their migrations come along', async () => {
  const wanted = [
    '.counterfoil/100_baseline.json',
    '0000_init.sql',
    '20240101_x/migration.sql',
    '2024_y/down.sql',
    '2024_y/metadata.toml',
    '2024_y/up.sql',
    'V1__a.sql',
    'V1__a.sql.conf',
    'meta/_journal.json',
    'migration_lock.toml',
    'odd.sql/migration.sql',
    '00012_code.go',
  ]
  const unwanted = [
    'README.md',
    '.git/x.sql',
    '.hidden/x.sql',
    'node_modules/p/x.sql',
    'meta/0000_snapshot.json',
    '20240101_x/snapshot.json',
    'sum.txt',
    'main.go',
    '.counterfoil/notes.txt',
  ]
  const found = await pathsOf(Object.fromEntries([...wanted, ...unwanted].map((path) => [path, ''])))
  assert.deepEqual(found.sort(), wanted.sort())
})

test('a file: URL works, and an empty folder is an empty set', async () => {
  const directory = folder({})
  assert.deepEqual({ ...(await readMigrations(pathToFileURL(directory))) }, {})
})

test('a folder that is not there, or is a file, is named', async () => {
  const missing = join(base, 'nowhere')
  await fails(readMigrations(missing), { code: 'invalid-input', message: `the folder ${missing} does not exist` })
  const file = join(folder({ 'a.sql': '' }), 'a.sql')
  await fails(readMigrations(file), { code: 'invalid-input', message: `${file} is not a folder` })
  await fails(readMigrations(undefined), { code: 'invalid-input' })
})

test('a file that is not UTF-8 is named, with line, column and byte', async () => {
  const latin1 = Buffer.from("select 1;\n-- é ok\nselect 'caf\xe9';\n", 'latin1')
  await fails(
    readMigrations(
      folder({
        '001_a.sql': Buffer.concat([
          Buffer.from('-- ü\n'),
          Buffer.from('select 1;\n'),
          Buffer.from("select 'caf\xe9';\n", 'latin1'),
        ]),
      }),
    ),
    {
      code: 'invalid-text',
      at: { path: '001_a.sql', line: 3, column: 12 },
      message: /the file is not UTF-8: byte 27 is 0xe9/,
    },
  )
  await fails(readMigrations(folder({ '001_a.sql': latin1 })), {
    code: 'invalid-text',
    at: { path: '001_a.sql', line: 2, column: 4 },
  })
  await fails(readMigrations(folder({ '001_a.sql': Buffer.from('\xff\xfes\0', 'latin1') })), {
    at: { path: '001_a.sql', line: 1, column: 1 },
  })
  // Cut off in the middle of a character at the end of the file.
  await fails(readMigrations(folder({ '001_a.sql': Buffer.from([0x61, 0xc3]) })), {
    at: { path: '001_a.sql', line: 1, column: 2 },
  })
})

test('links are followed; a circle of them ends, and a dead one is named', async () => {
  const shared = folder({ '001_a.sql': 'a' })
  const directory = folder({ '002_b.sql': 'b', 'deep/003_c.sql': 'c' })
  symlinkSync(shared, join(directory, 'shared'))
  symlinkSync(join(shared, '001_a.sql'), join(directory, '001_link.sql'))
  symlinkSync('..', join(directory, 'deep/up'))
  const files = await readMigrations(directory)
  assert.deepEqual(Object.keys(files).sort(), ['001_link.sql', '002_b.sql', 'deep/003_c.sql', 'shared/001_a.sql'])
  symlinkSync('nowhere', join(directory, '004_d.sql'))
  await fails(readMigrations(directory), {
    code: 'invalid-input',
    message: '004_d.sql is a symbolic link to a file that is not there',
  })
})

test(
  'a file that may not be read is named',
  { skip: process.getuid?.() === 0 && 'root may read everything' },
  async () => {
    const directory = folder({ '001_a.sql': 'a' })
    chmodSync(join(directory, '001_a.sql'), 0)
    await fails(readMigrations(directory), { code: 'invalid-input', message: /001_a\.sql cannot be read/ })
  },
)

test('thousands of files are read without running out of open files', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, n) => [`${String(n).padStart(4, '0')}_x.sql`, `select ${n};`]),
  )
  const read = await readMigrations(folder(files))
  assert.equal(Object.keys(read).length, 5_000)
  assert.equal(read['4999_x.sql'], 'select 4999;')
})
