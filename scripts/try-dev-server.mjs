// Installs a framework that is too heavy for every test run, and has its own development server use the plugin:
// `node scripts/try-dev-server.mjs nuxt`. A file is added, edited, broken, mended and removed while it runs, and a page in Chromium
// has to say so each time. `create-vite` follows docs/embedding.md, from `npm create vite` to applied migrations.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { launchBrowser } from './browser.mjs'
import { build } from './build.mjs'
import { Stop, output, root, run, say, script, windows } from './lib.mjs'
import { setup } from './setup.mjs'

/** What the page shows: the last line of each migration. */
const shown = `migrations.files.map(({ sql }) => sql.trim().split('\\n').at(-1).trim()).join(' ')`

/** What each needs, and how it is started. */
const frameworks = {
  next: {
    packages: ['next@15', 'react@19', 'react-dom@19'],
    // Turbopack knows no plugins of webpack's.
    start: (port) => `next dev -H 127.0.0.1 -p ${port}`,
    files: {
      'next.config.mjs': `import counterfoil from 'counterfoil/webpack'
export default {
  webpack(config) {
    config.plugins.push(counterfoil({ dir: 'db/migrations' }))
    return config
  },
}
`,
      'app/layout.jsx': `export default function Layout({ children }) {
  return <html><body>{children}</body></html>
}
`,
      'app/page.jsx': `import migrations from 'virtual:counterfoil'
import { Client } from './client.jsx'
export const dynamic = 'force-dynamic'
export default function Page() {
  return <><p id="server">{${shown}}</p><Client /></>
}
`,
      'app/client.jsx': `'use client'
import migrations from 'virtual:counterfoil'
export const Client = () => <p id="client">{${shown}}</p>
`,
    },
  },
  nuxt: {
    packages: ['nuxt@4'],
    start: (port) => `nuxt dev --host 127.0.0.1 --port ${port}`,
    files: {
      // The root of Vite's project is `app/` there.
      'nuxt.config.ts': `import counterfoil from 'counterfoil/vite'
export default defineNuxtConfig({ vite: { plugins: [counterfoil({ dir: '../db/migrations' })] }, devtools: { enabled: false }, telemetry: false })
`,
      'app/app.vue': `<script setup>
import migrations from 'virtual:counterfoil'
const shown = ${shown}
const server = useState('server', () => shown)
</script>
<template><p id="server">{{ server }}</p><ClientOnly><p id="client">{{ shown }}</p></ClientOnly></template>
`,
    },
  },
  sveltekit: {
    packages: ['@sveltejs/kit@2', 'svelte@5', 'vite@7', '@sveltejs/vite-plugin-svelte@6'],
    start: (port) => `vite dev --host 127.0.0.1 --port ${port} --strictPort`,
    files: {
      'vite.config.js': `import { sveltekit } from '@sveltejs/kit/vite'
import counterfoil from 'counterfoil/vite'
export default { plugins: [sveltekit(), counterfoil()] }
`,
      'svelte.config.js': 'export default {}\n',
      'src/app.html': '<!doctype html><html><head>%sveltekit.head%</head><body>%sveltekit.body%</body></html>\n',
      'src/routes/+page.server.js': `import migrations from 'virtual:counterfoil'
export const load = () => ({ server: ${shown} })
`,
      'src/routes/+page.svelte': `<script>
  import migrations from 'virtual:counterfoil'
  let { data } = $props()
</script>
<p id="server">{data.server}</p>
<p id="client">{${shown}}</p>
`,
    },
  },
  webpack: {
    packages: ['webpack@5', 'webpack-cli@6', 'webpack-dev-server@5'],
    start: (port) => `webpack serve --host 127.0.0.1 --port ${port}`,
    files: {
      'webpack.config.mjs': `import counterfoil from 'counterfoil/webpack'
export default { mode: 'development', entry: './main.js', plugins: [counterfoil()], devServer: { static: 'public' } }
`,
      'public/index.html': '<!doctype html><body><p id="client"></p><script src="/main.js"></script></body>\n',
      'main.js': `import migrations from 'virtual:counterfoil'
document.querySelector('#client').textContent = ${shown}
`,
    },
  },
}

/** The commands and files of a section of a page, in order. */
function steps(path, title) {
  const text = readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n')
  const section = text.split(`\n## ${title}\n`)[1]?.split('\n## ')[0]
  if (!section) throw new Stop(`${path} has no section "${title}"`)
  return [...section.matchAll(/(?:`([^`\n]+)`:\n\n)?^```(\w+)\n([^]*?)^```$/gm)].map(([, path, , body]) => ({
    path,
    body,
  }))
}

await script(async () => {
  const name = process.argv[2]
  const names = [...Object.keys(frameworks), 'create-vite']
  if (!names.includes(name)) throw new Stop(`name one of these: ${names.join(', ')}`)
  await setup({ browser: true })
  await build()
  const base = mkdtempSync(join(tmpdir(), 'counterfoil-dev-'))
  const browser = await launchBrowser()
  const { freePort } = await import('../tests/js/support/ports.mjs')
  const port = await freePort()
  let child
  try {
    const pack = ['pack', '--json', '--pack-destination', base, join(root, 'pkg')]
    const [{ filename }] = JSON.parse(output('npm', pack, { shell: windows }))
    if (name === 'create-vite') child = await created(base, filename, port)
    else child = await installed(base, filename, port, frameworks[name])
    const page = await browser.newPage()
    const url = `http://127.0.0.1:${port}/`
    await listens(url, child)
    await page.goto(url)
    if (name === 'create-vite') await says(page, { out: 'migrated: 1 guests' })
    else await changes(page, url, join(base, 'app/db/migrations'), Object.values(frameworks[name].files).join(''))
    say(`${name} works`)
  } finally {
    await browser.close()
    if (child?.pid) process.kill(windows ? child.pid : -child.pid)
    // It may write for a while after it was told to end.
    rmSync(base, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
  }
})

