// Readiness over HTTP, without a database: what is asked how often, what is answered, what the log hears.
// With real databases: health-databases.test.mjs.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, test } from 'node:test'
import connect from 'connect'
import { MigrationError, readinessHandler, schemaReady } from 'counterfoil/health'
import { Hono } from 'hono'
import { fails } from './support/errors.mjs'

const ready = { status: 'ready', httpStatus: 200, message: 'ready: db=2 expected=2', database: '2', expected: '2' }
const behind = {
  status: 'behind',
  httpStatus: 503,
  message: 'drift: db=1 expected=2 pending=2',
  database: '1',
  expected: '2',
}
const empty = { status: 'behind', httpStatus: 503, message: 'drift: db=none expected=2 pending=1,+1', expected: '2' }
const running = {
  status: 'in-progress',
  httpStatus: 503,
  message: 'drift: db=1 expected=2 pending=2 in-progress',
  database: '1',
  expected: '2',
}
const lost = () =>
  new MigrationError({
    code: 'connection-lost',
    message: 'the database could not be reached: connect ECONNREFUSED 10.0.0.7:5432',
    help: 'see that it is up',
  })

/** A check that gives what it is told to give next, and counts. */
function scripted(...answers) {
  const check = async () => {
    const answer = answers[Math.min(check.count++, answers.length - 1)]
    if (answer instanceof Error) throw answer
    return answer
  }
  check.count = 0
  return check
}

/** A log that keeps its lines. */
function listening() {
  const lines = []
  return { lines, log: (line, level) => void lines.push([level, line]) }
}

/** The time is the test's. */
function clock(t) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-03-01T08:30:00Z') })
  return (milliseconds) => t.mock.timers.tick(milliseconds)
}
/** What is loaded when it is first asked for has to be there before the clock goes on. */
async function loaded() {
  await import('../../pkg/health/schema.js')
  await settled()
}
const settled = () => new Promise((done) => setImmediate(done))
const quiet = { log() {} }

describe('how often a database is asked', () => {
  test('1,000 probes in ten seconds look ten times', async (t) => {
    const pass = clock(t)
    const check = scripted(ready)
    const health = readinessHandler(check, quiet)
    for (let probe = 0; probe < 1_000; probe += 1) {
      assert.equal((await health.check()).httpStatus, 200)
      pass(10)
    }
    assert.equal(check.count, 10)
  })

  test('and so they do if it is slow: the second is counted from the answer', async (t) => {
    const pass = clock(t)
    let count = 0
    const health = readinessHandler(() => new Promise((done) => setTimeout(done, 700, (count++, ready))), quiet)
    const probes = []
    for (let probe = 0; probe < 1_000; probe += 1) {
      probes.push(health.check())
      pass(10)
      await settled()
    }
    pass(2_000)
    assert.deepEqual([...new Set((await Promise.all(probes)).map(({ httpStatus }) => httpStatus))], [200])
    // One in 1,700 ms.
    assert.equal(count, 6)
  })

  test('1,000 probes at once look once, also where it cannot be asked', async () => {
    for (const answer of [ready, behind, lost()]) {
      const check = scripted(answer)
      const health = readinessHandler(check, quiet)
      await Promise.all(Array.from({ length: 1_000 }, () => health.check()))
      assert.equal(check.count, 1)
    }
  })

  test('without a cache every probe looks, and a clock that is put back keeps nothing', async (t) => {
    const check = scripted(ready)
    const health = readinessHandler(check, { ...quiet, cache: 0 })
    for (let probe = 0; probe < 3; probe += 1) await health.check()
    assert.equal(check.count, 3)
    clock(t)
    const again = scripted(ready)
    const other = readinessHandler(again, quiet)
    await other.check()
    t.mock.timers.setTime(Date.parse('2025-01-01'))
    await other.check()
    assert.equal(again.count, 2)
  })
})

