// Nitro starts plugins once in every server. It does not wait for them, so the requests do.
import { migrate } from 'counterfoil/pg'
import migrations from '../../migrations'
import { pool } from '../database'

export default defineNitroPlugin((nitro) => {
  const current = migrate(pool, migrations)
  current.then(
    ({ status, applied }) => console.log(`database ${status}: ${applied.length} applied`),
    ({ code, message }) => console.error(`${code}: ${message}`),
  )
  nitro.hooks.hook('request', async () => {
    await current
  })
})
