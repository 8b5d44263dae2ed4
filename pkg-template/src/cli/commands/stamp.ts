// `counterfoil stamp`: marks migrations as applied, or not applied, without running them.
import type { AmendResult } from '../../options/public.js'
import { stamp } from '../../run/stamp.js'
import { proved } from '../../schema/proved.js'
import { failure } from '../../shared/errors.js'
import { canAsk, confirmed } from '../connect/confirm.js'
import { emptyPGlite } from '../connect/connect-pglite.js'
import { filling, withDatabase, writing, written } from '../connect/session.js'
import { assumed } from '../frame/assumed.js'
import { Usage, counted, databaseOptions, define, fine, found } from '../frame/command.js'
import { changeLines } from '../show/changes.js'
import { duration } from '../show/progress.js'
import { print, printJson, say } from '../text/print.js'
import { err, out, type Style } from '../text/style.js'

export const command = define({
  about:
    'Marks migrations as applied, or not applied, without running them: for what was run by hand, or by other means. Each file is recorded with the checksum that it has now. What goes is shown as an INSERT, so that it can be put back.\nIt says first what it would change. On a terminal it asks then; without one it needs --yes. It is one transaction, which fails if the ledger is not as it was read.',
  operands: {
    name: '<version>',
    about: 'a version, several of them, or all for every migration of the folder',
    many: true,
  },
  options: {
    ...databaseOptions,
    proved: {
      type: 'boolean',
      about:
        'those that have made the schema that is there, where no ledger says which: they are replayed in an empty PGlite of this project. If the schema is not what some of them make, the differences are shown and nothing is written',
    },
    assume: {
      type: 'string',
      value: '<version=applied|pending>',
      about: 'with --proved, what no schema can tell: whether a migration that changes rows only has run',
      multiple: true,
    },
    'not-applied': { type: 'boolean', about: 'their rows go: they are pending then' },
    step: {
      type: 'string',
      value: '<done|not-done|number>',
      about:
        'whether the step at which a migration stopped has happened, or how many steps of its file have, as that is now; the next run goes on from there',
      choices: ['done', 'not-done'],
      besides: /^\d{1,9}$/,
    },
    'dry-run': { type: 'boolean', about: 'say what would be changed, and do nothing', short: 'n' },
    expect: { type: 'string', value: '<digest>', about: 'do exactly what a dry run with this digest named, or stop' },
    yes: { type: 'boolean', about: 'do not ask', short: 'y' },
    ...writing,
    ...filling,
  },
  formats: ['text', 'json'],
  examples: [
    ['stamp 20260105090000', 'it was run by hand: record that'],
    ['stamp all --dry-run', 'what would it take to mark the whole folder as applied?'],
    ['stamp --proved', 'there is a schema and no ledger: record just those that made it'],
    ['stamp 005 --not-applied --yes', 'its row goes, in a script'],
    ['stamp 005 --step done', 'the step at which it stopped has happened'],
    ['stamp 005 --step 2', 'the first two steps of its file have happened, and no other'],
  ],
  exits:
    '0 if the ledger says what was asked for, 1 if that failed or was refused, 2 if it was called in a wrong way, cannot connect or needs --yes, 130 after Ctrl-C',
  run(call) {
    const { values, operands, format, signal } = call
    const all = operands.includes('all')
    if (all && operands.length > 1) throw new Usage('both all and single versions are given', 'say one of them')
    const { step, 'not-applied': notApplied, proved: byProof } = values
    if (byProof && (operands.length > 0 || step !== undefined || notApplied))
      throw new Usage('--proved is given, and what it is to find out', 'leave out either')
    if (!byProof && operands.length === 0)
      throw new Usage(
        '<version> is missing: a version, several of them, all, or --proved',
        '`counterfoil stamp --help` has examples',
      )
    if (!byProof && values.env.length > 0) throw new Usage('--env is given without --proved', 'leave it out')
    if (!byProof && values.assume.length > 0) throw new Usage('--assume is given without --proved', 'leave out either')
    if (step !== undefined && notApplied) throw new Usage('both --step and --not-applied are given', 'say one of them')
    return withDatabase(call, {}, async ({ driver, db, files, options, shown }) => {
      const { existing: _, env, ...others } = options
      const chosen = {
        ...others,
        ...written(values),
        ...(notApplied && { as: 'not-applied' as const }),
        ...(step !== undefined && { step: /^\d/.test(step) ? Number(step) : (step as 'done' | 'not-done') }),
      }
      const assume = Object.fromEntries(values.assume.map(assumed))
      const versions = byProof
        ? await proved(driver, db, files, { ...others, ...(env && { env }) }, assume, () => emptyPGlite(call.config))
        : all
          ? undefined
          : operands
      const { expect } = values
      const planned = await stamp(driver, db, files, versions, {
        ...chosen,
        ...(expect !== undefined && { expect }),
        dryRun: true,
      })
      const nothing = planned.changes.length === 0
      if (values['dry-run'] || nothing) {
        if (format === 'json') printJson(planned)
        else print([...told(planned, out()), ...(nothing ? [] : [`digest ${planned.digest}`])])
        return fine
      }
      if (!values.yes) {
        say(told(planned, err()))
        if (!canAsk())
          throw failure(
            'not-confirmed',
            'nobody can be asked: there is no terminal, and the ledger says what is run',
            'say yes with --yes, or look with --dry-run; nothing was done',
          )
        if (!(await confirmed(`change ${counted(planned.changes.length, 'row')} of the ledger of ${shown}?`, signal))) {
          say('nothing was done')
          return found
        }
      }
      // What was shown, and nothing else.
      const result = await stamp(driver, db, files, versions, { ...chosen, expect: planned.digest })
      if (format === 'json') printJson(result)
      else print(told(result, out()))
      return fine
    })
  },
})

/** A line for every row, and what it amounts to. */
function told(result: AmendResult, style: Style): string[] {
  const { status, changes, elapsedMs } = result
  const rows = counted(changes.length, 'row')
  const sum = {
    planned: `${rows} of the ledger would change`,
    changed: `${style.bold('stamped')}: ${rows} of the ledger changed (${duration(elapsedMs)})`,
    unchanged: `${style.bold('unchanged')}: the ledger says so already`,
  }
  return [...changeLines(result, style), sum[status]]
}
