// `counterfoil squash --adopt`: what a baseline leaves out is put aside in a database.
import { join } from 'node:path'
import { visible } from '../../shared/printed.js'
import { stemOf } from '../../squash/place.js'
import { runScript, type Said } from '../../squash/run-script.js'
import { failure } from '../../shared/errors.js'
import { canAsk, confirmed } from '../connect/confirm.js'
import { withDatabase } from '../connect/session.js'
import { databaseOptions, fine, found, type Call, type Values } from '../frame/command.js'
import { print, printJson, say } from '../text/print.js'
import { out } from '../text/style.js'
import { textOf } from './squash-files.js'

type Adopting = Call & {
  readonly values: Values<typeof databaseOptions> & { readonly 'dry-run': boolean; readonly yes: boolean }
}

/** Runs the script of a baseline. What it moves, and how to copy that out of the database first, is said before. */
export async function adopted(call: Adopting, baseline: string): Promise<number> {
  const { folder, stem } = stemOf(baseline)
  const path = join(call.values.dir, folder, '.counterfoil', `${stem}.adopt.sql`)
  const script = await textOf(
    path,
    'this baseline leaves nothing out: `counterfoil squash --drop` makes one that does, with this script',
  )
  const dry = call.values['dry-run']
  const told = headOf(script)
  if (call.format === 'text') print(told.map((line) => visible(line)))
  if (dry) {
    if (call.format === 'json') printJson({ path, told, said: [], adopted: false })
    return fine
  }
  return withDatabase(call, {}, async ({ driver, db, shown }) => {
    if (!call.values.yes) {
      if (!canAsk())
        throw failure(
          'not-confirmed',
          'nobody can be asked: there is no terminal, and tables and columns go out of the way of whatever uses them',
          'say yes with --yes, or look with --dry-run; nothing was done',
        )
      if (!(await confirmed(`put this aside in ${shown}?`, call.signal))) {
        say('nothing was done')
        return found
      }
    }
    const said: Said[] = []
    await runScript(driver, db, script, (what) => {
      said.push(what)
      say(`${what.severity.toLowerCase()}: ${visible(what.message)}`)
    })
    if (call.format === 'json') printJson({ path, told, said, adopted: true })
    else print([out().green(`put aside; ${stem}.restore.sql beside it brings it back`)])
    return fine
  })
}

/** The lines of comment that a script begins with. */
function headOf(script: string): string[] {
  const lines = script.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('--'))
  return lines.slice(0, end).map((line) => line.replace(/^-- ?/, ''))
}
