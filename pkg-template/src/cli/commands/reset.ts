// `counterfoil reset`: makes the database anew, and fills it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rowsInWords } from '../../dev/rows.js'
import { failure } from '../../shared/errors.js'
import { visible } from '../../shared/printed.js'
import { confirmed } from '../connect/confirm.js'
import { Usage, define, fine, found } from '../frame/command.js'
import { say } from '../text/print.js'
import { developing, exits, step, whose } from './development.js'

export const command = define({
  about: `Makes the database anew: all migrations are applied to another one beside it, which then takes its place; if one fails, nothing has changed. At the end a file of SQL is run, if there is one: seed.sql beside the folder of the migrations. ${whose}\nOn a terminal it asks first; without one it needs --yes.`,
  options: {
    ...developing,
    seed: {
      type: 'string',
      value: '<file>',
      about: 'the SQL that fills it (default: seed.sql beside the folder, if it is there)',
      completes: 'file',
    },
    'no-seed': { type: 'boolean', about: 'leave it empty' },
    run: {
      type: 'string',
      value: '<command>',
      about:
        'a command that fills it, run by the shell when the database is in its place, with its address in DATABASE_URL',
    },
    yes: { type: 'boolean', about: 'do not ask', short: 'y' },
  },
  formats: ['text', 'json', 'github'],
  withoutEnvironmentFile: true,
  examples: [
    ['reset --url postgres://app@localhost/app_dev', 'make it anew, after asking'],
    ['reset --yes --seed db/demo.sql', 'in a script, with other rows'],
    ['reset --yes --no-seed --run "npm run seed"', 'filled by a program'],
  ],
  exits,
  async run(call) {
    const { values, signal } = call
    if (values.seed !== undefined && values['no-seed'])
      throw new Usage('both --seed and --no-seed are given', 'say one of them; nothing was done')
    const beside = join(dirname(values.dir), 'seed.sql')
    const seed = values['no-seed'] ? undefined : (values.seed ?? (existsSync(beside) ? beside : undefined))
    const code = await step(call, {
      goal: 'reset',
      reset: true,
      seed,
      async sure({ lost }, { shown }) {
        if (lost.length > 0) say(`rows that no migration has put there: ${visible(rowsInWords(lost))}`)
        const says = values.yes || (await confirmed(`make ${shown} anew?`, signal))
        if (!says) say('nothing was done')
        return says
      },
    })
    if (code === undefined) return found
    if (code === fine && values.run !== undefined) await filledBy(values.run, values.url!)
    return code
  },
})

/** Runs a command of the project's own. */
async function filledBy(command: string, url: string): Promise<void> {
  const child = spawn(command, {
    shell: true,
    // What is asked for goes to standard output: it is talk here.
    stdio: ['inherit', process.stderr, 'inherit'],
    env: { ...process.env, DATABASE_URL: url },
  })
  const code = await new Promise<number | string>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve(status ?? signal ?? ''))
  })
  if (code !== 0)
    throw failure(
      'seed-failed',
      `the command that was to fill the database ended with ${code}: ${command}`,
      'the migrations are applied; mend it, and reset again',
    )
}
