// Workers in workerd, bundled as Wrangler does it: one file, and every .wasm a module of its own that is compiled when the
// Worker is uploaded. https://developers.cloudflare.com/workers/wrangler/bundling/
import { build } from 'esbuild'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** The modules of a Worker, for Miniflare: the entry first. */
export async function bundleWorker(entry, { minify = false } = {}) {
  const wasm = new Map()
  const compiled = {
    name: 'compiled-wasm',
    setup(to) {
      to.onResolve({ filter: /\.wasm(\?module)?$/ }, async ({ path, pluginData, ...from }) => {
        if (pluginData === compiled) return undefined
        const found = await to.resolve(path.replace('?module', ''), { ...from, pluginData: compiled })
        if (found.errors.length) return found
        wasm.set(basename(found.path), found.path)
        return { path: `./${basename(found.path)}`, external: true }
      })
    },
  }
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    plugins: [compiled],
    logLevel: 'silent',
  })
  return [
    { type: 'ESModule', path: 'index.mjs', contents: outputFiles[0].text },
    ...[...wasm].map(([path, file]) => ({ type: 'CompiledWasm', path, contents: readFileSync(file) })),
  ]
}

export const compatibility = { compatibilityDate: '2026-04-01', compatibilityFlags: ['nodejs_compat'] }

/** Starts Workers in one workerd process: `fetch(name, path)` asks one of them, `stop()` ends it. */
export async function startWorkers(workers) {
  const { Miniflare, Log, LogLevel } = await import('miniflare')
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    log: new Log(LogLevel.ERROR),
    workers: workers.map((worker) => ({ ...compatibility, ...worker })),
  })
  await miniflare.ready
  return {
    async fetch(name, path = '/') {
      const worker = await miniflare.getWorker(name)
      const response = await worker.fetch(`http://worker${path}`)
      const text = await response.text()
      if (!response.ok) throw new Error(`${name} answered ${response.status}: ${text}`)
      return JSON.parse(text)
    },
    stop: () => miniflare.dispose(),
  }
}
