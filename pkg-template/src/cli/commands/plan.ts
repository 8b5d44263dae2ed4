// `counterfoil plan`: what `up` would do, and why.
import { dirname } from 'node:path'
import { look } from '../../run/actions.js'
import { writeOutput } from '../../shared/output.js'
import type { Plan } from '../../options/public.js'
import { databaseOptions, define, fine, found } from '../frame/command.js'
import { sayLed } from '../text/links.js'
import { emit, print, printJson, say } from '../text/print.js'
import { inFolder, printFindings } from '../show/findings.js'
import { lossFindings, lossesOfPlan, shownLosses, type Loss } from '../show/losses.js'
import { planFile } from './plan-file.js'
import { exitOfPlan, findingsOf, mermaid, shownPlan, standing, summary } from '../show/plans.js'
import { filling, patience, waiting, withDatabase } from '../connect/session.js'
import { out } from '../text/style.js'

export const command = define({
  about:
    'Says of every file and every row of the ledger what `up` would do, and why; and which statements throw data away. Writes nothing to the database. A plan that was written to a file and reviewed can be handed to `up --plan`, which applies exactly that or stops.',
  options: {
    ...databaseOptions,
    out: {
      type: 'string',
      value: '<file>',
      about: 'write the plan to a file, for `up --plan`; - is standard output',
      completes: 'file',
      short: 'o',
    },
    to: { type: 'string', value: '<version>', about: 'as `up --to` would: up to this version' },
    all: { type: 'boolean', about: 'a line for every migration, also for those that are there', short: 'a' },
    mermaid: {
      type: 'boolean',
      about: 'as a Mermaid timeline: in a pull request it stands between ```mermaid and ```',
    },
    ...filling,
    ...waiting,
  },
  formats: ['text', 'json', 'github', 'sarif'],
  examples: [
    ['plan', 'what would `up` do?'],
    ['plan --out plan.json', 'write it down, for review'],
    ['up --plan plan.json', 'apply exactly what was reviewed'],
    ['plan --to 20260203143000', 'what would `up --to` do?'],
    ['plan --mermaid', 'a picture for a pull request'],
  ],
  exits:
    '0 if there is nothing to do, 1 if something is pending or has drifted, 2 if it was called in a wrong way or cannot connect; with --out it is 0 if the plan was written and can be applied',
  run: (call) =>
    withDatabase(call, { wait: patience(call.values.wait) }, async (session) => {
      const { driver, db, files, dir, options } = session
      const { values, format } = call
      const { to } = values
      const plan = await look(driver, db, files, { ...options, ...(to !== undefined && { to }) })
      const losses = await lossesOfPlan(plan, files, values.convention)
      const told = { ...plan, losses }
      if (values.out === '-') emit(planFile(told, session, to))
      else if (values.out !== undefined) {
        await sayLed(dirname(values.out))
        await writeOutput(values.out, planFile(told, session, to), { help: 'name another file with --out' })
      }
      // What else was asked for has no place beside it.
      if (values.out === '-') return standing(plan) === 'refused' ? found : fine
      if (values.mermaid) print(await mermaid(plan))
      else if (format === 'json') printJson(told)
      else if (format === 'text') print(await rendered(plan, losses, dir, values.all))
      else
        printFindings(inFolder(dir, [...findingsOf(plan), ...lossFindings(losses)]), {
          format,
          tool: 'plan',
          summary: await summary(plan),
        })
      if (values.out === undefined) return exitOfPlan(plan)
      say(`${values.out}: ${plan.digest}`)
      return standing(plan) === 'refused' ? found : fine
    }),
})

/** The plan, and under it what would be lost. `up --dry-run` shows it too. @internal */
export async function rendered(plan: Plan, losses: readonly Loss[], dir: string, all = false): Promise<string[]> {
  const lost = shownLosses(losses, dir, out())
  return [...(await shownPlan(plan, { all, style: out() })), ...(lost.length > 0 ? ['', ...lost] : [])]
}
