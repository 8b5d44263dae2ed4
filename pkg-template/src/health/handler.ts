// Readiness over HTTP: one path, GET and HEAD, 200 or 503.
import { failure } from '../shared/errors.js'
import { json } from '../shared/printed.js'
import type { All } from '../shared/words.js'
import type { Readiness } from '../options/public.js'
import { toConsole } from './log.js'
import { Probe } from './probe.js'
import type {
  Check,
  ConnectRequest,
  ConnectResponse,
  FetchRequest,
  ReadinessAnswer,
  ReadinessBody,
  ReadinessHandler,
  ReadinessOptions,
} from './public.js'

/** What is sent. */
interface Reply {
  status: number
  headers: Record<string, string>
  body: string
}

const is = {
  whole: [(value: unknown) => Number.isInteger(value) && (value as number) >= 0, 'a whole number of milliseconds'],
  long: [(value: unknown) => Number.isInteger(value) && (value as number) > 0, 'a whole number of milliseconds from 1'],
} as const
const checks: {
  readonly [name in keyof ReadinessOptions]-?: readonly [test: (value: unknown) => boolean, expected: string]
} = {
  path: [(value) => typeof value === 'string' && /^\/[^?#]*$/.test(value), 'a path that begins with /'],
  cache: is.whole,
  timeout: is.long,
  detail: [(value) => typeof value === 'boolean', 'true or false'],
  missing: [(value) => ['quiet', 'critical', 'ready'].includes(value as string), 'quiet, critical or ready'],
  log: [(value) => typeof value === 'function', 'a function'],
}

type Name = keyof ReadinessOptions

/** What an option of that name has to be. */
const testOf = (name: string) => checks[name as Name]?.[0] as ((value: unknown) => boolean) | undefined

/**
 * A health check that says whether the database is where this release expects it to be: 200 or 503 at `/health/ready`,
 * with `{ status, message, database, expected, checkedAt }` as JSON. It depends on no driver; hand it the driver's `ready`.
 *
 * Probes that come at the same time share one look at the database, and its answer is repeated for a second. A database
 * that cannot be asked, or does not answer within two, is 503; nothing is thrown and nothing is left behind. When the
 * status gets worse, the log gets a line that begins with CRITICAL; when it is well again, one that does not.
 *
 * @param check looks at the database; or several, by name, of which the worst decides
 * @throws MigrationError `invalid-input` if an option is wrong
 *
 * @example
 * ```js
 * const health = readinessHandler((signal) => ready(pool, migrations, { signal }))
 * app.use(health.connect) // Express; Hono: app.get(health.path, (c) => health.fetch(c.req.raw))
 * void health.announce()
 * ```
 */
export function readinessHandler(
  check: Check | Readonly<Record<string, Check>>,
  options: ReadinessOptions = {},
): ReadinessHandler {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  for (const [name, value] of given) {
    const test = testOf(name)
    if (!test)
      throw failure(
        'invalid-input',
        `there is no option ${name} here`,
        `the options are: ${Object.keys(checks).join(', ')}`,
      )
    if (!test(value)) throw failure('invalid-input', `the option ${name} is not ${checks[name as Name][1]}`)
  }
  const chosen = {
    path: '/health/ready',
    cache: 1_000,
    timeout: 2_000,
    detail: false,
    missing: 'quiet',
    log: toConsole,
    ...Object.fromEntries(given),
  } as Required<ReadinessOptions>
  const named = Object.entries(typeof check === 'function' ? { '': check } : (check ?? {}))
  // An option among the checks would be taken for one.
  const wrong = named.find(([name, each]) => typeof each !== 'function' || testOf(name)?.(each))
  if (wrong || !named[0])
    throw failure(
      'invalid-input',
      `${wrong ? wrong[0] : 'this'} is not a check`,
      'pass (signal) => ready(db, migrations, { signal }), or several in an object; options come second',
    )
  const probes = named.map(([name, each]) => new Probe(each, chosen, name))

  async function answer(): Promise<ReadinessAnswer> {
    const answers = await Promise.all(probes.map((probe) => probe.answer()))
    if (typeof check === 'function') return answers[0]!
    return worst(answers.map((each, index) => [named[index]![0], each]))
  }

  /** What to send; undefined for another path. */
  function reply(method: string, ...urls: readonly (string | undefined)[]): Promise<Reply> | undefined {
    if (!urls.some((url) => url !== undefined && pathOf(url) === chosen.path)) return undefined
    if (method !== 'GET' && method !== 'HEAD')
      return Promise.resolve({ status: 405, headers: { ...plain, allow: 'GET, HEAD' }, body: 'method not allowed\n' })
    return answer().then(({ httpStatus, ...body }) => ({
      status: httpStatus,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        ...(httpStatus === 503 && { 'retry-after': String(Math.max(1, Math.ceil(chosen.cache / 1_000))) }),
      },
      body: method === 'HEAD' ? '' : `${json(body)}\n`,
    }))
  }

  const route: ReadinessHandler['route'] = ({ method, url }: FetchRequest, _env, context) => {
    const replied = reply(method, url)
    // Others may wait for the same answer when this request's client has gone.
    if (typeof context?.waitUntil === 'function') for (const { flight } of probes) if (flight) context.waitUntil(flight)
    return replied?.then(({ status, headers, body }) => new Response(body || null, { status, headers }))
  }

  function connect(request: ConnectRequest, response: ConnectResponse, next?: (error?: unknown) => void): void {
    const { method = 'GET', url, originalUrl } = request
    const replied = reply(method, url, originalUrl) ?? (next ? undefined : Promise.resolve(notFound))
    if (!replied) return next!()
    void replied
      .then(({ status, headers, body }) => {
        // Somebody else has answered meanwhile, such as a limit to the time of requests.
        if (response.headersSent) return
        response.writeHead(status, headers)
        response.end(body)
      })
      .catch((error) => next?.(error))
  }

  return {
    path: chosen.path,
    fetch: async (...request) => route(...request) ?? new Response(notFound.body, notFound),
    route,
    connect,
    check: answer,
    announce: async () => void (await answer()),
  }
}

const plain = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
const notFound: Reply = { status: 404, headers: plain, body: 'not found\n' }

/** Without scheme and host, query and fragment. */
const pathOf = (url: string) => url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '') || '/'

/** From good to bad; what is not here is worse: nobody knows how it stands. */
const known = ['ready', 'ahead', 'in-progress', 'behind', 'drifted'] as const
const order: readonly string[] = known satisfies All<Readiness['status'], typeof known>

/** The answer of several checks: that of the worst, with its name, and all of them. */
function worst(answers: readonly (readonly [name: string, answer: ReadinessAnswer])[]): ReadinessAnswer {
  const rank = ({ httpStatus, status }: ReadinessAnswer) =>
    (httpStatus === 200 ? 0 : 100) + (order.indexOf(status) + 1 || order.length + 1)
  const [name, decides] = answers.reduce((a, b) => (rank(b[1]) > rank(a[1]) ? b : a))
  const bodies: Record<string, ReadinessBody> = Object.create(null)
  for (const [each, { httpStatus: _, ...body }] of answers) bodies[each] = body
  return {
    status: decides.status,
    httpStatus: decides.httpStatus,
    message: `${name}: ${decides.message}`,
    checkedAt: decides.checkedAt,
    checks: bodies,
  }
}
