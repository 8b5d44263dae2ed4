// The quick starts of the README, each in an empty folder with the packed package, by its text alone: its files, its commands.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { Miniflare, Response } from 'miniflare'
import pg from 'pg'
import { startNeon } from '../js/support/neon.mjs'
import { startPostgres } from '../js/support/postgres.mjs'
import { launchBrowser } from '../../scripts/browser.mjs'
import { ours, packed, root } from './support/packed.mjs'

const readme = readFileSync(join(root, 'README.md'), 'utf8').replaceAll('\r\n', '\n')
const [common, ...sections] = readme.split('\n## Quick starts\n')[1].split('\n## ')[0].split('\n### ')

/** What a text has a reader do, in order: files to write, and commands. */
function steps(text) {
  const blocks = text.matchAll(/(?:`([^`\n]+)`:\n\n)?^```(\w+)\n([^]*?)^```$/gm)
  return [...blocks].map(([, path, language, body]) => {
    assert.equal(path === undefined, language === 'sh', `a block without a name: ${body}`)
    const lines = body.trim().split('\n')
    return path === undefined ? { commands: lines.map((line) => line.replace(/\s+#.*$/, '')) } : { path, body }
  })
}

const base = mkdtempSync(join(tmpdir(), 'counterfoil-quick-'))
mkdirSync(join(base, 'counterfoil'))
cpSync(packed().tarball, join(base, 'counterfoil', packed().tarball.split(/[\\/]/).at(-1)))
let server
before(async () => (server = await startPostgres()))
after(async () => {
  await server?.stop()
  rmSync(base, { recursive: true, force: true, maxRetries: 3 })
})

/** A folder in which a quick start is followed. `instead`: how a command is run here that reaches out into the world. */
async function follow(title, { env = {}, instead = {} } = {}) {
  const text = sections.find((section) => section.startsWith(`${title}\n`))
  assert.ok(text, `the README has no quick start "${title}"`)
  const folder = mkdtempSync(join(base, 'project-'))
  const said = []
  for (const { path, body, commands = [] } of [...files(common), ...steps(text)]) {
    if (path) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), body)
    }
    for (const command of commands) {
      // The address is that of the test's own server.
      const [program, ...words] = command.replace(/^DATABASE_URL=\S+ /, '').split(' ')
      const other = Object.keys(instead).find((start) => command.startsWith(start))
      if (other) await instead[other](folder)
      else if (program === 'npm') install(folder, words)
      else said.push(run(folder, program === 'npx' ? bin(folder, words) : words, env))
    }
  }
  return { folder, said }
}

/** The migration that all of them begin with: the text names it, the block below has it. */
function files(text) {
  const [, path, , body] = text.match(/`(db\/migrations\/[^`]+)`:\n\n```(sql)\n([^]*?)```/)
  return [{ path, body }]
}

/** `npm install`, with the packages that the repository has: the same, but no newer. */
function install(folder, [verb, ...names]) {
  assert.equal(verb, 'install')
  for (const name of names) {
    if (name.endsWith('.tgz')) {
      const home = join(folder, 'node_modules/counterfoil')
      mkdirSync(home, { recursive: true })
      execFileSync('tar', ['-xzf', join(folder, name), '-C', home, '--strip-components=1'])
      link(join(home, 'cli/main.js'), join(folder, 'node_modules/.bin/counterfoil'))
      continue
    }
    const [, bare] = name.match(/^(@?[^@]+)/)
    // Vite serves no file from outside the project, where a link would lead.
    if (bare.startsWith('@electric-sql/')) cpSync(ours(bare), join(folder, 'node_modules', bare), { recursive: true })
    else link(ours(bare), join(folder, 'node_modules', bare))
    const { bin = {} } = JSON.parse(readFileSync(join(ours(bare), 'package.json'), 'utf8'))
    for (const [command, path] of Object.entries(typeof bin === 'string' ? { [bare]: bin } : bin))
      link(join(ours(bare), path), join(folder, 'node_modules/.bin', command))
  }
}

function link(target, path) {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path, 'junction')
}

