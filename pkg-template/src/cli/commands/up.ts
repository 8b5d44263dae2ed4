// `counterfoil up`: applies what is pending.
import { look, up } from '../../run/actions.js'
import type { Convention, Finding, Plan } from '../../options/public.js'
import { counted, databaseOptions, define, fine, found } from '../frame/command.js'
import { print, printJson, say } from '../text/print.js'
import { canAsk, confirmed } from '../connect/confirm.js'
import { inFolder, printFindings } from '../show/findings.js'
import { lossFindings, lossesOfPlan, sayLosses } from '../show/losses.js'
import { rendered } from './plan.js'
import { mustBeReviewed, reviewedPlan, reviewedTo } from './plan-file.js'
import { findingsOf, shownPlan, standing } from '../show/plans.js'
import { filling, patience, waiting, withDatabase, writing, written, type Session } from '../connect/session.js'
import { err } from '../text/style.js'
import { applied } from './result.js'

export const command = define({
  about:
    'Applies what is pending, each migration in one transaction with its row in the ledger. Any number may run at once: each migration runs once.\nOn a terminal it asks first if something would be lost: a table, a column, all rows of a table. Without a terminal it says so, and needs --yes only where a whole schema or database would go.',
  options: {
    ...databaseOptions,
    plan: {
      type: 'string',
      value: '<file>',
      about:
        'apply exactly the plan in this file (see `plan --out`), on the database and ledger that it names, or stop',
      completes: 'file',
      short: 'p',
    },
    to: {
      type: 'string',
      value: '<version>',
      about: 'go up to this version and no further; what comes after it stays pending',
    },
    'dry-run': { type: 'boolean', about: 'say what would be done, and do nothing', short: 'n' },
    when: {
      type: 'string',
      value: '<what>',
      about: 'if something is pending: apply it, wait until somebody else has, or refuse',
      choices: ['apply', 'wait', 'refuse'],
      default: 'apply',
    },
    create: { type: 'boolean', about: 'make the database before, if it is not there' },
    yes: { type: 'boolean', about: 'do not ask', short: 'y' },
    ...filling,
    ...waiting,
    ...writing,
  },
  formats: ['text', 'json', 'github'],
  examples: [
    ['up', 'bring DATABASE_URL up to date'],
    ['up --dry-run', 'what would it do?'],
    ['up --wait', 'in a container: the database may still be starting'],
    ['up --create', 'make the database before, if it is not there'],
    ['up --to 20260203143000', 'up to a version'],
    ['up --plan plan.json', 'apply what was reviewed, or stop'],
    ['up --url pglite:memory', 'can an empty database be brought up?'],
  ],
  exits:
    '0 if the database is up to date, or as far as --to says, 1 if a migration failed or the plan was refused, 2 if it was called in a wrong way or cannot connect, 130 after Ctrl-C',
  run(call) {
    const { values, format, signal } = call
    // What only looks, or waits for somebody else, makes no folder.
    const create = values['dry-run'] || values.when === 'refuse' ? 'in memory' : values.when === 'apply'
    const make = values.create && create === true
    return withDatabase(call, { create, make, wait: patience(values.wait) }, async (session) => {
      const { driver, db, files, dir } = session
      const reviewed = values.plan === undefined ? undefined : await reviewedPlan(values.plan)
      const to = reviewed ? reviewedTo(reviewed, values.to) : values.to
      const options = { ...session.options, ...(to !== undefined && { to }) }
      const applies = values.when === 'apply'
      const plan = applies || reviewed || values['dry-run'] ? await look(driver, db, files, options) : undefined
      if (values['dry-run']) await rehearsed(plan!, session, format, values.convention)
      if (plan && reviewed) mustBeReviewed(reviewed, plan, session)
      if (values['dry-run']) return standing(plan!) === 'refused' ? found : fine

      let expect = reviewed?.digest
      if (plan && applies && standing(plan) === 'pending') {
        const losses = await lossesOfPlan(plan, files, values.convention)
        const asks = !values.yes && losses.length > 0 && (canAsk() || losses.some(({ whole }) => whole))
        if (asks) say([...(await shownPlan(plan, { style: err() })), ''])
        // Also where nobody is asked: a log has to show it.
        sayLosses(losses, dir)
        if (asks) {
          const count = plan.decisions.filter(({ action }) => action === 'apply').length
          if (!(await confirmed(`apply ${counted(count, 'migration')} to ${session.shown}?`, signal))) {
            say('nothing was done')
            return found
          }
          // What somebody has said yes to, and nothing else.
          expect ??= plan.digest
        }
      }
      const when = values.when as 'apply' | 'wait' | 'refuse'
      return applied(
        session,
        format,
        (onProgress) =>
          up(driver, db, files, {
            ...options,
            ...written(values),
            when,
            onProgress,
            ...(expect !== undefined && { expect }),
          }),
        noticed(plan),
      )
    })
  },
})

/** What would be done. */
async function rehearsed(
  plan: Plan,
  { files, dir }: Session,
  format: string,
  convention: Convention | undefined,
): Promise<void> {
  const losses = await lossesOfPlan(plan, files, convention)
  if (format === 'json') printJson({ ...plan, losses })
  else if (format === 'github')
    printFindings(inFolder(dir, [...findingsOf(plan), ...lossFindings(losses)]), { format: 'github', tool: 'up' })
  else print(await rendered(plan, losses, dir))
}

/** How many findings of one code are shown. */
const few = 3

/** What there is to say of files and rows that stops nothing: rows that get another version or name, rows without a file. */
function noticed(plan: Plan | undefined): Finding<string>[] {
  if (!plan) return []
  const all = findingsOf({ ...plan, findings: [] }).filter(
    ({ severity, code }) => severity !== 'error' && code !== 'in-progress',
  )
  const shown: Finding<string>[] = []
  for (const code of new Set(all.map((finding) => finding.code))) {
    const same = all.filter((finding) => finding.code === code)
    shown.push(...same.slice(0, few))
    if (same.length > few)
      shown.push({
        code,
        severity: same[0]!.severity,
        message: `${same.length - few} more of this`,
        help: '`counterfoil status` lists them',
      })
  }
  return shown
}
