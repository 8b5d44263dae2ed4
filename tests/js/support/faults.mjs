// Databases behind the local endpoint of Neon's protocol, and requests that break at random.

/**
 * A database of its own, and somebody who asks it beside what is tried.
 *
 * @param on what `startPostgresAndNeon` gives
 */
export async function placeOn(t, { server, endpoint }) {
  const database = await server.createDatabase()
  endpoint.reset()
  const client = await server.connect(database)
  t.after(() => client.end())
  return { database, client, query: async (sql) => (await client.query(sql)).rows }
}

/** Breaks one or two of the first five requests: before they are carried out, or after. @returns ends that, and says how often it did */
export function breaking(endpoint, below) {
  const broken = [below(5), ...(below(3) === 0 ? [below(5)] : [])]
  let number = 0
  let times = 0
  endpoint.fault = () => {
    if (!broken.includes(number++)) return undefined
    times += 1
    return { drop: below(2) ? 'before' : 'after' }
  }
  return () => {
    endpoint.fault = undefined
    return times
  }
}
