// One check: asked once for all who want to know at the same time, its answer repeated for a while, and never waited for
// in vain.
import { withoutPasswords } from '../shared/passwords.js'
import { teller, type Log } from './log.js'
import type { Check, Checked, ReadinessAnswer } from './public.js'

/** @internal */
export interface ProbeOptions {
  cache: number
  timeout: number
  detail: boolean
  missing: 'quiet' | 'critical' | 'ready'
  log: Log
}

/** An answer, and what only the log has by right. */
type Found = readonly [answer: ReadinessAnswer, reason?: string | undefined]

/** A question that is under way. */
interface Flight {
  begun: number
  answer: Promise<ReadinessAnswer>
  controller: AbortController
  /** Somebody has been told that it is late: what comes of it now is not repeated. */
  late: boolean
}

/**
 * After a question that is late comes another: its connection may be dead, and the database well. There are no more than
 * two at a time: a database that is merely slow has to work on them all.
 */
const most = 2

/** A question that has not come back after so many timeouts is given up. */
const patience = 10

/** @internal */
export class Probe {
  /** The oldest first. */
  #flights: Flight[] = []
  #last: { at: number; answer: ReadinessAnswer } | undefined
  readonly #tell

  constructor(
    private readonly check: Check,
    private readonly options: ProbeOptions,
    name?: string,
  ) {
    this.#tell = teller(options.log, name)
  }

  /** What is under way; a Worker that has answered has to be kept alive for it. */
  get flight(): Promise<unknown> | undefined {
    return this.#flights.at(-1)?.answer
  }

  /** The answer: 503 if there is none in time. Never rejects. */
  async answer(): Promise<ReadinessAnswer> {
    const { cache, timeout } = this.options
    const now = Date.now()
    // A clock that was put back does not make an answer last longer.
    const past = (time: number) => (now < time ? Infinity : now - time)
    if (this.#last && past(this.#last.at) < cache) return this.#last.answer
    while (this.#flights.length > 0 && past(this.#flights[0]!.begun) >= timeout * patience)
      giveUp(this.#flights.shift()!)
    let flight = this.#flights.at(-1)
    if (!flight || (flight.late && this.#flights.length < most)) flight = this.#begin(now)
    const left = timeout - past(flight.begun)
    if (left <= 0) return this.#late(flight)
    // A timer for everybody who waits: in a Worker, a request cannot count on another's.
    let timer: ReturnType<typeof setTimeout> | undefined
    const over = new Promise<ReadinessAnswer>(
      (resolve) => (timer = setTimeout(() => resolve(this.#late(flight)), left)),
    )
    try {
      return await Promise.race([flight.answer, over])
    } finally {
      clearTimeout(timer)
    }
  }

  #begin(begun: number): Flight {
    const controller = new AbortController()
    const flight: Flight = {
      begun,
      controller,
      late: false,
      answer: this.#ask(controller.signal).then((answer) => this.#landed(flight, answer)),
    }
    this.#flights.push(flight)
    return flight
  }

  async #ask(signal: AbortSignal): Promise<Found> {
    try {
      const checked = await this.check(signal)
      return [this.#judged(checked), checked.detail]
    } catch (error) {
      return unknown(...reasonOf(error))
    }
  }

  #judged(checked: Checked): ReadinessAnswer {
    const { status, httpStatus, message, database, expected } = checked
    const passes = this.options.missing === 'ready' && isMissing(checked)
    return {
      status: passes ? 'ready' : String(status),
      httpStatus: passes || httpStatus === 200 ? 200 : 503,
      message: passes ? `ready: db=none expected=${expected ?? 'none'}` : String(message),
      ...(database !== undefined && { database }),
      ...(expected !== undefined && { expected }),
      checkedAt: new Date().toISOString(),
    }
  }

  #landed(flight: Flight, [answer, reason]: Found): ReadinessAnswer {
    const index = this.#flights.indexOf(flight)
    if (index < 0) return answer
    // Nobody waits for what was asked before it.
    this.#flights
      .splice(0, index + 1)
      .slice(0, index)
      .forEach(giveUp)
    return flight.late ? answer : this.#found(answer, reason)
  }

  /** There is no answer in time. That is the answer, until there is another. */
  #late(flight: Flight): ReadinessAnswer {
    const [answer, reason] = unknown('timeout', '', `the database did not answer within ${this.options.timeout} ms`)
    // Somebody who has waited for the one before this knows less than what was found meanwhile.
    if (flight !== this.#flights.at(-1)) return answer
    flight.late = true
    return this.#found(answer, reason)
  }

  /** Keeps the answer, and tells the log. */
  #found(answer: ReadinessAnswer, reason: string | undefined): ReadinessAnswer {
    const { detail, missing } = this.options
    const { status, httpStatus, message } = answer
    if (detail && reason) answer.detail = withoutPasswords(reason)
    this.#last = { at: Date.now(), answer }
    const line = reason === undefined ? message : `${status}: ${reason || message}`
    this.#tell({ status, httpStatus, line, quiet: missing === 'quiet' && isMissing(answer) })
    return answer
  }
}

/** Lets go what hangs. */
const giveUp = ({ controller }: Flight) => controller.abort(new Error('no answer'))

/** Whether nothing has been applied to the database, so that it looks like a new one. */
const isMissing = ({ status, database }: Checked) => status === 'behind' && database === undefined

/** The database could not be asked. What it said of that may be nobody else's business. */
function unknown(status: string, reason: string, message = 'the database could not be asked'): Found {
  return [
    {
      status,
      httpStatus: 503,
      message: status === 'no-migrations' ? 'this release has no migrations' : message,
      checkedAt: new Date().toISOString(),
    },
    reason,
  ]
}

/** A code of Counterfoil's own, or `failed`; and what is wrong. */
function reasonOf(error: unknown): [code: string, reason: string] {
  const { name, code, message, help } = Object(error) as Record<string, unknown>
  const text = typeof message === 'string' && message !== '' ? message : String(error)
  if (name !== 'MigrationError' || typeof code !== 'string') return ['failed', text]
  return [code, help ? `${text} (${String(help)})` : text]
}