describe('a database that does not answer', () => {
  test('is 503 after two seconds, for all who wait, and at once for those who come later', async (t) => {
    const pass = clock(t)
    const signals = []
    const { lines, log } = listening()
    const health = readinessHandler((signal) => (signals.push(signal), new Promise(() => {})), { log })
    const first = [health.check(), health.check()]
    pass(1_999)
    await settled()
    assert.equal(signals[0].aborted, false)
    pass(1)
    for (const { status, httpStatus, message } of await Promise.all(first))
      assert.deepEqual([status, httpStatus, message], ['timeout', 503, 'the database did not answer within 2000 ms'])
    // One more is sent to it while the first question is out, and no third: it may be slow.
    pass(1_000)
    const second = [health.check(), health.check()]
    assert.equal(signals.length, 2)
    pass(2_000)
    for (const { status } of await Promise.all(second)) assert.equal(status, 'timeout')
    for (let now = 5; now < 19; now += 1) {
      pass(1_000)
      assert.equal((await health.check()).status, 'timeout')
    }
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [false, false],
    )
    // The connection is taken for dead after ten times as long.
    pass(1_000)
    const third = health.check()
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, false, false],
    )
    pass(2_000)
    assert.equal((await third).status, 'timeout')
    assert.deepEqual(lines, [['critical', 'CRITICAL counterfoil: timeout: the database did not answer within 2000 ms']])
  })

  test('is asked again when the question that hangs has failed, or has been given up', async (t) => {
    const pass = clock(t)
    const questions = []
    const health = readinessHandler(
      (signal) =>
        new Promise((done, failed) => {
          questions.push({ done, failed })
          signal.addEventListener('abort', () => failed(signal.reason))
        }),
      quiet,
    )
    const timesOut = async () => {
      const asked = health.check()
      pass(2_000)
      assert.equal((await asked).status, 'timeout')
    }
    await timesOut()
    questions[0].failed(new Error('the connection has ended'))
    await settled()
    pass(1_000)
    await timesOut()
    pass(18_000)
    const asked = health.check()
    assert.equal(questions.length, 3)
    questions[2].done(ready)
    assert.equal((await asked).status, 'ready')
  })

  test('is ready a second after one question that hangs, and that one is let go', async (t) => {
    const pass = clock(t)
    const signals = []
    const { lines, log } = listening()
    const health = readinessHandler((signal) => (signals.push(signal) === 1 ? new Promise(() => {}) : ready), { log })
    const first = health.check()
    pass(2_000)
    assert.equal((await first).status, 'timeout')
    pass(1_000)
    assert.equal((await health.check()).status, 'ready')
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, false],
    )
    pass(1_000)
    assert.equal((await health.check()).status, 'ready')
    assert.equal(signals.length, 3)
    assert.deepEqual(
      lines.map(([level]) => level),
      ['critical', 'info'],
    )
  })

  test('what comes late of the first question is not the answer of the second', async (t) => {
    const pass = clock(t)
    const answers = []
    const health = readinessHandler(() => new Promise((done) => answers.push(done)), quiet)
    const first = health.check()
    pass(2_000)
    await first
    pass(1_000)
    const second = [health.check()]
    answers[0](behind)
    await settled()
    second.push(health.check())
    answers[1](ready)
    assert.deepEqual(
      (await Promise.all(second)).map(({ status }) => status),
      ['ready', 'ready'],
    )
    assert.equal(answers.length, 2)
  })

  test("an answer that comes too late is nobody's, and the next question is", async (t) => {
    const pass = clock(t)
    const answers = []
    const health = readinessHandler(() => new Promise((done) => answers.push(done)), { ...quiet, timeout: 500 })
    const first = health.check()
    pass(500)
    assert.equal((await first).status, 'timeout')
    answers[0](ready)
    await settled()
    assert.equal((await health.check()).status, 'timeout')
    pass(1_000)
    const second = health.check()
    answers[1](behind)
    assert.equal((await second).status, 'behind')
    assert.equal(answers.length, 2)
  })
})

