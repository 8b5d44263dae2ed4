// The command line: bundled with what it uses of other packages, so that it starts fast and nothing else has to be
// installed. What it shares with a project (PGlite) and what is loaded as a whole (the review module) stays outside.
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { root } from './lib.mjs'

/** Modules of the package that find files beside themselves: they are loaded from where they are. */
const outside = ['wasm/review.js', 'guard.js', 'lint.js']

/** Replaces `cli/` of the package by its bundle. */
export async function commandLine(pkg) {
  const { build } = await import('esbuild')
  const folder = join(pkg, 'cli')
  const common = {
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
    metafile: true,
    write: false,
    legalComments: 'none',
    absWorkingDir: root,
  }
  const keep = {
    name: 'keep',
    setup(to) {
      // The core as a file is found faster than as text.
      to.onResolve({ filter: /^#load$/ }, () => ({ path: join(pkg, 'load/file.js') }))
      to.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const name = relative(pkg, join(resolveDir, path)).replaceAll(sep, '/')
        return outside.includes(name) ? { path: `../${name}`, external: true } : undefined
      })
    },
  }
  const main = await build({ ...common, entryPoints: [join(folder, 'main.js')], outdir: folder, format: 'esm' })
  const program = await build({
    // One file of CommonJS: what is imported later, of Node's own modules too, is loaded and run later.
    ...common,
    entryPoints: [join(folder, 'program.js')],
    outfile: join(folder, 'program.cjs'),
    format: 'cjs',
    mainFields: ['module', 'main'],
    define: { 'import.meta.url': 'here' },
    banner: { js: "const here=require('node:url').pathToFileURL(__filename).href;" },
    external: ['@electric-sql/pglite'],
    plugins: [keep],
  })
  // Written for CommonJS, and that is what it stays.
  const pg = await build({
    ...common,
    stdin: { contents: "module.exports = require('pg/lib/client')", resolveDir: root },
    outfile: join(folder, 'pg-client.cjs'),
    format: 'cjs',
    external: ['pg-native', 'pg-cloudflare', 'cloudflare:sockets'],
    // It asks a Response whether this is Cloudflare, for which Node loads all of its `fetch`.
    define: { Response: 'undefined', navigator: 'undefined' },
  })
  rmSync(folder, { recursive: true })
  mkdirSync(folder)
  for (const { path, contents } of [main, program, pg].flatMap(({ outputFiles }) => outputFiles))
    writeFileSync(path, contents)
  // npm sees to that when it installs a package, but not where it only makes a link to a folder that is built again.
  chmodSync(join(folder, 'main.js'), 0o755)
  writeFileSync(
    join(folder, 'LICENSES.txt'),
    licences([program, pg].flatMap(({ metafile }) => Object.keys(metafile.inputs))),
  )
}

/** The licences of the packages that these files come from. */
function licences(inputs) {
  const names = new Set(
    inputs
      .map((path) => /(?:^|\/)(node_modules\/(?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path)?.[1])
      .filter(Boolean),
  )
  const parts = [...names].sort().map((name) => {
    const folder = join(root, name)
    const {
      name: title,
      version,
      license,
      author,
      homepage,
    } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
    const by = typeof author === 'string' ? author : author?.name
    const text = file
      ? readFileSync(join(folder, file), 'utf8').trim()
      : [license, by, homepage].filter(Boolean).join('\n')
    return `${title} ${version}\n\n${text}\n`
  })
  return `counterfoil's command line holds parts of these packages.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`
}
