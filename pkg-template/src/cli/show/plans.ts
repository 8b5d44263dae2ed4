// Plans in words, what they amount to, and as findings. The words are the core's own, in the review module.
import type { TextRow } from '../../run/database.js'
import type { Finding, Plan } from '../../options/public.js'
import type { Row } from '../../pure.js'
import type { All } from '../../shared/words.js'
import { review } from '../../wasm/review.js'
import { fine, found } from '../frame/command.js'
import { linesOf } from '../text/print.js'
import type { Style } from '../text/style.js'
import { asOptions } from './wording.js'

export interface ShowOptions {
  /** Every decision in a line of its own. */
  readonly all?: boolean
  readonly style: Style
  /** The rows of the ledger: with them it is a list of what is there. */
  readonly rows?: readonly TextRow[] | undefined
}

const words = ['applied', 'adopted', 'imported', 'stamped'] as const
const origins: All<NonNullable<Row['origin']>, typeof words> = words

/** A row as the core reads it from JSON. */
const row = ({ version, checksum, applied_at, duration_ms, origin }: TextRow) => ({
  version: version ?? '',
  checksum: checksum ?? null,
  appliedAt: applied_at ?? null,
  durationMs: duration_ms == null ? null : Number(duration_ms),
  ...(origins.some((known) => known === origin) && { origin }),
})

/** The plan as a table, in lines. */
export async function shownPlan(plan: Plan, { all = false, style, rows }: ShowOptions): Promise<string[]> {
  const { explain } = await review()
  const inWords = <Of extends Pick<Finding, 'options'> & { help?: string }>(of: Of): Of =>
    of.help === undefined ? of : { ...of, help: asOptions(of.help, of.options) }
  const worded = { ...plan, findings: plan.findings.map(inWords), decisions: plan.decisions.map(inWords) }
  const text = explain({
    plan: worded,
    all,
    width: Math.min(style.width, 120),
    colours: style.colours,
    ...(rows && { rows: rows.map(row) }),
  }) as string
  return linesOf(text)
}

/** The plan as a Mermaid timeline, in lines. */
export const mermaid = async (plan: Plan): Promise<string[]> =>
  linesOf((await review()).explain({ plan, form: 'mermaid' }) as string)

/** The plan in one line. */
export const summary = async (plan: Plan): Promise<string> =>
  (await review()).explain({ plan, form: 'summary' }) as string

/** Decisions with what the ledger says of each: when it was applied, how long that took, where the row comes from. */
export function withRows(plan: Plan, rows: readonly TextRow[] = []) {
  const known = new Map(rows.map((of) => [of['version'], row(of)]))
  return plan.decisions.map((decision) => {
    const {
      checksum = null,
      appliedAt = null,
      durationMs = null,
      origin = null,
    } = known.get(decision.row ?? decision.version) ?? {}
    return decision.row === undefined ? decision : { ...decision, checksum, appliedAt, durationMs, origin }
  })
}

/** What there is to say of a plan, as findings: its own, and every decision that has a severity. */
export function findingsOf(plan: Plan): Finding<string>[] {
  const decisions = plan.decisions.flatMap(({ code, severity, message, help, options, path }) =>
    severity
      ? [
          {
            code,
            severity,
            message: message ?? code,
            help: help ?? '',
            ...(options && { options }),
            ...(path !== undefined && { at: { path, line: 1, column: 1 } }),
          },
        ]
      : [],
  )
  return [...plan.findings, ...decisions]
}

/** What a plan amounts to: is something wrong, is something to be done, or is all as it should be? */
export function standing({ decisions, findings }: Plan): 'refused' | 'drifted' | 'pending' | 'current' {
  if ([...decisions, ...findings].some(({ severity }) => severity === 'error')) return 'refused'
  if (decisions.some(({ action, code }) => action === 'apply' || action === 'adopt' || code === 'in-progress'))
    return 'pending'
  if (findings.some(({ code }) => code === 'callbacks-owed')) return 'pending'
  return decisions.some(({ action, severity }) => action === 'drift' && severity === 'warning') ? 'drifted' : 'current'
}

/** The exit code: 0 only if there is nothing to do and nothing wrong. */
export const exitOfPlan = (plan: Plan): number => (standing(plan) === 'current' ? fine : found)
