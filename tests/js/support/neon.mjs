// What Neon's proxy is to a serverless driver, over a PostgreSQL of the tests' own: SQL over HTTP, and a WebSocket.
//
// Shapes, limits and status codes are those of neondatabase/neon, proxy/src/serverless at 01481d3b (sql_over_http.rs,
// error.rs, conn_pool_lib.rs). As there, a connection goes back into a pool as it is, with all that was set in its
// session, and is thrown away after a statement that failed outside of a batch. Left out: authentication, arrays as
// JSON (without Neon-Raw-Text-Output they come as text), and what only concerns Neon's own machines.
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { neonConfig } from '@neondatabase/serverless'
import pg from 'pg'
import { WebSocket, WebSocketServer } from 'ws'
import { startPostgres } from './postgres.mjs'
import { counter } from './proxy.mjs'

const levels = {
  Serializable: 'SERIALIZABLE',
  ReadUncommitted: 'READ UNCOMMITTED',
  ReadCommitted: 'READ COMMITTED',
  RepeatableRead: 'REPEATABLE READ',
}
const asText = { getTypeParser: () => (value) => value }

/** An answer that is not that of a statement. */
class Refused extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/**
 * Starts one. The caller stops it:
 *
 *     const neon = await startNeon(server)
 *     neon.configure(neonConfig)
 *     const sql = driver.neon(neon.url(database))
 *
 * `neon.fault` may be set to a function that is asked about every HTTP request, `{ number, batch, statements }`, and gives
 * nothing, or what is to go wrong: `{ delay }` milliseconds before it is done; `drop: 'before'` anything was sent to the
 * database, or `'after'` the work is committed; `status` and `text`, answered instead of doing it, or with
 * `after: true` when it is done.
 *
 * `neon.log` has `{ number, batch, statements, sent, status, received }` of each: bytes of the bodies.
 * `neon.messages` counts the queries that came through WebSockets.
 *
 * @param {{ fresh?: boolean, limit?: number }} options `fresh`: every request gets a new connection
 */
