import { gap, say } from '../show.mjs'

export const title = 'An older image on a newer schema'

export async function play(stage) {
  say(
    'A release is taken back, and an image from January starts on the database of May. Its own migrations are all there, so it may serve; it is told what it does not know.',
  )
  gap()
  stage.files = Object.fromEntries(Object.entries(stage.shipped).filter(([path]) => path < '202602'))
  await stage.plan()
  await stage.ready()
}
