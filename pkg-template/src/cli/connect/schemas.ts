// The schemas that an address leads to.
import { invalid, type Settings } from './parameters.js'

/** @throws MigrationError `invalid-target` if it names them in two ways, or in none that PostgreSQL reads */
export function schemasOf({ schema, search_path: path }: Settings): readonly string[] | undefined {
  if (path === undefined) return schema === undefined ? undefined : [schema]
  if (schema !== undefined) throw invalid('the address has both a schema and a search_path', 'leave one of them out')
  const names = identifiersOf(path)
  if (!names)
    throw invalid(
      'the search_path of the address is no list of schemas',
      'write search_path=tenant, or several with commas between them; capitals and what is special stand in double quotes (%22)',
    )
  return names
}

// What `scanner_isspace` takes for white space.
const blank = '[ \\t\\n\\r\\f\\v]*'
// A quoted name, or one up to a blank or a comma: a quote inside it is a letter of it.
const name = new RegExp(`${blank}(?:"((?:[^"]|"")*)"|([^", \\t\\n\\r\\f\\v][^, \\t\\n\\r\\f\\v]*))${blank}(,|$)`, 'y')

/** The names in a list; undefined if it is none. The rules are those of PostgreSQL's `SplitIdentifierString` (varlena.c). */
export function identifiersOf(text: string): string[] | undefined {
  const names: string[] = []
  name.lastIndex = 0
  for (;;) {
    const found = name.exec(text)
    if (!found) return undefined
    const [, quoted, plain = '', end] = found
    // In UTF-8 it folds the letters of ASCII.
    names.push(quoted?.replaceAll('""', '"') ?? plain.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()))
    if (end === '') return names
  }
}