export async function startNeon(server, { fresh = false, limit = 10 * 1024 * 1024 } = {}) {
  const neon = { fault: undefined, log: [], messages: 0, url, configure, stop, reset }
  const pools = new Map()
  const clients = new Set()
  let requests = 0

  const http = createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (!response.destroyed) plain(response, 500, `${error.stack}`)
    })
  })
  const sockets = new WebSocketServer({ server: http, path: '/v2' })
  sockets.on('connection', tunnel)
  await new Promise((done) => http.listen(0, '127.0.0.1', 1024, done))
  const address = `127.0.0.1:${http.address().port}`
  neon.endpoint = `http://${address}/sql`

  function url(database, user = 'postgres') {
    return `postgres://${user}:password@127.0.0.1:${server.port}/${database}`
  }

  /** Tells `neonConfig` where everything is. */
  function configure(config) {
    config.fetchEndpoint = neon.endpoint
    config.wsProxy = () => `${address}/v2`
    config.useSecureWebSocket = false
    config.pipelineTLS = false
    config.pipelineConnect = false
    config.webSocketConstructor = WebSocket
  }

  /** Forgets what was seen, and the connections that wait in pools. */
  function reset() {
    for (const client of [...pools.values()].flat()) end(client)
    pools.clear()
    neon.fault = undefined
    neon.log = []
    neon.messages = 0
    requests = 0
  }

  async function stop() {
    sockets.close()
    for (const socket of sockets.clients) socket.terminate()
    http.closeAllConnections()
    await new Promise((done) => http.close(done))
    await Promise.all([...clients].map((client) => client.end()))
  }

  async function answer(request, response) {
    if (request.method !== 'POST' || request.url !== '/sql') return plain(response, 404, 'not found')
    const entry = { number: ++requests, batch: false, statements: [], sent: 0, status: 0, received: 0 }
    neon.log.push(entry)
    let gone = false
    let work
    response.on('close', () => {
      gone = !response.writableFinished
      // As the proxy does when nobody waits for the answer any more.
      if (gone) work?.cancel().catch(() => {})
    })
    let fault
    let status = 200
    let body
    try {
      const text = await read(request, limit)
      entry.sent = text.length
      const { queries, batch } = payload(text)
      Object.assign(entry, { batch, statements: queries.map(({ query }) => query) })
      fault = neon.fault?.(entry)
      if (fault?.delay) await sleep(fault.delay)
      if (fault?.drop === 'before') return request.socket.destroy()
      if (fault?.status && !fault.after) return finish(entry, response, fault.status, fault.text, 'text/plain')
      if (gone) return
      work = await borrow(request.headers)
      body = JSON.stringify(await work.run(queries, batch, request.headers))
    } catch (error) {
      status = error.status ?? (error.severity || error.code === 'ECONNRESET' || !error.errno ? 400 : 500)
      body = JSON.stringify(failure(error))
    }
    if (fault?.drop === 'after') return request.socket.destroy()
    if (fault?.after) return finish(entry, response, fault.status, fault.text, 'text/plain')
    finish(entry, response, status, body, 'application/json')
  }

  function finish(entry, response, status, body, type) {
    entry.status = status
    entry.received = Buffer.byteLength(body)
    response.writeHead(status, { 'content-type': type, 'access-control-allow-origin': '*' }).end(body)
  }

  /** A connection for the database that the request names. */
  async function borrow(headers) {
    const target = destination(headers)
    const key = `${target.user}@${target.database}`
    if (!pools.has(key)) pools.set(key, [])
    const pool = pools.get(key)
    const client = pool.pop() ?? (await open(target, pool))
    let over = false

    const give = (back) => {
      over = true
      if (back && !fresh && pool.length < 20 && client.usable) pool.push(client)
      else end(client)
    }
    async function run(queries, batch, requested) {
      try {
        const done = await (batch ? transaction(client, queries, requested) : statement(client, queries[0], requested))
        give(client.status === 'I')
        return done
      } catch (error) {
        give(batch && client.status === 'I')
        throw error
      }
    }
    async function cancel() {
      if (over) return
      const admin = await server.connect()
      await admin.query('select pg_cancel_backend($1)', [client.processID])
      await admin.end()
    }
    return { run, cancel }
  }

  async function open(target, pool) {
    const client = new pg.Client({ ...target, host: '127.0.0.1', port: server.port })
    client.usable = true
    client.on('error', () => {
      client.usable = false
      clients.delete(client)
      const at = pool.indexOf(client)
      if (at >= 0) pool.splice(at, 1)
    })
    await client.connect()
    clients.add(client)
    client.connection.on('readyForQuery', ({ status }) => (client.status = status))
    return client
  }

  function end(client) {
    clients.delete(client)
    client.end().catch(() => {})
  }

  async function transaction(client, queries, headers) {
    const level = headers['neon-batch-isolation-level']
    if (level !== undefined && !levels[level]) throw new Refused(400, 'invalid isolation level')
    const modes = [
      level && `ISOLATION LEVEL ${levels[level]}`,
      headers['neon-batch-read-only'] === 'true' && 'READ ONLY',
      headers['neon-batch-deferrable'] === 'true' && 'DEFERRABLE',
    ]
    await client.query(`START TRANSACTION ${modes.filter(Boolean).join(', ')}`)
    try {
      const results = []
      for (const query of queries) results.push(await statement(client, query, headers))
      await client.query('COMMIT')
      return { results }
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {})
      throw error
    }
  }

  /** One statement, by the extended protocol: PostgreSQL refuses a text of two. */
  async function statement(client, { query, params = [], arrayMode }, headers) {
    const result = await client.query({
      text: query,
      values: params.map(parameter),
      rowMode: 'array',
      types: asText,
      queryMode: 'extended',
    })
    const asArray = arrayMode ?? headers['neon-array-mode'] === 'true'
    const raw = headers['neon-raw-text-output'] === 'true'
    const fields = result.fields.map(({ name, dataTypeID, tableID, columnID, dataTypeSize, dataTypeModifier }) => ({
      name,
      dataTypeID,
      tableID,
      columnID,
      dataTypeSize,
      dataTypeModifier,
      format: 'text',
    }))
    let size = 0
    const rows = result.rows.map((row) => {
      const values = raw ? row : row.map((value, at) => json(value, fields[at].dataTypeID))
      for (const value of row) size += value?.length ?? 4
      if (size > limit) throw new Refused(507, `response is too large (max is ${limit} bytes)`)
      return asArray ? values : Object.fromEntries(values.map((value, at) => [fields[at].name, value]))
    })
    return { rowAsArray: asArray, fields, rows, command: result.command ?? '', rowCount: result.rowCount }
  }

  /** Bytes to PostgreSQL and back. */
  function tunnel(socket) {
    const database = connect(server.port, '127.0.0.1')
    const count = counter(() => neon.messages++)
    database.on('data', (bytes) => socket.send(bytes))
    database.on('close', () => socket.close())
    database.on('error', () => socket.terminate())
    socket.on('message', (bytes) => {
      count(bytes)
      database.write(bytes)
    })
    socket.on('close', () => database.destroy())
    socket.on('error', () => database.destroy())
  }

  return neon
}

