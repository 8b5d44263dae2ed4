// What is said where something was waited for that did not come. Loaded when it is to be said.
import { waitTimeout } from '../shared/mentions.js'
import { MigrationError } from '../shared/errors.js'
import type { Patience } from './database.js'

/**
 * The error of a run that has waited for long enough, or was told to stop. `for`: for an answer, or for its turn to write.
 * @internal
 */
export function late({ signal, patience, writes }: Patience, applied: readonly string[], turn = false): MigrationError {
  if (signal?.aborted)
    return new MigrationError(
      { code: 'aborted', message: 'the run was told to stop', help: 'nothing is half-done: run it again' },
      { applied, cause: signal.reason },
    )
  return new MigrationError(
    {
      code: 'wait-timeout',
      message: `waited ${patience} ms for ${turn ? 'the connection' : 'the database to take a connection and to show the ledger'}`,
      help:
        'see in pg_stat_activity who holds a lock on the ledger, and whether something else has the connection, such as a ' +
        `transaction around this call${writes ? `, or allow more time with ${waitTimeout.text}` : ''}; what was waited for is not done later`,
      ...(writes && { options: [waitTimeout] }),
    },
    { applied },
  )
}
