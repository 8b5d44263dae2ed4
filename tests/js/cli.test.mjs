// The command line without a database: options, help, completion, configuration, environment, formats, and what is never
// printed. What `new` writes is compared with what the tools themselves write.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { plan, readSet } from 'counterfoil'
import { check } from 'counterfoil/guard'
import { readMigrations } from 'counterfoil/node'
import { resolveBinary } from 'dbmate'
import { counterfoil, environment, main, migration, project, root } from './support/cli.mjs'

const names = [
  'new',
  'status',
  'plan',
  'up',
  'down',
  'stamp',
  'create',
  'drop',
  'dev',
  'redo',
  'reset',
  'ready',
  'embed',
  'completion',
]
const here = { cwd: root }

describe('help', () => {
  test('there is an overview with every command, and help for each with options and examples', async () => {
    const { stdout, status } = await counterfoil(['--help'], here)
    assert.equal(status, 0)
    for (const name of names) assert.match(stdout, new RegExp(`^ {2}${name} +\\w`, 'm'))
    await Promise.all(
      names.map(async (name) => {
        const help = await counterfoil([name, '--help'], here)
        assert.deepEqual([help.status, help.stderr], [0, ''], name)
        assert.match(help.stdout, new RegExp(`^Usage: counterfoil ${name}.*\\[options\\]\\n\\n[A-Z]`))
        assert.match(help.stdout, new RegExp(`\\nExamples\\n( {2}# .+\\n {2}counterfoil ${name}.*\\n)`), name)
        assert.match(help.stdout, /\nEnds with 0 if /)
        for (const line of help.stdout.split('\n')) assert.ok(line.length <= 100 || /^ {2}counterfoil/.test(line), line)
        if (name === 'up') assert.equal((await counterfoil(['help', name], here)).stdout, help.stdout)
      }),
    )
  })

  test('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'pkg/package.json'), 'utf8'))
    assert.deepEqual(await counterfoil(['--version'], here), { status: 0, stdout: `${version}\n`, stderr: '' })
  })

  const wrong = [
    [['stauts'], 'there is no command stauts', /did you mean status\?/],
    [['--dir', 'x'], "unknown option '--dir'", /options follow the command/],
    [['up', '--dryrun'], "unknown option '--dryrun'", /did you mean --dry-run\?/],
    [['migrate'], 'there is no command migrate', /did you mean up\?/],
    [['rollback'], 'there is no command rollback', /did you mean down\?/],
    [['status', '--json'], "unknown option '--json'", /did you mean --format json\?/],
    [['status', '--database-url', 'x'], "unknown option '--database-url'", /did you mean --url\?/],
    [
      ['lint', '--database-url', 'x'],
      "unknown option '--database-url'",
      /^`counterfoil lint --help` says what there is$/,
    ],
    [['status', '--url', ''], '--url is empty', /<target>/],
    [
      ['status', '--url=pglite:memory', '--table', 'a.b.c'],
      'the ledger has more than one dot in its name: a.b.c',
      /schema\.name/,
    ],
    [['up', '--dir'], '--dir needs a value: <folder>', /^$/],
    [['up', '--dir', '--yes'], '--dir needs a value: <folder>', /write --dir=--yes/],
    [['up', '--yes=1'], '--yes takes no value', /leave out/],
    [['up', '--when', 'wiat'], "--when cannot be 'wiat'", /one of apply, wait, refuse: did you mean wait\?/],
    [['up', '--url', 'a', '-u', 'b'], '-u is given twice', /once/],
    [['down', '--steps', '-1'], '--steps needs a value: <number>', /--steps=-1/],
    [['down', '--steps', '1.5'], "--steps is not a whole number: '1.5'", /number/],
    [['status', 'all'], "unexpected argument 'all'", /status --help/],
    [['status', '--format', 'xml'], "--format cannot be 'xml'", /one of text, json, github, sarif/],
    [['new'], '<name> is missing: what it does, such as add_users', /new --help/],
    [['completion', 'tcsh'], "<shell> cannot be 'tcsh'", /one of bash, zsh, fish/],
  ]
  test('a call that is wrong ends with 2, and says what is right', async () => {
    await Promise.all(
      wrong.map(async ([args, message, help]) => {
        const { status, stdout, stderr } = await counterfoil(args, here)
        assert.deepEqual([status, stdout], [2, ''], args.join(' '))
        const [first, ...rest] = stderr.trim().split('\n')
        assert.equal(first, `error: ${message}`)
        assert.match(
          rest
            .join(' ')
            .replace(/^ *help: /, '')
            .replaceAll(/ +/g, ' '),
          help,
        )
      }),
    )
  })
})

