// What a PGlite answers, message by message: what it has not confirmed is not done.
import { completed, told, type Connection, type Go, type TextRow } from '../run/database.js'
import type { Long } from '../run/long.js'
import { asText, speaks, stopped, unusable, type PGliteLike, type WithProtocol } from './pglite-like.js'
import { messagesOf, type Message } from './pglite-messages.js'

/** Sends a text of so many statements. On failure the error has the number of those that had finished, if that is known. @internal */
export async function send(db: PGliteLike, sql: string | Long, count: number, go: Go, to: Told): Promise<unknown> {
  return speaks(db) ? sent(db, sql, count, go, to) : executed(db, sql, count, go)
}

/** The rows of one statement. @internal */
export async function query(
  db: PGliteLike,
  sql: string,
  go: Go | undefined,
  to: Told,
  looks?: boolean,
): Promise<TextRow[]> {
  if (!speaks(db)) {
    const [result] = await executed(db, sql, 1, go)
    // All that is asked has columns.
    if (!result?.fields.length) throw stopped(db)
    return result.rows
  }
  const messages = await sent(db, sql, 1, go, to, !go || looks)
  const columns = named(messages, 'rowDescription')[0]!.columns
  const row = ({ values }: MessageOf<'dataRow'>) => Object.fromEntries(columns.map((name, at) => [name, values[at]]))
  return told(named(messages, 'dataRow').map(row), named(messages, 'readyForQuery')[0]!.status)
}

/** Who is told of notices. */
type Told = Pick<Connection, 'notice'>

async function sent(
  db: WithProtocol,
  sql: string | Long,
  count: number,
  go: Go | undefined,
  to: Told,
  looks?: boolean,
): Promise<Message[]> {
  await db._checkReady()
  const work = () =>
    db._runExclusiveTransaction(() =>
      db.runExclusive(async () => {
        // Not before: another's transaction may have kept it waiting for so long that it was given up.
        go?.()
        const messages = messagesOf(await db.execProtocolRaw(simpleQuery(sql), { syncToFs: false }))
        const [error] = named(messages, 'error')
        const done = named(messages, 'commandComplete').length
        if (messages.at(-1)?.name !== 'readyForQuery' || (!error && done < count)) throw stopped(db)
        for (const { fields } of named(messages, 'notice')) to.notice?.(fields)
        // Who only looks stores nothing: this may be an old copy of what another tab has written to since. And what the
        // database refuses is undone, whether that is stored or not.
        if (!looks) await db.syncToFs().catch((cause: unknown) => error ?? unsaved(db, cause))
        if (error) throw Object.assign(new Error(error.fields.message), error.fields, { [completed]: done })
        return messages
      }),
    )
  return whileLed(db, work)
}

/**
 * What comes of `work`, unless another tab becomes the one that has the database, as of a PGliteWorker one tab has: what was
 * under way over there is answered by nobody any more.
 */
async function whileLed<T>(db: WithProtocol, work: () => Promise<T>): Promise<T> {
  if (!db.onLeaderChange) return work()
  let forget: (() => void) | undefined
  const changed = new Promise<never>((_, reject) => {
    forget = db.onLeaderChange?.(() => reject(new Error('Leader changed, and nobody knows what came of the message')))
  })
  try {
    return await Promise.race([work(), changed])
  } finally {
    forget?.()
  }
}

/** What was done is in PGlite's memory, and in its storage there is what was there before. */
function unsaved(db: PGliteLike, cause: unknown): never {
  const { name, message } = Object(cause) as { name?: string; message?: string }
  if (broken.test(`${message}`)) throw cause
  const said = [name !== 'Error' && name, message].filter(Boolean).join(': ') || String(cause)
  throw Object.assign(unusable(db, `PGlite could not store what was done, and has stored none of it: ${said}`), {
    cause,
  })
}

/**
 * The same where there is no more than `exec`, which shows the end of every statement, but not that of the message. After a
 * trap it ends the message once more, and would so commit what stood before it: hence a transaction that is begun by itself.
 */
async function executed(db: PGliteLike, sql: string | Long, count: number, go: Go | undefined) {
  const work = async (on: Pick<PGliteLike, 'exec'>) => {
    go?.()
    const results = (await on.exec(String(sql), asText).catch(refused)) as { rows: TextRow[]; fields: unknown[] }[]
    if (results.length < count) throw stopped(db)
    return results
  }
  return count > 1 && db.transaction ? db.transaction(work) : work(db)
}

/** What is not a database's refusal, by its message. */
const broken = /^(PGlite is closed|Leader changed)/

/** Who hands on of an error its message alone, as through a worker, has had an answer all the same. */
function refused(error: unknown): never {
  if (error instanceof Error && error.name === 'Error' && !('code' in error) && !broken.test(error.message))
    throw Object.assign(error, { severity: 'ERROR' })
  throw error
}

type MessageOf<Name extends Message['name']> = Extract<Message, { readonly name: Name }>

const named = <Name extends Message['name']>(messages: readonly Message[], wanted: Name) =>
  messages.filter((message): message is MessageOf<Name> => message.name === wanted)

/** The Query message: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function simpleQuery(sql: string | Long): Uint8Array {
  const text = typeof sql === 'string' ? new TextEncoder().encode(sql) : undefined
  const { length } = text ?? sql
  const message = new Uint8Array(length + 6)
  message[0] = 'Q'.charCodeAt(0)
  new DataView(message.buffer).setUint32(1, length + 5)
  let at = 5
  for (const part of text ? [text] : (sql as Long)) {
    message.set(part, at)
    at += part.length
  }
  return message
}
