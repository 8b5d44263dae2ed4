// A Worker that plans, and one request later migrates over Neon's HTTP.
import { neon, neonConfig } from '@neondatabase/serverless'
import { MigrationError, migrate, ready } from 'counterfoil/neon'
import { ledgerOf, manifestOf } from '../manifest.js'

let wasm = 0
for (const name of ['instantiate', 'Instance']) {
  WebAssembly[name] = new Proxy(WebAssembly[name], { apply: (...args) => ((wasm += 1), Reflect.apply(...args)), construct: (...args) => ((wasm += 1), Reflect.construct(...args)) })
}

const routes = {
  '/pure': async () => (await import('../pure.js')).pure(),
  '/health': async () => (await import('../health.js')).health(),
  // Everything that says where the core is, and what a Worker has no use for.
  '/sources': async () => {
    const slim = await import('counterfoil/slim')
    const refused = await slim.init(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).catch((error) => error)
    await slim.init(import('counterfoil/core.wasm'))
    return { refused: [refused instanceof MigrationError, refused.code], checksum: slim.checksum('abc') }
  },
  '/seed': async (sql, count) => {
    const { rows } = await manifestOf(count)
    for (const statement of ledgerOf(rows).split(';')) await sql.query(statement)
    return {}
  },
  '/fast': async (sql, count) => {
    const { manifest } = await manifestOf(count)
    const { elapsedMs, ...result } = await migrate(sql, manifest)
    const { message } = await ready(sql, manifest)
    return { ...result, message, wasm, loaded: globalThis.loaded ?? [] }
  },
}

export default {
  async fetch(request, env) {
    neonConfig.fetchEndpoint = env.ENDPOINT
    const { pathname, searchParams } = new URL(request.url)
    try {
      return Response.json(await routes[pathname](env.URL && neon(env.URL), Number(searchParams.get('count'))))
    } catch (error) {
      return new Response(error.stack, { status: 500 })
    }
  },
}
