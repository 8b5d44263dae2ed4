// The shapes of `counterfoil/health`.

/** What a check gives: a `Readiness` of any driver's `ready`, or something of the same shape. */
export interface Checked {
  /** `ready`, `ahead`, `behind`, `drifted`, `in-progress`, or a word of your own. */
  readonly status: string
  /** 200, or anything else for 503. */
  readonly httpStatus: number
  /** One line: `drift: db=… expected=…`. Whoever may ask for readiness sees it. */
  readonly message: string
  /** What is applied; undefined if nothing is. */
  readonly database?: string | undefined
  /** What this release expects. */
  readonly expected?: string | undefined
  /** More than everybody should see: the log has it in place of the message, the body only with the option `detail`. */
  readonly detail?: string | undefined
}

/**
 * Looks at a database: `(signal) => ready(db, migrations, { signal })`. It is called again when it has not answered within
 * the timeout, so two may be under way. The signal is aborted when a later call has answered, or when there has been no
 * answer for ten times the timeout, so that what hangs can be let go.
 */
export type Check = (signal: AbortSignal) => PromiseLike<Checked> | Checked

/** Looks at the schema: `(signal) => verify(db, manifest, { signal })`. */
export type SchemaLook = (signal: AbortSignal) => PromiseLike<{
  readonly differences: readonly { readonly change: string; readonly message: string }[]
  readonly pending?: readonly string[]
  readonly ahead?: readonly string[]
}>

/** Options of `readinessHandler`. Times are in milliseconds. */
export interface ReadinessOptions {
  /** The path that is answered, as it stands in the request. Default: `/health/ready`. */
  path?: string
  /** How long an answer is repeated, counted from when it came. Default: 1,000. */
  cache?: number
  /** How long a probe waits for an answer before it gets 503 and the status `timeout`. Default: 2,000. */
  timeout?: number
  /**
   * Whether the body has as `detail` what the database said when it could not be asked, and what of its schema differs. The log has
   * that in any case. Default: false.
   */
  detail?: boolean
  /**
   * What a database is to which nothing has been applied, with a ledger or without:
   * `quiet` (default): 503, without a CRITICAL line; `critical`: 503 with one; `ready`: 200.
   */
  missing?: 'quiet' | 'critical' | 'ready'
  /** Where lines go. Default: `critical` to `console.error`, `info` to `console.info`. What it throws is passed over. */
  log?: (line: string, level: 'critical' | 'info') => unknown
}

/** The answer to a probe, without its HTTP status: the body, as JSON. */
export interface ReadinessBody {
  /** As {@link Checked}; or `timeout`, the code of an error (`connection-lost`, `database-failed`, …), or `failed`. */
  status: string
  /** One line. */
  message: string
  /** What is applied. */
  database?: string
  /** What this release expects. */
  expected?: string
  /** Why the database could not be asked, or what of its schema differs, with the option `detail`. */
  detail?: string
  /** When this was found out: ISO 8601, UTC. */
  checkedAt: string
  /** Each check by its name, if there are several. */
  checks?: Record<string, ReadinessBody>
}

/** The answer to a probe. */
export interface ReadinessAnswer extends ReadinessBody {
  /** 200 or 503. */
  httpStatus: 200 | 503
}

/** The part of a Fetch API `Request` that is needed. */
export interface FetchRequest {
  readonly method: string
  readonly url: string
}

/** The part of a request of node:http, Connect and Express that is needed. */
export interface ConnectRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** The whole path, where a part of the app is mounted under another. */
  readonly originalUrl?: string | undefined
}

/** The part of a response of node:http, Connect and Express that is needed. */
export interface ConnectResponse {
  readonly headersSent: boolean
  writeHead(status: number, headers: Record<string, string>): unknown
  end(body?: string): unknown
}

/** What `readinessHandler` gives. The functions need no `this`. */
export interface ReadinessHandler {
  /** The path that is answered. */
  readonly path: string
  /** Answers a request; 404 for another path. For `Deno.serve`, `Bun.serve`, a Worker, or a route of Hono. */
  readonly fetch: (
    request: FetchRequest,
    env?: unknown,
    context?: { waitUntil?(work: Promise<unknown>): void },
  ) => Promise<Response>
  /** The same, but undefined for another path: `health.route(request) ?? app(request)`. */
  readonly route: (
    request: FetchRequest,
    env?: unknown,
    context?: { waitUntil?(work: Promise<unknown>): void },
  ) => Promise<Response> | undefined
  /** Middleware of Connect and Express, which hands on other paths; a listener of node:http, where they get 404. */
  readonly connect: (request: ConnectRequest, response: ConnectResponse, next?: (error?: unknown) => void) => void
  /** The answer alone, for other frameworks. Never rejects. */
  readonly check: () => Promise<ReadinessAnswer>
  /** Asks now, for the CRITICAL line at start-up if the database is not ready. Nobody has to wait for it. Never rejects. */
  readonly announce: () => Promise<void>
}
