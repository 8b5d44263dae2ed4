// The statements of migrations that throw data away, for whoever has to say yes to them.
import { review } from '../review.js'
import { say } from './command.js'
import { clean, err } from './style.js'

/** A statement that throws data away. */
export interface Loss {
  /** The migration's path. */
  readonly path: string
  readonly at: { readonly path: string; readonly line: number; readonly column: number }
  /** Such as `drop table orders`. */
  readonly what: string
  /** Whether it takes a whole schema or database, or all that somebody owns. */
  readonly whole: boolean
}

/** Looks through the up sections (`down`: the down sections) of the migrations with these paths. */
export async function lossesOf(files: Readonly<Record<string, string>>, paths: readonly string[], { down = false, convention }: { down?: boolean; convention?: string | undefined } = {}): Promise<Loss[]> {
  if (paths.length === 0) return []
  const { losses } = await review()
  return losses({ files: Object.entries(files), paths, down, ...(convention !== undefined && { convention }) }) as Loss[]
}

/** Says what would be lost. */
export function sayLosses(losses: readonly Loss[], dir: string): void {
  const { red, dim } = err()
  for (const { at, what } of losses) say(`  ${red('!')}  ${clean(what)}  ${dim(clean(`${dir}/${at.path}:${at.line}:${at.column}`))}`)
}
