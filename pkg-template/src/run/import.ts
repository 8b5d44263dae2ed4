// `importLedger`: takes over another tool's ledger. Loaded when it is called.
import type { Driver } from './driver.js'
import type { ImportOptions, AmendResult } from '../options/public.js'
import { isObject, isText, isTexts } from '../options/options.js'
import { mustBeRight, type Checked } from '../options/wrong-options.js'
import type { AnyMigrations } from '../set/files.js'
import { amend, amending } from './amend.js'

const isAssumed = (value: unknown) =>
  isObject(value) && Object.values(value as object).every((said) => said === 'applied' || said === 'pending')

const checks = {
  from: [isText, 'the name of a tool, or tool=schema.table'],
  assume: [isAssumed, 'an object of version, or all, to applied or pending'],
  acceptEdited: [isTexts, 'an array of versions'],
} as const satisfies Record<string, Checked>

/** Takes it over. @internal */
export async function importLedger<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  set: AnyMigrations,
  options: ImportOptions = {},
): Promise<AmendResult> {
  mustBeRight(options, amending, checks)
  const { from, assume = {}, acceptEdited = [], ...others } = options
  return amend(driver, db, set, others, () => ({
    import: { ...(from !== undefined && { from }), assume, acceptEdited },
  }))
}
