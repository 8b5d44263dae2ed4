// `counterfoil import`: takes over another tool's ledger.
import type { AmendResult } from '../../options/public.js'
import { importLedger, type Asked } from '../../schema/import.js'
import { visible } from '../../shared/printed.js'
import { emptyPGlite } from '../connect/connect-pglite.js'
import { filling, isCode, withDatabase, writing, written } from '../connect/session.js'
import { assumed } from '../frame/assumed.js'
import { counted, databaseOptions, define, fine } from '../frame/command.js'
import { changeLines } from '../show/changes.js'
import { drawn } from '../show/findings.js'
import { duration } from '../show/progress.js'
import { print, printJson, say } from '../text/print.js'
import { err, out, type Style } from '../text/style.js'

export const command = define({
  about:
    "Takes over the ledger of another tool, so that what it has applied is not run again: each of its rows becomes one of ours. Files are compared with what ran by the tool's own checksum. Its table stays as it is, and to do it again changes nothing. Where the ledger cannot tell (a counter), the files are replayed in an empty PGlite of this project, and the schema says which have run.\nIt says what it writes, and writes it in one transaction, which fails if either ledger is not as it was read.",
  options: {
    ...databaseOptions,
    from: {
      type: 'string',
      value: '<tool>',
      about: 'whose ledger: goose, prisma, …, or tool=schema.table where it lies elsewhere (default: the one there is)',
    },
    assume: {
      type: 'string',
      value: '<version=applied|pending>',
      about: 'what the ledger cannot tell, by version; all=applied for all of it',
      multiple: true,
    },
    'accept-edited': {
      type: 'string',
      value: '<version>',
      about: 'a version whose file may be another than what ran',
      multiple: true,
    },
    'dry-run': { type: 'boolean', about: 'say what would be written, and do nothing', short: 'n' },
    expect: { type: 'string', value: '<digest>', about: 'do exactly what a dry run with this digest named, or stop' },
    ...writing,
    ...filling,
  },
  formats: ['text', 'json'],
  examples: [
    ['import --dry-run', 'what does the other ledger say, and what would be written?'],
    ['import', 'take it over'],
    ['import --from goose=app.goose_db_version', 'it lies elsewhere, or there are several'],
    ['import --assume all=applied', 'a counter: all that lies below it has run, whatever the schema says'],
    ['import --assume 103=pending', 'a counter: this one has not run; the schema answers for the others'],
  ],
  exits:
    '0 if the ledger was taken over or had been before, 1 if that failed or was refused, 2 if it was called in a wrong way or cannot connect, 130 after Ctrl-C',
  run(call) {
    const { values, format } = call
    const assume = Object.fromEntries(values.assume.map(assumed))
    return withDatabase(call, {}, async ({ driver, db, files, options }) => {
      const { existing: _, ...others } = options
      const { from, expect, 'accept-edited': acceptEdited } = values
      const chosen = {
        ...others,
        ...written(values),
        assume,
        acceptEdited,
        ...(from !== undefined && { from }),
        ...(expect !== undefined && { expect }),
      }
      const asked: Asked = {}
      const dry = { ...chosen, dryRun: true }
      const replay = () => emptyPGlite(call.config)
      const planned = await importLedger(driver, db, files, { ...dry, replay }, asked).catch((error: unknown) => {
        if (!isCode(error, 'driver-missing')) throw error
        say(`the schema is not asked, since nothing can be replayed: ${visible(`${error.message}; ${error.help}`)}`)
        return importLedger(driver, db, files, dry)
      })
      const style = format === 'text' ? out() : err()
      if (format === 'text') print(changeLines(planned, style))
      for (const finding of planned.findings) say(drawn(finding, undefined, err()))
      const nothing = planned.changes.length === 0
      // What was shown, and nothing else.
      const done =
        values['dry-run'] || nothing
          ? planned
          : await importLedger(driver, db, files, { ...chosen, expect: planned.digest }, asked)
      if (format === 'json') printJson(done)
      else print([sum(done, style), ...(done.status === 'planned' ? [`digest ${done.digest}`] : [])])
      return fine
    })
  },
})

/** What it amounts to. */
function sum({ status, changes, elapsedMs }: AmendResult, { bold }: Style): string {
  const rows = counted(changes.length, 'row')
  if (status === 'planned') return `${rows} would be written to the ledger`
  if (status === 'unchanged') return `${bold('unchanged')}: the ledger has all of it`
  return `${bold('imported')}: ${rows} written to the ledger (${duration(elapsedMs)})`
}
