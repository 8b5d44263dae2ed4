// `importLedger`: takes over another tool's ledger. Loaded when it is called.
import type { Driver } from './driver.js'
import type { ImportOptions, ImportResult } from '../options/public.js'
import { isObject, isText, isTexts } from '../options/options.js'
import { checkOf, wrongAmong, type Checked } from '../options/wrong-options.js'
import type { AnyMigrations } from '../set/files.js'
import { amend, amending } from './amend.js'

const isAssumed = (value: unknown) =>
  isObject(value) && Object.values(value as object).every((said) => said === 'applied' || said === 'pending')

const checks = {
  from: [isText, 'the name of a tool, or tool=schema.table'],
  assume: [isAssumed, 'an object of version, or all, to applied or pending'],
  acceptEdited: [isTexts, 'an array of versions'],
} as const satisfies Record<string, Checked>
const names = [...amending, 'from', 'assume', 'acceptEdited'] as const

const isOwn = (name: string): name is keyof typeof checks => Object.hasOwn(checks, name)

/** Takes it over. @internal */
export async function importLedger<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  set: AnyMigrations,
  options: ImportOptions = {},
): Promise<ImportResult> {
  const wrong = wrongAmong(options, names, (name) => (isOwn(name) ? checks[name] : checkOf(name)))
  if (wrong) throw wrong
  const { from, assume = {}, acceptEdited = [], ...others } = options
  return amend(driver, db, set, others, () => ({
    import: { ...(from !== undefined && { from }), assume, acceptEdited },
  }))
}
