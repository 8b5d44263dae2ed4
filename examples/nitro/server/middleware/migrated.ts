// No request is answered on another schema than the one it was written for. (What a hook throws, Nitro only logs.)
import { migrated } from '../utils/database'

export default defineEventHandler(async () => {
  try {
    await migrated()
  } catch (error) {
    throw createError({ statusCode: 503, statusMessage: 'the database is not ready', cause: error })
  }
})
