// How to talk to a PGlite.
import type { Driver } from '../run/driver.js'
import { can, inside, told, type Connection, type Go, type TextRow } from '../run/database.js'
import type { Long } from '../run/long.js'
import { asText, deathOf, speaks, stopped, type PGliteLike } from './pglite-like.js'

function connect(db: PGliteLike) {
  // What `db.transaction()` hands to its callback: to wait for the end of that would be to wait for ever.
  if ('rollback' in db) throw inside('database')
  let asked = false
  // What it takes beyond the first question is loaded when it is needed.
  const more = () => import('./pglite-protocol.js')
  const send = async (sql: string | Long, go: Go, count = 1) => (await more()).send(db, sql, count, go, self)
  const self: Connection = {
    capabilities: { script: true, batch: false, interactive: true },
    async query(sql, go, looks) {
      const death = deathOf(db)
      if (death) throw death
      // What is kept in a browser other tabs may have, too.
      if (asked || 'onLeaderChange' in db || /:\/\//.test(db.dataDir ?? ''))
        return (await more()).query(db, sql, go, self, looks)
      asked = true
      // Not `query`: in the extended protocol a statement does not begin with its transaction.
      const [result] = (await db.exec(sql, asText)) as [{ rows: TextRow[] }]
      if (!result.rows.length) throw stopped(db)
      return told(result.rows, await status(db))
    },
    statement: send,
    script: send,
    long: 'parts',
  }
  return self
}

/** What ReadyForQuery says, if this can be asked for: PGlite's clock may be too coarse to tell. */
async function status(db: PGliteLike): Promise<string | undefined> {
  if (!speaks(db)) return undefined
  const sync = Uint8Array.of(83, 0, 0, 0, 4)
  const messages = await db._runExclusiveTransaction(() =>
    db.runExclusive(() => db.execProtocolStream(sync, { syncToFs: false, throwOnError: false })),
  )
  return messages.at(-1)?.status
}

/** @internal */
export const pglite = {
  entry: 'pglite',
  takes: (db) => can(db, 'query', 'exec'),
  connect,
  lock: async (db) => (await import('./pglite-hold.js')).lockFor(db),
} satisfies Driver<PGliteLike>
