// The packed package in Vercel's edge runtime (`@edge-runtime/vm`, the sandbox that Next.js runs edge functions in), bundled
// as Next.js does it: `?module` becomes a variable of the sandbox, which holds a module that was compiled outside of it.
import assert from 'node:assert/strict'
import { EdgeVM } from '@edge-runtime/vm'
import { build } from 'esbuild'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startNeon } from '../js/support/neon.mjs'
import { startPostgres } from '../js/support/postgres.mjs'
import { checkPure, expectedHealth } from './support/expected.mjs'
import { install } from './support/packed.mjs'

const app = install({
  links: ['@neondatabase/serverless'],
  watched: true,
  files: {
    'edge.js': `export { health } from './health.js'\nexport { pure } from './pure.js'\n`,
    'edge-neon.js': `import { neon, neonConfig } from '@neondatabase/serverless'
import { migrate, ready } from 'counterfoil/neon'
export { manifestOf } from './manifest.js'
export const run = async (endpoint, url, manifest) => {
  neonConfig.fetchEndpoint = endpoint
  const { status, applied, roundTrips } = await migrate(neon(url), manifest)
  return { status, applied: applied.length, roundTrips, ready: (await ready(neon(url), manifest)).status, loaded: [...(globalThis.loaded ?? [])] }
}\n`,
  },
})
after(app.remove)

/** A sandbox that has run the bundle of an entry; what the entry exports is its global `app`. Code cannot be made in it. */
async function sandbox(entry) {
  const compiled = []
  const asVariable = {
    name: 'wasm-as-a-variable',
    setup(to) {
      to.onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({
        path: join(resolveDir, path.replace('?module', '')),
        namespace: 'compiled',
      }))
      to.onLoad(
        { filter: /.*/, namespace: 'compiled' },
        ({ path }) => (compiled.push(path), { contents: 'export default wasm_core' }),
      )
    },
  }
  const { outputFiles } = await build({
    entryPoints: [join(app.base, entry)],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'app',
    target: 'es2022',
    conditions: ['edge-light', 'worker', 'browser'],
    external: ['node:*'],
    plugins: [asVariable],
    logLevel: 'silent',
  })
  assert.equal(compiled.length, 1)
  const wasm = await WebAssembly.compile(readFileSync(compiled[0]))
  const vm = new EdgeVM({
    extend: (context) => Object.assign(context, { wasm_core: wasm }),
    initialCode: outputFiles[0].text,
  })
  // The sandbox's own classes: a module of outside is none of them.
  assert.equal(vm.evaluate('wasm_core instanceof WebAssembly.Module'), false)
  return vm
}

test('it plans without a database, from a module of another realm, and answers for its health', async () => {
  const vm = await sandbox('edge.js')
  checkPure(JSON.parse(await vm.evaluate('app.pure().then(JSON.stringify)')))
  assert.deepEqual(JSON.parse(await vm.evaluate('app.health().then(JSON.stringify)')), expectedHealth)
})

test('it migrates over Neon over HTTP, and loads no core when there is nothing to do', async () => {
  const server = await startPostgres()
  const endpoint = await startNeon(server)
  try {
    const database = endpoint.url(await server.createDatabase())
    const run = async () => {
      const vm = await sandbox('edge-neon.js')
      return JSON.parse(
        await vm.evaluate(
          `app.manifestOf(3).then(({ manifest }) => app.run(${JSON.stringify(endpoint.endpoint)}, ${JSON.stringify(database)}, manifest)).then(JSON.stringify)`,
        ),
      )
    }
    const { roundTrips, loaded, ...first } = await run()
    assert.deepEqual(first, { status: 'migrated', applied: 3, ready: 'ready' })
    assert.ok(loaded.includes('run/engine.js'))
    assert.deepEqual(await run(), { status: 'current', applied: 0, roundTrips: 1, ready: 'ready', loaded: [] })
  } finally {
    await endpoint.stop()
    await server.stop()
  }
})
