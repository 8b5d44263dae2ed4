// `npm run playground`: builds the page and serves it on 127.0.0.1.
import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPage } from './build.mjs'

const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

/** Serves a folder under `base`, such as `/some/sub/path/`. Resolves to the server and the page's address. */
export function serve(folder, { base = '/', port = 0 } = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname)
    const file = path.startsWith(base) ? normalize(join(folder, path.slice(base.length) || 'index.html')) : ''
    const known = file.startsWith(folder + sep) && (await stat(file).catch(() => undefined))?.isFile()
    if (!known) return response.writeHead(404, { 'content-type': 'text/plain' }).end('not found')
    const type = types[extname(file)] ?? 'application/octet-stream'
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).end(await readFile(file))
  })
  return new Promise((done, fail) => {
    server.once('error', fail)
    server.listen(port, '127.0.0.1', () => done({ server, url: `http://127.0.0.1:${server.address().port}${base}` }))
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.env.PORT ?? 4180)
  const { url } = await serve(buildPage(), { port }).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error
    console.error(`port ${port} is taken: set PORT to another one`)
    process.exit(1)
  })
  console.log(`\nThe playground is at ${url} (Ctrl-C ends it)`)
}
