// Asks before data is lost.
import { createInterface } from 'node:readline'
import { failure } from '../../shared/errors.js'
import { visible } from '../../shared/printed.js'
import { stopped } from './opened.js'
import { prompt, say } from '../text/print.js'
import { err } from '../text/style.js'

/** Whether somebody can be asked. In CI nobody can, even if there is a terminal. */
export const canAsk = () => process.stdin.isTTY === true && err().live

/**
 * Asks a question that has yes and no for an answer; anything but yes is no.
 *
 * @throws MigrationError `not-confirmed` if there is nobody to ask; `aborted` on Ctrl-C
 */
export async function confirmed(question: string, signal: AbortSignal): Promise<boolean> {
  if (!canAsk())
    throw failure('not-confirmed', 'nobody can be asked: there is no terminal', 'say yes with --yes; nothing was done')
  return /^\s*y(es)?\s*$/i.test((await answerTo(`${question} [y/N]`, signal)) ?? '')
}

/**
 * Asks for a name, letter by letter: what must not be done by a habit, or by a script. `what`: such as `if it is to go`.
 *
 * @throws MigrationError `not-confirmed` if there is nobody to ask; `aborted` on Ctrl-C
 */
export async function typed(name: string, why: string, what: string, signal: AbortSignal): Promise<boolean> {
  if (!canAsk())
    throw failure(
      'not-confirmed',
      `${why}, so its name has to be typed, and there is no terminal`,
      'call it on a terminal, where CI is not set: --yes does not replace that; nothing was done',
    )
  return (await answerTo(`${why}: type its name, ${visible(name)}, ${what}:`, signal)) === name
}

/** What is typed; nothing at the end of the input. */
async function answerTo(question: string, signal: AbortSignal): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await new Promise((resolve, reject) => {
      const stop = () => {
        // What is said next begins its own line.
        say('')
        reject(stopped())
      }
      lines.on('SIGINT', stop)
      signal.addEventListener('abort', stop, { once: true })
      lines.on('close', () => resolve(undefined))
      lines.question(prompt(`${err().bold(question)} `), resolve)
    })
  } finally {
    lines.close()
  }
}
