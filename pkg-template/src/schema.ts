// Schemas as facts: what `snapshot` of a driver has read, compared.
import type { DiffOptions, SchemaDifferences, Snapshot } from './schema/public.js'

export { MigrationError, type Location } from './shared/errors.js'
export type * from './schema/public.js'

/**
 * Compares two snapshots: what `expected` has and `actual` has not is `missing`. It loads the review module, and asks no
 * database.
 *
 * @throws MigrationError `invalid-input` if one is no snapshot; `review-unavailable`
 *
 * @example
 * ```js
 * const { differences } = await diffSchemas(await snapshot(staging), await snapshot(production))
 * ```
 */
export async function diffSchemas(
  expected: Snapshot,
  actual: Snapshot,
  options: DiffOptions = {},
): Promise<SchemaDifferences> {
  return (await import('./schema/read.js')).diffSchemas(expected, actual, options)
}
