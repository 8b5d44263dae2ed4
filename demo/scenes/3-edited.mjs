import { gap, say } from '../show.mjs'
import { change } from '../stage.mjs'

export const title = 'An edited file'

export async function play(stage) {
  const path = '20260203143000_customers.sql'
  const shipped = stage.files[path]
  say('Somebody adds a comment to a file that has shipped, and lines up its columns. Nothing is lost.')
  gap()
  stage.put(path, change(`edited-cosmetic/${path}`))
  await stage.plan()
  await stage.migrate()
  gap()
  say('Somebody else adds a column to it. Databases that have run the file would never get that column.')
  gap()
  stage.put(path, change(`edited-semantic/${path}`))
  await stage.migrate()
  gap()
  say('The old text is put back.')
  gap()
  stage.put(path, shipped)
  await stage.migrate()
}
