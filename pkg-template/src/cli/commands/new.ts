// `counterfoil new`: an empty migration, named and marked as the others of the set are.
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MigrationError } from '../../shared/errors.js'
import { init } from '../../wasm/init.js'
import type { Convention } from '../../options/public.js'
import { createOutput, writeOutput } from '../../shared/output.js'
import type { All } from '../../shared/words.js'
import { readSet } from '../../pure.js'
import { Usage, define, fine, setOptions } from '../frame/command.js'
import { readFolder, sayLed } from '../text/links.js'
import { print, printJson, say } from '../text/print.js'
import { showLinesOf } from '../show/failures.js'
import { newFiles, type Known } from './new-files.js'

const names = [
  'dbmate',
  'golang-migrate',
  'goose',
  'sql-migrate',
  'prisma',
  'drizzle',
  'flyway',
  'sqlx',
  'supabase',
  'plain',
  'diesel',
  'refinery',
  'node-pg-migrate',
  'graphile-migrate',
  'tern',
  'hasura',
  'atlas',
  'folders',
] as const
const conventions: All<Convention, typeof names> = names

export const command = define({
  about:
    "Writes an empty migration into the folder, named and marked as the others there are: a timestamp where they have timestamps, the next number where they have numbers, a pair of files where they have pairs. In an empty folder it is a file of dbmate's. Nothing is ever overwritten.",
  operands: { name: '<name>', about: 'what it does, such as add_users', required: true, many: true },
  options: setOptions,
  formats: ['text', 'json'],
  examples: [
    ['new add_users', 'write db/migrations/20260301083000_add_users.sql'],
    ['new add users', 'the same: spaces become _'],
    ['new add_users --convention goose', 'the first file of a folder for goose'],
    ['new add_users | xargs $EDITOR', 'and open it'],
  ],
  exits: '0 if it was written, 1 if the folder cannot be read, 2 if it was called in a wrong way',
  async run({ values: { dir, convention }, operands, format }) {
    if (convention !== undefined && !conventions.includes(convention))
      throw new Usage(`there is no convention ${convention}`, `the conventions are: ${conventions.join(', ')}`)
    const known = await knownSet(dir, convention)
    const { made, changed } = await newFiles(known, operands.join(' '), new Date())
    const paths = made.map(({ path }) => join(dir, path))
    await written(
      made.map(({ text }, index) => ({ path: paths[index]!, text })),
      changed && { path: join(dir, changed.path), text: changed.text },
    )
    if (format === 'json') printJson({ convention: known.convention, paths })
    else print(paths)
    if (changed)
      say(
        `${join(dir, changed.path)}: one entry more`,
        known.convention === 'atlas'
          ? 'it is that of an empty file: run `atlas migrate hash` once this one is written'
          : 'drizzle-kit keeps a snapshot of the schema too: for a change of the schema use `drizzle-kit generate --custom`',
      )
    return fine
  },
})

async function knownSet(dir: string, convention: Convention | undefined): Promise<Known> {
  const there = await stat(dir).catch(() => undefined)
  const files = there ? await readFolder(dir) : {}
  if (!there) await sayLed(dir)
  showLinesOf(dir, files)
  const empty = { dir, convention: convention ?? 'dbmate', paths: [], files }
  if (!Object.keys(files).some((path) => path.endsWith('.sql') || path.endsWith('_journal.json'))) return empty
  await init()
  try {
    const set = readSet(files, convention === undefined ? {} : { convention })
    return {
      dir,
      convention: set.convention,
      paths: set.migrations.filter(({ repeatable }) => !repeatable).map(({ path }) => path),
      files,
    }
  } catch (error) {
    // What is wrong in a file of the set is for `plan` to say, if the convention is known.
    if (error instanceof MigrationError && convention !== undefined)
      return {
        ...empty,
        paths: Object.keys(files)
          .filter((path) => path.endsWith('.sql'))
          .sort(),
      }
    throw error
  }
}

interface Written {
  path: string
  text: string
}

/** Writes all of them or none: a journal that names a file, and the file, belong together. */
async function written(made: readonly Written[], changed: Written | undefined): Promise<void> {
  const done: string[] = []
  try {
    for (const { path, text } of made) {
      await createOutput(path, text, { help: 'nothing was written' })
      done.push(path)
    }
    if (changed) await writeOutput(changed.path, changed.text, { help: 'nothing was written' })
  } catch (error) {
    for (const path of done) await rm(path, { force: true })
    throw error
  }
}
