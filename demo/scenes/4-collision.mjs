import { gap, say } from '../show.mjs'
import { change } from '../stage.mjs'

export const title = 'Two branches, one version'

export async function play(stage) {
  const theirs = '20260301083000_tickets.sql'
  const mine = '20260301083000_gift_cards.sql'
  const shipped = stage.files[theirs]
  const text = change(`collision/${mine}`)
  say('A branch has another migration under a version that is applied already.')
  gap()
  stage.remove(theirs)
  stage.put(mine, text)
  await stage.migrate()
  gap()
  say('Both branches are merged. One of the two files would never run, and nobody would be told.')
  gap()
  stage.put(theirs, shipped)
  await stage.migrate()
  gap()
  say('The file gets a version of its own.')
  gap()
  stage.remove(mine)
  stage.put('20260326090000_gift_cards.sql', text)
  await stage.migrate()
  gap()
  say('Later the branch is rebased and the file is numbered again. It is known by its content, and not run twice.')
  gap()
  stage.remove('20260326090000_gift_cards.sql')
  stage.put('20260328090000_gift_cards.sql', text)
  await stage.plan()
  await stage.migrate()
}