async function installed(base, tarball, port, { packages, start, files }) {
  const folder = join(base, 'app')
  const all = {
    ...files,
    'package.json': '{ "private": true, "type": "module" }',
    'db/migrations/001_notes.sql': 'create table notes (id int);\n',
  }
  for (const [path, text] of Object.entries(all)) write(join(folder, path), text)
  say(`installing ${packages.join(' ')}`)
  const install = ['install', `../${tarball}`, ...packages, '--no-audit', '--no-fund']
  await run('npm', install, { cwd: folder, shell: windows })
  return started(folder, start(port))
}

/** Follows the page: what it has a reader do, and nothing else. */
async function created(base, tarball, port) {
  let folder = base
  let child
  mkdirSync(join(base, 'counterfoil'))
  writeFileSync(join(base, 'counterfoil', tarball), readFileSync(join(base, tarball)))
  for (const { path, body } of steps('docs/embedding.md', 'From an empty folder, with Vite')) {
    if (path) write(join(folder, path), body)
    else
      for (const command of body.trim().split('\n')) {
        say(command)
        if (command.startsWith('cd ')) folder = join(folder, command.slice(3))
        else if (command === 'npm run dev')
          child = started(folder, `npm run dev -- --host 127.0.0.1 --port ${port} --strictPort`)
        // npm asks before it runs a package that is not installed.
        else await run(command, [], { cwd: folder, shell: true, env: { ...process.env, npm_config_yes: 'true' } })
      }
  }
  return child
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function started(folder, command) {
  say(command)
  return spawn(command, {
    cwd: folder,
    env: {
      ...process.env,
      NEXT_TELEMETRY_DISABLED: '1',
      PATH: `${join(folder, 'node_modules/.bin')}:${process.env.PATH}`,
    },
    shell: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: !windows,
  })
}

async function listens(url, child) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await fetch(url)
    } catch (error) {
      if (child.exitCode !== null || attempt > 600) throw new Stop(`the server does not answer: ${error.message}`)
      await new Promise((done) => setTimeout(done, 200))
    }
  }
}

/** Waits until the elements of these ids have these texts. */
async function says(page, texts) {
  const isSaid = (texts) =>
    Object.entries(texts).every(([id, text]) => document.getElementById(id)?.textContent === text)
  await page.waitForFunction(isSaid, texts, { timeout: 120_000, polling: 100 }).catch(async () => {
    throw new Stop(`the page should say ${JSON.stringify(texts)} and says: ${await page.textContent('body')}`)
  })
}

async function changes(page, url, folder, sources) {
  const ids = ['server', 'client'].filter((id) => sources.includes(`id="${id}"`))
  const first = 'create table notes (id int);'
  const everywhere = async (text) => {
    // What stands in the page itself is that of its last answer.
    await says(page, { client: text })
    if (ids.includes('server')) await page.reload()
    await says(page, Object.fromEntries(ids.map((id) => [id, text])))
    say(`seen in ${ids.join(' and ')}: ${text}`)
  }
  const second = join(folder, '002_more.sql')
  await everywhere(first)
  write(second, 'alter table notes add column more text;\n')
  await everywhere(`${first} alter table notes add column more text;`)
  write(second, 'alter table notes add column other text;\n')
  await everywhere(`${first} alter table notes add column other text;`)
  write(second, "select\n  'a;\n")
  // Wherever it is shown: in the page, in its overlay or in the answer.
  await page.waitForFunction(
    async () => {
      const texts = [document.documentElement.outerHTML, await (await fetch(location.href)).text()]
      for (const element of document.querySelectorAll('*')) texts.push(element.shadowRoot?.textContent ?? '')
      for (const frame of document.querySelectorAll('iframe'))
        texts.push(frame.contentDocument?.body?.textContent ?? '')
      return texts.some((text) => /002_more\.sql:2:3/.test(text))
    },
    undefined,
    { timeout: 120_000, polling: 500 },
  )
  say('a broken file is shown with its line')
  write(second, "select\n  'a';\n")
  await says(page, { client: `${first} 'a';` }).catch(() => page.goto(url))
  await everywhere(`${first} 'a';`)
  rmSync(second)
  await everywhere(first)
}
