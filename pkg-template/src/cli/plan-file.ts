// The file of a plan that is reviewed: `plan --out` writes it, `up --plan` reads it.
import { readFile } from 'node:fs/promises'
import { failure, type MigrationError } from '../errors.js'
import type { Plan } from '../public.js'

/** The text of the file. What counts of it is the digest; the rest is for whoever reviews it. */
export function planFile(plan: Plan, database: string): string {
  return `${JSON.stringify({ plan: 1, database, ...plan }, null, 2)}\n`
}

/** The digest of the plan in a file. @throws MigrationError `invalid-input` if it is none */
export async function digestOfPlan(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw invalid(path, cause.code === 'ENOENT' ? 'does not exist' : `cannot be read: ${cause.message}`)
  })
  let value: { plan?: unknown; digest?: unknown } | null
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid(path, 'is not JSON')
  }
  if (value?.plan !== 1 || typeof value.digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(value.digest)) throw invalid(path, 'is not a plan')
  return value.digest
}

const invalid = (path: string, what: string): MigrationError => failure('invalid-input', `${path} ${what}`, 'write a plan with `counterfoil plan --out <file>`')
