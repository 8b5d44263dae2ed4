// Which migrations have run, by the schema, in parts of one replay: where it is what the files make, and where one never ran.
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'
import { migrate, stamp, verify } from 'counterfoil/pglite'
import { inTurn, line, ms, ratio, time, title } from './measure.mjs'
import { realSet, versionOf } from './sets.mjs'

const runs = Number(process.env.COUNTERFOIL_RUNS ?? 3)
const replay = () => PGlite.create({ extensions: { vector, pg_trgm, pgcrypto } })

export async function evidence() {
  const { name, files } = await realSet()
  const [whole, lacking] = [await replay(), await replay()]
  await migrate(whole, files)
  // The last that can be left out.
  const paths = Object.keys(files).filter((path) => /^\d.*\.sql$/.test(path) && !path.endsWith('.down.sql'))
  const { [paths.at(-1)]: _, ...rest } = files
  await migrate(lacking, rest)
  const version = /^\d+/.exec(paths.at(-1))[0]
  await stamp(lacking, files, [version])
  const asked = async (db) => {
    let found
    const took = await time(async () => (found = await verify(db, files, { replay, explain: true })))
    return { took, replays: found.evidence?.replays ?? 0, status: found.status }
  }
  const replayed = () =>
    time(async () => {
      const db = await replay()
      await migrate(db, files)
      await db.close()
    })
  title(
    `evidence: ${name}`,
    `${runs} runs of each in turn, processor time, PGlite ${versionOf('@electric-sql/pglite')}; the last file never ran`,
  )
  let replays = 0
  const { times, ratios } = await inTurn(
    runs,
    replayed,
    async () => (await asked(whole)).took,
    async () => {
      const { took, replays: count } = await asked(lacking)
      replays = count + 1
      return took
    },
  )
  line('one replay: an empty PGlite, and migrate', ms(times[0]))
  line('verify, the schema is the same', ms(times[1]))
  line('verify with explain, it differs', ms(times[2]), `${replays} replays`)
  line('ratio, the same to one replay', ratio(ratios[1]), 'at most 1.2')
  line('ratio, it differs to one replay', ratio(ratios[2]), 'at most 6')
  for (const db of [whole, lacking]) await db.close()
}
