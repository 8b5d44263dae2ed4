// `stamp`: marks migrations as applied, or not applied, without running them. Loaded when it is called.
import type { Driver } from './driver.js'
import type { StampOptions, AmendResult } from '../options/public.js'
import { isTexts } from '../options/options.js'
import { mustBeRight, type Checked } from '../options/wrong-options.js'
import type { AnyMigrations } from '../set/files.js'
import { failure } from '../shared/errors.js'
import { invalid, theOption } from '../shared/mentions.js'
import { amend, amending } from './amend.js'

const checks = {
  as: [(value: unknown) => value === 'applied' || value === 'not-applied', 'one of applied, not-applied'],
  step: [
    (value: unknown) => value === 'done' || value === 'not-done' || isStep(value),
    'done, not-done or a number of steps',
  ],
} as const satisfies Record<string, Checked>

const isStep = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32

/** Marks them. `versions`: undefined for all of the set. @internal */
export async function stamp<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  set: AnyMigrations,
  versions: readonly string[] | undefined,
  options: StampOptions = {},
): Promise<AmendResult> {
  mustBeRight(options, amending, checks)
  const { as, step, ...others } = options
  if (as !== undefined && step !== undefined)
    throw invalid(
      'both what the versions are marked as and a step are given',
      'say one of them: the option as, or the option step',
      [theOption('as'), theOption('step')],
    )
  const mark = isStep(step) ? { steps: step } : { mark: step === undefined ? (as ?? 'applied') : `step-${step}` }
  return amend(driver, db, set, others, () => ({ stamp: { ...(versions && { versions }), ...mark } }))
}

/** The same for versions that somebody has listed. @internal */
export async function stampListed<Db extends object>(
  driver: Driver<Db>,
  db: Db,
  set: AnyMigrations,
  versions: readonly string[],
  options?: StampOptions,
): Promise<AmendResult> {
  // Not a text: its letters would be versions.
  if (
    !isTexts(versions) ||
    versions.length === 0 ||
    versions.some((version) => version === '' || version.includes('\0'))
  )
    throw failure(
      'invalid-input',
      'the versions are not an array of one version or more',
      "list them as texts: `stamp(db, migrations, ['005'])`",
    )
  return stamp(driver, db, set, versions, options)
}
