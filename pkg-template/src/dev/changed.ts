// Which migrations are not in the database as their files are now, and so have to be taken back.
import type { Plan } from '../options/public.js'
import type { Changed } from './public.js'

type Decision = Plan['decisions'][number]

/** Why a row is to go, by the code of its decision. What is renamed or renumbered needs nothing: the run sees to that. */
const reasons: Readonly<Record<string, Changed['why']>> = {
  edited: 'edited',
  collision: 'replaced',
  missing: 'removed',
  ahead: 'removed',
  interrupted: 'unfinished',
}

/** What has changed since it ran, in the order of the plan. @internal */
export const changedIn = ({ decisions }: Plan): Changed[] =>
  decisions.flatMap((decision) => {
    const why = reasonOf(decision)
    if (why === undefined || decision.row === undefined) return []
    const { row, rowName, name, path } = decision
    // A row without a file is told of by what its decision has of a path: nothing.
    return [{ version: row, name: rowName ?? name, ...(why !== 'removed' && path !== undefined && { path }), why }]
  })

function reasonOf({ action, code, edit }: Decision): Changed['why'] | undefined {
  // Comments and white space: the next run takes them for what ran.
  if (action !== 'drift' || (code === 'edited' && edit?.grade === 'cosmetic')) return undefined
  return reasons[code]
}

/** Whether something else is wrong: then nothing is taken back, and a run says what it is. @internal */
export const isRefused = ({ decisions, findings }: Plan): boolean =>
  findings.some(({ severity }) => severity === 'error') ||
  decisions.some((decision) => decision.severity === 'error' && reasonOf(decision) === undefined)

/** In words, without what is done about it. @internal */
export function inWords(changed: readonly Changed[]): string {
  const words: Readonly<Record<Changed['why'], string>> = {
    edited: 'was edited',
    replaced: 'is another migration now',
    removed: 'is gone',
    unfinished: 'stopped half-way',
    again: 'is run again',
    later: 'ran after that',
  }
  return changed
    .map(({ version, name, path, why }) => `${path ?? (name === '' ? version : `${version} ${name}`)} ${words[why]}`)
    .join(', ')
}
