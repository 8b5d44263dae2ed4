// Booting a PGlite: from a snapshot, by replaying, and by Drizzle's migrator on the same statements.
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'
import { readSet, splitStatements } from 'counterfoil'
import { embed } from 'counterfoil/embed'
import { snapshotsInFolder } from 'counterfoil/node'
import { boot as bootPGlite } from 'counterfoil/pglite'
import { snapshotsInMemory } from 'counterfoil/snapshots'
import { drizzle } from 'drizzle-orm/pglite'
import { migrate as drizzleMigrate } from 'drizzle-orm/pglite/migrator'
import { inTurn, line, ms, ratio, time, title } from './measure.mjs'
import { bootSets, versionOf } from './sets.mjs'

const pglite = { extensions: { vector, pg_trgm, pgcrypto } }
const runs = 5

export async function boot() {
  for (const { name, files } of await bootSets()) await one(name, files)
}

async function one(name, files) {
  const base = mkdtempSync(join(tmpdir(), 'counterfoil-bench-'))
  const manifest = embed(files)
  const booted =
    (snapshots, set = files) =>
    async () => {
      let db
      const took = await time(
        async () => ({ db } = await bootPGlite(PGlite, set, { pglite, ...(snapshots && { snapshots }) })),
      )
      await db.close()
      return took
    }
  const memory = snapshotsInMemory()
  const folder = snapshotsInFolder(join(base, 'snapshots'))
  const first = await booted(memory)()
  await booted(folder)()
  const bytes = (await memory.get((await memory.keys())[0])).length

  const { folder: journal, left } = forDrizzle(join(base, 'drizzle'), files)
  const byDrizzle = async () => {
    let db
    const took = await time(async () => {
      db = await PGlite.create(pglite)
      await drizzleMigrate(drizzle(db), { migrationsFolder: journal })
    })
    await db.close()
    return took
  }
  const started = async () => {
    let db
    const took = await time(async () => (db = await PGlite.create(pglite)))
    await db.close()
    return took
  }

  title(
    `boot: ${name}, ${manifest.count} migrations`,
    `${runs} runs of each in turn, processor time, PGlite ${versionOf('@electric-sql/pglite')} with pgvector, pg_trgm and pgcrypto; a snapshot is ${(bytes / 1e6).toFixed(0)} MB`,
  )
  const works = [booted(undefined), booted(memory), booted(folder), booted(folder, manifest), started, byDrizzle]
  const { times, ratios } = await inTurn(runs, ...works)
  const [replay, fromMemory, fromFolder, fromManifest, empty, other] = times
  line('replay: an empty PGlite, and migrate', ms(replay))
  line('of that, the empty PGlite', ms(empty))
  line('the first boot: replay, and saving the snapshot', ms(first), 'once')
  line('snapshot in memory', ms(fromMemory))
  line('snapshot in a folder', ms(fromFolder))
  line('snapshot in a folder, migrations as a manifest', ms(fromManifest))
  line('ratio, snapshot in memory to replay', ratio(ratios[1]))
  line('ratio, snapshot in a folder to replay', ratio(ratios[2]))
  line(
    `an empty PGlite, and Drizzle ${versionOf('drizzle-orm')}`,
    ms(other),
    left ? `"concurrently" taken out of ${left} files: it has one transaction for all` : '',
  )
  line('ratio, Drizzle to replay', ratio(ratios[5]))
  line('ratio, snapshot in a folder to Drizzle', ratio(fromFolder / other))
  rmSync(base, { recursive: true, force: true })
}

/** The set as a folder of Drizzle's: a journal, and statements between breakpoints. */
function forDrizzle(folder, files) {
  mkdirSync(join(folder, 'meta'), { recursive: true })
  let left = 0
  const entries = readSet(files).migrations.map(({ path, version }, idx) => {
    const tag = `${String(idx).padStart(4, '0')}_${version}`
    const text = upSection(files[path])
    if (/\bconcurrently\b/i.test(text)) left += 1
    const parts = splitStatements(text)
    const statements = parts.map(({ text }) => text.replace(/\bconcurrently\b/i, ''))
    // What a file sets in its session would reach the next one.
    if (parts.some(({ session }) => session)) statements.push('reset all')
    writeFileSync(join(folder, `${tag}.sql`), statements.join(';\n--> statement-breakpoint\n'))
    return { idx, version: '7', when: 1_700_000_000_000 + idx, tag, breakpoints: true }
  })
  writeFileSync(join(folder, 'meta/_journal.json'), JSON.stringify({ version: '7', dialect: 'postgresql', entries }))
  return { folder, left }
}

/** What runs of a file: everything up to the down marker. */
function upSection(text) {
  const down = text.indexOf('-- migrate:down')
  return down < 0 ? text : text.slice(0, down)
}
