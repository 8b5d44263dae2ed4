// `squash`: the chain is replayed, pg_dump writes what came of it, and the baseline is replayed as well: only one that makes
// the same is handed out. Loaded when it is called.
import type { MigrationSet } from '../core/core.js'
import { loadFiles, type AnyMigrations } from '../set/files.js'
import { isTexts, type AnyOptions } from '../options/options.js'
import { mustBeRight, type Checked } from '../options/wrong-options.js'
import { failure, MigrationError, type Mention } from '../shared/errors.js'
import { invalid, theOption } from '../shared/mentions.js'
import { init } from '../wasm/init.js'
import { review } from '../wasm/review.js'
import { coreNow } from '../wasm/start.js'
import { translated } from '../wasm/translated.js'
import type { Snapshot } from '../schema/public.js'
import { adoptScripts, asides, dropsOf, toldOf } from './adopt.js'
import { dumped } from './dump.js'
import { filesOf, journalOf, mustBeSquashable, pathOf, stemOf, textOf } from './place.js'
import { compared, provedOr, toolsOf } from './proof.js'
import type { MakePGlite, SquashFile, SquashFinding, SquashOptions, Squashed } from './public.js'
import { ledgerOf, replayed, replaying, type Replayed } from './replay.js'
import type { Contents, Surroundings } from './contents.js'

const isText = (value: unknown) => typeof value === 'string' && value !== ''
const checks = {
  through: [isText, 'the version of a migration'],
  name: [isText, 'a text'],
  version: [isText, 'a text'],
  rows: [(value: unknown) => value === 'carry' || value === 'list', 'one of carry, list'],
  literal: [isTexts, 'an array of columns'],
  dump: [isText, 'what pg_dump has written'],
} as const satisfies Record<string, Checked>

/** What the review module makes of a chain. */
interface Written {
  readonly statements: readonly string[]
  readonly rows: readonly { table: string; rows: number }[]
  readonly notRepeatable: readonly string[]
  readonly unlike: readonly string[]
  readonly refused: readonly string[]
}

/** What is replaced, and what stays. */
interface Cut {
  readonly set: MigrationSet
  readonly replaced: MigrationSet['migrations']
  /** Versions that are not replayed: later ones, and those that run again whenever they change. */
  readonly without: string[]
}

