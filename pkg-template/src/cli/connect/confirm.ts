// Asks before data is lost.
import { createInterface } from 'node:readline'
import { failure } from '../../shared/errors.js'
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
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await new Promise<boolean>((resolve, reject) => {
      const stop = () => {
        // What is said next begins its own line.
        say('')
        reject(stopped())
      }
      lines.on('SIGINT', stop)
      signal.addEventListener('abort', stop, { once: true })
      lines.on('close', () => resolve(false))
      lines.question(prompt(`${err().bold(question)} [y/N] `), (answer) => resolve(/^\s*y(es)?\s*$/i.test(answer)))
    })
  } finally {
    lines.close()
  }
}
