// The schema that a manifest brings along. Loaded by `verify`.
import { manifestOf, wrong } from '../set/manifest.js'
import type { Expected, Snapshot } from './public.js'

/**
 * The snapshot; undefined if the set brings none.
 *
 * @throws MigrationError `invalid-input` if it cannot be loaded, is none, or belongs to other files @internal
 */
export async function expectedOf(set: unknown): Promise<Snapshot | undefined> {
  const manifest = manifestOf(set)
  if (!manifest?.expected) return undefined
  let kept: Partial<Expected> | undefined
  try {
    kept = (await manifest.expected()).default
  } catch (cause) {
    throw wrong(`cannot load its expected schema: ${cause instanceof Error ? cause.message : String(cause)}`, again)
  }
  if (kept?.snapshot?.counterfoil !== 'snapshot') throw wrong('has an expected schema that is no snapshot', again)
  if (kept.of !== manifest.digest) throw wrong('has an expected schema that other files have made', again)
  return kept.snapshot
}

const again = 'run `counterfoil embed --expected` again'
