// What a driver is, and what passes between a run and its engine: types only.
import type { Answer, Plan, Readiness } from '../core/core.js'
import type { Amended, Finding, Report } from '../options/public.js'
import type { Connection } from './database.js'

/** The entries that take a database. @internal */
export type Entry = 'pglite' | 'pg' | 'postgres' | 'neon' | 'bun'

/** A driver: how to talk to its databases. @internal */
export interface Driver<Db extends object> {
  /** What an app imports it from: `counterfoil/<entry>`. */
  readonly entry: Entry
  /** Whether this is one of its databases, by its shape. */
  takes(db: object): boolean
  connect(db: Db): Connection
  /** Keeps other processes off a database that only one may write to. */
  lock?(db: Db): Promise<Lock | undefined>
  /** Whether every run has a session of its own. */
  pooled?(db: Db): boolean
}

/** A question that has been asked before the engine was there, and what came of it. @internal */
export interface Asked {
  sql: string
  /** None if the driver threw something. */
  answer?: Answer
  cause?: unknown
}

/** What was asked, and the connection that it was asked over. @internal */
export interface Begun {
  connection: Connection
  asked: Asked
}

/** A lock on a database that no two runs may have. @internal */
export interface Lock {
  /** Shows that its owner is alive. */
  touch(): void
  release(): void
  /** Why it keeps nobody off, if it does not. */
  finding?: Finding
}

/** What comes of a run. @internal */
export type Outcome = Report | Plan | Readiness | Amended

/** What came of a run, and what it took. @internal */
export interface Ended {
  outcome: Outcome
  roundTrips: number
  elapsedMs: number
}
