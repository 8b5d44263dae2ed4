// `counterfoil verify`: is the schema of the database the one that its migrations make?
import { readFile } from 'node:fs/promises'
import { verify } from '../../schema/read.js'
import type { Evidence, SchemaDifference, Snapshot, Verified } from '../../schema/public.js'
import { writeOutput } from '../../shared/output.js'
import { failure } from '../../shared/errors.js'
import { visible } from '../../shared/printed.js'
import { withoutMark } from '../../shared/texts.js'
import { proposed } from '../show/wording.js'
import { word } from '../text/shell.js'
import { emptyPGlite } from '../connect/connect-pglite.js'
import { filling, patience, waiting, withDatabase } from '../connect/session.js'
import { Usage, counted, databaseOptions, define, fine, found } from '../frame/command.js'
import { sayLed } from '../text/links.js'
import { print, printJson, say } from '../text/print.js'
import { out, type Style } from '../text/style.js'

export const command = define({
  about:
    'Says whether the schema of the database is the one that its migrations make. They are replayed in an empty PGlite of this project, and both schemas are compared as facts that PostgreSQL itself spells out: never as texts. What the ledger says is pending is left out on both sides. Writes nothing to the database.',
  options: {
    ...databaseOptions,
    ...filling,
    against: {
      type: 'string',
      value: '<file>',
      about: 'compare with a snapshot that --write has made, and replay nothing',
      completes: 'file',
    },
    write: {
      type: 'string',
      value: '<file>',
      about: 'write what was expected to a file, for --against',
      completes: 'file',
    },
    ignore: {
      type: 'string',
      value: '<privileges|owners>',
      about: 'what is not to be compared',
      choices: ['privileges', 'owners'],
      multiple: true,
    },
    explain: {
      type: 'boolean',
      about: 'where it differs: which migrations have not run, and what was changed by hand',
    },
    strict: { type: 'boolean', about: 'end with 1 also if something could not be compared' },
    ...waiting,
  },
  formats: ['text', 'json'],
  examples: [
    ['verify', 'has anybody changed this database by hand?'],
    ['verify --explain', 'which migrations have not run, and what was changed by hand?'],
    ['verify --write .counterfoil/expected.json', 'keep what the migrations make'],
    ['verify --against .counterfoil/expected.json', 'compare with that: one query, no replay'],
  ],
  exits:
    '0 if it is the same, 1 if it differs (with --strict also if something could not be compared), 2 if it was called in a wrong way or cannot connect',
  run(call) {
    if (call.values.explain && call.values.against !== undefined)
      throw new Usage(
        'both --explain and --against are given',
        'a snapshot does not say which migrations made it: leave one of them out',
      )
    return withDatabase(call, { wait: patience(call.values.wait) }, async ({ driver, db, files, options }) => {
      const { against, write, ignore, strict, explain } = call.values
      const expected = against === undefined ? files : await readSnapshot(against)
      const verified = await verify(driver, db, expected, {
        ...options,
        ignore: ignore as ('privileges' | 'owners')[],
        replay: () => emptyPGlite(call.config),
        ...(explain && { explain }),
      })
      if (write !== undefined) {
        await writeOutput(write, written(verified.expected), { help: 'name another file with --write' })
        say(`${write}: ${counted(verified.expected.facts.length, 'fact')}`)
      }
      const { expected: _, ...told } = verified
      if (call.format === 'json') printJson(told)
      else print(lines(verified, out()))
      const differs = verified.status === 'differs' || (strict && verified.status === 'partly-compared')
      return differs ? found : fine
    })
  },
})

/** One fact a line: what changes in it can be reviewed. */
function written({ counterfoil, server, facts }: Snapshot): string {
  const list = facts.map((fact) => JSON.stringify(fact)).join(',\n')
  return `{"counterfoil":${JSON.stringify(counterfoil)},"server":${JSON.stringify(server)},"facts":[\n${list}\n]}\n`
}

async function readSnapshot(path: string): Promise<Snapshot> {
  await sayLed(path)
  const help = 'name a file that `counterfoil verify --write <file>` has made'
  try {
    const value: unknown = JSON.parse(withoutMark(await readFile(path, 'utf8')))
    if ((value as Snapshot | null)?.counterfoil === 'snapshot') return value as Snapshot
  } catch (cause) {
    throw failure('invalid-input', `${path} cannot be read: ${(cause as Error).message}`, help, cause)
  }
  throw failure('invalid-input', `${path} is no snapshot of a schema`, help)
}

/** Which files, and what was changed by hand. */
function explained({ files, byHand, rowsOnly, failed }: Evidence, style: Style): string[] {
  const line = (mark: string, text: string) => `${style.yellow(mark)}: ${visible(text)}`
  const absent = files.filter(({ verdict }) => verdict === 'absent').map(({ version }) => word(version))
  return [
    ...files
      .filter(({ verdict }) => verdict !== 'present' && verdict !== 'overwritten')
      .map(({ verdict, message }) => line(verdict, message)),
    ...(absent.length > 0
      ? [
          `${style.dim('help')}: what is absent has not run, or was taken away by hand. To run it: ${proposed(['stamp', ...absent, '--not-applied'])}, and then ${proposed(['up'])}. If it had run, what is missing can be brought back by hand as well`,
        ]
      : []),
    ...byHand.map((message) => line('by hand', message)),
    ...(rowsOnly.length > 0 ? [style.dim(`no schema tells whether these ran: ${visible(rowsOnly.join(', '))}`)] : []),
    ...(failed === undefined ? [] : [line('not explained', failed)]),
  ]
}

function lines(verified: Verified, style: Style): string[] {
  const { status, differences, notes, notCompared, pending, ahead, evidence } = verified
  const line = (mark: string) => (difference: SchemaDifference) => `${mark}: ${visible(difference.message)}`
  const ends = {
    same: style.green('same: the schema is the one that the migrations make'),
    differs: style.red(`differs: ${counted(differences.length, 'difference')}`),
    'partly-compared': style.yellow('same in what was compared'),
  }
  return [
    ...differences.map(line(style.red('difference'))),
    ...notes.map(line(style.dim('note'))),
    ...notCompared.map((what) => `${style.yellow('not compared')}: ${visible(what)}`),
    ...(evidence ? explained(evidence, style) : []),
    ...(pending.length > 0 ? [style.dim(`pending, and left out: ${visible(pending.join(', '))}`)] : []),
    ...(ahead.length > 0
      ? [style.dim(`a newer release has been here, what it made is not expected: ${visible(ahead.join(', '))}`)]
      : []),
    ends[status],
  ]
}
