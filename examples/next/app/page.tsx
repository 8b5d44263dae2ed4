import { pool } from '../database'

export const dynamic = 'force-dynamic'

export default async function Page() {
  const { rows } = await pool.query('select count(*)::int as guests from guests')
  return <p>guests: {rows[0].guests}</p>
}
