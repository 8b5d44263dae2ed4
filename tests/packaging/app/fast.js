// What an app does with PGlite: migrations that are all there, then one that is not. Notes how many queries are sent, how
// often WebAssembly is compiled or instantiated, and which files of the package are loaded (tests add what says so).
import { PGlite } from '@electric-sql/pglite'
import { migrate, ready } from 'counterfoil/pglite'
import { ledgerOf, manifestOf } from './manifest.js'

export async function fast(sizes = [1, 100, 10_000]) {
  const real = await PGlite.create()
  let queries = 0
  let wasm = 0
  // What the package calls is counted; what PGlite calls of its own is not.
  const db = new Proxy(real, {
    get(target, name) {
      const value = target[name]
      if (typeof value !== 'function') return value
      return (...args) => {
        // A Sync (`S`) asks nothing: it is answered with the state of the session.
        if (['query', 'exec', 'execProtocolRaw'].includes(name) && args[0][0] !== 83) queries += 1
        return value.apply(target, args)
      }
    },
  })
  for (const name of ['instantiate', 'instantiateStreaming', 'compile', 'compileStreaming', 'Module', 'Instance']) {
    const method = WebAssembly[name]
    if (method) WebAssembly[name] = new Proxy(method, { apply: (...args) => ((wasm += 1), Reflect.apply(...args)), construct: (...args) => ((wasm += 1), Reflect.construct(...args)) })
  }
  globalThis.loaded ??= []
  const out = { current: [], pending: undefined }
  for (const size of sizes) {
    const { manifest, rows } = await manifestOf(size)
    await real.exec(ledgerOf(rows))
    queries = wasm = 0
    const { elapsedMs, ...result } = await migrate(db, manifest)
    const { message } = await ready(db, manifest)
    out.current.push({ ...result, message, queries, wasm, loaded: [...globalThis.loaded] })
  }
  // In a page: what has been fetched so far.
  const fetched = globalThis.document ? performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname) : []
  const [one, two] = [await manifestOf(1), await manifestOf(2)]
  await real.exec(ledgerOf(one.rows))
  queries = wasm = 0
  const { status, applied } = await migrate(db, two.manifest)
  const { rows } = await real.query(`select to_regclass('m2')::text as name`)
  out.pending = { status, applied: applied.map(({ version }) => version), table: rows[0].name, wasm: wasm > 0, loaded: globalThis.loaded.includes('run/engine.js') }
  await real.close()
  return { ...out, fetched }
}
