// What each migration of a replay changes in the schema: the query is asked after every message, and what differs from before is
// kept for the migration that ends then.
import type { RunEvent } from '../options/public.js'
import type { Connection, TextRow } from '../run/database.js'
import type { Driver } from '../run/driver.js'
import { asText, type PGliteLike } from '../drivers/pglite-like.js'

/** A row of the query. @internal */
export type SchemaRow = readonly [kind: string, name: string, data: string]

/** What a migration, or a statement, has changed: without data what is gone. @internal */
export interface Effects {
  readonly version: string
  readonly facts: readonly (readonly [kind: string, name: string, data: string | null])[]
}

const statement = 'counterfoil_trace'

/** @internal */
export class Trace {
  start: readonly SchemaRow[] = []
  /** What was there at the last look. */
  now: readonly SchemaRow[] = []
  readonly effects: Effects[] = []
  #known = new Map<string, SchemaRow>()
  #changed = new Map<string, Effects['facts'][number]>()

  constructor(
    private readonly db: PGliteLike,
    private readonly sql: string,
  ) {}

  /** Reads what is there at first. */
  async begin(): Promise<void> {
    this.now = this.start = await this.#rows()
    this.#known = byName(this.now)
  }

  /** Reads what is there now. */
  async look(): Promise<void> {
    this.now = await this.#rows()
    const now = byName(this.now)
    for (const [key, row] of now) if (this.#known.get(key)?.[2] !== row[2]) this.#changed.set(key, row)
    for (const [key, [kind, name]] of this.#known) if (!now.has(key)) this.#changed.set(key, [kind, name, null])
    this.#known = now
  }

  /** What was changed since the last one, is of this one. */
  ended(version: string): void {
    if (this.#changed.size > 0) this.effects.push({ version, facts: [...this.#changed.values()] })
    this.#changed = new Map()
  }

  readonly told = ({ kind, version }: RunEvent): void => {
    if (kind === 'applied') this.ended(version)
  }

  /** The driver, by which all is sent one message at a time. */
  through(driver: Driver<PGliteLike>): Driver<PGliteLike> {
    return { ...driver, connect: (db) => this.#watched(driver.connect(db)) }
  }

  #watched(connection: Connection): Connection {
    const { statement: alone, script } = connection
    const then = async <T>(work: Promise<T>): Promise<T> => {
      const came = await work
      await this.look()
      return came
    }
    // The same object: the loop sets on it who is told of notices.
    return Object.assign(connection, {
      statement: (...given: Parameters<typeof alone>) => then(alone(...given)),
      script: script && ((...given: Parameters<typeof script>) => then(script(...given))),
    })
  }

  /** Planned once: that takes longer than to run it. A migration may have thrown away all that is prepared. */
  async #rows(): Promise<readonly SchemaRow[]> {
    const run = async (before: string) => (await this.db.exec(`${before}execute ${statement}`, asText)) as Result[]
    const results = await run('').catch(() => run(`prepare ${statement} as ${this.sql};`))
    return (results.at(-1)?.rows ?? []).map(({ kind, name, data }) => [kind!, name!, data!])
  }
}

interface Result {
  readonly rows: readonly TextRow[]
}

/** Without the row about the server. */
const byName = (rows: readonly SchemaRow[]): Map<string, SchemaRow> =>
  new Map(rows.filter(([, name]) => name !== '').map((row) => [JSON.stringify([row[0], row[1]]), row]))
