// `counterfoil squash`: one baseline in place of a chain of migrations.
import { basename, join } from 'node:path'
import { filesBefore, namedIn } from '../../git/named.js'
import type { ReadOptions } from '../../options/public.js'
import { readMigrations } from '../../node.js'
import { failure } from '../../shared/errors.js'
import { visible } from '../../shared/printed.js'
import { baselineIn, stemOf } from '../../squash/place.js'
import { proveSquash } from '../../squash/prove.js'
import { readSet, squash } from '../../squash/squash.js'
import type { SquashProof, Squashed } from '../../squash/public.js'
import { init } from '../../wasm/init.js'
import { emptyPGlite } from '../connect/connect-pglite.js'
import { filled, filling, withDatabase } from '../connect/session.js'
import { Usage, counted, databaseOptions, define, fine, found, type Call, type Values } from '../frame/command.js'
import { readFolder, sayLed } from '../text/links.js'
import { print, printJson, say } from '../text/print.js'
import { out, type Style } from '../text/style.js'
import { adopted } from './squash-adopt.js'
import { countedIn } from '../../squash/counted.js'
import { archived, carriedOut, takenBack, textOf } from './squash-files.js'

const options = {
  ...databaseOptions,
  ...filling,
  through: {
    type: 'string',
    value: '<version>',
    about: 'the last migration that is replaced (default: the last of all)',
  },
  name: { type: 'string', value: '<name>', about: 'what the baseline is called', default: 'baseline' },
  as: { type: 'string', value: '<version>', about: 'its version (default: the one after the last that it replaces)' },
  rows: {
    type: 'string',
    value: '<carry|list>',
    about: 'whether the baseline carries the rows that the migrations leave, or they are only named',
    choices: ['carry', 'list'],
    default: 'carry',
  },
  literal: {
    type: 'string',
    value: '<table.column>',
    about: 'write its values as they are although every replay has others',
    multiple: true,
  },
  dump: {
    type: 'string',
    value: '<file>',
    about:
      'what `pg_dump --schema-only --exclude-table=<ledger>` has written of a database that has just these migrations',
    completes: 'file',
  },
  drop: {
    type: 'string',
    value: '<table t|column t.c>',
    about:
      'what is dead, and stays out of the baseline: `table app.t`, `column app.t.c`. Two scripts put it aside in a database, and bring it back. With --prove, what a baseline has left out',
    multiple: true,
  },
  keep: {
    type: 'string',
    value: '<schema|suffix>',
    about: 'for --drop: put it into a schema of its own, or rename it where no schema may be made',
    choices: ['schema', 'suffix'],
    default: 'schema',
  },
  kept: { type: 'string', value: '<name>', about: 'for --drop: that schema or suffix (default: kept_ and the day)' },
  ledger: {
    type: 'string',
    value: '<dbmate>',
    about: 'for --drop: the script also tells dbmate that the baseline is applied',
    choices: ['dbmate'],
  },
  counted: {
    type: 'boolean',
    about:
      'for --drop: count its rows and values in the database of --url. The script then stops where there are not as many: somebody has written to it',
  },
  adopt: {
    type: 'string',
    value: '<baseline>',
    about:
      'run the script that puts aside what a baseline leaves out, in the database of --url. It says first what goes where. On a terminal it asks then; without one it needs --yes',
  },
  yes: { type: 'boolean', about: 'for --adopt: do not ask', short: 'y' },
  'dry-run': { type: 'boolean', about: 'say what would be written, and do nothing', short: 'n' },
  prove: {
    type: 'string',
    value: '<baseline>',
    about: 'prove a baseline that is there: its version, or its name in .counterfoil',
  },
  chain: {
    type: 'string',
    value: '<folder>',
    about: 'for --prove: the files that it replaces (default: its archive, else the history of the repository)',
    completes: 'folder',
  },
  undo: { type: 'string', value: '<baseline>', about: 'take a squash back that has not shipped' },
} as const

