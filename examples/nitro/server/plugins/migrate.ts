// Nitro starts plugins once in every server, and does not wait for them: this only begins. The middleware waits.
import { migrated } from '../utils/database'

export default defineNitroPlugin(() => {
  migrated().then(
    ({ status, applied }) => console.log(`database ${status}: ${applied.length} applied`),
    ({ code, message }) => console.error(`${code}: ${message}`),
  )
})
