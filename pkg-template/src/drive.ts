// The loop that carries messages between the core and a database: it decides nothing.
import type { Answer, Request } from './core/core.js'
import { MigrationError, guarded } from './errors.js'
import { loadFiles, type LazySqlSource, type Migrations } from './files.js'
import { coreNow, init } from './init.js'

/** A database, as the loop sees it. @internal */
export interface Connection {
  /** Runs one statement and gives its rows, every value as text or null. */
  query(sql: string): Promise<Record<string, string | null>[]>
  /** Sends a text of statements as one message of the simple protocol. */
  script(sql: string): Promise<void>
}

/** Runs the machine to its end. @internal */
export async function drive(connection: Connection, migrations: Migrations<LazySqlSource>): Promise<{ status: string }> {
  const [files] = await Promise.all([loadFiles(migrations), init()])
  const machine = guarded(() => new (coreNow().Machine)(files.paths, files.sqls, {}))
  try {
    let answer: Answer | undefined
    for (;;) {
      const request: Request = guarded(() => machine.next(answer, Date.now()))
      answer = {}
      if (request.type === 'done') return { status: 'current' }
      if (request.type === 'failed') throw new MigrationError({ code: 'failed', message: '', help: '' })
      if (request.type === 'query') answer = { rows: await connection.query(request.sql ?? '') }
      else await connection.script(request.sql ?? '')
    }
  } finally {
    machine.free()
  }
}