function bin(folder, [name, ...words]) {
  const path = join(folder, 'node_modules/.bin', name)
  assert.ok(existsSync(path), `${name} is not installed`)
  return [path, ...words]
}

const run = (folder, args, env) =>
  execFileSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', ...env },
  })

test('the tarball is named as `npm pack` names it', () => {
  for (const section of sections)
    assert.match(
      section,
      new RegExp(`\\.\\./counterfoil/${packed().tarball.split(/[\\/]/).at(-1).replaceAll('.', '\\.')} `),
    )
})

test('the command line', async () => {
  const { said } = await follow('The command line')
  assert.match(said[0], /\+ {2}001 {2}guests/)
  assert.match(said[1], /= {2}001 +guests +applied/)
})

for (const title of ['node-postgres', 'postgres.js'])
  test(title, async () => {
    const database = await server.createDatabase()
    const { said } = await follow(title, { env: { DATABASE_URL: server.url(database) } })
    assert.deepEqual(said, ['migrated 1\n'])
    const client = new pg.Client({ connectionString: server.url(database) })
    await client.connect()
    const { rows } = await client.query('select count(*)::int as n from guests').finally(() => client.end())
    assert.deepEqual(rows, [{ n: 0 }])
  })

test('PGlite in a browser, from the development server', async (t) => {
  let vite
  const browser = await launchBrowser()
  t.after(async () => {
    vite?.kill()
    await browser.close()
  })
  let origin
  await follow('PGlite in a browser', {
    instead: {
      'npx vite': async (folder) => {
        vite = spawn(process.execPath, bin(folder, ['vite']), {
          cwd: folder,
          env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' },
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        let said = ''
        for await (const text of vite.stdout) {
          said += text
          origin = said.match(/Local:\s+(http:\S+)/)?.[1]
          if (origin) break
        }
      },
    },
  })
  assert.ok(origin)
  const opened = await browser.newPage()
  await opened.goto(origin)
  const shown = async (expected) => {
    await opened.waitForFunction((text) => document.querySelector('#out')?.textContent === text, expected)
  }
  await shown('migrated: 1 guests')
  await opened.reload()
  await shown('current: 2 guests')
})

test('a Worker with Neon, bundled by Wrangler', async (t) => {
  const endpoint = await startNeon(server)
  t.after(() => endpoint.stop())
  const database = await server.createDatabase()
  let worker
  t.after(() => worker?.dispose())
  await follow('A Worker with Neon', {
    instead: {
      'npx wrangler secret': () => {},
      // What would go to Cloudflare, in a folder instead.
      'npx wrangler deploy': (folder) => {
        run(folder, bin(folder, ['wrangler', 'deploy', '--dry-run', '--outdir', 'dist']), {
          WRANGLER_SEND_METRICS: 'false',
        })
        worker = new Miniflare({
          modules: true,
          modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }],
          scriptPath: join(folder, 'dist/index.js'),
          modulesRoot: join(folder, 'dist'),
          compatibilityDate: '2026-04-01',
          host: '127.0.0.1',
          bindings: { DATABASE_URL: `postgres://postgres:password@db.example.test/${database}` },
          async outboundService(request) {
            const { headers } = request
            const kept = ['neon-connection-string', 'neon-raw-text-output', 'neon-array-mode']
            const answer = await fetch(endpoint.endpoint, {
              method: 'POST',
              headers: Object.fromEntries(kept.map((name) => [name, headers.get(name)])),
              body: await request.text(),
            })
            return new Response(await answer.text(), {
              status: answer.status,
              headers: { 'content-type': 'application/json' },
            })
          },
        })
      },
    },
  })
  const answers = []
  for (let request = 0; request < 2; request += 1)
    answers.push(await (await worker.dispatchFetch('http://worker/')).json())
  assert.deepEqual(answers, [
    { status: 'migrated', guests: 0 },
    { status: 'current', guests: 0 },
  ])
})
