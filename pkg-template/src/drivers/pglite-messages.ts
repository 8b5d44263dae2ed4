// The server's messages, from their bytes: https://www.postgresql.org/docs/current/protocol-message-formats.html. Through a
// PGliteWorker only bytes arrive whole: of an error that it throws, it hands on the message alone.

/** A message of the server, as far as it is of interest. @internal */
export type Message =
  | { readonly name: 'commandComplete' }
  | { readonly name: 'readyForQuery'; readonly status: string }
  | { readonly name: 'rowDescription'; readonly columns: readonly string[] }
  | { readonly name: 'dataRow'; readonly values: readonly (string | null)[] }
  | { readonly name: 'error'; readonly fields: Fields }
  | { readonly name: 'notice'; readonly fields: Fields }

/** What an error or a notice says, by the names that node-postgres has for it. */
type Fields = { readonly [name in (typeof fieldNames)[keyof typeof fieldNames]]?: string }

/** By their letters in the protocol. `V` is the severity in English, and comes after `S`. */
const fieldNames = {
  S: 'severity',
  V: 'severity',
  C: 'code',
  M: 'message',
  D: 'detail',
  H: 'hint',
  P: 'position',
  p: 'internalPosition',
  q: 'internalQuery',
  W: 'where',
  s: 'schema',
  t: 'table',
  c: 'column',
  d: 'dataType',
  n: 'constraint',
  F: 'file',
  L: 'line',
  R: 'routine',
} as const

/** All messages of an answer. What is cut short at its end is left out. @internal */
export function messagesOf(bytes: Uint8Array): Message[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const decoder = new TextDecoder()
  const messages: Message[] = []
  let at = 0
  const text = (end: number) => decoder.decode(bytes.subarray(at, (at = end)))
  const string = () => {
    const value = text(bytes.indexOf(0, at))
    at += 1
    return value
  }
  const int16 = () => view.getInt16((at += 2) - 2)
  const int32 = () => view.getInt32((at += 4) - 4)
  const letter = () => String.fromCharCode(bytes[at++]!)
  const fields = (): Fields => {
    const found: { [name: string]: string } = {}
    for (let field = letter(); field !== '\0'; field = letter()) {
      const value = string()
      const name = fieldNames[field as keyof typeof fieldNames]
      if (name) found[name] = value
    }
    return found
  }
  while (at + 5 <= bytes.length) {
    const type = letter()
    const end = at + int32()
    if (end > bytes.length) break
    if (type === 'C') messages.push({ name: 'commandComplete' })
    else if (type === 'Z') messages.push({ name: 'readyForQuery', status: letter() })
    else if (type === 'E') messages.push({ name: 'error', fields: fields() })
    else if (type === 'N') messages.push({ name: 'notice', fields: fields() })
    else if (type === 'T') {
      const columns = Array.from({ length: int16() }, () => {
        const name = string()
        // Table, column, type, its size and modifier, format.
        at += 18
        return name
      })
      messages.push({ name: 'rowDescription', columns })
    } else if (type === 'D') {
      const values = Array.from({ length: int16() }, () => {
        const length = int32()
        return length < 0 ? null : text(at + length)
      })
      messages.push({ name: 'dataRow', values })
    }
    at = end
  }
  return messages
}