describe('where settings come from', () => {
  const files = { 'db/migrations/001_a.sql': migration('select 1;'), 'other/002_b.sql': migration('select 2;') }
  const embedded = async (it, args = [], env = {}) => {
    const { stdout, stderr, status } = await it.run(['embed', ...args], { env })
    assert.equal(status, 0, stderr)
    return /path: "(.+?)"/.exec(stdout)[1]
  }

  test('a flag wins over the configuration, and that over the environment', async (t) => {
    const it = project(t, files)
    assert.equal(await embedded(it), '001_a.sql')
    assert.equal(await embedded(it, [], { DBMATE_MIGRATIONS_DIR: 'other' }), '002_b.sql')
    it.write({ '.env': 'DBMATE_MIGRATIONS_DIR=other\n' })
    assert.equal(await embedded(it), '002_b.sql')
    assert.equal(
      await embedded(it, [], { DBMATE_MIGRATIONS_DIR: 'db/migrations' }),
      '001_a.sql',
      '.env never wins over the environment',
    )
    it.write({ 'counterfoil.config.json': '{\n  // where they are\n  "dir": "db/migrations",\n}\n' })
    assert.equal(await embedded(it), '001_a.sql')
    assert.equal(await embedded(it, ['--dir', 'other']), '002_b.sql')
  })

  test('a configuration may be a module, and lie elsewhere: its paths are relative to it', async (t) => {
    const it = project(t, files)
    it.write({ 'settings/it.mjs': "export default { dir: '../other' }\n" })
    assert.equal(await embedded(it, ['--config', 'settings/it.mjs']), '002_b.sql')
  })

  test('a file of variables that is named wins over environment and configuration, and nothing else reads it', async (t) => {
    const it = project(t, {
      ...files,
      'some.env': 'DBMATE_MIGRATIONS_DIR=other\n',
      '.env': 'DBMATE_MIGRATIONS_DIR=nowhere\n',
    })
    assert.equal(await embedded(it, ['--dotenv', 'some.env'], { DBMATE_MIGRATIONS_DIR: 'db/migrations' }), '002_b.sql')
    it.write({ 'counterfoil.config.json': '{ "dir": "db/migrations" }' })
    assert.equal(await embedded(it, ['--dotenv', 'some.env']), '002_b.sql')
    assert.equal(await embedded(it, ['--dotenv', 'some.env', '--dir', 'db/migrations']), '001_a.sql')
    // As it is called when it is installed: Node itself sees the whole line first, and reads every `--env-file` on it.
    const { status, stdout, stderr } = spawnSync(main, ['embed', '--dotenv', 'no.env'], {
      cwd: it.folder,
      encoding: 'utf8',
      env: environment(),
    })
    assert.deepEqual(
      { status, stdout, stderr },
      {
        status: 2,
        stdout: '',
        stderr: 'error: the file no.env does not exist\n  help: name another file with --dotenv\n',
      },
    )
  })

  const wrong = [
    [
      '{\n  "dri": "x"\n}',
      /^error: there is no setting dri\n {2}--> counterfoil\.config\.json:2:3\n {3}\|\n 2 \| {3}"dri": "x"\n {3}\| {3}\^\n {2}help: did you mean dir\?\n$/,
    ],
    ['{ "dir": 3 }', /^error: dir is not a text\n {2}--> counterfoil\.config\.json:1:3\n/],
    [
      '{ "policy": { "mising": "note" } }',
      /^error: there is no setting policy\.mising\n {2}--> counterfoil\.config\.json:1:15\n[^]*did you mean missing\?/,
    ],
    [
      '{ "policy": { "edited-semantic": "fatal" } }',
      /^error: policy\.edited-semantic is none of note, warning, error\n {2}--> counterfoil\.config\.json:1:15\n/,
    ],
    [
      '{ "pglite": { "extension": {} } }',
      /^error: there is no setting pglite\.extension\n[^]*did you mean extensions\?/,
    ],
    ['{ "dir": "x" ', /^error: it is not JSON: close brace expected\n {2}--> counterfoil\.config\.json:1:14\n/],
    ['[]', /^error: the configuration is not an object\n/],
  ]
  test('what is wrong in a configuration is said with its place', async (t) => {
    const it = project(t, files)
    for (const [text, expected] of wrong) {
      it.write({ 'counterfoil.config.json': text })
      const { status, stdout, stderr } = await it.run(['embed'])
      assert.deepEqual([status, stdout], [2, ''], text)
      assert.match(stderr, expected)
    }
    it.write({ 'counterfoil.config.mjs': 'export default {}' })
    assert.match((await it.run(['embed'])).stderr, /there is also a counterfoil\.config\.mjs/)
    const { status, stderr } = await it.run(['embed', '--config', 'no.json'])
    assert.equal(status, 2)
    assert.match(stderr, /no\.json: the file does not exist/)
  })
})

