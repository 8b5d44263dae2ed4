// A health check, as a service in any runtime has one: a database that is behind, then one that cannot be asked.
import { alembicReadiness, readinessHandler } from 'counterfoil/health'

export async function health() {
  const lines = []
  const answers = [() => alembicReadiness({ heads: ['b'] }, ['a']), () => Promise.reject(new Error('postgres://u:secret@h'))]
  const handler = readinessHandler(() => answers.shift()(), { cache: 0, log: (line) => lines.push(line) })
  const seen = []
  for (const path of ['/health/ready', '/health/ready', '/health/live']) {
    const response = await handler.fetch(new Request(`http://service${path}`))
    seen.push([response.status, response.headers.get('cache-control'), response.status === 404 ? '' : (await response.json()).message])
  }
  return { seen, lines }
}
