// What an app does with the functions that need no database.
import { checksum, init, plan, readiness } from 'counterfoil'

export async function pure() {
  await init()
  const files = { '001_a.sql': 'select 1;\n', '002_ü.sql': "select '😀';\n" }
  const { decisions, digest } = plan(files, [{ version: '001' }], { convention: 'plain' })
  const { message } = readiness(files, [], { convention: 'plain' })
  return { checksum: checksum('abc'), codes: decisions.map(({ code }) => code), digest, message }
}
