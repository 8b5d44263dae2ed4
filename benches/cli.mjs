// How long `counterfoil status` takes from the start of the process to its end, beside dbmate's.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { resolveBinary } from 'dbmate'
import { startPostgres } from '../tests/js/support/postgres.mjs'
import { clock, inTurn, line, ms, ratio, title } from './measure.mjs'
import { smallFiles, versionOf } from './sets.mjs'

const main = fileURLToPath(new URL('../pkg/cli/main.js', import.meta.url))

export async function cli() {
  const server = await startPostgres()
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-bench-'))
  try {
    mkdirSync(join(folder, 'db/migrations'), { recursive: true })
    for (const [path, text] of smallFiles(300)) writeFileSync(join(folder, 'db/migrations', path), text)
    const env = {
      ...process.env,
      DATABASE_URL: `${server.url(await server.createDatabase())}?sslmode=disable`,
      NO_COLOR: '1',
    }
    const run =
      (command, ...args) =>
      () =>
        clock(() => {
          const { status, stderr } = spawnSync(command, args, {
            cwd: folder,
            env,
            encoding: 'utf8',
            maxBuffer: 1 << 26,
          })
          if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
        })
    await run(process.execPath, main, 'up')()

    const dbmate = run(resolveBinary(), '--no-dump-schema', '--migrations-dir', 'db/migrations', 'status')
    const status = run(process.execPath, main, 'status')
    const ready = run(process.execPath, main, 'ready')
    const help = run(process.execPath, main, '--help')
    const node = run(process.execPath, '-e', '0')
    for (const warm of [dbmate, status]) await warm()
    const runs = 25
    title(
      'the command line: 300 migrations, all applied',
      `${runs} runs of each in turn, by the clock, from start to end of the process, PostgreSQL 18 over TCP`,
    )
    const { times, ratios } = await inTurn(runs, dbmate, status, ready, help, node)
    line(`dbmate ${versionOf('dbmate')} status`, ms(times[0]))
    line('counterfoil status', ms(times[1]))
    line('ratio to dbmate', ratio(ratios[1]))
    line('counterfoil ready', ms(times[2]))
    line('counterfoil --help', ms(times[3]))
    line('node, with nothing to do', ms(times[4]))
    line('ratio of that to dbmate', ratio(ratios[4]))
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
