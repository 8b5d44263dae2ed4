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
import { applied } from './result.js'

export const command = define({
  about:
    'Takes back the migration that was applied last, or several, in the reverse of the order of application. The down section and the removal of the row are one transaction.\nOn a terminal it asks first; without one it needs --yes. A down section that drops a whole schema or database has to be named with --allow-destructive besides.',
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
    yes: { type: 'boolean', about: 'do not ask', short: 'y' },
    ...filling,
    ...writing,
  },
  formats: ['text', 'json', 'github'],
  examples: [
    ['down', 'take back the last one, after asking'],
    ['down --steps 2 --dry-run', 'which two would that be?'],
    ['down --to 20260203143000 --yes', 'go back to a version, in a script'],
  ],
  exits:
    '0 if it was taken back, 1 if that failed or was refused, 2 if it was called in a wrong way, cannot connect or needs --yes, 130 after Ctrl-C',
  run(call) {
    const { values, format, signal } = call
    return withDatabase(call, {}, async (session) => {
      const { driver, db, files, dir, options, shown } = session
      const { steps, to } = values
      const chosen = {
        ...options,
        ...written(values),
        allowDestructive: values['allow-destructive'],
        ...(steps !== undefined && { steps }),
        ...(to !== undefined && { to }),
      }
      const { reverted } = await down(driver, db, files, { ...chosen, dryRun: true })
      if (steps !== undefined && reverted.length < steps)
        say(
          `--steps is ${steps}, but there is nothing before ${visible(reverted.at(-1)?.version ?? '')}: ${counted(reverted.length, 'migration')} can be taken back`,
        )
      const talk: (text: string) => void = values['dry-run'] && format === 'text' ? print : say
      if (values['dry-run'] || !values.yes) {
        const { yellow } = values['dry-run'] ? out() : err()
        if (values['dry-run'] && format === 'json') printJson({ reverted })
        else for (const { version, name } of reverted) talk(`  ${yellow('-')}  ${visible(version)}  ${visible(name)}`)
      }
      if (values['dry-run']) {
        if (format === 'text') talk(`${counted(reverted.length, 'migration')} would be taken back`)
        return fine
      }
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
          { down: true, convention: values.convention },
        )
        sayLosses(losses, dir)
        if (!(await confirmed(`take back ${counted(reverted.length, 'migration')} of ${shown}?`, signal))) {
          say('nothing was done')
          return found
        }
      }
      // What was named, and nothing else: meanwhile somebody may have applied another one, or taken this one back.
      const versions = reverted.length > 0 ? { versions: reverted.map(({ version }) => version) } : {}
      return applied(session, format, (onProgress) => down(driver, db, files, { ...chosen, ...versions, onProgress }))
    })
  },
})
