// Every test there is, part after part: `npm test`, or `node scripts/test.mjs js wasm` for some parts.
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import { Stop, heading, root, run, sayTimes, script, timed } from './lib.mjs'
import { setup } from './setup.mjs'
import { browserTests } from './wasm-browser.mjs'

const target = 'wasm32-unknown-unknown'
const wasmSuites = ['wasm', 'wasm_panics']
const wasmTests = (...suites) => [
  'test',
  '--target',
  target,
  '--features',
  'wasm',
  ...suites.flatMap((name) => ['--test', name]),
]
// Small and short: compiling takes longer than running.
const runner = {
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: 'wasm-bindgen-test-runner',
  CARGO_PROFILE_TEST_OPT_LEVEL: '0',
  CARGO_PROFILE_TEST_DEBUG: '0',
}

const parts = {
  // What passing tests print is shown: how much they compared, how many states they visited, what was skipped.
  rust: ['Rust tests', () => run('cargo', ['test', '--workspace', '--', '--show-output'])],
  node: [
    'Bindings in Node (wasm-bindgen-test)',
    () => run('cargo', wasmTests(...wasmSuites), { env: { ...process.env, ...runner } }),
  ],
  browser: ['Bindings in headless Chromium (wasm-bindgen-test)', browserSuites],
  js: ['The package on PGlite and PostgreSQL', () => nodeTests('tests/js')],
  packaging: ['The packed package, in every runtime and through every bundler', () => nodeTests('tests/packaging')],
  examples: ['The examples, in workerd, Deno, Bun and Node', () => nodeTests('tests/examples')],
  www: ['The playground in headless Chromium', () => nodeTests('tests/www')],
}

// What takes longest begins first, so that nothing is left to wait for at the end.
const long = [
  'processes',
  'boot',
  'corpora',
  'neon-faults',
  'cold-starts',
  'readme',
  'limits',
  'postgres',
  'workerd-cold-starts',
  'bundlers',
  'runtimes',
]

await script(async () => {
  const chosen = process.argv.slice(2)
  const unknown = chosen.find((name) => !(name in parts))
  if (unknown) throw new Stop(`there is no part ${unknown}; there are: ${Object.keys(parts).join(', ')}`)
  const names = chosen.length ? chosen : Object.keys(parts)
  const what = {
    browser: ['browser', 'packaging', 'www'].some((name) => names.includes(name)),
    pgbouncer: names.includes('js'),
    tmux: names.includes('js'),
  }
  await timed('setup', () => setup(what))
  await timed('build', build)
  for (const name of names) {
    heading(parts[name][0])
    await timed(name, parts[name][1])
  }
  sayTimes()
})

/** One after the other: the runner serves a page for one suite, and does not end. */
async function browserSuites() {
  for (const suite of wasmSuites) await browserTests(wasmTests(suite), runner)
}

async function nodeTests(folder) {
  const path = join(root, folder)
  const files = existsSync(path)
    ? readdirSync(path)
        .filter((name) => name.endsWith('.test.mjs'))
        .sort()
    : []
  if (files.length === 0) return console.log('(no tests yet)')
  const first = long.map((name) => `${name}.test.mjs`).filter((name) => files.includes(name))
  const ordered = [...first, ...files.filter((name) => !first.includes(name))]
  // Most of them wait for a database more than they work, so there is one more than there are processors. The reporter
  // keeps the lines of a file together.
  const together = `--test-concurrency=${availableParallelism() + 1}`
  await run(process.execPath, [
    '--test',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${new URL('longest.mjs', import.meta.url)}`,
    '--test-reporter-destination=stdout',
    together,
    ...ordered.map((name) => join(folder, name)),
  ])
}
