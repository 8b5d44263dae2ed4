// Compiled, not run: what the types of a driver must refuse.
import type { Request } from '../../../.tmp/generated/core/core.js'
import type { Connection } from '../../../pkg-template/src/run/database.js'

const talk = { query: async () => [], statement: async () => {} }
const sends = async () => {}

export const all: readonly Connection[] = [
  { ...talk, capabilities: { script: true, batch: false, interactive: true }, script: sends },
  { ...talk, capabilities: { script: false, batch: true, interactive: false, limit: 1 }, batch: sends },
  { ...talk, capabilities: { script: true, batch: true, interactive: false }, script: sends, batch: sends },
]

// @ts-expect-error: it says that it can send a script, and has no way to
export const scriptless: Connection = { ...talk, capabilities: { script: true, batch: false, interactive: true } }

// @ts-expect-error: it says that it can send a batch, and has no way to
export const batchless: Connection = { ...talk, capabilities: { script: false, batch: true, interactive: true } }

const mute = { script: false, batch: false, interactive: true } as const
// @ts-expect-error: it has a way to send a script, and does not say so
export const silent: Connection = { ...talk, capabilities: mute, script: sends }

export function answered(request: Request): string | undefined {
  if (request.type === 'query') return request.sql
  // @ts-expect-error: what was asked for has to be known first
  if (request.type !== 'wait') return request.sql
  // @ts-expect-error: a wait sends nothing
  request.statements.at(0)
  // @ts-expect-error: there is no such request
  if (request.type === 'commit') return undefined
  return String(request.milliseconds)
}
