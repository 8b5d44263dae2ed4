// `counterfoil status`: what is in the database, and what is not.
import { look } from '../../run/actions.js'
import type { TextRow } from '../../run/database.js'
import type { Plan } from '../../options/public.js'
import { databaseOptions, define } from '../frame/command.js'
import { print, printJson } from '../text/print.js'
import { inFolder, printFindings } from '../show/findings.js'
import { exitOfPlan, findingsOf, shownPlan, standing, summary, withRows } from '../show/plans.js'
import { filling, patience, waiting, withDatabase } from '../connect/session.js'
import { out } from '../text/style.js'

export const command = define({
  about:
    'Lists every migration: is it applied, since when, how long did it take, and do file and database agree? Writes nothing, so a role that may only read is enough.',
  options: { ...databaseOptions, ...filling, ...waiting },
  formats: ['text', 'json', 'github', 'sarif'],
  examples: [
    ['status', 'of DATABASE_URL'],
    ['status --url pglite:./data', 'of a PGlite in a folder'],
    ['status --format json | jq .status', 'for a script: current, pending, drifted or refused'],
  ],
  exits:
    '0 if everything is applied, 1 if something is pending or has drifted, 2 if it was called in a wrong way or cannot connect',
  run: (call) =>
    withDatabase(
      call,
      { wait: patience(call.values.wait) },
      async ({ driver, db, files, dir, options, rows, shown }) => {
        const plan = await look(driver, db, files, options)
        const { format } = call
        if (format === 'json')
          printJson({
            status: standing(plan),
            database: shown,
            digest: plan.digest,
            decisions: withRows(plan, rows()),
            findings: plan.findings,
          })
        else if (format === 'text') print(await listed(plan, rows() ?? []))
        else printFindings(inFolder(dir, findingsOf(plan)), { format, tool: 'status', summary: await summary(plan) })
        return exitOfPlan(plan)
      },
    ),
})

/** More lines than this, and what it amounts to is said at the end too: the beginning is off the screen. */
const screen = 30

async function listed(plan: Plan, rows: readonly TextRow[]): Promise<string[]> {
  const lines = await shownPlan(plan, { all: true, style: out(), rows })
  return lines.length >= screen ? [...lines, '', out().bold(await summary(plan))] : lines
}
