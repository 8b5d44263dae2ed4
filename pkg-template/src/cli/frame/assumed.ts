// `--assume <version>=applied|pending`.
import type { Assumed } from '../../options/public.js'
import { visible } from '../../shared/printed.js'
import { Usage } from './command.js'

/** What `--assume` says of a version. */
export function assumed(value: string): [version: string, said: Assumed] {
  const [, version, said] = /^(.+)=(applied|pending)$/.exec(value) ?? []
  if (version === undefined)
    throw new Usage(
      `--assume cannot be '${visible(value)}'`,
      'write --assume <version>=applied, --assume <version>=pending or --assume all=applied',
    )
  return [version, said as Assumed]
}
