// Next.js calls this once in every server process, before it answers requests.
export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const [{ pool }, { migrate }, { default: migrations }] = await Promise.all([
    import('./database'),
    import('counterfoil/pg'),
    import('./migrations'),
  ])
  const { status, applied } = await migrate(pool, migrations)
  console.log(`database ${status}: ${applied.length} applied`)
}
