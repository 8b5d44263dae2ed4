import { gap, say } from '../show.mjs'
import { change } from '../stage.mjs'

export const title = 'A statement that fails'

export async function play(stage) {
  const path = '20260318120000_refunds.sql'
  say('The second statement names a table that does not exist. The first one is undone with it.')
  gap()
  stage.put(path, change(`failing/${path}`))
  await stage.migrate()
  await stage.query('database', `select to_regclass('public.refunds') is not null as "refunds is there"`)
  stage.remove(path)
}
