import { gap, say } from '../show.mjs'
import { change } from '../stage.mjs'

export const title = 'A gap: a branch from February is merged in March'

export async function play(stage) {
  say(
    'A tool that keeps a counter is at 20260301083000 and never looks at February again. A ledger of what was applied has no row for it.',
  )
  gap()
  stage.put('20260224160000_prices.sql', change('gap/20260224160000_prices.sql'))
  await stage.ready()
  await stage.plan()
  await stage.migrate()
}
