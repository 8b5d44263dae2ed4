// `counterfoil ready`: may this release serve? The answer of a health check, for a shell.
import { judge } from '../../run/actions.js'
import { databaseOptions, define, fine, found } from '../frame/command.js'
import { print, printJson } from '../text/print.js'
import { printFindings } from '../show/findings.js'
import { patience, waiting, withDatabase } from '../connect/session.js'

export const command = define({
  about:
    'Says in one line whether the database is where these migrations expect it, as a health check would. Writes nothing.',
  options: { ...databaseOptions, ...waiting },
  formats: ['text', 'json', 'github'],
  examples: [
    ['ready', 'one line, such as `ready: db=20260301083000 expected=20260301083000`'],
    ['ready --format json', 'status, httpStatus, message, database and expected'],
    ['ready && node server.js', 'start only on a database that is current'],
  ],
  exits:
    '0 if it may serve (ready or ahead), 1 if it may not (behind, drifted, in progress), 2 if it was called in a wrong way or cannot connect',
  run: (call) =>
    withDatabase(call, { wait: patience(call.values.wait), quiet: true }, async ({ driver, db, files, options }) => {
      const readiness = await judge(driver, db, files, options)
      const ok = readiness.httpStatus === 200
      if (call.format === 'json') printJson(readiness)
      else if (call.format === 'text') print(readiness.message)
      else
        printFindings(ok ? [] : [{ code: readiness.status, severity: 'error', message: readiness.message, help: '' }], {
          format: call.format,
          tool: 'ready',
          summary: readiness.message,
        })
      return ok ? fine : found
    }),
})