export const command = define({
  about:
    "Replaces migrations by one baseline that makes the same, and proves that it does: the chain is replayed in an empty PGlite of this project, PostgreSQL's own pg_dump writes what came of it, the baseline is replayed in another, and both are compared, schema and rows. That pg_dump is in the package @electric-sql/pglite-tools, which the project needs; or hand in with --dump what a real one has written. Without a proof nothing is written. The replaced files go to .counterfoil/archive/, with the list by which every database adopts the baseline.",
  options,
  formats: ['text', 'json'],
  examples: [
    ['squash --through 20260402074500 --dry-run', 'what would come of it?'],
    ['squash --through 20260402074500', 'do it'],
    ['squash --dump schema.sql', 'with what a real pg_dump has written'],
    ['squash --prove 20260402074501', 'does a baseline make what it replaces?'],
    ['squash --undo 20260402074501', 'put the files back'],
    ["squash --drop 'table app.links' --drop 'column app.users.retries'", 'a baseline without what is dead'],
    ['squash --adopt 20260402074501', 'put that aside in this database'],
  ],
  exits:
    '0 if it was written or is proved, 1 if the baseline does not make the same or cannot be made, 2 if it was called in a wrong way',
  async run(call) {
    const { prove, undo, adopt } = call.values
    if ([prove, undo, adopt].filter((one) => one !== undefined).length > 1)
      throw new Usage('--prove, --undo and --adopt are different things', 'give one of them')
    if (call.values.yes && adopt === undefined)
      throw new Usage('--yes is for --adopt: nothing else asks', 'leave it out')
    if (call.values.counted && call.values.drop.length === 0)
      throw new Usage('--counted is for --drop', 'name what is dead with --drop')
    if (call.values.chain !== undefined && prove === undefined)
      throw new Usage('--chain is for --prove', 'give --prove <baseline> as well')
    const files = await readFolder(call.values.dir)
    await init()
    if (undo !== undefined) return undone(call, files, undo)
    if (adopt !== undefined) return adopted(call, baselineOf(files, adopt, replayOptions(call)).path)
    return prove === undefined ? squashed(call, files) : proved(call, files, prove)
  },
})

type Squashing = Call<typeof options> & { readonly values: Values<typeof options> }
type Files = Readonly<Record<string, string>>

/** What the functions take. */
function replayOptions({ values, config, signal }: Squashing): ReadOptions {
  const { table, schema, convention } = values
  return {
    signal,
    ...(table !== undefined && { table }),
    ...(schema.length > 0 && { schema }),
    ...(convention !== undefined && { convention }),
    ...(config.policy && { policy: config.policy }),
    ...filled(values),
  }
}

async function squashed(call: Squashing, files: Files): Promise<number> {
  const { dir, through, name, as, rows, dump, drop, keep, kept, ledger, 'dry-run': dry } = call.values
  if (dump !== undefined) await sayLed(dump)
  const counts = call.values.counted
    ? await withDatabase(call, {}, ({ driver, db }) => countedIn(driver, db, drop))
    : undefined
  const made = await squash(() => emptyPGlite(call.config), files, {
    ...replayOptions(call),
    ...(through !== undefined && { through }),
    ...(as !== undefined && { version: as }),
    ...(dump !== undefined && { dump: await textOf(dump, 'name a file that pg_dump has written') }),
    name,
    literal: call.values.literal,
    rows: rows as 'carry' | 'list',
    ...(drop.length > 0 && {
      drop,
      keep: keep as 'schema' | 'suffix',
      ...(kept !== undefined && { kept }),
      ...(ledger !== undefined && { ledger: 'dbmate' as const }),
      ...(counts && { counted: counts }),
    }),
  })
  const names = made.moves.map(({ path }) => nameOf(path))
  const named = await namedIn([...new Set(names)], dir)
  if (!dry) await carriedOut(dir, made)
  const style = out()
  if (call.format === 'json') printJson({ ...made, written: !dry, named })
  else print(lines(made, dir, dry, style))
  for (const { severity, message, help } of made.findings) say(`${severity}: ${visible(message)}`, visible(help))
  for (const { path, line } of named) say(`${visible(path)}:${line} names a file that ${dry ? 'would go' : 'is gone'}`)
  return fine
}

/** What a file is called elsewhere: where a migration is a folder, by that. */
function nameOf(path: string): string {
  const parts = path.split('/')
  return /^(?:migration|up|down|metadata)\.\w+$/.test(parts.at(-1)!) && parts.length > 1 ? parts.at(-2)! : parts.at(-1)!
}

async function proved(call: Squashing, files: Files, baseline: string): Promise<number> {
  const { dir, chain, drop, format } = { ...call.values, format: call.format }
  const options = replayOptions(call)
  const { path } = baselineOf(files, baseline, options)
  const { folder, stem } = stemOf(path)
  const before = chain === undefined ? await chainOf(dir, files, path, folder, stem) : await readMigrations(chain)
  const proof = await proveSquash(() => emptyPGlite(call.config), files, baseline, before, {
    ...options,
    ...(drop.length > 0 && { drop }),
  })
  const wrong = proof.differences.length + proof.rowDifferences.length
  const style = out()
  if (format === 'json') printJson(proof)
  else
    print([
      ...proof.differences.map(({ message }) => `${style.red('difference')}: ${visible(message)}`),
      ...proof.rowDifferences.map((message) => `${style.red('difference')}: ${visible(message)}`),
      ...proof.notes.map(({ message }) => `${style.dim('note')}: ${visible(message)}`),
      ...proof.notCompared.map((what) => `${style.yellow('not compared')}: ${visible(what)}`),
      wrong > 0 ? style.red(`differs: ${counted(wrong, 'difference')}`) : style.green(sumOf(proof)),
    ])
  return wrong > 0 || proof.notCompared.length > 0 ? found : fine
}

