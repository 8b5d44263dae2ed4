// A Hono app: middleware that waits for the database, and a readiness check that never blocks.
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { migrate, ready } from 'counterfoil/pg'

/** The app on a node-postgres pool, with an embedded migration set. */
export function guests(pool, migrations) {
  let current
  const migrated = createMiddleware(async (context, next) => {
    await (current ??= migrate(pool, migrations).catch((error) => {
      current = undefined
      throw error
    }))
    await next()
  })

  const app = new Hono()
  app.onError(({ code, message }, context) => {
    console.error(`${code}: ${message}`)
    return context.text('the database is not ready\n', 503)
  })

  app.get('/health/live', (context) => context.text('alive\n'))
  app.get('/health/ready', async (context) => {
    const { httpStatus, ...readiness } = await ready(pool, migrations)
    return context.json(readiness, httpStatus)
  })

  app.use('/guests', migrated)
  app.get('/guests', async (context) => context.json((await pool.query('select name from guests order by id')).rows))
  app.post('/guests', async (context) => {
    await pool.query('insert into guests (name) values ($1)', [await context.req.text()])
    return context.text('welcome\n', 201)
  })
  return app
}
