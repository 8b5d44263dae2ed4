// The statements of migrations that throw data away, for whoever has to say yes to them.
import type { Convention, Finding, Plan } from '../../options/public.js'
import { harmlessOf } from '../../run/catalogs.js'
import { review } from '../../wasm/review.js'
import { say } from '../text/print.js'
import { visible } from '../../shared/printed.js'
import { err, type Style } from '../text/style.js'

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
export async function lossesOf(
  files: Readonly<Record<string, string>>,
  paths: readonly string[],
  { down = false, convention }: { down?: boolean; convention?: Convention | undefined } = {},
): Promise<Loss[]> {
  if (paths.length === 0) return []
  const { losses } = await review()
  return losses({
    files: Object.entries(files),
    paths,
    down,
    ...(convention !== undefined && { convention }),
  }) as Loss[]
}

/** Looks through what a plan applies. What the core has found to be harmless when it planned is not looked at again. */
export function lossesOfPlan(
  { decisions }: Plan,
  files: Readonly<Record<string, string>>,
  convention: Convention | undefined,
): Promise<Loss[]> {
  const harmless = harmlessOf(files)
  const paths = decisions.flatMap(({ action, path }) => (action === 'apply' && path !== undefined ? [path] : []))
  return lossesOf(
    files,
    paths.filter((path) => !harmless.has(path)),
    { convention },
  )
}

/** What would be lost, in lines; none if that is nothing. */
export function shownLosses(losses: readonly Loss[], dir: string, { red, dim }: Style): string[] {
  if (losses.length === 0) return []
  return [
    'this throws data away:',
    ...losses.map(
      ({ at, what }) => `  ${red('!')}  ${visible(what)}  ${dim(visible(`${dir}/${at.path}:${at.line}:${at.column}`))}`,
    ),
  ]
}

/** Says what would be lost. */
export function sayLosses(losses: readonly Loss[], dir: string): void {
  say(shownLosses(losses, dir, err()))
}

/** The same as findings. */
export const lossFindings = (losses: readonly Loss[]): Finding<string>[] =>
  losses.map(({ at, what }) => ({
    code: 'data-loss',
    severity: 'warning',
    message: `this throws data away: ${what}`,
    help: 'make sure that nobody needs it, and that there is a backup',
    at,
  }))
