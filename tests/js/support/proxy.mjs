// A way to a server that can be broken: what a network, a firewall or a failing server does to a connection.
import { connect, createServer } from 'node:net'

/**
 * Starts one in front of `port`. The caller stops it.
 *
 * `proxy.mode` says what becomes of connections and of what goes through those that are open:
 * `forward`; `hang`: nothing comes through; `reset`: they are broken. `proxy.close()` refuses them: nobody listens any
 * more; `proxy.open()` listens again, at the same port. `proxy.queries` counts the queries that clients have sent.
 */
export async function startProxy(port) {
  const sockets = new Set()
  const proxy = {
    port: 0,
    mode: 'forward',
    queries: 0,
    url: (database, user = 'postgres') => `postgres://${user}@127.0.0.1:${proxy.port}/${database}`,
    open,
    close,
    breakAll,
  }

  const server = createServer((client) => {
    if (proxy.mode === 'reset') return client.resetAndDestroy()
    const upstream = connect(port, '127.0.0.1')
    const count = counter(() => (proxy.queries += 1))
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ]) {
      sockets.add(from)
      from.on('data', (bytes) => {
        if (from === client) count(bytes)
        if (proxy.mode === 'reset') breakAll()
        else if (proxy.mode === 'forward') to.write(bytes)
      })
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })

  function breakAll() {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  async function open() {
    await new Promise((done, failed) => server.once('error', failed).listen(proxy.port, '127.0.0.1', done))
    proxy.port = server.address().port
  }

  async function close() {
    const closed = new Promise((done) => server.close(done))
    breakAll()
    await closed
  }

  await open()
  return proxy
}

/** Counts the queries in what a client sends: https://www.postgresql.org/docs/current/protocol-message-formats.html */
export function counter(found) {
  let rest = Buffer.alloc(0)
  let started = false
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    for (;;) {
      const at = started ? 1 : 0
      if (rest.length < at + 4) return
      const end = at + rest.readUInt32BE(at)
      if (rest.length < end) return
      if (started && (rest[0] === 0x51 || rest[0] === 0x50)) found()
      started = true
      rest = rest.subarray(end)
    }
  }
}
