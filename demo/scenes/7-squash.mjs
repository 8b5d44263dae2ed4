import { PGlite } from '@electric-sql/pglite'
import { squash } from 'counterfoil/squash'
import { gap, proof, say } from '../show.mjs'

export const title = 'A squash'

export async function play(stage) {
  const before = stage.files
  const behind = await stage.other()
  say(
    "Seven files become one baseline, with a list of what it replaces beside it. PostgreSQL's own pg_dump writes it from what they make, and a replay of both proves it.",
  )
  gap()
  const made = await squash(PGlite, stage.files, { version: '20260501000000' })
  for (const { path } of made.moves) stage.remove(path)
  for (const { path, text } of made.files) stage.put(path, text)
  proof(made.proof)
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
  say('A baseline has no way back: where it was adopted, nothing of it ever ran.')
  gap()
  await stage.rollback()
}
