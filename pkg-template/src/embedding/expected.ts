// The schema that a set makes as an ES module, beside that of its manifest.
import type { Manifest } from '../set/manifest.js'
import { failure } from '../shared/errors.js'
import type { Snapshot } from '../schema/public.js'
import { generated, literal } from './literal.js'

/** How {@link renderExpected} writes. */
export interface ExpectedOptions {
  /** What wrote it, for the comment at the top. Default: `counterfoil/embed`. */
  by?: string
  /** TypeScript instead of JavaScript with a type in a comment. Default: false. */
  typescript?: boolean
}

/**
 * The text of an ES module that has the schema of a manifest's files as its default export: a manifest that is rendered with
 * `expected` loads it. It is bound to the manifest: with other files `verify` refuses it.
 *
 * @param snapshot of a database that these files alone have made, and nobody has touched
 * @throws MigrationError `invalid-input` for a manifest without a digest
 */
export function renderExpected(
  { digest }: Manifest,
  { counterfoil, server, facts }: Snapshot,
  { by = 'counterfoil/embed', typescript = false }: ExpectedOptions = {},
): string {
  if (digest === null)
    throw failure(
      'invalid-input',
      'this set has no digest that an expected schema could be bound to',
      'keep a snapshot in a file, and compare with that: `verify` takes it',
    )
  return [
    ...generated(by, 'Expected', typescript),
    `const expected${typescript ? ': Expected' : ''} = {`,
    `  of: ${literal(digest)},`,
    '  snapshot: {',
    `    counterfoil: ${literal(counterfoil)},`,
    `    server: ${literal(server)},`,
    // Every fact in a line of its own: a change is one line of a diff.
    '    facts: [',
    ...facts.map((fact) => `      ${literal(fact)},`),
    '    ],',
    '  },',
    '}',
    'export default expected',
    '',
  ].join('\n')
}
