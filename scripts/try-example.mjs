// Installs and runs an example whose framework is too heavy for every test run: `node scripts/try-example.mjs next`.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import { Stop, output, root, run, say, script, windows } from './lib.mjs'
import { setup } from './setup.mjs'

/** What the page says once both migrations have run. */
const expected = { next: /guests: (<!-- -->)?0/, nitro: /^\[\]$/ }

await script(async () => {
  const name = process.argv[2]
  if (!(name in expected)) throw new Stop(`name one of these examples: ${Object.keys(expected).join(', ')}`)
  await setup()
  await build()
  const base = mkdtempSync(join(tmpdir(), 'counterfoil-example-'))
  const folder = join(base, name)
  const { freePort } = await import('../tests/js/support/ports.mjs')
  const { startPostgres } = await import('../tests/js/support/postgres.mjs')
  const server = await startPostgres()
  let child
  try {
    for (const part of [name, 'migrations']) cpSync(join(root, 'examples', part), join(base, part), { recursive: true })
    const [{ filename }] = JSON.parse(
      output('npm', ['pack', '--json', '--pack-destination', base, join(root, 'pkg')], { shell: windows }),
    )
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    manifest.dependencies.counterfoil = `file:../${filename}`
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))

    const port = await freePort()
    const database = await server.createDatabase()
    const client = await server.connect(database)
    const env = {
      ...process.env,
      DATABASE_URL: server.url(database),
      PORT: String(port),
      HOST: '127.0.0.1',
      NITRO_HOST: '127.0.0.1',
      HOSTNAME: '127.0.0.1',
      NEXT_TELEMETRY_DISABLED: '1',
    }
    const npm = (...args) => run('npm', args, { cwd: folder, env, shell: windows })
    say(`installing ${name}`)
    await npm('install', '--no-audit', '--no-fund')
    say(`building ${name}`)
    await npm('run', 'build')

    // A failure is no end: the next request tries again. (Next does not start then.)
    const inTheWay = name === 'nitro'
    if (inTheWay) await client.query('create table guests ()')
    say(`starting ${name}`)
    // Next listens everywhere unless it is told otherwise here.
    const start = manifest.scripts.start + (name === 'next' ? ' -H 127.0.0.1' : '')
    child = spawn(start, {
      cwd: folder,
      env: { ...env, PATH: `${join(folder, 'node_modules/.bin')}:${env.PATH}` },
      shell: true,
      stdio: 'inherit',
      detached: !windows,
    })
    const url = `http://127.0.0.1:${port}/`
    if (inTheWay) {
      const { status } = await answer(url, child)
      if (status !== 503) throw new Stop(`${name} answered ${status} though its migration fails`)
      await client.query('drop table guests')
    }
    const text = await (await answer(url, child)).text()
    if (!expected[name].test(text)) throw new Stop(`${name} answered: ${text.slice(0, 2_000)}`)
    const { rows } = await client.query('select version from schema_migrations order by version')
    await client.end()
    say(`${name} answers, and these are applied: ${rows.map(({ version }) => version).join(', ')}`)
    if (rows.length !== 2) throw new Stop('that should be 2')
  } finally {
    if (child?.pid) process.kill(windows ? child.pid : -child.pid)
    await server.stop()
    rmSync(base, { recursive: true, force: true })
  }
})

/** What the server answers, once it listens. */
async function answer(url, child) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetch(url)
    } catch (error) {
      if (child.exitCode !== null || attempt > 600) throw new Stop(`the server does not answer: ${error.message}`)
      await new Promise((done) => setTimeout(done, 100))
    }
  }
}
