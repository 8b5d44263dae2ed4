import { gap, say } from '../show.mjs'

export const title = 'First boot'

export async function play(stage) {
  say('The database is empty. A server that asks before it serves is told so; it need not crash to say it.')
  gap()
  await stage.ready()
  await stage.plan()
  await stage.migrate()
  await stage.ready()
  gap()
  say('The next boot finds nothing to do, with one query.')
  gap()
  await stage.migrate()
}
