// What Counterfoil costs beside the database's own work, on PGlite.
import { PGlite } from '@electric-sql/pglite'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'
import { readSet } from 'counterfoil'
import * as pg from 'counterfoil/pg'
import { migrate } from 'counterfoil/pglite'
import { startPostgres } from '../tests/js/support/postgres.mjs'
import { clock, inTurn, line, ms, ratio, time, title } from './measure.mjs'
import { realSet, versionOf } from './sets.mjs'

const extensions = { pgcrypto }

export async function database() {
  const { name, files } = await realSet()
  const paths = readSet(files).migrations.map(({ path }) => path)
  const empty = await PGlite.create({ extensions })
  const dump = await empty.dumpDataDir('none')
  await empty.close()

  /** The time of `work` on a new database; starting and ending it do not count. */
  const onFresh = (work) => async () => {
    const db = await PGlite.create({ extensions, loadDataDir: dump })
    const took = await time(() => work(db))
    await db.close()
    return took
  }
  const exec = onFresh(async (db) => {
    for (const path of paths) await db.exec(upSection(files[path]))
  })
  const recorded = onFresh(async (db) => {
    await db.exec(
      'create table ledger (version varchar(128) primary key, checksum text, applied_at timestamptz default now())',
    )
    for (const path of paths)
      await db.exec(
        `insert into ledger (version, checksum) values ('${path}', repeat('0', 71));\n${upSection(files[path])}`,
      )
  })
  const migrated = onFresh((db) => migrate(db, files))

  const runs = 7
  await exec()
  await migrated()
  title(
    `migrate: ${name}, ${paths.length} migrations`,
    `${runs} runs of each in turn, processor time, every one on a fresh PGlite ${versionOf('@electric-sql/pglite')} from one dump`,
  )
  const first = await inTurn(runs, exec, recorded, migrated)
  line('plain exec of each file, a transaction each', ms(first.times[0]))
  line('the same, and an insert of a row for each', ms(first.times[1]))
  line('migrate', ms(first.times[2]))
  line('ratio, exec and an insert to plain exec', ratio(first.ratios[1]))
  line('ratio, migrate to plain exec', ratio(first.ratios[2]), 'aim: at most 1.10')

  const db = await PGlite.create({ extensions, loadDataDir: dump })
  await again('PGlite, in this process', name, db, migrate, files, time)
  await db.close()

  const server = await startPostgres()
  const client = await server.connect()
  await again('PostgreSQL 18, over TCP', name, client, pg.migrate, files, clock)
  await client.end()
  await server.stop()
}

/** A run that finds nothing to do, beside the smallest query. */
async function again(where, name, db, migrate, files, timed) {
  const runs = 300
  await migrate(db, files)
  const { roundTrips } = await migrate(db, files)
  title(`migrate with nothing to do: ${where}`, `${runs} runs of each in turn, on the database of ${name}`)
  const { times, ratios } = await inTurn(
    runs,
    () => timed(() => db.query('select 1')),
    () => timed(() => migrate(db, files)),
  )
  line('select 1', ms(times[0]))
  line('migrate', ms(times[1]))
  line('queries that migrate sends', String(roundTrips), 'aim: 1')
  line('ratio, migrate to select 1', ratio(ratios[1]), 'aim: under 5')
}

/** What the plain run sends: the text that migrate runs too. */
function upSection(text) {
  const down = text.indexOf('-- migrate:down')
  return down < 0 ? text : text.slice(0, down)
}
