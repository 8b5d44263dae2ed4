// What is known of postgres.js.
import type { Go } from '../run/database.js'

/** The part of a `sql` of postgres.js that is needed: what `postgres()` or `sql.reserve()` returns. */
export interface PostgresSql {
  // As a method, so that the real one's narrower parameters fit.
  unsafe(text: string, params?: never[]): PostgresQuery
  reserve?(): Promise<PostgresReserved>
  readonly options?: {
    readonly fetch_types: boolean
    readonly transform: { readonly column: { readonly from?: unknown } }
  }
}

/** A `sql` that has a connection to itself. */
export interface PostgresReserved extends PostgresSql {
  release(): void
}

/** A query of postgres.js. */
export interface PostgresQuery extends PromiseLike<unknown> {
  raw(): PromiseLike<unknown>
}

/** Rows as bytes, which no parser and no transform for values has seen. @internal */
export type Raw = (readonly (Uint8Array | null)[])[] & { readonly columns?: readonly { readonly name: string }[] }

/** Sends a text with these options beside. @internal */
export function ask(db: PostgresSql, text: string, more?: object): PromiseLike<unknown> {
  const unsafe = db.unsafe as (text: string, params: never[], options: object) => PostgresQuery
  return unsafe(text, [], { prepare: false, simple: true, ...more }).raw()
}

/** A connection of the run's own, as soon as there is one. @internal */
export interface Session {
  send(text: string, go?: Go): Promise<Raw>
  lost(error: unknown): void
  giveBack(): void
}