describe('targets', () => {
  const wrong = [
    [undefined, 'no database is named', /DATABASE_URL/],
    ['', 'no database is named', /pglite:memory/],
    ['pglite:', 'the target pglite: names no folder', /pglite:\.\/folder/],
    ['pglite://data', 'the target is not understood: a folder of PGlite has no slashes in front', /pglite:\.\/folder/],
    ['memory://', 'the target is not understood: that is not how a PGlite in memory is named', /pglite:memory/],
    ['idb://app', "the target is not understood: that storage is a browser's", /pglite:\.\/folder/],
    ['./data', 'the target is not understood: that is a path', /pglite:/],
    ['localhost/app', 'the target is not understood: it does not say what kind of database it is', /postgres:\/\//],
    ['postgres:user@host/app', 'the target is not understood: two slashes are missing', /postgres:\/\//],
    ['mysql://user:hunter2@host/app', 'the target is not understood: that is another kind of database', /PostgreSQL/],
    [
      'jdbc:postgresql://host/app?password=hunter2',
      'the target is not understood: that is an address for Java',
      /jdbc/,
    ],
    [
      'prisma+postgres://host/?api_key=hunter2',
      "the target is not understood: that is an address of Prisma's own proxy",
      /direct/,
    ],
    [
      'host=localhost password=hunter2',
      "the target is not understood: that is the form of libpq's own",
      /postgres:\/\//,
    ],
    [
      'ftp://user:hunter2@host/app',
      'the target is not understood: its scheme is no kind of database that counterfoil knows',
      /postgres:\/\//,
    ],
    ['postgres://user:hun#ter2@host/app', 'the target is not a valid address', /%23/],
    ['postgres://user:hunter2@host:port/app', 'the target is not a valid address', /%40/],
    ['pglite:./nowhere', 'the PGlite in ./nowhere cannot be reached: the folder does not exist', /counterfoil up/],
  ]
  test('each wrong form is an error that says what is right, and no part of a password', async (t) => {
    const it = project(t, { 'db/migrations/001_a.sql': migration('select 1;') })
    await Promise.all(
      wrong.map(async ([url, message, help]) => {
        const { status, stdout, stderr } = await it.run(['status', '--format', 'json'], {
          env: url === undefined ? {} : { DATABASE_URL: url },
        })
        assert.equal(status, 2, stderr)
        const { error } = JSON.parse(stdout)
        assert.equal(error.message, message)
        assert.match(error.help, help)
        assert.match(stderr, /^error: /)
        assert.doesNotMatch(stdout + stderr, /hunter2|ter2/)
      }),
    )
    assert.deepEqual(readdirSync(it.folder).sort(), ['db', 'node_modules'], 'to look makes no database')
  })
})

describe('passwords', () => {
  // A usual one, one that is a word of our own, and one that is awkward in an address, a regular expression, JSON and a shell.
  const passwords = ['hunter2', 'error', 'p@ss:w/rd?x#y%41%zz a.*b+c(quo"te\\slash\'ünï$HOME`id`<&>']
  const forms = (password) =>
    [password, encodeURIComponent(password), encodeURI(password), JSON.stringify(password).slice(1, -1)].filter(
      (form) => form !== 'error',
    )

  test('they are in no output, whichever way they came in and whatever goes wrong', async (t) => {
    await Promise.all(
      passwords.map(async (password) => {
        const it = project(t, { 'db/migrations/001_a.sql': migration('select 1;') })
        const raw = `postgres://user:${password}@127.0.0.1:1/app`
        const url = `postgres://user:${encodeURIComponent(password)}@127.0.0.1:1/app`
        const port = `postgres://user:${encodeURIComponent(password)}@127.0.0.1:port/app`
        const config = JSON.stringify({ url, urll: raw })
        it.write({
          'bad.json': config,
          'broken.json': `${config.slice(0, -1)},,`,
          'good.json': JSON.stringify({ url }),
          'bad.mjs': `throw new Error(${JSON.stringify(`cannot use ${raw}`)})\n`,
        })
        const calls = [
          [['status', '--url', url]],
          [['status', '--url', raw]],
          [['status', `--url=${raw}`, '--format', 'json']],
          [['status'], { DATABASE_URL: url }],
          [['status', '--url', port, '--format', 'github']],
          [['status', '--url', 'postgres://user@127.0.0.1:1/app', '--format', 'sarif'], { PGPASSWORD: password }],
          [['status', raw]],
          [[raw]],
          [['status', `--${raw}`]],
          [['status', '--format', raw]],
          [['status', '--config', 'bad.json']],
          [['status', '--config', 'broken.json']],
          [['status', '--config', 'good.json']],
          [['status', '--config', 'bad.mjs']],
          [['status', '--help'], { DATABASE_URL: url }],
        ]
        for (const [args, env = {}] of password.length > 10 ? calls : calls.slice(0, 6)) {
          const { status, stdout, stderr } = await it.run(args, { env })
          assert.equal(status, args.includes('--help') ? 0 : 2, `${args.join(' ')}: ${stderr}`)
          const help = stderr.replaceAll(/as %40, \/ as %2F, # as %23, \? as\s+%3F, : as %3A, % as %25/g, '')
          for (const form of forms(password))
            assert.ok(!(stdout + help).includes(form), `${args.join(' ')} shows ${form}: ${stdout}${stderr}`)
        }
      }),
    )
  })
})

describe('completion', () => {
  test('its help says what it completes, and nothing of migrations', async () => {
    const { stdout } = await counterfoil(['completion', '--help'], here)
    assert.match(stdout.replaceAll(/\s+/g, ' '), /It completes the command `counterfoil`, and not `npx counterfoil`/)
    assert.match(stdout, /\nEnds with 0 if it was printed, 2 if there is no such shell\.\n/)
  })

  test('bash completes commands, options, values and files', async (t) => {
    const it = project(t, { 'plan.json': '', 'folder/x': '' })
    writeFileSync(join(it.folder, 'it.bash'), (await counterfoil(['completion', 'bash'], here)).stdout)
    const completed = (...words) => {
      const script = `source ./it.bash; COMP_WORDS=(counterfoil ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _counterfoil; printf '%s\\n' "\${COMPREPLY[@]}"`
      const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', script], {
        cwd: it.folder,
        encoding: 'utf8',
      })
      assert.equal(status, 0, stderr)
      assert.equal(stderr, '')
      return stdout.trim().split('\n')
    }
    assert.deepEqual(completed('st'), ['status', 'stamp'])
    assert.deepEqual(completed('stamp', '--step', ''), ['done', 'not-done'])
    assert.deepEqual(completed('up', '--dry'), ['--dry-run'])
    assert.deepEqual(completed('up', '--when', ''), ['apply', 'wait', 'refuse'])
    assert.deepEqual(completed('up', '--plan', 'pl'), ['plan.json'])
    assert.deepEqual(completed('up', '-d', 'f'), ['folder'])
    assert.deepEqual(completed('completion', 'z'), ['zsh'])
    assert.deepEqual(completed('help', 'rea'), ['ready'])
  })

  const there = (shell) => (spawnSync(shell, ['--version']).status === 0 ? false : `there is no ${shell} here`)

  test('fish completes commands, options and values', { skip: there('fish') }, async (t) => {
    const it = project(t)
    writeFileSync(join(it.folder, 'it.fish'), (await counterfoil(['completion', 'fish'], here)).stdout)
    const completed = (line) => {
      const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', `source it.fish; complete -C '${line}'`], {
        cwd: it.folder,
        encoding: 'utf8',
        env: environment({ HOME: it.folder }),
      })
      assert.equal(stderr, '')
      return stdout
        .trim()
        .split('\n')
        .map((found) => found.split('\t')[0])
    }
    assert.deepEqual(completed('counterfoil st'), ['status'])
    assert.deepEqual(completed('counterfoil up --dry'), ['--dry-run'])
    assert.deepEqual(completed('counterfoil up --when '), ['apply', 'refuse', 'wait'])
    assert.deepEqual(completed('counterfoil completion z'), ['zsh'])
  })

  test('zsh loads it, and knows the commands', { skip: there('zsh') }, async (t) => {
    const it = project(t)
    writeFileSync(join(it.folder, '_counterfoil'), (await counterfoil(['completion', 'zsh'], here)).stdout)
    // Completion needs a terminal: zsh's own pseudo-terminal module has one.
    const script = `
zmodload zsh/zpty
zpty it zsh -f -i
zpty -w it "PS1='> '; fpath=($PWD \\$fpath); autoload -Uz compinit; compinit -u -d $PWD/dump; zstyle ':completion:*' list-colors; echo read\\y"
zpty -r it text '*ready*'
zpty -w -n it $'counterfoil sta\\t'
zpty -r it text '*counterfoil status*' && print found command
zpty -w -n it $'--form\\t'
zpty -r it text '*--format*' && print found option
zpty -w -n it $' jso\\t'
zpty -r it text '*json*' && print found value
zpty -d it`
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', script], {
      cwd: it.folder,
      encoding: 'utf8',
      timeout: 60_000,
      env: environment({ HOME: it.folder }),
    })
    assert.equal(stdout, 'found command\nfound option\nfound value\n', stderr)
  })
})