/** The files that a baseline replaces, with those that lie beside it still: from its archive, or from the repository. */
async function chainOf(dir: string, files: Files, path: string, folder: string, stem: string): Promise<Files> {
  const archive = await archived(dir, folder, stem)
  if (Object.keys(archive).length > 0) {
    const beside = Object.fromEntries(
      Object.entries(files).filter(([other]) => other !== path && other !== `${folder}.counterfoil/${stem}.json`),
    )
    return {
      ...beside,
      ...Object.fromEntries(Object.entries(archive).map(([other, text]) => [`${folder}${other}`, text])),
    }
  }
  const before = await filesBefore(dir, path)
  if (before !== undefined) return before
  throw failure(
    'invalid-input',
    `the files that ${stem} replaces are in no archive, and the history of the repository does not have them`,
    'name the folder that holds them with --chain',
  )
}

async function undone(call: Squashing, files: Files, baseline: string): Promise<number> {
  const { dir } = call.values
  const { path } = baselineOf(files, baseline, replayOptions(call))
  const { folder, stem } = stemOf(path)
  const back = await takenBack(dir, path, folder, stem)
  if (call.format === 'json') printJson({ removed: path, back })
  else print([`${counted(back.length, 'file')} put back, ${visible(join(dir, path))} removed`])
  return fine
}

function baselineOf(files: Files, baseline: string, options: ReadOptions): { path: string } {
  const set = readSet(files, options)
  const found = baselineIn(set, baseline)
  if (found) return found
  const known = set.migrations.filter(({ replaces }) => replaces.length > 0).map(({ version }) => version)
  throw new Usage(
    `there is no baseline ${visible(baseline)}`,
    known.length > 0
      ? `there is ${visible(known.join(', '))}`
      : 'no file of this folder has a list of what it replaces',
  )
}

function sumOf({ facts, rows, tools }: SquashProof): string {
  const { postgres, pg_dump: dump } = tools
  return `proved: ${counted(facts, 'fact')} and ${counted(rows, 'row')} are the same (PostgreSQL ${postgres}${dump === undefined ? '' : `, pg_dump ${dump}`})`
}

function lines(made: Squashed, dir: string, dry: boolean, style: Style): string[] {
  const { baseline, replaces, roles, rows, proof } = made
  const range = replaces.length === 1 ? replaces[0]! : `${replaces[0]} to ${replaces.at(-1)}`
  return [
    `${style.bold(visible(join(dir, baseline)))} ${dry ? 'would replace' : 'replaces'} ${counted(replaces.length, 'migration')}: ${visible(range)}`,
    style.green(sumOf(proof)),
    ...rows.map(({ table, rows }) => `rows: ${visible(table)} (${rows})`),
    ...(roles.length > 0 ? [`roles: ${visible(roles.join(', '))}`] : []),
    ...proof.notes.map(({ message }) => `${style.dim('note')}: ${visible(message)}`),
    ...made.files.map(
      ({ path, changed }) => `${dry ? 'would write' : changed ? 'changed' : 'written'}: ${visible(join(dir, path))}`,
    ),
    ...asideLines(made),
    `${dry ? 'would move' : 'moved'}: ${counted(made.moves.length, 'file')} to ${visible(join(dir, made.moves[0]!.to.slice(0, made.moves[0]!.to.indexOf('/archive/') + 9) + basename(stemOf(baseline).stem)))}`,
  ]
}

/** What goes aside, how to copy it first, and what speaks of it. */
function asideLines({ aside }: Squashed): string[] {
  if (aside === undefined) return []
  const { moves, uses, commands } = aside
  return [
    ...moves.map((moved) => `aside: ${visible(moved)}`),
    ...uses.map((used) => `speaks of it: ${visible(used)}`),
    'nobody has looked at the code of programs: that it is dead is your word',
    'before it is put aside in a database, copy it:',
    ...commands.map((command) => `  ${visible(command)}`),
  ]
}
