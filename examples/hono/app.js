// A Hono app: middleware that waits for the database, and a readiness check that never blocks.
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
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
  app.get('/health/live', (context) => context.text('alive\n'))
  app.get('/health/ready', async (context) => {
    try {
      const { httpStatus, ...readiness } = await ready(pool, migrations)
      return context.json(readiness, httpStatus)
    } catch ({ code, message }) {
      return context.json({ status: code, message }, 503)
    }
  })

  app.use('/guests', migrated)
  app.get('/guests', async (context) => context.json((await pool.query('select name from guests order by id')).rows))
  app.post('/guests', async (context) => {
    await pool.query('insert into guests (name) values ($1)', [await context.req.text()])
    return context.text('welcome\n', 201)
  })
  return app
}