/** Makes a baseline. @internal */
export async function squash(
  make: MakePGlite,
  migrations: AnyMigrations,
  options: SquashOptions = {},
): Promise<Squashed> {
  mustBeRight(options, replaying, { ...checks, ...asides })
  const {
    through,
    name = 'baseline',
    version,
    rows = 'carry',
    literal = [],
    dump,
    drop,
    keep,
    kept,
    ledger,
    counted,
    ...others
  } = options
  let whole: Snapshot | undefined
  // What is dead goes before anything is dumped or read.
  const aside = drop && (async (schema: () => Promise<Snapshot>) => dropsOf((whole ??= await schema()), drop))
  await init()
  const files = await filesIn(migrations)
  const cut = cutAt(files, through, others)
  const ofLedger = ledgerOf(others)
  mustBeSquashable(cut.set.convention)
  const baseline = await placed(cut, files, name, version)
  const { tools, written, chain } = await replayed(
    make,
    files,
    others,
    cut.without,
    async (chain) => {
      const text = dump ?? (await dumped(chain.db, ofLedger))
      const contents = await chain.contents()
      refuseUnwritable(chain)
      const carried =
        rows === 'carry' &&
        (contents.tables.some(({ rows }) => rows.length > 0) || contents.sequences.some(({ moved }) => moved))
      const again = carried
        ? await replayed(make, files, others, cut.without, async (again) => again.contents(), aside)
        : undefined
      const { squash } = await review()
      const written = squash({
        dump: text,
        ledger: [ofLedger.schema, ofLedger.name],
        searchPath: pathToSet(chain, others),
        dropsPublic: !chain.schema.facts.some(([kind, name]) => kind === 'schema' && name === 'public'),
        ...newOnServer(chain),
        ...(carried && { contents, again }),
        filled: contents.filled,
        literal,
      }) as Written
      return { tools: toolsOf(text, chain.schema), written, chain: { ...chain, contents, again: again ?? contents } }
    },
    aside,
  )
  refuseUncarried(written)
  const text = textOf(cut.set.convention, written.statements)
  const replaced = cut.replaced.map(({ path }) => path)
  const { folder, stem } = stemOf(baseline)
  const moved = [...filesOf(replaced, Object.keys(files)), ...listsOf(cut.replaced, files)]
  const moves = moved.map((path) => ({
    path,
    to: `${folder}.counterfoil/archive/${stem}/${path.slice(folder.length)}`,
  }))
  const journal = journalOf(files, replaced, baseline)
  const list = `${folder}.counterfoil/${stem}.json`
  const replaces = cut.replaced.map(({ version, checksum }) => ({ version, checksum }))
  const bare = [{ path: list, text: JSON.stringify({ replaces }) }, { path: baseline, text }, ...journal]
  const after = without(files, moved, bare)
  const own = placeOf(after, cut, baseline, others)
  const proof = await replayed(make, after, others, cut.without, async (found) =>
    compared(tools, chain, found, rows === 'carry'),
  )
  provedOr(proof)
  const left = chain.contents.tables
    .filter(({ rows }) => rows.length > 0)
    .map(({ name, rows }) => ({ table: name, rows: rows.length }))
  const roles = newOnServer(chain).roles.map(({ name }) => name)
  const told = { rows: rows === 'carry' ? written.rows : left, roles, notRepeatable: written.notRepeatable }
  const about = {
    carried: rows === 'carry',
    ...told,
    snapshot: proof.snapshot,
    proof: { tools: proof.tools, facts: proof.facts, rows: proof.rows, differences: 0 },
  }
  const scripts =
    drop &&
    (await adoptScripts(whole!, chain.schema, {
      drop,
      baseline: own,
      file: stem,
      table: ofLedger.name,
      schema: ofLedger.schema,
      ...(keep && { keep }),
      ...(kept !== undefined && { kept }),
      ...(ledger && { ledger }),
      ...(counted && { counted }),
    }))
  const beside = scripts
    ? [
        { path: `${folder}.counterfoil/${stem}.adopt.sql`, text: scripts.adopt },
        { path: `${folder}.counterfoil/${stem}.restore.sql`, text: scripts.restore },
      ]
    : []
  return {
    version: own,
    baseline,
    files: [{ path: list, text: listText(replaces, about) }, { path: baseline, text }, ...journal, ...beside],
    ...(scripts && { aside: toldOf(scripts) }),
    moves,
    replaces: replaces.map(({ version }) => version),
    proof,
    ...told,
    findings: findingsOf(chain, told, rows),
  }
}

/** The texts of a set by path, whose folders end with `/`. @internal */
export async function filesIn(migrations: AnyMigrations): Promise<Record<string, string>> {
  const { paths, sqls } = await loadFiles(migrations)
  const files: Record<string, string> = Object.create(null)
  paths.forEach((given, index) => {
    const path = given.replaceAll('\\', '/')
    if (files[path] !== undefined) throw failure('invalid-input', `${path} is there twice`, 'name each file once')
    files[path] = sqls[index] ?? ''
  })
  return files
}

/** A set as its convention reads it. @internal */
export const readSet = (files: Readonly<Record<string, string>>, { convention }: AnyOptions): MigrationSet =>
  translated(() => coreNow().readSet(Object.keys(files), Object.values(files), convention))

