// What the log hears of readiness: a line when it changes, not one for every probe.
import { withoutPasswords } from '../shared/passwords.js'
import { visible } from '../shared/printed.js'

/** What is told. @internal */
export interface Told {
  readonly status: string
  readonly httpStatus: number
  readonly line: string
  /** Nothing is wrong with it, and nobody has to hear of it. */
  readonly quiet: boolean
}

export type Log = (line: string, level: 'critical' | 'info') => unknown

export const toConsole: Log = (line, level) => console[level === 'critical' ? 'error' : 'info'](line)

/**
 * Tells `log` what has changed. Between two times of being ready every status is told once: a migration of many files is
 * now in progress and now, between two of them, behind. @internal
 */
export function teller(log: Log, name: string | undefined): (now: Told) => void {
  const told = new Set<string>()
  const say = (level: 'critical' | 'info', line: string) => {
    try {
      const result = log(
        visible(
          `${level === 'critical' ? 'CRITICAL ' : ''}counterfoil: ${name ? `${name}: ` : ''}${withoutPasswords(line)}`,
        ),
        level,
      )
      // A promise that nobody waits for would end a Node process if it were rejected.
      if (result instanceof Promise) result.catch(() => {})
    } catch {
      // Readiness does not depend on the log.
    }
  }
  return ({ status, httpStatus, line, quiet }) => {
    if (httpStatus === 200) {
      if (told.size > 0) say('info', line)
      return told.clear()
    }
    if (told.has(status)) return
    told.add(status)
    if (!quiet) say(status === 'in-progress' ? 'info' : 'critical', line)
  }
}
