// What somebody may have meant who has spelt a name wrong.
import { distance } from 'fastest-levenshtein'

/** The name that somebody may have meant: a few letters away at most. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const away = (name: string) => distance(given.toLowerCase(), name)
  const [best] = known.map((name) => ({ name, far: away(name) })).sort((a, b) => a.far - b.far)
  // Two letters that have changed places count as two.
  return best && best.far <= Math.max(2, Math.floor(given.length / 3)) && best.far < given.length
    ? best.name
    : undefined
}