function cutAt(files: Readonly<Record<string, string>>, through: string | undefined, options: AnyOptions): Cut {
  const set = readSet(files, options)
  const versioned = set.migrations.filter(({ repeatable }) => !repeatable)
  const at = through === undefined ? versioned.length - 1 : versioned.findIndex(({ version }) => version === through)
  if (at < 0)
    throw through === undefined
      ? failure(
          'no-migrations',
          'there is no migration that a baseline could replace',
          'see that the folder is the right one',
        )
      : invalid(
          `there is no migration ${through} in this set`,
          `name a version as the plan has it: the last is ${versioned.at(-1)?.version ?? 'none'}`,
          [theOption('through')],
        )
  const replaced = versioned.slice(0, at + 1)
  const known = new Set(replaced)
  return { set, replaced, without: set.migrations.filter((one) => !known.has(one)).map(({ version }) => version) }
}

/** The path of the baseline: its version is the one after the last that it replaces. */
async function placed(
  { set, replaced }: Cut,
  files: Readonly<Record<string, string>>,
  name: string,
  version: string | undefined,
): Promise<string> {
  const paths = replaced.map(({ path }) => path)
  const known = { convention: set.convention, migrations: paths, files: paths, now: '1970-01-01T00:00:00Z' }
  const next = (await review()).next(known) as { start: string } | null
  if (next === null)
    throw failure(
      'unsupported',
      'the files are not named by numbers: there is no place for a baseline among them',
      'squash them by hand',
    )
  const start = version === undefined ? next.start : next.start.replace(/\d[\d.-]*\d|\d/, () => version)
  const path = pathOf(paths.at(-1)!, start, name)
  if (files[path] === undefined) return path
  throw failure('invalid-input', `${path} is there already`, 'give the baseline another name or version')
}

/** The set as it is afterwards. */
function without(
  files: Readonly<Record<string, string>>,
  gone: readonly string[],
  added: readonly SquashFile[],
): Record<string, string> {
  const after: Record<string, string> = Object.assign(Object.create(null), files)
  for (const path of gone) delete after[path]
  for (const { path, text } of added) after[path] = text
  return after
}

/** The lists of baselines that are replaced themselves. */
const listsOf = (replaced: Cut['replaced'], files: Readonly<Record<string, string>>): string[] =>
  replaced
    .map(({ path }) => stemOf(path))
    .map(({ folder, stem }) => `${folder}.counterfoil/${stem}.json`)
    .filter((path) => files[path] !== undefined)

/** The baseline's version; that it comes before all that is left, and is read as what the others are. */
function placeOf(after: Readonly<Record<string, string>>, cut: Cut, baseline: string, options: AnyOptions): string {
  const { convention, migrations } = readSet(after, { convention: cut.set.convention, ...options })
  const [first, ...rest] = migrations.filter(({ repeatable }) => !repeatable)
  const right = first?.path === baseline && first.replaces.length === cut.replaced.length
  const kept = rest.every(({ version }) => cut.without.includes(version) && version !== first?.version)
  if (right && kept && convention === cut.set.convention) return first.version
  throw invalid(
    `${baseline} would not come between what it replaces and what is left`,
    'squash through the last migration, or give the baseline a version that comes before what is left: the option version',
    [theOption('version')],
  )
}

/** What the migrations added to the server. */
function newOnServer({ before, after }: { before: Surroundings; after: Surroundings }) {
  const had = new Set(before.roles.map(({ name }) => name))
  const added = <Item>(before: readonly Item[], after: readonly Item[]): Item[] => {
    const known = new Set(before.map((item) => JSON.stringify(item)))
    return after.filter((item) => !known.has(JSON.stringify(item)))
  }
  return {
    roles: after.roles.filter(({ name }) => !had.has(name)),
    memberships: added(before.memberships, after.memberships),
    settings: added(before.settings, after.settings),
    ...(before.description !== after.description && { description: after.description }),
  }
}

/**
 * The path that a baseline must be read under, if not the usual one: the chain's own, and the schemas of extensions. What
 * pg_dump writes without a schema (`IS DISTINCT FROM`) means the operator of an extension only if that is found.
 */