function plain(response, status, text) {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text)
}

async function read(request, limit) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > limit) throw new Refused(413, `request is too large (max is ${limit} bytes)`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function payload(text) {
  let data
  try {
    data = JSON.parse(text)
  } catch (error) {
    throw new Refused(400, `could not parse the HTTP request body: ${error.message}`)
  }
  const whole = (query) => typeof query?.query === 'string'
  if (whole(data)) return { queries: [data], batch: false }
  if (Array.isArray(data?.queries) && data.queries.every(whole)) return { queries: data.queries, batch: true }
  throw new Refused(
    400,
    'could not parse the HTTP request body: data did not match any variant of untagged enum Payload',
  )
}

function destination(headers) {
  let url
  try {
    url = new URL(headers['neon-connection-string'])
  } catch {
    throw new Refused(400, 'invalid header: neon-connection-string')
  }
  if (!/^postgres(ql)?:$/.test(url.protocol)) throw new Refused(400, 'incorrect scheme')
  if (url.pathname.length < 2) throw new Refused(400, 'missing database name')
  if (!url.username) throw new Refused(400, 'missing username')
  if (!url.password) throw new Refused(400, 'missing authentication credentials: required password')
  return { user: decodeURIComponent(url.username), database: decodeURIComponent(url.pathname.slice(1)) }
}

/** A parameter as PostgreSQL reads it. */
function parameter(value) {
  if (value === null || typeof value === 'string') return value
  return Array.isArray(value) ? element(value) : JSON.stringify(value)
}

function element(value) {
  if (value === null) return 'NULL'
  if (Array.isArray(value)) return `{${value.map(element).join(',')}}`
  return JSON.stringify(typeof value === 'object' ? JSON.stringify(value) : value)
}

/** A value as JSON, by its type. */
function json(text, type) {
  if (text === null) return null
  if (type === 16) return text === 't'
  if (type === 21 || type === 23) return Number(text)
  if (type === 700 || type === 701) return Number.isFinite(Number(text)) ? Number(text) : text
  return type === 114 || type === 3802 ? JSON.parse(text) : text
}

/** A PostgreSQL and an endpoint in front of it, to which Neon's driver sends everything. The caller stops both by `stop`. */
export async function startPostgresAndNeon() {
  const server = await startPostgres()
  const endpoint = await startNeon(server)
  endpoint.configure(neonConfig)
  async function stop() {
    await endpoint.stop()
    await server.stop()
  }
  return { server, endpoint, stop }
}

/** The body of an error. Everything but the message, the code and the severity is null where there is nothing to say. */
function failure(error) {
  const known = typeof error.severity === 'string'
  const field = (name) => (known ? (error[name] ?? null) : null)
  return {
    message: error.message,
    code: known ? error.code : '',
    detail: field('detail'),
    hint: field('hint'),
    position: field('position'),
    internalPosition: field('internalPosition'),
    internalQuery: field('internalQuery'),
    severity: known ? error.severity : '',
    where: field('where'),
    table: field('table'),
    column: field('column'),
    schema: field('schema'),
    dataType: field('dataType'),
    constraint: field('constraint'),
    file: field('file'),
    line: field('line'),
    routine: field('routine'),
  }
}