describe('new', () => {
  test('of Flyway it is above every version, in whatever folder or language that is', async (t) => {
    const it = project(t, {
      'm/V1.2__a.sql': 'select 1;',
      'm/V1.10__b.java': '',
      'm/later/V1_11__c.sql': 'select 1;',
      'm/more/V1.12__d.java': '',
    })
    const { stdout, stderr } = await it.run(['new', 'e', '--dir', 'm', '--convention', 'flyway'])
    assert.match(stdout, /V1\.13__e\.sql\n$/, stderr)
  })

  const conventions = join(root, 'tests/data/conventions')

  test('in an empty folder it writes what dbmate writes', async (t) => {
    const it = project(t)
    const { status, stdout, stderr } = await it.run(['new', 'add', 'users'])
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^db\/migrations\/\d{14}_add_users\.sql\n$/)
    const dbmate = spawnSync(resolveBinary(), ['--no-dump-schema', '--migrations-dir', 'theirs', 'new', 'add_users'], {
      cwd: it.folder,
      encoding: 'utf8',
      env: environment({ DATABASE_URL: 'postgres://x/y' }),
    })
    assert.equal(dbmate.status, 0, dbmate.stderr)
    const [theirs] = readdirSync(join(it.folder, 'theirs'))
    assert.match(theirs, /^\d{14}_add_users\.sql$/)
    assert.equal(
      readFileSync(join(it.folder, stdout.trim()), 'utf8'),
      readFileSync(join(it.folder, 'theirs', theirs), 'utf8'),
    )
  })

  test("Drizzle's journal keeps its form: indentation and ends of lines", async (t) => {
    const it = project(t)
    it.copy(join(conventions, 'drizzle'), 'm')
    const path = join(it.folder, 'm/meta/_journal.json')
    const journal = JSON.parse(readFileSync(path, 'utf8'))
    const form = (value) => JSON.stringify(value, null, '\t').replaceAll('\n', '\r\n')
    writeFileSync(path, form(journal))
    const { status, stderr } = await it.run(['new', 'add users', '--dir', 'm'])
    assert.equal(status, 0, stderr)
    const after = readFileSync(path, 'utf8')
    assert.equal(after, form(JSON.parse(after)))
    assert.deepEqual(JSON.parse(after).entries.slice(0, -1), journal.entries)
    assert.equal(JSON.parse(after).entries.at(-1).tag, '0002_add_users')
  })

  // What a set of each convention gets, by the fixtures of the conventions.
  const expected = {
    dbmate: [/^\d{14}_add_users\.sql$/],
    'golang-migrate': [/^000011_add_users\.up\.sql$/, /^000011_add_users\.down\.sql$/],
    goose: [/^00005_add_users\.sql$/],
    'sql-migrate': [/^\d{8}-add_users\.sql$/],
    prisma: [/^\d{14}_add_users\/migration\.sql$/],
    drizzle: [/^0002_add_users\.sql$/],
    'drizzle-folders': [/^\d{14}_add_users\/migration\.sql$/],
    flyway: [/^2024\/V2\.11__add_users\.sql$/],
    sqlx: [/^\d{14}_add_users\.up\.sql$/, /^\d{14}_add_users\.down\.sql$/],
    supabase: [/^supabase\/migrations\/\d{14}_add_users\.sql$/],
    plain: [/^00011_add_users\.sql$/],
    refinery: [/^later\/V11__add_users\.sql$/],
    'node-pg-migrate': [/^\d{13}_add_users\.sql$/],
    'graphile-migrate': [/^committed\/000004-add_users\.sql$/],
    tern: [/^005_add_users\.sql$/],
    hasura: [/^\d{13}_add_users\/up\.sql$/, /^\d{13}_add_users\/down\.sql$/],
    atlas: [/^\d{14}_add_users\.sql$/],
    folders: [/^011-add_users\/up\.sql$/, /^011-add_users\/down\.sql$/],
    dialects: [/^0003_add_users\.pg\.sql$/],
    diesel: [/^\d{4}-\d\d-\d\d-\d{6}_add_users\/up\.sql$/, /^\d{4}-\d\d-\d\d-\d{6}_add_users\/down\.sql$/],
  }
  for (const [name, patterns] of Object.entries(expected))
    test(`${name}: named and marked as the set is, and the newest of it`, async (t) => {
      const it = project(t)
      it.copy(join(conventions, name), 'm')
      const before = await readMigrations(join(it.folder, 'm'))
      const { status, stdout, stderr } = await it.run(['new', 'add users', '--dir', 'm'])
      assert.equal(status, 0, stderr)
      const paths = stdout
        .trim()
        .split('\n')
        .map((path) => path.slice('m/'.length))
      assert.equal(paths.length, patterns.length)
      paths.forEach((path, index) => assert.match(path, patterns[index]))
      // Read as one more migration of the set, which is the newest.
      const after = await readMigrations(join(it.folder, 'm'))
      const versioned = (files) => readSet(files).migrations.filter(({ repeatable }) => !repeatable)
      assert.equal(versioned(after).length, versioned(before).length + 1)
      if (name !== 'sql-migrate') assert.equal(versioned(after).at(-1).path, paths[0])
      for (const path of Object.keys(before))
        if (!path.endsWith('_journal.json') && !path.endsWith('atlas.sum'))
          assert.equal(after[path], before[path], path)
      // And once more: above the one that was just made, whatever the clock says.
      if (!['goose', 'sql-migrate', 'prisma', 'diesel'].includes(name)) return
      const again = await it.run(['new', 'add users', '--dir', 'm', '--format', 'json'])
      assert.equal(again.status, 0, again.stderr)
      assert.notDeepEqual(JSON.parse(again.stdout).paths, stdout.trim().split('\n'))
    })

  test('a plan, the guards and `new` propose one version', async (t) => {
    // The last column by hand: `date -d` for the times. They lie in the future, where no clock is later.
    for (const [newest, next] of [
      ['27990228235959', '27990301000000'],
      ['27990228235959999', '27990301000000000'],
      ['27991231', '28000101'],
      ['9999999998', '9999999999'],
      ['0009', '0010'],
    ]) {
      const [a, b] = [`${newest}_a.sql`, `${newest}_b.sql`]
      const files = { [a]: migration('select 1;'), [b]: migration('select 2;') }
      const { decisions } = plan(files, [], { convention: 'dbmate' })
      for (const { help } of decisions) assert.match(help, new RegExp(`, such as ${next}$`))
      const base = { [`db/${a}`]: files[a] }
      const head = { ...base, [`db/${b}`]: files[b] }
      const set = { dir: 'db', convention: 'dbmate', base, head }
      const { renumber } = await check({ sets: [set], messages: [], edits: [] })
      assert.deepEqual(renumber, [{ path: `db/${b}`, to: `db/${next}_b.sql`, version: next }])
      const it = project(t, { [`db/migrations/${a}`]: files[a] })
      assert.equal((await it.run(['new', 'b'])).stdout, `db/migrations/${next}_b.sql\n`)
    }
  })

  test('a set from the future gets a later version all the same', async (t) => {
    const it = project(t, { 'db/migrations/29991231235959_a.sql': migration('select 1;') })
    assert.equal((await it.run(['new', 'b'])).stdout, 'db/migrations/30000101000000_b.sql\n')
  })

  test('names become paths that cannot lead elsewhere', async (t) => {
    const it = project(t)
    for (const [name, expected] of [
      ['../../etc/passwd', 'etc_passwd'],
      ['Übersicht & mehr.sql', 'Übersicht_mehr'],
      ['a:b*c?d', 'a_b_c_d'],
    ])
      assert.match((await it.run(['new', name])).stdout, new RegExp(`^db/migrations/\\d{14}_${expected}\\.sql\n$`))
    assert.match((await it.run(['new', '...'])).stderr, /^error: the name has no letter or digit\n/)
    assert.match((await it.run(['new', 'x', '--convention', 'rails'])).stderr, /^error: there is no convention rails\n/)
  })
})

test('whoever stops reading does no harm', () => {
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', `set -o pipefail; '${process.execPath}' '${main}' up --help | head -1`],
    { encoding: 'utf8', env: environment() },
  )
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: 'Usage: counterfoil up [options]\n', stderr: '' })
})

test('the licences of what is bundled are in the package', () => {
  const text = readFileSync(join(root, 'pkg/cli/LICENSES.txt'), 'utf8')
  for (const name of [
    'pg',
    'pg-protocol',
    'pg-types',
    'pgpass',
    'get-east-asian-width',
    'fastest-levenshtein',
    'jsonc-parser',
  ])
    assert.match(text, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, 'm'))
  assert.doesNotMatch(text, /^@electric-sql/m)
})
