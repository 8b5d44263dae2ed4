import { pool } from '../utils/database'

export default defineEventHandler(async () => {
  const { rows } = await pool.query('select name from guests order by id')
  return rows
})
