// What a file of 57 MB costs beside the driver's own `exec` of the same text: memory at its peak, and time. Every figure is of
// a process of its own, since only that tells its peak.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { resolveBinary } from 'dbmate'
import { startPostgres } from '../tests/js/support/postgres.mjs'
import { clock, inTurn, line, median, ms, ratio, title } from './measure.mjs'
import { versionOf } from './sets.mjs'

const size = 57_000_000
const runs = 3
const main = fileURLToPath(new URL('../pkg/cli/main.js', import.meta.url))
const child = fileURLToPath(new URL('large-process.mjs', import.meta.url))

export async function large() {
  const server = await startPostgres()
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-bench-'))
  try {
    write(join(folder, 'small'), '-- migrate:up\ncreate table seed (id int);\n')
    for (const [name, rows] of Object.entries({ 'rows by the thousand': 1_000, 'a statement for each row': 1 })) {
      const set = join(folder, String(rows))
      write(set, seed(rows))
      for (const target of ['node-postgres', 'PGlite']) await driver(name, target, set, folder, server)
      await commands(name, set, folder, server)
    }
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function driver(name, target, set, folder, server) {
  const url = async () => (target === 'PGlite' ? 'memory' : server.url(await server.createDatabase()))
  const call = async (what, folder) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [child, what, folder, await url()], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${what}: ${stderr}`)
    return JSON.parse(stdout)
  }
  const base = await call('migrate', join(folder, 'small'))
  const peaks = { exec: [], migrate: [] }
  const timed = (what) => async () => {
    const { time, peak } = await call(what, set)
    peaks[what].push(peak)
    return time
  }
  title(
    `a file of 57 MB, ${name}: ${target}`,
    `${runs} runs of each in turn, a process and a new database each, by the clock`,
  )
  const { times, ratios } = await inTurn(runs, timed('exec'), timed('migrate'))
  line('exec of the text', ms(times[0]))
  line('migrate', ms(times[1]))
  line('ratio, migrate to exec', ratio(ratios[1]), 'aim: at most 1.5')
  for (const [what, list] of Object.entries(peaks))
    line(
      `${what}: peak memory beyond ${mb(base.peak)}`,
      mb(median(list) - base.peak),
      `${ratio((median(list) - base.peak) / size)} times the file${what === 'migrate' ? '; aim: at most 4' : ''}`,
    )
}

async function commands(name, set, folder, server) {
  const env = async () => ({
    ...process.env,
    NO_COLOR: '1',
    DATABASE_URL: `${server.url(await server.createDatabase())}?sslmode=disable`,
  })
  const up = [process.execPath, main, 'up', '--yes', '--dir']
  const dbmate = [resolveBinary(), '--no-dump-schema', '--migrations-dir']
  const peaks = new Map()
  const run = async (command, at, variables) => {
    // GNU time: the kernel's own account of a process that has ended.
    const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%M', ...command, at].flat(), {
      env: variables ?? (await env()),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
    if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`)
    return Number(stderr.trim().split('\n').at(-1)) * 1024
  }
  const timed = (key, command, last) => () =>
    clock(async () => peaks.set(key, [...(peaks.get(key) ?? []), await run([...command, set, ...last], [])]))
  const base = await run(up, join(folder, 'small'))
  title(`a file of 57 MB, ${name}: the command line`, `${runs} runs of each in turn, from start to end of the process`)
  const { times, ratios } = await inTurn(runs, timed('dbmate', dbmate, ['up']), timed('up', up, []))
  line(`dbmate ${versionOf('dbmate')} up`, ms(times[0]), `peak ${mb(median(peaks.get('dbmate')))}`)
  line('counterfoil up', ms(times[1]), `peak ${mb(median(peaks.get('up')))}`)
  line('ratio to dbmate', ratio(ratios[1]))
  const variables = await env()
  await run(up, set, variables)
  const status = await run([process.execPath, main, 'status', '--dir'], set, variables)
  for (const [command, peak] of [
    ['up', median(peaks.get('up'))],
    ['status', status],
  ])
    line(`${command}: peak memory beyond ${mb(base)}`, mb(peak - base), `${ratio((peak - base) / size)} times the file`)
}

const mb = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`

function write(folder, text) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, '0001_seed.sql'), `${text}\n-- migrate:down\ndrop table seed;\n`)
}

/** INSERTs with so many rows each. */
function seed(rows) {
  const parts = [
    '-- migrate:up\ncreate table seed (id bigint, name text, note text, amount numeric, at timestamptz);\n',
  ]
  let row = 0
  for (let length = 0; length < size; length += parts.at(-1).length) {
    const values = Array.from({ length: rows }, () => {
      row += 1
      return `(${row}, 'name of ${row}', 'it''s a note as long as notes are: ${(row * 7919) % 100003}', ${row % 1000}.25, '2024-01-01 00:00:${row % 60}+00')`
    })
    parts.push(`insert into seed (id, name, note, amount, at) values\n${values.join(',\n')};\n`)
  }
  return parts.join('')
}