function pathToSet({ before, schema }: Replayed, options: AnyOptions): string[] {
  const usual = ['$user', 'public']
  const own = [options.schema ?? []].flat()
  const path =
    own.length > 0
      ? own
      : before.path
          .split(',')
          .map((name) => name.trim().replace(/^"(.*)"$/s, (_, inner: string) => inner.replaceAll('""', '"')))
  const extensions = schema.facts.flatMap(([kind, , data]) => (kind === 'extension' ? [String(data['schema'])] : []))
  const more = [...new Set(extensions)]
    .filter((name) => ![...path, ...(own.length > 0 ? [] : usual), 'pg_catalog'].includes(name))
    .sort()
  // PGlite's own is without the user's.
  const isUsual = own.length > 0 || ['public', usual.join()].includes(path.join())
  return more.length === 0 && isUsual ? [] : [...path, ...more]
}

/** What neither pg_dump nor this can write. */
function refuseUnwritable({ before, after }: Replayed): void {
  if (after.largeObjects <= before.largeObjects) return
  throw failure(
    'squash-refused',
    `the migrations make large objects (${after.largeObjects}), which a baseline cannot hold`,
    'leave those migrations out of the squash, or put the data into a table',
  )
}

/** Rows that cannot be the same in every database, and are not to be otherwise. */
function refuseUncarried({ unlike, refused }: Written): void {
  const what = [
    ...refused.map((column) => `${column} has another value after every replay, and no default that makes one`),
    ...unlike.map((table) => `${table} has another number of rows`),
  ]
  if (what.length === 0) return
  const literal: Mention = { option: 'literal', values: [...refused], text: 'the option literal' }
  const rows: Mention = { option: 'rows', values: ['list'], text: 'the option rows, list' }
  const asIs = `write these values as they are, the same in every database (${literal.text}), or `
  throw new MigrationError({
    code: 'squash-refused',
    message: `the rows that the migrations leave cannot be carried: ${what.join('; ')}`,
    help: `${unlike.length > 0 ? '' : asIs}leave all rows out (${rows.text}) and insert what is needed in a migration of its own`,
    options: unlike.length > 0 ? [rows] : [literal, rows],
  })
}

function listText(replaces: readonly object[], squash: object): string {
  const lines = replaces.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')
  const about = JSON.stringify(squash, null, 2).replaceAll('\n', '\n  ')
  return `{\n  "replaces": [\n${lines}\n  ],\n  "squash": ${about}\n}\n`
}

function findingsOf(
  chain: { before: Surroundings; after: Surroundings; contents: Contents },
  { rows, notRepeatable }: Pick<Squashed, 'rows' | 'notRepeatable'>,
  mode: 'carry' | 'list',
): SquashFinding[] {
  const { roles, settings } = newOnServer(chain)
  const out: SquashFinding[] = []
  for (const { name, login, others } of roles)
    out.push({
      code: 'squash-role',
      severity: login || others ? 'warning' : 'note',
      message: `the baseline makes the role ${name} NOLOGIN where it is missing${login || others ? `; the migrations made it ${[login && 'LOGIN', others].filter(Boolean).join(' ')}` : ''}`,
      help:
        login || others
          ? 'give it what it lacks where the database is set up: a password has no place in a migration'
          : '',
    })
  for (const { role, name } of settings)
    out.push({
      code: 'squash-setting',
      severity: 'note',
      message: `the baseline sets ${name} for ${role === null ? 'the database' : `the role ${role}`}`,
      help: '',
    })
  if (mode === 'list' && rows.length > 0)
    out.push({
      code: 'squash-rows-left-out',
      severity: 'warning',
      message: `rows that the migrations leave are not in the baseline: ${rows.map(({ table, rows }) => `${table} (${rows})`).join(', ')}`,
      help: 'insert those that a new database needs in a migration of its own',
    })
  if (notRepeatable.length > 0)
    out.push({
      code: 'squash-default',
      severity: 'note',
      message: `each database fills these by their own default: ${notRepeatable.join(', ')}`,
      help: '',
    })
  return out
}