describe('what a stranger sees', () => {
  const body = async (health) => JSON.parse(await (await health.fetch(new Request('http://x/health/ready'))).text())

  test('the line, and what is applied and expected', async (t) => {
    clock(t)
    assert.deepEqual(await body(readinessHandler(() => behind, quiet)), {
      status: 'behind',
      message: 'drift: db=1 expected=2 pending=2',
      database: '1',
      expected: '2',
      checkedAt: '2026-03-01T08:30:00.000Z',
    })
  })

  test('not what the database said, except with `detail`, and never a password', async () => {
    const { lines, log } = listening()
    const error = Object.assign(new Error('cannot reach postgres://app:s3cret@db.internal/app'), { code: 'ENOTFOUND' })
    const { checkedAt, ...seen } = await body(readinessHandler(scripted(error), { log }))
    assert.deepEqual(seen, { status: 'failed', message: 'the database could not be asked' })
    assert.deepEqual(lines, [
      ['critical', 'CRITICAL counterfoil: failed: cannot reach postgres://app:***@db.internal/app'],
    ])
    const { detail } = await body(readinessHandler(scripted(error), { ...quiet, detail: true }))
    assert.equal(detail, 'cannot reach postgres://app:***@db.internal/app')
    const ours = await body(readinessHandler(scripted(lost()), { ...quiet, detail: true }))
    assert.deepEqual(
      [ours.status, ours.detail],
      ['connection-lost', 'the database could not be reached: connect ECONNREFUSED 10.0.0.7:5432 (see that it is up)'],
    )
  })

  for (const [said, seen] of [
    ['at postgres://u:p@ss/w0rd@h:5432/app', 'at postgres://u:***@h:5432/app'],
    ['at postgres://u:p#w?x@h/app', 'at postgres://u:***@h/app'],
    ['at postgres://:p w@h', 'at postgres://:***@h'],
    ['at postgres://a:one@h, postgres://b:two@i', 'at postgres://a:***@i'],
    ['at postgres://h/app?password=abc&x=1', 'at postgres://h/app?password=***&x=1'],
    ['host=h password=se#cret user=u', 'host=h password=*** user=u'],
    ["host=h PASSWORD = 'it\\'s a' user=u", 'host=h PASSWORD = *** user=u'],
    ['PGPASSWORD=abc sslpassword=def', 'PGPASSWORD=*** sslpassword=***'],
    ['{"password":"a b","x":1}', '{"password":***,"x":1}'],
    ['at http://h:80/x\nfor me@example.org', 'at http://h:80/x\nfor me@example.org'],
    ['password authentication failed for user "u"', 'password authentication failed for user "u"'],
  ])
    test(`of ${JSON.stringify(said)} no password, in the log and in \`detail\``, async () => {
      const { lines, log } = listening()
      const { detail } = await body(readinessHandler(scripted(new Error(said)), { log, detail: true }))
      // The log gets one line; as JSON a line may end.
      const line = `CRITICAL counterfoil: failed: ${seen.replace('\n', '\\u{a}')}`
      assert.deepEqual([detail, lines], [seen, [['critical', line]]])
    })

  for (const [what, check] of Object.entries({
    'throws at once': () => {
      throw new Error('no')
    },
    'throws nothing': () => {
      throw undefined
    },
    'rejects with a text': () => Promise.reject('no'),
    'gives nothing': () => undefined,
  }))
    test(`a check that ${what} is 503`, async () => {
      const { status, httpStatus } = await readinessHandler(check, quiet).check()
      assert.deepEqual([status, httpStatus], ['failed', 503])
    })
})

