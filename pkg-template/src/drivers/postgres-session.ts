// The connection that a run over postgres.js keeps. Loaded when the first question was not enough.
import type { Go } from '../run/database.js'
import { ask, type PostgresReserved, type PostgresSql, type Raw, type Session } from './postgres-like.js'

/** A connection, as `sql.begin` of postgres.js sees it too. */
interface Reserved {
  onclose?: (() => void) | null
}

/** `asked`: whether there was an answer since the beginning. @internal */
export function sessionOf(db: PostgresSql, asked: boolean): Session {
  let session: PostgresSql | undefined = db.reserve ? undefined : db
  let held: Reserved | undefined
  let open = true
  // What is under way: of a question that nobody waits for any more the answer comes some time.
  let last: Promise<unknown> = Promise.resolve()

  // Without this nobody would know that a reserved connection is gone, and the next query on it ends the process.
  function onexecute(connection: Reserved): boolean {
    if (connection !== held) connection.onclose = () => void (open = false)
    held = connection
    return true
  }

  async function reserve(): Promise<PostgresReserved> {
    // `reserve` waits forever for a new connection that fetches no types (https://github.com/porsager/postgres/issues/751),
    // and for one that is opened again after a fatal error: the first query on that gets the old error once more.
    // What is sent to a connection between its error and its end is never answered: its end is waited for.
    const query = async () => {
      await new Promise((done) => setTimeout(done, 10))
      await db.unsafe('select 1')
    }
    if (!asked || db.options?.fetch_types === false) await query().catch(query)
    open = true
    return db.reserve!()
  }

  async function send(text: string, go?: Go): Promise<Raw> {
    if (session) go?.()
    else {
      const reserved = await reserve()
      try {
        go?.()
      } catch (error) {
        // It was waited for too long.
        reserved.release()
        throw error
      }
      session = reserved
    }
    if (!open) throw new Error('the connection has ended')
    asked = true
    const answer = Promise.resolve(ask(session, text, { onexecute }))
    last = answer.catch(() => {})
    const rows = (await answer) as Raw
    if (!Array.isArray(rows)) await copied(rows)
    return rows
  }

  function giveBack(): void {
    if (held) held.onclose = null
    held = undefined
    if (session === db) return
    const reserved = session as PostgresReserved | undefined
    session = undefined
    // A connection that has ended left the pool by itself; giving it back would bring it in again.
    if (open) void last.then(() => reserved?.release())
  }

  return {
    send,
    lost(error) {
      asked = false
      // Its end may not have been noticed yet. These errors have a number or a severity; those of a failing callback of the caller's do not.
      const { errno, severity } = Object(error) as { errno?: unknown; severity?: unknown }
      if (errno !== undefined || severity !== undefined) open = false
      giveBack()
    },
    giveBack,
  }
}

/** A COPY … TO STDOUT gives a stream while its script still runs, and what comes of the script is told to nobody: that is for the ledger to say. */
async function copied(stream: AsyncIterable<unknown> & { _read?(): void }): Promise<never> {
  for await (const _ of stream);
  // The socket may be left paused, and what follows unread.
  stream._read?.()
  throw new Error('postgres.js does not tell how a script with COPY … TO STDOUT ends')
}
