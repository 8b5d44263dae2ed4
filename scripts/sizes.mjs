// The size of what a browser downloads, and the budget that it must keep to.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { Stop } from './lib.mjs'

/** Bytes of core and glue after gzip. Raising it is a decision for a reviewer. */
export const budget = 219 * 1024

/** The same for the review module, which only lint, guards and the command line load. */
export const reviewBudget = 746 * 1024

/** Raw, gzip and brotli bytes of a module and its glue. */
export function sizes(pkg, name = 'core') {
  const measure = (file) => {
    const bytes = readFileSync(join(pkg, file))
    return {
      file,
      raw: bytes.length,
      gzip: gzipSync(bytes, { level: 9 }).length,
      brotli: brotliCompressSync(bytes).length,
    }
  }
  return [`${name}/${name}.wasm`, `${name}/${name}.js`].map(measure)
}

/** Prints the sizes; stops if they are over the budgets. */
export function checkSizes(pkg) {
  const number = (bytes) => bytes.toLocaleString('en').padStart(9)
  for (const [name, most] of [
    ['core', budget],
    ['review', reviewBudget],
  ]) {
    const files = sizes(pkg, name)
    const total = { file: `${name} and glue`, raw: 0, gzip: 0, brotli: 0 }
    for (const size of files) for (const key of ['raw', 'gzip', 'brotli']) total[key] += size[key]
    for (const { file, raw, gzip, brotli } of [...files, total])
      console.log(`  ${file.padEnd(18)} raw ${number(raw)}   gzip ${number(gzip)}   brotli ${number(brotli)}`)
    if (total.gzip > most)
      throw new Stop(
        `${name} and glue are ${total.gzip} bytes after gzip: over the budget of ${most} in scripts/sizes.mjs`,
      )
  }
}

/** Bytes after gzip of what a program loads of a driver's entry before it knows whether there is anything to do. */
export const entryBudget = 4 * 1024

/** The same of `counterfoil/health`, which has nothing behind it. */
export const healthBudget = 4 * 1024

/** What comes of an entry, bundled and minified, without what it loads later, in bytes after gzip. */
async function bundled(pkg, entry) {
  const { build } = await import('esbuild')
  // Behind an `import()` is what is loaded later.
  const later = {
    name: 'later',
    setup: (to) =>
      to.onResolve({ filter: /^/ }, ({ kind, path }) =>
        kind === 'dynamic-import' ? { path, external: true } : undefined,
      ),
  }
  const options = {
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd'],
    legalComments: 'none',
    write: false,
    plugins: [later],
  }
  const { outputFiles } = await build({ entryPoints: [join(pkg, entry)], ...options })
  return gzipSync(outputFiles[0].contents, { level: 9 }).length
}

/**
 * What an app gets of each driver's entry, bundled and minified: `first` is loaded with it, `all` is that and everything
 * behind it for a run, with the core. In bytes after gzip.
 */
export async function entrySizes(pkg) {
  const [wasm, engine] = [
    gzipSync(readFileSync(join(pkg, 'core/core.wasm')), { level: 9 }).length,
    await bundled(pkg, 'run/engine.js'),
  ]
  const sizes = []
  for (const entry of ['bun', 'neon', 'pg', 'pglite', 'postgres']) {
    const first = await bundled(pkg, `${entry}.js`)
    sizes.push({ entry: `counterfoil/${entry}`, first, all: first + engine + wasm })
  }
  return sizes
}

/** Prints the sizes of the entries; stops if one is over the budget. */
export async function checkEntries(pkg) {
  const number = (bytes) => bytes.toLocaleString('en').padStart(9)
  const sizes = await entrySizes(pkg)
  for (const { entry, first, all } of sizes)
    console.log(`  ${entry.padEnd(20)} with nothing to do: gzip ${number(first)}   everything: gzip ${number(all)}`)
  const over = sizes.find(({ first }) => first > entryBudget)
  const health = await bundled(pkg, 'health.js')
  console.log(`  ${'counterfoil/health'.padEnd(20)} gzip ${number(health)}`)
  if (health > healthBudget)
    throw new Stop(
      `counterfoil/health is ${health} bytes after gzip: over the budget of ${healthBudget} in scripts/sizes.mjs`,
    )
  if (over)
    throw new Stop(
      `${over.entry} loads ${over.first} bytes after gzip with nothing to do: over the budget of ${entryBudget} in scripts/sizes.mjs`,
    )
}
