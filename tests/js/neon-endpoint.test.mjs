// The endpoint that the tests of Neon's driver talk to: does it do what Neon's proxy does? What is expected is written
// down from the proxy's source, and nothing of Counterfoil is used.
import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { neon, neonConfig } from '@neondatabase/serverless'
import { startNeon } from './support/neon.mjs'
import { startPostgres } from './support/postgres.mjs'

const server = await startPostgres()
const endpoint = await startNeon(server, { limit: 100_000 })
endpoint.configure(neonConfig)
const url = endpoint.url(await server.createDatabase())
after(async () => {
  await endpoint.stop()
  await server.stop()
})
beforeEach(() => endpoint.reset())

async function post(body, headers = {}) {
  const response = await fetch(endpoint.endpoint, {
    method: 'POST',
    headers: { 'Neon-Connection-String': url, 'Neon-Raw-Text-Output': 'true', 'Neon-Array-Mode': 'true', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, type: response.headers.get('content-type'), text, json: () => JSON.parse(text) }
}

test('a query: rows as text, fields, command', async () => {
  const { status, type, text } = await post({
    query: `select 1 as n, true as b, null::text as t, '{1,2}'::int[] as a`,
    params: [],
  })
  assert.deepEqual([status, type], [200, 'application/json'])
  const field = (name, dataTypeID, dataTypeSize) => ({
    name,
    dataTypeID,
    tableID: 0,
    columnID: 0,
    dataTypeSize,
    dataTypeModifier: -1,
    format: 'text',
  })
  assert.equal(
    text,
    JSON.stringify({
      rowAsArray: true,
      fields: [field('n', 23, 4), field('b', 16, 1), field('t', 25, -1), field('a', 1007, -1)],
      rows: [['1', 't', null, '{1,2}']],
      command: 'SELECT',
      rowCount: 1,
    }),
  )
})

test('a query: values as JSON, rows as objects, parameters', async () => {
  const plain = { 'Neon-Raw-Text-Output': 'false', 'Neon-Array-Mode': 'false' }
  const query = `select $1::int as n, $2::bool as b, 1.5::float8 as f, 'NaN'::float8 as nan, 7::bigint as big, $3::json as j, $4::text[] as a`
  const { rowAsArray, rows } = (await post({ query, params: [1, true, { x: [1] }, ['a', null, 'b"c']] }, plain)).json()
  assert.equal(rowAsArray, false)
  assert.deepEqual(rows, [{ n: 1, b: true, f: 1.5, nan: 'NaN', big: '7', j: { x: [1] }, a: '{a,NULL,"b\\"c"}' }])
})

test('commands and their counts', async () => {
  const queries = [
    'create table c (n int)',
    'insert into c values (1), (2)',
    'update c set n = 3',
    'set local work_mem = 100',
    'drop table c',
  ]
  const { results } = (await post({ queries: queries.map((query) => ({ query, params: [] })) })).json()
  assert.deepEqual(
    results.map(({ command, rowCount }) => [command, rowCount]),
    [
      ['CREATE', null],
      ['INSERT', 2],
      ['UPDATE', 2],
      ['SET', null],
      ['DROP', null],
    ],
  )
})

test('a text of two statements is refused by PostgreSQL', async () => {
  const { status, json } = await post({ query: 'select 1; select 2' })
  assert.deepEqual(
    [status, json().code, json().message],
    [400, '42601', 'cannot insert multiple commands into a prepared statement'],
  )
})

test('an error has every field, and nothing in those that PostgreSQL left out', async () => {
  const { status, json } = await post({ query: 'select missing' })
  assert.equal(status, 400)
  const { line, ...rest } = json()
  assert.match(line, /^\d+$/)
  assert.deepEqual(rest, {
    message: 'column "missing" does not exist',
    code: '42703',
    detail: null,
    hint: null,
    position: '8',
    internalPosition: null,
    internalQuery: null,
    severity: 'ERROR',
    where: null,
    table: null,
    column: null,
    schema: null,
    dataType: null,
    constraint: null,
    file: 'parse_relation.c',
    routine: 'errorMissingColumn',
  })
})

test('a batch is one transaction: all or nothing, with the mode that is asked for', async () => {
  const mode = `select current_setting('transaction_isolation') || ' ' || current_setting('transaction_read_only') || ' ' || current_setting('transaction_deferrable')`
  const headers = {
    'Neon-Batch-Isolation-Level': 'Serializable',
    'Neon-Batch-Read-Only': 'true',
    'Neon-Batch-Deferrable': 'true',
  }
  const rows = async (headers) => (await post({ queries: [{ query: mode }] }, headers)).json().results[0].rows[0][0]
  assert.equal(await rows(headers), 'serializable on on')
  assert.equal(await rows({}), 'read committed off off')
  assert.equal(
    (await post({ queries: [] }, { 'Neon-Batch-Isolation-Level': 'serializable' })).json().message,
    'invalid isolation level',
  )
  const failed = await post({
    queries: [{ query: 'create table half ()' }, { query: 'select 1 / 0' }, { query: 'select 1' }],
  })
  assert.deepEqual([failed.status, failed.json().code], [400, '22012'])
  assert.deepEqual((await post({ query: `select to_regclass('half')` })).json().rows, [[null]])
  // Two requests of which one is in a transaction of its own.
  assert.equal((await post({ query: 'vacuum' })).status, 200)
  assert.equal((await post({ queries: [{ query: 'vacuum' }] })).json().code, '25001')
})

test('what is set in a session stays in it: the pool takes nothing back', async () => {
  await post({ query: `set application_name = 'left behind'` })
  assert.deepEqual((await post({ query: 'show application_name' })).json().rows, [['left behind']])
  // A statement that fails on its own takes its connection with it.
  await post({ query: 'select missing' })
  assert.deepEqual((await post({ query: 'show application_name' })).json().rows, [['']])
})

test('what is too large, and what is no request', async () => {
  const large = await post({ query: `select '${'x'.repeat(100_000)}'` })
  assert.deepEqual(
    [large.status, large.json().message, large.json().severity],
    [413, 'request is too large (max is 100000 bytes)', ''],
  )
  const reply = await post({ query: `select repeat('x', 100001)` })
  assert.deepEqual([reply.status, reply.json().message], [507, 'response is too large (max is 100000 bytes)'])
  assert.deepEqual([(await post('{')).status, (await post({ text: 1 })).status], [400, 400])
  const open = endpoint.url('postgres').replace(':password', '')
  assert.equal(
    (await post({ query: 'select 1' }, { 'Neon-Connection-String': open })).json().message,
    'missing authentication credentials: required password',
  )
})

test('a query whose client has gone is cancelled', async () => {
  const controller = new AbortController()
  const admin = await server.connect()
  const running = async () =>
    (await admin.query(`select 1 from pg_stat_activity where query = 'select pg_sleep(600)' and state = 'active'`))
      .rowCount
  const run = neon(url, { fetchOptions: { signal: controller.signal } }).query('select pg_sleep(600)')
  const rejected = assert.rejects(run, { name: 'NeonDbError' })
  while (!(await running()));
  controller.abort()
  await rejected
  while (await running());
  await admin.end()
})

test('faults', async () => {
  const sql = neon(url)
  await sql`create table faults (n int)`
  const count = async () => Number((await sql`select count(*) as n from faults`)[0].n)
  endpoint.fault = ({ statements }) => statements[0].startsWith('insert') && { drop: 'before' }
  await assert.rejects(sql`insert into faults values (1)`, { name: 'NeonDbError', severity: undefined })
  assert.equal(await count(), 0)
  endpoint.fault = ({ statements }) => statements[0].startsWith('insert') && { drop: 'after' }
  await assert.rejects(sql`insert into faults values (1)`, { name: 'NeonDbError', severity: undefined })
  assert.equal(await count(), 1)
  endpoint.fault = ({ statements }) => statements[0].startsWith('insert') && { status: 507, text: 'no space' }
  await assert.rejects(sql`insert into faults values (1)`, {
    name: 'NeonDbError',
    message: 'Server error (HTTP status 507): no space',
  })
  assert.equal(await count(), 1)
})
