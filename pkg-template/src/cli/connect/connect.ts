// Opens a target. What cannot be opened is an error with a way out.
import { cancelWith } from './active.js'
import { redraw, say } from '../text/print.js'
import { err } from '../text/style.js'
import type { Target } from './target.js'
import { type Opened, type OpenOptions, stopped } from './opened.js'

/** Opens a database of a server; one that is not there is made before, if that was asked for. */
async function openOrMake(target: Target & { kind: 'postgres' }, options: OpenOptions): Promise<Opened> {
  const { openPostgres } = await import('./connect-postgres.js')
  if (!options.make) return openPostgres(target, options)
  const { isMissing, makeDatabase, nameOf } = await import('./make-postgres.js')
  nameOf(target)
  try {
    return await openPostgres(target, options)
  } catch (error) {
    if (!isMissing(error)) throw error
    const made = await makeDatabase(target, options)
    const opened = await openPostgres(target, options)
    return made ? { ...opened, notes: ['made', ...(opened.notes ?? [])], made } : opened
  }
}

/** Opens a target. @throws MigrationError `connection-failed`, `driver-missing`, `invalid-target`, `aborted` */
export async function open(target: Target, options: OpenOptions): Promise<Opened> {
  const { signal } = options
  if (signal.aborted) throw stopped()
  const opened =
    target.kind === 'postgres'
      ? await openOrMake(target, options)
      : await (await import('./connect-pglite.js')).openPGlite(target, options)
  if (signal.aborted) {
    await opened.close()
    throw stopped()
  }
  // In place of the bar, and of the ^C that the terminal wrote after it.
  const told = () => {
    if (err().live) redraw()
    say(
      target.kind === 'pglite'
        ? 'stopping'
        : 'stopping when the statement that is running has ended; Ctrl-C again stops it at once',
    )
  }
  signal.addEventListener('abort', told)
  cancelWith(() => opened.cancel())
  return {
    ...opened,
    async close() {
      signal.removeEventListener('abort', told)
      cancelWith(undefined)
      await opened.close()
    },
  }
}
