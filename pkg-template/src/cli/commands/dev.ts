// `counterfoil dev`: watches the folder, and applies what is saved.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MigrationError } from '../../shared/errors.js'
import { interrupted, exitOf, printFailure } from '../show/failures.js'
import { define, found, misused } from '../frame/command.js'
import { say } from '../text/print.js'
import { err } from '../text/style.js'
import { namedTarget } from '../connect/ours.js'
import { developing, exits, step, whose } from './development.js'

/** How often the folder is looked at, in milliseconds. Not every file system tells of changes: those of other machines do not. */
const pause = 200

export const command = define({
  about: `Watches the folder of the migrations: after each save it shows the plan and applies it, until Ctrl-C. Where migrations that have run were edited, renamed or removed, they are taken back first, by the ways back of what ran; where these are missing or do not undo it, the database is made anew. If that would lose rows that no migration has put there, it says which, and does nothing without --reset. A database that is not there is made. ${whose}\nThe texts of what ran are kept in .counterfoil-dev.`,
  options: {
    ...developing,
    reset: { type: 'boolean', about: 'rows that no migration has put there may be lost' },
    once: { type: 'boolean', about: 'apply what there is now, and end' },
  },
  formats: ['text', 'json', 'github'],
  withoutEnvironmentFile: true,
  examples: [
    ['dev --url postgres://app@localhost/app_dev', 'beside an editor'],
    ['dev --url pglite:./data', 'the same on a PGlite in a folder'],
    ['dev --once', 'before the program starts'],
  ],
  exits,
  async run(call) {
    const { values, format, signal } = call
    const { dir, reset, once } = values
    await namedTarget(values.url)
    const go = async () => (await step(call, { goal: 'develop', reset })) ?? found
    if (once) return go()
    const talk = (text: string) => say(err().dim(text))
    let seen: string | undefined
    let before: string | undefined
    let first = true
    let waits = false
    for (;;) {
      const now = await stateOf(dir)
      // Twice the same: nobody is in the middle of writing.
      if (now !== '' && now === before && now !== seen) {
        seen = now
        try {
          await go()
          first = false
          talk(`watching ${dir}`)
        } catch (error) {
          if (signal.aborted) return ended(signal)
          // How it was called does not get better by saving a file.
          if (first && exitOf(error) === misused && !isOfFiles(error)) throw error
          printFailure(error, format)
          talk(`watching ${dir}`)
        }
      } else if (now === '' && !waits) {
        waits = true
        talk(`waiting for the first migration in ${dir}`)
      }
      before = now
      if (signal.aborted) return ended(signal)
      await sleep(pause, undefined, { signal }).catch(() => {})
      if (signal.aborted) return ended(signal)
    }
  },
})

const isOfFiles = (error: unknown) =>
  error instanceof MigrationError &&
  ['no-migrations', 'invalid-input', 'connection-lost', 'database-in-use', 'data-dir-locked'].includes(error.code)

const ended = ({ reason }: AbortSignal): number => (typeof reason === 'number' ? reason : interrupted)

/** What tells one state of the folder from another; empty if there is no file. */
async function stateOf(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const lines = await Promise.all(
    names
      .toSorted((a, b) => (a < b ? -1 : 1))
      .map(async (name) => {
        const found = await stat(join(folder, name)).catch(() => undefined)
        return found?.isFile() ? `${name} ${found.size} ${found.mtimeMs} ${found.ino}\n` : ''
      }),
  )
  return lines.join('')
}
