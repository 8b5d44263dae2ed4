// `importLedger`: takes over another tool's ledger, and asks the schema where that cannot tell. Loaded when it is called.
import type { Driver } from '../run/driver.js'
import type { AmendOptions, AmendResult, ImportOptions } from '../options/public.js'
import { isObject, isText, isTexts } from '../options/options.js'
import { mustBeRight, type Checked } from '../options/wrong-options.js'
import type { AnyMigrations } from '../set/files.js'
import { amend, amending } from '../run/amend.js'
import type { Question } from './evidence.js'
import type { Evidence } from './public.js'
import { replay } from './checks.js'

const isAssumed = (value: unknown) =>
  isObject(value) && Object.values(value as object).every((said) => said === 'applied' || said === 'pending')

const checks = {
  from: [isText, 'the name of a tool, or tool=schema.table'],
  assume: [isAssumed, 'an object of version, or all, to applied or pending'],
  acceptEdited: [isTexts, 'an array of versions'],
  replay,
} as const satisfies Record<string, Checked>

/** What the schema has said: it is not asked again for the same call. @internal */
export interface Asked {
  evidence?: Evidence | undefined
}

/** Takes it over. `asked`: of a dry run that was made right before. @internal */
export async function importLedger<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  set: AnyMigrations,
  options: ImportOptions = {},
  asked: Asked = {},
): Promise<AmendResult> {
  mustBeRight(options, [...amending, 'env'], checks)
  const { from, assume = {}, acceptEdited = [], replay: make, env, ...others } = options
  const work = (how: AmendOptions, more: object) =>
    amend(driver, db, set, how, () => ({
      import: { ...(from !== undefined && { from }), assume, acceptEdited, ...more },
    }))
  if (make && !asked.evidence) {
    const { expect: _, ...look } = others
    const { asks } = (await work({ ...look, dryRun: true }, { inquire: true })) as { asks?: Question }
    if (asks && (asks.open.length > 0 || asks.half !== undefined)) {
      const { evidenceOf } = await import('./evidence.js')
      asked.evidence = await evidenceOf(driver, db, set, { ...look, ...(env && { env }) }, asks, make)
    }
  }
  return work(others, asked.evidence ? { evidence: asked.evidence } : {})
}
