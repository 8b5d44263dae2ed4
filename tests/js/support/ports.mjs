// Ports for servers of the tests.
import { createServer } from 'node:net'

/**
 * A port that was free a moment ago. It lies below those that systems give to who asks for any port, outgoing
 * connections among them: with other tests running beside, one of these could be gone before it is used.
 */
export async function freePort() {
  for (let attempt = 1; ; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer()
    try {
      await new Promise((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done))
      await new Promise((done) => server.close(done))
      return port
    } catch (error) {
      if (attempt === 100) throw error
    }
  }
}
