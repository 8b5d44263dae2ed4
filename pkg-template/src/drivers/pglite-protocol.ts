// What a PGlite answers, message by message: what it has not confirmed is not done.
import { completed, told, type TextRow } from '../run/database.js'
import { asText, speaks, stopped, type Message, type PGliteLike, type WithProtocol } from './pglite-like.js'

/** Sends a text of so many statements. On failure the error has the number of those that had finished, if that is known. @internal */
export async function send(db: PGliteLike, sql: string, count: number): Promise<unknown> {
  return speaks(db) ? sent(db, sql, count) : executed(db, sql, count)
}

/** The rows of one statement. @internal */
export async function query(db: PGliteLike, sql: string): Promise<TextRow[]> {
  if (!speaks(db)) {
    const [result] = await executed(db, sql, 1)
    // All that is asked has columns.
    if (!result?.fields.length) throw stopped(db)
    return result.rows
  }
  const messages = await sent(db, sql, 1)
  const columns = named(messages, 'rowDescription')[0]?.fields as { name: string }[]
  const row = ({ fields }: Message) => Object.fromEntries(columns.map(({ name }, at) => [name, fields![at]]))
  return told(named(messages, 'dataRow').map(row), messages.at(-1)!.status)
}

async function sent(db: WithProtocol, sql: string, count: number): Promise<Message[]> {
  await db._checkReady()
  return db._runExclusiveTransaction(() =>
    db.runExclusive(async () => {
      const messages = await db.execProtocolStream(simpleQuery(sql), { syncToFs: false, throwOnError: false })
      const error = messages.find(({ name }) => name === 'error')
      const done = named(messages, 'commandComplete').length
      if (messages.at(-1)?.name !== 'readyForQuery' || (!error && done < count)) throw stopped(db)
      await db.syncToFs()
      if (error) throw Object.assign(error, { [completed]: done })
      return messages
    }),
  )
}

/**
 * The same where there is no more than `exec`, which shows the end of every statement, but not that of the message. After a
 * trap it ends the message once more, and would so commit what stood before it: hence a transaction that is begun by itself.
 */
async function executed(db: PGliteLike, sql: string, count: number) {
  const work = async (on: Pick<PGliteLike, 'exec'>) => {
    const results = (await on.exec(sql, asText)) as { rows: TextRow[]; fields: unknown[] }[]
    if (results.length < count) throw stopped(db)
    return results
  }
  return count > 1 && db.transaction ? db.transaction(work) : work(db)
}

const named = (messages: Message[], wanted: string) => messages.filter(({ name }) => name === wanted)

/** The Query message: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function simpleQuery(sql: string): Uint8Array {
  const text = new TextEncoder().encode(sql)
  const message = new Uint8Array(text.length + 6)
  message[0] = 'Q'.charCodeAt(0)
  new DataView(message.buffer).setUint32(1, text.length + 5)
  message.set(text, 5)
  return message
}
