// How bad a finding of lint or of a guard may be said to be.
import { severities } from './options.js'
import type { Level } from './public.js'

/** Every level, the mildest first. @internal */
export const levels: readonly Level[] = ['off', ...severities]
