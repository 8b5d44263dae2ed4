// `counterfoil down`: takes back what was applied last.
import { down } from '../../run/actions.js'
import { counted, databaseOptions, define, fine, found } from '../frame/command.js'
import { print, printJson, say } from '../text/print.js'
import { canAsk, confirmed } from '../connect/confirm.js'
import { lossesOf, sayLosses } from '../show/losses.js'
import { failure } from '../../shared/errors.js'
import { filling, withDatabase, writing, written } from '../connect/session.js'
import { visible } from '../../shared/printed.js'
import { err, out } from '../text/style.js'
import { back, editedLines, refusalOf } from './down-edited.js'
import { applied } from './result.js'

export const command = define({
  about:
    'Takes back the migration that was applied last, or several, in the reverse of the order of application. The down section and the removal of the row are one transaction.\nOn a terminal it asks first; without one it needs --yes. A down section that drops a whole schema or database has to be named with --allow-destructive besides.\nThe ledger does not keep the text of what ran. Where the file was edited since, --from takes the way back from a commit whose text is what ran; else the one of the file has to be agreed to, on a terminal or with --accept-edited.',
  options: {
    ...databaseOptions,
    steps: { type: 'number', value: '<number>', about: 'how many migrations to take back (default: 1)' },
    to: { type: 'string', value: '<version>', about: 'go back until this version is the newest' },
    'dry-run': { type: 'boolean', about: 'say what would be taken back, and do nothing', short: 'n' },
    'allow-destructive': {
      type: 'string',
      value: '<version>',
      about: 'a version whose way back may drop a schema or database',
      multiple: true,
    },
    from: {
      type: 'string',
      value: '<ref>',
      about: 'take the ways back from the files as they were at this commit, where those are what ran',
    },
    'accept-edited': {
      type: 'string',
      value: '<version>',
      about: 'a version whose way back may be used although its file was edited after it ran',
      multiple: true,
    },
    yes: { type: 'boolean', about: 'do not ask', short: 'y' },
    ...filling,
    ...writing,
  },
  formats: ['text', 'json', 'github'],
  examples: [
    ['down', 'take back the last one, after asking'],
    ['down --steps 2 --dry-run', 'which two would that be?'],
    ['down --to 20260203143000 --yes', 'go back to a version, in a script'],
    ['down --from HEAD', 'the file was edited after it ran: use the way back that was committed'],
  ],
  exits:
    '0 if it was taken back, 1 if that failed or was refused, 2 if it was called in a wrong way, cannot connect or needs --yes, 130 after Ctrl-C',
  run(call) {
    const { values, format, signal } = call
    return withDatabase(call, {}, async (session) => {
      const { driver, db, dir, options, shown } = session
      const { steps, to, from, 'accept-edited': acceptEdited } = values
      const chosen = {
        ...options,
        ...written(values),
        allowDestructive: values['allow-destructive'],
        ...(steps !== undefined && { steps }),
        ...(to !== undefined && { to }),
      }
      const { convention } = values
      const { reverted, files, earlier, edited } = await back(session, chosen, { from, convention })
      if (steps !== undefined && reverted.length < steps)
        say(
          `--steps is ${steps}, but there is nothing before ${visible(reverted.at(-1)?.version ?? '')}: ${counted(reverted.length, 'migration')} can be taken back`,
        )
      const talk: (text: string) => void = values['dry-run'] && format === 'text' ? print : say
      if (values['dry-run'] || !values.yes) {
        const { yellow } = values['dry-run'] ? out() : err()
        if (values['dry-run'] && format === 'json') printJson({ reverted })
        else
          for (const { version, name, path } of reverted)
            talk(
              `  ${yellow('-')}  ${visible(version)}  ${visible(name)}${earlier.has(path) ? `  as at ${visible(from!)}` : ''}`,
            )
      }
      if (edited.length > 0) say(editedLines(edited, err()))
      // Those that nobody has agreed to yet.
      const open = edited.filter(({ version }) => !acceptEdited.includes(version))
      if (values['dry-run']) {
        if (format === 'text') talk(`${counted(reverted.length, 'migration')} would be taken back`)
        if (open.length > 0) throw refusalOf(open[0]!)
        return fine
      }
      if (open.length > 0 && (values.yes || !canAsk())) throw refusalOf(open[0]!)
      if (reverted.length > 0 && !values.yes) {
        if (!canAsk())
          throw failure(
            'not-confirmed',
            'nobody can be asked: there is no terminal, and to go back may lose data',
            'say yes with --yes, or look with --dry-run; nothing was done',
          )
        const losses = await lossesOf(
          files,
          reverted.map(({ path }) => path),
          { down: true, convention },
        )
        sayLosses(losses, dir)
        const by =
          open.length > 0 ? `, by the way back that ${open.map(({ path }) => visible(path)).join(', ')} has now` : ''
        if (!(await confirmed(`take back ${counted(reverted.length, 'migration')} of ${shown}${by}?`, signal))) {
          say('nothing was done')
          return found
        }
      }
      // What was named, and nothing else: meanwhile somebody may have applied another one, or taken this one back.
      const versions = reverted.length > 0 ? { versions: reverted.map(({ version }) => version) } : {}
      const agreed = { acceptEdited: [...acceptEdited, ...edited.map(({ version }) => version)] }
      return applied({ ...session, files }, format, (onProgress) =>
        down(driver, db, files, { ...chosen, ...versions, ...agreed, onProgress }),
      )
    })
  },
})
