// A script with a long text in its middle, which stays where the core has it: part by part it comes from there.
import type { Rest } from '../core/core.js'

/** How much is taken at a time, in bytes. */
const most = 1 << 20

/** Bytes of the text, from an offset on. */
type Part = (from: number, most: number) => Uint8Array

/** A script in UTF-8, in parts. It can be gone through while its request is the machine's last. @internal */
export class Long implements Iterable<Uint8Array> {
  readonly #part: Part
  readonly #head: Uint8Array
  readonly #tail: Uint8Array
  readonly #bytes: number

  constructor(part: Part, head: string, { bytes, tail }: Rest) {
    const encoder = new TextEncoder()
    this.#part = part
    this.#head = encoder.encode(head)
    this.#tail = encoder.encode(tail)
    this.#bytes = bytes
  }

  /** In bytes. */
  get length(): number {
    return this.#head.length + this.#bytes + this.#tail.length
  }

  *[Symbol.iterator](): Generator<Uint8Array> {
    yield this.#head
    for (let from = 0; from < this.#bytes; from += most) yield this.#part(from, most)
    yield this.#tail
  }

  /** In one piece, for who can send it in no other way. */
  toString(): string {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    const parts = Array.from(this, (part) => decoder.decode(part, { stream: true }))
    return parts.join('')
  }
}

/** The part of a connection of node-postgres that is needed to send what it is not handed as a string. */
interface Wire {
  readonly stream: {
    readonly destroyed?: boolean
    write(bytes: Uint8Array): boolean
    once(event: 'drain' | 'close', listener: () => void): unknown
    removeListener(event: 'drain' | 'close', listener: () => void): unknown
  }
  sendCopyFail?(message: string): void
}

/**
 * What `query` of node-postgres takes beside a text: it is handed the connection, and is told what comes back
 * (https://node-postgres.com/apis/client, `Submittable`). A promise that waits for it gets the result.
 * @internal
 */
export class LongQuery implements PromiseLike<{ rows: [] }> {
  callback: ((error: Error | null) => void) | undefined
  /** What a query has that is sent as a text. */
  declare readonly text: string
  readonly #text: Long
  readonly #end: Promise<{ rows: [] }>

  constructor(text: Long) {
    this.#text = text
    this.#end = new Promise((resolve, reject) => {
      this.callback = (error) => (error ? reject(error) : resolve({ rows: [] }))
    })
    // Who waits for it hears of it.
    this.#end.catch(() => {})
  }

  // oxlint-disable-next-line unicorn/no-thenable -- `query` gives back what it was handed, and that is waited for
  get then() {
    return this.#end.then.bind(this.#end)
  }

  /** For pg-native, which has no connection to write to. */
  toString(): string {
    return this.#text.toString()
  }

  submit({ stream: socket }: Wire): void {
    const head = new Uint8Array(5)
    head[0] = 'Q'.charCodeAt(0)
    new DataView(head.buffer).setUint32(1, this.#text.length + 5)
    const send = async () => {
      socket.write(head)
      // Each is waited for: what has not gone out yet would be there once more.
      for (const part of this.#text) if (!socket.write(part)) await drained(socket)
      socket.write(new Uint8Array(1))
    }
    send().catch((error) => this.callback?.(error))
  }

  handleError(error: Error): void {
    this.callback?.(error)
  }

  handleReadyForQuery(): void {
    this.callback?.(null)
  }

  handleCopyInResponse(connection: Wire): void {
    connection.sendCopyFail?.('no rows are sent with a migration')
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCommandComplete(): void {}
  handleParseComplete(): void {}
  handleCopyData(): void {}
}

/** Waits until the stream takes more, or is no more. */
function drained(stream: Wire['stream']): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (work: () => void) => () => {
      stream.removeListener('drain', took)
      stream.removeListener('close', closed)
      work()
    }
    const took = over(resolve)
    const closed = over(() => reject(new Error('the connection has ended')))
    if (stream.destroyed) return closed()
    stream.once('drain', took)
    stream.once('close', closed)
  })
}
