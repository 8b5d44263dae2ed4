// Runs, and says what is done while it is and what came of it: for `up` and `down`.
import type { Finding, MigrateResult } from '../../options/public.js'
import { fine } from '../frame/command.js'
import { print, printJson, say } from '../text/print.js'
import { drawn, inFolder, printFindings } from '../show/findings.js'
import { Progress, duration } from '../show/progress.js'
import type { Session } from '../connect/session.js'
import { err, out } from '../text/style.js'

/** Runs, and says what is done while it is. `down` says so too. @internal */
export async function applied(
  { dir, files }: Session,
  format: string,
  run: (onProgress: Progress['on']) => Promise<MigrateResult>,
  before: readonly Finding<string>[] = [],
): Promise<number> {
  // As text it is the result; else it is talk.
  const line: (text: string) => void = format === 'text' ? print : say
  const progress = new Progress(line, format === 'text' ? out() : err())
  let result
  try {
    result = await run(progress.on)
  } finally {
    progress.stop()
  }
  if (format === 'json') printJson(result)
  const findings = inFolder(dir, [...before, ...result.findings])
  if (format === 'github') printFindings(findings, { format: 'github', tool: 'up' })
  else for (const finding of findings) say(drawn(finding, (path) => files[path.slice(dir.length + 1)], err()))
  line(sentence(result, format === 'text' ? out().bold : err().bold))
  return fine
}

function sentence(
  { status, applied, adopted, reverted, skipped, decisions, elapsedMs }: MigrateResult,
  bold: (text: string) => string,
): string {
  const parts = [
    [applied, 'applied'],
    [adopted, 'adopted'],
    [reverted, 'taken back'],
  ] as const
  const done = parts.filter(([list]) => list.length > 0).map(([list, what]) => `${list.length} ${what}`)
  // Such as rows of dbmate's, which have no checksum.
  if (status === 'migrated' && done.length === 0) done.push('the ledger was completed')
  const beyond = decisions.filter(({ code }) => code === 'beyond').length
  const others = [
    ...(skipped > 0 ? [`${skipped} there before`] : []),
    ...(beyond > 0 ? [`${beyond} still pending`] : []),
  ]
  return `${bold(status)}: ${[...done, ...others].join(', ') || 'nothing to do'} (${duration(elapsedMs)})`
}
