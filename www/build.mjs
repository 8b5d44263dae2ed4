// Makes www/dist: the page, the package as it is published (pkg/), PGlite and the example set. Nothing is bundled:
// an import map tells the browser what `counterfoil/pglite` is, so the page runs the very files a user installs.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '..')
const resolve = createRequire(import.meta.url).resolve

/** Builds the page. Give a folder to write it there. */
export function buildPage(dist = join(here, 'dist')) {
  rmSync(dist, { recursive: true, force: true })
  mkdirSync(dist, { recursive: true })
  for (const name of ['style.css', 'main.js', 'state.js', 'files.js', 'changes.js', 'database.js', 'view'])
    cpSync(join(here, name), join(dist, name), { recursive: true })

  const manifest = JSON.parse(readFileSync(join(root, 'pkg/package.json'), 'utf8'))
  cpSync(join(root, 'pkg'), join(dist, 'counterfoil'), {
    recursive: true,
    filter: (path) => !/\.(d\.ts|map)$/.test(path),
  })
  const pglite = dirname(resolve('@electric-sql/pglite'))
  copyMatching(pglite, join(dist, 'pglite'), /\.(js|wasm|data|tar\.gz)$/)
  for (const folder of ['fs', 'contrib']) copyMatching(join(pglite, folder), join(dist, 'pglite', folder), /\.js$/)

  const imports = { ...packageImports(manifest, './counterfoil/'), '@electric-sql/pglite': './pglite/index.js' }
  const page = readFileSync(join(here, 'index.html'), 'utf8')
  writeFileSync(join(dist, 'index.html'), page.replace('{{imports}}', JSON.stringify({ imports }, null, 2)))
  writeFileSync(join(dist, 'example.js'), exampleModule())
  return dist
}

function copyMatching(from, to, pattern) {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) if (pattern.test(name)) cpSync(join(from, name), join(to, name))
}

/** The package's `exports` and `imports`, as a browser reads them. */
function packageImports({ name, exports, imports }, base) {
  // An entry may be of types only.
  const browser = (target) =>
    typeof target !== 'object' ? target : browser(target.browser ?? target.import ?? target.default)
  const map = {}
  for (const [path, target] of Object.entries(exports)) {
    const file = browser(target)
    if (file?.endsWith('.js')) map[name + path.slice(1)] = base + file.slice(2)
  }
  for (const [path, target] of Object.entries(imports ?? {})) map[path] = base + browser(target).slice(2)
  return map
}

/** The demo's migrations: before and after the squash. */
function exampleModule() {
  const demo = join(root, 'demo')
  const read = (folder, name, as = name) => [as, readFileSync(join(demo, folder, name), 'utf8')]
  const before = [
    ...readdirSync(join(demo, 'migrations'))
      .sort()
      .map((name) => read('migrations', name)),
    read('changes/gap', '20260224160000_prices.sql'),
    read('changes/collision', '20260301083000_gift_cards.sql', '20260328090000_gift_cards.sql'),
    read('changes/interrupted', '20260402074500_one_ticket_per_seat.sql'),
  ]
  const after = ['20260501000000_baseline.sql', '.counterfoil/20260501000000_baseline.json'].map((name) =>
    read('changes/squash', name),
  )
  const value = (entries) => JSON.stringify(Object.fromEntries(entries), null, 2)
  return `// The demo's migrations.\nexport const migrations = ${value(before)}\n\nexport const squashed = ${value(after)}\n`
}
