// A Hono app: middleware that waits for the database, and a readiness check that never blocks.
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { readinessHandler } from 'counterfoil/health'
import { migrate, ready } from 'counterfoil/pg'

/** The app on a node-postgres pool, with an embedded migration set. */
export function guests(pool, migrations) {
  // A connection that breaks while nobody uses it would end the process otherwise.
  pool.on('error', ({ message }) => console.error(`database: ${message}`))

  let current
  const migrated = createMiddleware(async (context, next) => {
    try {
      await (current ??= migrate(pool, migrations))
    } catch ({ code, message }) {
      current = undefined
      console.error(`${code}: ${message}`)
      return context.text('the database is not ready\n', 503)
    }
    await next()
  })

  const app = new Hono()
  // Nothing about the database: a restart would not mend it.
  app.get('/health/live', (context) => context.text('alive\n'))
  const health = readinessHandler((signal) => ready(pool, migrations, { signal }))
  app.get(health.path, (context) => health.fetch(context.req.raw))

  app.use('/guests', migrated)
  app.get('/guests', async (context) => context.json((await pool.query('select name from guests order by id')).rows))
  app.post('/guests', async (context) => {
    await pool.query('insert into guests (name) values ($1)', [await context.req.text()])
    return context.text('welcome\n', 201)
  })
  return app
}