describe('over HTTP', () => {
  const health = readinessHandler(() => behind, quiet)

  test('GET and HEAD are answered, other methods are not, other paths are left alone', async () => {
    const got = await health.fetch(new Request('http://x/health/ready?from=probe'))
    assert.deepEqual(
      [got.status, got.headers.get('content-type'), got.headers.get('cache-control'), got.headers.get('retry-after')],
      [503, 'application/json; charset=utf-8', 'no-store', '1'],
    )
    assert.equal((await got.json()).message, behind.message)
    const head = await health.fetch(new Request('http://x/health/ready', { method: 'HEAD' }))
    assert.deepEqual([head.status, head.headers.get('retry-after'), await head.text()], [503, '1', ''])
    const posted = await health.fetch(new Request('http://x/health/ready', { method: 'POST' }))
    assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD'])
    for (const path of [
      '',
      '/',
      '/health',
      '/health/live',
      '/health/ready/',
      '/health/ready/x',
      '/x?/health/ready',
      '//health/ready',
    ])
      assert.equal((await health.fetch(new Request(`http://x${path}`))).status, 404, path)
    assert.equal(health.route(new Request('http://x/health/live')), undefined)
    assert.equal((await health.route(new Request('http://x/health/ready'))).status, 503)
    const fine = await readinessHandler(() => ready, quiet).fetch(new Request('http://x/health/ready'))
    assert.deepEqual([fine.status, fine.headers.get('retry-after')], [200, null])
  })

  test('at another path', async () => {
    const other = readinessHandler(() => ready, { ...quiet, path: '/readyz' })
    assert.equal(other.path, '/readyz')
    assert.equal((await other.fetch(new Request('http://x/readyz'))).status, 200)
    assert.equal((await other.fetch(new Request('http://x/health/ready'))).status, 404)
  })

  test('a Worker is kept alive for the answer, since others may wait for it', async () => {
    const kept = []
    let answer
    const slow = readinessHandler(() => new Promise((done) => (answer = done)), quiet)
    const response = slow.fetch(new Request('http://x/health/ready'), {}, { waitUntil: (work) => kept.push(work) })
    assert.equal(kept.length, 1)
    answer(ready)
    assert.deepEqual([(await response).status, (await kept[0]).status], [200, 'ready'])
  })

  test('in Hono, as a route', async () => {
    const app = new Hono()
    app.get(health.path, (c) => health.fetch(c.req.raw))
    app.get('/health/live', (c) => c.text('alive'))
    assert.equal((await app.request('/health/ready')).status, 503)
    assert.equal((await app.request('/health/ready', { method: 'HEAD' })).status, 503)
    assert.equal(await (await app.request('/health/live')).text(), 'alive')
  })

  /** Serves on a port while `work` asks. */
  async function serving(listener, work) {
    const server = createServer(listener)
    await new Promise((done) => server.listen(0, '127.0.0.1', done))
    try {
      await work((path, init) => fetch(`http://127.0.0.1:${server.address().port}${path}`, init))
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  test('in Connect, at the top, under a path, and below what is mounted', async () => {
    const app = connect()
    app.use(health.connect)
    app.use('/mounted/health/ready', readinessHandler(() => ready, { ...quiet, path: '/mounted/health/ready' }).connect)
    app.use('/api', connect().use(readinessHandler(() => ready, { ...quiet, path: '/readyz' }).connect))
    app.use((request, response) => response.end(`app ${request.url}`))
    await serving(app, async (ask) => {
      const got = await ask('/health/ready')
      assert.deepEqual(
        [got.status, got.headers.get('cache-control'), (await got.json()).status],
        [503, 'no-store', 'behind'],
      )
      assert.deepEqual(
        [
          (await ask('/health/ready', { method: 'HEAD' })).status,
          (await ask('/health/ready', { method: 'DELETE' })).status,
        ],
        [503, 405],
      )
      assert.equal((await ask('/mounted/health/ready')).status, 200)
      assert.equal((await ask('/api/readyz?x')).status, 200)
      for (const path of ['/health/live', '/', '/mounted/health/ready/x', '/api/x'])
        assert.equal(await (await ask(path)).text(), `app ${path}`)
    })
  })

  test('in node:http, alone', () =>
    serving(health.connect, async (ask) => {
      assert.equal((await ask('/health/ready')).status, 503)
      assert.equal((await ask('/')).status, 404)
    }))

  test('a response that somebody else has sent meanwhile is left alone', async () => {
    let answer
    const slow = readinessHandler(() => new Promise((done) => (answer = done)), quiet)
    let sent
    const answered = new Promise((done) => (sent = done))
    await serving(
      (request, response) => {
        slow.connect(request, response)
        response.writeHead(504).end(sent())
      },
      async (ask) => {
        assert.equal((await ask('/health/ready')).status, 504)
        await answered
        answer(ready)
        await settled()
        assert.equal((await ask('/health/live')).status, 504)
      },
    )
  })

  test('a response that cannot be written is for `next`', async () => {
    const broken = {
      headersSent: false,
      writeHead() {
        throw new Error('broken')
      },
      end() {},
    }
    const error = await new Promise((done) => health.connect({ method: 'GET', url: '/health/ready' }, broken, done))
    assert.equal(error.message, 'broken')
    health.connect({ url: '/health/ready' }, broken)
    await settled()
  })
})

describe('what the log hears', () => {
  /** The lines while a database goes through these answers. */
  async function heard(answers, options = {}) {
    const { lines, log } = listening()
    const health = readinessHandler(scripted(...answers), { cache: 0, log, ...options })
    for (const _ of answers) await health.announce()
    return lines
  }
  const critical = (line) => ['critical', `CRITICAL counterfoil: ${line}`]
  const info = (line) => ['info', `counterfoil: ${line}`]

  test('nothing while all is well', async () => {
    assert.deepEqual(await heard([ready, { ...ready, status: 'ahead', message: 'ahead: db=3 expected=2' }, ready]), [])
  })
  test('one line when it is behind, and one when it is ready', async () => {
    assert.deepEqual(
      await heard([behind, behind, { ...behind, message: 'drift: db=1 expected=2 pending=3' }, ready, ready, behind]),
      [critical(behind.message), info(ready.message), critical(behind.message)],
    )
  })
  test('each status once, until it is ready again', async () => {
    assert.deepEqual(await heard([running, behind, running, behind, lost(), behind, lost(), running, ready]), [
      info(running.message),
      critical(behind.message),
      critical(
        'connection-lost: the database could not be reached: connect ECONNREFUSED 10.0.0.7:5432 (see that it is up)',
      ),
      info(ready.message),
    ])
  })
  test('nothing of a database to which nothing has been applied, unless it is told to', async () => {
    assert.deepEqual(await heard([empty, empty]), [])
    assert.deepEqual(await heard([empty, empty], { missing: 'critical' }), [critical(empty.message)])
    assert.deepEqual(await heard([empty, ready]), [info(ready.message)])
  })
  test('such a database is 503, unless it is told to be 200', async () => {
    const of = async (options) => {
      const { status, httpStatus, message } = await readinessHandler(() => empty, { ...quiet, ...options }).check()
      return [status, httpStatus, message]
    }
    for (const missing of [undefined, 'quiet', 'critical'])
      assert.deepEqual(await of({ missing }), ['behind', 503, empty.message])
    assert.deepEqual(await of({ missing: 'ready' }), ['ready', 200, 'ready: db=none expected=2'])
    assert.equal((await readinessHandler(() => behind, { ...quiet, missing: 'ready' }).check()).httpStatus, 503)
  })
  test('by default on the console', async (t) => {
    const [error, tell] = ['error', 'info'].map((name) => t.mock.method(console, name, () => {}))
    const health = readinessHandler(scripted(behind, ready), { cache: 0 })
    await health.announce()
    await health.announce()
    assert.deepEqual(
      [error, tell].map(({ mock }) => mock.calls.map((call) => call.arguments)),
      [[[`CRITICAL counterfoil: ${behind.message}`]], [[`counterfoil: ${ready.message}`]]],
    )
  })
  test('a log that fails changes nothing', async () => {
    for (const log of [
      () => {
        throw new Error('full')
      },
      () => Promise.reject(new Error('full')),
    ])
      assert.equal((await readinessHandler(() => behind, { log }).check()).status, 'behind')
    await settled()
  })
})

describe('several checks', () => {
  test('the worst decides, and each has its place', async (t) => {
    clock(t)
    const { lines, log } = listening()
    const health = readinessHandler({ orders: () => ready, billing: () => behind, audit: () => running }, { log })
    const checkedAt = '2026-03-01T08:30:00.000Z'
    const body = ({ httpStatus, ...rest }) => ({ ...rest, checkedAt })
    const answer = await health.check()
    assert.deepEqual(
      { ...answer, checks: { ...answer.checks } },
      {
        status: 'behind',
        httpStatus: 503,
        message: `billing: ${behind.message}`,
        checkedAt,
        checks: { orders: body(ready), billing: body(behind), audit: body(running) },
      },
    )
    assert.deepEqual(lines.map(([level, line]) => `${level} ${line}`).sort(), [
      `critical CRITICAL counterfoil: billing: ${behind.message}`,
      `info counterfoil: audit: ${running.message}`,
    ])
  })
  const drifted = { status: 'drifted', httpStatus: 503, message: 'drift: db=2 expected=2 edited=1' }
  for (const [answers, worst] of [
    [[ready, { ...ready, status: 'ahead' }], 'ahead'],
    [[behind, drifted], 'drifted'],
    [[running, behind], 'behind'],
    [[drifted, lost()], 'connection-lost'],
    [[{ ...ready, status: 'of-its-own' }, running], 'in-progress'],
  ])
    test(`of ${answers.map(({ status, code }) => status ?? code).join(' and ')} it is ${worst}`, async () => {
      for (const [a, b] of [answers, [...answers].reverse()])
        assert.equal((await readinessHandler({ a: scripted(a), b: scripted(b) }, quiet).check()).status, worst)
    })
  test('one that hangs does not keep the others from being known', async (t) => {
    const pass = clock(t)
    const health = readinessHandler({ a: () => new Promise(() => {}), b: () => ready }, quiet)
    const asked = health.check()
    await settled()
    pass(2_000)
    const { status, checks } = await asked
    assert.deepEqual([status, checks.a.status, checks.b.status], ['timeout', 'timeout', 'ready'])
  })
})

describe('the schema', () => {
  const same = { differences: [] }
  const difference = (change, name) => ({ change, message: `column ${name} is otherwise` })

  test('what is missing or changed is drift, what is there besides is not', async () => {
    const { lines, log } = listening()
    const differs = { differences: [difference('extra', 'a'), difference('changed', 'b'), difference('missing', 'c')] }
    const { checkedAt, ...body } = await readinessHandler(schemaReady(scripted(differs)), { log }).check()
    // Whoever may ask does not see what is in the database.
    assert.deepEqual(body, { status: 'drifted', httpStatus: 503, message: 'drift: schema: 2 differences' })
    const detail = 'schema: column b is otherwise; column c is otherwise'
    assert.deepEqual(lines, [['critical', `CRITICAL counterfoil: drifted: ${detail}`]])
    const open = readinessHandler(schemaReady(scripted(differs)), { ...quiet, detail: true })
    assert.equal((await open.check()).detail, detail)
    const more = schemaReady(scripted({ differences: [difference('extra', 'a')] }))
    const extra = await readinessHandler(more, quiet).check()
    assert.deepEqual([extra.status, extra.httpStatus, extra.message], ['ahead', 200, 'ahead: schema: 1 difference'])
  })

  test('a look that fails takes nothing away, and is repeated a minute later', async (t) => {
    const pass = clock(t)
    const look = scripted(lost(), same)
    const health = readinessHandler(schemaReady(look), quiet)
    const { status, httpStatus, message, detail } = await health.check()
    assert.deepEqual(
      [status, httpStatus, message, detail],
      ['unverified', 200, 'unverified: the schema could not be compared: the look failed', undefined],
    )
    const open = readinessHandler(schemaReady(scripted(lost())), { ...quiet, detail: true })
    assert.match((await open.check()).detail, /^the database could not be reached/)
    for (let second = 0; second < 59; second += 1) {
      pass(1_000)
      await health.check()
    }
    assert.equal(look.count, 1)
    pass(1_000)
    await health.check()
    await settled()
    pass(1_000)
    assert.equal((await health.check()).status, 'ready')
    assert.equal(look.count, 2)
  })

  test('one that takes long keeps no probe waiting, and goes on', async (t) => {
    const pass = clock(t)
    let finish
    let looks = 0
    const look = () => {
      looks += 1
      return new Promise((done) => (finish = done))
    }
    const health = readinessHandler(schemaReady(look), quiet)
    const asked = health.check()
    await loaded()
    pass(1_000)
    const { status, httpStatus, message } = await asked
    assert.deepEqual(
      [status, httpStatus, message],
      ['unverified', 200, 'unverified: the schema could not be compared: it is being compared'],
    )
    finish(same)
    await settled()
    pass(1_000)
    assert.equal((await health.check()).status, 'ready')
    assert.equal(looks, 1)
  })

  test('one that never ends is replaced after a minute', async (t) => {
    const pass = clock(t)
    const answers = [new Promise(() => {}), same]
    const look = async () => answers.shift()
    const health = readinessHandler(schemaReady(look), quiet)
    const asked = health.check()
    await loaded()
    pass(1_000)
    assert.equal((await asked).status, 'unverified')
    pass(60_000)
    assert.equal((await health.check()).status, 'ready')
  })

  test('a database with other migrations is not compared', async () => {
    for (const others of [{ pending: ['003'] }, { ahead: ['003'] }]) {
      const look = scripted({ ...others, differences: [difference('missing', 'a')] })
      const { status, httpStatus, message } = await readinessHandler(schemaReady(look), quiet).check()
      assert.deepEqual([status, httpStatus], ['unverified', 200])
      assert.match(message, /the database has not the migrations of this release: 003$/)
    }
  })
})

test('what is wrong with an option is said at once', async () => {
  const wrong = (options, message, check = () => ready) =>
    fails(() => readinessHandler(check, options), { code: 'invalid-input', message })
  await wrong({ paht: '/' }, 'there is no option paht here')
  await wrong({ constructor: 1 }, 'there is no option constructor here')
  for (const path of ['health', '', 7, '/a?b'])
    await wrong({ path }, 'the option path is not a path that begins with /')
  await wrong({ cache: -1 }, 'the option cache is not a whole number of milliseconds')
  await wrong({ timeout: 0 }, 'the option timeout is not a whole number of milliseconds from 1')
  await wrong({ missing: 'loud' }, 'the option missing is not quiet, critical or ready')
  await wrong({ detail: 'yes' }, 'the option detail is not true or false')
  await wrong({ log: console }, 'the option log is not a function')
  for (const check of [undefined, null, {}])
    await fails(() => readinessHandler(check), { code: 'invalid-input', message: 'this is not a check' })
  await fails(() => readinessHandler({ a: 7 }), { code: 'invalid-input', message: 'a is not a check' })
  await fails(() => readinessHandler('ready'), { code: 'invalid-input', message: '0 is not a check' })
  // Options beside the checks: in the wrong place.
  for (const option of [{ log: () => {} }, { path: '/x' }, { cache: 1 }])
    await fails(() => readinessHandler({ migrations: () => ready, ...option }), {
      code: 'invalid-input',
      message: `${Object.keys(option)[0]} is not a check`,
      help: /options come second$/,
    })
  const named = await readinessHandler({ cache: () => ready, constructor: () => ready }).check()
  assert.deepEqual(Object.keys(named.checks), ['cache', 'constructor'])
  assert.equal((await readinessHandler(() => ready, { path: undefined, cache: undefined }).check()).status, 'ready')
})
