import { gap, say } from '../show.mjs'
import { change } from '../stage.mjs'

export const title = 'A squash'

export async function play(stage) {
  const baseline = '20260501000000_baseline.sql'
  const list = '.counterfoil/20260501000000_baseline.json'
  const before = stage.files
  const behind = await stage.other()
  say('Seven files become one baseline, with a list of what it replaces beside it.')
  gap()
  for (const path of Object.keys(stage.files)) stage.remove(path)
  stage.put(baseline, change(`squash/${baseline}`))
  stage.put(list, change(`squash/${list}`))
  const squashed = stage.files
  gap()
  say('This database has all seven: the baseline is adopted, which means recorded and not run.')
  gap()
  await stage.plan()
  await stage.migrate()
  gap()
  say('A new database has none: there the baseline is run.')
  gap()
  const fresh = await stage.other()
  await fresh.plan()
  await fresh.migrate()
  await fresh.db.close()
  gap()
  say('A third one stopped in February and has only some. Neither would be right, so nothing is done.')
  gap()
  const some = Object.entries(before).filter(([path]) => path < '20260301')
  behind.files = Object.fromEntries(some)
  await behind.migrate()
  behind.files = squashed
  await behind.migrate()
  await behind.db.close()
  gap()
  say("The baseline's way back drops the whole schema. That has to be asked for by name.")
  gap()
  await stage.rollback()
}
