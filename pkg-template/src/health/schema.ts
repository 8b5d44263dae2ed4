// Whether the schema is the expected one, for readiness. Loaded when a probe asks for the first time.
import { first } from '../shared/first.js'
import type { Checked, SchemaLook } from './public.js'

/** What is known, until when, and what is under way. */
interface Known {
  last?: Checked
  /** When to look again; never, if the schema was as expected. */
  next: number
  flight?: { readonly begun: number; readonly over: Promise<unknown> } | undefined
}

/** How long a probe waits for the first look: less than it waits for an answer by default. In milliseconds. */
const patience = 1_000

/** After what is not well, or could not be seen. */
const again = 60_000

const known = new WeakMap<SchemaLook, Known>()

/** @internal */
export async function schemaReady(look: SchemaLook, signal: AbortSignal): Promise<Checked> {
  let state = known.get(look)
  if (!state) known.set(look, (state = { next: 0 }))
  const now = Date.now()
  // A Worker may have been stopped in the middle of one.
  if (now >= state.next && (!state.flight || now - state.flight.begun >= again)) begin(state, look, signal, now)
  if (state.flight && !state.last) {
    // A timer for everybody who waits: in a Worker, a request cannot count on another's.
    let timer: ReturnType<typeof setTimeout> | undefined
    await Promise.race([state.flight.over, new Promise((resolve) => (timer = setTimeout(resolve, patience)))])
    clearTimeout(timer)
  }
  return state.last ?? unverified('it is being compared')
}

function begin(state: Known, look: SchemaLook, signal: AbortSignal, begun: number): void {
  const flight = {
    begun,
    over: seen(look, signal).then(([checked, next]) => {
      if (state.flight === flight) Object.assign(state, { last: checked, next, flight: undefined })
    }),
  }
  state.flight = flight
}

/** What a look says, and when there has to be another. */
async function seen(look: SchemaLook, signal: AbortSignal): Promise<[Checked, number]> {
  try {
    const { differences, pending = [], ahead = [] } = await look(signal)
    const others = [...pending, ...ahead]
    const missed = differences.filter(({ change }) => change !== 'extra')
    if (others.length > 0)
      return [unverified(`the database has not the migrations of this release: ${others.join(', ')}`), soon()]
    if (missed.length > 0) return [{ status: 'drifted', httpStatus: 503, ...told('drift', missed) }, soon()]
    if (differences.length > 0) return [{ status: 'ahead', httpStatus: 200, ...told('ahead', differences) }, soon()]
    return [{ status: 'ready', httpStatus: 200, message: 'ready: the schema is the expected one' }, Infinity]
  } catch (error) {
    return [
      { ...unverified('the look failed'), detail: error instanceof Error ? error.message : String(error) },
      soon(),
    ]
  }
}

const soon = () => Date.now() + again

/** Nobody knows: that is no reason to take a service away. */
const unverified = (why: string): Checked => ({
  status: 'unverified',
  httpStatus: 200,
  message: `unverified: the schema could not be compared: ${why}`,
})

/** How many there are; which, is not for everybody who may ask. */
function told(word: string, differences: readonly { readonly message: string }[]): Pick<Checked, 'message' | 'detail'> {
  const count = differences.length
  return {
    message: `${word}: schema: ${count} ${count === 1 ? 'difference' : 'differences'}`,
    detail: `schema: ${first(differences.map(({ message }) => message))}`,
  }
}
