// `npm run demo`: the incidents that Counterfoil exists for, played one after the other on a PGlite in memory.
import { readdirSync } from 'node:fs'
import * as show from './show.mjs'
import { open } from './stage.mjs'

show.say(
  'A ticket office keeps its schema in a folder of dbmate migrations. Here is what happens to it in its ' +
    'first months, on a PostgreSQL (PGlite) inside this process.',
)

const stage = await open()
const names = readdirSync(new URL('scenes', import.meta.url)).sort()
for (const [index, name] of names.entries()) {
  const { title, play } = await import(`./scenes/${name}`)
  show.heading(`${index + 1}. ${title}`)
  await play(stage)
}
await stage.db.close()
